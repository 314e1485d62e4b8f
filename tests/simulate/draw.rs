//! Drawing one step.

use assured::faults::Point;
use assured::model::{Command, Condition, DesiredState};
use fastrand::Rng;

use super::plan::Shape;
use super::steps::{
    Act, Cause, Database, Disturbance, Guard, HostAct, Kind, Order, ServiceAct, Then, Untrue, Who,
    Whom, Work,
};

pub fn pick<'a, T>(rng: &mut Rng, of: &'a [T]) -> &'a T {
    &of[rng.usize(0..of.len())]
}

pub fn draw_step(rng: &mut Rng, shape: &Shape) -> Act {
    let seat = rng.usize(0..shape.seats.len());
    let host = rng.usize(0..shape.hosts);
    match rng.u8(0..100) {
        0..=40 => Act::Cause(seat, cause(rng, shape, host)),
        41..=56 => Act::Host(host, fault(rng)),
        57..=74 => Act::Order(seat, order(rng, shape, host)),
        75 => Act::Adopt(host),
        76..=80 => Act::Service(*pick(rng, &[ServiceAct::Stop, ServiceAct::Kill])),
        81..=83 => Act::Database(Database::Out),
        84..=95 => Act::Disturb(disturbance(rng, seat, host)),
        96 => Act::Clock(*pick(rng, &[-3600, -600, -60, -5, -1, 1, 5, 60, 600, 3600])),
        97..=98 => Act::Maintenance(host, Work::Begins),
        _ => Act::Reload,
    }
}

fn cause(rng: &mut Rng, shape: &Shape, host: usize) -> Cause {
    let copied = [Condition::RunningBooted, Condition::ShutoffUnknown, Condition::PausedUser];
    match rng.u8(0..40) {
        0..=5 => Cause::Destroy,
        6..=9 => Cause::PowerOff,
        10..=11 => Cause::Terminate,
        12..=16 => Cause::Kill,
        17 => Cause::Panic(Then::Destroy),
        18 => Cause::Panic(Then::Preserve),
        19 => Cause::Panic(Then::Restart),
        20..=21 => Cause::Suspend,
        22..=24 => {
            let paused =
                Condition::ALL.iter().filter(|c| c.state() == assured::model::State::Paused);
            Cause::PauseAs(*pick(rng, &paused.copied().collect::<Vec<_>>()))
        }
        25..=27 => Cause::Resume,
        28 => Cause::PmSuspend,
        29 => Cause::Save,
        30..=31 => Cause::Start,
        32 if rng.bool() => Cause::Undefine,
        33 => Cause::IgnoreShutdown,
        34 => Cause::BeginJob,
        35..=36 => Cause::Migrate(host),
        37 => Cause::Untrue(*pick(
            rng,
            &[
                Untrue::Started,
                Untrue::Crashed,
                Untrue::ShutdownByHost,
                Untrue::Defined,
                Untrue::Undefined,
            ],
        )),
        38 if shape.copies => Cause::Copy(host, *pick(rng, &copied)),
        _ => Cause::Destroy,
    }
}

fn fault(rng: &mut Rng) -> HostAct {
    match rng.u8(0..30) {
        0..=3 => HostAct::Hang,
        4 => HostAct::Refuse,
        5..=6 => HostAct::KillDaemon,
        7..=8 => HostAct::LosePower,
        9..=10 => HostAct::RestartDaemon,
        11 => HostAct::Reboot,
        12..=13 => HostAct::DropSessions,
        14..=16 => HostAct::Latency(*pick(rng, &[0, 2, 50, 700, 3000, 6000])),
        17..=19 => HostAct::StartDelay(*pick(rng, &[0, 500, 5000, 60_000, 150_000])),
        20..=21 => HostAct::ShutdownDelay(*pick(rng, &[0, 3, 30, 200])),
        22..=25 => {
            let command = *pick(rng, Command::ALL);
            HostAct::FailActions(command, rng.u32(1..=6))
        }
        26..=27 => HostAct::FailReads(rng.u32(1..=4)),
        _ => HostAct::AnswerEmpty(rng.u32(1..=3)),
    }
}

