//! What can only be seen of a scenario as a whole: that each name is one that there is.

use super::deed::{ApiDeed, Deed, WorldDeed};
use super::expect::Expect;
use super::file::Scenario;
use super::names::Names;
use super::read::Reader;
use crate::model::{Condition, State};

/// Reports what is wrong.
pub(super) fn check(reader: &mut Reader<'_>, scenario: &Scenario) {
    let names = &scenario.names;
    if scenario.hosts.is_empty() {
        reader.reject(None, "hosts", "are missing: there has to be one at least");
    }
    for domain in &scenario.domains {
        if !names.hosts.contains(&domain.host) {
            let place = format!("instances[{}].host", domain.entry);
            let message = format!("no host is named {:?}", domain.host);
            reader.reject(None, &place, &message);
        }
    }
    if scenario.steps.is_empty() {
        reader.reject(None, "steps", "are missing: there has to be one at least");
    }
    if scenario.head.lab_until.is_some() && !scenario.head.lab {
        reader.reject(None, "lab_until", "means something only where `lab = true`");
    }
    for step in &scenario.steps {
        let deeds = step.deeds.iter().flat_map(|deed| named_in(&deed.means));
        let expects = step.expects.iter().flat_map(|expect| expected_of(&expect.means));
        for (word, named) in deeds.chain(expects) {
            let wrong = match named {
                Named::Instance => names.instances(word).err(),
                Named::Host => names.hosts(word).err(),
                Named::OneHost if names.hosts.iter().any(|host| host == word) => None,
                Named::OneHost => Some(format!("no host is named {word:?}")),
                Named::PauseReason => paused(word).err(),
            };
            if let Some(message) = wrong {
                reader.reject(None, &step.place, &message);
            }
        }
    }
    check_names(reader, names);
}

/// The condition of a guest that is paused for this reason.
pub(super) fn paused(reason: &str) -> Result<Condition, String> {
    Condition::exact(State::Paused, Some(reason)).ok_or_else(|| {
        let known = Condition::of_state(State::Paused).filter_map(Condition::reason);
        let known: Vec<_> = known.collect();
        format!("{reason:?} is no reason of a pause; known are: {}", known.join(", "))
    })
}

/// What a word stands for.
enum Named {
    /// Instances, one or several.
    Instance,
    /// Hosts, one or several.
    Host,
    /// A single host.
    OneHost,
    /// libvirt's reason of a pause.
    PauseReason,
}

fn named_in(deed: &Deed) -> Vec<(&str, Named)> {
    use Named::{Host, Instance, OneHost, PauseReason};
    match deed {
        Deed::Service(_) => Vec::new(),
        Deed::World(world) => match world {
            WorldDeed::Destroy(which)
            | WorldDeed::PowerOff(which)
            | WorldDeed::Terminate(which)
            | WorldDeed::Kill(which)
            | WorldDeed::Suspend(which)
            | WorldDeed::ResumeBehind(which)
            | WorldDeed::PmSuspend(which)
            | WorldDeed::Save(which)
            | WorldDeed::Undefine(which)
            | WorldDeed::SetAutostart(which)
            | WorldDeed::RebootGuest(which)
            | WorldDeed::StartBehind(which)
            | WorldDeed::BeginJob(which)
            | WorldDeed::EndJob(which)
            | WorldDeed::IgnoreShutdown(which) => vec![(which, Instance)],
            WorldDeed::SetOnCrash(it) => vec![(&it.instance, Instance)],
            WorldDeed::Panic(it) => vec![(&it.instance, Instance)],
            WorldDeed::PauseAs(it) => vec![(&it.instance, Instance), (&it.reason, PauseReason)],
            WorldDeed::Migrate(it) => vec![(&it.instance, Instance), (&it.to, OneHost)],
            WorldDeed::Put(it) => {
                let host = it.host.iter().map(|host| (host.as_str(), OneHost));
                host.chain([(it.instance.as_str(), Instance)]).collect()
            }
            WorldDeed::Hang(which)
            | WorldDeed::Answer(which)
            | WorldDeed::Refuse(which)
            | WorldDeed::KillDaemon(which)
            | WorldDeed::StartDaemon(which)
            | WorldDeed::RestartDaemon(which)
            | WorldDeed::LosePower(which)
            | WorldDeed::Boot(which)
            | WorldDeed::Reboot(which)
            | WorldDeed::DropSessions(which) => vec![(which, Host)],
            WorldDeed::PlannedReboot(it) => vec![(&it.host, Host)],
            WorldDeed::AnswerEmpty(it) => vec![(&it.host, Host)],
            WorldDeed::FailReads(it) => vec![(&it.host, Host)],
            WorldDeed::FailActions(it) => vec![(&it.host, Host)],
            WorldDeed::Slow(it) => vec![(&it.host, Host)],
        },
        Deed::Api(api) => match api {
            ApiDeed::Desire(it) => vec![(&it.instance, Instance)],
            ApiDeed::Hold(it) => vec![(&it.instance, Instance)],
            ApiDeed::Release(it) => vec![(&it.instance, Instance)],
            ApiDeed::Retry(it) | ApiDeed::Forget(it) => vec![(&it.instance, Instance)],
            ApiDeed::Add(it) => vec![(&it.instance, Instance), (&it.host, OneHost)],
            ApiDeed::Change(it) => {
                let host = it.host.iter().map(|host| (host.as_str(), OneHost));
                host.chain([(it.instance.as_str(), Instance)]).collect()
            }
            ApiDeed::Adopt(it) => vec![(&it.host, Host)],
            ApiDeed::Maintenance(it) => vec![(&it.host, Host)],
            ApiDeed::Resume(it) => vec![(&it.host, Host)],
        },
    }
}

fn expected_of(expect: &Expect) -> Vec<(&str, Named)> {
    match expect {
        Expect::Instance(it) => {
            let host = it.host.iter().map(|host| (host.as_str(), Named::OneHost));
            host.chain([(it.instance.as_str(), Named::Instance)]).collect()
        }
        Expect::Host(it) => vec![(&it.host, Named::Host)],
        Expect::Fleet(_) | Expect::Service(_) => Vec::new(),
        Expect::Events(it) => {
            let instance = it.instance.iter().map(|name| (name.as_str(), Named::Instance));
            instance.chain(it.host.iter().map(|host| (host.as_str(), Named::Host))).collect()
        }
    }
}

fn check_names(reader: &mut Reader<'_>, names: &Names) {
    for (place, host) in names.hosts.iter().enumerate() {
        if host.is_empty() || host.contains(['*', '/']) || host.contains("..") {
            let place = format!("hosts[{place}].id");
            reader.reject(None, &place, "must be a name without `*`, `/` and `..`");
        }
    }
    for (name, _) in &names.domains {
        if name.is_empty() || name.contains(['*', '/']) || name.contains("..") {
            let message =
                format!("{name:?} is no name: it must not be empty or have `*`, `/`, `..`");
            reader.reject(None, "instances", &message);
        }
    }
}
