//! What all commands have in common: where the service and its configuration are, and how the
//! answer is to look.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{Client, Token};
use super::failure::Failure;
use super::screen::Screen;
use super::trust::Trust;
use super::visible::shown;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::http::{Scheme, TOKEN_FILE};
use crate::telemetry::whole;

/// Where the service is looked for when nothing says where it is.
const DEFAULT_URL: &str = "http://127.0.0.1:8420";
/// Where its files are when nothing says so.
const DEFAULT_DATA_DIR: &str = "/var/lib/assured";

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// A configuration file; may be given several times, a later one wins. Default:
    /// /etc/assured/assured.toml, if there is one
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Vec<PathBuf>,
    /// Where the service is. Default: as the configuration says, or http://127.0.0.1:8420
    #[arg(long, value_name = "URL", global = true)]
    pub(super) url: Option<String>,
    /// The file with the token. Default: operator.token in the service's data directory
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) token_file: Option<PathBuf>,
    /// Whom to trust with https: the certificate authorities in this file (PEM), and no other.
    /// Default: those that this machine trusts
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) ca: Option<PathBuf>,
    /// Tables for people, or JSON for programs
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", global = true)]
    pub(super) output: Output,
}

/// How an answer looks. What the variants mean is said where the option is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    #[default]
    Table,
    Json,
}

impl Common {
    /// What the configuration says.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        Ok(config::load(&self.config, config::environment())?)
    }

    /// The configuration as the service needs it: what it names is there.
    pub(super) fn settings_to_use(&self) -> Result<Settings, Failure> {
        Ok(config::load_to_use(&self.config, config::environment())?)
    }
}

/// What commands work with.
pub(super) struct Context<'a> {
    pub(super) common: &'a Common,
    pub(super) screen: Screen,
    clock: Clock,
}

impl<'a> Context<'a> {
    pub(super) fn new(common: &'a Common, screen: Screen) -> Self {
        Self { common, screen, clock: Clock::system() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The way to the service.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let Common { config, url, token_file, ca, output: _ } = self.common;
        // A file that was named has to be good; the default one is a help where it is.
        let settings = match self.common.settings() {
            Ok(settings) => Some(settings),
            Err(Failure::Config(errors)) if !config.is_empty() => return Err(errors.into()),
            Err(_) => None,
        };
        let http = settings.as_ref().map(|s| &s.http).filter(|http| http.listen.port() != 0);
        let url = url.clone().or_else(|| {
            let scheme = if http?.tls.is_some() { Scheme::Https } else { Scheme::Http };
            Some(format!("{scheme}://{}", on_this(http?.listen)))
        });
        let data_dir = settings.map_or_else(|| DEFAULT_DATA_DIR.into(), |s| s.service.data_dir);
        let token = match token_file {
            Some(file) => Token::named(file)?,
            None => Token::found(&data_dir.join(TOKEN_FILE)),
        };
        let trust = ca.clone().map_or(Trust::Machine, Trust::File);
        Client::new(url.as_deref().unwrap_or(DEFAULT_URL), token, trust)
    }

    /// The API's body as it is, or what people read instead, in which nothing hidden is left.
    pub(super) fn show<T: Serialize + DeserializeOwned>(
        &self,
        body: &T,
        table: impl FnOnce(&T) -> String,
    ) -> Result<String, Failure> {
        self.tell(body, |body| table(shown(body).as_ref().unwrap_or(body)))
    }

    /// The same of an answer that this program gives by itself.
    pub(super) fn tell<T: Serialize>(
        &self,
        body: &T,
        table: impl FnOnce(&T) -> String,
    ) -> Result<String, Failure> {
        match self.common.output {
            Output::Table => Ok(table(body)),
            Output::Json => json(body),
        }
    }
}

pub(super) fn json<T: Serialize>(body: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(body)
        .map_err(|error| Failure::Failed(format!("the answer cannot be shown: {error}")))
}

/// Where one on this machine asks a service that listens there.
fn on_this(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

impl Token {
    /// The token in a file that was named.
    fn named(file: &Path) -> Result<Self, Failure> {
        read(file).map(Self::Named).map_err(Failure::Failed)
    }

    /// The token of a service on this machine, if it is one of ours to read.
    fn found(file: &Path) -> Self {
        read(file).map_or_else(Self::None, Self::Found)
    }
}

fn read(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file);
    let text =
        text.map_err(|error| format!("{} cannot be read: {}", file.display(), whole(&error)))?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!("{} has no token in it", file.display()));
    }
    Ok(token.to_owned())
}
