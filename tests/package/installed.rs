//! A first installation: what is there, and how systemd runs it.

use assured_lab::is_left_out;

use crate::deb::this;
use crate::machine::Machine;

/// In tenths, from 0 to 100: what `systemd-analyze security` says of the unit.
const EXPOSURE: u32 = 15;

/// Files, with the owners and modes that they have once they are installed.
const FILES: &str = "\
root:root 755 /usr/bin/assured
root:assured 640 /etc/assured/assured.toml
root:root 644 /usr/lib/systemd/system/assured.service
root:root 644 /usr/lib/sysusers.d/assured.conf
root:root 644 /usr/share/man/man1/assured.1.gz
root:root 644 /usr/share/bash-completion/completions/assured
root:root 644 /usr/share/zsh/vendor-completions/_assured
root:root 644 /usr/share/fish/vendor_completions.d/assured.fish
root:root 644 /usr/share/assured/assured.schema.json
root:root 644 /usr/share/assured/prometheus/alerts.yml
root:root 644 /usr/share/assured/grafana/assured.json
root:root 644 /usr/share/doc/assured/copyright
root:root 644 /usr/share/doc/assured/README.md
root:root 644 /usr/share/doc/assured/docs/install.md
assured:assured 700 /var/lib/assured
assured:assured 600 /var/lib/assured/operator.token";

fn installed() -> Option<Machine> {
    if is_left_out() {
        return None;
    }
    let machine = Machine::boot();
    machine.installs(this());
    Some(machine)
}

#[test]
fn the_service_runs_and_knows_no_host() {
    let Some(machine) = installed() else { return };
    // dpkg is done when systemd has started it, and that is when it serves.
    assert_eq!(machine.does("systemctl is-active assured"), "active");
    assert_eq!(machine.does("systemctl is-enabled assured"), "enabled");
    let answer = machine.answer("/healthz");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    machine.until("the service to be ready", "assured status | grep 'ready'");
    let hosts = machine.does("assured hosts list --output json");
    let hosts: serde_json::Value = serde_json::from_str(&hosts).expect("JSON");
    assert_eq!(hosts["items"], serde_json::json!([]), "{hosts}");
    for line in FILES.lines() {
        let path = line.rsplit(' ').next().unwrap();
        assert_eq!(machine.does(&format!("stat --format '%U:%G %a %n' {path}")), line);
    }
    machine.does("assured check && mandoc /usr/share/man/man1/assured.1.gz | grep -q assured");
    assert_eq!(machine.does("dpkg --verify assured"), "");
}

#[test]
fn it_runs_as_its_user_with_nothing_more() {
    let Some(machine) = installed() else { return };
    assert_eq!(machine.does("id --name --groups assured"), "assured libvirt");
    let pid = machine.property("MainPID");
    assert_eq!(machine.does(&format!("ps -o user= -p {pid}")), "assured");
    let status = machine.does(&format!("cat /proc/{pid}/status"));
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.contains(line), "{line:?}: {status}");
    }
    let unit = "/usr/lib/systemd/system/assured.service";
    let verified = machine.run(&format!("systemd-analyze verify {unit}"));
    assert!(!verified.err.contains("assured") && verified.code == Some(0), "{verified:#?}");
    machine.does(&format!("systemd-analyze security --offline=true --threshold={EXPOSURE} {unit}"));
}

#[test]
fn systemd_watches_reloads_and_stops_it_and_starts_it_again() {
    let Some(machine) = installed() else { return };
    assert_eq!(machine.property("WatchdogUSec"), "1min");
    machine.does("systemctl reload assured");
    assert_eq!(machine.property("StatusText"), "serving on http://127.0.0.1:8420/");
    let before = machine.property("MainPID");
    machine.does("systemctl kill --signal KILL assured");
    let again = "test $(systemctl show -P NRestarts assured) = 1 && systemctl is-active assured";
    machine.until("systemd to start it again", again);
    assert_ne!(machine.property("MainPID"), before);
    machine.does("systemctl stop assured");
    assert_eq!(machine.property("Result"), "success");
    assert_eq!(machine.property("ExecMainCode,ExecMainStatus"), "1\n0", "it has exited, with 0");
    // What is wrong with the configuration does not become right by another start.
    machine.does("echo 'nonsense = 1' >>/etc/assured/assured.toml; ! systemctl start assured");
    assert_eq!(machine.property("ExecMainStatus,SubState"), "78\nfailed");
}

#[test]
fn its_log_is_in_the_journal_with_fields() {
    let Some(machine) = installed() else { return };
    machine.does("systemctl stop assured && journalctl --sync");
    let fields = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,ASSURED_VERSION,_SYSTEMD_UNIT,_TRANSPORT";
    let asked = format!("ASSURED_VERSION={}", env!("CARGO_PKG_VERSION"));
    let entry = machine.does(&format!("journalctl {asked} --output json --output-fields {fields}"));
    let entry: serde_json::Value = serde_json::from_str(&entry).expect("one entry");
    assert_eq!(entry["MESSAGE"], "assured starts");
    assert_eq!(entry["PRIORITY"], "6");
    assert_eq!(entry["SYSLOG_IDENTIFIER"], "assured");
    assert_eq!(entry["_SYSTEMD_UNIT"], "assured.service");
    assert_eq!(entry["_TRANSPORT"], "journal");
}

/// By the machine's own libvirtd and polkit, as Debian sets them up.
#[test]
fn it_may_use_this_machine_s_libvirt_as_long_as_its_user_is_in_the_group() {
    let Some(machine) = installed() else { return };
    let host = "[[hosts]]\nid = \"here\"\nuri = \"qemu:///system\"";
    machine.does(&format!("echo '{host}' >>/etc/assured/assured.toml; systemctl start libvirtd"));
    machine.does("systemctl reload assured");
    machine.until("the host to be up", "assured hosts list | grep 'here *✓ up'");
    machine.does("gpasswd --delete assured libvirt && systemctl restart assured");
    machine
        .until("the host to be refused", "assured hosts list | grep 'authentication unavailable'");
}

/// As docs/install.md says it, for whoever wants to start it by hand.
#[test]
fn a_unit_that_was_masked_before_is_not_started() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    machine.does("systemctl mask assured");
    machine.installs(this());
    assert_eq!(machine.does("systemctl is-active assured || true"), "inactive");
    machine.does("test ! -e /var/lib/assured && systemctl unmask assured");
    machine.does("systemctl enable --now assured");
    assert!(machine.property("StatusText").starts_with("serving on"));
}
