//! All files, at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assured::scenario::{Line, Options, Played, Scenario, play};
use tokio::time::Instant;

use crate::{every_file, files, story};

/// Lines of a story that are shown where it does not end well.
const SHOWN: usize = 200;

#[test]
fn every_scenario_comes_out_as_expected() {
    let paths = every_file();
    assert!(!paths.is_empty(), "there are no files in {}", files().display());
    let begun = Instant::now();
    let results = on_all_threads(&paths);
    let took = begun.elapsed().as_secs_f64();
    let simulated: f64 =
        results.iter().flatten().map(|played| played.simulated.as_secs_f64()).sum();
    println!(
        "{} scenarios, {:.1} hours simulated in {took:.1} s: {:.0} hours per second",
        paths.len(),
        simulated / 3600.0,
        simulated / 3600.0 / took
    );
    let failed: Vec<String> = results.iter().filter_map(complaint).collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), paths.len(), failed.join("\n"));
}

#[test]
fn the_same_file_gives_the_same_story() {
    let paths: Vec<PathBuf> =
        every_file().into_iter().flat_map(|path| [path.clone(), path]).collect();
    let results = on_all_threads(&paths);
    for (path, pair) in paths.iter().step_by(2).zip(results.chunks(2)) {
        let [Ok(first), Ok(second)] = pair else { continue };
        let alone = Scenario::read(path).is_ok_and(|scenario| scenario.domains.len() == 1);
        let told = if alone { lines } else { counts };
        let (first, second) = (told(first), told(second));
        let parted = first.iter().zip(&second).find(|(one, other)| one != other);
        assert!(first == second, "{}: the stories part: {parted:?}", path.display());
    }
}

fn lines(played: &Played) -> Vec<String> {
    story(played).lines().map(str::to_owned).collect()
}

/// How many lines of each kind a story has. Of several instances that are equal in everything the
/// one goes first in one run and the other in the next: a host's actor tells its instances of news
/// in no certain order.
fn counts(played: &Played) -> Vec<String> {
    let kind = |line: &Line| format!("{} {:?} {:?}", line.who.as_str(), line.kind, line.mark);
    let mut counts = BTreeMap::new();
    for line in &played.story {
        *counts.entry(kind(line)).or_insert(0) += 1;
    }
    counts.into_iter().map(|(kind, count)| format!("{count} × {kind}")).collect()
}

fn on_all_threads(paths: &[PathBuf]) -> Vec<Result<Played, String>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<Played, String>>>> =
        paths.iter().map(|_| Mutex::new(None)).collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(place) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(path) = paths.get(place)
                {
                    *results[place].lock().unwrap() = Some(one(path));
                }
            });
        }
    });
    results.into_iter().map(|result| result.into_inner().unwrap().unwrap()).collect()
}

fn one(path: &Path) -> Result<Played, String> {
    let scenario = Scenario::read(path).map_err(|mistakes| mistakes.to_string())?;
    play(&scenario, &Options::default()).map_err(|error| format!("{}: {error}", path.display()))
}

fn complaint(result: &Result<Played, String>) -> Option<String> {
    match result {
        Err(why) => Some(why.clone()),
        Ok(played) if played.is_good() => None,
        Ok(played) => {
            let story = story(played);
            let lines: Vec<&str> = story.lines().collect();
            let left = lines.len().saturating_sub(SHOWN);
            let shown = lines[left..].join("\n");
            let cut = if left > 0 { format!("({left} lines)\n") } else { String::new() };
            let failures = played.failures.join("\n  ");
            Some(format!("{}: {}\n{cut}{shown}\n  {failures}\n", played.file, played.name))
        }
    }
}
