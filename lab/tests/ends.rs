//! However the process that holds a lab ends, nothing of the lab stays.

#![allow(clippy::unwrap_used)]

mod common;

use assured_lab::{Lab, LabId, Leftover, leftovers, leftovers_of, wait_until};
use common::{SOON, assert_gone};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Child, Command, ExitStatus, Stdio};

/// `assured-lab`, with a lab of its own in which to leave its configuration file.
fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assured-lab"));
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

fn wait(child: &mut Child) -> ExitStatus {
    let mut status = None;
    wait_until(SOON, "the program to end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    })
    .unwrap();
    status.unwrap()
}

/// Starts `assured-lab up`, and ends it with a signal once its lab is up; gives the lab and the program's status.
fn up_and_end(signal: Signal) -> (LabId, ExitStatus) {
    let own = Lab::new().unwrap();
    let config = own.folder().join("assured.toml");
    let mut up =
        program(&["up", "--hosts", "1", "--guests", "2", "--config-out", config.to_str().unwrap()])
            .spawn()
            .unwrap();
    wait_until(SOON, "the configuration file", || {
        std::fs::read_to_string(&config).is_ok_and(|text| text.contains("batch-1"))
    })
    .unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("name = \"web-1\"\nhost = \"kvm-1\"\ndesired = \"running\""), "{text}");
    let lab = text.split(['/', '"']).find_map(LabId::parse).unwrap();
    let guests = leftovers_of(&lab).unwrap().into_iter();
    let guests = guests
        .filter(|thing| matches!(thing, Leftover::Process { name, .. } if name.starts_with("qemu")))
        .count();
    assert_eq!(guests, 2);
    assert!(
        leftovers().unwrap().iter().all(|thing| !thing.to_string().contains(&lab.to_string())),
        "a lab that lives is no leftover"
    );
    send(&up, signal);
    (lab, wait(&mut up))
}

#[test]
fn nothing_stays_after_kill_9() {
    let (lab, status) = up_and_end(Signal::SIGKILL);
    assert!(!status.success());
    assert_gone(&lab);
}

#[test]
fn everything_is_gone_by_the_time_that_ctrl_c_has_ended_it() {
    let (lab, status) = up_and_end(Signal::SIGINT);
    assert!(status.success());
    assert_eq!(leftovers_of(&lab).unwrap(), []);
}

#[test]
fn a_command_gets_the_configuration_and_its_exit_code_comes_back() {
    let own = Lab::new().unwrap();
    let copy = own.folder().join("copy.toml");
    let script = format!("cp \"$0\" {} && exit 7", copy.display());
    let mut run =
        program(&["run", "--hosts", "1", "--guests", "1", "--", "sh", "-c", &script, "{config}"])
            .spawn()
            .unwrap();
    assert_eq!(wait(&mut run).code(), Some(7));
    let text = std::fs::read_to_string(copy).unwrap();
    let lab = text.split(['/', '"']).find_map(LabId::parse).unwrap();
    assert_eq!(leftovers_of(&lab).unwrap(), []);
}

#[test]
fn a_signal_is_handed_on_to_the_command() {
    let own = Lab::new().unwrap();
    let started = own.folder().join("started");
    let script =
        format!("trap 'exit 9' TERM; touch {}; while :; do sleep 0.05; done", started.display());
    let mut run = program(&["run", "--hosts", "1", "--guests", "1", "--", "sh", "-c", &script])
        .spawn()
        .unwrap();
    wait_until(SOON, "the command to start", || started.exists()).unwrap();
    send(&run, Signal::SIGTERM);
    assert_eq!(wait(&mut run).code(), Some(9));
}
