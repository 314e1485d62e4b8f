//! `assured simulate`: plays scenarios on the simulator, and tells what happened.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;
use tokio::time::Instant;

use super::common::{Context, Output, json};
use super::failure::Failure;
use super::paint::Tone;
use super::screen::Screen;
use super::time::length;
use crate::exit::Exit;
use crate::model::EventKind;
use crate::scenario::{
    Line, Mark, Mistake, Mistakes, Options, PlayError, Played, Scenario, Who, offset, play,
};

/// Play scenarios in a simulated world, in no time, and tell what happens
#[derive(Debug, Args)]
#[command(
    after_help = "With --config the policies, [poll] and [service] of that configuration are used \
                  instead of the scenario's own: try a policy before it goes live.\n\n\
                  Example:\n  assured simulate outage.toml --config /etc/assured/assured.toml"
)]
pub(super) struct Simulate {
    /// The scenarios' files; docs/simulate.md says how to write one
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only what is not as expected, and a summary
    #[arg(short, long)]
    quiet: bool,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake>,
    scenarios: &'a [Played],
}

/// Lines of one moment that say the same of several are one.
const TOGETHER: SignedDuration = SignedDuration::from_millis(250);
/// So many are named where many are meant.
const NAMED: usize = 2;

impl Simulate {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let scenarios = match self.read() {
            Ok(scenarios) => scenarios,
            Err(mistakes) => return refuse(mistakes, context, out),
        };
        let begun = Instant::now();
        let mut all = Vec::new();
        for scenario in &scenarios {
            let started = Instant::now();
            let options = Options {
                config: context.common.config.clone(),
                progress: context.screen.progress(&scenario.head.name),
            };
            let played = play(scenario, &options);
            context.screen.progress_over();
            let played = match played {
                Ok(played) => played,
                Err(PlayError::Mistakes(mistakes)) => return refuse(mistakes, context, out),
                Err(PlayError::Store(error)) => return Err(error.into()),
                Err(error @ (PlayError::Failed(_) | PlayError::StandsStill { .. })) => {
                    let file = &scenario.file;
                    return Err(Failure::Failed(format!("{file}: {error}")));
                }
            };
            if context.common.output == Output::Table {
                super::write(out, &self.told(&played, started.elapsed(), context.screen))?;
            }
            all.push(played);
        }
        let ok = all.iter().all(Played::is_good);
        match context.common.output {
            Output::Json => {
                super::write(out, &json(&Answer { ok, errors: Vec::new(), scenarios: &all })?)?
            }
            Output::Table if all.len() > 1 => {
                super::write(out, &sum(&all, begun.elapsed(), context.screen))?;
            }
            Output::Table => {}
        }
        Ok(if ok { Exit::Done } else { Exit::Failed })
    }

    /// Reads all files, before any is played.
    fn read(&self) -> Result<Vec<Scenario>, Mistakes> {
        let (mut scenarios, mut mistakes) = (Vec::new(), Vec::new());
        for file in &self.files {
            match Scenario::read(file) {
                Ok(scenario) => scenarios.push(scenario),
                Err(Mistakes(wrong)) => mistakes.extend(wrong),
            }
        }
        if mistakes.is_empty() { Ok(scenarios) } else { Err(Mistakes(mistakes)) }
    }

    fn told(&self, played: &Played, took: Duration, screen: Screen) -> String {
        let mut lines = Vec::new();
        if !self.quiet {
            lines.push(screen.heading(&played.name));
            for (word, text) in
                [("given", &played.given), ("when", &played.when), ("then", &played.then)]
            {
                lines.push(format!("  {:<5} {text}", screen.paint.text(Tone::Faint, word)));
            }
            lines.push(String::new());
            lines.extend(grouped(&played.story).into_iter().map(|line| line.shown(screen)));
            lines.push(String::new());
        }
        if !played.is_good() {
            if self.quiet {
                lines.push(format!("{} ({})", screen.heading(&played.name), played.file));
            }
            for failure in &played.failures {
                lines.push(format!("  {} {failure}", screen.paint.text(Tone::Bad, "✗")));
            }
        }
        if !self.quiet || !played.is_good() {
            let (tone, mark) =
                if played.is_good() { (Tone::Good, "✓") } else { (Tone::Bad, "✗") };
            lines.push(format!(
                "{} simulated {} in {:.1} s; {} of {} expectations met\n",
                screen.paint.text(tone, mark),
                length(SignedDuration::try_from(played.simulated).unwrap_or_default()),
                took.as_secs_f64(),
                played.met,
                played.expected,
            ));
        }
        lines.join("\n")
    }
}

/// Says what is wrong with files, all of it.
fn refuse(mistakes: Mistakes, context: &Context<'_>, out: &mut dyn Write) -> Result<Exit, Failure> {
    match context.common.output {
        Output::Table => Err(Failure::Scenario(mistakes)),
        Output::Json => {
            let answer = Answer { ok: false, errors: mistakes.0, scenarios: &[] };
            super::write(out, &json(&answer)?)?;
            Ok(Exit::Config)
        }
    }
}

/// One line for all that was played.
fn sum(all: &[Played], took: Duration, screen: Screen) -> String {
    let good = all.iter().filter(|played| played.is_good()).count();
    let simulated: Duration = all.iter().map(|played| played.simulated).sum();
    let (tone, mark) = if good == all.len() { (Tone::Good, "✓") } else { (Tone::Bad, "✗") };
    format!(
        "{} {good} of {} scenarios as expected; simulated {} in {:.1} s",
        screen.paint.text(tone, mark),
        all.len(),
        length(SignedDuration::try_from(simulated).unwrap_or_default()),
        took.as_secs_f64(),
    )
}

/// A line, with all that it is about.
struct Grouped<'a> {
    line: &'a Line,
    subjects: Vec<&'a str>,
}

/// Puts lines together that say the same of several at about the same time.
fn grouped(story: &[Line]) -> Vec<Grouped<'_>> {
    let mut groups: Vec<Grouped<'_>> = Vec::new();
    let mut open: BTreeMap<(Option<EventKind>, &str), usize> = BTreeMap::new();
    for line in story {
        let key = (line.kind, line.text.as_str());
        let place = open
            .get(&key)
            .copied()
            .filter(|place| line.subject.is_some() && line.at - groups[*place].line.at <= TOGETHER);
        match (place, &line.subject) {
            (Some(place), Some(subject)) => groups[place].subjects.push(subject),
            (_, subject) => {
                open.insert(key, groups.len());
                groups
                    .push(Grouped { line, subjects: subject.iter().map(String::as_str).collect() });
            }
        }
    }
    groups
}

impl Grouped<'_> {
    fn shown(&self, screen: Screen) -> String {
        let Line { at, who, kind, text, mark, .. } = self.line;
        let tone = match who {
            Who::World => Tone::Warn,
            Who::Api => Tone::Busy,
            Who::Service | Who::Check => Tone::Plain,
        };
        let word = kind.map_or(who.as_str(), EventKind::as_str);
        let word = screen.paint.text(tone, &format!("{word:<15}"));
        let mark = match mark {
            Some(Mark::Met) => screen.paint.text(Tone::Good, "✓ "),
            Some(Mark::Missed) => screen.paint.text(Tone::Bad, "✗ "),
            None => String::new(),
        };
        let subject = match self.subjects.as_slice() {
            [] => String::new(),
            few if few.len() <= NAMED => format!("{}: ", few.join(", ")),
            [first, .., last] => format!("{} ({first} … {last}): ", self.subjects.len()),
            [_] => String::new(),
        };
        format!("{:>13}  {word} {mark}{subject}{text}", offset(*at))
    }
}
