//! All files, at once.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assured::scenario::{Options, Played, Scenario, play};
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
    for path in every_file() {
        let scenario = Scenario::read(&path).unwrap();
        let twice = [(); 2].map(|()| play(&scenario, &Options::default()).unwrap());
        let [first, second] = twice.map(|played| without_names(&played));
        let at = first.iter().zip(&second).position(|(one, other)| one != other);
        let parted = at.map(|at| (&first[at], &second[at]));
        assert!(first == second, "{}: they part at line {at:?}: {parted:?}", path.display());
    }
}

/// A story without who is meant. Of several that are equal in everything the one goes first in one
/// run and the other in the next: a host's actor tells its instances of news in no certain order.
fn without_names(played: &Played) -> Vec<String> {
    let names = |text: &str| {
        let is_one =
            |word: &str| word.contains('-') && word.ends_with(|c: char| c.is_ascii_digit());
        text.split(' ')
            .map(|word| if is_one(word) { "NAME" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let line = |line: &assured::scenario::Line| {
        format!(
            "{} {:?} {:?} {}",
            assured::scenario::offset(line.at),
            line.kind,
            line.mark,
            names(&line.text)
        )
    };
    let mut lines: Vec<String> = played.story.iter().map(line).collect();
    lines.sort();
    lines
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

/// What is to be said of a play that did not end well.
pub fn complaint(result: &Result<Played, String>) -> Option<String> {
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
