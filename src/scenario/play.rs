//! Plays a scenario on a stage: the script, the expectations, and what always holds.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};

use super::always;
use super::asks::ask;
use super::audit::Audit;
use super::check::Scene;
use super::deed::{Deed, ServiceDeed};
use super::file::{Scenario, Step, Written};
use super::lives::Lives;
use super::pending::Pending;
use super::stage::{Run, Stage};
use super::story::{Line, Mark, Played, Who, offset, to_millis};
use crate::config::Settings;
use crate::store::Outage;

/// How often an expectation is looked at that may take its time.
const PACE: Duration = Duration::from_millis(100);
/// All that is due at a time is done before it is looked at.
const MOMENT: Duration = Duration::from_millis(1);
/// How far time may go without word of it.
const STRIDE: Duration = Duration::from_secs(600);

/// Told how far a play has come, in the scenario's time.
pub type Progress<'a> = &'a dyn Fn(Duration);

/// Plays a scenario on a stage that is as the scenario has it at its beginning. Inside an actix
/// system, on its thread.
pub async fn play_on<S: Stage>(
    stage: &mut S,
    scenario: &Scenario,
    settings: &Settings,
    progress: Progress<'_>,
) -> Played {
    let began = Instant::now();
    let mut player = Player {
        stage,
        scenario,
        settings,
        progress,
        lives: Lives::default(),
        audit: Audit::default(),
        story: Vec::new(),
        failures: Vec::new(),
        met: 0,
        expected: 0,
        pending: Vec::new(),
        zero: began,
        begin: Timestamp::UNIX_EPOCH,
    };
    player.play().await;
    player.end(began).await
}

struct Player<'a, S> {
    stage: &'a mut S,
    scenario: &'a Scenario,
    settings: &'a Settings,
    progress: Progress<'a>,
    lives: Lives,
    audit: Audit,
    story: Vec<Line>,
    failures: Vec<String>,
    met: usize,
    expected: usize,
    pending: Vec<Pending<'a>>,
    /// The scenario's beginning, on both clocks.
    zero: Instant,
    begin: Timestamp,
}

impl<'a, S: Stage> Player<'a, S> {
    async fn play(&mut self) {
        if let Err(why) = self.first_sight().await {
            self.failures.push(why);
            return;
        }
        let scenario = self.scenario;
        for (at, step) in scenario.moments() {
            self.pass_until(self.zero + at).await;
            for deed in &step.deeds {
                self.do_it(step, deed).await;
            }
            if !step.deeds.is_empty() || step.within.is_none() {
                sleep(MOMENT).await;
            }
            for expect in &step.expects {
                self.expected += 1;
                let until = self.zero + at + step.within.unwrap_or_default();
                let mut pending = Pending::new(step, expect, until);
                if !self.settle(&mut pending).await {
                    self.pending.push(pending);
                }
            }
        }
        while let Some(last) = self.pending.iter().map(|pending| pending.until).max() {
            self.pass_until(last + MOMENT).await;
        }
    }

    /// Starts the service, and waits until it has seen everything once.
    async fn first_sight(&mut self) -> Result<(), String> {
        self.lives.start(&*self.stage, self.settings).await?;
        self.lives.first_sight(&self.scenario.missing()).await?;
        self.zero = Instant::now();
        self.begin = self.lives.now().unwrap_or(self.begin);
        Ok(())
    }

    /// Lets time pass, and looks at what is still to be met meanwhile.
    async fn pass_until(&mut self, target: Instant) {
        loop {
            let now = Instant::now();
            let pace = if self.pending.is_empty() { STRIDE } else { PACE };
            sleep_until(target.min(now + pace)).await;
            self.listen().await;
            for mut pending in std::mem::take(&mut self.pending) {
                if !self.settle(&mut pending).await {
                    self.pending.push(pending);
                }
            }
            (self.progress)(self.zero.elapsed());
            if Instant::now() >= target {
                return;
            }
        }
    }

