//! The files with `lab = true`, played on real libvirt hosts with real guests, in real time: what the simulator says is
//! held against what is so.

mod deeds;
mod site;
mod stage;
mod starts;

use std::path::{Path, PathBuf};
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

#[test]
fn every_scenario_that_can_be_is_played_on_real_hosts() {
    if assured_lab::is_left_out() {
        return;
    }
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut files: Vec<(PathBuf, Scenario)> = every_file()
        .into_iter()
        .filter(|path| path.display().to_string().contains(&only))
        .map(|path| (Scenario::read(&path).unwrap_or_else(|e| panic!("{e}")), path))
        .filter(|(scenario, _)| scenario.head.lab)
        .map(|(scenario, path)| (path, scenario.until_lab_ends()))
        .collect();
    assert!(!files.is_empty(), "no file can be played on real hosts");
    // The longest first, so that none of them is left alone at the end. They are taken from the end.
    files.sort_by_key(|(_, scenario)| length(scenario));

    let begun = Instant::now();
    let (count, files, failed) = (files.len(), Mutex::new(files), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((path, scenario)) = next(&files) {
                    let begun = Instant::now();
                    let played = on_real_hosts(&path, &scenario);
                    println!("{:5.1} s {}", begun.elapsed().as_secs_f64(), path.display());
                    failed.lock().unwrap().extend(complaint(&played));
                }
            });
        }
    });
    println!("{count} scenarios on real hosts in {:.0} s", begun.elapsed().as_secs_f64());
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {count}:\n{}", failed.len(), failed.join("\n"));
}

fn next(files: &Mutex<Vec<(PathBuf, Scenario)>>) -> Option<(PathBuf, Scenario)> {
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
