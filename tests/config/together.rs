//! Rules of policies, and everything wrong at once.

use super::{read, read_files};

/// Reads rules of the user's `default`, and expects exactly these errors: keys under it with parts
/// of the messages.
#[track_caller]
fn check(rules: &str, expected: &[(&str, &str)]) {
    let toml = format!("[policies.default]\n{rules}");
    let errors = read(&toml).expect_err(&toml);
    let found: Vec<_> = errors.iter().map(|e| (e.key.as_str(), e.message.as_str())).collect();
    assert_eq!(found.len(), expected.len(), "{toml}\n{found:#?}");
    for ((key, part), (found_key, message)) in expected.iter().zip(&found) {
        assert_eq!(*found_key, format!("policies.default.{key}"), "{toml}");
        assert!(message.contains(part), "{toml}\n{message:?} should say {part:?}");
    }
    assert!(errors.iter().all(|e| e.file.as_deref() == Some("1.toml")), "{toml}\n{errors:#?}");
}

#[test]
fn rules() {
    check("on = {}", &[("on", "known here are: running, paused, shutoff")]);
    check("running = 3", &[("running", "must be a table, not 3")]);
    check("running.off = { action = 'start' }", &[("running.off", "is not a known state")]);
    check(
        "running.'shutoff/x' = { action = 'start' }",
        &[("running.\"shutoff/x\"", "known are: shutoff/unknown, shutoff/shutdown")],
    );
    check("running.shutoff = {}", &[("running.shutoff.action", "is missing")]);
    check("running.shutoff = 'start'", &[("running.shutoff", "must be a table, not a text")]);
    check("running.shutoff.action = 'go'", &[("running.shutoff.action", "accept, alert, ignore")]);
    check("running.shutoff.action = 'pause'", &[("running.shutoff.action", "cannot lead from")]);
    check("running.missing.action = 'start'", &[("running.missing.action", "from missing to")]);
    check("running.running.action = 'alert'", &[("running.running", "nothing to do about it")]);
    check(
        "running.crashed = { action = 'restart', exhausted = 'accept' }",
        &[("running.crashed.exhausted", "crashed/unknown is no state that can be desired")],
    );
    check(
        "running.crashed = { action = 'restart', grace = 'x', severity = 'high', exhausted = 'no', \
         slow_interval = '0s', max_downtime = '0s', force_after = '2d', retries = 3 }",
        &[
            ("running.crashed.grace", "from 0s to 30days"),
            ("running.crashed.exhausted", "slow, stop, accept"),
            ("running.crashed.slow_interval", "from 1s to 30days"),
            ("running.crashed.max_downtime", "from 1s to 1year"),
            ("running.crashed.force_after", "from 1s to 1day"),
            ("running.crashed.severity", "none, info, warning, critical"),
            ("running.crashed.retries", "known here are: action, grace, retry"),
        ],
    );
}

#[test]
fn retries() {
    let start = |retry: &str| format!("running.shutoff = {{ action = 'start', retry = {retry} }}");
    let key = |field: &str| format!("running.shutoff.retry.{field}");
    check(
        &start(
            "{ attempts = 0, initial = '1ms', factor = 0.5, max = '2d', jitter = 2, window = '0s' }",
        ),
        &[
            (&key("attempts"), "from 1 to 1000, not 0"),
            (&key("initial"), "from 100ms to 1day"),
            (&key("factor"), "from 1 to 10, not 0.5"),
            (&key("max"), "from 100ms to 1day"),
            (&key("jitter"), "from 0 to 1, not 2"),
            (&key("window"), "from 1s to 1year"),
        ],
    );
    check(&start("{ initial = '10m', window = '2h' }"), &[(&key("max"), "`initial` (10m)")]);
    check(
        "shutoff.running = { action = 'shutdown', retry = { attempts = 1 } }",
        &[("shutoff.running.retry.attempts", "at least 2 for `shutdown`")],
    );
    // 1 + 2 + 4 + 8 s and a tenth more are 16.5 s.
    check(&start("{ window = '16s' }"), &[(&key("window"), "16s is shorter than the 17s that 5")]);
    check(&start("{ window = '16s', jitter = 0, attempts = 6 }"), &[(&key("window"), "31s")]);
    let enough = start("{ window = '17s' }");
    assert!(read(&format!("[policies.default]\n{enough}")).is_ok());
    // What is not carried out is not tried again either.
    let idle =
        "[policies.default.running]\nshutoff = { action = 'alert', retry = { window = '1s' } }";
    assert!(read(idle).is_ok());
}

#[test]
fn names_of_policies() {
    let named = |name: &str| {
        read(&format!("[policies.{name}.running]"))
            .map_err(|errors| errors.into_iter().map(|e| (e.key, e.message)).collect::<Vec<_>>())
    };
    assert!(named("'tier-1.eu'").is_ok());
    assert!(named("'my policy'").unwrap_err()[0].1.contains("a name of 1 to 63"));
    assert_eq!(named("built-in").unwrap_err()[0].0, "policies.built-in");
}

#[test]
fn everything_at_once_with_the_file_of_each() {
    let first = "
        pol = 1
        [poll]
        interval = '10 parsecs'
        jitter = 9
        [policies.default.running]
        'shutoff/crashed' = { action = 'start', retry = { attempts = 20 } }
        [notify]
        group_wait = 2";
    let second = "
        [poll]
        interval = '5s'
        deadline = 5
        [policies.default.running]
        'shutoff/crashed' = { retry = { window = '1m' } }
        'shutoff/failed' = { action = 'resume' }
        [[instances]]
        name = 'web-1'
        host = 'kvm-2'
        desired = 'running'";
    let third = "[poll]\n'a\\nb' = 1\nby_state = 3\n= ";
    let env = [("ASSURED__POLL__EVENTS", "maybe"), ("ASSURED__HTTP__LISTEN", "0.0.0.0:1")];
    let errors = read_files(&[first, second, third], &env).unwrap_err();
    let places: Vec<_> =
        errors.iter().map(|e| format!("{}: {}", e.file.as_deref().unwrap_or("-"), e.key)).collect();
    assert_eq!(
        places,
        [
            "3.toml: ",
            "environment: http.listen",
            "1.toml: poll.jitter",
            "2.toml: poll.deadline",
            "environment: poll.events",
            "2.toml: policies.default.running.\"shutoff/crashed\".retry.window",
            "2.toml: policies.default.running.\"shutoff/failed\".action",
            "2.toml: instances[0].host",
            "1.toml: notify.group_wait",
            "1.toml: pol",
        ],
        "{errors:#?}"
    );
}

#[test]
fn each_error_is_one_line_that_begins_with_its_file() {
    let toml = "\"a\\nb\" = 1\n[poll]\n\"c\\u001bd\" = 2\ninterval = \"x\\ny\"\nby_state = { \"a\\nb\" = \"1s\" }";
    let errors = read(toml).unwrap_err();
    assert_eq!(errors.len(), 4, "{errors:#?}");
    for error in errors {
        let line = error.to_string();
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(line.starts_with(&format!("1.toml: {}: ", error.key)), "{line}");
    }
}
