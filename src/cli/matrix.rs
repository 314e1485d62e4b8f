//! A policy as a matrix: what is seen, against what is desired.
//!
//! Reasons of a state for which the same applies whatever is desired share a line.

use std::fmt::Write;

use super::paint::{Text, Tone};
use super::screen::{Column, Screen};
use crate::model::{Action, Condition, DesiredState, Severity, State};
use crate::policy::{Cell, Exhausted, Layer, Matched, Table};

const COLUMNS: &[Column] = &[
    Column::words("OBSERVED"),
    Column::words("DESIRED RUNNING"),
    Column::words("DESIRED PAUSED"),
    Column::words("DESIRED SHUTOFF"),
];

/// Which lines of a policy are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// All.
    All,
    /// Those in which the policy has rules of its own.
    Own,
}

/// A policy's lines; none if there are none of that kind.
pub(super) fn matrix(table: &Table, lines: Lines, screen: Screen) -> Option<String> {
    let mut rows = Vec::new();
    for &state in State::ALL {
        for (reasons, cells) in alike(table, state) {
            if lines == Lines::All || cells.iter().any(|cell| layer(cell) == Some(Layer::Named)) {
                let mut row = vec![Text::from(observed(state, &reasons))];
                row.extend(cells.iter().map(|cell| text(cell)));
                rows.push(row);
            }
        }
    }
    (!rows.is_empty()).then(|| screen.table(COLUMNS, rows))
}

/// A state's reasons, together where all cells are the same.
fn alike(table: &Table, state: State) -> Vec<(Vec<Condition>, [&Cell; DesiredState::COUNT])> {
    let mut groups: Vec<(Vec<Condition>, [&Cell; DesiredState::COUNT])> = Vec::new();
    for seen in Condition::of_state(state) {
        let cells = [DesiredState::Running, DesiredState::Paused, DesiredState::Shutoff]
            .map(|desired| table.cell(desired, seen));
        let same = |other: &[&Cell; DesiredState::COUNT]| {
            other.iter().zip(&cells).all(|(a, b)| text(a).text == text(b).text)
        };
        match groups.iter_mut().find(|(_, other)| same(other)) {
            Some((reasons, _)) => reasons.push(seen),
            None => groups.push((vec![seen], cells)),
        }
    }
    groups
}

/// `state/*` for all reasons; the reasons by name for some; by their number where they are many.
fn observed(state: State, reasons: &[Condition]) -> String {
    const NAMED: usize = 3;
    let all = Condition::of_state(state).count();
    let names: Vec<_> = reasons.iter().filter_map(|seen| seen.reason()).collect();
    if names.is_empty() {
        state.to_string()
    } else if reasons.len() == all {
        format!("{state}/*")
    } else if names.len() > NAMED {
        format!("{state}/{}, {} others", names[0], names.len() - 1)
    } else {
        format!("{state}/{}", names.join(", "))
    }
}

fn layer(cell: &Cell) -> Option<Layer> {
    match cell {
        Cell::InSync => None,
        Cell::Rule(matched) => Some(matched.layer),
    }
}

fn text(cell: &Cell) -> Text {
    match cell {
        Cell::InSync => Text::new(Tone::Faint, "in sync"),
        Cell::Rule(matched) => {
            let tone = match matched.rule.action {
                Action::Alert => Tone::Warn,
                Action::Ignore => Tone::Faint,
                Action::Accept => Tone::Busy,
                Action::Start
                | Action::StartPaused
                | Action::Resume
                | Action::Pause
                | Action::Wakeup
                | Action::Shutdown
                | Action::Destroy
                | Action::Restart
                | Action::Redefine => Tone::Plain,
            };
            Text::new(tone, words(matched))
        }
    }
}

/// A rule in a few words: what is not said is as usual. A star is the user's `default`, two are
/// the named policy's own.
fn words(matched: &Matched) -> String {
    let rule = &matched.rule;
    let length = humantime::format_duration;
    let mut words = rule.action.to_string();
    // Writing to a text cannot fail.
    if !rule.grace.is_zero() {
        let _ = write!(words, " after {}", length(rule.grace));
    }
    if rule.action == Action::Shutdown {
        let _ = write!(words, ", {} later destroy", length(rule.force_after));
    }
    if rule.action.command().is_some() && rule.exhausted != Exhausted::Slow {
        let _ = write!(words, ", then {}", rule.exhausted.as_str());
    }
    if let Severity::Warning | Severity::Critical = rule.severity
        && (rule.action != Action::Alert || rule.severity == Severity::Critical)
    {
        let _ = write!(words, ", {}", rule.severity);
    }
    words.push_str(match matched.layer {
        Layer::BuiltIn => "",
        Layer::Default => " *",
        Layer::Named => " **",
    });
    words
}
