//! The files with `lab = true`, played on real libvirt hosts with real guests, in real time: what the simulator says is
//! held against what is so.

mod deeds;
mod site;
mod stage;
mod starts;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assured::scenario::{Played, Scenario, Sources, play_on};
use tokio::time::Instant;

use crate::all::complaint;
use crate::every_file;
use site::Site;
use stage::LabStage;

/// How many are played at a time: they wait most of the time, but their guests boot.
const AT_A_TIME: usize = 3;

/// The file that a process of its own is to play.
const MINE: &str = "ASSURED_SCENARIO";

#[test]
fn every_scenario_that_can_be_is_played_on_real_hosts() {
    if let Some(path) = std::env::var_os(MINE) {
        let path = PathBuf::from(path);
        let complaint = complaint(&on_real_hosts(&path, &read(&path)));
        assert!(complaint.is_none(), "{}", complaint.unwrap_or_default());
        return;
    }
    if assured_lab::is_left_out() {
        return;
    }
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let files = every_file().into_iter().filter(|path| path.display().to_string().contains(&only));
    let files = files.map(|path| (read(&path), path));
    let mut files: Vec<_> = files.filter(|(scenario, _)| scenario.head.lab).collect();
    assert!(!files.is_empty(), "no file can be played on real hosts");
    // The longest first, so that none of them is left alone at the end. They are taken from the end.
    files.sort_by_key(|(scenario, _)| length(scenario));
    let files: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).collect();

    let begun = Instant::now();
    let (count, files, failed) = (files.len(), Mutex::new(files), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(path) = next(&files) {
                    let begun = Instant::now();
                    let complaint = by_itself(&path);
                    let mark = if complaint.is_none() { "as expected" } else { "NOT AS EXPECTED" };
                    let took = begun.elapsed().as_secs_f64();
                    println!("{took:5.1} s {}: {mark}", path.display());
                    failed.lock().unwrap().extend(complaint);
                }
            });
        }
    });
    println!("{count} scenarios on real hosts in {:.0} s", begun.elapsed().as_secs_f64());
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {count}:\n{}", failed.len(), failed.join("\n"));
}

/// Plays it in a process of its own, as the service has one: libvirt's event loop is the process's, and what brings the
/// process down is to be told too. Answers what is wrong.
fn by_itself(path: &Path) -> Option<String> {
    let name = "lab::every_scenario_that_can_be_is_played_on_real_hosts";
    let mut command = Command::new(std::env::current_exe().unwrap());
    let said = command.args(["--exact", "--nocapture", name]).env(MINE, path).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    let complaint = || format!("{}: {}\n{out}{err}", path.display(), said.status);
    (!said.status.success()).then(complaint)
}

fn read(path: &Path) -> Scenario {
    Scenario::read(path).unwrap_or_else(|e| panic!("{e}")).until_lab_ends()
}

fn next(files: &Mutex<Vec<PathBuf>>) -> Option<PathBuf> {
    files.lock().unwrap().pop()
}

/// How long a scenario takes at most, after its beginning.
fn length(scenario: &Scenario) -> Duration {
    let ends = scenario.steps.iter().map(|step| step.at + step.within.unwrap_or_default());
    ends.max().unwrap_or_default()
}

fn on_real_hosts(path: &Path, scenario: &Scenario) -> Result<Played, String> {
    let failed = |why: String| format!("{}: {why}", path.display());
    let site = Arc::new(Site::new(scenario).map_err(failed)?);
    let uri = |host: &str| site.uri(host);
    let settings = scenario.settings(&Sources { config: &[], uri: &uri });
    let settings = settings.map_err(|mistakes| mistakes.to_string())?;
    let mut stage = LabStage::new(Arc::clone(&site), &settings).map_err(failed)?;
    let played = actix::System::new()
        .block_on(async { play_on(&mut stage, scenario, &settings, &|_| {}).await });
    Ok(played)
}
