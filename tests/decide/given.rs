//! A case with what it was made from, and what follows from that by SEMANTICS, worked out without
//! the code under test.

use std::time::Duration;

use assured::model::{Action, Attempt, Command, DownWith, IncidentId, OutcomeKind, State};
use assured::policy::{
    Attempts, Case, Cell, Elsewhere, Exhausted, HostView, Matched, Redefinable, Rule,
};
use jiff::Timestamp;

use super::build::later;
use super::ways::way;

/// Which way a mismatch is dealt with, where no guard comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The instance had been in its desired state: what the rule says.
    Drift,
    /// It has not been there yet: the direct way.
    Order,
    /// It went down with its host, and the rule would accept that: the direct way back.
    Restore(DownWith),
}

/// A case, and what follows from it.
#[derive(Debug)]
pub struct Given<'a> {
    pub case: Case<'a>,
    pub tried: &'a [Attempt],
    pub incident: Option<IncidentId>,
    /// What the table has; none where the condition is as desired.
    pub matched: Option<Matched>,
    pub course: Course,
    /// The command that leads on from here, before a shutdown becomes a destroy.
    pub command: Option<Command>,
    /// The rule whose budget and times count.
    pub rule: Rule,
    /// The attempts that cost something.
    pub used: u32,
    /// When the last of these ended, as far as is known.
    pub last: Option<Timestamp>,
}

impl<'a> Given<'a> {
    pub fn new(case: Case<'a>, tried: &'a [Attempt], incident: Option<IncidentId>) -> Self {
        let case = Case { attempts: Attempts::new(tried, incident), ..case };
        let matched = match case.table.cell(case.desired.state, case.seen) {
            Cell::InSync => None,
            Cell::Rule(matched) => Some(*matched),
        };
        let own = matched.map_or_else(|| Rule::new(Action::Ignore), |m| m.rule);
        let course = match case.down_with {
            _ if !case.settled => Course::Order,
            Some(with) if own.action == Action::Accept => Course::Restore(with),
            Some(_) | None => Course::Drift,
        };
        // An order goes as far as the host has something that it can be given to; a policy that
        // would define the domain again makes that the first step.
        let again = (own.action == Action::Redefine).then_some(Command::Redefine);
        let direct = way(case.desired.state, case.seen).or(again);
        let command = if course == Course::Drift { own.action.command() } else { direct };
        let mut rule = match (course, command) {
            (Course::Order, Some(c)) if own.action.command() == Some(c) => own,
            (Course::Order, Some(c)) => Rule::new(c.as_str().parse().unwrap()),
            (Course::Restore(_), Some(c)) => {
                let max_downtime = own.max_downtime;
                Rule { max_downtime, grace: own.grace, ..Rule::new(c.as_str().parse().unwrap()) }
            }
            _ => own,
        };
        if course == Course::Order {
            rule.max_downtime = None;
        }
        // Neither an order nor what went down with its host is accepted away.
        let keeps = course == Course::Order || case.down_with.is_some();
        if keeps && rule.exhausted == Exhausted::Accept {
            rule.exhausted = Exhausted::Slow;
        }
        let mut costs = tried.iter().filter(|a| costs(a));
        let used = u32::try_from(costs.clone().count()).unwrap();
        let last = costs.next_back().map(|a| a.outcome.as_ref().map_or(a.at, |o| o.at));
        Self { case, tried, incident, matched, course, command, rule, used, last }
    }

    /// For the message of a failed test: everything but the table.
    pub fn tell(&self) -> String {
        let case = &self.case;
        let tried: Vec<_> = self
            .tried
            .iter()
            .map(|a| (a.command, a.incident, a.at, a.outcome.as_ref().map(|o| (o.kind, o.at))))
            .collect();
        format!(
            "{} {} at {}, settled {}, seen {}, since {}, valid from {}, last active {:?}, \
             grace from {:?}, down with {:?}, {:?}, {:?}, {:?}, hold {:?}, {:?} by {:?}\ntried: {tried:#?}",
            case.desired.state,
            case.seen,
            case.now,
            case.settled,
            case.seen_at,
            case.since,
            case.valid_from,
            case.last_active,
            case.grace_from,
            case.down_with,
            case.host,
            case.elsewhere,
            case.redefinable,
            case.hold,
            self.course,
            self.rule,
        )
    }

    pub fn is_met(&self) -> bool {
        self.matched.is_none()
    }

    pub fn is_twice(&self) -> bool {
        matches!(self.case.elsewhere, Elsewhere::Twice(_))
    }

