//! A guest: a domain, its image, and what can be asked about it.

use crate::error::{LabError, Result};
use crate::host::Host;
use crate::lab::check_name;
use crate::sector::{GuestKind, LOADED_AT, OnCrash};
use crate::wait::wait_until;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// What a guest is to be.
#[derive(Clone, Debug)]
pub struct GuestSpec {
    /// Its name, one per host.
    pub name: String,
    /// How it behaves.
    pub kind: GuestKind,
    /// Whether its host remembers it while it is off.
    pub lifetime: Lifetime,
    /// Its UUID: a fresh one unless it is set.
    pub uuid: Uuid,
}

/// Whether a host remembers a guest that does not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// It does.
    #[default]
    Persistent,
    /// The domain is there only while it runs.
    Transient,
}

impl GuestSpec {
    /// A persistent guest with a fresh UUID.
    pub fn new(name: impl Into<String>, kind: GuestKind) -> Self {
        Self { name: name.into(), kind, lifetime: Lifetime::Persistent, uuid: Uuid::new_v4() }
    }

    /// The same, transient.
    #[must_use]
    pub fn transient(self) -> Self {
        Self { lifetime: Lifetime::Transient, ..self }
    }
}

/// A guest on a host. A handle: clones are the same guest.
#[derive(Clone, Debug)]
pub struct Guest {
    host: Host,
    spec: GuestSpec,
    image: PathBuf,
}

/// A state and its reason in libvirt's words, written `shutoff/destroyed`; `missing`, without a reason, if the host has no such domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestState {
    /// The state: `running`, `shutoff`, …
    pub state: String,
    /// The reason: `booted`, `destroyed`, …
    pub reason: String,
}

impl fmt::Display for GuestState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.state)?;
        if self.reason.is_empty() { Ok(()) } else { write!(out, "/{}", self.reason) }
    }
}

/// Makes a guest on a host, with an image of its own.
pub(crate) fn create(host: &Host, spec: GuestSpec) -> Result<Guest> {
    check_name(&spec.name)?;
    let image = host.folder().join("guests").join(format!("{}.img", spec.name));
    fs::write(&image, spec.kind.sector()).map_err(LabError::file("write", &image))?;
    Guest { host: host.clone(), spec, image }.install()
}

impl Guest {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Its UUID.
    pub fn uuid(&self) -> Uuid {
        self.spec.uuid
    }

    /// The host that this handle is about.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its disk image.
    pub fn image(&self) -> &Path {
        &self.image
    }

    /// Its domain XML.
    pub fn xml(&self) -> PathBuf {
        self.host.folder().join("guests").join(format!("{}.xml", self.spec.name))
    }

    /// The same guest on another host: same name, UUID and image. Changes nothing; after a migration this is where it is.
    #[must_use]
    pub fn on(&self, host: &Host) -> Self {
        Self { host: host.clone(), ..self.clone() }
    }

    /// Defines this guest on another host too, with the same UUID and the same image, as careless operators do.
    pub fn also_on(&self, host: &Host) -> Result<Self> {
        self.on(host).install()
    }

    /// Defines the guest again, say after an operator has undefined it.
    pub fn define(&self) -> Result<()> {
        self.host.virsh(&["define", &self.xml().to_string_lossy()]).map(drop)
    }

    /// Starts it.
    pub fn start(&self) -> Result<()> {
        match self.spec.lifetime {
            Lifetime::Persistent => self.host.virsh(&["start", self.name()]),
            Lifetime::Transient => self.host.virsh(&["create", &self.xml().to_string_lossy()]),
        }
        .map(drop)
    }

    /// Its state, as its host says.
    pub fn state(&self) -> Result<GuestState> {
        let answer = match self.host.virsh(&["domstate", "--reason", &self.uuid().to_string()]) {
            Err(LabError::Failed { stderr, .. }) if stderr.contains("failed to get domain") => {
                return Ok(GuestState { state: "missing".into(), reason: String::new() });
            }
            answer => answer?,
        };
        let parts = answer.trim().strip_suffix(')').and_then(|text| text.split_once(" ("));
        let (state, reason) = parts.ok_or_else(|| LabError::Answer {
            command: "virsh domstate --reason".into(),
            answer: answer.clone(),
        })?;
        Ok(GuestState { state: state.replace("shut off", "shutoff"), reason: reason.to_owned() })
    }

    /// Waits until its state reads like `shutoff/destroyed`; the error says what it was instead.
    pub fn wait_for(&self, state: &str, limit: Duration) -> Result<()> {
        let mut last = String::from("not seen at all");
        let waited = wait_until(limit, "", || {
            last = self.state().map_or_else(|error| error.to_string(), |seen| seen.to_string());
            last == state
        });
        let name = self.name();
        waited.map_err(|_| LabError::WaitedInVain {
            what: format!("{name:?} to be {state} (it is {last})"),
            limit,
        })
    }

    /// Waits until its own code runs. Before that, in the firmware, it takes no notice of its power button.
    pub fn wait_until_booted(&self, limit: Duration) -> Result<()> {
        let words = ["qemu-monitor-command", "--hmp", self.name(), "info registers"];
        wait_until(limit, format!("{:?} to have booted", self.name()), || {
            self.host.virsh(&words).is_ok_and(|registers| in_boot_sector(&registers))
        })
    }

    /// The pid of its QEMU.
    pub fn qemu_pid(&self) -> Result<i32> {
        let file = format!("/run/libvirt/qemu/{}.pid", self.name());
        self.host.pid_in(&file, &format!("QEMU of {:?}", self.name()))
    }

    /// How many QEMUs its host has started for it, ever: see [`Host::starts_of`].
    pub fn starts(&self) -> Result<usize> {
        self.host.starts_of(self.name())
    }

    /// Writes the XML, and defines the domain if it is a persistent one.
    fn install(self) -> Result<Self> {
        let path = self.xml();
        fs::write(&path, domain_xml(&self.spec, &self.image))
            .map_err(LabError::file("write", &path))?;
        if self.spec.lifetime == Lifetime::Persistent {
            self.define()?;
        }
        Ok(self)
    }
}

/// Whether a processor halts within the boot sector.
fn in_boot_sector(registers: &str) -> bool {
    let value = registers.split_whitespace().find_map(|word| word.strip_prefix("EIP="));
    let eip = value.and_then(|text| u32::from_str_radix(text, 16).ok());
    registers.contains("HLT=1") && eip.is_some_and(|eip| LOADED_AT.contains(&eip))
}

fn domain_xml(spec: &GuestSpec, image: &Path) -> String {
    let GuestSpec { name, kind, uuid, lifetime: _ } = spec;
    let panic = match kind {
        GuestKind::Panic { .. } => {
            "<panic model='isa'><address type='isa' iobase='0x505'/></panic>"
        }
        GuestKind::Idle | GuestKind::Button | GuestKind::Poweroff { .. } => "",
    };
    let on_crash = OnCrash::text(kind.on_crash());
    let image = image.display();
    format!(
        "<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <on_crash>{on_crash}</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='{image}'/>
      <target dev='hda' bus='ide'/>
    </disk>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    {panic}
  </devices>
</domain>
"
    )
}
