//! `assured notify test`.

use assured::cli::{Exit, Screen, Start, Terminal, start};

use crate::mail_sink::MailSink;
use crate::site::webhook;
use crate::web_sink::{Deed, WebSink};

fn run(config: &str) -> (Exit, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("assured.toml");
    std::fs::write(&file, config).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal { out: &mut out, err: &mut err, screen: Screen::PLAIN };
    let line = ["assured", "notify", "test", "--config", file.to_str().unwrap()];
    let Start::Exit(exit) = start(line.map(Into::into), &mut terminal) else { panic!("it is run") };
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn each_receiver_gets_a_message_and_each_failure_is_said() {
    let (good, bad, mail) =
        (WebSink::start(&[]), WebSink::start(&[Deed::Answer(403)]), MailSink::start());
    let all_well = format!(
        "{}[notify.mail]\nsmtp = \"smtp://{}\"\nfrom = \"a@example.net\"\nto = [\"b@example.net\"]\n",
        webhook("good", &good.url(), ""),
        mail.addr
    );
    let (exit, out, err) = run(&all_well);
    assert_eq!((exit, err.as_str()), (Exit::Done, ""), "{out}");
    assert_eq!(out.matches(" delivered").count(), 2, "{out}");
    assert_eq!(good.got()[0].json()["type"], "assured.test");
    assert!(mail.got()[0].contains("Nothing is wrong."));

    let hangs = WebSink::start(&[Deed::Hang]);
    let config = webhook("bad", &bad.url(), "")
        + &webhook("good", &good.url(), "")
        + &webhook("hangs", &hangs.url(), "");
    let (exit, out, _) = run(&config);
    assert_eq!(exit, Exit::Failed, "{out}");
    assert!(out.contains("not delivered: it answered 403: what the test wants"), "{out}");
    assert!(out.contains("not delivered: it gave no answer within 300ms"), "{out}");
    assert_eq!(out.lines().filter(|line| line.contains("  delivered")).count(), 1, "{out}");
}

#[test]
fn without_receivers_that_is_said() {
    let (exit, _, err) = run("");
    assert_eq!(exit, Exit::Failed);
    assert!(err.contains("nobody is told of incidents"), "{err}");
}
