//! The laws about what comes before any rule.

use assured::model::{Command, Severity};
use assured::policy::{Decision, Elsewhere, HostView, Redefinable, Verdict, WaitWhy};

use super::given::{Given, goes_on, starts};
use super::laws::{acts, waits};

pub fn n2_nothing_is_made_to_run_that_may_run_elsewhere(g: &Given<'_>, d: &Decision) -> bool {
    match (&d.verdict, &g.case.elsewhere) {
        (Verdict::Act(command), elsewhere) if starts(*command) || goes_on(*command) => {
            *elsewhere == Elsewhere::Nowhere
        }
        _ => true,
    }
}

pub fn n2_nothing_is_defined_again_that_another_host_may_have(g: &Given<'_>, d: &Decision) -> bool {
    d.verdict != Verdict::Act(Command::Redefine) || g.case.redefinable == Redefinable::Yes
}

pub fn n2_two_copies_are_critical_and_left_alone(g: &Given<'_>, d: &Decision) -> bool {
    let told = d.verdict == Verdict::Alert && d.severity == Severity::Critical;
    !g.is_twice() || (told && d.rule.is_none())
}

pub fn n3_n11_a_look_from_before_the_last_change_says_nothing(g: &Given<'_>, d: &Decision) -> bool {
    let first = g.is_twice() || g.is_in_flight();
    first || g.case.seen_at >= g.case.valid_from || waits(d, None, &WaitWhy::FreshLook)
}

pub fn n4_one_action_at_a_time(g: &Given<'_>, d: &Decision) -> bool {
    g.is_twice() || !g.is_in_flight() || waits(d, None, &WaitWhy::InFlight)
}

pub fn n10_nothing_on_a_host_that_is_not_ready(g: &Given<'_>, d: &Decision) -> bool {
    let not_ready = g.case.host == HostView::NotReady;
    !(not_ready && acts(d))
        && (!(not_ready && g.is_told()) || waits(d, None, &WaitWhy::HostNotReady))
}

pub fn in_maintenance_nothing_is_done(g: &Given<'_>, d: &Decision) -> bool {
    let maintained = g.case.host == HostView::Maintenance;
    !(maintained && acts(d))
        && (!(maintained && g.is_told()) || waits(d, None, &WaitWhy::Maintenance))
}

pub fn what_somebody_holds_is_left_alone(g: &Given<'_>, d: &Decision) -> bool {
    let Some(hold) = g.case.hold.filter(|_| g.is_held()) else { return true };
    let why = WaitWhy::Held { by: hold.by.clone(), reason: hold.reason.clone() };
    let told = g.is_told() && g.case.host == HostView::Ready;
    !acts(d) && (!told || waits(d, Some(hold.until), &why))
}

pub fn n13_what_is_as_desired_gets_nothing(g: &Given<'_>, d: &Decision) -> bool {
    let young = g.case.seen_at >= g.case.valid_from;
    let met = g.is_met() && young && !g.is_twice() && !g.is_in_flight();
    met == (*d == Decision::in_sync()) && met == (d.verdict == Verdict::InSync)
}