const ARBITER: &[Point] = &[
    Point::ArbiterStarted,
    Point::ArbiterTold,
    Point::ArbiterAsked,
    Point::ArbiterTurnEnds,
    Point::ArbiterCommitted,
    Point::ArbiterFollowed,
    Point::ArbiterRead,
];
const HOST: &[Point] = &[
    Point::HostStarted,
    Point::HostOpened,
    Point::HostNoticed,
    Point::HostAssigned,
    Point::HostChildExit,
];
const INSTANCE: &[Point] = &[
    Point::InstanceStarted,
    Point::InstanceLooked,
    Point::InstanceCarry,
    Point::InstanceSending,
    Point::InstanceActed,
];
const ROOT: &[Point] = &[Point::RootChildExit, Point::RootReload];
const STORE: &[Point] = &[Point::StoreBegun, Point::StoreWritten, Point::StoreKept];
const CALLS: &[Point] = &[
    Point::HypervisorConnect,
    Point::HypervisorList,
    Point::HypervisorAllStates,
    Point::HypervisorStatesOf,
    Point::HypervisorAct,
    Point::HypervisorAct,
    Point::HypervisorDefine,
    Point::HypervisorDefinition,
    Point::HypervisorCorrect,
];

/// A fault in the service: in an actor, in the store, or in a call to a hypervisor.
fn disturbance(rng: &mut Rng, seat: usize, host: usize) -> Disturbance {
    let short = Kind::Delay(*pick(rng, &[1, 20, 300, 4000]));
    let long = Kind::Delay(*pick(rng, &[20, 900, 10_000]));
    let in_actor = [Kind::Panic, Kind::Panic, Kind::Panic, Kind::Panic, Kind::Hang, short];
    // An actor that is held up for long sends what was decided before: the world cannot tell that from late.
    let brief = Kind::Delay(*pick(rng, &[1, 20]));
    let in_instance = [Kind::Panic, Kind::Panic, Kind::Panic, Kind::Panic, Kind::Hang, brief];
    let in_call = [Kind::Panic, Kind::Error, Kind::Error, Kind::Hang, short, long];
    let of_answer = [Kind::Panic, Kind::Error, Kind::Hang, short, long];
    let on_its_way = [Kind::Error, Kind::Hang, short, long];
    let (point, whom, kinds): (_, _, &[Kind]) = match rng.u8(0..20) {
        0..=5 => (*pick(rng, ARBITER), Whom::Anybody, &in_actor),
        6..=8 => (*pick(rng, HOST), Whom::Host(host), &in_actor),
        9 => (*pick(rng, HOST), Whom::Host(host), &[Kind::Error]),
        10..=12 => (*pick(rng, INSTANCE), Whom::Seat(seat), &in_instance),
        13 => (*pick(rng, ROOT), Whom::Anybody, &[Kind::Panic, Kind::Error]),
        14 => (*pick(rng, STORE), Whom::Anybody, &[Kind::Panic, Kind::Error]),
        15 => (Point::StoreAnswer, Whom::Anybody, &on_its_way),
        16..=18 => (*pick(rng, CALLS), Whom::Host(host), &in_call),
        _ => {
            let command = Whom::Command(*pick(rng, Command::ALL));
            (Point::HypervisorAnswer, command, &of_answer)
        }
    };
    let kind = *pick(rng, kinds);
    // What is held up on its way to a host was sent when it was: the world tells only of its arrival.
    let is_deed = matches!(point, Point::HypervisorAct | Point::HypervisorDefine);
    let kind = if is_deed && matches!(kind, Kind::Delay(_)) { Kind::Error } else { kind };
    let times = if kind == Kind::Hang { 1 } else { *pick(rng, &[1, 1, 1, 1, 2, 3, 8]) };
    Disturbance { point, whom, kind, after: *pick(rng, &[0, 0, 0, 1, 2, 5, 20]), times }
}

fn order(rng: &mut Rng, shape: &Shape, host: usize) -> Order {
    let who = *pick(rng, &[Who::Ann, Who::Bob]);
    match rng.u8(0..40) {
        0..=19 => {
            let state = *pick(rng, DesiredState::ALL);
            Order::Desire(
                state,
                *pick(rng, &[Guard::None, Guard::None, Guard::Shown, Guard::Wrong]),
            )
        }
        20..=25 => Order::Hold(who, rng.u64(1..=400)),
        26..=28 => Order::Release(who),
        29..=31 => Order::Retry,
        32..=33 => Order::Policy(rng.usize(0..shape.names.len())),
        34..=35 => Order::Priority(rng.i32(-2..=2)),
        36 => Order::Forget,
        37 => Order::Move(host),
        _ => Order::Add(*pick(rng, DesiredState::ALL), host),
    }
}
