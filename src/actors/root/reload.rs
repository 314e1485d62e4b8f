//! Taking over another configuration while the tree lives: hosts come and go, policies change, and
//! no actor, timer or connection of a host that stays the same is disturbed.

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AtomicResponse, Context, Handler};
use tokio::time::{Instant, timeout};

use super::{Name, Root};
use crate::actors::disturb::disturb;
use crate::actors::messages::{Reload, ReloadRefusal, Reloaded};
use crate::actors::traffic::{Reconfigure, ReloadRefused};
use crate::config::{Errors, Settings};
use crate::faults::Point;
use crate::model::HostId;
use crate::snapshot::{ConfigView, NodeId};

impl Handler<Reload> for Root {
    /// One at a time: nothing else is taken from the mailbox while the files are read. That has a
    /// limit: a root that waits for a disk would look as if it hung.
    type Result = AtomicResponse<Self, Result<Reloaded, ReloadRefusal>>;

    fn handle(&mut self, m: Reload, _: &mut Context<Self>) -> Self::Result {
        let read = match &self.assembler.parts.read_again {
            Some(read) if !self.stopping => Ok(read()),
            Some(_) => Err("the service is shutting down"),
            None => Err("it was not read from files"),
        };
        let patience = self.assembler.heartbeat() / 2;
        let read = async move {
            match read {
                Ok(read) => match timeout(patience, read).await {
                    Ok(read) => read.map_err(ReloadRefusal::Wrong),
                    Err(_) => Err(ReloadRefusal::NotNow(format!(
                        "its files were not read in {patience:?}; look at the disk that they are on"
                    ))),
                },
                Err(why) => Err(ReloadRefusal::NotNow(why.to_owned())),
            }
        };
        AtomicResponse::new(Box::pin(wrap_future::<_, Self>(read).map(move |result, act, ctx| {
            match result {
                Ok(settings) => {
                    disturb(Point::RootReload, "", ctx, Some(&act.slot));
                    Ok(act.take_over(settings, m.by, ctx))
                }
                Err(refusal) => {
                    if let ReloadRefusal::Wrong(errors) = &refusal {
                        act.refuse(errors, m.by);
                    }
                    Err(refusal)
                }
            }
        })))
    }
}

impl Root {
    fn take_over(&mut self, settings: Settings, by: String, ctx: &mut Context<Self>) -> Reloaded {
        let told_before = self.assembler.notify().clone();
        let served_before = self.assembler.tls().cloned();
        let done = self.assembler.take_over(settings);
        let others_told = told_before != *self.assembler.notify();
        let mut text = sentence(&done);
        if others_told {
            text += "; others are told of incidents, or in another way";
        }
        if served_before.as_ref() != self.assembler.tls() {
            text += "; HTTP is served with another certificate";
        }
        tracing::info!("{text}");
        let settings = self.assembler.arbiter_settings();
        let parts = &self.assembler.parts;
        parts.metrics.config_reload_success.set(1);
        parts.board.show_config(ConfigView {
            loaded_at: parts.clock.now(),
            error: None,
            policies: settings.policies.clone(),
            tokens: self.assembler.access_tokens(),
            certificate: self.assembler.tls().and_then(|tls| tls.certified.clone()),
        });
        // The arbiter first: it has to know a host before that host's actor reports to it.
        if let Some(arbiter) = &self.arbiter {
            let relinked = done.hosts_relinked.clone();
            arbiter.do_send(Reconfigure { settings, relinked, by, text });
        }
        if others_told {
            self.book.remove(&Name::Notifier);
            if let Some(child) = self.held.remove(&Name::Notifier) {
                child.kill();
            }
            self.start_notifier(ctx);
        }
        for host in done.hosts_removed.iter().chain(&done.hosts_relinked) {
            self.remove_host(host);
        }
        for host in done.hosts_added.iter().chain(&done.hosts_relinked) {
            self.add_host(host.clone(), ctx);
        }
        done
    }

    fn refuse(&self, errors: &Errors, by: String) {
        let text = format!("the configuration was refused, and the one before stays: {errors}");
        tracing::error!("{text}");
        let parts = &self.assembler.parts;
        parts.metrics.config_reload_success.set(0);
        let shown = ConfigView::clone(&parts.board.config());
        parts.board.show_config(ConfigView { error: Some(errors.to_string()), ..shown });
        if let Some(arbiter) = &self.arbiter {
            arbiter.do_send(ReloadRefused { text, by });
        }
    }

    /// Ends a host's actor, and everything below it.
    fn remove_host(&mut self, host: &HostId) {
        let name = Name::Host(host.clone());
        self.book.remove(&name);
        if let Some(child) = self.held.remove(&name) {
            child.kill();
        }
        self.assembler.parts.board.hide_node(&NodeId::root().child(host.as_str()));
    }

    pub(super) fn add_host(&mut self, host: HostId, ctx: &mut Context<Self>) {
        let name = Name::Host(host);
        self.book.add(name.clone(), Self::spec(self.assembler.host_limit(), super::QUARANTINE));
        let incarnation = self.book.start(&name, Instant::now());
        self.launch(name, incarnation, ctx);
    }
}

fn sentence(done: &Reloaded) -> String {
    let Reloaded { hosts_added, hosts_removed, hosts_relinked, policies_changed, needs_restart } =
        done;
    let mut said = Vec::new();
    let mut say = |what: &str, names: Vec<&str>| {
        if !names.is_empty() {
            said.push(format!("{what}: {}", names.join(", ")));
        }
    };
    say("new hosts", hosts_added.iter().map(HostId::as_str).collect());
    say("hosts removed", hosts_removed.iter().map(HostId::as_str).collect());
    say("hosts connected anew", hosts_relinked.iter().map(HostId::as_str).collect());
    say("policies changed", policies_changed.iter().map(String::as_str).collect());
    say("in force only after a restart", needs_restart.clone());
    if said.is_empty() {
        said.push("hosts and policies are the same".to_owned());
    }
    format!("the configuration was read again; {}", said.join("; "))
}
