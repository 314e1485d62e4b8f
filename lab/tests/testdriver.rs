//! Hosts of libvirt's test driver, with more domains than QEMU could run here.

#![allow(clippy::unwrap_used)]

use assured_lab::{Lab, leftovers_of};
use std::collections::HashSet;

#[test]
fn a_thousand_domains_run_and_outlive_every_other_connection() {
    let lab = Lab::new().unwrap();
    let host = lab.test_host("fake-1", 1000).unwrap();
    let names = |words: &[&str]| -> HashSet<String> {
        host.virsh(words).unwrap().split_whitespace().map(str::to_owned).collect()
    };
    // The node's own domain is called `test`.
    let mut expected: HashSet<_> =
        host.domains().iter().map(|domain| domain.name.clone()).collect();
    expected.insert("test".into());
    assert_eq!(names(&["list", "--name"]), expected);

    host.virsh(&["destroy", "vm-00999"]).unwrap();
    expected.remove("vm-00999");
    assert_eq!(names(&["list", "--name"]), expected, "what one connection does, the next one sees");
    let uuid = host.domains()[7].uuid.to_string();
    assert_eq!(host.virsh(&["domname", &uuid]).unwrap().trim(), "vm-00007");
}

#[test]
fn an_empty_node_is_remembered_too() {
    let lab = Lab::new().unwrap();
    let host = lab.test_host("fake-1", 0).unwrap();
    host.virsh(&["destroy", "test"]).unwrap();
    assert_eq!(host.virsh(&["domstate", "test"]).unwrap().trim(), "shut off");
}

#[test]
fn a_lab_ends_with_its_test_hosts() {
    let lab = Lab::new().unwrap();
    let host = lab.test_host("fake-1", 3).unwrap();
    let id = lab.id().clone();
    drop(lab);
    drop(host);
    assert_eq!(leftovers_of(&id).unwrap(), []);
}
