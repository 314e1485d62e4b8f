//! How long a repair takes: from a guest's end to the call that starts it, and until it runs.
//!
//! Two guests alike on one host: one is the service's, the other is stopped and started by a bare
//! client, in turns. All times are of the machine's one clock: the client's that destroys, the
//! service's log, and those of a third client that hears libvirt's events.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use assured_lab::{GuestKind, GuestSpec, Lab};

use crate::floor::{Floor, Talk};
use crate::goal;
use crate::service::{Service, micros};
use crate::spread::Spread;

const RUNS: usize = 100;
/// `VIR_DOMAIN_EVENT_STARTED`.
const STARTED: &str = "2";
/// Every repair is to be a first attempt: what was tried before is forgotten after the shortest time
/// in sync that can be said. The rule of what is seen first says how long that is, and that may be
/// the state in which libvirt is on the way to `shutoff`.
pub(crate) const POLICY: &str = "[policies.default.running]\n\
    \"shutoff/destroyed\" = { action = \"start\", retry = { attempts = 2, initial = \"100ms\", \
    max = \"100ms\", window = \"1s\" } }\n\
    \"shutdown\" = { action = \"alert\", grace = \"5m\", retry = { attempts = 2, \
    initial = \"100ms\", max = \"100ms\", window = \"1s\" } }\n";
/// A little more than that.
const FORGOTTEN_AFTER: Duration = Duration::from_millis(1_100);

/// The times of all runs, in ms.
#[derive(Default)]
struct Times {
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
    /// When the destroy returned, the start was sent, and the repair was logged, in µs.
    stamps: Vec<[i64; 3]>,
}

/// What the latency consists of, in ms.
struct Steps {
    /// From the destroy's return to the look that found the guest down.
    looked: Spread,
    /// From that look to the intent.
    judged: Spread,
    /// From the intent, by way of the disk and a fresh look, to the start call.
    sent: Spread,
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
        let known = Instant::now();
        while known.elapsed() < FORGOTTEN_AFTER {
            bare_run(&mut hands, &watch, &mut times);
            times.sync.add(sync(&folder));
        }
        served_run(&service, &mut hands, &watch, &mut times);
    }
    let steps = steps(&service, &times.stamps);
    report(&times, &steps);
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
    let sending = service.logged(|m| m == "sending");
    let running = started(watch, "served");
    let known = service.logged(|m| m.starts_with("repaired"));
    times.latency.add(ms(sending - destroyed));
    times.started.add(ms(running - sending));
    times.whole.add(ms(running - destroyed));
    times.known.add(ms(known - destroyed));
    times.stamps.push([destroyed, sending, known]);
}

/// Takes the latencies apart with the help of the audit log, whose times are of the service's own
/// clock. How far that is off, the end of each incident shows, which is in both logs.
fn steps(service: &Service, stamps: &[[i64; 3]]) -> Steps {
    let at = |kind| service.events(kind).iter().map(|e| micros(&e["at"])).collect::<Vec<_>>();
    let (intents, ends) = (at("attempt"), at("incident_closed"));
    let seen = service.events("observed").into_iter();
    let down = seen.filter(|e| e["detail"]["state"] == "shutoff");
    let looks: Vec<_> = down.map(|e| micros(&e["detail"]["looked_at"])).collect();
    let counts = [intents.len(), ends.len(), looks.len()];
    assert!(counts.iter().all(|&n| n == stamps.len()), "not an event of a kind each: {counts:?}");
    let off = stamps.iter().zip(&ends).map(|(stamp, end)| stamp[2] - end).min().unwrap();
    let runs = || stamps.iter().zip(looks.iter().zip(&intents));
    Steps {
        looked: runs().map(|(stamp, (look, _))| ms(look + off - stamp[0])).collect(),
        judged: runs().map(|(_, (look, intent))| ms(intent - look)).collect(),
        sent: runs().map(|(stamp, (_, intent))| ms(stamp[1] - intent - off)).collect(),
    }
}

fn report(times: &Times, steps: &Steps) {
    let runs = times.whole.len();
    println!("\na guest is destroyed, {runs} times: ms");
    println!("{:44}{:>9} {:>9} {:>9} {:>9}", "", "median", "p99", "least", "most");
    let line = |what: &str, spread: &Spread| println!("{what:44}{spread}");
    line("(d) destroy returned → start call", &times.latency);
    line("      destroy returned → the look that shows it", &steps.looked);
    line("      that look → intent", &steps.judged);
    line("      intent → committed, looked, start call", &steps.sent);
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

pub(crate) fn stamps(line: &str) -> [i64; 3] {
    let stamps: Vec<i64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
    stamps.try_into().unwrap()
}

#[allow(clippy::cast_precision_loss)]
pub(crate) fn ms(micros: i64) -> f64 {
    micros as f64 / 1e3
}
