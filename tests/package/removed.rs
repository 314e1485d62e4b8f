//! What is left by `dpkg --remove`, and by `dpkg --purge`: docs/install.md says it too.

use assured_lab::is_left_out;

use crate::deb::this;
use crate::machine::Machine;

/// Everything on the disk that is called after the service, or in a folder that is.
const TRACES: &str = "find /etc /usr /var -xdev \\( -path '*/assured' -o -path '*/assured[./]*' -o -path '*/_assured' \\) \
    -print | sort";

#[test]
fn remove_keeps_the_configuration_and_purge_the_record() {
    if is_left_out() {
        return;
    }
    let machine = Machine::boot();
    let before = machine.does(TRACES);
    machine.installs(this());
    machine.does("dpkg --remove assured");
    assert_eq!(machine.does("systemctl is-active assured || true"), "inactive");
    machine.does("test -e /etc/assured/assured.toml && test ! -e /usr/bin/assured");
    machine.does("test -e /var/lib/assured/assured.db");

    let said = machine.run("dpkg --purge assured");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.err.contains("rm -r /var/lib/assured && userdel assured"), "{said:#?}");
    machine.does("test ! -e /etc/assured && test -e /var/lib/assured/operator.token");
    machine.does("getent passwd assured");
    // As it says.
    machine.does("rm -r /var/lib/assured && userdel assured");
    machine.does("rm -f /root/assured.deb && ! getent group assured");
    assert_eq!(machine.does(TRACES), before);
    assert_eq!(machine.does("systemctl list-unit-files 'assured*' --no-legend || true"), "");
}
