//! What is done about a mismatch, as pure functions of values.
//!
//! [`decide()`] answers, for one instance at one moment, what to do and why. [`Table`] is a policy
//! with no hole in it, built once from layers of rules. [`Admission`] decides who may act now when
//! more want to than may.
//!
//! What is absent: clocks, logs, I/O, actors, randomness and `async`. Time and jitter are given.

mod admission;
mod attempts;
mod backoff;
mod decide;
mod direct;
mod explain;
mod refine;
mod rule;
mod table;
mod verdict;

pub use admission::{Admission, Limits, Place};
pub use attempts::Attempts;
pub use backoff::delay_after;
pub use decide::{Case, Elsewhere, HostView, Redefinable, decide};
pub use direct::is_libvirts_work;
pub use explain::{Explanation, explain};
pub use refine::refine;
pub use rule::{Exhausted, Retry, Rule};
pub use table::{Cell, Layer, Matched, Policies, RuleKey, Rules, Table, TableError};
pub use verdict::{Decision, Verdict, WaitWhy};
