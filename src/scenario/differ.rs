//! What was expected beside what was seen, in words.

use std::fmt::Display;

/// What is not as expected, a sentence for each.
pub(super) type Differences = Vec<String>;

/// Compares, if something is expected.
pub(super) fn differ<T: PartialEq + Display>(
    out: &mut Differences,
    what: &str,
    wanted: Option<T>,
    seen: T,
) {
    if let Some(wanted) = wanted
        && wanted != seen
    {
        out.push(format!("{what} is {seen}, expected was {wanted}"));
    }
}

/// The same where there may be nothing to be seen.
pub(super) fn lacks<T: PartialEq + Display>(
    out: &mut Differences,
    what: &str,
    wanted: Option<T>,
    seen: Option<T>,
) {
    match (wanted, seen) {
        (Some(wanted), None) => out.push(format!("there is no {what}, expected was {wanted}")),
        (wanted, Some(seen)) => differ(out, what, wanted, seen),
        (None, None) => {}
    }
}

pub(super) fn at_most(out: &mut Differences, what: &str, most: Option<usize>, seen: usize) {
    if let Some(most) = most
        && seen > most
    {
        out.push(format!("{what} are {seen}, expected were at most {most}"));
    }
}
