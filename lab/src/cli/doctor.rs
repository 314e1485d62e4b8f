//! `assured-lab doctor`: what earlier labs have left behind, and how to get rid of it.

use assured_lab::{Result, leftovers};
use std::process::ExitCode;

/// Lists leftovers; fails if there are any.
pub(crate) fn doctor() -> Result<ExitCode> {
    let left = leftovers()?;
    if left.is_empty() {
        println!("Nothing is left of earlier labs.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("Left of earlier labs, each with what removes it:");
    for thing in left {
        println!("  {thing}");
    }
    Ok(ExitCode::FAILURE)
}
