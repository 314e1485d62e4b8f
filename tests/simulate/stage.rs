//! Where a plan is played: the world, the service in it, and what is known of both.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use assured::actors::messages::{EndMaintenance, PutMaintenance, ReleaseHold, Reload};
use assured::config::Settings;
use assured::faults::{self, Point, Rule};
use assured::hypervisor::faulty::{Deadlines, Faulty};
use assured::hypervisor::sim::{SimHost, World};
use assured::hypervisor::{Hypervisor, Operation};
use assured::model::{By, Command, HostId, InstanceId};
use assured::store::{Outage, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{sleep, timeout};

use super::calm::Calm;
use super::log::{self, Held, Life, Log, Span, Working};
use super::orders::answered;
use super::plan::{Plan, host_name, seat_id};
use super::steps::{Act, Database, Disturbance, Kind, ServiceAct, Step, Whom, Work};
use crate::rig::{Rig, Service, Wrap};

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
    pub settings: Settings,
    pub ids: Vec<InstanceId>,
    pub reach: Vec<Reach>,
    pub service: Option<Service>,
    pub is_out: bool,
    pub calm: Calm,
    /// Hosts whose calls take so long that looks may be missed.
    pub slow: Vec<bool>,
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

/// While it lives, the database can be read by the test, whatever is wrong with it for the service.
pub struct Aside<'a> {
    _faults: faults::Aside,
    out: Option<&'a Store>,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        if let Some(store) = self.out {
            store.simulate(Outage::Begins);
        }
    }
}

