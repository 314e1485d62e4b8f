//! `docs/scenarios.md` lists every file. `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write;
use std::path::Path;

use assured::scenario::Scenario;

use crate::every_file;

const HEAD: &str = "\
# Scenarios

Situations that systems of this kind met, and what assured does. Each is a file that `assured simulate` plays
([how to write one](simulate.md)) and that every test run plays; those with ● are played on real libvirt hosts as well,
some of them not to their end.

This page is made from the files: `make docs`.
";

const GROUPS: &[(&str, &str)] = &[
    ("guest_ends", "A guest ends"),
    ("attempts", "Attempts, budgets, backing off"),
    ("not_seen", "Not seen is not down"),
    ("hosts", "Hosts and moving"),
    ("order", "Order and overlap"),
];

#[test]
fn the_page_of_scenarios_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("docs/scenarios.md");
    let made = made(root);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &made).unwrap();
    }
    let stands = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(stands == made, "docs/scenarios.md is out of date: `make docs` writes it anew");
}

fn made(root: &Path) -> String {
    let mut page = HEAD.to_owned();
    let files = every_file();
    let group_of = |path: &Path| {
        let dir = path.parent().and_then(Path::file_name).unwrap();
        dir.to_str().unwrap().to_owned()
    };
    for path in &files {
        let group = group_of(path);
        assert!(GROUPS.iter().any(|(dir, _)| *dir == group), "{group} is no group of table.rs");
    }
    for (dir, title) in GROUPS {
        write!(page, "\n## {title}\n\n| | given | when | then |\n|---|---|---|---|\n").unwrap();
        for path in files.iter().filter(|path| group_of(path) == *dir) {
            let head = Scenario::read(path).unwrap_or_else(|e| panic!("{e}")).head;
            let link = path.strip_prefix(root).unwrap().display();
            let lab = match (head.lab, head.lab_until) {
                (false, _) => String::new(),
                (true, None) => "● ".to_owned(),
                (true, Some(end)) => format!("● (the first {} s) ", end.0.as_secs_f64()),
            };
            let seen_in = match head.seen_in.as_slice() {
                [] => String::new(),
                some => format!(" ({})", some.join(", ")),
            };
            let cell = |text: &str| text.replace('|', "\\|");
            writeln!(
                page,
                "| {lab}[{}](../{link}) | {} | {} | {}{} |",
                cell(&head.name),
                cell(&head.given),
                cell(&head.when),
                cell(&head.then),
                cell(&seen_in)
            )
            .unwrap();
        }
    }
    page
}
