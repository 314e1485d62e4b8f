//! What happens in a scenario, done to real hosts and guests. Blocks.

use std::sync::Arc;
use std::time::Duration;

use assured::model::{Condition, InstanceId};
use assured::scenario::Names;
use assured::scenario::deed::{Migrate, PlannedReboot, Put, WorldDeed};
use assured_lab::{Guest, GuestKind, GuestSpec, Host, LabError, wait_until};

use super::site::{PATIENCE, Site, is_active, words};

/// What a guest writes to a port of its machine, by QEMU's monitor in its stead: PM1 control := sleep state 5.
const POWER_OFF: &str = "o/w 0x604 0x2000";
/// PM1 control := sleep state 1.
const SLEEP: &str = "o/w 0x604 0x2400";
/// The panic device.
const PANIC: &str = "o/b 0x505 0x1";
/// The reset control register.
const RESET: &str = "o/b 0xcf9 0x6";

/// Carries out a deed. Answers why that cannot be done, if so.
pub fn carry_out(site: &Arc<Site>, deed: &WorldDeed, names: &Names) -> Result<(), String> {
    let guests = |which: &str, act: &dyn Fn(InstanceId, &Guest) -> Result<(), String>| {
        for (_, id) in names.instances(which)? {
            act(*id, &site.guest(*id)?)?;
        }
        Ok(())
    };
    let virsh = |which: &str, command: &str| {
        guests(which, &|_, guest| {
            guest.host().virsh(&[command, guest.name()]).map(drop).map_err(words)
        })
    };
    let inside = |which: &str, port: &str| guests(which, &|_, guest| from_inside(guest, port));
    let hosts = |which: &str, act: &dyn Fn(&Host) -> Result<(), LabError>| {
        for name in names.hosts(which)? {
            act(site.host(name)).map_err(words)?;
        }
        Ok(())
    };
    let silent = |host: &Host| site.state().silent.insert(host.id().to_owned());
    let heard = |host: &Host| site.state().silent.remove(host.id());
    match deed {
        WorldDeed::Destroy(which) => virsh(which, "destroy"),
        WorldDeed::Suspend(which) => virsh(which, "suspend"),
        WorldDeed::ResumeBehind(which) => virsh(which, "resume"),
        WorldDeed::Save(which) => virsh(which, "managedsave"),
        WorldDeed::Undefine(which) => virsh(which, "undefine"),
        WorldDeed::SetAutostart(which) => virsh(which, "autostart"),
        WorldDeed::SetOnCrash(it) => guests(&it.instance, &|_, guest| {
            let xml = std::fs::read_to_string(guest.xml()).map_err(|error| error.to_string())?;
            let (head, rest) = xml.split_once("<on_crash>").ok_or("it says nothing of crashes")?;
            let (_, tail) = rest.split_once("</on_crash>").ok_or("it is no XML")?;
            let edited = format!("{head}<on_crash>{}</on_crash>{tail}", it.on_crash);
            std::fs::write(guest.xml(), edited).map_err(|error| error.to_string())?;
            guest.define().map_err(words)
        }),
        WorldDeed::StartBehind(which) => guests(which, &|id, guest| site.start(id, guest)),
        WorldDeed::PowerOff(which) => inside(which, POWER_OFF),
        WorldDeed::PmSuspend(which) => inside(which, SLEEP),
        WorldDeed::RebootGuest(which) => inside(which, RESET),
        WorldDeed::Panic(it) => inside(&it.instance, PANIC),
        WorldDeed::Terminate(which) => guests(which, &|_, guest| guest.term().map_err(words)),
        WorldDeed::Kill(which) => guests(which, &|_, guest| guest.kill().map_err(words)),
        // It never did.
        WorldDeed::IgnoreShutdown(_) => Ok(()),
        WorldDeed::Migrate(it) => migrate(site, it, names),
        WorldDeed::Put(it) => put(site, it, names),
        WorldDeed::Hang(which) => hosts(which, &|host| {
            silent(host);
            host.hang_daemon()
        }),
        WorldDeed::Answer(which) => hosts(which, &|host| {
            heard(host);
            host.unhang_daemon()
        }),
        WorldDeed::KillDaemon(which) => hosts(which, &|host| {
            silent(host);
            host.kill_daemon()
        }),
        WorldDeed::StartDaemon(which) => hosts(which, &|host| {
            heard(host);
            host.start_daemon()
        }),
        WorldDeed::RestartDaemon(which) => hosts(which, &Host::restart_daemon),
        WorldDeed::LosePower(which) => hosts(which, &|host| {
            silent(host);
            host.power_off()
        }),
        WorldDeed::Boot(which) => hosts(which, &|host| {
            heard(host);
            host.power_on()
        }),
        WorldDeed::Reboot(which) => hosts(which, &Host::reboot),
        WorldDeed::PlannedReboot(it) => planned_reboot(site, it, names),
        WorldDeed::Slow(it) => {
            hosts(&it.host, &|host| it.starts_take.map_or(Ok(()), |span| host.slow_starts(span.0)))
        }
        WorldDeed::PauseAs(_)
        | WorldDeed::BeginJob(_)
        | WorldDeed::EndJob(_)
        | WorldDeed::Refuse(_)
        | WorldDeed::DropSessions(_)
        | WorldDeed::AnswerEmpty(_)
        | WorldDeed::FailReads(_)
        | WorldDeed::FailActions(_) => {
            Err("a real host cannot be made to do this: the scenario is for the simulator".into())
        }
    }
}

