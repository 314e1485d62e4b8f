//! Access tokens: who may read, and who may change.

use std::fmt;

use super::text::words;

words! {
    /// What a token lets its bearer do.
    pub enum Role: "role" {
        /// Read everything.
        Viewer = "viewer",
        /// Read everything, and change it.
        Operator = "operator",
    }
}

impl Role {
    /// Whether changes are allowed.
    #[must_use]
    pub const fn may_change(self) -> bool {
        match self {
            Self::Viewer => false,
            Self::Operator => true,
        }
    }
}

/// How many characters a token's name can have.
const LONGEST_NAME: usize = 64;

/// A token as it is known here: its hash. The token itself is only with its bearer.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Whose it is; the audit log says `api:NAME`.
    pub name: String,
    /// What it is good for.
    pub role: Role,
    /// The SHA-256 of the token's text.
    pub sha256: [u8; 32],
}

impl AccessToken {
    /// Whether a token can be called so.
    ///
    /// # Errors
    /// Why not, as the end of a sentence about the name.
    pub fn check_name(name: &str) -> Result<(), String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
        if name == "local" {
            return Err(
                "must not be \"local\": so those are called who use the operator token of \
                        this machine"
                    .to_owned(),
            );
        }
        if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_plain) {
            return Ok(());
        }
        Err(format!(
            "must have 1 to {LONGEST_NAME} characters, each a letter from a to z, a digit, or one \
             of . _ @ -"
        ))
    }
}

/// Without the hash: nothing is to be tried against it.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({} {})", self.role, self.name)
    }
}
