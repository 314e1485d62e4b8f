//! The programs that people have: Debian's Alertmanager, and Python's aiosmtpd. `LAB=off` leaves them out, and says so.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use assured::clock::Clock;
use assured_lab::ChildGuard;
use serde_json::Value;

use crate::site::{crash, real_time, rig, until};

fn left_out() -> bool {
    let off = std::env::var("LAB").is_ok_and(|lab| lab == "off");
    if off {
        eprintln!("LAB=off: the tests with Alertmanager and aiosmtpd are left out");
    }
    off
}

/// A program by its name, or by the path that a variable has for it.
fn program(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| name.into()))
}

/// A port that nobody listens on at this moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn alerts(url: &str) -> Option<Vec<Value>> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(2)))
        .build()
        .new_agent();
    agent.get(format!("{url}/api/v2/alerts")).call().ok()?.body_mut().read_json().ok()
}

#[test]
fn alertmanager_shows_what_is_open_and_no_more() {
    if left_out() {
        return;
    }
    real_time(|| async {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("alertmanager.yml");
        std::fs::write(&config, "route: { receiver: none }\nreceivers: [{ name: none }]\n")
            .unwrap();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let start = || {
            let child = program("ALERTMANAGER", "prometheus-alertmanager")
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.path={}", dir.path().display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--cluster.listen-address=")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            ChildGuard::from(child.expect(
                "prometheus-alertmanager is to be installed (deploy/install-packages.sh), or ALERTMANAGER to be its path",
            ))
        };
        let alertmanager = start();
        let receivers = format!("[[notify.alertmanager]]\nurl = \"{url}\"\nrepeat = \"2s\"\n");
        let (mut rig, ids) = rig(&["web-1"], &receivers);
        // Alertmanager goes by the real time, and the world's begins with the year.
        let begin: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        rig.skew = Clock::system().now().duration_since(begin);
        let service = rig.start().await;
        // It is told by and by: while Alertmanager starts, what is to be delivered waits.
        rig.host("kvm-1").kill_daemon();
        let open = until("the alert fires", || alerts(&url).filter(|a| !a.is_empty())).await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0]["labels"]["alertname"], "AssuredHost");
        assert_eq!(open[0]["labels"]["severity"], "critical");
        assert_eq!(open[0]["status"]["state"], "active");
        // Killed: it has forgotten what it was told, and is told again.
        drop(alertmanager);
        let _alertmanager = start();
        let again = until("it fires again", || alerts(&url).filter(|a| !a.is_empty())).await;
        assert_eq!((again.len(), &again[0]["labels"]), (1, &open[0]["labels"]));
        rig.host("kvm-1").start_daemon();
        until("it is resolved", || alerts(&url).filter(Vec::is_empty)).await;
        service.in_sync(ids[0], 20).await;
        service.stop().await;
    });
}

#[test]
fn aiosmtpd_takes_the_mail() {
    if left_out() {
        return;
    }
    real_time(|| async {
        let port = free_port();
        let child = program("PYTHON", "/usr/bin/python3")
            .args(["-u", "-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")])
            .args(["-c", "aiosmtpd.handlers.Debugging", "stdout"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut sink =
            ChildGuard::from(child.expect("Python is to be installed, or PYTHON to be its path"));
        let (tell, told) = std::sync::mpsc::channel();
        let out = BufReader::new(sink.stdout.take().unwrap());
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).try_for_each(|l| tell.send(l))
        });
        let receivers = format!(
            "[notify.mail]\nsmtp = \"smtp://127.0.0.1:{port}\"\nfrom = \"assured@example.net\"\n\
             to = [\"ops@example.net\"]\n"
        );
        let (rig, ids) = rig(&["web-1"], &receivers);
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        let mut subjects = Vec::new();
        until("both mails", || {
            if let Some(status) = sink.try_wait().unwrap() {
                let mut why = String::new();
                let _ = sink.stderr.take().unwrap().read_to_string(&mut why);
                panic!("aiosmtpd is to be installed (deploy/install-packages.sh); it ended: {status} {why}");
            }
            subjects.extend(told.try_iter().filter(|line| line.starts_with("Subject: ")));
            (subjects.len() == 2).then_some(())
        })
        .await;
        assert!(subjects[0].contains("warning, kvm-1: web-1 is shutoff/crashed"), "{subjects:?}");
        assert!(subjects[1].contains("over: "), "{subjects:?}");
        service.stop().await;
    });
}
