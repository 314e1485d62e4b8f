//! `[[instances]]`: what the file says about single instances. The API's later word wins over it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::entry::Entry;
use super::policies::Users;
use super::reader::Section;
use crate::model::{DesiredState, HostId, InstanceId};

/// What the file says about an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Which domain of the host. No two instances have the same name on one host, or the same id.
    pub domain: Domain,
    /// The host: one of the configured ones.
    pub host: HostId,
    /// What it is supposed to be.
    pub desired: DesiredState,
    /// The name of its policy: one that there is. Default `default`.
    pub policy: String,
    /// Higher comes back first. Any 32-bit number, default 0.
    pub priority: i32,
}

/// Which domain of a host an instance is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Domain {
    /// The one of this name.
    Name(String),
    /// The one of this UUID.
    Id(InstanceId),
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// What an instance can refer to.
pub(super) struct Known<'a> {
    /// The ids of all hosts.
    pub(super) hosts: &'a BTreeSet<String>,
    /// The user's policies.
    pub(super) policies: &'a Users,
}

/// Reads the list.
pub(super) fn read(list: Option<Entry<'_>>, known: &Known<'_>) -> Vec<Instance> {
    let mut seen = BTreeMap::new();
    let sections = list.and_then(Entry::sections).unwrap_or_default();
    sections.into_iter().filter_map(|section| instance(section, known, &mut seen)).collect()
}

/// The places in the file of domains by host; a UUID is one instance whatever its host.
type Seen = BTreeMap<(Option<String>, Domain), String>;

fn instance(mut section: Section<'_>, known: &Known<'_>, seen: &mut Seen) -> Option<Instance> {
    let domain = domain(&mut section);
    let host = section.need("host").and_then(Entry::text);
    if let Some(host) = &host
        && !known.hosts.contains(host)
    {
        let message = format!("no host has the id {host:?}; there are: {}", list(known.hosts));
        section.reject("host", &message);
    }
    let desired = section
        .need("desired")
        .and_then(|entry| entry.choice(DesiredState::ALL, DesiredState::as_str));
    let default = || "default".to_owned();
    let policy = section.optional("policy", default(), Entry::text);
    if !known.policies.has(&policy) {
        let message = format!("there is no policy {policy:?}; there are: {}", known.policies);
        section.reject("policy", &message);
    }
    let priority = section.optional("priority", 0, |e| e.int(i32::MIN..=i32::MAX));
    if let (Some(domain), Some(host)) = (&domain, &host) {
        let key = match domain {
            Domain::Name(_) => "name",
            Domain::Id(_) => "id",
        };
        let host = matches!(domain, Domain::Name(_)).then(|| host.clone());
        if let Some(first) = seen.get(&(host.clone(), domain.clone())) {
            section.reject(key, &format!("`{domain}` is the instance of {first} already"));
        } else {
            seen.insert((host, domain.clone()), section.path.to_string());
        }
    }
    section.finish();
    Some(Instance {
        domain: domain?,
        host: HostId::from(host?.as_str()),
        desired: desired?,
        policy,
        priority,
    })
}

fn domain(section: &mut Section<'_>) -> Option<Domain> {
    let by_name = |entry| domain_name(entry).map(Domain::Name);
    let by_id = |entry: Entry<'_>| entry.parsed("the domain's UUID").map(Domain::Id);
    match (section.take("name"), section.take("id")) {
        (Some(name), None) => by_name(name),
        (None, Some(id)) => by_id(id),
        // A survey is told of both.
        (Some(name), Some(id)) if section.has_one_of(&["name", "id"]) => {
            by_name(name).or_else(|| by_id(id))
        }
        (Some(_), Some(_)) => {
            section.reject("id", "must not stand beside `name`: one of them says which domain");
            None
        }
        (None, None) => {
            section.reject("name", "is missing: `name` or `id` has to say which domain");
            None
        }
    }
}

/// libvirt takes every name that can be a file's.
fn domain_name(entry: Entry<'_>) -> Option<String> {
    entry.like(r"^[^/\x00-\x1f\x7f]*[^/\s\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$");
    let name = entry.str()?;
    let is_name = !name.trim().is_empty() && !name.contains(|c: char| c == '/' || c.is_control());
    if is_name {
        Some(name.to_owned())
    } else {
        entry.reject("must be a domain's name: not empty, without `/`")
    }
}

fn list(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
