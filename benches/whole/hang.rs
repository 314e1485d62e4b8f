//! Whether a host that hangs slows the others down: from a guest's end on one of two hosts to the call that starts it,
//! with a third host that answers and with one whose daemon stands still (SIGSTOP).
//!
//! Both are measured in turns, so that a busy machine slows both alike. Half of the turns with a host that hangs begin the
//! moment that it does, with calls to it under way; the others when it is known to be unreachable, and is tried again and again.

use std::time::Duration;

use assured_lab::{GuestKind, GuestSpec, Host, Lab, wait_until};

use crate::floor::{Floor, PATIENCE, Talk};
use crate::goal;
use crate::repair::{POLICY, ms, stamps};
use crate::service::Service;
use crate::spread::Spread;

/// On each of the two hosts: more than one, so that each has been in sync for long enough when it is its turn again.
const GUESTS: usize = 4;
/// Turns of each kind.
const TURNS: usize = 8;
/// How often each guest is destroyed in a turn.
const ROUNDS: usize = 2;
/// How long a host that goes on may take to be up: the longest pause between two connects, and some.
const RETURN: Duration = Duration::from_secs(60);

/// The times of one kind of turn, in ms.
#[derive(Default)]
struct Times {
    /// From the destroy's return to the start call.
    latency: Spread,
    /// From the destroy's return until the service knows that it runs.
    known: Spread,
    /// The latency of every second run, and of the others: how far two halves of the same are apart.
    halves: [Spread; 2],
}

/// What a turn begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Third {
    Answers,
    HangsSinceNow,
    IsUnreachable,
}

pub(crate) fn run(lab: &Lab, floor: &Floor) {
    let hosts: Vec<Host> =
        ["near-1", "near-2", "far"].map(|id| lab.network_host(id).expect("a host starts")).into();
    let mut config = format!("{POLICY}[poll]\ninterval = \"1s\"\n");
    for (place, host) in hosts.iter().enumerate() {
        config += &format!(
            "[[hosts]]\nid = \"{}\"\nuri = \"{}\"\nunmanaged = \"adopt\"\n",
            host.id(),
            host.uri()
        );
        for number in 0..if place == 2 { 1 } else { GUESTS } {
            let spec = GuestSpec::new(name(place, number), GuestKind::Idle);
            host.guest(spec).and_then(|guest| guest.start()).expect("a guest starts");
        }
    }
    let service = Service::start(&lab.folder().join("service-hang"), &config);
    service.wait_in_sync(2 * GUESTS as u64 + 1);
    let mut hands: Vec<Talk> =
        hosts[..2].iter().map(|host| floor.beside(&["hands", &host.local_uri()])).collect();

    let [mut free, mut hung] = [Times::default(), Times::default()];
    for pair in 0..TURNS {
        let hanging = if pair % 2 == 0 { Third::HangsSinceNow } else { Third::IsUnreachable };
        let mut turns = [Third::Answers, hanging];
        // Neither is always the first.
        turns.rotate_left(pair / 2 % 2);
        for third in turns {
            let times = if third == Third::Answers { &mut free } else { &mut hung };
            turn(&service, &hosts[2], third, &mut hands, times);
        }
    }
    report(&free, &hung);
}

fn turn(service: &Service, far: &Host, third: Third, hands: &mut [Talk], times: &mut Times) {
    if third != Third::Answers {
        far.hang_daemon().expect("it can be stopped");
    }
    if third == Third::IsUnreachable {
        until_up(service, far, 0.0);
    }
    for _ in 0..ROUNDS {
        for number in 0..GUESTS {
            for (place, hands) in hands.iter_mut().enumerate() {
                hands.say(&format!("destroy {}", name(place, number)));
                let [_, destroyed, _] = stamps(&hands.line());
                let sending = service.logged(|message| message == "sending");
                let known = service.logged(|message| message.starts_with("repaired"));
                times.halves[times.latency.len() % 2].add(ms(sending - destroyed));
                times.latency.add(ms(sending - destroyed));
                times.known.add(ms(known - destroyed));
            }
        }
    }
    if third != Third::Answers {
        far.unhang_daemon().expect("it can go on");
    }
    until_up(service, far, 1.0);
}

fn until_up(service: &Service, host: &Host, up: f64) {
    let metric = format!("assured_host_up{{host=\"{}\"}}", host.id());
    let limit = PATIENCE.max(RETURN);
    let waited =
        wait_until(limit, format!("{metric} to be {up}"), || service.metric(&metric) == up);
    waited.expect("it comes");
}

fn report(free: &Times, hung: &Times) {
    let runs = free.latency.len();
    println!(
        "\na guest is destroyed on one of two hosts, {runs} times with a third that answers and {} times with one that hangs: ms",
        hung.latency.len()
    );
    println!("{:44}{:>9} {:>9} {:>9} {:>9}", "", "median", "p99", "least", "most");
    let line = |what: &str, spread: &Spread| println!("{what:44}{spread}");
    line("destroy returned → start call, none hangs", &free.latency);
    line("  the same, the third hangs", &hung.latency);
    line("destroy returned → known to be in sync, none", &free.known);
    line("  the same, the third hangs", &hung.known);
    let ratio = |one: &Spread, other: &Spread| one.median() / other.median();
    goal("start call, hanging/none, medians", ratio(&hung.latency, &free.latency), 1.1, "×");
    goal("known, hanging/none, medians", ratio(&hung.known, &free.known), 1.1, "×");
    println!(
        "  two halves of the same are apart by {:.2} (none hangs) and {:.2} (the third hangs)",
        ratio(&free.halves[1], &free.halves[0]),
        ratio(&hung.halves[1], &hung.halves[0])
    );
}

fn name(place: usize, number: usize) -> String {
    format!("web-{place}-{number}")
}
