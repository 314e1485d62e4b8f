//! Real hosts as a stage, in real time.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use assured::actors::root::Reach;
use assured::clock::Clock;
use assured::config::{self, Settings};
use assured::hypervisor::Hypervisor;
use assured::hypervisor::libvirt::{LibvirtHost, LibvirtSettings};
use assured::model::{Condition, HostId, InstanceId};
use assured::scenario::deed::WorldDeed;
use assured::scenario::{Action, Audit, Names, Run, Stage};
use assured::store::Store;
use assured_lab::GuestState;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::site::{Site, words};
use super::{deeds, starts};

/// Real hosts, with a database in a file beside them.
pub struct LabStage {
    settings: Settings,
    store: Store,
    /// The database's.
    _folder: TempDir,
    site: Arc<Site>,
}

impl LabStage {
    /// A stage on these hosts.
    pub fn new(site: Arc<Site>, settings: &Settings) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let url = format!("sqlite:{}", folder.path().join("assured.db").display());
        let store = Store::open(&url).map_err(|error| error.to_string())?;
        Ok(Self { settings: settings.clone(), store, _folder: folder, site })
    }
}

impl Stage for LabStage {
    /// As the service reaches its hosts: one handle for each, for the length of a life.
    fn reach(&self) -> Reach {
        let settings = &self.settings;
        let make = |host: &config::Host| {
            LibvirtHost::new(LibvirtSettings {
                host: host.id.clone(),
                uri: host.uri.clone(),
                credentials: None,
                deadline: settings.poll.deadline,
                action_deadline: settings.service.action_deadline,
                max_actions: host.max_concurrent_actions,
            })
        };
        let hosts: HashMap<HostId, LibvirtHost> =
            settings.hosts.iter().map(|host| (host.id.clone(), make(host))).collect();
        Rc::new(move |host: &config::Host| Rc::new(hosts[&host.id].clone()) as Rc<dyn Hypervisor>)
    }

    fn store(&self) -> Store {
        self.store.clone()
    }

    fn clock(&self) -> Clock {
        Clock::system()
    }

    async fn carry_out(&mut self, deed: &WorldDeed, names: &Names) -> Result<(), String> {
        let (site, deed, names) = (Arc::clone(&self.site), deed.clone(), names.clone());
        let done = spawn_blocking(move || deeds::carry_out(&site, &deed, &names)).await;
        done.map_err(|failure| failure.to_string())?
    }

    async fn condition(&self, host: &HostId, id: InstanceId) -> Option<Condition> {
        let (site, host) = (Arc::clone(&self.site), host.as_str().to_owned());
        let seen = spawn_blocking(move || {
            if site.state().silent.contains(&host) {
                return Err(format!("{host} does not answer"));
            }
            let copy = site.copies(id).into_iter().find(|guest| guest.host().id() == host);
            copy.map_or(Ok(None), |guest| guest.state().map(Some).map_err(words))
        });
        match seen.await.ok()?.ok()? {
            Some(state) => in_words(&state),
            None => Some(Condition::Missing),
        }
    }

    fn actions(&self, audit: &Audit) -> Vec<Action> {
        starts::actions(&self.site, audit)
    }

    fn flaws(&self, run: &Run<'_>) -> Vec<String> {
        starts::flaws(&self.site, run)
    }
}

/// What virsh says, in libvirt's own words.
fn in_words(GuestState { state, reason }: &GuestState) -> Option<Condition> {
    let reason = match reason.as_str() {
        "I/O error" => "ioerror".to_owned(),
        "event wakeup" => "wakeup".to_owned(),
        "migrating" => "migration".to_owned(),
        "saving" => "save".to_owned(),
        "dumping" => "dump".to_owned(),
        other => other.replace(' ', "_"),
    };
    let state = state.replace("in shutdown", "shutdown").replace("no state", "nostate");
    let exact = format!("{state}/{reason}").parse().ok();
    exact.or_else(|| state.parse().ok()).or_else(|| format!("{state}/unknown").parse().ok())
}
