//! The simulated world as a stage, on virtual time.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::audit::Audit;
use super::deed::{OnCrash, PlannedReboot, WorldDeed};
use super::file::Scenario;
use super::names::Names;
use super::sim_agrees::{self, Asked};
use super::stage::{Action, Run, Stage};
use super::validate;
use crate::actors::root::Reach;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::hypervisor::sim::{self, SimHost, World};
use crate::hypervisor::{Acted, Hypervisor};
use crate::model::{Condition, HostId, InstanceId};
use crate::store::{Store, StoreError};

/// When every simulation begins: 2026-01-01, midnight UTC.
const BEGIN: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// The simulated world, with an in-memory database beside it.
pub struct SimStage {
    world: World,
    store: Store,
    /// Domains that the scenario itself made active on two hosts.
    doubled: BTreeSet<InstanceId>,
}

impl SimStage {
    /// The world as the scenario has it at its beginning. Inside a runtime.
    ///
    /// # Errors
    /// When there is no database to be had.
    pub fn new(scenario: &Scenario, settings: &Settings) -> Result<Self, StoreError> {
        let world = World::new();
        world.set_deadlines(settings.poll.deadline, settings.service.action_deadline);
        for line in &scenario.hosts {
            let host = world.host(&line.id);
            host.set_latency(line.calls_take.0);
            host.set_start_delay(line.starts_take.0);
            host.set_shutdown_delay(line.shutdowns_take.0);
        }
        for domain in scenario.domains.iter().filter(|domain| domain.seen != Condition::Missing) {
            world.host(&domain.host).put(domain.id, &domain.name, domain.seen);
        }
        Ok(Self { world, store: Store::in_memory()?, doubled: BTreeSet::new() })
    }

    /// The world.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    fn at(&self, since_begin: Duration) -> Timestamp {
        BEGIN.saturating_add(since_begin).unwrap_or(Timestamp::MAX)
    }

    /// The host that a domain is on: where it is active, or else where it is defined.
    fn home(&self, names: &Names, id: InstanceId) -> Result<SimHost, String> {
        let hosts: Vec<SimHost> = names.hosts.iter().map(|name| self.world.host(name)).collect();
        let active = hosts.iter().find(|host| host.condition(id).is_active());
        let found = active.or_else(|| {
            let is_left = |host: &&SimHost| {
                !matches!(host.condition(id), Condition::Missing | Condition::ShutoffMigrated)
            };
            hosts.iter().find(is_left)
        });
        found.cloned().ok_or_else(|| format!("{} is on no host", names.of(id)))
    }

    fn guests(
        &self,
        names: &Names,
        which: &str,
        deed: impl Fn(&SimHost, InstanceId),
    ) -> Result<(), String> {
        for (_, id) in names.instances(which)? {
            deed(&self.home(names, *id)?, *id);
        }
        Ok(())
    }

    fn hosts(&self, names: &Names, which: &str, deed: impl Fn(&SimHost)) -> Result<(), String> {
        for name in names.hosts(which)? {
            deed(&self.world.host(name));
        }
        Ok(())
    }

    fn act(&self, deed: &WorldDeed, names: &Names) -> Result<(), String> {
        match deed {
            WorldDeed::Destroy(which) => self.guests(names, which, SimHost::destroy),
            WorldDeed::PowerOff(which) => self.guests(names, which, SimHost::power_off),
            WorldDeed::Terminate(which) => self.guests(names, which, SimHost::terminate),
            WorldDeed::Kill(which) => self.guests(names, which, SimHost::kill),
            WorldDeed::Suspend(which) => self.guests(names, which, SimHost::suspend),
            WorldDeed::ResumeBehind(which) => self.guests(names, which, SimHost::resume),
            WorldDeed::PmSuspend(which) => self.guests(names, which, SimHost::pm_suspend),
            WorldDeed::Save(which) => self.guests(names, which, SimHost::save),
            WorldDeed::Undefine(which) => self.guests(names, which, SimHost::undefine),
            WorldDeed::SetAutostart(which) => self.guests(names, which, SimHost::set_autostart),
            WorldDeed::SetOnCrash(it) => self.guests(names, &it.instance, |host, id| {
                host.edit_on_crash(id, it.on_crash);
            }),
            WorldDeed::RebootGuest(which) => self.guests(names, which, SimHost::reboot_guest),
            WorldDeed::StartBehind(which) => self.guests(names, which, SimHost::start),
            WorldDeed::BeginJob(which) => self.guests(names, which, SimHost::begin_job),
            WorldDeed::EndJob(which) => self.guests(names, which, SimHost::end_job),
            WorldDeed::IgnoreShutdown(which) => self.guests(names, which, SimHost::ignore_shutdown),
            WorldDeed::Panic(it) => {
                let then = match it.on_crash {
                    OnCrash::Destroy => sim::OnCrash::Destroy,
                    OnCrash::Preserve => sim::OnCrash::Preserve,
                    OnCrash::Restart => sim::OnCrash::Restart,
                };
                self.guests(names, &it.instance, |host, id| host.panic(id, then))
            }
            WorldDeed::PauseAs(it) => {
                let condition = validate::paused(&it.reason)?;
                self.guests(names, &it.instance, |host, id| host.pause_as(id, condition))
            }
            WorldDeed::Migrate(it) => {
                let to = self.world.host(&it.to);
                self.guests(names, &it.instance, |host, id| host.migrate(id, &to))
            }
            WorldDeed::Put(it) => {
                for (name, id) in names.instances(&it.instance)? {
                    let host = match &it.host {
                        Some(host) => self.world.host(host),
                        None => self.home(names, *id)?,
                    };
                    host.put(*id, name, it.condition.0);
                }
                Ok(())
            }
            WorldDeed::Hang(which) => self.hosts(names, which, SimHost::hang),
            WorldDeed::Answer(which) => self.hosts(names, which, SimHost::answer),
            WorldDeed::Refuse(which) => self.hosts(names, which, SimHost::refuse),
            WorldDeed::KillDaemon(which) => self.hosts(names, which, SimHost::kill_daemon),
            WorldDeed::StartDaemon(which) => self.hosts(names, which, SimHost::start_daemon),
            WorldDeed::RestartDaemon(which) => self.hosts(names, which, SimHost::restart_daemon),
            WorldDeed::LosePower(which) => self.hosts(names, which, SimHost::lose_power),
            WorldDeed::Boot(which) => self.hosts(names, which, SimHost::boot),
            WorldDeed::Reboot(which) => self.hosts(names, which, SimHost::reboot),
            WorldDeed::DropSessions(which) => self.hosts(names, which, SimHost::drop_sessions),
            WorldDeed::PlannedReboot(it) => self.planned_reboot(it, names),
            WorldDeed::AnswerEmpty(it) => {
                self.hosts(names, &it.host, |host| host.answer_empty(it.times))
            }
            WorldDeed::FailReads(it) => {
                self.hosts(names, &it.host, |host| host.fail_reads(it.times, &it.message))
            }
            WorldDeed::FailActions(it) => self.hosts(names, &it.host, |host| {
                host.fail_actions(it.action, it.times, &it.message);
            }),
            WorldDeed::Slow(it) => self.hosts(names, &it.host, |host| {
                it.calls_take.inspect(|span| host.set_latency(span.0));
                it.starts_take.inspect(|span| host.set_start_delay(span.0));
                it.shutdowns_take.inspect(|span| host.set_shutdown_delay(span.0));
            }),
        }
    }

    /// Its guests are powered off in the order of the file; then it goes, and comes back.
    fn planned_reboot(&self, it: &PlannedReboot, names: &Names) -> Result<(), String> {
        for name in names.hosts(&it.host)? {
            let host = self.world.host(name);
            let guests: Vec<_> = names.domains.iter().map(|(_, id)| *id).collect();
            let (each, away) = (it.each.0, it.away.0);
            tokio::spawn(async move {
                for id in guests.into_iter().filter(|&id| host.condition(id).is_active()) {
                    host.power_off(id);
                    sleep(each).await;
                }
                host.lose_power();
                sleep(away).await;
                host.boot();
            });
        }
        Ok(())
    }
}

