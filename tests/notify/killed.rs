//! The real program, killed by SIGKILL while it delivers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assured_lab::ChildGuard;

use crate::site::{real_time, until, webhook};
use crate::web_sink::{Deed, Got, WebSink};

/// The program, which ends with this.
struct Service(ChildGuard);

impl Service {
    fn start(config: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_assured"))
            .args(["run", "--config"])
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap().into())
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn reload(&self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }
}

/// A host where nobody listens, so that there is an incident.
const NOBODY: &str = "[[hosts]]\nid = \"kvm-1\"\nuri = \"qemu+tcp://127.0.0.1:9/system\"\n";

fn write(dir: &Path, hosts: &str, sink: &WebSink) -> PathBuf {
    let file = dir.join("assured.toml");
    let text = format!(
        "[service]\ndata_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n{hosts}{}",
        dir.join("data").display(),
        webhook("hook", &sink.url(), "")
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn ids(got: &[Got]) -> Vec<(String, String)> {
    got.iter().map(|got| (got.phase(), got.json()["id"].to_string())).collect()
}

#[test]
fn whenever_it_is_killed_the_beginning_comes_and_then_the_end() {
    real_time(|| async {
        let dir = tempfile::tempdir().unwrap();
        let sink = WebSink::start(&[Deed::Hang]);
        let config = write(dir.path(), NOBODY, &sink);
        let service = Service::start(&config);
        until("it hangs", || (!sink.got().is_empty()).then_some(())).await;
        service.kill();
        // Now it is taken, and the service is killed before it is told so.
        sink.then(&[Deed::TooLate]);
        let service = Service::start(&config);
        until("it was taken", || (!sink.taken().is_empty()).then_some(())).await;
        service.kill();
        let service = Service::start(&config);
        until("it was told so", || (sink.taken().len() > 1).then_some(())).await;
        assert!(sink.got().iter().all(|got| got.phase() == "begun"));
        // The host is no concern any more.
        write(dir.path(), "", &sink);
        service.reload();
        let over = || sink.taken().iter().any(|got| got.phase() == "ended").then_some(());
        until("it was told that it is over", over).await;
        let told = ids(&sink.got());
        let (begun, ended): (Vec<_>, Vec<_>) = told.iter().partition(|(phase, _)| phase == "begun");
        assert!(begun.iter().all(|one| *one == begun[0]), "one message, repeated: {told:?}");
        assert_eq!(ended.len(), 1, "{told:?}");
        assert_eq!(told.last(), Some(ended[0]), "{told:?}");
    });
}
