//! `assured events --follow`: the audit log as it grows.
//!
//! A stream that ends is asked for again from the last number that came, so nothing is missed and
//! nothing comes twice; also across a restart of the service.

use std::io::{BufRead, Write};
use std::sync::mpsc;
use std::time::Duration;

use crate::cli::client::{Client, Following};
use crate::cli::common::Output;
use crate::cli::failure::Failure;
use crate::cli::time::second;
use crate::cli::visible::shown;
use crate::exit::Exit;
use crate::http::body::EventBody;

/// How long after the end of a stream the next one is asked for.
const PAUSE: Duration = Duration::from_secs(2);

/// What is followed, and how it is shown.
pub(super) struct Follow<'a> {
    pub(super) client: &'a Client,
    /// The filters, as a query.
    pub(super) filters: Vec<(&'a str, String)>,
    /// The last number that was shown, if any was.
    pub(super) last: Option<i64>,
    pub(super) output: Output,
    /// Where to say that the stream is interrupted.
    pub(super) complain: &'a mut dyn Write,
}

impl Follow<'_> {
    /// Shows what comes, until the reader of the output has seen enough or Ctrl-C ends the process.
    ///
    /// # Errors
    /// When the first stream cannot be had, or a later one is refused.
    pub(super) fn run(mut self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let mut stream = self.open()?;
        // Nobody ever sends: this waits, and Ctrl-C ends the process.
        let (_never, wait) = mpsc::channel::<()>();
        loop {
            if self.show(stream, out).is_err() {
                return Ok(Exit::Done);
            }
            let mut said = false;
            stream = loop {
                let _ = wait.recv_timeout(PAUSE);
                match self.open() {
                    Ok(stream) => break stream,
                    Err(failure @ Failure::Unreachable { .. }) => {
                        if !said {
                            let text = format!("assured: {failure}\nWaiting for it to be back.");
                            // Nothing can be done about an output that is closed.
                            let _ = writeln!(self.complain, "{text}");
                            said = true;
                        }
                    }
                    Err(failure) => return Err(failure),
                }
            };
        }
    }

    fn open(&self) -> Result<Following, Failure> {
        self.client.follow("/api/v1/events/stream", &self.filters, self.last)
    }

    /// Shows a stream to its end. An error is the output's.
    fn show(&mut self, stream: Following, out: &mut dyn Write) -> std::io::Result<()> {
        let mut frame = Frame::default();
        for line in stream.lines() {
            // The end of a connection, however it came: the next stream goes on from there.
            let Ok(line) = line else { return Ok(()) };
            if !line.is_empty() {
                frame.take(&line);
                continue;
            }
            let Frame { id, data } = std::mem::take(&mut frame);
            if let (Some(_), Ok(event)) = (id, serde_json::from_str::<EventBody>(&data)) {
                let text = match self.output {
                    Output::Table => text(shown(&event).as_ref().unwrap_or(&event)),
                    Output::Json => data,
                };
                writeln!(out, "{text}")?;
                out.flush()?;
            }
            self.last = id.or(self.last);
        }
        Ok(())
    }
}

/// What stands between two empty lines of a stream.
#[derive(Default)]
struct Frame {
    id: Option<i64>,
    data: String,
}

impl Frame {
    fn take(&mut self, line: &str) {
        // Comments begin with the colon; the names of events stand in their data as well.
        if let Some(id) = line.strip_prefix("id:") {
            self.id = id.trim().parse().ok();
        } else if let Some(data) = line.strip_prefix("data:") {
            self.data.push_str(data.trim_start());
        }
    }
}

/// An event in a line.
fn text(event: &EventBody) -> String {
    let (id, at, kind) = (event.id, second(event.at), event.kind.as_str());
    let host = event.host.as_ref().map_or("-", |host| host.as_str());
    let by = event.by.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default();
    format!("{id:>6}  {at}  {kind:<15}  {host}  {}{by}", event.text)
}
