//! `[[hosts]]`: the hypervisors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::entry::Entry;
use super::reader::Section;
use super::schema::Keys;
use crate::hypervisor::{check_uri, has_parameter, redact};
use crate::model::HostId;

/// A hypervisor.
#[derive(Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name: 1 to 63 letters, digits, `.`, `_` and `-`, the first a letter or a digit. No two
    /// hosts have the same.
    pub id: HostId,
    /// Its libvirt URI. No two hosts have the same.
    pub uri: String,
    /// The file with the users and passwords for it, in the form of libvirt's `auth.conf`: an
    /// absolute path. Default none: then libvirt's own configuration has the word.
    pub credentials: Option<PathBuf>,
    /// How many actions may be under way on it at once, each over a connection of its own. 1 to 64,
    /// default 4.
    pub max_concurrent_actions: usize,
    /// What is done about domains that no instance stands for. Default `alert`.
    pub unmanaged: Unmanaged,
    /// What the operator wants to be shown with it. Default none.
    pub labels: BTreeMap<String, String>,
}

/// What is done about a host's domains that no instance stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmanaged {
    /// Nothing.
    Ignore,
    /// They are reported.
    Alert,
    /// They become instances, desired as they are seen.
    Adopt,
}

impl Host {
    /// The URI as it may be shown: without its password.
    #[must_use]
    pub fn shown_uri(&self) -> String {
        redact(&self.uri)
    }
}

/// Without the URI's password.
impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, uri: _, credentials, max_concurrent_actions, unmanaged, labels } = self;
        f.debug_struct("Host")
            .field("id", id)
            .field("uri", &self.shown_uri())
            .field("credentials", credentials)
            .field("max_concurrent_actions", max_concurrent_actions)
            .field("unmanaged", unmanaged)
            .field("labels", labels)
            .finish()
    }
}

impl Unmanaged {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Ignore, Self::Alert, Self::Adopt];

    /// The one text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Alert => "alert",
            Self::Adopt => "adopt",
        }
    }
}

/// Reads the list, with the ids of all hosts, of those too that have something else wrong.
pub(super) fn read(list: Option<Entry<'_>>) -> (Vec<Host>, BTreeSet<String>) {
    let mut seen = Seen::default();
    let sections = list.and_then(Entry::sections).unwrap_or_default();
    let hosts = sections.into_iter().filter_map(|section| host(section, &mut seen)).collect();
    (hosts, seen.ids)
}

#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    uris: BTreeMap<String, String>,
}

fn host(mut section: Section<'_>, seen: &mut Seen) -> Option<Host> {
    let id = section.need("id").and_then(Entry::name);
    if let Some(id) = &id
        && !seen.ids.insert(id.clone())
    {
        section.reject("id", &format!("`{id}` is the id of another host already"));
    }
    let uri = section.need("uri").and_then(Entry::text);
    if let Some(uri) = &uri {
        check(&section, uri, id.as_deref().unwrap_or("without id"), seen);
    }
    let credentials = section.take("credentials").and_then(|e| credentials(&e, uri.as_deref()));
    let actions = section.optional("max_concurrent_actions", 4, |e| e.int(1..=64));
    let unmanaged = section
        .optional("unmanaged", Unmanaged::Alert, |e| e.choice(Unmanaged::ALL, Unmanaged::as_str));
    let labels = section.take("labels").and_then(Entry::section).map(labels).unwrap_or_default();
    section.finish();
    Some(Host {
        id: HostId::from(id?.as_str()),
        uri: uri?,
        credentials,
        max_concurrent_actions: actions,
        unmanaged,
        labels,
    })
}

fn check(section: &Section<'_>, uri: &str, id: &str, seen: &mut Seen) {
    if let Err(message) = check_uri(uri) {
        section.reject("uri", &message);
    } else if let Some(other) = seen.uris.insert(uri.to_owned(), id.to_owned()) {
        // Each domain would be seen active on two hosts at once.
        section.reject("uri", &format!("is the URI of host `{other}` already"));
    }
}

/// The path of a file with secrets.
fn credentials(entry: &Entry<'_>, uri: Option<&str>) -> Option<PathBuf> {
    let path = entry.absolute_path("/etc/assured/kvm-1.auth")?;
    if uri.is_some_and(|uri| has_parameter(uri, "authfile")) {
        return entry
            .reject("is said twice: the host's URI names a file by `authfile` too; keep one");
    }
    entry.secret_file(path)
}

fn labels(section: Section<'_>) -> BTreeMap<String, String> {
    section.into_entries(&Keys::Any).filter_map(|(key, entry)| Some((key, entry.text()?))).collect()
}
