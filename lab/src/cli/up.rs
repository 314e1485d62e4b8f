//! `assured-lab up`: the lab until somebody ends it.

use super::Size;
use super::demo::Demo;
use super::signals::Signals;
use assured_lab::Result;
use std::path::Path;
use std::process::ExitCode;

/// Brings the lab up, writes the configuration, and waits for a signal.
pub(crate) fn up(size: Size, config_out: &Path) -> Result<ExitCode> {
    let mut signals = Signals::catch()?;
    let demo = Demo::start(size)?;
    demo.write_config(config_out)?;
    demo.introduce("assured");
    println!("Configuration: {}", config_out.display());
    signals.wait_for_the_end();
    println!("Taking everything down …");
    drop(demo);
    Ok(ExitCode::SUCCESS)
}
