//! Colours and symbols: what a word looks like. The word is always there; a colour or a symbol only
//! helps to find it.

use comfy_table::{Cell, Color};

use super::visible::visible;
use crate::model::{HostState, Severity, Status};

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// None.
    Plain,
    /// Some.
    Colour,
}

/// What a text means to whoever looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing in particular.
    Plain,
    /// Everything is all right.
    Good,
    /// Something is being done about it.
    Busy,
    /// To be looked at.
    Warn,
    /// To be looked at now.
    Bad,
    /// Of little weight.
    Faint,
    /// A heading.
    Strong,
}

impl Tone {
    const fn codes(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("32"),
            Self::Busy => Some("36"),
            Self::Warn => Some("33"),
            Self::Bad => Some("31"),
            Self::Faint => Some("2"),
            Self::Strong => Some("1"),
        }
    }
}

impl Paint {
    /// A text in its colour.
    pub(super) fn text(self, tone: Tone, text: &str) -> String {
        match (self, tone.codes()) {
            (Self::Colour, Some(codes)) => format!("\x1b[{codes}m{text}\x1b[0m"),
            (Self::Colour, None) | (Self::Plain, _) => text.to_owned(),
        }
    }
}

/// A text with its tone, for a table.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Text {
    pub(super) fn new(tone: Tone, text: impl Into<String>) -> Self {
        let text = text.into();
        let text = visible(&text).into_owned();
        Self { text, tone }
    }

    pub(super) fn cell(&self) -> Cell {
        let cell = Cell::new(&self.text);
        match self.tone {
            Tone::Plain => cell,
            Tone::Good => cell.fg(Color::DarkGreen),
            Tone::Busy => cell.fg(Color::DarkCyan),
            Tone::Warn => cell.fg(Color::DarkYellow),
            Tone::Bad => cell.fg(Color::DarkRed),
            Tone::Faint => cell.add_attribute(comfy_table::Attribute::Dim),
            Tone::Strong => cell.add_attribute(comfy_table::Attribute::Bold),
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// A status as symbol and word.
pub(super) fn status(status: Status) -> Text {
    let (symbol, tone) = match status {
        Status::InSync => ("✓", Tone::Good),
        Status::Settling => ("◔", Tone::Busy),
        Status::Repairing => ("↻", Tone::Busy),
        Status::BackingOff => ("…", Tone::Busy),
        Status::OutOfSync => ("≠", Tone::Warn),
        Status::GivenUp => ("✗", Tone::Bad),
        Status::Held => ("‖", Tone::Plain),
        Status::Unknown => ("?", Tone::Warn),
        Status::Quarantined => ("!", Tone::Bad),
    };
    Text::new(tone, format!("{symbol} {status}"))
}

/// A host's state as symbol and word.
pub(super) fn host_state(state: HostState) -> Text {
    let (symbol, tone) = match state {
        HostState::Connecting => ("…", Tone::Busy),
        HostState::Up => ("✓", Tone::Good),
        HostState::Unreachable => ("✗", Tone::Bad),
    };
    Text::new(tone, format!("{symbol} {state}"))
}

/// A severity.
pub(super) fn severity(severity: Severity) -> Text {
    let tone = match severity {
        Severity::None | Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Warn,
        Severity::Critical => Tone::Bad,
    };
    Text::new(tone, severity.to_string())
}
