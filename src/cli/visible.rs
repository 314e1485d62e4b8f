//! Texts from elsewhere, fit for a terminal: whoever may name a machine or write a reason must not
//! be able to move the cursor, to break a line, or to make a text look like another.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A text with everything that would be done, and not seen, written out: `\n`, `\u{1b}`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The same of each line of a text that may have several.
pub(super) fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Controls, and what turns the direction of writing or takes no place.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

/// A body whose texts are all fit to be shown; none if it has a form that cannot be had again.
pub(super) fn shown<T: Serialize + DeserializeOwned>(body: &T) -> Option<T> {
    let mut value = serde_json::to_value(body).ok()?;
    reveal(&mut value);
    serde_json::from_value(value).ok()
}

fn reveal(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(reveal),
        Value::Object(object) => object.values_mut().for_each(reveal),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_done_is_written_out() {
        for (text, expected) in [
            ("web-1", "web-1"),
            ("データベース é 🦀", "データベース é 🦀"),
            ("a\nb\tc", "a\\nb\\tc"),
            ("\x1b[31mred\x07", "\\u{1b}[31mred\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("evil\u{202e}gpj", "evil\\u{202e}gpj"),
            ("web\u{200b}-1", "web\\u{200b}-1"),
        ] {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(visible_lines("a\x1b\nb"), "a\\u{1b}\nb");
        let body = vec![("a\rb".to_owned(), Some(3))];
        assert_eq!(shown(&body), Some(vec![("a\\rb".to_owned(), Some(3))]));
    }
}
