//! Tables that fit what they are shown on.

mod fit;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, presets};
use terminal_size::terminal_size;

use self::fit::{GAP, fit};
use super::paint::{Paint, Text, Tone};
use crate::scenario::Told;

/// What standard output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Whether there are colours.
    pub paint: Paint,
    /// How many columns it has; none where that is no matter, as in a file.
    pub width: Option<u16>,
}

impl Screen {
    /// A file or a pipe: no colours, no end of the line.
    pub const PLAIN: Self = Self { paint: Paint::Plain, width: None };

    /// The terminal that standard output is, if it is one.
    #[must_use]
    pub fn of_process(is_terminal: bool) -> Self {
        let paint = paint(is_terminal, |name| std::env::var_os(name));
        Self { paint, width: is_terminal.then(|| size().0) }
    }

    /// The same, as wide as it is now: a window that somebody may have drawn larger.
    pub(super) fn now(self) -> Self {
        Self { width: self.width.map(|_| size().0), ..self }
    }

    /// A table without lines: a heading, and a line for each row. What does not fit is cut off at
    /// the end of the column that may be cut; then columns that may be left out are, the least
    /// important first. What is shown whole is never cut: at worst it goes on in a second line.
    pub(super) fn table(self, columns: &[Column], rows: Vec<Vec<Text>>) -> String {
        let fit = fit(columns, &rows, self.width);
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_truncation_indicator("…");
        match self.paint {
            Paint::Plain => table.force_no_tty(),
            Paint::Colour => table.enforce_styling(),
        };
        if let Some(width) = self.width {
            // The gap after the last column may be beyond the edge: it is trimmed.
            let width = width.saturating_add(GAP as u16);
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        let heading = |&at: &usize| Text::new(Tone::Strong, columns[at].heading).cell();
        table.set_header(fit.columns.iter().map(heading).collect::<Vec<Cell>>());
        for row in rows {
            let cells = fit.columns.iter().filter_map(|&at| row.get(at)).map(Text::cell);
            let mut row = Row::from(cells.collect::<Vec<Cell>>());
            if !fit.wraps {
                row.max_height(1);
            }
            table.add_row(row);
        }
        for (place, &at) in fit.columns.iter().enumerate() {
            let Some(shown) = table.column_mut(place) else { continue };
            shown.set_padding((0, GAP as u16));
            if fit.wraps {
                continue;
            }
            match columns[at].kind {
                Kind::Words => shown.set_constraint(ColumnConstraint::ContentWidth),
                Kind::Number => {
                    shown.set_cell_alignment(CellAlignment::Right);
                    shown.set_constraint(ColumnConstraint::ContentWidth)
                }
                Kind::Prose => shown,
            };
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    /// Says on standard error how far something long has come, where somebody sits before it: in
    /// steps of ten simulated hours.
    pub(super) fn progress(self, what: &str) -> Option<Told> {
        let what = what.to_owned();
        let shown = AtomicU64::new(0);
        self.is_watched().then(|| {
            Arc::new(move |at: Duration| {
                let hours = at.as_secs() / 3600;
                if hours >= shown.load(Ordering::Relaxed) + 10 {
                    shown.store(hours, Ordering::Relaxed);
                    eprint!("\r\x1b[K{what}: {hours} hours simulated");
                }
            }) as Told
        })
    }

    /// Says so how many of many are done, now and then.
    pub(super) fn progress_of(self, what: &str, done: usize, all: usize) {
        if self.is_watched() {
            eprint!("\r\x1b[K{what}: {done} of {all}");
        }
    }

    /// Wipes that away.
    pub(super) fn progress_over(self) {
        if self.is_watched() {
            eprint!("\r\x1b[K");
        }
    }

    fn is_watched(self) -> bool {
        self.width.is_some() && std::io::stderr().is_terminal()
    }

    /// A heading.
    pub(super) fn heading(self, text: &str) -> String {
        self.paint.text(Tone::Strong, text)
    }
}

/// Whether there are colours. NO_COLOR has the last word; CLICOLOR_FORCE is for pipes, CLICOLOR=0
/// for terminals without.
fn paint(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Paint {
    let says = |name, is: fn(&str) -> bool| {
        variable(name).is_some_and(|value| is(value.to_string_lossy().as_ref()))
    };
    let forced = says("CLICOLOR_FORCE", |value| !value.is_empty() && value != "0");
    let without = says("CLICOLOR", |value| value == "0") || says("TERM", |value| value == "dumb");
    if !says("NO_COLOR", |value| !value.is_empty()) && (forced || (is_terminal && !without)) {
        Paint::Colour
    } else {
        Paint::Plain
    }
}

/// How many columns and lines the terminal has; as many as ever where it does not say.
pub(super) fn size() -> (u16, u16) {
    let size = terminal_size().map(|(width, height)| (width.0, height.0));
    size.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or((80, 24))
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    heading: &'static str,
    kind: Kind,
    rank: u8,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Words,
    Number,
    Prose,
}

impl Column {
    /// Shown whole.
    pub(super) const fn words(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Words, rank: 0 }
    }

    /// Shown whole, at the right.
    pub(super) const fn number(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Number, rank: 0 }
    }

    /// Cut where it does not fit.
    pub(super) const fn prose(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Prose, rank: 0 }
    }

    /// Left out where there is no room, those with the lowest rank first. 0 is never left out.
    pub(super) const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_those_who_want_them() {
        for (is_terminal, variables, colour) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (true, &[("CLICOLOR", "0")], false),
            (true, &[("TERM", "dumb")], false),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            let expected = if colour { Paint::Colour } else { Paint::Plain };
            assert_eq!(paint(is_terminal, variable), expected, "{is_terminal} {variables:?}");
        }
    }
}
