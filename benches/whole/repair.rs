//! How long a repair takes: from a guest's end to the call that starts it, and until it runs.
//!
//! Two guests alike on one host: one is the service's, the other is stopped and started by a bare
//! client, in turns. All times are of the machine's one clock: the client's that destroys, the
//! service's log, and those of a third client that hears libvirt's events.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use assured_lab::{GuestKind, GuestSpec, Lab};

use crate::floor::{Floor, Talk};
use crate::goal;
use crate::service::{Service, micros};
use crate::spread::Spread;

const RUNS: usize = 100;
/// `VIR_DOMAIN_EVENT_STARTED`.
const STARTED: &str = "2";
/// The budget is as large as it can be: every run is an attempt.
const POLICY: &str = "[policies.default.running]\n\
    \"shutoff/destroyed\" = { action = \"start\", retry = { attempts = 1000, initial = \"100ms\", \
    factor = 1.0, max = \"100ms\", jitter = 0.0, window = \"10m\" } }\n";

/// The times of all runs, in ms.
#[derive(Default)]
struct Times {
    /// From the destroy's return to the service's judgement.
    judged: Spread,
    /// From its judgement, which is the intent's time, to the start call.
    sent: Spread,
    /// From the destroy's return to the start call.
    latency: Spread,
    /// From the start call to libvirt's event.
    started: Spread,
    /// From the destroy's return to that event.
    whole: Spread,
    /// From the destroy's return until the service knows that it runs.
    known: Spread,
    /// The bare create, by its return.
    bare: Spread,
    /// The bare create, by libvirt's event.
    bare_event: Spread,
    /// 4 KiB written and synced where the database is.
    sync: Spread,
}

pub(crate) fn run(lab: &Lab, floor: &Floor) {
    let host = lab.host("kvm").expect("a host starts");
    for name in ["served", "bare"] {
        let guest = host.guest(GuestSpec::new(name, GuestKind::Idle)).expect("a guest is defined");
        guest.start().expect("it starts");
    }
    let uri = host.local_uri();
    let folder = lab.folder().join("service-repair");
    let config = format!(
        "{POLICY}[[hosts]]\nid = \"kvm\"\nuri = \"{uri}\"\nunmanaged = \"ignore\"\n\
         [[instances]]\nname = \"served\"\nhost = \"kvm\"\ndesired = \"running\"\n"
    );
    let service = Service::start(&folder, &config);
    service.wait_in_sync(1);
    let (mut hands, watch) = (floor.beside(&["hands", &uri]), floor.beside(&["watch", &uri]));

    let mut times = Times::default();
    for _ in 0..RUNS {
        bare_run(&mut hands, &watch, &mut times);
        times.sync.add(sync(&folder));
        served_run(&service, &mut hands, &watch, &mut times);
    }
    let look = looks_to_intents(&service);
    report(&times, &look);
}

/// The bare client stops its guest and starts it.
fn bare_run(hands: &mut Talk, watch: &Talk, times: &mut Times) {
    hands.say("restart bare");
    let [_, destroyed, created] = stamps(&hands.line());
    times.bare.add(ms(created - destroyed));
    times.bare_event.add(ms(started(watch, "bare") - destroyed));
}

/// The bare client stops the service's guest, and the service starts it.
fn served_run(service: &Service, hands: &mut Talk, watch: &Talk, times: &mut Times) {
    hands.say("destroy served");
    let [_, destroyed, _] = stamps(&hands.line());
    let judged = service.logged(|m| m.starts_with("served is "));
    let sending = service.logged(|m| m == "sending");
    let running = started(watch, "served");
    let known = service.logged(|m| m.starts_with("repaired"));
    times.judged.add(ms(judged - destroyed));
    times.sent.add(ms(sending - judged));
    times.latency.add(ms(sending - destroyed));
    times.started.add(ms(running - sending));
    times.whole.add(ms(running - destroyed));
    times.known.add(ms(known - destroyed));
}

/// From the look that found the guest down to the intent, by the service's own clock.
fn looks_to_intents(service: &Service) -> Spread {
    let seen = service.events("observed").into_iter();
    let down = seen.filter(|e| e["detail"]["state"] == "shutoff");
    let looks = down.map(|e| micros(&e["detail"]["looked_at"]));
    let intents = service.events("attempt").into_iter().map(|e| micros(&e["at"]));
    looks.zip(intents).map(|(look, intent)| ms(intent - look)).collect()
}

fn report(times: &Times, look: &Spread) {
    let runs = times.whole.len();
    println!("\na guest is destroyed, {runs} times: ms");
    println!("{:44}{:>9} {:>9} {:>9} {:>9}", "", "median", "p99", "least", "most");
    let line = |what: &str, spread: &Spread| println!("{what:44}{spread}");
    line("(d) destroy returned → start call", &times.latency);
    line("      destroy returned → judged, intent made", &times.judged);
    line("        of it the look → intent", look);
    line("      intent → committed, looked, start call", &times.sent);
    line("      4 KiB written and synced beside it", &times.sync);
    line("(e) destroy returned → STARTED event", &times.whole);
    line("      start call → STARTED event", &times.started);
    line("      destroy returned → known to be in sync", &times.known);
    line("    a bare virDomainCreate, until it returns", &times.bare);
    line("      the same, until its STARTED event", &times.bare_event);
    goal("(d) median", times.latency.median(), 10.0, "ms");
    goal("(e)/bare, medians", times.whole.median() / times.bare.median(), 1.2, "×");
    let by_event = times.whole.median() / times.bare_event.median();
    println!("  against the bare create's event: {by_event:.2}");
}

/// What a commit's way to the disk costs at least, in ms.
fn sync(folder: &Path) -> f64 {
    let mut file = File::options().create(true).append(true).open(folder.join("floor")).unwrap();
    let begun = Instant::now();
    file.write_all(&[0; 4096]).unwrap();
    file.sync_data().unwrap();
    begun.elapsed().as_secs_f64() * 1e3
}

/// When a guest's start was heard of.
fn started(watch: &Talk, guest: &str) -> i64 {
    loop {
        let line = watch.line();
        let mut words = line.split(' ');
        let (at, name, event) = (words.next(), words.next(), words.next());
        if name == Some(guest) && event == Some(STARTED) {
            return at.unwrap().parse().unwrap();
        }
    }
}

fn stamps(line: &str) -> [i64; 3] {
    let stamps: Vec<i64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
    stamps.try_into().unwrap()
}

#[allow(clippy::cast_precision_loss)]
fn ms(micros: i64) -> f64 {
    micros as f64 / 1e3
}
