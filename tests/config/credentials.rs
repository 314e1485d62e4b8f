//! `credentials`: a file with passwords, which is looked at by those who are about to use it, and of
//! which nothing is shown but its path.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use assured::config::{Settings, load, load_to_use};

use super::read;

fn config(uri: &str, credentials: &str) -> String {
    format!("[[hosts]]\nid = 'a'\nuri = '{uri}'\ncredentials = '{credentials}'\n")
}

/// What is read from this text by one who is about to use it; what is wrong in one line.
fn use_it(dir: &Path, toml: &str) -> Result<Settings, String> {
    let path = dir.join("assured.toml");
    fs::write(&path, toml).unwrap();
    load_to_use(&[path], std::iter::empty()).map_err(|errors| {
        assert_eq!(errors.len(), 1, "{errors}");
        let error = errors.iter().next().unwrap();
        assert_eq!(error.key, "hosts[0].credentials");
        errors.to_string()
    })
}

#[test]
fn what_can_be_told_from_the_text() {
    for (uri, path, expected) in [
        ("qemu+tcp://kvm-1/system", "kvm-1.auth", "must be the absolute path of a file"),
        ("qemu+tcp://kvm-1/system", "", "must be the absolute path of a file"),
        ("qemu+tcp://kvm-1/system?authfile=/a", "/b", "is said twice"),
    ] {
        let errors = read(&config(uri, path)).unwrap_err();
        assert_eq!(errors[0].key, "hosts[0].credentials");
        assert!(errors[0].message.contains(expected), "{}", errors[0]);
    }
    let control = read("hosts = [{ id = 'a', uri = 'qemu:///system', credentials = \"/a\\nb\" }]");
    assert!(control.unwrap_err()[0].message.contains("absolute path"));
    // Somebody who only asks the service something need not see the file.
    let settings = read(&config("qemu+tcp://kvm-1/system", "/nowhere/kvm-1.auth")).unwrap();
    assert_eq!(settings.hosts[0].credentials.as_deref(), Some(Path::new("/nowhere/kvm-1.auth")));
    assert_eq!(
        read("hosts = [{ id = 'a', uri = 'qemu:///system' }]").unwrap().hosts[0].credentials,
        None
    );
}

#[test]
fn what_the_file_has_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kvm-1.auth");
    let toml = config("qemu+tcp://kvm-1/system", path.to_str().unwrap());
    let wrong = |expected: &str| {
        let said = use_it(dir.path(), &toml).unwrap_err();
        assert!(said.contains(expected) && said.contains("kvm-1.auth"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    };
    wrong("No such file");
    fs::create_dir(&path).unwrap();
    wrong("is no regular file");
    fs::remove_dir(&path).unwrap();
    symlink("/dev/null", &path).unwrap();
    wrong("is no regular file");
    fs::remove_file(&path).unwrap();

    fs::write(&path, "password=s3cret").unwrap();
    for mode in [0o640, 0o604, 0o620, 0o644, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        wrong("chmod 600");
        let file = dir.path().join("assured.toml");
        assert!(load(&[file], std::iter::empty()).is_ok(), "not for one who only asks");
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let settings = use_it(dir.path(), &toml).unwrap();
        let shown = format!("{:?}", settings.hosts);
        assert!(shown.contains("kvm-1.auth") && !shown.contains("s3cret"), "{shown}");
    }
}
