//! `assured hosts adopt`: in parts, so that thousands can be watched, and one that cannot be
//! adopted keeps no other from it.

use std::collections::{BTreeSet, VecDeque};
use std::io::Write;

use clap::Args;
use serde::{Deserialize, Serialize};
use ureq::http::Method;

use super::{named, path};
use crate::cli::client::{Ask, Client};
use crate::cli::common::{Context, Output, json};
use crate::cli::failure::Failure;
use crate::cli::similar::{did_you_mean, look};
use crate::cli::time::count;
use crate::cli::visible::shown;
use crate::exit::Exit;
use crate::http::body::{AdoptDomains, HostBody, InstanceBody, Page};
use crate::model::InstanceId;

/// How many domains are asked for at once: one commit of the service.
const PART: usize = 200;

/// Make instances of a host's domains, desired as they are seen
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts adopt kvm-1 web-1 web-2")]
pub(super) struct Adopt {
    /// The host
    host: String,
    /// Which domains; all that are no instances yet if none is given
    #[arg(value_name = "NAME|ID")]
    domains: Vec<String>,
}

/// What came of it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Adopted {
    /// The instances, as the API gives them.
    items: Vec<InstanceBody>,
    /// The domains that are none, and why.
    refused: Vec<Refused>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Refused {
    id: InstanceId,
    name: String,
    why: String,
}

/// A domain that is to be adopted.
#[derive(Debug, Clone)]
struct Domain {
    id: InstanceId,
    name: String,
}

impl Adopt {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let (client, path) = (context.client()?, path(&self.host)?);
        let host: HostBody =
            client.get(&path).map_err(|failure| named(&client, &self.host, failure))?;
        let domains = match self.domains.as_slice() {
            [] => {
                host.unmanaged.iter().map(|d| Domain { id: d.id, name: d.name.clone() }).collect()
            }
            named => find(&host, named)?,
        };
        let path = format!("{path}/adopt");
        let mut adopted = in_parts(&client, &path, domains, context)?;
        if self.domains.is_empty() {
            // Those that the host has had since it was listed.
            let rest: Page<InstanceBody> = client
                .order_with(Ask::new(Method::POST, &path), &AdoptDomains::default())
                .map_err(|failure| failure.hinting(&before(&adopted)))?;
            let known: BTreeSet<InstanceId> = adopted.items.iter().map(|one| one.id).collect();
            adopted.items.extend(rest.items.into_iter().filter(|one| !known.contains(&one.id)));
        }
        let text = match context.common.output {
            Output::Json => json(&adopted)?,
            Output::Table => said(shown(&adopted).as_ref().unwrap_or(&adopted), &self.host),
        };
        crate::cli::write(out, &text)?;
        let left = !self.domains.is_empty() && !adopted.refused.is_empty();
        Ok(if left { Exit::Failed } else { Exit::Done })
    }
}

/// Adopts a part after the other. A part that is refused is tried in halves, down to the domain
/// that it is refused for.
fn in_parts(
    client: &Client,
    path: &str,
    domains: Vec<Domain>,
    context: &Context<'_>,
) -> Result<Adopted, Failure> {
    let (mut adopted, all) = (Adopted::default(), domains.len());
    let mut parts: VecDeque<Vec<Domain>> = domains.chunks(PART).map(<[Domain]>::to_vec).collect();
    while let Some(mut part) = parts.pop_front() {
        if all > PART {
            let done = adopted.items.len() + adopted.refused.len();
            context.screen.progress_of("adopting", done, all);
        }
        let ids = part.iter().map(|domain| domain.id).collect();
        let ask = Ask::new(Method::POST, path);
        let done: Result<Page<InstanceBody>, Failure> =
            client.order_with(ask, &AdoptDomains { domains: Some(ids) });
        match (done, part.as_slice()) {
            (Ok(page), _) => adopted.items.extend(page.items),
            (Err(failure), [Domain { id, name }]) if failure.is_about_what_was_asked() => {
                let why = failure.to_string();
                adopted.refused.push(Refused { id: *id, name: name.clone(), why });
            }
            (Err(failure), _) if failure.is_about_what_was_asked() => {
                let second = part.split_off(part.len() / 2);
                parts.push_front(second);
                parts.push_front(part);
            }
            (Err(failure), _) => {
                context.screen.progress_over();
                return Err(failure.hinting(&before(&adopted)));
            }
        }
    }
    if all > PART {
        context.screen.progress_over();
    }
    Ok(adopted)
}

/// How far it had come.
fn before(adopted: &Adopted) -> String {
    format!("; before that, {} adopted", count(adopted.items.len() as u64, "domain"))
}

/// A line for each, and the sum where there are several.
fn said(adopted: &Adopted, host: &str) -> String {
    let Adopted { items, refused } = adopted;
    if items.is_empty() && refused.is_empty() {
        return format!("nothing to adopt: each domain of {host} is an instance already");
    }
    let line = |i: &InstanceBody| format!("{}: {} is desired", i.name, i.desired.state);
    let mut lines: Vec<_> = items.iter().map(line).collect();
    lines.extend(refused.iter().map(|r| format!("{}: not adopted: {}", r.name, r.why)));
    if lines.len() > 1 {
        let not = if refused.is_empty() {
            String::new()
        } else {
            format!(", {} not adopted", refused.len())
        };
        let domains = count(items.len() as u64, "domain");
        lines.push(format!("{domains} of {host} adopted{not}"));
    }
    lines.join("\n")
}

/// The domains that names or UUIDs mean.
fn find(host: &HostBody, wanted: &[String]) -> Result<Vec<Domain>, Failure> {
    let find = |text: &String| {
        let by_id = |id: InstanceId| Domain { id, name: text.clone() };
        let called = host.unmanaged.iter().find(|domain| domain.name == *text);
        let by_name = called.map(|domain| Domain { id: domain.id, name: domain.name.clone() });
        text.parse().ok().map(by_id).or(by_name).ok_or_else(|| {
            let names = host.unmanaged.iter().map(|domain| domain.name.as_str());
            let question = did_you_mean(text, names);
            let rest = look(&question, &format!("assured hosts show {}", host.id));
            Failure::Failed(format!(
                "host {} has no domain {text} that is no instance yet{rest}",
                host.id
            ))
        })
    };
    wanted.iter().map(find).collect()
}
