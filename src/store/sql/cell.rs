//! Between the cells of a row and the types of the model.
//!
//! Reading is strict: a word, a time or a combination that the model does not have is an error
//! that names the table, the row and the column. Nothing is guessed, because a guess would be
//! written back.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::fmt::Hyphenated;

use crate::model::InstanceId;
use crate::store::StoreError;

/// A time as it is stored: microseconds since 1970. What is finer is cut off.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A list as it is stored: as JSON, and nothing at all where it is empty.
pub(super) fn json_of<T: serde::Serialize>(list: &[T]) -> Option<String> {
    if list.is_empty() {
        return None;
    }
    // What is stored so are plain structs and identities: writing them cannot fail.
    serde_json::to_string(list).ok()
}

/// An instance's identity as it is stored, without an allocation.
pub(super) struct IdText([u8; Hyphenated::LENGTH]);

impl IdText {
    pub(super) fn new(id: InstanceId) -> Self {
        let mut text = [0; Hyphenated::LENGTH];
        id.0.hyphenated().encode_lower(&mut text);
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        // Always ASCII; the empty text would be refused by the first reader.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A row that is being read: what an error about it says.
pub(super) struct Row<'a> {
    /// The table's name.
    pub(super) table: &'static str,
    /// The row's key.
    pub(super) key: &'a dyn Display,
}

impl Row<'_> {
    /// Reads a word, a name or a number that has a text form.
    pub(super) fn word<T: FromStr>(&self, column: &str, text: &str) -> Result<T, StoreError>
    where
        T::Err: Display,
    {
        text.parse().map_err(|why: T::Err| self.wrong(column, &why))
    }

    /// Reads a time.
    pub(super) fn time(&self, column: &str, micros: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(micros).map_err(|why| self.wrong(column, &why))
    }

    /// Reads an optional word.
    pub(super) fn word_if<T: FromStr>(
        &self,
        column: &str,
        text: Option<&str>,
    ) -> Result<Option<T>, StoreError>
    where
        T::Err: Display,
    {
        text.map(|text| self.word(column, text)).transpose()
    }

    /// Reads an optional time.
    pub(super) fn time_if(
        &self,
        column: &str,
        micros: Option<i64>,
    ) -> Result<Option<Timestamp>, StoreError> {
        micros.map(|micros| self.time(column, micros)).transpose()
    }

    /// Reads a list; an empty one where there is nothing.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: &str,
        text: Option<&str>,
    ) -> Result<Vec<T>, StoreError> {
        text.map_or_else(|| Ok(Vec::new()), serde_json::from_str)
            .map_err(|why| self.wrong(column, &why))
    }

    /// The error for columns of which all or none have to be set.
    pub(super) fn torn(&self, columns: &str) -> StoreError {
        self.wrong(columns, &"only some of them are set")
    }

    /// The error for a column that cannot be understood.
    pub(super) fn wrong(&self, column: &str, why: &dyn Display) -> StoreError {
        StoreError::Row {
            table: self.table,
            key: self.key.to_string(),
            why: format!("{column}: {why}"),
        }
    }
}