    async fn do_it(&mut self, step: &Step, deed: &Written<Deed>) {
        self.listen().await;
        let who = match deed.means {
            Deed::World(_) | Deed::Service(_) => Who::World,
            Deed::Api(_) => Who::Api,
        };
        self.say(who, &deed.text, None);
        let names = &self.scenario.names;
        let done = match &deed.means {
            Deed::World(world) => self.stage.carry_out(world, names).await,
            Deed::Service(service) => self.serve(*service).await,
            Deed::Api(api) => match self.lives.arbiter() {
                Some(arbiter) => ask(arbiter, api, names).await,
                None => Err("the service does not run".to_owned()),
            },
        };
        if let Err(why) = done {
            self.fail(step, &deed.text, &why);
        }
    }

    async fn serve(&mut self, deed: ServiceDeed) -> Result<(), String> {
        match deed {
            ServiceDeed::StopService => self.lives.stop(),
            ServiceDeed::KillService => self.lives.kill().await,
            ServiceDeed::StartService => self.lives.start(&*self.stage, self.settings).await,
            ServiceDeed::DatabaseFails => self.database(Outage::Begins),
            ServiceDeed::DatabaseWorks => self.database(Outage::Ends),
        }
    }

    fn database(&self, outage: Outage) -> Result<(), String> {
        self.stage.store().simulate(outage);
        Ok(())
    }

    /// Whether an expectation is over: met, or its time is.
    async fn settle(&mut self, pending: &mut Pending<'a>) -> bool {
        self.listen().await;
        let over = Instant::now() >= pending.until;
        let fleet = self.lives.fleet();
        if pending.is_as_before(&fleet, self.audit.newest()) && !over {
            return false;
        }
        let scene = Scene {
            stage: &*self.stage,
            names: &self.scenario.names,
            audit: &self.audit,
            fleet,
            life: self.lives.life(),
            begin: self.begin,
        };
        let differences = scene.differences(&pending.expect.means).await;
        let met = differences.is_empty();
        if !met && !over {
            return false;
        }
        let mark = if met { Mark::Met } else { Mark::Missed };
        self.say(Who::Check, &pending.expect.text, Some(mark));
        if met {
            self.met += 1;
        } else {
            self.fail(pending.step, &pending.expect.text, &differences.join("; "));
        }
        true
    }

    fn say(&mut self, who: Who, text: &str, mark: Option<Mark>) {
        let (at, text) = (self.at(), text.to_owned());
        self.story.push(Line { at, who, kind: None, subject: None, text, mark });
    }

    fn fail(&mut self, step: &Step, what: &str, why: &str) {
        let at = offset(self.at());
        self.failures.push(format!("{} at {at}: {what}: {why}", step.place));
    }

    /// Takes up what the service has written down since.
    async fn listen(&mut self) {
        let names = &self.scenario.names;
        // An unavailable database has nothing new in it.
        let Ok(new) = self.audit.read_on(&self.stage.store()).await else { return };
        for event in new {
            let host = event.host.as_ref().map(ToString::to_string);
            let subject = event.instance.map(|id| names.of(id)).or(host);
            let at = event.at.duration_since(self.begin);
            self.story.extend(Line::of(event, at, subject));
        }
    }

    fn at(&self) -> SignedDuration {
        to_millis(SignedDuration::try_from(self.zero.elapsed()).unwrap_or(SignedDuration::MAX))
    }

    async fn end(mut self, began: Instant) -> Played {
        let simulated = began.elapsed();
        self.stage.store().simulate(Outage::Ends);
        self.failures.extend(self.lives.end().await);
        self.listen().await;
        let run = Run {
            audit: &self.audit,
            settings: self.settings,
            ends: self.lives.ends(),
            names: &self.scenario.names,
        };
        let flaws = always::flaws(&run).into_iter().chain(self.stage.flaws(&run));
        self.failures.extend(flaws.map(|flaw| format!("always: {flaw}")));
        // What happened at one moment stays in the order in which it was told.
        self.story.sort_by_key(|line| line.at);
        Played {
            story: self.story,
            failures: self.failures,
            met: self.met,
            expected: self.expected,
            simulated,
            ..Played::of(self.scenario)
        }
    }
}
