//! `[notify]`: who is told of incidents.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use url::Url;

use super::entry::Entry;
use super::reader::Section;
use crate::model::Severity;
use crate::notify::{Endpoint, MailWay, Receiver, SmtpSecurity, SmtpServer, Way};

/// Telling people and programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// How long a message waits for more about the same host. 0 to 1 min, default 2 s.
    pub group_wait: Duration,
    /// Who is told. Default nobody. No two have the same name.
    pub receivers: Vec<Receiver>,
}

const SEVERITIES: &[Severity] = &[Severity::Info, Severity::Warning, Severity::Critical];
const GROUP_WAIT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(10);
/// As often as Prometheus does.
const REPEAT: Duration = Duration::from_secs(60);

impl Notify {
    /// Reads the section; nobody is told where there is none.
    pub(super) fn read(entry: Option<Entry<'_>>) -> Self {
        let mut new = Self { group_wait: GROUP_WAIT, receivers: Vec::new() };
        let Some(mut section) = entry.and_then(Entry::section) else { return new };
        let range = Duration::ZERO..=Duration::from_secs(60);
        new.group_wait = section.optional("group_wait", GROUP_WAIT, |e| e.duration(range));
        let mut names = BTreeSet::new();
        let mut list = |key, read: fn(Section<'_>, &mut BTreeSet<String>) -> Option<Receiver>| {
            let sections = section.take(key).and_then(Entry::sections).unwrap_or_default();
            new.receivers.extend(sections.into_iter().filter_map(|one| read(one, &mut names)));
        };
        list("webhook", webhook);
        list("alertmanager", alertmanager);
        let mail = section.take("mail").and_then(Entry::section).and_then(|s| mail(s, &mut names));
        new.receivers.extend(mail);
        section.finish();
        new
    }
}

fn webhook(mut section: Section<'_>, names: &mut BTreeSet<String>) -> Option<Receiver> {
    let url = section.need("url").and_then(endpoint);
    let secret_file = section.take("secret_file").and_then(|e| {
        let path = e.absolute_path("/etc/assured/webhook.secret")?;
        e.secret_file(path)
    });
    let common = Common::read(&mut section, url.as_ref().map(|u| named("webhook", u)), names);
    section.finish();
    common.with(Way::Webhook { url: url?, secret_file })
}

fn alertmanager(mut section: Section<'_>, names: &mut BTreeSet<String>) -> Option<Receiver> {
    let url = section.need("url").and_then(endpoint);
    let range = Duration::from_secs(1)..=Duration::from_secs(60 * 60);
    let repeat = section.optional("repeat", REPEAT, |e| e.duration(range));
    let common = Common::read(&mut section, url.as_ref().map(|u| named("alertmanager", u)), names);
    section.finish();
    common.with(Way::Alertmanager { url: url?, repeat })
}

fn mail(mut section: Section<'_>, names: &mut BTreeSet<String>) -> Option<Receiver> {
    let password = section.take("password_file").and_then(|e| {
        let path = e.absolute_path("/etc/assured/mail.password")?;
        e.secret_file(path)
    });
    let server = section.need("smtp").and_then(|entry| server(&entry, password));
    let from = section.need("from").and_then(address);
    let to = section.need("to").and_then(|entry| {
        let addresses = entry.entries("a list of mail addresses with one at least")?;
        addresses.into_iter().map(address).collect::<Option<Vec<_>>>()
    });
    let common = Common::read(&mut section, Some("mail".to_owned()), names);
    section.finish();
    common.with(Way::Mail(MailWay { server: server?, from: from?, to: to? }))
}

/// What every receiver has.
struct Common {
    name: Option<String>,
    severity: Severity,
    timeout: Duration,
}

impl Common {
    /// `default` is the name that is used where none is given.
    fn read(
        section: &mut Section<'_>,
        default: Option<String>,
        names: &mut BTreeSet<String>,
    ) -> Self {
        let name = match section.take("name") {
            Some(entry) => entry.name(),
            None => default,
        };
        if let Some(name) = &name
            && !names.insert(name.clone())
        {
            let message = format!("`{name}` is another receiver's name already: set another one");
            section.reject("name", &message);
        }
        let severity = section
            .optional("severity", Severity::Warning, |e| e.choice(SEVERITIES, Severity::as_str));
        let range = Duration::from_millis(100)..=Duration::from_secs(60);
        let timeout = section.optional("timeout", TIMEOUT, |e| e.duration(range));
        Self { name, severity, timeout }
    }

    fn with(self, way: Way) -> Option<Receiver> {
        let Self { name, severity, timeout } = self;
        Some(Receiver { name: name?.into(), severity, timeout, way })
    }
}

fn endpoint(entry: Entry<'_>) -> Option<Endpoint> {
    entry.like("^https?://");
    Endpoint::parse(entry.str()?).map_or_else(|message| entry.reject(&message), Some)
}

/// A name that stays the same when the order of the file changes.
fn named(kind: &str, url: &Endpoint) -> String {
    format!("{kind}-{}", url.plain_host()).chars().take(63).collect()
}

fn address(entry: Entry<'_>) -> Option<Mailbox> {
    entry.parsed("a mail address, such as \"assured@example.net\" or \"Ops <ops@example.net>\"")
}

/// `smtp://HOST`, `smtps://HOST`, with a user and a port if need be.
fn server(entry: &Entry<'_>, password: Option<PathBuf>) -> Option<SmtpServer> {
    let wanted =
        "must be a URL such as smtp://mail.example.net or smtps://user@mail.example.net:465";
    entry.like("^smtps?://");
    let Ok(url) = Url::parse(entry.str()?) else { return entry.reject(wanted) };
    let Some(host) = url.host_str().map(str::to_owned).filter(|host| !host.is_empty()) else {
        return entry.reject(wanted);
    };
    let rest = (url.path().trim_matches('/'), url.query(), url.fragment());
    if !matches!(url.scheme(), "smtp" | "smtps") || rest != ("", None, None) {
        return entry.reject(wanted);
    }
    if url.password().is_some() {
        return entry.reject(
            "must have no password in it: write that into a file of its own, and name it with \
             `password_file`",
        );
    }
    let login = match (url.username(), password) {
        ("", None) => None,
        ("", Some(_)) => {
            return entry.reject(
                "must say who logs in, as in smtp://user@mail.example.net: there is a \
                 `password_file`",
            );
        }
        (_, None) => {
            return entry.reject("names a user, but `password_file` names no file with a password");
        }
        (user, Some(file)) => Some((decoded(user), file)),
    };
    let here = host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    let security = match (url.scheme() == "smtps", here, &login) {
        (true, _, _) => SmtpSecurity::Tls,
        (false, true, _) => SmtpSecurity::Plain,
        (false, false, Some(_)) => SmtpSecurity::Required,
        (false, false, None) => SmtpSecurity::WhereOffered,
    };
    let usual = if security == SmtpSecurity::Tls { 465 } else { 25 };
    Some(SmtpServer { host, port: url.port().unwrap_or(usual), security, login })
}

/// A user's name, which may have an `@` in it, written `%40`.
fn decoded(user: &str) -> String {
    let form = format!("u={}", user.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes())
        .next()
        .map(|(_, v)| v.into_owned())
        .unwrap_or_default()
}