/// Puts the points of calls around each host.
fn disturbable() -> Wrap {
    let deadlines = Deadlines { read: Duration::from_secs(5), action: Duration::from_secs(120) };
    Rc::new(move |id: &HostId, host: Rc<dyn Hypervisor>| {
        Faulty::around(id.clone(), deadlines, host)
    })
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
        let config = plan.config();
        let next = Rc::new(RefCell::new(config.clone()));
        let skew = SignedDuration::ZERO;
        let rig = Rig {
            world,
            store,
            config,
            wrap: Some(disturbable()),
            next,
            skew,
            known: RefCell::default(),
        };
        let mut stage = Self {
            reach: vec![Reach::Up; plan.shape.hosts],
            slow: vec![false; plan.shape.hosts],
            settings: rig.settings(),
            calm: Calm::new(plan.shape.hosts, plan.shape.seats.len()),
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

    /// Lets the test read the database.
    pub fn aside(&self) -> Aside<'_> {
        let out = self.is_out.then_some(&self.rig.store);
        if let Some(store) = out {
            store.simulate(Outage::Ends);
        }
        Aside { _faults: faults::aside(), out }
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
        self.look_after_the_service().await;
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
            Act::Disturb(disturbance) => self.disturb(disturbance),
            Act::Clock(seconds) => self.rig.skew += SignedDuration::from_secs(*seconds),
            Act::Maintenance(host, work) => self.maintenance(*host, *work),
            Act::Reload => {
                if let Some(service) = &self.service {
                    let reload = service.doors.reload.send(Reload { by: "SIGHUP".to_owned() });
                    tokio::task::spawn_local(reload);
                }
            }
        }
        self.calm.note(self.now(), &self.plan);
    }

    /// As a service manager does: a service that has ended by itself is started again.
    async fn look_after_the_service(&mut self) {
        let Some(over) = self.service.as_ref().and_then(|service| service.over.get()) else {
            return;
        };
        let Some(service) = self.service.take() else { return };
        let ending = service.ending().await;
        let told = format!("{:>9.3} the service ended: {ending:?}", over.as_secs_f64());
        {
            let mut log = self.log.borrow_mut();
            log.told.push(told);
            log.gave_up += 1;
            if let Some(life) = log.lives.last_mut() {
                life.span.to = Some(over);
            }
        }
        self.start().await;
    }

    fn disturb(&mut self, disturbance: &Disturbance) {
        let Disturbance { point, whom, kind, after, times } = disturbance.clone();
        let seat_name = |seat: usize| self.plan.shape.seats[seat].name.clone();
        let name = match whom {
            Whom::Anybody => None,
            Whom::Host(host) => Some(host_name(host)),
            Whom::Seat(seat) => Some(seat_name(seat)),
            Whom::Command(command) => Some(Operation::Act(command).to_string()),
        };
        let reaching = point.as_str().starts_with("host.")
            || matches!(point, Point::HypervisorConnect | Point::HypervisorList);
        if let (true, Whom::Host(host)) = (reaching, whom) {
            let now = self.now();
            let times = std::iter::repeat_n((now, host), times as usize);
            self.log.borrow_mut().cut_off.extend(times);
        }
        {
            let mut log = self.log.borrow_mut();
            log.disturbed += 1;
            let reads = matches!(whom, Whom::Host(_)) && matches!(kind, Kind::Delay(_));
            let on_the_way =
                ["hypervisor.", "host."].iter().any(|of| point.as_str().starts_with(of));
            log.held_up += usize::from(reads && on_the_way);
        }
        faults::arm(Rule { point, name, after, times, fault: kind.fault() });
    }

    fn maintenance(&self, host: usize, work: Work) {
        let Some(service) = &self.service else { return };
        let (id, by) = (HostId::from(host_name(host).as_str()), By::ApiLocal);
        let (log, world) = (self.log.clone(), self.rig.world.clone());
        let asked = self.log.borrow().works.len();
        let note = move |working: bool| {
            let (at, mut log) = (world.age(), log.borrow_mut());
            // If something was asked for meanwhile, nobody knows what is so.
            if !working || log.works[asked..].iter().all(|work| work.host != host) {
                log.works.push(Working { at, host, working });
            }
        };
        match work {
            Work::Begins => {
                let put = PutMaintenance { host: id, reason: "work".to_owned(), by };
                let answer = service.arbiter.send(put);
                tokio::task::spawn_local(async move {
                    if let Ok(Ok(_)) = answer.await {
                        note(true);
                    }
                });
            }
            Work::Ends => {
                // Whatever the answer is, from here on it may be over.
                note(false);
                answered(service.arbiter.send(EndMaintenance { host: id, by }), self.log.clone());
            }
        }
    }

    pub async fn start(&mut self) {
        if self.service.is_none() {
            // No two lives in one moment: the clock of each begins anew.
            sleep(Duration::from_millis(20)).await;
            let loaded = {
                let _aside = self.aside();
                self.rig.store.load().unwrap()
            };
            let life = Life {
                span: Span { from: self.now(), to: None },
                skew: self.rig.skew,
                last_event: loaded.last_event.0,
                last_attempt: loaded.last_attempt.0,
            };
            self.log.borrow_mut().lives.push(life);
            self.service = Some(self.rig.start_at_once().await);
        }
    }

    /// A time of this life's clock, since the world began.
    pub fn age_of(&self, at: Timestamp) -> Duration {
        let skew = self.log.borrow().lives.last().map_or(SignedDuration::ZERO, |life| life.skew);
        age_of(at - skew)
    }

    async fn kill(&mut self) {
        if let Some(service) = self.service.take() {
            service.kill().await;
            self.life_is_over();
        }
    }

    async fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            let ending = service.stop().await;
            self.log.borrow_mut().told.push(format!("          ended: {ending:?}"));
            self.life_is_over();
        }
    }

    fn life_is_over(&self) {
        let now = self.now();
        if let Some(life) = self.log.borrow_mut().lives.last_mut() {
            life.span.to.get_or_insert(now);
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
        self.end_all_works().await;
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
        faults::disarm();
        self.look_after_the_service().await;
        for number in 0..self.plan.shape.hosts {
            self.mend(number);
            let host = self.host(number);
            for &id in &self.ids {
                host.end_job(id);
            }
            host.set_latency(Duration::from_millis(self.plan.shape.latency));
            self.slow[number] = false;
            host.set_start_delay(Duration::ZERO);
            host.set_shutdown_delay(Duration::ZERO);
            host.fail_reads(0, "");
            host.answer_empty(0);
            for &command in Command::ALL {
                host.fail_actions(command, 0, "");
            }
        }
        self.start().await;
        for host in 0..self.plan.shape.hosts {
            self.maintenance(host, Work::Ends);
        }
    }

    /// Ends all maintenance, as somebody does who is refused while the service finds its feet, and asks again.
    async fn end_all_works(&mut self) {
        for host in 0..self.plan.shape.hosts {
            let id = HostId::from(host_name(host).as_str());
            let at = self.now();
            self.log.borrow_mut().works.push(Working { at, host, working: false });
            for _ in 0..30 {
                // It may be ending at this very moment.
                sleep(Duration::from_secs(1)).await;
                self.look_after_the_service().await;
                let Some(service) = &self.service else { return };
                let end = EndMaintenance { host: id.clone(), by: By::ApiLocal };
                if let Ok(Ok(Ok(_))) =
                    timeout(Duration::from_secs(60), service.arbiter.send(end)).await
                {
                    break;
                }
                sleep(Duration::from_secs(4)).await;
            }
        }
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
                let until = view.holds.last().map(|hold| self.age_of(hold.until));
                let at = self.now();
                self.log.borrow_mut().holds.push(Held { id: *id, at, until });
            }
        }
    }
}
