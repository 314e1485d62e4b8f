//! What holds of every single decision, said once: the pass over every case and the random cases
//! both ask these.

use assured::model::{Action, Command, DesiredState, Severity};
use assured::policy::{Decision, Exhausted, Verdict, WaitWhy};
use jiff::Timestamp;

use super::given::{Course, Given, starts};
use super::{guards, sending};

/// Whether a decision is allowed.
pub type Law = fn(&Given<'_>, &Decision) -> bool;

macro_rules! laws {
    ( $( $module:ident :: $law:ident, )+ ) => {
        &[ $( (stringify!($law), $module::$law as Law), )+ ]
    };
}

/// All of them, by name.
pub const LAWS: &[(&str, Law)] = laws! {
    guards::n2_nothing_is_made_to_run_that_may_run_elsewhere,
    guards::n2_nothing_is_defined_again_that_another_host_may_have,
    guards::n2_two_copies_are_critical_and_left_alone,
    guards::n3_n11_a_look_from_before_the_last_change_says_nothing,
    guards::n4_one_action_at_a_time,
    guards::n10_nothing_on_a_host_that_is_not_ready,
    guards::in_maintenance_nothing_is_done,
    guards::what_somebody_holds_is_left_alone,
    guards::n13_what_is_as_desired_gets_nothing,
    judged::n11_nothing_is_accepted_on_a_single_look,
    judged::n12_what_went_down_with_its_host_is_not_accepted,
    judged::n13_an_order_is_carried_out_and_not_judged,
    judged::an_order_waits_where_there_is_no_way,
    judged::a_mismatch_must_hold_for_its_grace_and_its_job,
    judged::what_the_rule_only_says_is_said,
    judged::accepted_is_what_is_seen,
    judged::reports_have_a_reason,
    judged::the_rule_that_is_shown_is_the_tables,
    judged::it_matters_as_much_as_the_rule_says,
    judged::a_wait_is_for_later,
    sending::what_is_sent_leads_on,
    sending::n5_a_spent_budget_is_spent,
    sending::spent_is_told,
    sending::an_attempt_waits_its_delay,
    sending::a_shutdown_is_forced_at_its_stored_time,
    sending::a_shutdown_is_repeated_only_while_none_has_reached_the_guest,
    sending::the_last_attempt_of_a_shutdown_is_kept_for_the_destroy,
    sending::what_was_down_for_too_long_is_reported,
    sending::what_may_be_done_now_is_done,
};

/// The first law that a decision breaks.
pub fn broken(given: &Given<'_>, decision: &Decision) -> Option<&'static str> {
    LAWS.iter().find(|(_, law)| !law(given, decision)).map(|(name, _)| *name)
}

pub fn acts(decision: &Decision) -> bool {
    matches!(decision.verdict, Verdict::Act(_) | Verdict::Accept(_))
}

pub fn waits(decision: &Decision, until: Option<Timestamp>, why: &WaitWhy) -> bool {
    matches!(&decision.verdict, Verdict::Wait { until: u, why: w } if *u == until && w == why)
}

/// What becomes of a mismatch.
mod judged {
    use super::*;

    pub(super) fn n11_nothing_is_accepted_on_a_single_look(g: &Given<'_>, d: &Decision) -> bool {
        !matches!(d.verdict, Verdict::Accept(_)) || g.case.seen_at > g.case.since
    }

    pub(super) fn n12_what_went_down_with_its_host_is_not_accepted(
        g: &Given<'_>,
        d: &Decision,
    ) -> bool {
        !matches!(d.verdict, Verdict::Accept(_)) || g.case.down_with.is_none()
    }

    pub(super) fn n13_an_order_is_carried_out_and_not_judged(g: &Given<'_>, d: &Decision) -> bool {
        let judged = matches!(d.verdict, Verdict::Accept(_) | Verdict::Ignore | Verdict::Alert);
        g.case.settled || g.is_twice() || !judged
    }

    pub(super) fn an_order_waits_where_there_is_no_way(g: &Given<'_>, d: &Decision) -> bool {
        if g.course == Course::Drift || g.command.is_some() || !g.is_free() {
            return true;
        }
        let text = g.case.seen.to_string();
        let gone = text == "missing" || text == "shutoff/migrated";
        waits(d, None, if gone { &WaitWhy::NotHere } else { &WaitWhy::LibvirtWorks })
    }

    /// For drift and for what so many others went down with; what its host took down, and orders,
    /// do not wait.
    pub(super) fn a_mismatch_must_hold_for_its_grace_and_its_job(
        g: &Given<'_>,
        d: &Decision,
    ) -> bool {
        if !g.is_free() || g.is_due() {
            // An order waits for libvirt all the same; and before that come those who are not free.
            let over = g.is_due() && g.case.settled && waits_for(d, &WaitWhy::LibvirtWorks);
            return !over && !waits_for(d, &WaitWhy::Grace);
        }
        let libvirts = g.is_libvirts() && g.course == Course::Drift;
        let why = if libvirts { WaitWhy::LibvirtWorks } else { WaitWhy::Grace };
        waits(d, Some(g.waits_until()), &why)
    }

    fn waits_for(d: &Decision, why: &WaitWhy) -> bool {
        d.verdict.why() == Some(why)
    }

    pub(super) fn what_the_rule_only_says_is_said(g: &Given<'_>, d: &Decision) -> bool {
        if g.course != Course::Drift || !g.is_due() {
            return true;
        }
        match g.rule.action {
            Action::Alert => d.verdict == Verdict::Alert,
            Action::Ignore => d.verdict == Verdict::Ignore,
            Action::Accept if g.case.seen_at <= g.case.since => {
                waits(d, Some(g.case.now), &WaitWhy::FreshLook)
            }
            Action::Accept => matches!(d.verdict, Verdict::Accept(_)),
            _ => true,
        }
    }

    pub(super) fn accepted_is_what_is_seen(g: &Given<'_>, d: &Decision) -> bool {
        let Verdict::Accept(state) = d.verdict else { return true };
        let said = g.rule.action == Action::Accept
            || (g.rule.exhausted == Exhausted::Accept && g.is_spent());
        let seen = match g.case.seen.to_string().split('/').next().unwrap() {
            "running" | "blocked" => DesiredState::Running,
            "paused" => DesiredState::Paused,
            _ => DesiredState::Shutoff,
        };
        state == seen && state.is_met_by(g.case.seen) && state != g.case.desired.state && said
    }

    pub(super) fn reports_have_a_reason(g: &Given<'_>, d: &Decision) -> bool {
        match d.verdict {
            Verdict::Alert => {
                let too_long = g.is_too_long_down() && g.command.is_some_and(starts);
                g.is_twice() || g.rule.action == Action::Alert || too_long
            }
            Verdict::Ignore => g.rule.action == Action::Ignore,
            Verdict::GiveUp => g.rule.exhausted == Exhausted::Stop && g.is_spent() && d.spent,
            _ => true,
        }
    }

    /// And none is shown for an order, which no rule has decided on.
    pub(super) fn the_rule_that_is_shown_is_the_tables(g: &Given<'_>, d: &Decision) -> bool {
        let ruled = g.is_told() && (g.case.settled || !g.is_free());
        d.rule == g.matched.filter(|_| ruled)
    }

    pub(super) fn it_matters_as_much_as_the_rule_says(g: &Given<'_>, d: &Decision) -> bool {
        let restored = matches!(g.course, Course::Restore(_));
        match (g.is_twice(), g.is_free()) {
            (true, _) => d.severity == Severity::Critical,
            // While it is not said yet, or waits where there is no way, it matters to nobody.
            (false, false) => d.severity == Severity::None,
            (false, true) if g.course == Course::Order && g.command.is_none() => {
                d.severity == Severity::None
            }
            // Within its grace it is told as the rule has it; then its way back is told.
            (false, true) if restored && !g.is_due() => {
                Some(d.severity) == g.matched.map(|m| m.rule.severity)
            }
            // Nobody brings that back by himself.
            (false, true) if waits_for(d, &WaitWhy::NoDefinition) => {
                d.severity == g.rule.severity.max(Severity::Warning)
            }
            (false, true) => d.severity == g.rule.severity,
        }
    }

    /// Except for the look that is wanted at once; and at the time that was waited for, it is not
    /// waited for that time again.
    pub(super) fn a_wait_is_for_later(g: &Given<'_>, d: &Decision) -> bool {
        match &d.verdict {
            Verdict::Wait { until: Some(until), why: WaitWhy::FreshLook } => *until == g.case.now,
            Verdict::Wait { until: Some(until), .. } => *until > g.case.now,
            Verdict::Wait { until: None, why } => match why {
                WaitWhy::InFlight
                | WaitWhy::FreshLook
                | WaitWhy::HostNotReady
                | WaitWhy::Maintenance
                | WaitWhy::NotHere
                | WaitWhy::ActiveElsewhere(_)
                | WaitWhy::NoDefinition
                | WaitWhy::DefinedOn(_)
                | WaitWhy::NotAsked(_)
                | WaitWhy::MaybeActiveOn(_) => true,
                // An order waits for libvirt; a rule has a time for that.
                WaitWhy::LibvirtWorks => !g.case.settled,
                _ => false,
            },
            _ => true,
        }
    }
}

/// A command as a verdict sends it.
pub fn sent(decision: &Decision) -> Option<Command> {
    match decision.verdict {
        Verdict::Act(command) => Some(command),
        _ => None,
    }
}
