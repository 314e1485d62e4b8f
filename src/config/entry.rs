//! One value that is being read, with where it stands and where it comes from.
//!
//! Each accessor gives the value, or reports what it must be instead and gives none. What a value
//! is, is repeated only where it cannot be a secret.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use ::config::{Value, ValueKind};

use super::layers::{ENVIRONMENT, Tree};
use super::path::KeyPath;
use super::reader::{Report, Section};
use super::schema::Shape;

/// A value that is being read.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Where errors go.
    pub(super) report: &'a Report,
    /// Where the value stands.
    pub(super) path: KeyPath,
    /// The value.
    pub(super) value: Value,
}

impl<'a> Entry<'a> {
    /// A value that is only asked for: the accessors note what it would have to be, and give none.
    pub(super) fn asked_for(report: &'a Report, path: KeyPath) -> Self {
        Self { report, path, value: Value::new(None, ValueKind::Nil) }
    }

    /// A text, borrowed: for those who check it further.
    pub(super) fn str(&self) -> Option<&str> {
        self.asks(|| Shape::Text { pattern: None, expected: None });
        let ValueKind::String(text) = &self.value.kind else {
            return self.wrong("a text in quotes");
        };
        Some(text)
    }

    /// Says, for the schema, what a text matches that the caller checks: a regular expression that
    /// takes all that is right.
    pub(super) fn like(&self, pattern: &'static str) {
        self.asks(|| Shape::Text { pattern: Some(pattern), expected: None });
    }

    /// A text.
    pub(super) fn text(self) -> Option<String> {
        self.str().map(str::to_owned)
    }

    /// `true` or `false`.
    pub(super) fn flag(self) -> Option<bool> {
        self.asks(|| Shape::Flag);
        let flag = match (&self.value.kind, self.in_environment()) {
            (ValueKind::Boolean(flag), _) => Some(*flag),
            (_, Some("true")) => Some(true),
            (_, Some("false")) => Some(false),
            (_, Some(_) | None) => None,
        };
        if flag.is_none() { self.wrong("true or false") } else { flag }
    }

