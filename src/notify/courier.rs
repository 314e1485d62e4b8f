//! Who carries a receiver's letters: a thread, one letter at a time.
//!
//! A thread per receiver, so that one that hangs holds up its own letters only. It outlives the lives of the notifier's
//! actor: a letter that hangs from an earlier life is over before the next one goes out, so none overtakes another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver as Queue, Sender as Jobs, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Letter, post, smtp};

/// How a try fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It answered, but did not take the letter.
    #[error("it answered {status}: {said}")]
    Refused {
        /// The status.
        status: u16,
        /// The beginning of what it said.
        said: String,
    },
    /// There was no answer.
    #[error("it gave no answer: {0}")]
    NoAnswer(String),
    /// It took too long.
    #[error("it gave no answer within {}", humantime::format_duration(*.0))]
    Late(Duration),
    /// A file with a secret cannot be used.
    #[error("{} cannot be used: {why}", file.display())]
    Secret {
        /// Which.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// The letter cannot be made.
    #[error("the message cannot be made: {0}")]
    Letter(String),
}

impl SendError {
    /// Whether another letter would fare no better: there is nobody who answers.
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            Self::NoAnswer(_) | Self::Late(_) | Self::Secret { .. } => true,
            Self::Letter(_) => false,
        }
    }
}

/// A thread that carries letters. It ends when this is dropped, after the letter that it has in hand.
#[derive(Debug)]
pub struct Courier {
    jobs: Jobs<Job>,
}

struct Job {
    letter: Letter,
    timeout: Duration,
    answer: oneshot::Sender<Result<(), SendError>>,
}

impl Courier {
    /// Starts a thread.
    ///
    /// # Errors
    /// Where the system has none.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        std::thread::Builder::new().name("courier".to_owned()).spawn(move || work(&queue))?;
        Ok(Self { jobs })
    }

    /// Hands it a letter. It is carried after those of before, unless nobody waits for it any more by then. It may
    /// have arrived even if this says that it has not.
    ///
    /// # Errors
    /// Why it failed; [`SendError::Late`] after `timeout`, by whatever the courier is held up.
    pub fn send(
        &self,
        letter: Letter,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), SendError>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        // Without a thread the answer is dropped with the job.
        let _ = self.jobs.send(Job { letter, timeout, answer });
        async move {
            // The thread keeps to the same limit; this is for one that does not come to it.
            let limit = timeout.saturating_mul(2);
            match tokio::time::timeout(limit, answered).await {
                Ok(Ok(done)) => done,
                Ok(Err(_)) => Err(SendError::NoAnswer("its courier has failed".to_owned())),
                Err(_) => Err(SendError::Late(limit)),
            }
        }
    }
}

fn work(queue: &Queue<Job>) {
    while let Ok(Job { letter, timeout, answer }) = queue.recv() {
        if answer.is_closed() {
            continue;
        }
        // A panic drops the answer, which its waiter sees.
        let carried = catch_unwind(AssertUnwindSafe(|| carry(&letter, timeout)));
        if let Ok(carried) = carried {
            // Nobody may be waiting any more.
            let _ = answer.send(carried);
        }
    }
}

/// Carries a letter. Blocks, for little more than `timeout` at most.
fn carry(letter: &Letter, timeout: Duration) -> Result<(), SendError> {
    match letter {
        Letter::Post { url, content_type, body, secret_file } => {
            let secret = secret_file.as_deref().map(secret).transpose()?;
            post::post(&post::Post { url, content_type, body, secret, timeout })
        }
        Letter::Mail { way, id, at, subject, text } => {
            let password = way.server.login.as_ref().map(|(_, file)| secret(file)).transpose()?;
            smtp::send(way, &smtp::Mail { id, at: *at, subject, text }, password, timeout)
        }
    }
}

/// What is in a file with a secret, without the line's end.
fn secret(file: &Path) -> Result<String, SendError> {
    let wrong = |why: String| SendError::Secret { file: file.to_owned(), why };
    let text = std::fs::read_to_string(file).map_err(|why| wrong(why.to_string()))?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    Ok(secret.to_owned())
}
