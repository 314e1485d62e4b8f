//! From one configuration to the next while the service runs: what is taken over, and what is not
//! before a restart.

use std::sync::Arc;

use super::{Database, Host, Http, Poll, Service, Settings};

impl Settings {
    /// The configuration to go on with when `new` was read, and the keys of `new` that differ and
    /// are in force only after a restart of the service: they stay as they are until then.
    #[must_use]
    pub fn succeeded_by(&self, new: Self) -> (Self, Vec<&'static str>) {
        let mut waiting = Vec::new();
        let mut stays = |key: &'static str, same: bool| {
            if !same {
                waiting.push(key);
            }
        };
        let (old_service, old_poll) = (&self.service, &self.poll);
        stays("http", self.http.listen == new.http.listen);
        // With the first token, and without the last, what has to bear one is another thing.
        let keeps_kind = self.http.tokens.is_empty() == new.http.tokens.is_empty();
        stays("http.tokens", keeps_kind || self.http.tokens == new.http.tokens);
        let tokens = if keeps_kind { &new.http.tokens } else { &self.http.tokens };
        // Another certificate is taken over; TLS itself comes and goes with the listener.
        let keeps_tls = self.http.tls.is_some() == new.http.tls.is_some();
        stays("http.tls", keeps_tls);
        let tls = if keeps_tls { new.http.tls } else { self.http.tls.clone() };
        stays("database.url", self.database.url == new.database.url);
        stays("supervision", self.supervision == new.supervision);
        stays("log", self.log == new.log);
        stays("service.data_dir", old_service.data_dir == new.service.data_dir);
        stays(
            "service.action_deadline",
            old_service.action_deadline == new.service.action_deadline,
        );
        stays("service.mass_change", old_service.mass_change == new.service.mass_change);
        stays("poll.deadline", old_poll.deadline == new.poll.deadline);
        stays("poll.events", old_poll.events == new.poll.events);
        let next = Self {
            service: Service {
                shutdown_grace: new.service.shutdown_grace,
                max_concurrent_actions: new.service.max_concurrent_actions,
                passive_hypervisor: new.service.passive_hypervisor,
                ..old_service.clone()
            },
            http: Http { listen: self.http.listen, tokens: Arc::clone(tokens), tls },
            database: Database { url: self.database.url.clone(), ..new.database },
            poll: Poll {
                interval: new.poll.interval,
                jitter: new.poll.jitter,
                by_state: new.poll.by_state,
                ..old_poll.clone()
            },
            supervision: self.supervision,
            hosts: new.hosts,
            instances: new.instances,
            policies: new.policies,
            notify: new.notify,
            log: self.log.clone(),
        };
        (next, waiting)
    }
}

impl Host {
    /// Whether the link to it can stay as it is when the configuration says `new` of it.
    #[must_use]
    pub fn is_reached_as(&self, new: &Self) -> bool {
        let Self { id, uri, credentials, max_concurrent_actions, unmanaged: _, labels: _ } = self;
        (id, uri, credentials) == (&new.id, &new.uri, &new.credentials)
            && *max_concurrent_actions == new.max_concurrent_actions
    }
}
