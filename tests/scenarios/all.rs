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
    let results = on_all_threads(&paths, one);
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
    let paths = every_file();
    let different = on_all_threads(&paths, |path| {
        let [first, second] = [(); 2].map(|()| one(path).map(|played| lines(&played)));
        let (first, second) = (first.unwrap(), second.unwrap());
        let at = first.iter().zip(&second).position(|(one, other)| one != other);
        let parted = at.map(|at| (&first[at], &second[at]));
        (first != second).then(|| format!("{}: {parted:?}", path.display()))
    });
    let different: Vec<String> = different.into_iter().flatten().collect();
    assert_eq!(different, Vec::<String>::new(), "they part at these lines");
}

fn lines(played: &Played) -> Vec<String> {
    let line = |line: &assured::scenario::Line| {
        let at = assured::scenario::offset(line.at);
        format!("{at} {:?} {:?} {:?} {}", line.kind, line.subject, line.mark, line.text)
    };
    played.story.iter().map(line).collect()
}

fn on_all_threads<T: Send>(paths: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<T>>> = paths.iter().map(|_| Mutex::new(None)).collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(place) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(path) = paths.get(place)
                {
                    *results[place].lock().unwrap() = Some(work(path));
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
