//! `[http] tls`: what is read of it, by whom, and what is wrong with it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assured::config::{ConfigError, Settings, load, load_to_use};

use super::read;

/// A certificate for `example.net` and its key, in PEM.
fn issue() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = rcgen::CertificateParams::new(vec!["example.net".to_owned()]).unwrap();
    (names.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn put(folder: &Path, (cert, key): (&str, &str)) {
    fs::write(folder.join("crt"), cert).unwrap();
    fs::write(folder.join("key"), key).unwrap();
    fs::set_permissions(folder.join("key"), Permissions::from_mode(0o600)).unwrap();
    let (cert, key) = (folder.join("crt"), folder.join("key"));
    let text = format!("[http]\ntls = {{ cert = {cert:?}, key = {key:?} }}\n");
    fs::write(folder.join("assured.toml"), text).unwrap();
}

fn used(folder: &Path) -> Result<Settings, Vec<ConfigError>> {
    load_to_use(&[folder.join("assured.toml")], std::iter::empty())
        .map_err(|errors| errors.iter().cloned().collect())
}

#[test]
fn files_that_belong_together_are_taken_and_read_by_those_only_who_use_them() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = issue();
    put(dir.path(), (&cert, &key));
    let settings = used(dir.path()).unwrap();
    let tls = settings.http.tls.unwrap();
    assert_eq!(tls.certified.as_ref().unwrap().cert.len(), 1);
    assert!(!format!("{tls:?}").contains(key.lines().nth(1).unwrap()));
    // A chain: the service's own certificate first.
    let (authority, _) = issue();
    put(dir.path(), (&format!("{cert}{authority}"), &key));
    let chain = used(dir.path()).unwrap().http.tls.unwrap();
    assert_eq!(chain.certified.as_ref().unwrap().cert.len(), 2);
    assert_ne!(tls, chain);
    // Somebody who only asks the service something may not be able to read them.
    fs::remove_file(dir.path().join("key")).unwrap();
    let read = load(&[dir.path().join("assured.toml")], std::iter::empty()).unwrap();
    assert!(read.http.tls.unwrap().certified.is_none());
}

#[test]
fn what_is_wrong_with_a_file_is_said_at_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let ((cert, key), (other, _)) = (issue(), issue());
    let damaged = cert.replace("MII", "AII");
    let half = cert.lines().take(3).collect::<Vec<_>>().join("\n");
    let no_base64 = cert.replace("MII", "!!!");
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (cert, key, at, words) in [
        (other.as_str(), key.as_str(), "http.tls.key", "is not the key of the certificate in"),
        ("", &key, "http.tls.cert", "has no certificate in it"),
        (&key, &key, "http.tls.cert", "has no certificate in it"),
        (&half, &key, "http.tls.cert", "a certificate that cannot be read: its end is missing"),
        (&no_base64, &key, "http.tls.cert", "a certificate that cannot be read: it is damaged"),
        (&damaged, &key, "http.tls.cert", "cannot be used: it is damaged"),
        (&cert, "", "http.tls.key", "has no private key in it"),
        (&cert, &cert, "http.tls.key", "has no private key in it"),
        (&cert, &encrypted, "http.tls.key", "without a passphrase"),
    ] {
        put(dir.path(), (cert, key));
        let errors = used(dir.path()).unwrap_err();
        let [error] = errors.as_slice() else { panic!("{words}: {errors:?}") };
        assert_eq!(error.key, at, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert!(error.file.as_deref().unwrap().ends_with("assured.toml"), "{error}");
        assert!(!key.lines().nth(1).is_some_and(|line| error.message.contains(line)), "{error}");
    }
    // Both are told at once.
    put(dir.path(), (&cert, &key));
    fs::set_permissions(dir.path().join("key"), Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(dir.path().join("crt")).unwrap();
    let errors = used(dir.path()).unwrap_err();
    let keys: Vec<_> = errors.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(keys, ["http.tls.cert", "http.tls.key"], "{errors:?}");
    assert!(errors[1].message.contains("chmod 600"), "{errors:?}");
}

#[test]
fn both_files_are_named_by_absolute_paths() {
    for (tls, keys) in [
        ("true", &["http.tls"][..]),
        ("{}", &["http.tls.cert", "http.tls.key"]),
        ("{ cert = '/a' }", &["http.tls.key"]),
        ("{ cert = 'a', key = 'b' }", &["http.tls.cert", "http.tls.key"]),
        ("{ cert = '/a', key = '/b', ca = '/c' }", &["http.tls.ca"]),
    ] {
        let errors = read(&format!("[http]\ntls = {tls}\n")).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(found, keys, "{tls}");
    }
    // TLS does not say who asks: without tokens everybody who reaches it could read.
    let errors = read("[http]\nlisten = '0.0.0.0:1'\ntls = { cert = '/a', key = '/b' }\n");
    assert!(errors.unwrap_err()[0].message.contains("there are no access tokens"));
}

#[test]
fn another_certificate_is_taken_over_and_tls_itself_is_not() {
    let with = |cert: &str| {
        read(&format!("[http]\ntls = {{ cert = '/{cert}', key = '/key' }}\n")).unwrap()
    };
    let (next, waiting) = with("a").succeeded_by(with("b"));
    assert_eq!((next, waiting), (with("b"), vec![]));
    let without = read("").unwrap();
    for (old, new) in [(with("a"), without.clone()), (without, with("a"))] {
        let (next, waiting) = old.succeeded_by(new);
        assert_eq!((&next, waiting), (&old, vec!["http.tls"]));
    }
}
