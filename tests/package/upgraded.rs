//! An upgrade: what the administrator has changed stays, and what the service has recorded.

use assured_lab::is_left_out;

use crate::deb::{LATER, NEWS, packages};
use crate::machine::Machine;

const CONFIG: &str = "/etc/assured/assured.toml";

#[test]
fn an_upgrade_keeps_configuration_and_record_and_restarts_the_service() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    machine.installs(&packages().this);
    machine
        .does(&format!("echo '[poll]\ninterval = \"7s\"' >>{CONFIG} && systemctl reload assured"));
    // The owner and the mode are the administrator's too.
    machine.does(&format!("chown root:root {CONFIG} && chmod 644 {CONFIG}"));
    let token = machine.does("cat /var/lib/assured/operator.token");
    let events = "assured events --json --limit 1000 | wc --lines";
    let recorded: u32 = machine.does(events).parse().unwrap();
    let pid = machine.property("MainPID");

    machine.installs(&packages().later);
    assert_eq!(machine.does("dpkg-query --show --showformat '${Version}' assured"), LATER);
    assert_eq!(machine.does("systemctl is-active assured"), "active");
    assert_ne!(machine.property("MainPID"), pid, "it runs what was installed");
    machine.does(&format!("grep --quiet 'interval = \"7s\"' {CONFIG}"));
    machine.does(&format!("! grep '{NEWS}' {CONFIG} && grep '{NEWS}' {CONFIG}.dpkg-dist"));
    assert_eq!(machine.does(&format!("stat --format '%G %a' {CONFIG}")), "root 644");
    assert_eq!(machine.does("cat /var/lib/assured/operator.token"), token);
    assert!(machine.does(events).parse::<u32>().unwrap() >= recorded);

    // Back again: the database is of the same form.
    machine.installs(&packages().this);
    assert_eq!(machine.does("systemctl is-active assured"), "active");
}

#[test]
fn what_an_administrator_has_not_touched_is_new_and_what_he_has_disabled_stays_so() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    machine.installs(&packages().this);
    machine.does("systemctl disable --now assured");
    machine.installs(&packages().later);
    machine.does(&format!("grep '{NEWS}' {CONFIG}"));
    assert_eq!(machine.does(&format!("stat --format '%G %a' {CONFIG}")), "assured 640");
    assert_eq!(machine.does("systemctl is-enabled assured || true"), "disabled");
}
