//! What the rounds say together: a file, curves, and whether anything grew that must not.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::curves;
use crate::measure::Row;

/// A column of the report.
pub struct Column {
    pub name: &'static str,
    pub unit: &'static str,
    pub of: fn(&Row) -> f64,
    /// By how much its median in the last quarter may be above that in the second; none where growth
    /// is as it should be.
    may_grow: Option<f64>,
}

/// Everything that is watched. The first quarter is left out of the comparison: what is made at the first
/// need and kept is no leak.
#[allow(clippy::cast_precision_loss)] // counts
pub const COLUMNS: [Column; 7] = [
    Column { name: "memory", unit: "MiB", of: |row| row.memory, may_grow: Some(4.0) },
    Column { name: "threads", unit: "", of: |row| row.threads as f64, may_grow: Some(2.0) },
    Column { name: "open files", unit: "", of: |row| row.files as f64, may_grow: Some(3.0) },
    Column { name: "database", unit: "MiB", of: |row| row.database, may_grow: None },
    Column { name: "status answered in", unit: "ms", of: |row| row.answer, may_grow: None },
    Column { name: "repaired in", unit: "ms", of: |row| row.repair, may_grow: None },
    Column { name: "at rest in", unit: "s", of: |row| row.rested, may_grow: None },
];

/// Writes the file and the curves, so that what was measured is there whatever comes.
pub fn write(rows: &[Row], folder: &Path) {
    let lines: Vec<String> = rows.iter().map(Row::to_string).collect();
    let text = format!("{}\n{}\n", Row::HEAD, lines.join("\n"));
    fs::write(folder.join("soak.csv"), text).expect("soak.csv can be written");
    if rows.len() > 1 {
        curves::draw(rows, &folder.join("soak.svg")).expect("soak.svg can be written");
    }
}

/// Says what came of it; a failure where something grew that must not.
pub fn conclude(rows: &[Row], folder: &Path) -> ExitCode {
    let (first, last) = (rows.first().expect("a round"), rows.last().expect("a round"));
    let faults: usize = rows.iter().map(|row| row.faults).sum();
    println!("{} rounds with {faults} faults in {:.2} h", rows.len(), last.hours);
    let quarter = rows.len() / 4;
    let (early, late) =
        (&rows[quarter..(2 * quarter).max(quarter + 1)], &rows[rows.len() - quarter.max(1)..]);
    let mut grew = Vec::new();
    println!(
        "{:<20} {:>10} {:>14} {:>14} {:>10}",
        "", "first", "2nd quarter", "last quarter", "most"
    );
    for column in &COLUMNS {
        let (then, now) = (median(early, column), median(late, column));
        let most = rows.iter().map(column.of).fold(f64::MIN, f64::max);
        println!(
            "{:<20} {:>10.2} {then:>14.2} {now:>14.2} {most:>10.2} {}",
            column.name,
            (column.of)(first),
            column.unit
        );
        if column.may_grow.is_some_and(|limit| now > then + limit) {
            grew.push(format!("{} from {then:.2} to {now:.2} {}", column.name, column.unit));
        }
    }
    #[allow(clippy::cast_precision_loss)] // some MiB, some thousand lines
    let per_line = (last.database - first.database) * 1024.0 * 1024.0
        / (last.events - first.events).max(1) as f64;
    println!("database: {per_line:.0} bytes for each line of the audit log, all tables together");
    println!("{} and {}", folder.join("soak.csv").display(), folder.join("soak.svg").display());
    if grew.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("GREW: {}", grew.join("; "));
    ExitCode::FAILURE
}

fn median(rows: &[Row], column: &Column) -> f64 {
    let mut values: Vec<f64> = rows.iter().map(column.of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
