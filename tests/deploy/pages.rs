//! The pages for people: no link in them is dead, and files that they name are there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{of_project, text};
use crate::links::{Page, dead};

/// Every page of the project, by its path from the top.
fn pages() -> BTreeMap<PathBuf, Page> {
    let mut pages = BTreeMap::new();
    gather(&of_project(""), &mut pages);
    assert!(pages.len() > 15, "{:?}", pages.keys());
    pages
}

fn gather(folder: &Path, pages: &mut BTreeMap<PathBuf, Page>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_made =
            name.starts_with('.') || ["target", "compose", "node_modules"].contains(&name);
        if path.is_dir() && !is_made {
            gather(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(of_project("")).unwrap().to_owned();
            pages.insert(path, Page::read(&text));
        }
    }
}

#[test]
fn no_link_is_dead() {
    let dead = dead(&pages(), |path| of_project(path).exists());
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn each_page_of_docs_is_in_the_readme() {
    let pages = pages();
    let readme = &pages[Path::new("README.md")].links;
    for path in pages.keys().filter(|path| path.starts_with("docs")) {
        let is_linked = readme.iter().any(|link| Path::new(link) == path);
        assert!(is_linked, "README.md has no link to {}", path.display());
    }
}

/// Files and folders that are named as code: `tests/simulate/laws.rs`.
#[test]
fn files_that_are_named_are_there() {
    let tops = [
        "assets",
        "benches",
        "config",
        "deploy",
        "docs",
        "fuzz",
        "lab",
        "migrations",
        "src",
        "tests",
    ];
    // Made when they are needed, and kept out of commits.
    let made = ["fuzz/artifacts"];
    let mut missing = Vec::new();
    let mut looked_at = 0;
    for (page, read) in pages() {
        for code in &read.codes {
            let path = code.trim_end_matches('/');
            let is_path = path.contains('/')
                && path.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
                && tops.contains(&path.split('/').next().unwrap())
                // A word in capitals stands for another.
                && !path.split('/').any(|part| part.chars().all(|c| c.is_ascii_uppercase()))
                && !made.iter().any(|made| path.starts_with(made));
            if is_path {
                looked_at += 1;
                if !of_project(path).exists() {
                    missing.push(format!("{}: {code}", page.display()));
                }
            }
        }
    }
    assert!(looked_at > 30, "{looked_at}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// What the guides say to type is what the program understands.
#[test]
fn commands_that_are_shown_are_understood() {
    let mut looked_at = 0;
    for page in
        ["README.md", "docs/containers.md", "docs/operators-guide.md", "docs/developers-guide.md"]
    {
        for line in text(page).lines() {
            let typed = line.trim_start_matches("$ ");
            let typed = typed.strip_prefix("docker compose exec assured ").unwrap_or(typed);
            let Some(words) = typed.strip_prefix("assured ") else { continue };
            if !line.starts_with("$ ") {
                continue;
            }
            looked_at += 1;
            let commands: Vec<&str> =
                words.split_whitespace().take_while(|word| is_command(word)).collect();
            let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_assured"));
            let output =
                help.args(&commands[..commands.len().min(2)]).arg("--help").output().unwrap();
            let usage = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{page}: {line}");
            for option in words.split_whitespace().filter(|word| word.starts_with("--")) {
                let option = option.split('=').next().unwrap();
                assert!(usage.contains(option), "{page}: {line}: there is no {option}");
            }
        }
    }
    assert!(looked_at > 5, "{looked_at}");
}

fn is_command(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase())
}
