//! The disk under the record: full, read-only, or both at the start. The service says so, looks on, does
//! nothing, and goes on by itself when the disk does.

use std::fs;
use std::time::Duration;

use assured_lab::{Guest, GuestKind, wait_until};
use serde_json::{Value, json};

use crate::deeds::{assert_story, text};
use crate::disk::Kind;
use crate::rig::Service;
use crate::site::Site;
use crate::world::World;

/// The longest pause between two tries to write the record is 5 s; the rest is for a busy machine.
const WITHIN_SECONDS: Duration = Duration::from_secs(15);

/// A guest that runs and is supposed to, and its service's data on a small disk.
fn on_a_small_disk(kind: Kind) -> Option<(World, Guest)> {
    let mut world = World::new(&["kvm-1"])?;
    world.site.on_a_small_disk(kind);
    let guest = world.running(0, "web-1", GuestKind::Idle);
    Some((world, guest))
}

impl Service<'_> {
    /// Says what a guest is supposed to be, at a time when that cannot be kept.
    #[track_caller]
    fn desire_in_vain(&self, guest: &Guest, state: &str) -> Value {
        let path = format!("/api/v1/instances/{}/desired", guest.uuid());
        let refused = self.as_operator("PUT", &path, &json!({ "state": state }), &[]);
        assert_eq!(refused.status, 503, "{}", refused.body);
        refused.body
    }
}

/// The record cannot be written: everywhere that one may look it is said, with these words; nothing is
/// acknowledged and nothing is done, but looked at.
#[track_caller]
fn assert_stands_still(service: &Service<'_>, guest: &Guest, words: &[&str]) {
    let says_so = |text: &str| words.iter().all(|word| text.contains(word));
    service.desire_in_vain(guest, "paused");
    service.until("the trouble to be told by its name", || {
        says_so(&text(&service.get("/api/v1/status")["database"]["error"]))
    });
    let refused = service.desire_in_vain(guest, "paused");
    assert!(says_so(&text(&refused["detail"])), "{refused}");

    let starts = guest.starts().unwrap();
    guest.host().virsh(&["destroy", guest.name()]).unwrap();
    for _ in 0..4 {
        service.look_again(&[guest], 1);
        let status = service.get("/api/v1/status");
        assert_eq!(status["database"]["healthy"], false);
        assert_eq!(status["service"]["ready"], false);
        let ready = service.ask("GET", "/readyz", None, &[]);
        assert_eq!(ready.status, 503);
        assert!(says_so(&text(&ready.body["missing"][0])), "{}", ready.body);
    }
    assert_eq!(guest.starts().unwrap(), starts);
    let desired = &service.instance(guest)["desired"];
    assert_eq!((&desired["state"], &desired["generation"]), (&json!("running"), &json!(1)));
    assert!(log(service.site()).lines().any(|line| line.contains("ERROR") && says_so(line)));
}

/// The disk is well again: the service is by itself, within seconds; the guest that went down meanwhile
/// is started once.
#[track_caller]
fn assert_goes_on(world: &World, service: &Service<'_>, guest: &Guest) {
    let usable = || service.get("/api/v1/status")["database"]["healthy"] == true;
    wait_until(WITHIN_SECONDS, "the database to be usable", usable).unwrap();
    service.until_back(guest, "running/booted", 2);
    service.look_again(&[guest], 3);
    assert_eq!(guest.starts().unwrap(), 2);
    assert_eq!(service.ask("GET", "/readyz", None, &[]).status, 200);
    let status = service.get("/api/v1/status");
    assert_eq!(status["database"]["error"], Value::Null);
    assert_eq!(service.instance(guest)["desired"]["generation"], 1);
    service.desire(guest, "paused");
    service.until("the order to be carried out", || service.status(guest) == "in_sync");
    world.site.run(&["db", "check"]).done();
    assert_story(service, guest, &["start", "pause"], &[("repaired", 1)]);
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.log()).unwrap()
}

#[test]
fn a_disk_that_is_full_stops_deeds_and_no_looks_until_there_is_room() {
    let Some((world, guest)) = on_a_small_disk(Kind::Memory) else { return };
    let service = world.site.start();
    service.adopt(&[&guest]);
    world.site.disk().fill();
    let database = world.site.database().to_string_lossy().into_owned();
    assert_stands_still(&service, &guest, &[&database, "is full; make room"]);
    let again = "the database can be used again;";
    assert_eq!(
        log(&world.site).matches(again).count(),
        0,
        "a full disk is not taken for a good one"
    );
    world.site.disk().make_room();
    assert_goes_on(&world, &service, &guest);
    assert_eq!(log(&world.site).matches(again).count(), 1);
    assert_eq!(service.terminate().code(), Some(0));
    assert_eq!(world.site.disk().names(), ["assured.db", "assured.db.lock", "operator.token"]);
    world.end();
}

