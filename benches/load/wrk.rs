//! The load: `wrk` from the cores that are not the servers'.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::server::Cores;

/// How many connections are kept busy.
const CONNECTIONS: &str = "32";

/// Loads an address for so long, and answers how many requests were answered.
pub(crate) fn requests(cores: &Cores, url: &str, encoding: Option<&str>, time: Duration) -> f64 {
    let output = start(cores, url, encoding, time).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "wrk failed: {text}");
    assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    // "  81234 requests in 3.00s, 45.01MB read"
    let requests = text.lines().find_map(|line| line.split_once(" requests in "));
    requests.expect(&text).0.trim().parse().unwrap()
}

/// Begins to load an address for so long.
pub(crate) fn start(cores: &Cores, url: &str, encoding: Option<&str>, time: Duration) -> Child {
    let mut command = cores.loader("wrk");
    command.args(["-t1", "-c", CONNECTIONS, &format!("-d{}s", time.as_secs())]);
    if let Some(encoding) = encoding {
        command.args(["-H", &format!("Accept-Encoding: {encoding}")]);
    }
    command.arg(url).stdout(Stdio::piped());
    command.spawn().expect("wrk and taskset are there: deploy/install-packages.sh bench")
}
