//! Settings: what the operator wrote, as types that cannot be wrong.
//!
//! Layers, each over the one before: the defaults that the program brings along
//! (`config/default.toml`), the configuration files in their order, the environment
//! (`ASSURED__SECTION__KEY`). Tables merge key by key, arrays are replaced whole. The merged tree is
//! then read section by section, a file each, and whatever is wrong with it is reported at once:
//! an operator mends a file in one go, not one error at a time.
//!
//! The `policies` of the built-in defaults are kept apart from the merging: they are a layer of the
//! policy, under the user's `default`, and a rule of a layer is taken whole.
//!
//! Not in here: I/O other than reading files and the environment; when to read again, and what
//! follows from a change (the actors); showing settings (the command line).

mod change;
mod database;
mod entry;
mod error;
mod hosts;
mod http;
mod instances;
mod layers;
mod log;
mod notify;
mod path;
mod policies;
mod poll;
mod reader;
mod rule;
mod schema;
mod secret;
mod service;
mod supervision;
mod tls;
mod units;

use std::path::{Path, PathBuf};

pub use database::Database;
pub use entry::NAME;
pub use error::{ConfigError, Errors};
pub use hosts::{Host, Unmanaged};
pub use http::Http;
pub use instances::{Domain, Instance};
pub use log::{Log, LogFormat};
pub use notify::Notify;
pub use poll::Poll;
pub use schema::schema;
#[cfg(test)]
pub(crate) use schema::up_to_date;
pub use service::Service;
pub use supervision::{RestartBudget, Supervision};
pub use tls::Tls;

use crate::policy::Policies;
use layers::Layer;
use reader::{NamedFiles, Report, Section};

/// The file that is read when none is named and this one exists.
pub const DEFAULT_FILE: &str = "/etc/assured/assured.toml";

/// What the variables of the environment begin with that are settings.
pub const ENV_PREFIX: &str = "ASSURED__";

/// The configuration, read, checked and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The service as a whole.
    pub service: Service,
    /// The HTTP server.
    pub http: Http,
    /// The database.
    pub database: Database,
    /// When instances are looked at.
    pub poll: Poll,
    /// How often actors may fail.
    pub supervision: Supervision,
    /// The hypervisors, in the order of the file. No two have the same id or URI.
    pub hosts: Vec<Host>,
    /// The instances that the file names, in its order. Each host is one of `hosts`, each policy
    /// one of `policies`.
    pub instances: Vec<Instance>,
    /// The policies, resolved. There is always one named `default`.
    pub policies: Policies,
    /// Who is told of incidents.
    pub notify: Notify,
    /// Logging.
    pub log: Log,
}

/// Reads the configuration: the built-in defaults, then `files` in their order (or
/// [`DEFAULT_FILE`], when `files` is empty and that one exists), then what of `env` begins with
/// [`ENV_PREFIX`].
///
/// The files that it names are not looked at; [`load_to_use`] does that.
///
/// # Errors
/// Everything that is wrong, each with its file and key.
pub fn load(
    files: &[PathBuf],
    env: impl Iterator<Item = (String, String)>,
) -> Result<Settings, Errors> {
    find(files, env, NamedFiles::NotUsed)
}

/// The same, for those who are about to use what it says: the files that it names have to be there,
/// and to be fit for what they are for.
///
/// # Errors
/// As for [`load`].
pub fn load_to_use(
    files: &[PathBuf],
    env: impl Iterator<Item = (String, String)>,
) -> Result<Settings, Errors> {
    find(files, env, NamedFiles::Used)
}

fn find(
    files: &[PathBuf],
    env: impl Iterator<Item = (String, String)>,
    named_files: NamedFiles,
) -> Result<Settings, Errors> {
    let default = Path::new(DEFAULT_FILE);
    // Where it cannot be told whether it exists, reading it says why.
    if files.is_empty() && default.try_exists().unwrap_or(true) {
        read(&[default.to_owned()], env, named_files)
    } else {
        read(files, env, named_files)
    }
}

/// A layer that is no file of its own.
#[derive(Debug, Clone)]
pub struct Text {
    /// What errors in it are said to be in.
    pub name: String,
    /// What it says, in TOML.
    pub toml: String,
}

/// Reads the configuration for a simulation: the built-in defaults, then `files` in their order,
/// then `top`. The environment has no say in it.
///
/// # Errors
/// As for [`load`].
pub fn load_under(files: &[PathBuf], top: Text) -> Result<Settings, Errors> {
    let top = Layer::text(top.name, &top.toml);
    let layers = files.iter().map(|file| Layer::file(file)).chain([top]);
    checked(layers, Vec::new(), NamedFiles::NotUsed)
}

/// The variables of this process's environment, for [`load`]. One that is not Unicode is read with
/// replacement characters, where `std::env::vars` would panic.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into()))
}

fn read(
    files: &[PathBuf],
    env: impl Iterator<Item = (String, String)>,
    named_files: NamedFiles,
) -> Result<Settings, Errors> {
    let (environment, errors) = Layer::environment(env);
    let layers = files.iter().map(|file| Layer::file(file)).chain([Ok(environment)]);
    checked(layers, errors, named_files)
}

/// Lays the layers over the built-in defaults, and reads what comes of it.
fn checked(
    layers: impl Iterator<Item = Result<Layer, ConfigError>>,
    errors: Vec<ConfigError>,
    named_files: NamedFiles,
) -> Result<Settings, Errors> {
    let mut report = Report::default();
    report.use_files(named_files);
    let built_in_rules = report.defaults();
    errors.into_iter().for_each(|error| report.push(error));
    for layer in layers {
        match layer {
            Ok(layer) => report.add(layer),
            Err(error) => report.push(error),
        }
    }
    let settings = settings(report.merged(), built_in_rules, &report);
    let errors = report.into_errors();
    match settings {
        Some(settings) if errors.is_empty() => Ok(settings),
        Some(_) | None => Err(errors),
    }
}

/// Reads every section before it gives up on any.
fn settings(
    mut root: Section<'_>,
    built_in_rules: layers::Tree,
    report: &Report,
) -> Option<Settings> {
    let service = root.section("service").and_then(Service::read);
    let http = root.section("http").and_then(Http::read);
    let data_dir = service.as_ref().map(|s| s.data_dir.as_path());
    let database = root.section("database").and_then(|section| Database::read(section, data_dir));
    let poll = root.section("poll").and_then(Poll::read);
    let supervision = root.section("supervision").and_then(Supervision::read);
    let (hosts, host_ids) = hosts::read(root.take("hosts"));
    let users = policies::users(root.take("policies"));
    let policies = policies::resolve(report, built_in_rules, &users);
    let known = instances::Known { hosts: &host_ids, policies: &users };
    let instances = instances::read(root.take("instances"), &known);
    let notify = Notify::read(root.take("notify"));
    let log = root.section("log").and_then(Log::read);
    root.finish();
    Some(Settings {
        service: service?,
        http: http?,
        database: database?,
        poll: poll?,
        supervision: supervision?,
        hosts,
        instances,
        policies: policies?,
        notify,
        log: log?,
    })
}
