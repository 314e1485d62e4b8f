//! What the service tells of itself: logs and metrics.
//!
//! Not in here: the audit log (it is a record, in `store/`), and what is shown of the fleet
//! (`snapshot.rs`).

mod log;
mod metrics;
mod text;

pub use log::{LogError, LogFormat, init as init_log};
pub use metrics::Metrics;
pub use text::whole;
