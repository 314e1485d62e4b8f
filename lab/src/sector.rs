//! The guests' boot sectors: 512 bytes of 16-bit machine code, each a guest that costs next to no CPU and behaves in one way.

/// Bytes in a boot sector.
pub(crate) const SIZE: usize = 512;

/// Where the machine puts a boot sector, and so where a guest's code runs once it has booted.
pub(crate) const LOADED_AT: std::ops::Range<u32> = 0x7C00..0x7E00;

/// How a guest behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestKind {
    /// Halts for ever and ignores the power button: a guest that does not honour a graceful shutdown.
    Idle,
    /// Sleeps, and powers off when its power button is pressed (`virsh shutdown`).
    Button,
    /// Powers itself off after so many timer ticks of 55 ms: its owner's shutdown from inside.
    Poweroff {
        /// Ticks of 55 ms.
        ticks: u16,
    },
    /// Panics after so many timer ticks of 55 ms.
    Panic {
        /// Ticks of 55 ms.
        ticks: u16,
        /// What the hypervisor does about it.
        on_crash: OnCrash,
    },
}

/// What the hypervisor does when a guest panics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnCrash {
    /// Ends it: `shutoff/crashed`.
    #[default]
    Destroy,
    /// Keeps it as it is: `crashed/panicked`, still active.
    Preserve,
    /// Starts it over by itself: `running/crashed`.
    Restart,
}

impl OnCrash {
    /// As libvirt writes it in a domain's XML.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Destroy => "destroy",
            Self::Preserve => "preserve",
            Self::Restart => "restart",
        }
    }
}

impl GuestKind {
    /// What the hypervisor does when this guest panics.
    pub(crate) fn on_crash(self) -> OnCrash {
        match self {
            Self::Panic { on_crash, .. } => on_crash,
            Self::Idle | Self::Button | Self::Poweroff { .. } => OnCrash::Destroy,
        }
    }

    /// The whole sector, ready to be a disk.
    pub(crate) fn sector(self) -> [u8; SIZE] {
        let mut sector = [0; SIZE];
        let code = self.code();
        sector[..code.len()].copy_from_slice(&code);
        sector[SIZE - 2..].copy_from_slice(&[0x55, 0xAA]);
        sector
    }

    fn code(self) -> Vec<u8> {
        match self {
            // cli; again: hlt; jmp again
            Self::Idle => vec![0xFA, 0xF4, 0xEB, 0xFD],
            // Arm: PM1 enable (port 0602) := power button; sti. Sleep: hlt until PM1 status (0600) shows it. Then off.
            Self::Button => {
                let mut code = vec![0xBA, 0x02, 0x06, 0xB8, 0x00, 0x01, 0xEF, 0xFB];
                code.extend([0xF4, 0xBA, 0x00, 0x06, 0xED, 0xF6, 0xC4, 0x01, 0x74, 0xF5]);
                code.extend(POWER_OFF);
                code
            }
            Self::Poweroff { ticks } => after(ticks, &POWER_OFF),
            // Port 0505 is the panic device's: out 1; cli; hlt.
            Self::Panic { ticks, .. } => {
                after(ticks, &[0xBA, 0x05, 0x05, 0xB0, 0x01, 0xEE, 0xFA, 0xF4])
            }
        }
    }
}

/// PM1 control (port 0604) := sleep state 5; cli; hlt.
const POWER_OFF: [u8; 9] = [0xBA, 0x04, 0x06, 0xB8, 0x00, 0x20, 0xEF, 0xFA, 0xF4];

/// mov cx, ticks; sti; again: hlt; loop again; then.
fn after(ticks: u16, then: &[u8]) -> Vec<u8> {
    let [low, high] = ticks.to_le_bytes();
    [&[0xB9, low, high, 0xFB, 0xF4, 0xE2, 0xFD], then].concat()
}

#[cfg(test)]
mod tests {
    use super::{GuestKind, OnCrash};

    #[test]
    fn a_sector_is_code_zeros_and_the_boot_mark() {
        let panic = GuestKind::Panic { ticks: 3, on_crash: OnCrash::Preserve };
        for kind in
            [GuestKind::Idle, GuestKind::Button, GuestKind::Poweroff { ticks: 0x1234 }, panic]
        {
            let sector = kind.sector();
            assert_ne!(sector[0], 0);
            assert_eq!((sector[100], sector[510], sector[511]), (0, 0x55, 0xAA));
        }
    }

    #[test]
    fn ticks_are_little_endian() {
        assert_eq!(GuestKind::Poweroff { ticks: 0x1234 }.sector()[..3], [0xB9, 0x34, 0x12]);
    }
}
