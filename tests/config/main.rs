//! The configuration: its defaults, its layers, and every way of getting it wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)] // in helpers too: a test may fail anywhere

mod change;
mod credentials;
mod layers;
mod mistakes;
mod notify;
mod random;
mod schema;
mod tls;
mod together;
mod tokens;

use std::path::{Path, PathBuf};

use assured::config::{ConfigError, Settings, load};

/// Settings from the text of one file.
fn read(toml: &str) -> Result<Settings, Vec<ConfigError>> {
    read_files(&[toml], &[])
}

/// Settings from the texts of files, in their order, and from an environment.
fn read_files(files: &[&str], env: &[(&str, &str)]) -> Result<Settings, Vec<ConfigError>> {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (1..=files.len()).map(|n| dir.path().join(file_name(n))).collect();
    for (path, text) in paths.iter().zip(files) {
        std::fs::write(path, text).unwrap();
    }
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let read = load(&paths, env.clone());
    // Whatever is taken as it stands, the schema allows.
    if let (Ok(_), [file], None) = (&read, files, env.clone().next()) {
        let objections = schema::objections(file).unwrap_or_default();
        assert!(objections.is_empty(), "{file}\n{objections:#?}");
    }
    read.map_err(|errors| errors.iter().map(|e| without_dir(e, dir.path())).collect())
}

/// Settings from the text of one file, of which exactly these errors are expected: keys, with parts of
/// the messages.
#[track_caller]
fn refused(toml: &str, expected: &[(impl AsRef<str>, &str)]) -> Vec<ConfigError> {
    let errors = read(toml).expect_err(toml);
    assert_eq!(errors.len(), expected.len(), "{toml}\n{errors:#?}");
    for ((key, part), ConfigError { key: found, message, .. }) in expected.iter().zip(&errors) {
        assert_eq!(found, key.as_ref(), "{toml}");
        assert!(message.contains(part), "{toml}\n{message:?} should say {part:?}");
    }
    errors
}

fn file_name(number: usize) -> String {
    format!("{number}.toml")
}

fn without_dir(error: &ConfigError, dir: &Path) -> ConfigError {
    let dir = format!("{}/", dir.display());
    let file = error.file.as_deref().map(|file| file.replace(&dir, ""));
    ConfigError { file, ..error.clone() }
}
