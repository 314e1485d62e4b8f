//! Instances as a list: filters, order, pages.
//!
//! A page begins after the last key of the page before, not at a number, so instances that come
//! and go meanwhile make no other one appear twice or not at all. In the order of the names a page
//! is read straight off the picture; in other orders the picture is gone through once, and no more
//! is kept of it than the page.

use std::collections::BinaryHeap;
use std::ops::Bound;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::body::Asked;
use crate::model::{DesiredState, HostId, InstanceId, Status, UnknownWord};
use crate::snapshot::{Fleet, InstanceView};

/// Which instances. What is none lets everything through.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// On this host.
    pub(super) host: Option<HostId>,
    /// In one of these.
    pub(super) status: Option<Vec<Status>>,
    /// Supposed to be this.
    pub(super) desired: Option<DesiredState>,
    /// Last seen in this.
    pub(super) observed: Option<Asked>,
    /// With this policy.
    pub(super) policy: Option<String>,
    /// Called so.
    pub(super) called: Option<Called>,
}

/// How a name or a UUID begins.
#[derive(Debug, Clone)]
pub(super) struct Called {
    name: String,
    /// The same in lower case, if a UUID can begin so.
    uuid: Option<String>,
}

impl From<String> for Called {
    fn from(text: String) -> Self {
        let is_uuid = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        Self { uuid: is_uuid.then(|| text.to_ascii_lowercase()), name: text }
    }
}

impl Called {
    fn is(&self, view: &InstanceView) -> bool {
        view.name.starts_with(&self.name)
            || self.uuid.as_ref().is_some_and(|uuid| {
                let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
                view.id.0.hyphenated().encode_lower(&mut text).starts_with(uuid)
            })
    }
}

impl Filter {
    fn passes(&self, view: &InstanceView) -> bool {
        self.host.as_ref().is_none_or(|host| *host == view.host)
            && self.status.as_ref().is_none_or(|status| status.contains(&view.status))
            && self.desired.is_none_or(|desired| desired == view.desired.state)
            && self.policy.as_ref().is_none_or(|policy| *policy == view.policy)
            && self.called.as_ref().is_none_or(|called| called.is(view))
            && self.observed.is_none_or(|seen| match (seen, view.observed) {
                (Asked::State(state), Some(observed)) => observed.state() == state,
                (Asked::Exactly(condition), Some(observed)) => observed == condition,
                (Asked::State(_) | Asked::Exactly(_), None) => false,
            })
    }
}

/// In which order. Instances that are equal in it are in the order of their names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Sort {
    /// By name.
    #[default]
    Name,
    /// By name, the last first.
    NameDown,
    /// The lowest priority first.
    Priority,
    /// The highest priority first.
    PriorityDown,
    /// By status, those in sync first.
    Status,
    /// By status, those in sync last.
    StatusDown,
}

const SORTS: &[(&str, Sort)] = &[
    ("name", Sort::Name),
    ("-name", Sort::NameDown),
    ("priority", Sort::Priority),
    ("-priority", Sort::PriorityDown),
    ("status", Sort::Status),
    ("-status", Sort::StatusDown),
];

impl FromStr for Sort {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = SORTS.iter().find(|(word, _)| *word == text).map(|(_, sort)| *sort);
        found.ok_or_else(|| UnknownWord {
            kind: "order",
            word: text.to_owned(),
            known: SORTS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "),
        })
    }
}

impl Sort {
    /// Where an instance stands; those with the same rank are in the order of their names.
    fn rank(self, view: &InstanceView) -> i64 {
        match self {
            Self::Name | Self::NameDown => 0,
            Self::Priority => i64::from(view.priority),
            Self::PriorityDown => -i64::from(view.priority),
            Self::Status => view.status as i64,
            Self::StatusDown => -(view.status as i64),
        }
    }
}

/// The last key of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    /// The order that it is a key of.
    pub(super) sort: Sort,
    rank: i64,
    name: String,
    id: InstanceId,
}

impl Key {
    fn of(sort: Sort, view: &InstanceView) -> Self {
        Self { sort, rank: sort.rank(view), name: view.name.clone(), id: view.id }
    }
}

/// In which order a page is, and after which key it begins; at the beginning if none.
pub(super) type Begin = (Sort, Option<Key>);

/// A page of the list: at most `limit` instances after `after`, and the key of the last if more
/// follow.
pub(super) fn page<'a>(
    fleet: &'a Fleet,
    filter: &Filter,
    (sort, after): Begin,
    limit: usize,
) -> (Vec<&'a InstanceView>, Option<Key>) {
    let after = after.map(|key| (key.rank, (key.name, key.id)));
    let mut found: Vec<&InstanceView> = match sort {
        Sort::Name => {
            let from = match after {
                Some((_, key)) => Bound::Excluded(key),
                None => Bound::Unbounded,
            };
            let range = fleet.by_name.range((from, Bound::Unbounded));
            take(range.map(|(_, view)| view), filter, limit)
        }
        Sort::NameDown => {
            let to = match after {
                Some((_, key)) => Bound::Excluded(key),
                None => Bound::Unbounded,
            };
            let range = fleet.by_name.range((Bound::Unbounded, to)).rev();
            take(range.map(|(_, view)| view), filter, limit)
        }
        Sort::Priority | Sort::PriorityDown | Sort::Status | Sort::StatusDown => {
            let after = after.as_ref().map(|(rank, (name, id))| (*rank, name.as_str(), *id));
            let mut first = BinaryHeap::with_capacity(limit + 2);
            for view in fleet.instances.values().filter(|view| filter.passes(view)) {
                let key = (sort.rank(view), view.name.as_str(), view.id);
                if after.is_none_or(|after| key > after) {
                    first.push(key);
                    if first.len() > limit + 1 {
                        first.pop();
                    }
                }
            }
            let ids = first.into_sorted_vec().into_iter();
            ids.filter_map(|(_, _, id)| fleet.instances.get(&id).map(|view| &**view)).collect()
        }
    };
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| Key::of(sort, last));
    (found, next)
}

/// The first of these that pass, and one more than the page has, to know whether more follow.
fn take<'a>(
    views: impl Iterator<Item = &'a Arc<InstanceView>>,
    filter: &Filter,
    limit: usize,
) -> Vec<&'a InstanceView> {
    views.map(|view| &**view).filter(|view| filter.passes(view)).take(limit + 1).collect()
}
