//! `LAB=off`: real hosts are not wanted, and that is said loudly.

use std::io::Write as _;

/// Whether what needs real hosts is to be left out, by the word of the environment: `LAB=off`.
/// Then it is said on standard error, past a test harness that keeps output to itself.
#[must_use]
pub fn is_left_out() -> bool {
    let off = std::env::var_os("LAB").is_some_and(|word| word == "off");
    if off {
        let thread = std::thread::current();
        let what = thread.name().unwrap_or("something");
        let text = format!("*** LAB=off: LEFT OUT {what}, which needs real hosts ***\n");
        // If standard error is gone, there is nobody to tell.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    off
}
