//! `assured notify`: who is told of incidents, without the service.

use std::io;

use clap::{Args, Subcommand};
use futures_util::future::join_all;
use serde::Serialize;

use super::common::{Context, Output, json};
use super::failure::Failure;
use super::paint::{Text, Tone};
use super::screen::Column;
use crate::exit::Exit;
use crate::notify::{Courier, Receiver, Sender, machine, test_letter};

/// Try out who is told of incidents
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured notify test")]
pub(super) struct Notify {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send a test message to each receiver of the configuration, and say what came of it
    #[command(after_help = "Example:\n  assured notify test --config assured.toml")]
    Test,
}

/// What came of one.
#[derive(Debug, Serialize)]
struct Tested {
    receiver: String,
    way: String,
    /// Why it was not delivered; none if it was.
    error: Option<String>,
}

impl Notify {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn io::Write,
    ) -> Result<Exit, Failure> {
        let Command::Test = self.command;
        let settings = context.common.settings_to_use()?;
        let receivers = settings.notify.receivers;
        if receivers.is_empty() {
            return Err(Failure::Failed(
                "nobody is told of incidents: the configuration has no [[notify.webhook]], no \
                 [[notify.alertmanager]] and no [notify.mail]"
                    .to_owned(),
            ));
        }
        let sender = Sender { machine: machine(), now: context.now() };
        let tested = test(&receivers, &sender)
            .map_err(|why| Failure::Failed(format!("no message can be sent: {why}")))?;
        let text = match context.common.output {
            Output::Json => json(&tested)?,
            Output::Table => table(&tested, context),
        };
        super::write(out, &text)?;
        let all = tested.iter().all(|one| one.error.is_none());
        Ok(if all { Exit::Done } else { Exit::Failed })
    }
}

/// Tells all at once: one that hangs holds up nobody.
fn test(receivers: &[Receiver], sender: &Sender) -> io::Result<Vec<Tested>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let couriers =
        receivers.iter().map(|_| Courier::start()).collect::<io::Result<Vec<Courier>>>()?;
    let number = fastrand::u64(..);
    let sent = receivers.iter().zip(&couriers).map(|(receiver, courier)| {
        courier.send(test_letter(receiver, number, sender), receiver.timeout)
    });
    let came = runtime.block_on(async { join_all(sent).await });
    let tested = receivers.iter().zip(came).map(|(receiver, came)| Tested {
        receiver: receiver.name.to_string(),
        way: receiver.way.to_string(),
        error: came.err().map(|error| error.to_string()),
    });
    Ok(tested.collect())
}

const COLUMNS: &[Column] =
    &[Column::words("RECEIVER"), Column::words("WAY"), Column::prose("RESULT")];

fn table(tested: &[Tested], context: &Context<'_>) -> String {
    let row = |one: &Tested| {
        let result = match &one.error {
            None => Text::new(Tone::Good, "delivered"),
            Some(why) => Text::new(Tone::Bad, format!("not delivered: {why}")),
        };
        vec![one.receiver.as_str().into(), one.way.as_str().into(), result]
    };
    context.screen.table(COLUMNS, tested.iter().map(row).collect())
}
