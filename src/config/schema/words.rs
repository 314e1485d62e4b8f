//! What each key is for, in words: `keys.toml`.

use std::collections::BTreeMap;

use super::survey::ELEMENT;

/// The descriptions, by the keys' patterns.
pub(super) struct Words(BTreeMap<String, String>);

impl Words {
    /// Those that the program brings along. Tests see to it that they can be read.
    pub(super) fn new() -> Self {
        Self(toml::from_str(include_str!("keys.toml")).unwrap_or_default())
    }

    /// What is said of a key.
    pub(super) fn of(&self, path: &str) -> Option<&str> {
        let exact = self.0.get_key_value(path);
        let fits = |(pattern, _): &(&String, &String)| fits(pattern, path);
        exact.or_else(|| self.0.iter().find(fits)).map(|(_, words)| words.as_str())
    }

    /// The patterns that are for none of these keys.
    #[cfg(test)]
    pub(super) fn of_none(&self, paths: &[String]) -> Vec<&str> {
        let unused = |pattern: &&String| !paths.iter().any(|path| fits(pattern, path));
        self.0.keys().filter(unused).map(String::as_str).collect()
    }
}

/// Whether a pattern is for a key. A star is any one step, with or without a list's element.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut there) = (pattern.split('.'), path.split('.'));
    loop {
        match (wanted.next(), there.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(there)) if wanted == there => {}
            (_, _) => return false,
        }
    }
}

/// The path of a key in a table.
pub(super) fn below(path: &str, key: &str) -> String {
    match (path, key) {
        ("", key) => key.to_owned(),
        (path, ELEMENT) => format!("{path}{ELEMENT}"),
        (path, key) => format!("{path}.{key}"),
    }
}
