//! The hosts and guests of a scenario, real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use assured::model::{Condition, DesiredState, InstanceId};
use assured::scenario::deed::{self, Deed, WorldDeed};
use assured::scenario::{Domain, Scenario};
use assured_lab::{Guest, GuestKind, GuestSpec, Host, Lab, OnCrash};

/// How long anything that is to happen on a host may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// More guests than this are no good company for each other on a machine that runs tests.
const GUESTS: usize = 20;

/// Real hosts with real guests. What is done to them blocks.
pub struct Site {
    hosts: BTreeMap<String, Host>,
    state: Mutex<State>,
    /// Declared last, as it takes the hosts down.
    _lab: Lab,
}

/// What is known of the guests by what the scenario has done.
#[derive(Default)]
pub struct State {
    /// The copies of each guest, the one that it is by rights first.
    pub guests: BTreeMap<InstanceId, Vec<Guest>>,
    /// How often the scenario itself had each QEMU started.
    pub started: BTreeMap<InstanceId, usize>,
    /// The guests that the scenario itself started twice.
    pub doubled: BTreeSet<InstanceId>,
    /// The hosts whose daemon does not answer.
    pub silent: BTreeSet<String>,
    /// What has gone wrong in the background.
    pub troubles: Vec<String>,
}

impl Site {
    /// Hosts and guests as the scenario has them at its beginning.
    pub fn new(scenario: &Scenario) -> Result<Self, String> {
        let count = scenario.domains.len();
        if count > GUESTS {
            return Err(format!("has {count} guests; on real hosts {GUESTS} at most are played"));
        }
        let lab = Lab::new().map_err(words)?;
        let several = scenario.hosts.len() > 1;
        let mut hosts = BTreeMap::new();
        for line in &scenario.hosts {
            // Those of several may have to send guests to each other.
            let host = if several { lab.network_host(&line.id) } else { lab.host(&line.id) };
            hosts.insert(line.id.clone(), host.map_err(words)?);
        }
        let site = Self { hosts, state: Mutex::default(), _lab: lab };
        for domain in &scenario.domains {
            site.furnish(domain, kind(scenario, domain))?;
        }
        for domain in &scenario.domains {
            site.bring_about(domain)?;
        }
        for line in scenario.hosts.iter().filter(|line| !line.starts_take.0.is_zero()) {
            site.host(&line.id).slow_starts(line.starts_take.0).map_err(words)?;
        }
        Ok(site)
    }

    pub fn host(&self, name: &str) -> &Host {
        &self.hosts[name]
    }

    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.values()
    }

    pub fn uri(&self, host: &str) -> String {
        self.host(host).uri()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The copies of a guest.
    pub fn copies(&self, id: InstanceId) -> Vec<Guest> {
        self.state().guests.get(&id).cloned().unwrap_or_default()
    }

    /// A guest where it is active, or else where it is by rights.
    pub fn guest(&self, id: InstanceId) -> Result<Guest, String> {
        let copies = self.copies(id);
        let active = copies.iter().find(|guest| is_active(guest)).cloned();
        active.or_else(|| copies.into_iter().next()).ok_or_else(|| format!("{id} is on no host"))
    }

    /// The scenario itself has started a QEMU.
    pub fn count(&self, id: InstanceId) {
        *self.state().started.entry(id).or_default() += 1;
    }

    /// Starts a guest, behind the service's back.
    pub fn start(&self, id: InstanceId, guest: &Guest) -> Result<(), String> {
        self.count(id);
        guest.start().map_err(words)
    }

    fn furnish(&self, domain: &Domain, kind: GuestKind) -> Result<(), String> {
        if domain.seen == Condition::Missing {
            return Ok(());
        }
        let spec = GuestSpec { uuid: domain.id.0, ..GuestSpec::new(&domain.name, kind) };
        let guest = self.host(&domain.host).guest(spec).map_err(words)?;
        let starts = !matches!(domain.seen, Condition::ShutoffUnknown) && !is_plainly_off(domain);
        if starts {
            self.start(domain.id, &guest)?;
        }
        self.state().guests.insert(domain.id, vec![guest]);
        Ok(())
    }

    fn bring_about(&self, domain: &Domain) -> Result<(), String> {
        let name = domain.name.as_str();
        if domain.seen == Condition::Missing || domain.seen == Condition::ShutoffUnknown {
            return Ok(());
        }
        if is_plainly_off(domain) {
            return Ok(());
        }
        let guest = self.guest(domain.id)?;
        guest.wait_until_booted(PATIENCE).map_err(words)?;
        let host = guest.host();
        match domain.seen {
            Condition::RunningBooted => Ok(()),
            Condition::PausedUser => host.virsh(&["suspend", name]).map(drop).map_err(words),
            Condition::ShutoffDestroyed => host.virsh(&["destroy", name]).map(drop).map_err(words),
            other => Err(format!("{name} is {other} at first; real hosts cannot begin so")),
        }
    }
}

/// Whether its QEMU runs; that is seen without its host's daemon.
pub fn is_active(guest: &Guest) -> bool {
    guest.qemu_pid().is_ok()
}

/// Whether it is off as is desired: then why it is off does not matter.
fn is_plainly_off(domain: &Domain) -> bool {
    let desired = domain.managed.as_ref().map(|managed| managed.desired);
    domain.seen == Condition::ShutoffShutdown && desired == Some(DesiredState::Shutoff)
}

/// What a guest has to be, for what will happen to it.
fn kind(scenario: &Scenario, domain: &Domain) -> GuestKind {
    let means = |which: &str| {
        let named = scenario.names.instances(which);
        named.is_ok_and(|named| named.iter().any(|(_, id)| *id == domain.id))
    };
    let mut kind = GuestKind::Button;
    for deed in scenario.steps.iter().flat_map(|step| &step.deeds) {
        match &deed.means {
            Deed::World(WorldDeed::IgnoreShutdown(which)) if means(which) => kind = GuestKind::Idle,
            Deed::World(WorldDeed::Panic(it)) if means(&it.instance) => {
                let on_crash = match it.on_crash {
                    deed::OnCrash::Destroy => OnCrash::Destroy,
                    deed::OnCrash::Preserve => OnCrash::Preserve,
                    deed::OnCrash::Restart => OnCrash::Restart,
                };
                // By itself in an hour; it is made to earlier.
                kind = GuestKind::Panic { ticks: u16::MAX, on_crash };
            }
            Deed::World(_) | Deed::Service(_) | Deed::Api(_) => {}
        }
    }
    kind
}

/// An error of the lab, in words.
pub fn words(error: assured_lab::LabError) -> String {
    error.to_string()
}
