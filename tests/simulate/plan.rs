//! From a seed to a plan: a world, what the service is configured with, and what happens.

use std::fmt::Write as _;
use std::time::Duration;

use assured::faults::Point;
use assured::model::{Condition, DesiredState, InstanceId};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::draw::{draw_step, pick};
use super::policies;
use super::steps::{Act, Disturbance, Guard, Kind, Order, Step, text};

/// All that one run is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub seed: u64,
    pub shape: Shape,
    pub steps: Vec<Step>,
}

/// The world and the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shape {
    pub hosts: usize,
    /// How many actions at once, for each host and in all.
    pub limits: Vec<usize>,
    pub total: usize,
    /// `mass_change.at_least`.
    pub at_least: usize,
    /// The same machine may be put on two hosts by hand.
    pub copies: bool,
    /// How long every call takes, in milliseconds.
    pub latency: u64,
    /// The policies as TOML, and their names.
    pub policies: String,
    pub names: Vec<String>,
    pub seats: Vec<Seat>,
}

/// One domain, and what the configuration says of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seat {
    pub name: String,
    pub host: usize,
    #[serde(with = "text")]
    pub condition: Condition,
    /// None: no instance stands for it.
    pub desired: Option<DesiredState>,
    pub policy: usize,
    pub priority: i32,
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let shape = Shape::draw(&mut rng);
        let count = rng.usize(30..=80);
        let mut steps = Vec::with_capacity(count);
        let mut owed: Vec<(usize, Act)> = Vec::new();
        while steps.len() < count {
            // What was broken is mostly mended some steps later.
            let due = owed.iter().position(|(at, _)| *at <= steps.len());
            let act = match due {
                Some(place) => owed.swap_remove(place).1,
                None => draw_step(&mut rng, &shape),
            };
            if let Some(mending) = act.mending()
                && rng.u8(0..10) < 9
                && due.is_none()
            {
                owed.push((steps.len() + rng.usize(1..=5), mending));
            }
            steps.push(Step { after: distance(&mut rng), act });
        }
        pursue(&mut rng, &mut steps, shape.latency);
        Self { seed, shape, steps }
    }

    /// For how long at most the script delays whoever comes to a point.
    pub fn longest_delay(&self, point: Point) -> Duration {
        let delays = self.steps.iter().filter_map(|step| match &step.act {
            Act::Disturb(Disturbance { point: at, kind: Kind::Delay(ms), .. }) if *at == point => {
                Some(Duration::from_millis(*ms))
            }
            _ => None,
        });
        delays.max().unwrap_or_default()
    }

    /// The seat of an instance.
    pub fn seat_of(&self, id: InstanceId) -> Option<&Seat> {
        let place = (0..self.shape.seats.len()).find(|&n| seat_id(n) == id)?;
        self.shape.seats.get(place)
    }

    /// The configuration file.
    pub fn config(&self) -> String {
        let shape = &self.shape;
        let mut text = String::new();
        for (host, limit) in shape.limits.iter().enumerate() {
            let _ = write!(
                text,
                "[[hosts]]\nid = \"{0}\"\nuri = \"test:///{0}\"\nmax_concurrent_actions = {limit}\n",
                host_name(host)
            );
        }
        let _ = write!(
            text,
            "[service]\nmax_concurrent_actions = {}\nmass_change = {{ at_least = {}, share = 0.5 }}\n{}",
            shape.total, shape.at_least, shape.policies
        );
        for seat in &shape.seats {
            let Some(desired) = seat.desired else { continue };
            let _ = write!(
                text,
                "[[instances]]\nname = \"{}\"\nhost = \"{}\"\ndesired = \"{desired}\"\n\
                 policy = \"{}\"\npriority = {}\n",
                seat.name,
                host_name(seat.host),
                shape.names[seat.policy],
                seat.priority,
            );
        }
        text
    }
}

/// Somebody changes his mind just when something has happened: orders that come while an answer to that is
/// on its way.
fn pursue(rng: &mut Rng, steps: &mut Vec<Step>, latency: u64) {
    for place in (0..steps.len()).rev() {
        if let Act::Cause(seat, _) = steps[place].act
            && rng.u8(0..6) == 0
        {
            let after = Duration::from_millis(rng.u64(0..=3 * latency.max(5)));
            let order = Order::Desire(*pick(rng, DesiredState::ALL), Guard::None);
            steps.insert(place + 1, Step { after, act: Act::Order(seat, order) });
        }
    }
}

/// The domain of a seat.
pub fn seat_id(number: usize) -> InstanceId {
    InstanceId(uuid::Uuid::from_u128(0x5eed_0000_0000_4000_8000_0000_0000_0000 + number as u128))
}

pub fn host_name(host: usize) -> String {
    format!("kvm-{}", host + 1)
}

impl Shape {
    fn draw(rng: &mut Rng) -> Self {
        let hosts = rng.usize(1..=3);
        let (names, text) = policies::draw(rng);
        let count = rng.usize(4..=24);
        let seats = (0..count).map(|n| Seat::draw(rng, n, hosts, names.len())).collect();
        Self {
            hosts,
            limits: (0..hosts).map(|_| rng.usize(1..=4)).collect(),
            total: rng.usize(2..=8),
            at_least: *pick(rng, &[2, 3, 5, 5]),
            copies: hosts > 1 && rng.u8(0..4) == 0,
            latency: *pick(rng, &[0, 1, 5, 20, 100, 400]),
            policies: text,
            names,
            seats,
        }
    }
}

impl Seat {
    fn draw(rng: &mut Rng, number: usize, hosts: usize, policies: usize) -> Self {
        let desired = match rng.u8(0..10) {
            0..=5 => DesiredState::Running,
            6 => DesiredState::Paused,
            _ => DesiredState::Shutoff,
        };
        let as_desired = match desired {
            DesiredState::Running => Condition::RunningBooted,
            DesiredState::Paused => Condition::PausedUser,
            DesiredState::Shutoff => Condition::ShutoffShutdown,
        };
        let others = [Condition::RunningBooted, Condition::ShutoffDestroyed, Condition::PausedUser];
        let condition = if rng.u8(0..5) == 0 { *pick(rng, &others) } else { as_desired };
        Self {
            name: format!("vm-{number:02}"),
            host: rng.usize(0..hosts),
            condition,
            desired: (rng.u8(0..8) > 0).then_some(desired),
            policy: rng.usize(0..policies),
            priority: rng.i32(-2..=2),
        }
    }
}

/// How far apart two steps are: often close, sometimes far.
fn distance(rng: &mut Rng) -> Duration {
    let longest = *pick(rng, &[0, 50, 1000, 5000, 20_000, 60_000, 180_000]);
    Duration::from_millis(rng.u64(0..=longest))
}