    /// A whole number.
    pub(super) fn int<T>(self, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i64> + TryInto<i64> + PartialOrd + Display + Copy,
    {
        let bound = |bound: &T| (*bound).try_into().unwrap_or(i64::MAX);
        self.asks(|| Shape::Int { least: bound(range.start()), most: bound(range.end()) });
        let number = match (&self.value.kind, self.in_environment()) {
            (ValueKind::I64(number), _) => Some(*number),
            (_, text) => text.and_then(|text| text.parse().ok()),
        };
        let number = number.and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n));
        if number.is_none() {
            let (least, most) = range.into_inner();
            return self.wrong(&format!("a whole number from {least} to {most}"));
        }
        number
    }

    /// A number.
    pub(super) fn number(self, range: RangeInclusive<f64>) -> Option<f64> {
        self.asks(|| Shape::Number { least: *range.start(), most: *range.end() });
        let number = match (&self.value.kind, self.in_environment()) {
            (ValueKind::Float(number), _) => Some(*number),
            (ValueKind::I64(number), _) => Some(*number as f64),
            (_, text) => text.and_then(|text| text.parse().ok()),
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            return self.wrong(&format!("a number from {least} to {most}"));
        }
        number
    }

    /// A duration such as `10s` or `1m 30s`.
    pub(super) fn duration(self, range: RangeInclusive<Duration>) -> Option<Duration> {
        self.asks(|| Shape::Duration { least: *range.start(), most: *range.end() });
        let expected = format!(
            "a duration from {} to {}, such as \"10s\" or \"5m\"",
            humantime::format_duration(*range.start()),
            humantime::format_duration(*range.end()),
        );
        let ValueKind::String(text) = &self.value.kind else {
            return self.wrong(&expected);
        };
        match humantime::parse_duration(text) {
            Ok(duration) if range.contains(&duration) => Some(duration),
            Ok(_) => self.reject(&format!("must be {expected}, not {text:?}")),
            Err(error) => self.reject(&format!("must be {expected}, not {text:?} ({error})")),
        }
    }

    /// One of a closed set of words.
    pub(super) fn choice<T: Copy>(self, all: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
        self.asks(|| Shape::Words(all.iter().map(|choice| word(*choice)).collect()));
        let text = self.str()?;
        let found = all.iter().copied().find(|choice| word(*choice) == text);
        if found.is_none() {
            let words: Vec<_> = all.iter().map(|choice| word(*choice)).collect();
            return self.reject(&format!("must be one of {}, not {text:?}", words.join(", ")));
        }
        found
    }

    /// A text that says a `T`, in the words of `expected`.
    pub(super) fn parsed<T: FromStr>(self, expected: &str) -> Option<T> {
        self.asks(|| Shape::Text { pattern: None, expected: Some(expected.to_owned()) });
        let ValueKind::String(text) = &self.value.kind else {
            return self.wrong(expected);
        };
        text.parse().ok().or_else(|| self.reject(&format!("must be {expected}, not {text:?}")))
    }

    /// A name, as [`check_name`] has it: it becomes a metric label and a part of URLs.
    pub(super) fn name(self) -> Option<String> {
        self.like(NAME);
        let name = self.str()?;
        check_name(name).map_or_else(|message| self.reject(&message), |()| Some(name.to_owned()))
    }

    /// A table.
    pub(super) fn section(self) -> Option<Section<'a>> {
        if self.asks(|| Shape::Table) {
            return Some(Section::new(self.report, self.path, None, Tree::new()));
        }
        let origin = self.value.origin().map(str::to_owned);
        let ValueKind::Table(tree) = self.value.kind else {
            return self.wrong("a table");
        };
        Some(Section::new(self.report, self.path, origin, tree))
    }

    /// A list of tables; what is wrong with one of them does not keep the others from being read.
    pub(super) fn sections(self) -> Option<Vec<Section<'a>>> {
        if self.asks(|| Shape::List { least: 0 }) {
            let any = Entry::asked_for(self.report, self.path.index(0));
            return any.section().map(|section| vec![section]);
        }
        let (report, path) = (self.report, &self.path);
        let ValueKind::Array(values) = self.value.kind else {
            return self.wrong("a list of tables");
        };
        let entries = values.into_iter().enumerate().map(|(index, value)| Entry {
            report,
            path: path.index(index),
            value,
        });
        Some(entries.filter_map(Entry::section).collect())
    }

    /// A list with one element at least.
    pub(super) fn entries(self, expected: &str) -> Option<Vec<Entry<'a>>> {
        if self.asks(|| Shape::List { least: 1 }) {
            return Some(vec![Entry::asked_for(self.report, self.path.index(0))]);
        }
        let (report, path) = (self.report, &self.path);
        let ValueKind::Array(values) = &self.value.kind else {
            return self.wrong(expected);
        };
        if values.is_empty() {
            return self.reject(&format!("must be {expected}"));
        }
        let entry = |(index, value): (usize, &Value)| Entry {
            report,
            path: path.index(index),
            value: value.clone(),
        };
        Some(values.iter().enumerate().map(entry).collect())
    }

    /// Reports what is wrong, and gives nothing.
    pub(super) fn reject<T>(&self, message: &str) -> Option<T> {
        self.report.reject(&self.path, self.value.origin(), message);
        None
    }

    /// Notes what has to stand here, in a survey; says whether this is one.
    fn asks(&self, shape: impl FnOnce() -> Shape) -> bool {
        let survey = self.report.survey();
        if let Some(survey) = survey {
            survey.shape(&self.path, shape());
        }
        survey.is_some()
    }

    fn wrong<T>(&self, expected: &str) -> Option<T> {
        self.reject(&format!("must be {expected}, not {}", describe(&self.value.kind)))
    }

    /// The environment knows only texts; files say what they mean.
    fn in_environment(&self) -> Option<&str> {
        let ValueKind::String(text) = &self.value.kind else {
            return None;
        };
        (self.value.origin() == Some(ENVIRONMENT)).then_some(text.trim())
    }
}

/// What a value is, for messages. A text is not repeated: it may be a secret.
pub(super) fn describe(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Nil => "nothing".to_owned(),
        ValueKind::Boolean(flag) => flag.to_string(),
        ValueKind::I64(number) => number.to_string(),
        ValueKind::I128(number) => number.to_string(),
        ValueKind::U64(number) => number.to_string(),
        ValueKind::U128(number) => number.to_string(),
        ValueKind::Float(number) => format!("{number:?}"),
        ValueKind::String(_) => "a text".to_owned(),
        ValueKind::Table(_) => "a table".to_owned(),
        ValueKind::Array(_) => "a list".to_owned(),
    }
}

/// How many characters a name can have.
const LONGEST_NAME: usize = 63;
/// The names of hosts, policies and receivers, as a regular expression.
pub const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";

/// Whether a text is a name; if not, what is wrong with it. No name is `.` or `..`, which mean
/// something else in a URL.
pub(super) fn check_name(text: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && text.len() <= LONGEST_NAME && text.chars().all(is_plain) {
        Ok(())
    } else {
        Err(format!(
            "must be a name of 1 to {LONGEST_NAME} letters, digits, `.`, `_` and `-` that begins with a letter \
             or a digit, not {text:?}"
        ))
    }
}
