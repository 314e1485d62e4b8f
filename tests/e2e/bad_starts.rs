//! Starts that cannot succeed: each ends at once, with the exit code and the sentence that say what to do.

use std::fs;
use std::process::Command;

use assured_lab::wait_until;

use crate::record::Record;
use crate::rig::SOON;
use crate::site::{Site, program, run};

#[test]
fn a_second_service_on_the_same_database_ends_and_the_first_goes_on() {
    let site = Site::new(&[]);
    let service = site.start();
    let said = site.run(&["run"]);
    said.failed_with(74, &["is in use by another process", "assured.db"]);
    assert_eq!(service.get("/api/v1/status")["database"]["healthy"], true);
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let site = Site::new(&[]);
    site.start().kill();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')";
    Record::open(&site).execute(insert);
    let kept = "SELECT count(*) AS n FROM __diesel_schema_migrations";
    let before = Record::open(&site).count(kept);
    site.run(&["run"]).failed_with(74, &["of a newer version", "20991231000000"]);
    assert_eq!(Record::open(&site).count(kept), before);
}

#[test]
fn a_database_that_somebody_else_has_locked_is_refused() {
    let site = Site::new(&[]);
    site.start().kill();
    let mut other = Record::open(&site);
    other.execute("BEGIN EXCLUSIVE");
    site.run(&["run"]).failed_with(74, &["is locked by somebody else"]);
    other.execute("ROLLBACK");
    site.start().kill();
}

#[test]
fn a_database_that_cannot_be_written_to_is_refused() {
    let site = Site::new(&[]);
    site.start().kill();
    // Rights do not stop root, but a read-only mount does; its namespace ends with the process.
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", mount]);
    let service = site.program(&["run"]);
    command.arg(site.data_dir()).arg(service.get_program()).args(service.get_args());
    if !is_root() {
        command = site.program(&["run"]);
        let mut rights = fs::metadata(site.database()).unwrap().permissions();
        rights.set_readonly(true);
        fs::set_permissions(site.database(), rights).unwrap();
    }
    run(&mut command).failed_with(74, &["cannot be written to", "read-only"]);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let site = Site::new(&[]);
    fs::create_dir(site.data_dir()).unwrap();
    let text = "This is no database, but it is long enough to look like one.\n".repeat(100);
    fs::write(site.database(), &text).unwrap();
    site.run(&["run"]).failed_with(74, &["is not a SQLite database"]);
    assert_eq!(fs::read_to_string(site.database()).unwrap(), text, "it is left as it is");
}

#[test]
fn every_mistake_in_every_file_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.toml"), folder.path().join("second.toml"));
    let hosts = "[[hosts]]\nid = 'kvm-1'\nuri = 'no uri'\n[[hosts]]\nid = 'kvm-1'\nuri = 'test:///default'\n";
    fs::write(&first, format!("[poll]\ninterval = '2h'\n{hosts}")).unwrap();
    let rule = "\"shutoff/exploded\" = { action = 'start' }\n\"paused\" = { action = 'repair' }\n";
    let more = "[service]\nmax_concurrent_actions = 0\n[pol]\n[policies.default.running]\n";
    fs::write(&second, format!("{more}{rule}")).unwrap();
    let mut command = program(&["run"]);
    let said = run(command.arg("--config").arg(&first).arg("--config").arg(&second));
    said.failed_with(78, &["7 errors"]);
    for (file, key, message) in [
        (&first, "poll.interval", "from 100ms to 1h"),
        (&first, "hosts[0].uri", "is not a URI"),
        (&first, "hosts[1].id", "is the id of another host already"),
        (&second, "service.max_concurrent_actions", "from 1 to 10000, not 0"),
        (&second, "pol", "is no known key"),
        (&second, "policies.default.running.\"shutoff/exploded\"", "exploded"),
        (&second, "policies.default.running.paused.action", "repair"),
    ] {
        let begin = format!("  {}: {key}: ", file.display());
        let line = said.err.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("nothing about {key}:\n{}", said.err));
        assert!(line.contains(message), "{message:?} is not said: {line}");
    }
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_done() {
    let site = Site::new(&[]);
    let address = site.url().replace("http://", "");
    let taken = std::net::TcpListener::bind(&address).unwrap();
    site.run(&["run"]).failed_with(1, &[&address]);
    drop(taken);
    let answer = || site.run(&["status"]).code == Some(0);
    let service = site.start();
    wait_until(SOON, "the service to answer", answer).unwrap();
    assert_eq!(service.terminate().code(), Some(0));
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
