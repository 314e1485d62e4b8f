//! Tables that fit what they are shown on.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, presets};

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
        if !is_terminal {
            return Self::PLAIN;
        }
        let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let paint = if is_plain { Paint::Plain } else { Paint::Colour };
        Self { paint, width: Table::new().width() }
    }

    /// A table without lines: a heading, and a line for each row. What does not fit is cut off at
    /// the end of the column that may be cut.
    pub(super) fn table(self, columns: &[Column], rows: Vec<Vec<Text>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_truncation_indicator("…");
        match self.paint {
            Paint::Plain => table.force_no_tty(),
            Paint::Colour => table.enforce_styling(),
        };
        if let Some(width) = self.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        let heading = |column: &Column| Text::new(Tone::Strong, column.heading).cell();
        table.set_header(columns.iter().map(heading).collect::<Vec<Cell>>());
        for row in rows {
            let mut row = Row::from(row.iter().map(Text::cell).collect::<Vec<Cell>>());
            row.max_height(1);
            table.add_row(row);
        }
        for (index, column) in columns.iter().enumerate() {
            let Some(shown) = table.column_mut(index) else { continue };
            shown.set_padding((0, 2));
            match column.kind {
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

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    heading: &'static str,
    kind: Kind,
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
        Self { heading, kind: Kind::Words }
    }

    /// Shown whole, at the right.
    pub(super) const fn number(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Number }
    }

    /// Cut where it does not fit.
    pub(super) const fn prose(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Prose }
    }
}
