//! Names of instances and hosts, and how several are named at once.

use crate::model::InstanceId;

/// The names of all that there is in a scenario, in the order of its file.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The hosts.
    pub hosts: Vec<String>,
    /// The domains, instances or not.
    pub domains: Vec<(String, InstanceId)>,
}

impl Names {
    /// The instances that a word names, in order: a name, `FIRST..LAST`, or a pattern with `*`.
    ///
    /// # Errors
    /// One sentence, where it names none.
    pub fn instances(&self, word: &str) -> Result<Vec<&(String, InstanceId)>, String> {
        let all = self.domains.iter().map(|(name, _)| name.as_str());
        let places = chosen(word, all).map_err(|why| format!("no instance {why}"))?;
        Ok(places.into_iter().map(|place| &self.domains[place]).collect())
    }

    /// The hosts that a word names, in order.
    ///
    /// # Errors
    /// One sentence, where it names none.
    pub fn hosts(&self, word: &str) -> Result<Vec<&String>, String> {
        let all = self.hosts.iter().map(String::as_str);
        let places = chosen(word, all).map_err(|why| format!("no host {why}"))?;
        Ok(places.into_iter().map(|place| &self.hosts[place]).collect())
    }

    /// The name of a domain; its id where it has none here.
    #[must_use]
    pub fn of(&self, id: InstanceId) -> String {
        let found = self.domains.iter().find(|(_, other)| *other == id);
        found.map_or_else(|| id.to_string(), |(name, _)| name.clone())
    }
}

/// The places of what a word names.
fn chosen<'a>(word: &str, all: impl Iterator<Item = &'a str>) -> Result<Vec<usize>, String> {
    let all: Vec<&str> = all.collect();
    let place = |name: &str| all.iter().position(|other| *other == name);
    let known = || match all.as_slice() {
        [] => "there is none".to_owned(),
        few @ ([_] | [_, _] | [_, _, _]) => format!("there are: {}", few.join(", ")),
        [first, .., last] => format!("there are {}, from {first} to {last}", all.len()),
    };
    if let Some((first, last)) = word.split_once("..") {
        return match (place(first), place(last)) {
            (Some(first), Some(last)) if first <= last => Ok((first..=last).collect()),
            (Some(_), Some(_)) => Err(format!("is in {word:?}: the last comes before the first")),
            (None, _) => Err(format!("is named {first:?}; {}", known())),
            (Some(_), None) => Err(format!("is named {last:?}; {}", known())),
        };
    }
    if let Some((before, after)) = word.split_once('*') {
        let fits = |name: &&str| {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        };
        let places: Vec<usize> =
            all.iter().enumerate().filter(|(_, name)| fits(name)).map(|(place, _)| place).collect();
        return if places.is_empty() {
            Err(format!("has a name like {word:?}; {}", known()))
        } else {
            Ok(places)
        };
    }
    place(word).map(|place| vec![place]).ok_or_else(|| format!("is named {word:?}; {}", known()))
}

/// The names of `count` domains, the first of which is named so: `web-1`, `web-2`, ….
pub(super) fn numbered(first: &str, count: u32) -> Vec<String> {
    if count == 1 {
        return vec![first.to_owned()];
    }
    let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let (stem, begin) = match first[stem.len()..].parse::<u32>() {
        Ok(number) => (stem.to_owned(), number),
        Err(_) => (format!("{first}-"), 1),
    };
    (begin..begin.saturating_add(count)).map(|number| format!("{stem}{number}")).collect()
}

/// The UUID of a domain, from its name: the same in every run, version 4 in form.
#[must_use]
pub fn domain_id(name: &str) -> InstanceId {
    let hash = name.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    InstanceId(uuid::Builder::from_random_bytes(hash.to_be_bytes()).into_uuid())
}
