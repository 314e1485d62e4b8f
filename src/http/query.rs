//! A query string, read strictly: a parameter that is not known, comes twice or has a value that
//! is none, is an error. A misspelt filter would show everything otherwise.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::HttpRequest;
use url::form_urlencoded;

use super::problem::{Kind, Problem};

/// How long a page is where nobody says.
pub(super) const DEFAULT_LIMIT: usize = 100;
/// How long a page can be.
pub const MAX_LIMIT: usize = 1000;

/// A query string that is being read.
#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Query {
    /// Takes a request's query string apart.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Self::parse(request.query_string())
    }

    /// The same, of the string alone.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if pairs.iter().any(|(other, _)| *other == name) {
                let detail = format!("the parameter `{name}` is there twice");
                return Err(Problem::field(name, detail));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { pairs, known: Vec::new() })
    }

    /// Refuses every parameter: for routes that have none.
    pub(super) fn none(request: &HttpRequest) -> Result<(), Problem> {
        Self::of(request)?.finish()
    }

    /// A parameter as it is written.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let place = self.pairs.iter().position(|(other, _)| other == name)?;
        Some(self.pairs.swap_remove(place).1)
    }

    /// A parameter that says a `T`.
    pub(super) fn parsed<T>(&mut self, name: &'static str) -> Result<Option<T>, Problem>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong = |why: T::Err| Problem::field(name, format!("`{name}`: {why}"));
        text.parse().map(Some).map_err(wrong)
    }

    /// A parameter that says some `T`s, with commas between them.
    pub(super) fn some<T>(&mut self, name: &'static str) -> Result<Option<Vec<T>>, Problem>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong = |why: T::Err| Problem::field(name, format!("`{name}`: {why}"));
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Some).map_err(wrong)
    }

    /// A parameter that is one of these words.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let detail = format!("`{name}` must be {}, not `{text}`", known.join(" or "));
            Problem::field(name, detail)
        })
    }

    /// `limit`: how many items the page has at most.
    pub(super) fn limit(&mut self) -> Result<usize, Problem> {
        let Some(text) = self.text("limit") else { return Ok(DEFAULT_LIMIT) };
        text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(|| {
            let detail = format!("`limit` must be a whole number from 1 to {MAX_LIMIT}");
            Problem::field("limit", detail)
        })
    }

    /// Ends the reading: what is left is not known.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let Some((name, _)) = self.pairs.into_iter().next() else { return Ok(()) };
        let detail = if self.known.is_empty() {
            format!("there is no parameter `{name}`: this takes none")
        } else {
            format!("there is no parameter `{name}`; known are: {}", self.known.join(", "))
        };
        Err(Problem::field(name, detail))
    }
}

/// Where a list goes on: the last key of the page before. Opaque outside, so that it can change:
/// JSON in hexadecimal digits.
pub(super) mod cursor {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::{Problem, Query};
    use crate::http::problem::json_text;

    /// A key as a cursor.
    pub(in crate::http) fn write<K: Serialize>(key: &K) -> String {
        let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
        json_text(key).bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
    }

    /// The key in the query's cursor, if it has one.
    pub(in crate::http) fn read<K: DeserializeOwned>(
        query: &mut Query,
    ) -> Result<Option<K>, Problem> {
        let Some(text) = query.text("cursor") else { return Ok(None) };
        let wrong =
            || Problem::field("cursor", "`cursor` must be the `next` of a page of the same list");
        let digits = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok().filter(|p| !p.starts_with('+'))?;
            if pair.len() == 2 { u8::from_str_radix(pair, 16).ok() } else { None }
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(digits).collect();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).map(Some).ok_or_else(wrong)
    }
}

/// The problem of a path that names nothing.
pub(super) fn not_found(what: &str, name: &str) -> Problem {
    Problem::new(Kind::NotFound, format!("there is no {what} `{name}`"))
}
