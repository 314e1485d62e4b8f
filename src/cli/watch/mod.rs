//! `--watch`: an answer that is drawn anew whenever something happens, and now and then.
//!
//! When to look again is told by the stream of events; what is shown is always asked for anew.
//! Between two events a slow tick sees to what changes without one: ages, and a service that is
//! away. A service that is away is said to be so, with the last picture below; it is asked until it
//! is back.

mod canvas;

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use self::canvas::Canvas;
use super::client::Client;
use super::common::Context;
use super::failure::Failure;
use super::paint::Tone;
use super::screen::{Screen, size};
use super::time::{length, second};
use super::visible::visible_lines;
use super::words::within;
use crate::exit::Exit;

/// How soon after an event it is looked: what happens within it is one picture.
const CALM: Duration = Duration::from_millis(250);
/// How long an answer may take until that is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// The limits of `--interval`.
const FASTEST: Duration = Duration::from_millis(500);
const SLOWEST: Duration = Duration::from_secs(60 * 60);
/// How long after the end of a stream the next one is asked for.
const PAUSE: Duration = Duration::from_secs(2);

/// Options of every command that can be watched.
#[derive(Debug, Args)]
pub(super) struct Watching {
    /// Draw it anew whenever something happens, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    /// With --watch: draw it anew after this time at the latest
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "5s",
        requires = "watch",
        value_parser = within(FASTEST..=SLOWEST)
    )]
    interval: Duration,
}

impl Watching {
    /// Shows what `look` gives: once, or again and again.
    pub(super) fn show(
        &self,
        context: &Context<'_>,
        client: Client,
        look: impl Fn(&Client, Screen) -> Result<String, Failure> + Send,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let first = look(&client, context.screen)?;
        if !self.watch {
            super::write(out, &first)?;
            return Ok(Exit::Done);
        }
        let client = Arc::new(client);
        let wakes = wakes(Arc::clone(&client), context.screen);
        let mut shown = Shown::new(context, out);
        thread::scope(|scope| {
            let (ask, asked) = mpsc::channel::<Screen>();
            let (answer, answers) = mpsc::channel();
            // Beside what is drawn: a service that does not answer at all is to be said to be so.
            scope.spawn(move || {
                asked.iter().map(|screen| look(&client, screen)).try_for_each(|it| answer.send(it))
            });
            let mut looked = Ok(first);
            loop {
                if shown.show(looked).is_err() {
                    return Ok(Exit::Done);
                }
                if self.wait(&wakes) == Some(Wake::Interrupted) {
                    shown.end();
                    return Ok(Exit::Done);
                }
                let _ = ask.send(context.screen.now());
                looked = loop {
                    match answers.recv_timeout(PATIENCE) {
                        Ok(looked) => break looked,
                        Err(_) => {
                            let silent = "it is asked, and says nothing".to_owned();
                            if shown.show(Err(Failure::Failed(silent))).is_err() {
                                return Ok(Exit::Done);
                            }
                        }
                    }
                };
            }
        })
    }

    /// Waits until it is worth while to look again; what happens within a moment is one reason.
    fn wait(&self, wakes: &mpsc::Receiver<Wake>) -> Option<Wake> {
        let first = wakes.recv_timeout(self.interval).ok()?;
        let calm = (first == Wake::Changed).then(|| wakes.recv_timeout(CALM).ok()).flatten();
        let all: Vec<Wake> = calm.into_iter().chain(wakes.try_iter()).chain([first]).collect();
        all.into_iter().max()
    }
}

/// Why it is looked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    Changed,
    Interrupted,
}

/// What tells when to look again. Both threads end with the process.
fn wakes(client: Arc<Client>, screen: Screen) -> mpsc::Receiver<Wake> {
    let (tell, told) = mpsc::channel();
    let changed = tell.clone();
    thread::spawn(move || follow(&client, &changed));
    thread::spawn(move || interrupted(&tell, screen));
    told
}

/// Says of each event that there is one. Where there is no stream to be had, the tick has to do.
fn follow(client: &Client, tell: &Sender<Wake>) {
    // Nobody ever sends: this waits.
    let (_never, wait) = mpsc::channel::<()>();
    loop {
        if let Ok(stream) = client.follow("/api/v1/events/stream", &[], None) {
            for line in stream.lines().map_while(Result::ok) {
                if line.starts_with("id:") && tell.send(Wake::Changed).is_err() {
                    return;
                }
            }
        }
        let _ = wait.recv_timeout(PAUSE);
    }
}

/// Says that Ctrl-C was pressed; if nobody listens, because a service does not answer, ends the
/// process.
fn interrupted(tell: &Sender<Wake>, screen: Screen) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
        let _ = tell.send(Wake::Interrupted);
        let (_never, wait) = mpsc::channel::<()>();
        let _ = wait.recv_timeout(4 * CALM);
        screen.progress_over();
        std::process::exit(Exit::Done.code().into());
    }
}

/// What is shown, and since when it is no more than a memory.
struct Shown<'a> {
    context: &'a Context<'a>,
    out: &'a mut dyn Write,
    canvas: Canvas,
    last: Option<(String, Timestamp)>,
    away: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn new(context: &'a Context<'a>, out: &'a mut dyn Write) -> Self {
        Self { context, out, canvas: Canvas::default(), last: None, away: None }
    }

    /// Shows a picture, or that there is none. An error is the output's.
    fn show(&mut self, looked: Result<String, Failure>) -> io::Result<()> {
        let now = self.context.now();
        match looked {
            Ok(text) => {
                let back = self.away.take();
                if let Some(since) = back.filter(|_| !self.on_terminal()) {
                    eprintln!("assured: back after {}", length(now.duration_since(since)));
                }
                self.draw(&text)?;
                self.last = Some((text, now));
                Ok(())
            }
            Err(failure) => self.missing(&failure, now),
        }
    }

    fn missing(&mut self, failure: &Failure, now: Timestamp) -> io::Result<()> {
        let is_new = self.away.is_none();
        let since = *self.away.get_or_insert(now);
        let why = visible_lines(&failure.to_string());
        if !self.on_terminal() {
            if is_new {
                eprintln!("assured: {why}\nWaiting for it to be back.");
            }
            return Ok(());
        }
        let gone = length(now.duration_since(since));
        let said = format!("✗ no answer since {} ({gone}): {why}", second(since));
        let said = said.lines().map(|line| self.context.screen.paint.text(Tone::Bad, line));
        let mut text = said.collect::<Vec<_>>().join("\n");
        if let Some((last, at)) = &self.last {
            let heading = format!("As it was at {}:", second(*at));
            let heading = self.context.screen.paint.text(Tone::Warn, &heading);
            text = format!("{text}\n\n{heading}\n{last}");
        }
        self.draw(&text)
    }

    fn draw(&mut self, text: &str) -> io::Result<()> {
        let text = match self.on_terminal() {
            true => self.canvas.draw(text.trim_end(), size()),
            false => format!("{}\n\n", text.trim_end()),
        };
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Wipes away the `^C` that the terminal has written.
    fn end(&mut self) {
        if self.on_terminal() {
            let _ = self.out.write_all(b"\r\x1b[K").and_then(|()| self.out.flush());
        }
    }

    fn on_terminal(&self) -> bool {
        self.context.screen.width.is_some()
    }
}
