//! Names that somebody may have meant.

use strsim::damerau_levenshtein;

/// So many are named at most.
const NAMED: usize = 3;

/// "; did you mean `kvm-1`?" where some known names are like the one that was given, and else
/// nothing.
pub(super) fn did_you_mean<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = (given.chars().count() / 3).clamp(1, 3);
    let mut like: Vec<(usize, &str)> = known
        .map(|name| (damerau_levenshtein(&name.to_lowercase(), &given.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= near)
        .collect();
    like.sort();
    like.dedup();
    let names: Vec<String> = like.iter().take(NAMED).map(|(_, name)| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((one, [])) => format!("; did you mean {one}?"),
        Some((last, others)) => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

/// A sentence that goes on after such a question, or after none.
pub(super) fn look(question: &str, command: &str) -> String {
    let (mark, word) = if question.is_empty() { (";", "look") } else { ("", "Look") };
    format!("{question}{mark} {word} with `{command}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_proposed_the_nearest_first() {
        let known = ["kvm-1", "kvm-2", "kvm-10", "storage", "KVM-9"];
        let ask = |given| did_you_mean(given, known.into_iter());
        assert_eq!(ask("storge"), "; did you mean `storage`?");
        assert_eq!(ask("kmv-1"), "; did you mean `kvm-1`?");
        assert_eq!(ask("kvm-7"), "; did you mean `KVM-9`, `kvm-1` or `kvm-2`?");
        assert_eq!(ask("web-1"), "");
        assert_eq!(look("", "x"), "; look with `x`");
        assert_eq!(look("; did you mean `a`?", "x"), "; did you mean `a`? Look with `x`");
    }
}
