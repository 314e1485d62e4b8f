//! What the outside asks: changes of the record, and of what is desired.

use jiff::Timestamp;

use super::book::{Book, Entry};
use super::turn::{Effect, Line};
use crate::actors::messages::{
    AddInstance, ChangeInstance, ForgetInstance, Refusal, Reply, Retry, SetDesired, Which,
};
use crate::actors::traffic::{Aim, Assignment};
use crate::config;
use crate::hypervisor::Listed;
use crate::model::{
    Budget, By, Configured, Desired, DesiredState, EventKind, Generation, HostId, Instance,
    InstanceId, Resolution,
};

impl Book {
    /// Sets what an instance is supposed to be. The state that it is already: nothing changes.
    pub(super) fn order(&mut self, order: &SetDesired, now: Timestamp) -> Reply<InstanceId> {
        let entry = self.instances.get(&order.id).ok_or(Refusal::NoSuchInstance(order.id))?;
        let current = &entry.record.desired;
        if let Some(asked) = order.if_match
            && asked != current.generation
        {
            return Err(Refusal::Generation { asked, current: current.generation });
        }
        if current.state != order.state {
            self.close(order.id, Resolution::Superseded, now);
            self.set_desired(order.id, order.state, order.by.clone(), now);
            self.judge(order.id, now);
        }
        Ok(order.id)
    }

    /// Puts a domain under the service's care; its host was listed just now.
    pub(super) fn add(&mut self, add: &AddInstance, now: Timestamp) -> Reply<InstanceId> {
        let policy = add.policy.clone().unwrap_or_else(|| "default".to_owned());
        self.check_policy(&policy)?;
        if let Some(id) = self.find(&add.host, &add.which) {
            let (which, host) = (add.which.clone(), add.host.clone());
            return Err(Refusal::AlreadyThere { which, host, id });
        }
        let domain = self.listed(&add.host, &add.which)?;
        let new = New {
            desired: add.desired,
            policy,
            priority: add.priority.unwrap_or(0),
            by: add.by.clone(),
            configured: None,
        };
        Ok(self.found(&add.host, &domain, new, now))
    }

    /// Takes over what the configuration says of a domain that was found.
    pub(super) fn configure(&mut self, plan: &config::Instance, domain: &Listed, now: Timestamp) {
        let word = Configured {
            desired: plan.desired,
            policy: plan.policy.clone(),
            priority: plan.priority,
        };
        let known = self.instances.get_mut(&domain.id);
        let Some(entry) = known else {
            let new = New {
                desired: word.desired,
                policy: word.policy.clone(),
                priority: word.priority,
                by: By::Config,
                configured: Some(word.clone()),
            };
            self.found(&plan.host, domain, new, now);
            return;
        };
        if entry.record.configured.as_ref() == Some(&word) {
            return;
        }
        entry.record.configured = Some(word.clone());
        let said = set_terms(&mut entry.record, Some(&word.policy), Some(word.priority));
        self.turn.write(domain.id);
        self.note_change(domain.id, &said, &By::Config, now);
        if self.instances[&domain.id].record.desired.state != word.desired {
            self.close(domain.id, Resolution::Superseded, now);
            self.set_desired(domain.id, word.desired, By::Config, now);
            self.judge(domain.id, now);
        }
    }

    /// Changes policy, priority or host.
    pub(super) fn change(&mut self, change: &ChangeInstance, now: Timestamp) -> Reply<InstanceId> {
        let id = change.id;
        let entry = self.instances.get(&id).ok_or(Refusal::NoSuchInstance(id))?;
        let old_host = entry.record.host.clone();
        if let Some(policy) = &change.policy {
            self.check_policy(policy)?;
        }
        let moved = change.host.clone().filter(|host| *host != old_host);
        if let Some(host) = &moved {
            self.listed(host, &Which::Id(id))?;
        }
        let Some(entry) = self.instances.get_mut(&id) else { return Ok(id) };
        let mut said = set_terms(&mut entry.record, change.policy.as_deref(), change.priority);
        if let Some(host) = moved {
            said.push(format!("host {host} (before: {old_host})"));
            self.reassign(id, &old_host, &host, now);
        }
        self.turn.write(id);
        self.note_change(id, &said, &change.by, now);
        self.judge(id, now);
        Ok(id)
    }

    fn note_change(&mut self, id: InstanceId, said: &[String], by: &By, now: Timestamp) {
        if let Some(entry) = self.instances.get(&id).filter(|_| !said.is_empty()) {
            let line = Line::new(EventKind::Instance, format!("changed: {}", said.join(", ")))
                .instance(id, &entry.record.host.clone())
                .by(by);
            self.note(now, line);
        }
    }

    /// Forgets an instance. Its domain is left as it is.
    pub(super) fn forget(&mut self, forget: &ForgetInstance, now: Timestamp) -> Reply<()> {
        let id = forget.id;
        if !self.instances.contains_key(&id) {
            return Err(Refusal::NoSuchInstance(id));
        }
        self.abandon(id, now);
        self.close(id, Resolution::Vanished, now);
        self.admission.leave(id);
        let Some(entry) = self.instances.remove(&id) else { return Ok(()) };
        let host = entry.record.host.clone();
        self.leave_behind(&entry);
        let line = Line::new(EventKind::Instance, format!("{} forgotten", entry.record.name))
            .instance(id, &host)
            .by(&forget.by);
        self.turn.remove(id);
        self.turn.touch_host(&host);
        self.host_trouble_less(&host, id, now);
        self.note(now, line);
        self.turn.then(Effect::Unassign(host, id));
        Ok(())
    }

