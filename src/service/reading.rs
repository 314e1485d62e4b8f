//! The configuration, read again while the service runs.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt;

use super::manager;
use super::web::Listening;
use crate::actors::root::ReadAgain;
use crate::config;

/// Reads the files again, and this process's environment, off the actors' thread.
pub(super) fn read_again(files: &[PathBuf], listening: Listening) -> ReadAgain {
    let files: Arc<[PathBuf]> = files.into();
    Rc::new(move || {
        let files = Arc::clone(&files);
        let read = move || config::load_to_use(&files, config::environment());
        let listening = listening.clone();
        async move {
            manager::reloading();
            let read = tokio::task::spawn_blocking(read).await;
            // Has its turn when the root's is over, in which this is taken over or refused.
            actix::spawn(manager::say_ready(listening));
            match read {
                Ok(read) => read,
                Err(failure) => std::panic::resume_unwind(failure.into_panic()),
            }
        }
        .boxed_local()
    })
}
