//! `assured check`: the configuration as `run` would read it, and what it comes to.

use clap::Args;
use serde::Serialize;

use super::common::{Context, Output};
use super::failure::Failure;
use super::matrix::{Lines, matrix};
use super::screen::{Column, Screen};
use crate::config::{Domain, Errors, Host, Instance, Settings};
use crate::http::body::PolicyBody;
use crate::http::json_text;

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
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let settings = match (context.common.settings(), context.common.output) {
            (Ok(settings), Output::Table) => return Ok(picture(&settings, &context.screen)),
            (Ok(settings), Output::Json) => settings,
            (Err(Failure::Config(errors)), Output::Json) => return Err(in_json(&errors)),
            (Err(failure), Output::Table | Output::Json) => return Err(failure),
        };
        super::common::json(&Checked {
            ok: true,
            errors: None,
            hosts: settings.hosts.iter().map(CheckedHost::from).collect(),
            instances: settings.instances.len(),
            policies: settings.policies.iter().map(|(_, table)| PolicyBody::from(&**table)).collect(),
        })
    }
}