impl Stage for SimStage {
    fn reach(&self) -> Reach {
        let world = self.world.clone();
        Rc::new(move |host: &config::Host| {
            Rc::new(world.host(host.id.as_str())) as Rc<dyn Hypervisor>
        })
    }

    fn store(&self) -> Store {
        self.store.clone()
    }

    fn clock(&self) -> Clock {
        Clock::starting_at(self.at(self.world.age()))
    }

    async fn carry_out(&mut self, deed: &WorldDeed, names: &Names) -> Result<(), String> {
        let before: BTreeSet<InstanceId> = self.world.doubly_active().into_iter().collect();
        self.act(deed, names)?;
        let after = self.world.doubly_active();
        self.doubled.extend(after.into_iter().filter(|id| !before.contains(id)));
        Ok(())
    }

    async fn condition(&self, host: &HostId, id: InstanceId) -> Option<Condition> {
        Some(self.world.host(host.as_str()).condition(id))
    }

    fn actions(&self, _: &Audit) -> Vec<Action> {
        let asked = self.world.journal().into_iter().filter(sim_agrees::was_heard);
        asked
            .map(|deed| Action {
                instance: deed.id,
                host: deed.host,
                command: deed.command,
                done: deed.result == Some(Ok(Acted::Done)),
            })
            .collect()
    }

    fn flaws(&self, run: &Run<'_>) -> Vec<String> {
        let doubled = self.world.doubly_active().into_iter();
        let doubled = doubled.filter(|id| !self.doubled.contains(id)).map(|id| {
            format!("{} was active on two hosts at once, by the service's doing", run.names.of(id))
        });
        let journal: Vec<_> = self
            .world
            .journal()
            .into_iter()
            .filter(sim_agrees::was_heard)
            .map(|deed| Asked {
                at: self.at(deed.asked),
                done: self.at(deed.done.unwrap_or_else(|| self.world.age())),
                deed,
            })
            .collect();
        let mut flaws: Vec<String> = doubled.collect();
        flaws.extend(sim_agrees::flaws(&journal, run));
        flaws
    }
}
