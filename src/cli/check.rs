//! `assured check`: the configuration as `run` would read it, and what it comes to.

use clap::Args;
use serde::Serialize;

use super::common::{Context, Output, json};
use super::failure::Failure;
use super::matrix::{Lines, matrix};
use super::paint::Tone;
use super::screen::{Column, Screen};
use crate::config::{Errors, Host, Settings};
use crate::exit::Exit;
use crate::http::body::PolicyBody;

/// Read the configuration as `run` would, and show hosts and policies, or everything wrong with it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured check --config assured.toml")]
pub(super) struct Check {}

/// The answer for programs.
#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a Errors>,
    hosts: Vec<CheckedHost>,
    instances: usize,
    policies: Vec<PolicyBody>,
}

#[derive(Serialize)]
struct CheckedHost {
    id: String,
    uri: String,
    max_concurrent_actions: usize,
    unmanaged: &'static str,
}

impl Check {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<(String, Exit), Failure> {
        match (context.common.settings_to_use(), context.common.output) {
            (Ok(settings), Output::Table) => Ok((picture(&settings, context.screen), Exit::Done)),
            (Ok(settings), Output::Json) => Ok((json(&Checked::good(&settings))?, Exit::Done)),
            (Err(Failure::Config(errors)), Output::Json) => {
                Ok((json(&Checked::bad(&errors))?, Exit::Config))
            }
            (Err(failure), Output::Table | Output::Json) => Err(failure),
        }
    }
}

impl<'a> Checked<'a> {
    fn good(settings: &Settings) -> Self {
        Self {
            ok: true,
            errors: None,
            hosts: settings.hosts.iter().map(CheckedHost::from).collect(),
            instances: settings.instances.len(),
            policies: settings.policies.iter().map(|(_, table)| (&**table).into()).collect(),
        }
    }

    fn bad(errors: &'a Errors) -> Self {
        let (hosts, policies) = (Vec::new(), Vec::new());
        Self { ok: false, errors: Some(errors), hosts, instances: 0, policies }
    }
}

impl From<&Host> for CheckedHost {
    fn from(host: &Host) -> Self {
        Self {
            id: host.id.to_string(),
            uri: host.shown_uri(),
            max_concurrent_actions: host.max_concurrent_actions,
            unmanaged: host.unmanaged.as_str(),
        }
    }
}

const HOSTS: &[Column] = &[
    Column::words("HOST"),
    Column::prose("URI"),
    Column::number("ACTIONS AT ONCE").rank(1),
    Column::words("UNMANAGED").rank(3),
    Column::number("INSTANCES").rank(2),
];

/// The same on plain paper, for the fuzz targets.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn checked(settings: &Settings) -> String {
    picture(settings, Screen::PLAIN)
}

/// What the configuration comes to.
pub(super) fn picture(settings: &Settings, screen: Screen) -> String {
    let mut parts = vec![format!(
        "{}  {} on {}, database {}",
        screen.paint.text(Tone::Good, "✓ The configuration is good."),
        if settings.http.tls.is_some() { "HTTPS" } else { "HTTP" },
        settings.http.listen,
        settings.database.url,
    )];
    parts.push(if settings.hosts.is_empty() {
        screen
            .paint
            .text(Tone::Warn, "No hosts: nothing is looked after until [[hosts]] names one.")
    } else {
        let of = |host: &Host| settings.instances.iter().filter(|i| i.host == host.id).count();
        let row = |host: &Host| {
            vec![
                host.id.as_str().into(),
                host.shown_uri().into(),
                host.max_concurrent_actions.to_string().into(),
                host.unmanaged.as_str().into(),
                of(host).to_string().into(),
            ]
        };
        screen.table(HOSTS, settings.hosts.iter().map(row).collect())
    });
    for (name, table) in settings.policies.iter() {
        let lines = if name == "default" { Lines::All } else { Lines::Own };
        let (what, shown) = match (lines, matrix(table, lines, screen)) {
            (Lines::All, shown) => ("", shown.unwrap_or_default()),
            (Lines::Own, Some(shown)) => (", where it differs from default", shown),
            (Lines::Own, None) => (" is the same as default", String::new()),
        };
        let heading = screen.paint.text(Tone::Strong, &format!("Policy {name}{what}"));
        parts.push(format!("{heading}\n{shown}").trim_end().to_owned());
    }
    let stars = "* from [policies.default], ** from the policy itself, the rest is built in";
    if parts.iter().any(|part| part.contains(" *")) {
        parts.push(screen.paint.text(Tone::Faint, stars));
    }
    parts.join("\n\n")
}
