//! Where a plan is played: the world, the service in it, and what is known of both.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use assured::actors::messages::ReleaseHold;
use assured::hypervisor::sim::{SimHost, World};
use assured::model::{By, Command, InstanceId};
use assured::store::{Outage, Store};
use jiff::Timestamp;
use tokio::time::sleep;

use super::log::{self, Held, Log};
use super::plan::{Plan, host_name, seat_id};
use super::steps::{Act, Database, ServiceAct, Step};
use crate::rig::{Rig, Service};

/// How a host can be reached, as the script has made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Up,
    Hung,
    Refusing,
    NoDaemon,
    NoPower,
}

pub struct Stage {
    pub plan: Plan,
    pub rig: Rig,
    pub ids: Vec<InstanceId>,
    pub reach: Vec<Reach>,
    pub service: Option<Service>,
    pub is_out: bool,
    pub log: Rc<RefCell<Log>>,
}

/// The world's beginning in wall time: as in the rig.
pub fn origin() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// A time of the database's, since the world began.
pub fn age_of(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(origin())).unwrap_or_default()
}

impl Stage {
    /// The world of a plan, and a service in it.
    pub async fn new(plan: &Plan) -> Self {
        let world = World::new();
        world.keep_record();
        for host in 0..plan.shape.hosts {
            world.host(&host_name(host)).set_latency(Duration::from_millis(plan.shape.latency));
        }
        let ids: Vec<_> = (0..plan.shape.seats.len()).map(seat_id).collect();
        for (seat, &id) in plan.shape.seats.iter().zip(&ids) {
            world.host(&host_name(seat.host)).put(id, &seat.name, seat.condition);
        }
        let store = Store::in_memory().unwrap();
        let rig = Rig { world, store, config: plan.config(), wrap: None, next: Rc::default() };
        let mut stage = Self {
            reach: vec![Reach::Up; plan.shape.hosts],
            plan: plan.clone(),
            rig,
            ids,
            service: None,
            is_out: false,
            log: Rc::default(),
        };
        stage.start().await;
        sleep(Duration::from_secs(15)).await;
        stage
    }

    pub fn now(&self) -> Duration {
        self.rig.world.age()
    }

    pub fn host(&self, host: usize) -> SimHost {
        self.rig.host(&host_name(host))
    }

    /// The host that an instance belongs to, as far as is shown.
    pub fn home(&self, seat: usize) -> usize {
        let shown = self.service.as_ref().and_then(|s| {
            let fleet = s.board.fleet();
            let view = fleet.instances.get(&self.ids[seat])?;
            (0..self.plan.shape.hosts).find(|&h| host_name(h) == view.host.as_str())
        });
        shown.unwrap_or(self.plan.shape.seats[seat].host)
    }

    /// Where a domain is: where it is active, or else where it belongs.
    pub fn place(&self, seat: usize) -> usize {
        let active = |&h: &usize| self.host(h).condition(self.ids[seat]).is_active();
        (0..self.plan.shape.hosts).find(active).unwrap_or_else(|| self.home(seat))
    }

    pub fn touch_host(&self, host: usize) {
        let now = self.now();
        let mut log = self.log.borrow_mut();
        for (seat, &id) in self.ids.iter().enumerate() {
            let there = self.host(host).condition(id) != assured::model::Condition::Missing;
            if there || self.home(seat) == host {
                log.touched.push((now, id));
            }
        }
    }

    pub async fn play(&mut self, step: &Step) {
        sleep(step.after).await;
        let at = self.now();
        self.log.borrow_mut().told.push(format!("{:>9.3} {:?}", at.as_secs_f64(), step.act));
        match &step.act {
            Act::Cause(seat, cause) => self.cause(*seat, cause),
            Act::Host(host, act) => self.fault(*host, act),
            Act::Order(seat, order) => self.order(*seat, order),
            Act::Adopt(host) => self.adopt(*host),
            Act::Service(ServiceAct::Start) => self.start().await,
            Act::Service(ServiceAct::Kill) => self.kill().await,
            Act::Service(ServiceAct::Stop) => self.stop().await,
            Act::Database(Database::Out) => self.outage(Outage::Begins),
            Act::Database(Database::Back) => self.outage(Outage::Ends),
        }
    }

    pub async fn start(&mut self) {
        if self.service.is_none() {
            // No two lives in one moment: the clock of each begins anew.
            sleep(Duration::from_millis(20)).await;
            log::begin(&mut self.log.borrow_mut().lives, self.now());
            self.service = Some(self.rig.start_at_once().await);
        }
    }

    async fn kill(&mut self) {
        if let Some(service) = self.service.take() {
            service.kill().await;
            log::end(&mut self.log.borrow_mut().lives, self.now());
        }
    }

    async fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            let ending = service.stop().await;
            self.log.borrow_mut().told.push(format!("          ended: {ending:?}"));
            log::end(&mut self.log.borrow_mut().lives, self.now());
        }
    }

    pub fn outage(&mut self, outage: Outage) {
        let (now, begins) = (self.now(), outage == Outage::Begins);
        if begins == self.is_out {
            return;
        }
        self.is_out = begins;
        self.rig.store.simulate(outage);
        let outages = &mut self.log.borrow_mut().outages;
        if begins { log::begin(outages, now) } else { log::end(outages, now) }
    }

    /// Ends everything that is wrong with the world, and lets time pass.
    pub async fn heal(&mut self, quiet: Duration) {
        self.mend_all().await;
        // In half of the runs holds end by their time limit.
        if self.plan.seed.is_multiple_of(2) {
            sleep(Duration::from_secs(60)).await;
            self.release_all().await;
        }
        sleep(quiet).await;
    }

    /// Ends everything that is wrong with the world and with the service.
    pub async fn mend_all(&mut self) {
        let now = self.now();
        self.log.borrow_mut().told.push(format!("{:>9.3} healed", now.as_secs_f64()));
        self.outage(Outage::Ends);
        for number in 0..self.plan.shape.hosts {
            self.mend(number);
            let host = self.host(number);
            for &id in &self.ids {
                host.end_job(id);
            }
            host.set_latency(Duration::from_millis(self.plan.shape.latency));
            host.set_start_delay(Duration::ZERO);
            host.set_shutdown_delay(Duration::ZERO);
            host.fail_reads(0, "");
            host.answer_empty(0);
            for &command in Command::ALL {
                host.fail_actions(command, 0, "");
            }
        }
        self.start().await;
    }

    async fn release_all(&mut self) {
        let Some(service) = &self.service else { return };
        for (id, view) in &service.board.fleet().instances {
            for hold in &view.holds {
                let of = hold.by.parse::<By>().ok();
                let release = ReleaseHold { id: *id, of, by: By::ApiLocal };
                // Whatever the answer is, from here on it may be over.
                let at = self.rig.world.age();
                self.log.borrow_mut().holds.push(Held { id: *id, at, until: None });
                let answer = service.arbiter.send(release).await;
                let Ok(Ok(view)) = answer else { continue };
                let until = view.holds.last().map(|hold| age_of(hold.until));
                let at = self.now();
                self.log.borrow_mut().holds.push(Held { id: *id, at, until });
            }
        }
    }
}
