//! The variables of a compose file: `${NAME}`, `${NAME:-default}`, `${NAME:?why it is needed}`.

use std::collections::BTreeMap;

/// The names of all that a text has, each with its default.
pub fn of(text: &str) -> BTreeMap<String, Option<String>> {
    let inside = text.split("${").skip(1).map(|rest| rest.split_once('}').unwrap().0);
    inside.map(parts).collect()
}

/// The text with its variables' values, or else their defaults.
pub fn filled(text: &str, values: &BTreeMap<&str, &str>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, after) = after.split_once('}').unwrap();
        let (name, default) = parts(inside);
        let value = values.get(name.as_str()).copied().or(default.as_deref());
        filled.push_str(before);
        filled.push_str(value.unwrap_or_else(|| panic!("{name} has no value")));
        rest = after;
    }
    filled + rest
}

fn parts(inside: &str) -> (String, Option<String>) {
    match inside.split_once(':') {
        None => (inside.to_owned(), None),
        Some((name, rest)) => (name.to_owned(), rest.strip_prefix('-').map(ToOwned::to_owned)),
    }
}

#[test]
fn variables_are_found_and_filled_in() {
    let text = "${A:-./a}/x:${B}:${C:?make C}";
    let found: Vec<_> = of(text).into_iter().collect();
    assert_eq!(found, [("A".into(), Some("./a".into())), ("B".into(), None), ("C".into(), None)]);
    assert_eq!(filled(text, &[("B", "b"), ("C", "c")].into()), "./a/x:b:c");
}
