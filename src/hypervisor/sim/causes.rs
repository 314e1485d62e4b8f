//! What operators and guests do behind the service's back. Each leaves the condition and sends the
//! events that were measured with libvirt 9.0 and QEMU; on a domain that does not run, those that
//! end or pause a run do nothing.

use super::SimHost;
use super::state::Domain;
use crate::hypervisor::{Lifecycle, ShutdownBy, StoppedWhy};
use crate::model::{Condition, InstanceId};

/// What a domain's definition says about a guest's panic (`<on_crash>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCrash {
    /// It is ended.
    Destroy,
    /// It is kept for inspection.
    Preserve,
    /// The hypervisor starts it again by itself.
    Restart,
}

impl SimHost {
    /// `virsh destroy`.
    pub fn destroy(&self, id: InstanceId) {
        use Lifecycle::{Shutdown, Stopped};
        let events = [Shutdown(ShutdownBy::Host), Stopped(StoppedWhy::Destroyed)];
        self.change(|host| host.stop(id, Condition::ShutoffDestroyed, &events));
    }

    /// The guest powers itself off.
    pub fn power_off(&self, id: InstanceId) {
        use Lifecycle::{Shutdown, Stopped};
        let events = [Shutdown(ShutdownBy::Guest), Stopped(StoppedWhy::Shutdown)];
        self.change(|host| host.stop(id, Condition::ShutoffShutdown, &events));
    }

    /// Somebody sends SIGTERM to the hypervisor process.
    pub fn terminate(&self, id: InstanceId) {
        use Lifecycle::{Shutdown, Stopped};
        let events = [Shutdown(ShutdownBy::Host), Stopped(StoppedWhy::Shutdown)];
        self.change(|host| host.stop(id, Condition::ShutoffShutdown, &events));
    }

    /// The hypervisor process dies (SIGKILL).
    pub fn kill(&self, id: InstanceId) {
        let events = [Lifecycle::Stopped(StoppedWhy::Failed)];
        self.change(|host| host.stop(id, Condition::ShutoffCrashed, &events));
    }

    /// The guest panics.
    pub fn panic(&self, id: InstanceId, then: OnCrash) {
        let stopped = Lifecycle::Stopped(StoppedWhy::Crashed);
        let events = [Lifecycle::Suspended, Lifecycle::Crashed, stopped];
        self.change(|host| match then {
            OnCrash::Destroy => host.stop(id, Condition::ShutoffCrashed, &events),
            OnCrash::Preserve => host.turn(id, Condition::CrashedPanicked, &events[..2]),
            OnCrash::Restart => host.turn(id, Condition::RunningCrashed, &events[..2]),
        });
    }

    /// `virsh suspend`.
    pub fn suspend(&self, id: InstanceId) {
        self.change(|host| host.turn(id, Condition::PausedUser, &[Lifecycle::Suspended]));
    }

    /// A pause with another reason, for instance `PausedIoError`, or `PausedUnknown` for a stop
    /// behind libvirt's back.
    pub fn pause_as(&self, id: InstanceId, condition: Condition) {
        self.change(|host| host.turn(id, condition, &[Lifecycle::Suspended]));
    }

    /// `virsh resume`.
    pub fn resume(&self, id: InstanceId) {
        self.change(|host| host.turn(id, Condition::RunningUnpaused, &[Lifecycle::Resumed]));
    }

    /// The guest goes to sleep.
    pub fn pm_suspend(&self, id: InstanceId) {
        self.change(|host| host.turn(id, Condition::PmSuspendedUnknown, &[Lifecycle::PmSuspended]));
    }

    /// `virsh managedsave`.
    pub fn save(&self, id: InstanceId) {
        let events = [Lifecycle::Suspended, Lifecycle::Stopped(StoppedWhy::Saved)];
        self.change(|host| host.stop(id, Condition::ShutoffSaved, &events));
    }

    /// `virsh start`, by somebody else: not counted among the starts.
    pub fn start(&self, id: InstanceId) {
        self.change(|host| {
            let Some(domain) = host.domains.get_mut(&id) else { return };
            if !domain.condition.is_active() {
                domain.condition = Condition::RunningBooted;
                host.woken.push(id);
                host.tell(id, &[Lifecycle::Resumed, Lifecycle::Started]);
            }
        });
    }

    /// The guest restarts from inside: its process goes on, and libvirt reports a reboot, which is a
    /// reason to look.
    pub fn reboot_guest(&self, id: InstanceId) {
        self.change(|host| {
            let active = host.domains.get(&id).is_some_and(|domain| domain.condition.is_active());
            if active {
                host.tell(id, &[Lifecycle::Other]);
            }
        });
    }

    /// `virsh undefine`: one that is off vanishes, one that runs becomes transient.
    pub fn undefine(&self, id: InstanceId) {
        self.change(|host| {
            let Some(domain) = host.domains.get_mut(&id) else { return };
            domain.persistent = false;
            if !domain.condition.is_active() {
                host.domains.remove(&id);
            }
            host.tell(id, &[Lifecycle::Undefined]);
        });
    }

    /// `virsh migrate --live --persistent`, done at once: the source keeps its definition.
    pub fn migrate(&self, id: InstanceId, to: &Self) {
        let name = self.change(|host| {
            let name = host.domains.get(&id).map(|domain| domain.name.clone());
            host.stop(
                id,
                Condition::ShutoffMigrated,
                &[Lifecycle::Suspended, Lifecycle::Stopped(StoppedWhy::Migrated)],
            );
            name
        });
        let Some(name) = name else { return };
        to.change(|host| {
            host.domains.insert(id, Domain::new(&name, Condition::RunningMigrated));
            host.woken.push(id);
            host.tell(id, &[Lifecycle::Defined, Lifecycle::Started, Lifecycle::Resumed]);
        });
    }

    /// A job of libvirt's own begins (a dump, a backup): until it ends, actions on the domain wait for
    /// its lock in vain.
    pub fn begin_job(&self, id: InstanceId) {
        self.set_job(id, true);
    }

    /// The job ends.
    pub fn end_job(&self, id: InstanceId) {
        self.set_job(id, false);
    }

    fn set_job(&self, id: InstanceId, has_job: bool) {
        self.change(|host| {
            if let Some(domain) = host.domains.get_mut(&id) {
                domain.has_job = has_job;
            }
        });
    }

    /// The guest does not hear the power button from now on.
    pub fn ignore_shutdown(&self, id: InstanceId) {
        self.change(|host| {
            if let Some(domain) = host.domains.get_mut(&id) {
                domain.hears_shutdown = false;
            }
        });
    }
}
