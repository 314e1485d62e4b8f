//! Signatures, and what is not shown.

use std::path::PathBuf;
use std::time::Duration;

use super::sample::*;
use crate::notify::sign::signature;
use crate::notify::{Courier, Letter, SendError, Way};

/// The second test case of RFC 4231.
#[test]
fn a_signature() {
    assert_eq!(
        signature(b"Jefe", b"what do ya want for nothing?"),
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn of_a_url_only_the_host_is_shown() {
    let way = Way::Webhook {
        url: endpoint("https://hooks.example.net/s3cret?k=s3cret"),
        secret_file: None,
    };
    assert_eq!(way.to_string(), "webhook at https://hooks.example.net");
    assert!(!format!("{way:?}").contains("s3cret"));
}

#[test]
fn without_its_secret_nothing_is_sent() {
    let file = PathBuf::from("/nowhere/secret");
    let letter = Letter::Post {
        url: "http://127.0.0.1:9/s3cret".into(),
        content_type: "text/plain",
        body: String::new(),
        secret_file: Some(file.clone()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let courier = Courier::start().unwrap();
    let send = |letter: Letter| {
        let sent = courier.send(letter, Duration::from_secs(5));
        runtime.block_on(sent).unwrap_err()
    };
    assert!(matches!(send(letter.clone()), SendError::Secret { file: of, .. } if of == file));
    let Letter::Post { url, content_type, body, .. } = letter else { panic!("it is posted") };
    // Nobody listens on the port for discarding.
    let refused = send(Letter::Post { url, content_type, body, secret_file: None });
    assert!(matches!(&refused, SendError::NoAnswer(why) if !why.contains("s3cret")), "{refused}");
    assert!(refused.is_for_all());
}
