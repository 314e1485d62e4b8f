//! What is wrong with a file is said, all of it, with its place and what would be right.

use assured::scenario::Scenario;

const HEAD: &str = "name = \"n\"\ngiven = \"g\"\nwhen = \"w\"\nthen = \"t\"\n";
const WORLD: &str =
    "[[hosts]]\nid = \"kvm-1\"\n[[instances]]\nname = \"web-1\"\nhost = \"kvm-1\"\n";
const STEP: &str = "[[steps]]\nat = \"1s\"\ndo = { destroy = \"web-1\" }\n";

fn mistakes(text: &str) -> String {
    match Scenario::parse("bad.toml", text) {
        Ok(_) => panic!("there is nothing wrong with it:\n{text}"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    let said = mistakes(text);
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{said}");
    }
}

#[test]
fn what_is_wrong_with_a_step_is_said() {
    let step = |more: &str| format!("{HEAD}{WORLD}{STEP}[[steps]]\n{more}\n");
    for (more, words) in [
        ("at = \"5s\"", "bad.toml:13: steps[1]: has neither `do` nor `expect`"),
        ("at = \"soon\"\ndo = \"kill_service\"", "steps[1]: \"soon\" is no length of time"),
        ("at = \"0s\"\ndo = \"kill_service\"", "is at 0s, before the one above it (1s)"),
        ("at = \"5s\"\ndo = { explode = \"web-1\" }", "steps[1].do.explode: is no known deed"),
        (
            "at = \"5s\"\ndo = { kill = \"web-9\" }",
            "steps[1]: no instance is named \"web-9\"; there are: web-1",
        ),
        ("at = \"5s\"\ndo = { kill = \"db-*\" }", "no instance has a name like \"db-*\""),
        ("at = \"5s\"\ndo = { hang = \"kvm-9\" }", "no host is named \"kvm-9\"; there are: kvm-1"),
        ("at = \"5s\"\ndo = { kill = \"web-1\", hang = \"kvm-1\" }", "must be one deed"),
        ("at = \"5s\"\ndo = { maintenance = \"kvm-1\" }", "missing field `reason`"),
        ("at = \"5s\"\ndo = { resume = \"kvm-9\" }", "no host is named \"kvm-9\""),
        (
            "at = \"5s\"\ndo = { resume = \"kvm-1\", reason = \"x\" }",
            "steps[1].do.resume: unknown field `reason`",
        ),
        (
            "at = \"5s\"\nevery = \"1s\"\ndo = \"kill_service\"",
            "`every` and `times` belong together",
        ),
        ("at = \"5s\"\nwithn = \"1s\"\ndo = \"kill_service\"", "unknown field `withn`"),
        (
            "at = \"5s\"\ndo = { desire = { instance = \"web-1\", state = \"up\" } }",
            "`up` is not a known desired state",
        ),
        (
            "at = \"5s\"\ndo = { pause_as = { instance = \"web-1\", reason = \"tired\" } }",
            "\"tired\" is no reason of a pause",
        ),
        (
            "at = \"5s\"\nexpect = { staus = \"in_sync\" }",
            "steps[1].expect: says nothing that is known",
        ),
        (
            "at = \"5s\"\nexpect = { instance = \"web-1\", stauts = \"in_sync\" }",
            "unknown field `stauts`",
        ),
        (
            "at = \"5s\"\nexpect = { instance = \"web-1\", observed = \"off\" }",
            "`off` is not a known state",
        ),
    ] {
        says(&step(more), &[words]);
    }
}

#[test]
fn what_is_wrong_with_the_world_is_said() {
    for (text, words) in [
        (format!("{WORLD}{STEP}"), "missing field `name`"),
        (format!("{HEAD}colour = 1\n{WORLD}{STEP}"), "unknown field `colour`"),
        (format!("{HEAD}{STEP}"), "hosts: are missing"),
        (format!("{HEAD}{WORLD}"), "steps: are missing"),
        (
            format!("{HEAD}{WORLD}{STEP}[[instances]]\nname = \"x\"\nhost = \"kvm-2\"\n"),
            "instances[1].host: no host is named \"kvm-2\"",
        ),
        (
            format!("{HEAD}{WORLD}{STEP}[[instances]]\nname = \"web-1\"\nhost = \"kvm-1\"\n"),
            "instances[1].name: `web-1` is there already",
        ),
        (
            format!(
                "{HEAD}{WORLD}{STEP}[[instances]]\nname = \"x-1\"\ncount = 3\nhost = \"kvm-1\"\npolicy = \"gold\"\n"
            ),
            "instances[1].policy: there is no policy \"gold\"",
        ),
        (
            format!("{HEAD}{WORLD}{STEP}[[hosts]]\nid = \"a\"\nmax_concurrent_actions = 0\n"),
            "hosts[1].max_concurrent_actions",
        ),
        (
            format!("{HEAD}{WORLD}{STEP}[[hosts]]\nid = \"a\"\nuri = \"qemu:///system\"\n"),
            "hosts[1].uri: is not given in a scenario",
        ),
        (
            format!("{HEAD}{WORLD}{STEP}[config.poll]\ninterval = \"never\"\n"),
            "config.poll.interval",
        ),
        (
            format!("{HEAD}{WORLD}{STEP}[config.service]\nspeed = 3\n"),
            "config.service.speed: is no known key",
        ),
        (format!("{HEAD}{WORLD}{STEP}name = =\n"), "is not valid TOML"),
    ] {
        says(&text, &[words]);
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let text = format!(
        "{HEAD}{WORLD}{STEP}[[steps]]\nat = \"5s\"\n[[steps]]\nat = \"soon\"\ndo = {{ fly = 1 }}\n\
         [[steps]]\nat = \"6s\"\nexpect = {{ instance = \"web-7\" }}\n"
    );
    says(&text, &["neither", "no length of time", "fly", "web-7"]);
    assert_eq!(mistakes(&text).lines().count(), 4);
}

#[test]
fn the_mistakes_of_the_settings_come_last_and_once_for_a_count() {
    let text = format!(
        "{HEAD}{WORLD}{STEP}[[instances]]\nname = \"x-1\"\ncount = 3\nhost = \"kvm-1\"\n\
         policy = \"gold\"\n[config.poll]\ninterval = 3\n"
    );
    assert_eq!(mistakes(&text).lines().count(), 2, "{}", mistakes(&text));
}
