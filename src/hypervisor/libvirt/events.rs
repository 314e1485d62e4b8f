//! libvirt's event loop: one for the process, on a thread of its own.
//!
//! Events, keepalive and the notice of a closed connection all depend on it, and only connections
//! that are opened after its registration take part.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use virt::error::{Error, clear_error_callback};
use virt::event::{event_register_default_impl, event_run_default_impl};

/// How long to wait after the loop failed: it is not expected to, and must not spin when it does.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether the loop runs; why not, if not.
static LOOP: OnceLock<Result<(), String>> = OnceLock::new();

/// Sees to it that the event loop runs. To be called before every connection is opened.
///
/// # Errors
/// When libvirt or the system refuses; then for good.
pub(super) fn ensure_running() -> Result<(), String> {
    LOOP.get_or_init(start).clone()
}

fn start() -> Result<(), String> {
    // Errors are returned and logged by us; libvirt would print them to stderr besides.
    clear_error_callback();
    event_register_default_impl().map_err(|error| error.message().to_owned())?;
    thread::Builder::new()
        .name("libvirt-events".to_owned())
        .spawn(run)
        .map(|_thread| ())
        .map_err(|error| format!("no thread for libvirt's event loop: {error}"))
}

fn run() {
    loop {
        if let Err(error) = event_run_default_impl() {
            report(&error);
            thread::park_timeout(PAUSE);
        }
    }
}

fn report(error: &Error) {
    tracing::error!(message = error.message(), "libvirt's event loop failed once, and goes on");
}
