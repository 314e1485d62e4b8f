//! Domains that no instance stands for: shown with their host, and left alone, told of or adopted,
//! as its configuration says.
//!
//! A domain that is off here and active on another host is adopted there, not here: what is off here is
//! what was left behind, and would be what is desired of the one that runs.
//!
//! A domain is told of once, and again when it has gone and come back. What an operator has had the
//! service forget is not taken up again by itself while it stays where it is. On a host in maintenance
//! nothing is told or adopted by itself: what its domains are meanwhile is not what they are to be.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::book::{Book, Entry, Gate, HostEntry};
use super::orders::New;
use super::turn::Line;
use crate::actors::messages::{Adopt, Refusal, Reply, Which};
use crate::config::Unmanaged;
use crate::hypervisor::Listed;
use crate::model::{By, Condition, DesiredState, EventKind, HostId, InstanceId};

/// How many names a line has at most.
const NAMED: usize = 5;

impl Book {
    /// A host's domains that no instance stands for, here or elsewhere.
    pub(super) fn unmanaged_of<'a>(
        &'a self,
        host: &'a HostEntry,
    ) -> impl Iterator<Item = &'a Listed> {
        host.others.values().filter(|domain| !self.instances.contains_key(&domain.id))
    }

    /// Does what the host's configuration says about them. It was listed just now.
    pub(super) fn take_unmanaged(&mut self, id: &HostId, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        let others = &host.others;
        host.told_unmanaged.retain(|domain| others.contains_key(domain));
        host.forgotten.retain(|domain| others.contains_key(domain));
        if host.record.maintenance.is_some() {
            return;
        }
        let policy = host.plan.config.unmanaged;
        let Some(host) = self.hosts.get(id) else { return };
        let left = self.unmanaged_of(host).filter(|d| !host.forgotten.contains(&d.id));
        match policy {
            Unmanaged::Ignore => {}
            // Not before every host was tried: another may have the same domain active.
            Unmanaged::Adopt if self.gate == Gate::Starting => {}
            Unmanaged::Adopt => {
                let mut domains: Vec<Listed> = left.cloned().collect();
                domains.sort_by(|a, b| a.name.cmp(&b.name));
                // One that is on its way somewhere is taken when it has come to rest.
                for domain in &domains {
                    if let Some(desired) = DesiredState::met_in(domain.condition)
                        && self.active_on_another(id, domain).is_none()
                    {
                        self.adopt_as(id, domain, desired, &By::Adopt, now);
                    }
                }
            }
            Unmanaged::Alert => {
                let new = left.filter(|d| !host.told_unmanaged.contains(&d.id));
                let new: Vec<Listed> = new.cloned().collect();
                self.tell_of(id, &new, now);
            }
        }
    }

    fn tell_of(&mut self, id: &HostId, domains: &[Listed], now: Timestamp) {
        let mut names: Vec<_> = domains.iter().map(|d| d.name.as_str()).collect();
        names.sort_unstable();
        let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let text = match names.len() {
            0 => return,
            1 => format!("1 domain is no instance: {shown}"),
            many if many <= NAMED => format!("{many} domains are no instances: {shown}"),
            many => format!("{many} domains are no instances: {shown}, …"),
        };
        let line = Line::new(EventKind::Note, text)
            .host(id)
            .detail(serde_json::json!({ "domains": names }));
        self.note(now, line);
        if let Some(host) = self.hosts.get_mut(id) {
            host.told_unmanaged.extend(domains.iter().map(|d| d.id));
        }
    }

    /// Makes instances of domains, desired as they were listed just now. Those that are named have to
    /// be there, and in a state that can be desired; what is an instance of this host already is one.
    pub(super) fn adopt(&mut self, adopt: &Adopt, now: Timestamp) -> Reply<Vec<InstanceId>> {
        let id = &adopt.host;
        let host = self.hosts.get(id).ok_or_else(|| Refusal::NoSuchHost(id.clone()))?;
        let mut adoptable = Vec::new();
        let mut already = Vec::new();
        match &adopt.domains {
            None => {
                let here =
                    self.unmanaged_of(host).filter(|d| self.active_on_another(id, d).is_none());
                let met = |d: &Listed| Some((d.clone(), DesiredState::met_in(d.condition)?));
                adoptable.extend(here.filter_map(met));
            }
            Some(named) => {
                for &domain in &named.iter().copied().collect::<BTreeSet<_>>() {
                    match self.instances.get(&domain).map(|entry| &entry.record.host) {
                        Some(host) if host == id => already.push(domain),
                        Some(host) => {
                            let (which, host) = (Which::Id(domain), host.clone());
                            return Err(Refusal::AlreadyThere { which, host, id: domain });
                        }
                        None => adoptable.push(self.adoptable(id, domain)?),
                    }
                }
            }
        }
        adoptable.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        for (domain, desired) in &adoptable {
            self.adopt_as(id, domain, *desired, &adopt.by, now);
        }
        Ok(adoptable.iter().map(|(domain, _)| domain.id).chain(already).collect())
    }

    /// A domain that is no instance, and what it would be desired as.
    fn adoptable(&self, host: &HostId, id: InstanceId) -> Reply<(Listed, DesiredState)> {
        let domain = self.listed(host, &Which::Id(id))?;
        if let Some(active_on) = self.active_on_another(host, &domain).cloned() {
            let (host, name) = (host.clone(), domain.name);
            return Err(Refusal::ActiveElsewhere { host, name, active_on });
        }
        match DesiredState::met_in(domain.condition) {
            Some(desired) => Ok((domain, desired)),
            None => Err(Refusal::NotAdoptable {
                host: host.clone(),
                name: domain.name,
                condition: domain.condition,
            }),
        }
    }

    /// The host that has a domain active which is not active on this one.
    fn active_on_another(&self, here: &HostId, domain: &Listed) -> Option<&HostId> {
        if domain.condition.is_active() {
            return None;
        }
        let mut others = self.hosts.iter().filter(|(id, _)| *id != here);
        let active = |host: &HostEntry| {
            host.others.get(&domain.id).is_some_and(|there| there.condition.is_active())
        };
        others.find(|(_, host)| active(host)).map(|(id, _)| id)
    }

    fn adopt_as(
        &mut self,
        host: &HostId,
        domain: &Listed,
        desired: DesiredState,
        by: &By,
        now: Timestamp,
    ) {
        let new = New {
            desired,
            policy: "default".to_owned(),
            priority: 0,
            by: By::Adopt,
            configured: None,
        };
        let id = self.found(host, domain, new, now);
        if let Some(entry) = self.instances.get_mut(&id) {
            entry.record.settled = true;
            entry.record.in_sync_since = Some(now);
        }
        let line = Line::new(EventKind::Instance, format!("{} adopted", domain.name))
            .instance(id, host)
            .by(by);
        self.note(now, line);
    }

    /// An instance is one no more; its domain is left where it is, and shown so.
    pub(super) fn leave_behind(&mut self, entry: &Entry) {
        let record = &entry.record;
        let Some(host) = self.hosts.get_mut(&record.host) else { return };
        host.instances.remove(&record.id);
        if let Some(condition) = entry.condition().filter(|c| *c != Condition::Missing) {
            let (id, name) = (record.id, record.name.clone());
            host.others.insert(id, Listed { id, name, condition });
            host.forgotten.insert(id);
        }
    }
}
