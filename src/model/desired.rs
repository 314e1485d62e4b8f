//! What an instance is supposed to be, and who said so.

use jiff::Timestamp;

use super::text::words;
use super::{Condition, Generation, State};

words! {
    /// The states that an instance can be supposed to be in.
    pub enum DesiredState: "desired state" {
        /// It runs.
        Running = "running",
        /// It is in memory, and stands still.
        Paused = "paused",
        /// It is off.
        Shutoff = "shutoff",
    }
}

impl DesiredState {
    /// How many desired states there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Whether a domain in this condition is as desired.
    ///
    /// A guest that is paused for libvirt's own work, or by an error, is not "paused as desired";
    /// and `shutoff/migrated` says that the domain went elsewhere, not that it is off.
    #[must_use]
    pub const fn is_met_by(self, seen: Condition) -> bool {
        match self {
            Self::Running => matches!(seen.state(), State::Running | State::Blocked),
            Self::Paused => matches!(seen, Condition::PausedUser | Condition::PausedUnknown),
            Self::Shutoff => {
                matches!(seen.state(), State::Shutoff)
                    && !matches!(seen, Condition::ShutoffMigrated)
            }
        }
    }

    /// The desired state that a domain in this condition would be left alone in: what adoption and
    /// `accept` set. None where no desired state is met (missing, crashed, in between).
    #[must_use]
    pub fn met_in(seen: Condition) -> Option<Self> {
        Self::ALL.iter().copied().find(|d| d.is_met_by(seen))
    }

    /// A small dense number, for tables indexed by desired state.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A desired state with its generation, its time and its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// What is wanted.
    pub state: DesiredState,
    /// Grows by one at each change.
    pub generation: Generation,
    /// When it was said.
    pub since: Timestamp,
    /// Who said it.
    pub by: By,
}

/// Who set a desired state. Text form: `api:TOKEN NAME`, `api:local`, `config`, `adopt`,
/// `accept:REASON`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A program with a configured token, by the token's name.
    ApiToken(String),
    /// Somebody on this machine, with the operator token that the service made.
    ApiLocal,
    /// The configuration file.
    Config,
    /// Adoption: the record was made from what was seen.
    Adopt,
    /// The policy accepted what was seen, for this libvirt reason (`shutdown` for a guest that shut
    /// itself down).
    Accept(String),
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ApiToken(name) => write!(f, "api:{name}"),
            Self::ApiLocal => f.write_str("api:local"),
            Self::Config => f.write_str("config"),
            Self::Adopt => f.write_str("adopt"),
            Self::Accept(reason) => write!(f, "accept:{reason}"),
        }
    }
}

/// A text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nobody; known are: api:TOKEN NAME, api:local, config, adopt, accept:REASON")]
pub struct UnknownBy(String);

impl std::str::FromStr for By {
    type Err = UnknownBy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "config" => Ok(Self::Config),
            None if text == "adopt" => Ok(Self::Adopt),
            Some(("api", "local")) => Ok(Self::ApiLocal),
            Some(("api", name)) => Ok(Self::ApiToken(name.to_owned())),
            Some(("accept", reason)) => Ok(Self::Accept(reason.to_owned())),
            Some(_) | None => Err(UnknownBy(text.to_owned())),
        }
    }
}

impl serde::Serialize for By {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_are_read_back() {
        for by in [
            By::ApiToken("grafana".into()),
            By::ApiLocal,
            By::Config,
            By::Adopt,
            By::Accept("shutdown".into()),
        ] {
            assert_eq!(by.to_string().parse(), Ok(by));
        }
        assert!("somebody".parse::<By>().is_err());
    }

    #[test]
    fn no_condition_meets_two_desired_states() {
        for &seen in Condition::ALL {
            let met = DesiredState::ALL.iter().filter(|d| d.is_met_by(seen));
            assert!(met.count() <= 1, "{seen}");
        }
    }
}
