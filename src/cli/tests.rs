//! The command line: what is understood, what is shown, and what it exits with.

mod adopting;
mod asking;
mod holding;
mod maintaining;
mod offline;
mod pages;
mod parsing;
mod rendering;
mod simulating;
mod stories;

use std::ffi::OsString;

use super::{Screen, Start, Terminal, start};

/// What a command line led to.
struct Ran {
    code: u8,
    out: String,
    err: String,
}

impl Ran {
    /// Done, with nothing to complain of.
    fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Failed so, with words that have these in them.
    fn failed(self, code: u8, words: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
        assert_eq!(self.out, "");
    }
}

/// Runs a command line, without the program's name.
fn run(arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal { out: &mut out, err: &mut err, screen: Screen::PLAIN };
    let all = ["assured"].iter().chain(arguments).map(OsString::from);
    let code = match start(all, &mut terminal) {
        Start::Exit(exit) => exit.code(),
        Start::Run(_) => panic!("{arguments:?} runs the service"),
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code, out: text(out), err: text(err) }
}

/// A configuration in a directory of its own, which is its data directory.
struct Files {
    dir: tempfile::TempDir,
    config: String,
}

impl Files {
    fn with(toml: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("assured.toml");
        let data_dir = format!("[service]\ndata_dir = {:?}\n", dir.path());
        std::fs::write(&config, format!("{data_dir}{toml}")).unwrap();
        Self { config: config.to_str().unwrap().to_owned(), dir }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut all = arguments.to_vec();
        all.extend(["--config", &self.config]);
        run(&all)
    }
}
