//! The demo's hosts and guests, assured's configuration for them, and short commands to break them with.

use super::Size;
use assured_lab::{GuestKind, GuestSpec, Host, Lab, LabError, Result};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where a person finds the short commands; a lab's own folder has a name that nobody can type.
const SHORTCUT: &str = "assured-demo";

/// What assured's configuration is called.
const CONFIG: &str = "assured.toml";

/// Timer ticks of 55 ms until the guest that ends by itself does: three minutes.
const BATCH_TICKS: u16 = 3270;

/// A lab with hosts and guests that run.
#[derive(Debug)]
pub(crate) struct Demo {
    lab: Lab,
    /// In the order of their names, each with its guests' names.
    hosts: Vec<(Host, Vec<String>)>,
    commands: PathBuf,
}

impl Demo {
    /// Brings everything up, the hosts at the same time.
    pub(crate) fn start(size: Size) -> Result<Self> {
        eprintln!("Starting {} hosts and {} guests …", size.hosts, size.guests);
        let lab = Lab::new()?;
        let plan = plan(size);
        let hosts = std::thread::scope(|scope| {
            let start = |(id, guests)| start_host(&lab, id, guests);
            let threads: Vec<_> =
                plan.into_iter().map(|planned| scope.spawn(move || start(planned))).collect();
            threads
                .into_iter()
                .map(|thread| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        });
        let hosts: Result<Vec<_>> = hosts;
        let commands = lab.folder().join("commands");
        let mut demo = Self { lab, hosts: hosts?, commands };
        demo.write_commands()?;
        Ok(demo)
    }

    /// Where assured's configuration lies unless somebody wants it elsewhere: beside the short
    /// commands, for assured's own command line needs it to find the demo's data folder.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.commands.join(CONFIG)
    }

    /// Writes assured's configuration: the hosts, the guests, and a data folder that goes with the lab.
    pub(crate) fn write_config(&self, path: &Path) -> Result<()> {
        let data = self.lab.folder().join("data");
        fs::create_dir_all(&data).map_err(file("create", &data))?;
        let data = data.display();
        let mut text = String::from(
            "# Written by assured-lab for one lab; gone, or of no use, once that lab has ended.\n",
        );
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "[service]\ndata_dir = \"{data}\"\n\n[database]\nurl = \"sqlite://{data}/assured.db\""
        );
        for (host, _) in &self.hosts {
            let _ = write!(text, "\n[[hosts]]\nid = \"{}\"\nuri = \"{}\"\n", host.id(), host.uri());
        }
        for (host, guests) in &self.hosts {
            for name in guests {
                let _ = write!(
                    text,
                    "\n[[instances]]\nname = \"{name}\"\nhost = \"{}\"\ndesired = \"running\"\n",
                    host.id()
                );
            }
        }
        fs::write(path, text).map_err(file("write", path))
    }

    /// Tells people what there is and what to try, with the service's program called as it is said here.
    pub(crate) fn introduce(&self, service: &str) {
        let mut text = String::from("\nRunning:\n");
        for (host, guests) in &self.hosts {
            let _ = writeln!(
                text,
                "  {:8} {}\n           virsh -c '{}'",
                host.id(),
                guests.join(" "),
                host.uri()
            );
        }
        let _ = writeln!(text, "\nTo try, in another terminal, and see what becomes of it:");
        if let Some((host, Some(guest))) =
            self.hosts.first().map(|(host, guests)| (host, guests.first()))
        {
            // The lab's folder is root's alone.
            let sudo = if std::env::var_os("SUDO_USER").is_some() { "sudo " } else { "" };
            let command = format!("{sudo}{}/{}", self.commands.display(), host.id());
            for (words, what) in [
                (
                    format!("destroy {guest}"),
                    "somebody pulls a guest's plug, behind the service's back",
                ),
                (format!("suspend {guest}"), "somebody pauses it"),
                (format!("shutdown {guest}"), "its owner shuts it down"),
                (format!("kill {guest}"), "its QEMU dies"),
                ("hang".to_owned(), "the host's libvirtd hangs, until:"),
                ("unhang".to_owned(), "it goes on"),
                ("list --all".to_owned(), "any other words go to virsh"),
            ] {
                let _ = writeln!(text, "  {:<48} {what}", format!("{command} {words}"));
            }
        }
        let token = self.lab.folder().join("data/operator.token");
        let _ = writeln!(
            text,
            "\nThe dashboard: http://127.0.0.1:8420/\n  to change something there, give it the token in {}",
            token.display()
        );
        let config = self.config_path();
        let config = config.display();
        let _ = writeln!(
            text,
            "\nAnd with the service's own command line:\n  {service} --config {config} status --watch\n  \
             {service} --config {config} incidents list"
        );
        if let Some(guest) = self.hosts.first().and_then(|(_, guests)| guests.first()) {
            let _ =
                writeln!(text, "  {service} --config {config} instances desire {guest} shutoff");
        }
        println!(
            "{text}\nbatch-1 shuts itself down from inside after three minutes. Ctrl-C takes everything down.\n"
        );
    }

    /// Writes a small command for each host, and makes them easy to type if nobody else's demo has the name.
    fn write_commands(&mut self) -> Result<()> {
        fs::create_dir_all(&self.commands).map_err(file("create", &self.commands))?;
        for (host, _) in &self.hosts {
            let path = self.commands.join(host.id());
            let Some(pid) = host.first_pid() else { continue };
            let text = include_str!("../script/command.sh")
                .replace("@PID@", &pid.to_string())
                .replace("@URI@", &host.local_uri());
            fs::write(&path, text).map_err(file("write", &path))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .map_err(file("make executable", &path))?;
        }
        if let Some(short) = self.lab.shortcut(SHORTCUT, &self.commands)? {
            self.commands = short;
        }
        Ok(())
    }
}

