//! What is asked of the service by its API, as messages to its arbiter.

use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Addr, Handler, Message};
use tokio::time::timeout;

use super::deed::ApiDeed;
use super::names::Names;
use crate::actors::arbiter::Arbiter;
use crate::actors::messages::{
    AddInstance, Adopt, ChangeInstance, EndMaintenance, ForgetInstance, PutHold, PutMaintenance,
    ReleaseHold, Reply, Retry, SetDesired, Which,
};
use crate::model::{By, Generation, HostId};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks, of every instance that is named. Answers what does not come out as the deed says.
pub(super) async fn ask(
    arbiter: &Addr<Arbiter>,
    deed: &ApiDeed,
    names: &Names,
) -> Result<(), String> {
    let arbiter = Asked { arbiter, refused: deed.refused() };
    match deed {
        ApiDeed::Desire(it) => {
            for (name, id) in names.instances(&it.instance)? {
                let if_match = it.if_match.map(Generation);
                let by = who(it.by.as_deref());
                arbiter.ask(name, SetDesired { id: *id, state: it.state, if_match, by }).await?;
            }
        }
        ApiDeed::Hold(it) => {
            for (name, id) in names.instances(&it.instance)? {
                let (reason, by) = (it.reason.clone(), who(it.by.as_deref()));
                arbiter.ask(name, PutHold { id: *id, ttl: it.ttl.0, reason, by }).await?;
            }
        }
        ApiDeed::Release(it) => {
            for (name, id) in names.instances(&it.instance)? {
                let of = it.of.as_deref().map(|of| who(Some(of)));
                arbiter.ask(name, ReleaseHold { id: *id, of, by: who(it.by.as_deref()) }).await?;
            }
        }
        ApiDeed::Retry(it) => {
            for (name, id) in names.instances(&it.instance)? {
                arbiter.ask(name, Retry { id: *id, by: By::ApiLocal }).await?;
            }
        }
        ApiDeed::Forget(it) => {
            for (name, id) in names.instances(&it.instance)? {
                arbiter.ask(name, ForgetInstance { id: *id, by: By::ApiLocal }).await?;
            }
        }
        ApiDeed::Add(it) => {
            for (name, _) in names.instances(&it.instance)? {
                let add = AddInstance {
                    which: Which::Name(name.clone()),
                    host: HostId::from(it.host.as_str()),
                    desired: it.desired,
                    policy: it.policy.clone(),
                    priority: it.priority,
                    by: By::ApiLocal,
                };
                arbiter.ask(name, add).await?;
            }
        }
        ApiDeed::Change(it) => {
            for (name, id) in names.instances(&it.instance)? {
                let change = ChangeInstance {
                    id: *id,
                    policy: it.policy.clone(),
                    priority: it.priority,
                    host: it.host.as_deref().map(HostId::from),
                    by: By::ApiLocal,
                };
                arbiter.ask(name, change).await?;
            }
        }
        ApiDeed::Adopt(it) => {
            for name in names.hosts(&it.host)? {
                let host = HostId::from(name.as_str());
                arbiter.ask(name, Adopt { host, domains: None, by: By::ApiLocal }).await?;
            }
        }
        ApiDeed::Maintenance(it) => {
            for name in names.hosts(&it.host)? {
                let (reason, by) = (it.reason.clone(), who(it.by.as_deref()));
                let host = HostId::from(name.as_str());
                arbiter.ask(name, PutMaintenance { host, reason, by }).await?;
            }
        }
        ApiDeed::Resume(it) => {
            for name in names.hosts(&it.host)? {
                let (host, by) = (HostId::from(name.as_str()), who(it.by.as_deref()));
                arbiter.ask(name, EndMaintenance { host, by }).await?;
            }
        }
    }
    Ok(())
}

/// Who asks: a token's name, or somebody on this machine.
fn who(by: Option<&str>) -> By {
    by.map_or(By::ApiLocal, |name| By::ApiToken(name.to_owned()))
}

struct Asked<'a> {
    arbiter: &'a Addr<Arbiter>,
    refused: Option<&'a str>,
}

impl Asked<'_> {
    async fn ask<M, T>(&self, subject: &str, message: M) -> Result<(), String>
    where
        M: Message<Result = Reply<T>> + Send + 'static,
        T: Send + 'static,
        Arbiter: Handler<M>,
        <Arbiter as actix::Actor>::Context: ToEnvelope<Arbiter, M>,
    {
        let answer = match timeout(PATIENCE, self.arbiter.send(message)).await {
            Ok(Ok(answer)) => answer.map(drop).map_err(|refusal| refusal.to_string()),
            Ok(Err(_closed)) => Err("the service has ended".to_owned()),
            Err(_elapsed) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        match (answer, self.refused) {
            (Ok(()), None) => Ok(()),
            (Err(why), Some(words)) if why.contains(words) => Ok(()),
            (Err(why), None) => Err(format!("{subject}: it was refused: {why}")),
            (Err(why), Some(words)) => {
                Err(format!("{subject}: it was refused: {why}; expected was: {words}"))
            }
            (Ok(()), Some(words)) => {
                Err(format!("{subject}: it was not refused; expected was: {words}"))
            }
        }
    }
}