    /// Gives an instance a fresh budget.
    pub(super) fn retry(&mut self, retry: &Retry, now: Timestamp) -> Reply<InstanceId> {
        let entry = self.instances.get_mut(&retry.id).ok_or(Refusal::NoSuchInstance(retry.id))?;
        super::seen::fresh_budget(entry, now);
        let line = Line::new(EventKind::Instance, "a fresh budget of attempts")
            .instance(retry.id, &entry.record.host.clone())
            .incident(entry.incident.as_ref().map(|i| i.id))
            .by(&retry.by);
        self.turn.write(retry.id);
        self.note(now, line);
        self.judge(retry.id, now);
        Ok(retry.id)
    }

    /// The record of a new instance, and an actor for it.
    pub(super) fn found(
        &mut self,
        host: &HostId,
        domain: &Listed,
        new: New,
        now: Timestamp,
    ) -> InstanceId {
        let record = Instance {
            id: domain.id,
            name: domain.name.clone(),
            host: host.clone(),
            policy: new.policy,
            priority: new.priority,
            added_at: now,
            desired: Desired {
                state: new.desired,
                generation: Generation(1),
                since: now,
                by: new.by.clone(),
            },
            settled: false,
            in_sync_since: None,
            observed: None,
            down_with: None,
            last_active: None,
            budget: Budget { since: now },
            holds: Vec::new(),
            configured: new.configured,
        };
        let entry = Entry::new(record);
        let assignment = assignment_of(&entry);
        let text = format!("{} added, {} is desired", domain.name, new.desired);
        self.put(entry);
        self.sight_newcomer(domain.id);
        self.turn.write(domain.id);
        self.turn.touch_host(host);
        let line = Line::new(EventKind::Instance, text).instance(domain.id, host).by(new.by);
        self.note(now, line);
        self.turn.then(Effect::Assign(host.clone(), assignment));
        domain.id
    }

    pub(super) fn reassign(&mut self, id: InstanceId, from: &HostId, to: &HostId, now: Timestamp) {
        if let Some(host) = self.hosts.get_mut(from) {
            host.instances.remove(&id);
        }
        if let Some(host) = self.hosts.get_mut(to) {
            host.instances.insert(id);
            host.others.remove(&id);
        }
        if let Some(sightings) = self.foreign.get_mut(&id) {
            sightings.remove(to);
        }
        self.stays_where_it_was(id, from, now);
        let Some(entry) = self.instances.get_mut(&id) else { return };
        entry.record.host = to.clone();
        (entry.seen_at, entry.attended) = (None, false);
        entry.decision = None;
        let assignment = assignment_of(entry);
        self.admission.leave(id);
        self.turn.touch_host(from);
        self.turn.touch_host(to);
        self.turn.then(Effect::Unassign(from.clone(), id));
        self.turn.then(Effect::Assign(to.clone(), assignment));
        self.host_trouble_less(from, id, now);
    }

    /// What a host's actor is told of its instances.
    pub(super) fn assigned(&self, host: &HostId) -> Vec<Assignment> {
        let own = self.hosts.get(host).into_iter().flat_map(|host| &host.instances);
        own.filter_map(|id| Some(assignment_of(self.instances.get(id)?))).collect()
    }

    fn check_policy(&self, name: &str) -> Reply<()> {
        match self.policies.get(name) {
            Some(_) => Ok(()),
            None => {
                Err(Refusal::NoSuchPolicy { name: name.to_owned(), known: self.policy_names() })
            }
        }
    }

    /// The instance that stands for a domain already, wherever it is assigned.
    fn find(&self, host: &HostId, which: &Which) -> Option<InstanceId> {
        match which {
            Which::Id(id) => self.instances.contains_key(id).then_some(*id),
            Which::Name(name) => self
                .hosts
                .get(host)?
                .instances
                .iter()
                .copied()
                .find(|id| self.instances.get(id).is_some_and(|e| e.record.name == *name)),
        }
    }

    /// The domain, as its host was listed last.
    pub(super) fn listed(&self, host: &HostId, which: &Which) -> Reply<Listed> {
        let entry = self.hosts.get(host).ok_or(Refusal::NoSuchHost(host.clone()))?;
        let found = match which {
            Which::Id(id) => entry.others.get(id),
            Which::Name(name) => entry.others.values().find(|d| d.name == *name),
        };
        found
            .cloned()
            .ok_or_else(|| Refusal::UnknownDomain { host: host.clone(), which: which.clone() })
    }
}

/// Sets by which policy and with which priority an instance is met. Answers what is another by that.
fn set_terms(record: &mut Instance, policy: Option<&str>, priority: Option<i32>) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(policy) = policy.filter(|policy| record.policy != **policy) {
        said.push(format!("policy {policy}"));
        policy.clone_into(&mut record.policy);
    }
    if let Some(priority) = priority.filter(|priority| record.priority != *priority) {
        said.push(format!("priority {priority}"));
        record.priority = priority;
    }
    said
}

/// What a new instance's record is made of, besides its domain.
pub(super) struct New {
    pub(super) desired: DesiredState,
    pub(super) policy: String,
    pub(super) priority: i32,
    pub(super) by: By,
    pub(super) configured: Option<Configured>,
}

/// What an instance's actor needs to know of what is desired.
pub(super) fn aim_of(record: &Instance) -> Aim {
    let desired = &record.desired;
    Aim { state: desired.state, generation: desired.generation, since: desired.since }
}

/// What an instance's actor is started with.
pub(super) fn assignment_of(entry: &Entry) -> Assignment {
    Assignment {
        instance: entry.record.id,
        name: entry.record.name.clone(),
        aim: aim_of(&entry.record),
        freshness: entry.freshness.clone(),
    }
}
