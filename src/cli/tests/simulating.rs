//! `assured simulate`.

use serde_json::Value;

use super::run;

const GOOD: &str = "name = \"n\"\ngiven = \"g\"\nwhen = \"w\"\nthen = \"t\"\n\
    [[hosts]]\nid = \"kvm-1\"\n[[instances]]\nname = \"web-1\"\ncount = 5\nhost = \"kvm-1\"\n\
    [[steps]]\nat = \"10s\"\ndo = { destroy = \"web-*\" }\n\
    [[steps]]\nat = \"1m\"\nexpect = { instance = \"web-*\", starts = 1, status = \"in_sync\" }\n";

struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_story_is_told_and_what_many_do_at_once_in_one_line() {
    let scene = Scene::new();
    let file = scene.file("good.toml", GOOD);
    let told = run(&["simulate", &file]).done();
    for words in [
        "n\n  given g\n  when  w\n  then  t\n",
        "+10.000s  world           destroy = \"web-*\"\n",
        "5 (web-",
        "shutoff/destroyed (before: running/booted)\n",
        "attempt",
        "✓ instance = \"web-*\", starts = 1, status = \"in_sync\"\n",
        "✓ simulated 1m 0s in ",
        "1 of 1 expectations met\n",
    ] {
        assert!(told.contains(words), "{words:?} is not in:\n{told}");
    }
    assert_eq!(run(&["simulate", "--quiet", &file]).done(), "");
    let twice = run(&["simulate", "--quiet", &file, &file]).done();
    assert!(twice.starts_with("✓ 2 of 2 scenarios as expected; simulated 2m"), "{twice}");
    let json: Value =
        serde_json::from_str(&run(&["simulate", &file, "-o", "json"]).done()).unwrap();
    let played = &json["scenarios"][0];
    assert_eq!(
        (&json["ok"], &played["met"], &played["expected"]),
        (&true.into(), &1.into(), &1.into())
    );
    assert_eq!(played["story"][0]["text"], "destroy = \"web-*\"");
}

#[test]
fn ones_own_policy_is_tried_on_it() {
    let scene = Scene::new();
    let file = scene.file("good.toml", GOOD);
    let rule = "[policies.default.running]\n\"shutoff/destroyed\" = { action = \"alert\" }\n\
                [[hosts]]\nid = \"real\"\nuri = \"qemu:///system\"\n";
    let config = scene.file("assured.toml", rule);
    let ran = run(&["simulate", "-q", &file, "--config", &config]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.contains("status is out_of_sync, expected was in_sync"), "{}", ran.out);
    let bad = scene.file("bad.toml", "[poll]\ninterval = 3\n");
    run(&["simulate", &file, "--config", &bad]).failed(78, &["bad.toml", "poll.interval"]);
}

#[test]
fn everything_that_is_wrong_with_files_is_said_before_any_is_played() {
    let scene = Scene::new();
    let good = scene.file("good.toml", GOOD);
    let bad = scene.file("bad.toml", &GOOD.replace("destroy", "explode").replace("1m", "soon"));
    let words = ["the scenario has 3 errors", "bad.toml:", "explode", "soon", "/nonexistent.toml"];
    run(&["simulate", &good, &bad, "/nonexistent.toml"]).failed(78, &words);
    let ran = run(&["simulate", &bad, "-o", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, json["errors"].as_array().unwrap().len()), (78, 2));
    run(&["simulate"]).failed(64, &["FILE"]);
}