fn start_host(lab: &Lab, id: String, guests: Vec<String>) -> Result<(Host, Vec<String>)> {
    let host = lab.host(&id)?;
    for name in &guests {
        let kind = if name.starts_with("batch") {
            GuestKind::Poweroff { ticks: BATCH_TICKS }
        } else {
            GuestKind::Button
        };
        host.guest(GuestSpec::new(name, kind))?.start()?;
    }
    Ok((host, guests))
}

/// Which guests run where: two web servers to a database, the last guest a batch job, dealt out to the hosts in turn.
fn plan(size: Size) -> Vec<(String, Vec<String>)> {
    let mut hosts: Vec<_> =
        (1..=size.hosts).map(|number| (format!("kvm-{number}"), Vec::new())).collect();
    for number in 0..size.guests {
        let name = match number {
            last if last > 0 && last + 1 == size.guests => "batch-1".to_owned(),
            third if third % 3 == 2 => format!("db-{}", number / 3 + 1),
            web => format!("web-{}", web - web / 3 + 1),
        };
        hosts[usize::from(number % size.hosts)].1.push(name);
    }
    hosts
}

fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LabError {
    let path = path.to_owned();
    move |source| LabError::File { operation, path, source }
}

#[cfg(test)]
mod tests {
    use super::{Size, plan};

    #[test]
    fn guests_are_dealt_out_in_turn_and_the_last_is_the_batch_job() {
        let plan = plan(Size { hosts: 2, guests: 6 });
        assert_eq!(
            plan[0],
            ("kvm-1".to_owned(), ["web-1", "db-1", "web-4"].map(String::from).to_vec())
        );
        assert_eq!(
            plan[1],
            ("kvm-2".to_owned(), ["web-2", "web-3", "batch-1"].map(String::from).to_vec())
        );
    }

    #[test]
    fn no_two_guests_share_a_name() {
        let names: Vec<_> = plan(Size { hosts: 3, guests: 50 })
            .into_iter()
            .flat_map(|(_, guests)| guests)
            .collect();
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!((names.len(), distinct.len()), (50, 50));
    }
}
