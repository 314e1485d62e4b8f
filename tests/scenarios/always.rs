//! What is looked at in every run, and that it can fail.

use crate::{played, small, story};

#[test]
fn a_wrong_expectation_fails_with_what_was_seen() {
    let played = played(
        "[[steps]]\nat = \"10s\"\ndo = { destroy = \"web-1\" }\n\
         [[steps]]\nat = \"20s\"\nexpect = { instance = \"web-1\", status = \"given_up\", starts = 2 }\n\
         [[steps]]\nat = \"20s\"\nwithin = \"5s\"\nexpect = { fleet = { incidents_open = 7 } }\n",
    );
    assert_eq!((played.met, played.expected), (0, 2), "{}", story(&played));
    assert_eq!(
        played.failures,
        [
            "steps[1] at +20.001s: instance = \"web-1\", status = \"given_up\", starts = 2: web-1: \
             status is in_sync, expected was given_up; number of starts is 1, expected was 2",
            "steps[2] at +25.001s: fleet = { incidents_open = 7 }: number of open incidents is 0, \
             expected was 7",
        ]
    );
}

#[test]
fn a_refusal_is_an_error_unless_it_is_expected() {
    let order = |more: &str| {
        let text = format!(
            "[[steps]]\nat = \"1s\"\ndo = {{ desire = {{ instance = \"web-1\", \
             state = \"shutoff\", if_match = 9{more} }} }}\n"
        );
        played(&text).failures
    };
    assert_eq!(order(", refused = \"has generation 1\""), Vec::<String>::new());
    assert!(order("")[0].contains("it was refused: the desired state has generation 1, not 9"));
    assert!(order(", refused = \"something else\"")[0].contains("expected was: something else"));
}

#[test]
fn an_instance_that_the_scenario_itself_doubles_is_no_flaw() {
    let scenario = small(
        "[[hosts]]\nid = \"kvm-2\"\n[[steps]]\nat = \"10s\"\n\
         do = { put = { instance = \"web-1\", host = \"kvm-2\", condition = \"running/booted\" } }\n\
         [[steps]]\nat = \"10m\"\nexpect = { fleet = { actions = 0 } }\n",
    );
    let played = assured::scenario::play(&scenario, &Default::default()).unwrap();
    assert_eq!(played.failures, Vec::<String>::new(), "{}", story(&played));
}
