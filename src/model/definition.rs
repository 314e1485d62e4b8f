//! A domain's definition: what its host would start it from.

use std::sync::Arc;

use jiff::Timestamp;

use super::text::words;
use super::{HostId, InstanceId};

words! {
    /// What the hypervisor does by itself when a guest crashes (libvirt's `<on_crash>`).
    pub enum OnCrash: "on_crash" {
        /// The domain is ended.
        Destroy = "destroy",
        /// It is started again.
        Restart = "restart",
        /// It is kept for inspection.
        Preserve = "preserve",
        /// It is started again under another name.
        RenameRestart = "rename-restart",
        /// Its memory is dumped, and it is ended.
        CoredumpDestroy = "coredump-destroy",
        /// Its memory is dumped, and it is started again.
        CoredumpRestart = "coredump-restart",
    }
}

impl OnCrash {
    /// Whether the hypervisor starts something by itself.
    #[must_use]
    pub const fn acts(self) -> bool {
        match self {
            Self::Restart | Self::RenameRestart | Self::CoredumpRestart => true,
            Self::Destroy | Self::Preserve | Self::CoredumpDestroy => false,
        }
    }
}

words! {
    /// What is changed so that the hypervisor does not act by itself.
    pub enum Correction: "correction" {
        /// Autostart is switched off.
        Autostart = "autostart",
        /// A crash ends the domain, and nothing else.
        OnCrash = "on_crash",
    }
}

/// A domain's definition, as its host has it: without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The XML of what a start would start.
    pub xml: Arc<str>,
    /// Whether the host remembers the domain while it is off.
    pub persistent: bool,
    /// Whether the host starts it by itself when it boots.
    pub autostart: bool,
    /// What the hypervisor does by itself when the guest crashes; a word that is not known here
    /// reads as libvirt's default, `destroy`.
    pub on_crash: OnCrash,
}

impl Definition {
    /// A number that differs where anything differs (FNV-1a): the same in every version.
    #[must_use]
    pub fn hash(&self) -> i64 {
        let flags = [u8::from(self.persistent), u8::from(self.autostart)];
        let bytes = self.xml.bytes().chain(flags);
        bytes
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
            .cast_signed()
    }

    /// Whether the hypervisor would act by itself.
    #[must_use]
    pub const fn acts_by_itself(&self) -> bool {
        self.autostart || self.on_crash.acts()
    }
}

/// What is known of a definition that the database keeps, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Whose it is.
    pub instance: InstanceId,
    /// The host that it was taken from.
    pub host: HostId,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Whether the host remembered the domain while it was off.
    pub persistent: bool,
    /// Whether the host started it by itself when it booted.
    pub autostart: bool,
    /// What the hypervisor did by itself when the guest crashed.
    pub on_crash: OnCrash,
    /// See [`Definition::hash`].
    pub hash: i64,
}

impl Kept {
    /// What is kept of a definition that was taken at this time.
    #[must_use]
    pub fn of(instance: InstanceId, host: &HostId, at: Timestamp, it: &Definition) -> Self {
        Self {
            instance,
            host: host.clone(),
            taken_at: at,
            persistent: it.persistent,
            autostart: it.autostart,
            on_crash: it.on_crash,
            hash: it.hash(),
        }
    }

    /// Whether the hypervisor would act by itself.
    #[must_use]
    pub const fn acts_by_itself(&self) -> bool {
        self.autostart || self.on_crash.acts()
    }
}
