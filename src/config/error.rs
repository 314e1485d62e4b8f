//! What is wrong with a configuration, as a list: everything at once.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConfigError {
    /// The file as it was named, `environment`, or `built-in defaults`; none where it cannot be
    /// told.
    pub file: Option<String>,
    /// The key with its path, such as `hosts[1].uri`; empty where it is about the file as a whole.
    pub key: String,
    /// What is wrong, and what would be right. One line.
    pub message: String,
}

impl ConfigError {
    pub(super) fn new(file: Option<String>, key: String, message: &str) -> Self {
        Self { file, key, message: on_one_line(message) }
    }
}

/// `FILE: KEY: MESSAGE`.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", on_one_line(file))?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Everything that is wrong; one error per line. Never empty where it is returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Errors(Vec<ConfigError>);

impl Errors {
    pub(super) fn new(errors: Vec<ConfigError>) -> Self {
        Self(errors)
    }

    /// The errors, in the order of the sections.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.0.iter().enumerate() {
            let end_of_last = if place == 0 { "" } else { "\n" };
            write!(f, "{end_of_last}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// What a file says is repeated in messages; it must not break the line or move the cursor.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
