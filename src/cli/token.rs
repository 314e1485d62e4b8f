//! `assured token`: makes an access token.

use clap::Args;
use serde::Serialize;

use super::common::Context;
use super::failure::Failure;
use super::words::word;
use crate::http::NewToken;
use crate::model::{AccessToken, Role};
use crate::telemetry::whole;

/// Make an access token: prints it once, and the lines for the configuration
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured token grafana --role viewer")]
pub(super) struct Token {
    /// Whose it is: the audit log says api:NAME
    name: String,
    /// viewer reads; operator also changes things
    #[arg(long, value_parser = word(Role::ALL, Role::as_str))]
    role: Role,
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    role: Role,
    token: String,
    sha256: String,
}

impl Token {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let name = self.name.as_str();
        AccessToken::check_name(name)
            .map_err(|why| Failure::Usage(format!("the token's name {name:?} {why}")))?;
        let NewToken { token, sha256 } = NewToken::make().map_err(|error| {
            Failure::Failed(format!("a token cannot be made: {}", whole(&error)))
        })?;
        let made = Made { name, role: self.role, token, sha256 };
        context.tell(&made, |made| {
            let Made { name, role, token, sha256 } = made;
            format!(
                "The token, shown this once. Keep it in a file that only its bearer can read:\n\n\
                 {token}\n\n\
                 For the configuration of the service, which needs only its hash:\n\n\
                 [[http.tokens]]\nname = \"{name}\"\nrole = \"{role}\"\nsha256 = \"{sha256}\"\n"
            )
        })
    }
}
