//! Whatever stands in a file: no panic, and nothing out of range gets through.

use std::time::Duration;

use assured::config::Settings;
use proptest::prelude::*;

use super::{read, read_files};

type Get = fn(&Settings) -> Duration;

/// Durations: the key, its least and its greatest value in milliseconds, and where it ends up.
const DURATIONS: &[(&str, u64, u64, Get)] = &[
    ("service.shutdown_grace", 0, 600_000, |s| s.service.shutdown_grace),
    ("service.action_deadline", 1000, 3_600_000, |s| s.service.action_deadline),
    ("poll.interval", 100, 3_600_000, |s| s.poll.interval),
    ("poll.by_state.paused", 100, 3_600_000, |s| s.poll.by_state[&assured::model::State::Paused]),
    ("poll.deadline", 100, 300_000, |s| s.poll.deadline),
    ("supervision.host.window", 1000, 86_400_000, |s| s.supervision.host.window),
    ("supervision.heartbeat", 1000, 600_000, |s| s.supervision.heartbeat),
];

/// Keys that there are, and some that there are not.
const KEYS: &[&str] = &[
    "service",
    "service.data_dir",
    "service.max_concurrent_actions",
    "http.listen",
    "database.url",
    "poll",
    "poll.interval",
    "poll.jitter",
    "poll.by_state",
    "poll.by_state.missing",
    "poll.events",
    "supervision.instance.restarts",
    "hosts",
    "instances",
    "policies",
    "policies.default",
    "policies.default.running",
    "policies.default.running.shutoff",
    "policies.default.running.'shutoff/crashed'.action",
    "policies.default.running.shutoff.retry",
    "log.filter",
    "notify",
    "notify.webhook",
    "notify.mail",
    "notify.mail.to",
    "nothing.of.ours",
    "'poll[9]'",
];

fn value() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec!["'start'", "'running'", "'1s'", "'kvm-1'", "'alert'"]);
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>()
            .prop_filter("TOML writes these otherwise", |x| x.is_finite())
            .prop_map(|x| format!("{x:e}")),
        any::<bool>().prop_map(|b| b.to_string()),
        Just("nan".to_owned()),
        Just("-inf".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        "[ -~]{0,12}".prop_map(|s| format!("{s:?}")),
        words.prop_map(str::to_owned),
    ];
    let names = vec!["id", "uri", "name", "host", "action", "retry", "attempts", "'paused/user'"];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        let table =
            prop::collection::btree_map(prop::sample::select(names.clone()), inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            table.prop_map(|table| {
                let pairs: Vec<_> = table.iter().map(|(k, v)| format!("{k} = {v}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_duration_out_of_range_is_refused(which in 0..DURATIONS.len(), ms in any::<u64>(), small in any::<bool>()) {
        let (key, least, most, get) = DURATIONS[which];
        let ms = if small { ms % (2 * most) } else { ms };
        let result = read(&format!("{key} = '{ms}ms'"));
        if (least..=most).contains(&ms) {
            prop_assert_eq!(get(&result.unwrap()), Duration::from_millis(ms));
        } else {
            let errors = result.unwrap_err();
            prop_assert_eq!(errors.len(), 1);
            prop_assert_eq!(errors[0].key.as_str(), key);
        }
    }

    #[test]
    fn a_number_out_of_range_is_refused(n in any::<i64>(), small in -100_i64..20_000, which in any::<bool>()) {
        let n = if which { n } else { small };
        let result = read(&format!("service.max_concurrent_actions = {n}"));
        prop_assert_eq!(result.is_ok(), (1..=10_000).contains(&n));
        let result = read_files(&[""], &[("ASSURED__SERVICE__MAX_CONCURRENT_ACTIONS", &n.to_string())]);
        prop_assert_eq!(result.is_ok(), (1..=10_000).contains(&n));
    }

    #[test]
    fn a_share_out_of_range_is_refused(x in any::<f64>(), small in -1.0..1.0_f64, which in any::<bool>()) {
        let x = if which { x } else { small };
        prop_assume!(x.is_finite());
        let result = read(&format!("poll.jitter = {x:e}"));
        prop_assert_eq!(result.is_ok(), (0.0..=0.5).contains(&x));
    }

    #[test]
    fn any_value_under_any_key_is_read_or_refused(
        pairs in prop::collection::vec((prop::sample::select(KEYS), value()), 1..4)
    ) {
        // A file each: one that is no TOML does not keep the others from being read.
        let files: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        if let Err(errors) = read_files(&files, &[]) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(!error.message.is_empty());
                prop_assert!(error.file.as_deref().is_some_and(|f| f.ends_with(".toml")), "{:?}", error);
                prop_assert!(!error.to_string().contains(char::is_control), "{error:?}");
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), name in "[A-Z_]{0,20}") {
        let _ = read_files(&[&text], &[(&format!("ASSURED__{name}"), &text)]);
    }
}
