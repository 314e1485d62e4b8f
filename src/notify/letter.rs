//! A message as it goes out: its form, made from what is to be told.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{MailWay, Receiver, Way, alerts, cloud_event, mail};
use crate::model::Story;

/// Who sends, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The name of the machine that the service runs on.
    pub machine: String,
    /// Now.
    pub now: Timestamp,
}

/// The name of this machine; `localhost` where the system does not say.
#[must_use]
pub fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let keep = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let name: String = name.trim().chars().filter(keep).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// A message as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// By HTTP POST.
    Post {
        /// Where to. It may have secrets in it.
        url: String,
        /// What the body is.
        content_type: &'static str,
        /// The body.
        body: String,
        /// The file with the secret that the body is signed with; none if it is not.
        secret_file: Option<PathBuf>,
    },
    /// By mail.
    Mail {
        /// How.
        way: MailWay,
        /// The message's own name, the same whenever it is repeated.
        id: String,
        /// When there was something to tell.
        at: Timestamp,
        /// What it is about, in a line.
        subject: String,
        /// The text.
        text: String,
    },
}

/// Makes the letter that tells a receiver of these: all of one message, one at least.
#[must_use]
pub fn compose(receiver: &Receiver, stories: &[Story], sender: &Sender) -> Option<Letter> {
    let first = &stories.first()?.delivery;
    Some(match &receiver.way {
        Way::Webhook { url, secret_file } => Letter::Post {
            url: url.as_str().to_owned(),
            content_type: cloud_event::CONTENT_TYPE,
            body: cloud_event::of(stories, sender).to_string(),
            secret_file: secret_file.clone(),
        },
        Way::Alertmanager { url, .. } => Letter::Post {
            url: url.with_path(alerts::PATH),
            content_type: "application/json",
            body: alerts::of(stories, receiver.severity, sender).to_string(),
            secret_file: None,
        },
        Way::Mail(way) => Letter::Mail {
            way: way.clone(),
            id: format!("<{}.{}@{}>", first.id, receiver.name, sender.machine),
            at: first.created_at,
            subject: mail::subject(stories),
            text: mail::text(stories, sender),
        },
    })
}

/// Makes a letter that only says that letters arrive. `number` tells it from other ones.
#[must_use]
pub fn test_letter(receiver: &Receiver, number: u64, sender: &Sender) -> Letter {
    match &receiver.way {
        Way::Webhook { url, secret_file } => Letter::Post {
            url: url.as_str().to_owned(),
            content_type: cloud_event::CONTENT_TYPE,
            body: cloud_event::test(number, sender).to_string(),
            secret_file: secret_file.clone(),
        },
        Way::Alertmanager { url, .. } => Letter::Post {
            url: url.with_path(alerts::PATH),
            content_type: "application/json",
            body: alerts::test(sender).to_string(),
            secret_file: None,
        },
        Way::Mail(way) => Letter::Mail {
            way: way.clone(),
            id: format!("<test-{number}.{}@{}>", receiver.name, sender.machine),
            at: sender.now,
            subject: "[assured] a test message".to_owned(),
            text: format!(
                "This is a test message of assured on {}. Nothing is wrong.\n",
                sender.machine
            ),
        },
    }
}