    pub fn is_in_flight(&self) -> bool {
        self.tried.iter().any(|a| a.outcome.is_none())
    }

    pub fn is_held(&self) -> bool {
        self.case.hold.is_some_and(|h| h.until > self.case.now)
    }

    /// The mismatch is one that may be talked about: no duplicate, nothing in flight, and a look
    /// that counts.
    pub fn is_told(&self) -> bool {
        let young = self.case.seen_at >= self.case.valid_from;
        !self.is_twice() && !self.is_in_flight() && young && !self.is_met()
    }

    /// And nothing stands in the way of doing something about it but its rule.
    pub fn is_free(&self) -> bool {
        self.is_told() && self.case.host == HostView::Ready && !self.is_held()
    }

    /// The times that the mismatch must have held for are over as well.
    pub fn is_due(&self) -> bool {
        self.is_free() && self.case.now >= self.waits_until()
    }

    pub fn grace_ends(&self) -> Timestamp {
        later(self.counted_from(), self.rule.grace)
    }

    /// libvirt has paused the domain for work of its own.
    pub fn is_libvirts(&self) -> bool {
        const WORK: &[&str] = &[
            "migration",
            "save",
            "dump",
            "from_snapshot",
            "shutting_down",
            "snapshot",
            "starting_up",
            "postcopy",
            "api_error",
        ];
        let reason = self.case.seen.reason().unwrap_or_default();
        self.case.seen.state() == State::Paused && WORK.contains(&reason)
    }

    /// When libvirt's own job has been let alone for long enough.
    pub fn job_ends(&self) -> Timestamp {
        later(self.counted_from(), Duration::from_secs(600))
    }

    /// Until when the rule or the course has it left alone; the beginning of time if it has not.
    pub fn waits_until(&self) -> Timestamp {
        let job = self.is_libvirts() && self.rule.action.command().is_some();
        match self.course {
            Course::Order | Course::Restore(DownWith::Host) => Timestamp::MIN,
            Course::Drift if self.rule.action == Action::Ignore => Timestamp::MIN,
            Course::Drift if job => self.grace_ends().max(self.job_ends()),
            Course::Drift | Course::Restore(DownWith::Others) => self.grace_ends(),
        }
    }

    /// The shutdowns of this episode that cost something.
    pub fn shutdowns(&self) -> impl Iterator<Item = &'a Attempt> + '_ {
        self.episode().filter(|a| a.command == Command::Shutdown && costs(a))
    }

    /// When a guest that does not listen is destroyed.
    pub fn force_at(&self) -> Option<Timestamp> {
        self.shutdowns().next().map(|a| later(a.at, self.rule.force_after))
    }

    pub fn destroys(&self) -> impl Iterator<Item = &'a Attempt> + '_ {
        self.episode().filter(|a| a.command == Command::Destroy && costs(a))
    }

    pub fn is_spent(&self) -> bool {
        self.used >= self.rule.retry.attempts
    }

    /// Whether a start would bring up what may run elsewhere, or was down for too long; a redefine
    /// is taken for one.
    pub fn may_start(&self) -> bool {
        self.case.elsewhere == Elsewhere::Nowhere && !self.is_too_long_down()
    }

    pub fn is_too_long_down(&self) -> bool {
        match (self.rule.max_downtime, self.case.last_active) {
            (Some(longest), Some(last)) => later(last, longest) < self.case.now,
            _ => false,
        }
    }

    /// Whether it is known that no other host has what is to be defined again, and what to define.
    pub fn may_redefine(&self) -> bool {
        self.command != Some(Command::Redefine) || self.case.redefinable == Redefinable::Yes
    }

    fn counted_from(&self) -> Timestamp {
        self.case.grace_from.map_or(self.case.since, |from| from.max(self.case.since))
    }

    fn episode(&self) -> impl Iterator<Item = &'a Attempt> + '_ {
        self.tried.iter().filter(|a| self.incident.is_none_or(|i| a.incident == Some(i)))
    }
}

/// Whether an attempt counts against the budget: every one that may have been sent.
pub fn costs(attempt: &Attempt) -> bool {
    attempt.outcome.as_ref().is_none_or(|o| o.kind != OutcomeKind::Withdrawn)
}

/// What was stopped in its memory here runs on after this, and may have gone on elsewhere.
pub fn goes_on(command: Command) -> bool {
    matches!(command, Command::Resume | Command::Wakeup)
}

/// Whether this brings a domain up, or makes it possible.
pub fn starts(command: Command) -> bool {
    matches!(command, Command::Start | Command::StartPaused | Command::Restart | Command::Redefine)
}
