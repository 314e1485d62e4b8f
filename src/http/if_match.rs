//! `If-Match` (RFC 9110): a change only of what one has seen.

use actix_web::http::header::{self, HeaderMap};

use super::problem::Problem;
use crate::model::Generation;

/// The generation that is asked for; none where any will do.
///
/// The arbiter compares one generation. Of several, the one that is shown now is asked for; if none
/// of them is, none can be met, because generations only grow. Numbers without quotes are taken
/// too.
///
/// # Errors
/// The problem of a header that is no list of entity tags.
pub(super) fn if_match(
    headers: &HeaderMap,
    current: Option<Generation>,
) -> Result<Option<Generation>, Problem> {
    let mut asked = Vec::new();
    for value in headers.get_all(header::IF_MATCH) {
        let value = value.to_str().map_err(|_| malformed())?.trim();
        if value == "*" {
            return Ok(None);
        }
        let mut rest = value;
        loop {
            let (generation, after) = tag(rest).ok_or_else(malformed)?;
            asked.push(generation);
            if after.is_empty() {
                break;
            }
            rest = after.strip_prefix(',').ok_or_else(malformed)?.trim_start();
        }
    }
    let shown = asked.iter().copied().find(|asked| Some(*asked) == current);
    Ok(shown.or(asked.first().copied()))
}

/// The generation that the first tag of a list stands for, and what comes after it. That of
/// something else, or a weak one, which never matches, stands for one that there is not.
fn tag(list: &str) -> Option<(Generation, &str)> {
    let (is_weak, tag) = match list.strip_prefix("W/") {
        Some(tag) => (true, tag),
        None => (false, list),
    };
    let Some(quoted) = tag.strip_prefix('"') else {
        let end = list.find(',').unwrap_or(list.len());
        return Some((list[..end].trim().parse().ok()?, &list[end..]));
    };
    // A comma may stand within the quotes.
    let (text, after) = quoted.split_once('"')?;
    let generation = if is_weak { None } else { text.parse().ok() };
    Some((generation.unwrap_or_default(), after.trim_start()))
}

fn malformed() -> Problem {
    Problem::field("If-Match", "`If-Match` must be the ETag of the instance, such as \"3\"")
}
