//! Another configuration: hosts that are new or gone, other policies and limits.

use std::collections::{BTreeSet, HashMap};

use actix::{Context, Handler};
use jiff::Timestamp;

use super::book::{Book, HostPlan};
use super::turn::{Effect, Line};
use super::{Arbiter, ArbiterSettings};
use crate::actors::traffic::{Reconfigure, ReloadRefused};
use crate::config;
use crate::model::{EventKind, HostId, HostState, InstanceId};

impl Handler<Reconfigure> for Arbiter {
    type Result = ();

    /// Taken over whether there is a book or not: the next one is made from these settings too.
    fn handle(&mut self, m: Reconfigure, ctx: &mut Context<Self>) {
        let Reconfigure { settings, relinked, by, text } = m;
        let kept: BTreeSet<_> = settings.hosts.iter().map(|plan| &plan.config.id).collect();
        let gone = self.hosts.keys().filter(|id| !kept.contains(id)).chain(&relinked);
        let gone: Vec<HostId> = gone.cloned().collect();
        if let Some(book) = &self.book {
            // Their actors end with their host's.
            for id in gone.iter().filter_map(|id| book.hosts.get(id)).flat_map(|h| &h.instances) {
                self.instances.remove(id);
                self.carried.remove(id);
            }
        }
        for id in &gone {
            self.hosts.remove(id);
        }
        self.settings = settings.clone();
        self.told(ctx, |book, now| {
            book.note(now, Line::new(EventKind::Service, text).by(by));
            book.reconfigure(&settings, &relinked, now);
        });
    }
}

impl Handler<ReloadRefused> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: ReloadRefused, ctx: &mut Context<Self>) {
        self.told(ctx, |book, now| {
            book.note(now, Line::new(EventKind::Service, m.text).by(m.by));
        });
    }
}

impl Book {
    fn reconfigure(&mut self, new: &ArbiterSettings, relinked: &[HostId], now: Timestamp) {
        self.policies = new.policies.clone();
        self.passive_hypervisor = new.passive_hypervisor;
        self.retain_for(new.retain_events, now);
        self.admission.limit_total(new.limits);
        self.outbox.configure(&new.notify);
        let configured: HashMap<&HostId, &HostPlan> =
            new.hosts.iter().map(|plan| (&plan.config.id, plan)).collect();
        let gone: Vec<_> =
            self.hosts.keys().filter(|id| !configured.contains_key(id)).cloned().collect();
        for id in &gone {
            self.remove_host(id, now);
        }
        for id in relinked {
            self.leave_host(id, "its host is connected anew", now);
        }
        for plan in &new.hosts {
            let id = &plan.config.id;
            let pending = new.instances.iter().filter(|i| i.host == *id).cloned().collect();
            if self.hosts.contains_key(id) {
                self.replan_host(plan, pending, now);
            } else {
                let kept = self.absent.remove(id);
                self.put_host(plan.clone(), pending, kept, now);
                self.note(now, Line::new(EventKind::Host, "added").host(id));
            }
        }
        self.keep_seen_again(now);
        // Another policy may say another thing of the same mismatch.
        let all: BTreeSet<InstanceId> = self.instances.keys().copied().collect();
        let all: Vec<_> = all.into_iter().collect();
        self.judge_mismatches(&all, now);
        self.make_all_passive(now);
        self.tell_of_open_incidents();
    }

    /// A host is no longer configured. Its instances stay, unknown, and nothing is done with them;
    /// its record stays as well, for the day it comes back.
    fn remove_host(&mut self, id: &HostId, now: Timestamp) {
        self.leave_host(id, "its host is no longer configured", now);
        self.vanish_host_incident(id, now);
        self.touch_all(id);
        if let Some(host) = self.hosts.remove(id) {
            self.absent.insert(id.clone(), host.record);
        }
        self.note(now, Line::new(EventKind::Host, "removed from the configuration").host(id));
    }

    /// The actors of a host and of its instances have ended: what they had in hand is in nobody's
    /// hands, and nothing is known of it before it is listed again.
    fn leave_host(&mut self, id: &HostId, why: &str, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        (host.state, host.since) = (HostState::Connecting, now);
        let instances: Vec<_> = host.instances.iter().copied().collect();
        for instance in instances {
            self.admission.leave(instance);
            if let Some(entry) = self.instances.get_mut(&instance) {
                entry.attended = false;
            }
            self.interrupted(instance, why, now);
            self.turn.touch(instance);
        }
    }

    fn replan_host(&mut self, plan: &HostPlan, pending: Vec<config::Instance>, now: Timestamp) {
        let id = &plan.config.id;
        self.admission.limit_host(id, plan.config.max_concurrent_actions);
        let Some(host) = self.hosts.get_mut(id) else { return };
        (host.plan, host.pending) = (plan.clone(), pending);
        let uri = plan.config.shown_uri();
        if host.record.uri != uri {
            host.record.uri = uri;
            self.turn.write_host(id);
        }
        self.take_pending(id, now);
        // What is to become of its other domains goes by how they are now.
        self.turn.then(Effect::Relist(id.clone()));
        self.turn.touch_host(id);
    }
}
