//! What is measured once everything has come to rest.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use assured_lab::wait_until;

use crate::plan::Act;
use crate::process::Has;
use crate::service::Service;
use crate::world::World;

/// How often the interface is asked, for a median.
const ASKED: usize = 21;
/// How many guests are killed one after the other, for a median.
const KILLED: usize = 3;
/// How long a repair may take.
const REPAIRED: Duration = Duration::from_secs(20);

/// One round.
#[derive(Debug, Clone)]
pub struct Row {
    /// Since the beginning, in hours.
    pub hours: f64,
    pub faults: usize,
    /// From the healing until everything was as desired, in seconds.
    pub rested: f64,
    /// Resident memory that is the process's own (not a file's), in MiB.
    pub memory: f64,
    pub threads: usize,
    pub files: usize,
    pub connections: usize,
    /// The database with its log, in MiB.
    pub database: f64,
    /// The number of the last line of the audit log.
    pub events: u64,
    /// The median answer of `/api/v1/status`, in milliseconds.
    pub answer: f64,
    /// The median time from a QEMU's death until the guest is in sync again, in milliseconds.
    pub repair: f64,
}

impl Row {
    pub const HEAD: &str = "hours,faults,rest_s,memory_mib,threads,files,connections,database_mib,events,status_ms,repair_ms";
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hours, faults, rested, memory, threads, files, connections, .. } = self;
        let Self { database, events, answer, repair, .. } = self;
        write!(
            out,
            "{hours:.3},{faults},{rested:.1},{memory:.1},{threads},{files},{connections},{database:.2},{events},\
             {answer:.2},{repair:.0}"
        )
    }
}

/// Measures a service at rest.
pub fn measure(
    world: &mut World,
    service: &Service,
    faults: usize,
    rested: Duration,
    since: Duration,
) -> Row {
    let has = Has::of(service.pid());
    let memory = memory(service.pid());
    let answer = median((0..ASKED).map(|_| {
        let asked = Instant::now();
        assert!(service.get("/api/v1/status").is_object(), "the service does not answer");
        asked.elapsed()
    }));
    let repair = median((0..KILLED).map(|turn| repair(world, service, turn)));
    Row {
        hours: since.as_secs_f64() / 3600.0,
        faults,
        rested: rested.as_secs_f64(),
        memory,
        threads: has.threads,
        files: has.files,
        connections: has.connections,
        database: database(service),
        events: last_event(service),
        answer,
        repair,
    }
}

/// Kills a guest's QEMU: how long until the guest is in sync again.
fn repair(world: &mut World, service: &Service, turn: usize) -> Duration {
    let guest = (fastrand::usize(..world.guests.len()) + turn) % world.guests.len();
    let path = format!("/api/v1/instances/{}", world.guests[guest].uuid());
    let starts = world.starts(guest);
    let killed = Instant::now();
    world.carry_out(Act::Kill(guest));
    let back = || world.starts(guest) > starts && service.get(&path)["status"] == "in_sync";
    wait_until(REPAIRED, "the guest to be back", back)
        .unwrap_or_else(|why| panic!("{why}\n{}", service.describe()));
    killed.elapsed()
}

/// `RssAnon` of proc(5), in MiB.
fn memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024.0
}

fn database(service: &Service) -> f64 {
    let path = service.database();
    let log = path.with_extension("db-wal");
    let bytes: u64 = [path, log].iter().filter_map(|p| Some(fs::metadata(p).ok()?.len())).sum();
    #[allow(clippy::cast_precision_loss)] // some MiB
    let bytes = bytes as f64;
    bytes / 1024.0 / 1024.0
}

fn last_event(service: &Service) -> u64 {
    let last = service.get("/api/v1/events?order=desc&limit=1");
    last["items"][0]["id"].as_u64().unwrap()
}

/// In milliseconds.
fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}
