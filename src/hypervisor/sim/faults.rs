//! What can be wrong with a host.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::SimHost;
use super::state::Reach;
use crate::hypervisor::Signal;
use crate::model::{Command, Condition};

/// How long it takes keepalive to close a silent connection: 5 s × (3 + 1).
const KEEPALIVE: Duration = Duration::from_secs(20);

impl SimHost {
    /// The host says nothing any more: its daemon hangs, or the network is cut. Calls hang until
    /// their deadline; after 20 s keepalive closes the sessions. Guests go on. What was asked for
    /// meanwhile on a session that is still open is done when the host answers again.
    pub fn hang(&self) {
        let since = Instant::now();
        self.change(|host| host.reach = Reach::Hung(since));
        let host = self.clone();
        tokio::spawn(async move {
            sleep_until(since + KEEPALIVE).await;
            if host.look(|h| h.reach == Reach::Hung(since)) {
                host.change(super::HostState::close_all);
                host.world.shared.moved.notify_waiters();
            }
        });
    }

    /// The host answers again, after [`hang`](Self::hang) or [`refuse`](Self::refuse): delayed
    /// signals come now.
    pub fn answer(&self) {
        self.change(|host| {
            host.reach = Reach::Up;
            for signal in std::mem::take(&mut host.delayed) {
                host.send(&signal);
            }
        });
        self.world.shared.moved.notify_waiters();
    }

    /// New connections are refused; open sessions are not touched.
    pub fn refuse(&self) {
        self.change(|host| host.reach = Reach::Refusing);
        self.world.shared.moved.notify_waiters();
    }

    /// The daemon dies: sessions close, connections are refused, events are lost, guests go on,
    /// and why those that are off are off is forgotten.
    pub fn kill_daemon(&self) {
        self.change(|host| {
            host.close_all();
            host.reach = Reach::Refusing;
            host.life += 1;
            host.forget_reasons();
        });
        self.world.shared.moved.notify_waiters();
    }

    /// The daemon runs again.
    pub fn start_daemon(&self) {
        self.answer();
    }

    /// The daemon restarts in no time.
    pub fn restart_daemon(&self) {
        self.kill_daemon();
        self.start_daemon();
    }

    /// The host loses power: it is silent, and its guests are gone.
    pub fn lose_power(&self) {
        self.hang();
        self.change(|host| {
            host.life += 1;
            host.domains.retain(|_, domain| domain.persistent);
            for domain in host.domains.values_mut() {
                domain.condition = Condition::ShutoffUnknown;
                domain.run += 1;
            }
        });
    }

    /// The host is back after it lost power: old sessions are closed.
    pub fn boot(&self) {
        self.change(|host| {
            host.close_all();
            host.reach = Reach::Up;
        });
        self.world.shared.moved.notify_waiters();
    }

    /// Lost power, and is back, in no time.
    pub fn reboot(&self) {
        self.lose_power();
        self.boot();
    }

    /// Closes all sessions from the host's side, for no reason.
    pub fn drop_sessions(&self) {
        self.change(super::HostState::close_all);
        self.world.shared.moved.notify_waiters();
    }

    /// Every call takes this long from now on. A read tells what was true when it was asked.
    pub fn set_latency(&self, latency: Duration) {
        self.change(|host| host.latency = latency);
    }

    /// Starts take this long besides.
    pub fn set_start_delay(&self, delay: Duration) {
        self.change(|host| host.start_delay = delay);
    }

    /// Guests that hear the power button take this long to go down.
    pub fn set_shutdown_delay(&self, delay: Duration) {
        self.change(|host| host.shutdown_delay = delay);
    }

    /// The next actions of this kind fail, with these words. A start that fails leaves
    /// `shutoff/failed`, and no event.
    pub fn fail_actions(&self, command: Command, times: u32, message: &str) {
        self.change(|host| host.failing_actions.insert(command, (times, message.to_owned())));
    }

    /// The next reads and listings fail, with these words.
    pub fn fail_reads(&self, times: u32, message: &str) {
        self.change(|host| host.failing_reads = Some((times, message.to_owned())));
    }

    /// The next reads of all states, and listings, find nothing at all.
    pub fn answer_empty(&self, times: u32) {
        self.change(|host| host.empty_answers = times);
    }

    /// A signal that is not true, or not the whole truth.
    pub fn signal(&self, signal: Signal) {
        self.change(|host| host.send(&signal));
    }
}
