//! An upgrade: what the administrator has changed stays, and what the service has recorded.

use assured_lab::is_left_out;

use crate::deb::{LATER, NEWS, later, this};
use crate::machine::Machine;

const CONFIG: &str = "/etc/assured/assured.toml";

/// What the service has recorded, and a part of it.
const RECORD: &str = "assured events";
const RELOADED: &str = "the configuration was read again";

/// A later version's migration.
const FUTURE: &str = "import sqlite3; db = sqlite3.connect('/var/lib/assured/assured.db'); \
    db.execute('INSERT INTO __diesel_schema_migrations (version) VALUES (20990101000000)'); db.commit()";

#[test]
fn an_upgrade_keeps_configuration_and_record_and_restarts_the_service() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    machine.installs(this());
    machine
        .does(&format!("echo '[poll]\ninterval = \"7s\"' >>{CONFIG} && systemctl reload assured"));
    // The owner and the mode are the administrator's too.
    machine.does(&format!("chown root:root {CONFIG} && chmod 644 {CONFIG}"));
    let token = machine.does("cat /var/lib/assured/operator.token");
    machine.until("the reload to be recorded", &format!("{RECORD} | grep '{RELOADED}'"));
    let pid = machine.property("MainPID");

    machine.installs(later());
    assert_eq!(machine.does("dpkg-query --show --showformat '${Version}' assured"), LATER);
    assert_eq!(machine.does("systemctl is-active assured"), "active");
    assert_ne!(machine.property("MainPID"), pid, "it runs what was installed");
    machine.does(&format!("grep --quiet 'interval = \"7s\"' {CONFIG}"));
    machine.does(&format!("! grep '{NEWS}' {CONFIG} && grep '{NEWS}' {CONFIG}.dpkg-dist"));
    assert_eq!(machine.does(&format!("stat --format '%G %a' {CONFIG}")), "root 644");
    assert_eq!(machine.does("cat /var/lib/assured/operator.token"), token);
    machine.until("the record to be read", &format!("{RECORD} | grep '{RELOADED}'"));

    // Back again: the database is of the same form.
    machine.installs(this());
    assert_eq!(machine.does("systemctl is-active assured"), "active");
}

#[test]
fn what_an_administrator_has_not_touched_is_new_and_what_he_has_disabled_stays_so() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    machine.installs(this());
    machine.does("systemctl disable --now assured");
    machine.installs(later());
    machine.does(&format!("grep '{NEWS}' {CONFIG}"));
    assert_eq!(machine.does(&format!("stat --format '%G %a' {CONFIG}")), "assured 640");
    assert_eq!(machine.does("systemctl is-enabled assured || true"), "disabled");
    assert_eq!(machine.does("systemctl is-active assured || true"), "inactive");
}

/// As docs/install.md says how to go back.
#[test]
fn a_database_of_a_newer_form_is_refused_and_a_backup_from_before_is_the_way_back() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    machine.installs(later());
    machine.does("systemctl reload assured");
    machine.until("the reload to be recorded", &format!("{RECORD} | grep '{RELOADED}'"));
    machine.does("assured db backup /var/backups/assured-before.db && systemctl stop assured");
    machine.does(&format!("python3 -c \"{FUTURE}\""));

    machine.installs(this());
    let refused = "journalctl --unit assured | grep 'newer version'";
    machine.until("the newer form to be refused", refused);
    assert_eq!(machine.property("ExecMainStatus"), "74");
    machine.does("systemctl stop assured");
    machine.does("mkdir -m 700 /var/backups/assured-newer");
    machine.does("mv /var/lib/assured/assured.db* /var/backups/assured-newer/");
    let before = "/var/backups/assured-before.db /var/lib/assured/assured.db";
    machine.does(&format!("install -o assured -g assured -m 0600 {before}"));
    machine.does("systemctl start assured");
    machine.until("the record to be read", &format!("{RECORD} | grep '{RELOADED}'"));
}