#[test]
fn a_service_that_is_killed_on_a_full_disk_starts_when_there_is_room() {
    let Some((world, guest)) = on_a_small_disk(Kind::Memory) else { return };
    let service = world.site.start();
    service.adopt(&[&guest]);
    world.site.disk().fill();
    let database = world.site.database().to_string_lossy().into_owned();
    assert_stands_still(&service, &guest, &[&database, "is full; make room"]);
    service.kill();
    world.site.run(&["run"]).failed_with(74, &[&database, "is full; make room"]);
    world.site.disk().make_room();
    let service = world.site.start();
    assert_goes_on(&world, &service, &guest);
    service.kill();
    world.end();
}

/// A site that has never been started, on a disk without any room, and the path of its database.
fn on_a_full_disk() -> (Site, String) {
    let mut site = Site::new(&[]);
    site.on_a_small_disk(Kind::Memory);
    site.disk().fill();
    let database = site.database().to_string_lossy().into_owned();
    (site, database)
}

#[test]
fn a_first_start_on_a_full_disk_says_so() {
    if assured_lab::is_left_out() {
        return;
    }
    let (site, database) = on_a_full_disk();
    site.run(&["run"]).failed_with(74, &[&database, "is full; make room"]);
    site.disk().make_room();
    site.start().kill();
}

/// However far an opening gets, it says that the disk is full, and the next one goes on from there.
#[test]
fn a_first_start_goes_on_with_each_bit_of_room() {
    if assured_lab::is_left_out() {
        return;
    }
    let (site, database) = on_a_full_disk();
    let mut in_vain = 0;
    while site.run(&["db", "migrate"]).code != Some(0) {
        let said = site.run(&["db", "migrate"]);
        said.failed_with(74, &[&database, "is full; make room"]);
        in_vain += 1;
        assert!(in_vain < 100, "{said:?}");
        site.disk().make_some_room(8192);
    }
    assert!(in_vain > 5, "each step needs some room: {in_vain}");
    site.disk().make_room();
    site.run(&["db", "check"]).done();
    site.start().kill();
}

#[test]
fn a_backup_that_finds_no_room_says_where_and_leaves_nothing() {
    if assured_lab::is_left_out() {
        return;
    }
    let mut site = Site::new(&[]);
    site.on_a_small_disk(Kind::Memory);
    let service = site.start();
    let before = site.disk().names();
    site.disk().fill();
    let copy = site.data_dir().join("copy.db").to_string_lossy().into_owned();
    site.run(&["db", "backup", &copy]).failed_with(74, &[&copy, "is full; make room"]);
    site.disk().make_room();
    assert_eq!(site.disk().names(), before);
    site.run(&["db", "backup", &copy]).done();
    service.kill();
}

/// What a kernel does that finds its file system in disorder. It comes back by a check and a new mount,
/// which need the service's end.
#[test]
fn a_file_system_that_turns_read_only_stops_deeds_and_no_looks() {
    let Some((world, guest)) = on_a_small_disk(Kind::Ext4) else { return };
    let service = world.site.start();
    service.adopt(&[&guest]);
    assert!(world.site.disk().does("mount -o remount,abort \"$0\""));
    let database = world.site.database().to_string_lossy().into_owned();
    let words = [&*database, "cannot be written to", "read-only"];
    assert_stands_still(&service, &guest, &words);
    service.kill();
    world.site.run(&["run"]).failed_with(74, &words);
    assert!(world.site.disk().does(
        "umount \"$0\" && { e2fsck -fy \"$0.img\" || [ $? -lt 4 ]; } >&2 && mount -o loop \"$0.img\" \"$0\""
    ));
    let service = world.site.start();
    assert_goes_on(&world, &service, &guest);
    service.kill();
    world.end();
}

/// Nobody makes a file system read-only by a plain remount while the service has files on it; so here
/// its mount point is made so, at a moment when the service opens its database anew.
#[test]
fn a_mount_that_is_read_only_for_a_while_is_written_to_when_it_can_be() {
    let Some((world, guest)) = on_a_small_disk(Kind::Memory) else { return };
    let disk = world.site.disk();
    assert!(disk.does("mkdir \"$0.rw\" && mount --bind \"$0\" \"$0.rw\""));
    let service = world.site.start();
    service.adopt(&[&guest]);
    assert!(!disk.does("mount -o remount,ro \"$0\""), "it is busy");
    disk.fill();
    service.desire_in_vain(&guest, "paused");
    let script =
        "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && rm \"$0.rw/ballast\"";
    assert!(disk.does(script));
    let database = world.site.database().to_string_lossy().into_owned();
    assert_stands_still(&service, &guest, &[&database, "cannot be written to", "read-only"]);
    assert!(disk.does("mount -o remount,bind,rw \"$0\""));
    assert_goes_on(&world, &service, &guest);
    service.kill();
    world.end();
}
