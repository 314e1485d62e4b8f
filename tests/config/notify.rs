//! `[notify]`: who is told.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use assured::config::load_to_use;
use assured::model::Severity;
use assured::notify::{SmtpSecurity, Way};

use super::{read, refused};

/// Reads the section, and expects exactly these errors: keys under it with parts of the messages.
#[track_caller]
fn check(toml: &str, expected: &[(&str, &str)]) {
    let whole = expected.iter().map(|(key, part)| (format!("notify.{key}"), *part));
    for error in refused(toml, &whole.collect::<Vec<_>>()) {
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }
}

const MAIL: &str = "from = 'assured@example.net'\nto = ['ops@example.net']";

#[test]
fn everything_has_a_default_that_is_safe() {
    let settings = read("").unwrap();
    assert_eq!(
        (settings.notify.group_wait, settings.notify.receivers.len()),
        (Duration::from_secs(2), 0)
    );
    let toml = format!(
        "[[notify.webhook]]\nurl = 'https://hooks.example.net/T0/s3cret'\n\
         [[notify.webhook]]\nname = 'chat'\nurl = 'http://127.0.0.1:8080/'\nseverity = 'critical'\ntimeout = '3s'\n\
         [[notify.alertmanager]]\nurl = 'http://[::1]:9093'\n\
         [notify.mail]\nsmtp = 'smtp://localhost:2525'\n{MAIL}"
    );
    let receivers = read(&toml).unwrap().notify.receivers;
    let names: Vec<_> = receivers.iter().map(|r| &*r.name).collect();
    assert_eq!(names, ["webhook-hooks.example.net", "chat", "alertmanager---1-9093", "mail"]);
    let (first, chat) = (&receivers[0], &receivers[1]);
    assert_eq!((first.severity, first.timeout), (Severity::Warning, Duration::from_secs(10)));
    assert_eq!((chat.severity, chat.timeout), (Severity::Critical, Duration::from_secs(3)));
    let shown = format!("{receivers:?} {}", first.way);
    assert!(shown.contains("https://hooks.example.net") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn how_mail_is_kept_secret() {
    let security = |smtp: &str, more: &str| {
        let toml = format!("[notify.mail]\nsmtp = '{smtp}'\n{MAIL}\n{more}");
        match &read(&toml).unwrap().notify.receivers[0].way {
            Way::Mail(way) => (way.server.port, way.server.security),
            way @ (Way::Webhook { .. } | Way::Alertmanager { .. }) => panic!("{way:?}"),
        }
    };
    assert_eq!(security("smtp://127.0.0.1:2525", ""), (2525, SmtpSecurity::Plain));
    assert_eq!(security("smtp://localhost", ""), (25, SmtpSecurity::Plain));
    assert_eq!(security("smtp://mail.example.net", ""), (25, SmtpSecurity::WhereOffered));
    let password = "password_file = '/etc/assured/mail.password'";
    let login = "smtp://me%40example.net@mail.example.net:587";
    assert_eq!(security(login, password), (587, SmtpSecurity::Required));
    assert_eq!(security("smtps://mail.example.net", ""), (465, SmtpSecurity::Tls));
}

#[test]
fn each_mistake_is_told_with_its_key() {
    check("[notify]\nchat = 1", &[("chat", "group_wait, webhook, alertmanager, mail")]);
    check("[notify]\ngroup_wait = '2m'", &[("group_wait", "from 0s to 1m")]);
    check("[notify]\nwebhook = {}", &[("webhook", "must be a list of tables")]);
    check("[[notify.webhook]]", &[("webhook[0].url", "is missing")]);
    for url in ["nonsense", "ftp://a/", "mailto:a@b"] {
        check(
            &format!("[[notify.webhook]]\nurl = '{url}'"),
            &[("webhook[0].url", "must be a URL such as https://example.net/hook")],
        );
    }
    check(
        "[[notify.alertmanager]]\nurl = 'http://me:s3cret@a/'",
        &[("alertmanager[0].url", "no user or password")],
    );
    let one = |more: &str| format!("[[notify.webhook]]\nurl = 'http://a'\n{more}");
    check(&one("severity = 'none'"), &[("webhook[0].severity", "info, warning, critical, not")]);
    check(&one("timeout = '0s'"), &[("webhook[0].timeout", "from 100ms to 1m")]);
    check(&one("secret_file = 'a'"), &[("webhook[0].secret_file", "must be the absolute path")]);
    check(&one("name = 'a b'"), &[("webhook[0].name", "must be a name of 1 to 63")]);
    check(
        &one("[[notify.webhook]]\nurl = 'http://a/2'"),
        &[("webhook[1].name", "set another one")],
    );
}

#[test]
fn mistakes_about_mail() {
    check(
        "[notify.mail]",
        &[("mail.smtp", "is missing"), ("mail.from", "is missing"), ("mail.to", "is missing")],
    );
    let mail = |smtp: &str, more: &str| format!("[notify.mail]\nsmtp = '{smtp}'\n{MAIL}\n{more}");
    for smtp in ["mail.example.net", "http://a", "smtp://", "smtp://a/b", "smtp://a?tls=no"] {
        check(&mail(smtp, ""), &[("mail.smtp", "must be a URL such as smtp://")]);
    }
    check(&mail("smtp://me:s3cret@a", ""), &[("mail.smtp", "`password_file`")]);
    check(&mail("smtp://me@a", ""), &[("mail.smtp", "names a user, but")]);
    check(&mail("smtp://a", "password_file = '/a'"), &[("mail.smtp", "who logs in")]);
    let to = |to: &str| format!("[notify.mail]\nsmtp = 'smtp://a'\nfrom = 'a@b'\nto = {to}");
    check(&to("[]"), &[("mail.to", "with one at least")]);
    check(&to("'a@b'"), &[("mail.to", "must be a list of mail addresses")]);
    check(&to("['a@b', 'nobody']"), &[("mail.to[1]", "must be a mail address")]);
}

#[test]
fn files_with_secrets_are_their_owner_s_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (file, secret) = (dir.path().join("assured.toml"), dir.path().join("secret"));
    let text =
        format!("[[notify.webhook]]\nurl = 'http://a'\nsecret_file = '{}'", secret.display());
    fs::write(&file, text).unwrap();
    let used = || load_to_use(std::slice::from_ref(&file), std::iter::empty());
    assert!(used().unwrap_err().to_string().contains("notify.webhook[0].secret_file"));
    fs::write(&secret, "s3cret").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    assert!(used().unwrap_err().to_string().contains("chmod 600"));
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    assert!(used().is_ok());
}