/// What a guest does itself, once its own code runs.
fn from_inside(guest: &Guest, port: &str) -> Result<(), String> {
    guest.wait_until_booted(PATIENCE).map_err(words)?;
    let written = guest.host().virsh(&["qemu-monitor-command", "--hmp", guest.name(), port]);
    let Err(error) = written else { return Ok(()) };
    // Its QEMU may be gone before it has answered.
    wait_until(PATIENCE, "its end", || !is_active(guest)).map_err(|_| words(error))
}

/// Live; it is the scenario's QEMU that is started there.
fn migrate(site: &Site, it: &Migrate, names: &Names) -> Result<(), String> {
    let to = site.host(&it.to);
    for (_, id) in names.instances(&it.instance)? {
        let guest = site.guest(*id)?;
        site.count(*id);
        let there = guest.host().migrate(&guest, to).map_err(words)?;
        let mut state = site.state();
        let copies = state.guests.entry(*id).or_default();
        copies.retain(|copy| copy.host().id() != it.to);
        copies.insert(0, there);
    }
    Ok(())
}

/// Another guest with the same UUID, as careless operators make them; nothing else comes without an event.
fn put(site: &Site, it: &Put, names: &Names) -> Result<(), String> {
    let is_copy = it.condition.0 == Condition::RunningBooted;
    let (Some(host), true) = (&it.host, is_copy) else {
        return Err("on real hosts only a copy that runs can be put, on another host".into());
    };
    for (name, id) in names.instances(&it.instance)? {
        let is_there = site.copies(*id).iter().any(|copy| copy.host().id() == host);
        if is_there {
            return Err(format!("{name} is on {host} already"));
        }
        // With an image of its own: QEMU does not let two have one.
        let spec = GuestSpec { uuid: id.0, ..GuestSpec::new(name, GuestKind::Button) };
        let copy = site.host(host).guest(spec).map_err(words)?;
        let mut state = site.state();
        state.guests.entry(*id).or_default().push(copy.clone());
        state.doubled.insert(*id);
        drop(state);
        site.start(*id, &copy)?;
    }
    Ok(())
}

/// In the background: it takes its time.
fn planned_reboot(site: &Arc<Site>, it: &PlannedReboot, names: &Names) -> Result<(), String> {
    for name in names.hosts(&it.host)? {
        let (site, name, each, away) = (Arc::clone(site), name.clone(), it.each.0, it.away.0);
        let ids: Vec<InstanceId> = names.domains.iter().map(|(_, id)| *id).collect();
        std::thread::spawn(move || {
            if let Err(why) = reboot_in_order(&site, &name, &ids, each, away) {
                site.state().troubles.push(format!("the planned reboot of {name}: {why}"));
            }
        });
    }
    Ok(())
}

fn reboot_in_order(
    site: &Site,
    name: &str,
    ids: &[InstanceId],
    each: Duration,
    away: Duration,
) -> Result<(), String> {
    let host = site.host(name);
    let here = |guest: &Guest| guest.host().id() == name && is_active(guest);
    for guest in ids.iter().filter_map(|id| site.copies(*id).into_iter().find(here)) {
        from_inside(&guest, POWER_OFF)?;
        pause(each);
    }
    site.state().silent.insert(name.to_owned());
    host.power_off().map_err(words)?;
    pause(away);
    host.power_on().map_err(words)?;
    site.state().silent.remove(name);
    Ok(())
}

/// Lets time pass, in a scenario that says how much.
fn pause(length: Duration) {
    // It is waited for in vain, that long.
    let _ = wait_until(length, "a time", || false);
}
