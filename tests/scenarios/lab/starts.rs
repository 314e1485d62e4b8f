//! The service's word against the hosts': how often QEMUs were started, and where they run.

use assured::model::{Command, InstanceId, OutcomeKind};
use assured::scenario::{Action, Attempted, Audit, Run};

use super::site::{Site, is_active};

/// What the hosts have seen that cannot be, if the service is right.
pub fn flaws(site: &Site, run: &Run<'_>) -> Vec<String> {
    let mut flaws = std::mem::take(&mut site.state().troubles);
    for (name, id) in &run.names.domains {
        flaws.extend(miscounted(site, run, name, *id));
        let running = site.copies(*id).iter().filter(|guest| is_active(guest)).count();
        if running > 1 && !site.state().doubled.contains(id) {
            flaws.push(format!("{name} runs on {running} hosts, by the service's doing"));
        }
    }
    flaws
}

/// What the hosts were asked to do. Of a start whose end the service has not heard the hosts know whether it was done.
pub fn actions(site: &Site, audit: &Audit) -> Vec<Action> {
    let is_sent = |end| end != Some(OutcomeKind::Withdrawn);
    let ends = audit.attempts().map(|(_, attempt)| attempt.end.map(|(_, outcome)| outcome));
    let mut actions = audit.actions();
    for (place, end) in ends.filter(|end| is_sent(*end)).enumerate() {
        let unheard = matches!(end, Some(OutcomeKind::TimedOut | OutcomeKind::Interrupted));
        let id = actions[place].instance;
        let mine = |action: &&Action| action.instance == id && starts_qemu(action.command);
        let known = actions.iter().filter(mine).filter(|action| action.done).count();
        let by_scenario = site.state().started.get(&id).copied().unwrap_or_default();
        let copies = site.copies(id);
        let name = copies.first().map_or("", |guest| guest.name());
        let all: usize = site.hosts().filter_map(|host| host.starts_of(name).ok()).sum();
        if unheard && starts_qemu(actions[place].command) && all > known + by_scenario {
            actions[place].done = true;
        }
    }
    actions
}

/// Each start that is recorded as done is one QEMU; of those whose end is not certain each may be one.
fn miscounted(site: &Site, run: &Run<'_>, name: &str, id: InstanceId) -> Option<String> {
    let of_hosts: Result<usize, _> = site.hosts().map(|host| host.starts_of(name)).sum();
    let all = match of_hosts {
        Ok(all) => all,
        Err(why) => return Some(format!("{name}: the hosts' starts cannot be counted: {why}")),
    };
    let by_scenario = site.state().started.get(&id).copied().unwrap_or_default();
    let starts = |is_so: fn(Option<OutcomeKind>) -> bool| {
        let mine = |attempt: &&Attempted| attempt.instance == id && starts_qemu(attempt.command);
        let attempts = run.audit.attempts().map(|(_, attempt)| attempt).filter(mine);
        attempts.filter(|attempt| is_so(attempt.end.map(|(_, outcome)| outcome))).count()
    };
    let done = by_scenario + starts(|end| end == Some(OutcomeKind::Done));
    let perhaps = starts(|end| match end {
        Some(OutcomeKind::Done | OutcomeKind::AlreadyThere | OutcomeKind::Withdrawn) => false,
        Some(OutcomeKind::Failed | OutcomeKind::TimedOut | OutcomeKind::Interrupted) | None => true,
    });
    let fits = (done..=done + perhaps).contains(&all);
    (!fits).then(|| {
        format!(
            "{name}: the hosts have started {all} QEMUs; {done} by what is recorded as done and by \
             the scenario, and {perhaps} more are not certain"
        )
    })
}

const fn starts_qemu(command: Command) -> bool {
    match command {
        Command::Start | Command::StartPaused | Command::Restart => true,
        Command::Resume
        | Command::Pause
        | Command::Shutdown
        | Command::Destroy
        | Command::Wakeup
        | Command::Redefine => false,
    }
}
