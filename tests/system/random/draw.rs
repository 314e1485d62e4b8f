//! Drawing one step.

use assured::hypervisor::sim::OnCrash;
use assured::hypervisor::{Lifecycle, ShutdownBy, StoppedWhy};
use assured::model::{Command, Condition, DesiredState};
use fastrand::Rng;

use super::plan::Shape;
use super::steps::{Act, Cause, Database, Guard, HostAct, Order, ServiceAct, Who};

pub fn pick<'a, T>(rng: &mut Rng, of: &'a [T]) -> &'a T {
    &of[rng.usize(0..of.len())]
}

pub fn draw_step(rng: &mut Rng, shape: &Shape) -> Act {
    let seat = rng.usize(0..shape.seats.len());
    let host = rng.usize(0..shape.hosts);
    match rng.u8(0..100) {
        0..=49 => Act::Cause(seat, cause(rng, shape, host)),
        50..=69 => Act::Host(host, fault(rng)),
        70..=89 => Act::Order(seat, order(rng, shape, host)),
        90 => Act::Adopt(host),
        91..=95 => Act::Service(*pick(rng, &[ServiceAct::Stop, ServiceAct::Kill])),
        _ => Act::Database(Database::Out),
    }
}

fn cause(rng: &mut Rng, shape: &Shape, host: usize) -> Cause {
    let copied = [Condition::RunningBooted, Condition::ShutoffUnknown, Condition::PausedUser];
    match rng.u8(0..40) {
        0..=5 => Cause::Destroy,
        6..=9 => Cause::PowerOff,
        10..=11 => Cause::Terminate,
        12..=16 => Cause::Kill,
        17 => Cause::Panic(OnCrash::Destroy),
        18 => Cause::Panic(OnCrash::Preserve),
        19 => Cause::Panic(OnCrash::Restart),
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
                Lifecycle::Started,
                Lifecycle::Stopped(StoppedWhy::Crashed),
                Lifecycle::Shutdown(ShutdownBy::Host),
                Lifecycle::Defined,
                Lifecycle::Undefined,
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
