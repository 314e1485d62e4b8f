//! Doing to the world what a step says, where that is possible at all.

use std::time::Duration;

use assured::hypervisor::Signal;
use assured::model::{Condition, State};

use super::plan::host_name;
use super::stage::{Reach, Stage};
use super::steps::{Cause, HostAct};

impl Stage {
    pub fn cause(&mut self, seat: usize, cause: &Cause) {
        let (id, place) = (self.ids[seat], self.place(seat));
        let (host, reach, now) = (self.host(place), self.reach[place], self.now());
        let power = reach != Reach::NoPower;
        // Whoever uses virsh needs a daemon; the network need not be there.
        let daemon = matches!(reach, Reach::Up | Reach::Hung);
        self.log.borrow_mut().touched.push((now, id));
        self.calm.disturb_seat(seat, now);
        match cause {
            Cause::PowerOff if power => host.power_off(id),
            Cause::Terminate if power => host.terminate(id),
            Cause::Kill if power => host.kill(id),
            Cause::Panic(then) if power => host.panic(id, (*then).into()),
            Cause::PauseAs(condition) if power => host.pause_as(id, *condition),
            Cause::PmSuspend if power => host.pm_suspend(id),
            Cause::IgnoreShutdown if power => host.ignore_shutdown(id),
            Cause::Destroy if daemon => host.destroy(id),
            Cause::Suspend if daemon => host.suspend(id),
            Cause::Resume if daemon => host.resume(id),
            Cause::Save if daemon => host.save(id),
            Cause::Undefine if daemon => host.undefine(id),
            Cause::BeginJob if daemon => host.begin_job(id),
            Cause::EndJob if daemon => host.end_job(id),
            Cause::Start if daemon && self.may_be_started(seat, place) => host.start(id),
            Cause::Migrate(to) if self.may_migrate(seat, place, *to) => {
                self.log.borrow_mut().moved.push((now, id));
                host.migrate(id, &self.host(*to));
            }
            Cause::Copy(to, condition) if *to != place && self.reach[*to] == Reach::Up => {
                self.log.borrow_mut().moved.push((now, id));
                let (name, to) = (&self.plan.shape.seats[seat].name, self.host(*to));
                // As `virsh define` and `virsh start` do: with an event.
                to.define(id, name);
                to.put(id, name, *condition);
            }
            Cause::Untrue(event) if reach == Reach::Up => {
                host.signal(Signal::Lifecycle { id, event: (*event).into() });
            }
            _ => self.log.borrow_mut().told.push("          (impossible)".to_owned()),
        }
    }

    /// Somebody starts it where it belongs, and only one that is active nowhere and has not moved.
    fn may_be_started(&self, seat: usize, place: usize) -> bool {
        let id = self.ids[seat];
        let away = (0..self.plan.shape.hosts)
            .any(|h| h != place && self.host(h).condition(id) != Condition::Missing);
        self.plan.shape.copies || !away
    }

    /// Somebody migrates it: one that runs, and on which nothing is being done.
    fn may_migrate(&self, seat: usize, place: usize, to: usize) -> bool {
        let id = self.ids[seat];
        let busy = self.rig.world.journal().iter().any(|d| d.id == id && d.done.is_none());
        let runs = self.host(place).condition(id).state() == State::Running;
        let up = self.reach[place] == Reach::Up && self.reach[to] == Reach::Up;
        to != place && up && runs && !busy && !self.host(to).condition(id).is_active()
    }

    pub fn fault(&mut self, number: usize, act: &HostAct) {
        let host = self.host(number);
        let up = self.reach[number] == Reach::Up;
        let power = self.reach[number] != Reach::NoPower;
        self.touch_host(number);
        self.calm.disturb(number, self.now());
        self.slow[number] = match act {
            HostAct::Latency(ms) => *ms >= 700,
            _ => self.slow[number],
        };
        let millis = Duration::from_millis;
        match act {
            HostAct::Hang if up => {
                host.hang();
                self.reach[number] = Reach::Hung;
            }
            HostAct::Refuse if up => {
                host.refuse();
                self.reach[number] = Reach::Refusing;
            }
            HostAct::KillDaemon if up => {
                host.kill_daemon();
                self.reach[number] = Reach::NoDaemon;
            }
            HostAct::LosePower if power => {
                host.lose_power();
                self.reach[number] = Reach::NoPower;
            }
            HostAct::Mend => self.mend(number),
            HostAct::RestartDaemon if up => host.restart_daemon(),
            HostAct::Reboot if power => {
                host.reboot();
                self.reach[number] = Reach::Up;
            }
            HostAct::DropSessions => host.drop_sessions(),
            HostAct::Latency(ms) => host.set_latency(millis(*ms)),
            HostAct::StartDelay(ms) => host.set_start_delay(millis(*ms)),
            HostAct::ShutdownDelay(s) => host.set_shutdown_delay(Duration::from_secs(*s)),
            HostAct::FailActions(command, times) => host.fail_actions(*command, *times, "not now"),
            HostAct::FailReads(times) => host.fail_reads(*times, "internal error"),
            HostAct::AnswerEmpty(times) => host.answer_empty(*times),
            _ => self.log.borrow_mut().told.push("          (impossible)".to_owned()),
        }
    }

    /// Ends what makes a host unreachable.
    pub fn mend(&mut self, number: usize) {
        let host = self.host(number);
        match self.reach[number] {
            Reach::Up => {}
            Reach::Hung | Reach::Refusing => host.answer(),
            Reach::NoDaemon => host.start_daemon(),
            Reach::NoPower => host.boot(),
        }
        self.reach[number] = Reach::Up;
        self.calm.disturb(number, self.now());
        self.touch_host(number);
        debug_assert_eq!(host.id().as_str(), host_name(number));
    }
}
