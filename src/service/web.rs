//! HTTP in the service: a server for each life that the root gives it, its address for those who
//! wait for it, and its end.
//!
//! Not in here: what is served (`http/`), and when a life begins or is to end (the root).

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use futures_util::FutureExt;
use tokio::sync::watch;

use crate::actors::root::Beside;
use crate::config::Settings;
use crate::http::{self, HttpError, HttpSettings, Scheme, State};
use crate::telemetry::whole;

/// How many threads answer HTTP requests.
const WORKERS: usize = 2;
/// How long an end may take at most: any request has its answer before, by its own deadline, and
/// whoever takes nothing of one is let go. The shutdown grace is the shorter one, by default.
const DRAIN: Duration = Duration::from_secs(60);

/// Where HTTP is served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    scheme: Scheme,
    bound: SocketAddr,
}

/// As a URL.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}/", self.scheme, self.bound)
    }
}

/// Where HTTP is served; nowhere at first.
pub(super) type Listening = watch::Receiver<Option<Address>>;

/// The HTTP server, from one life to the next.
#[derive(Clone)]
pub(super) struct Web {
    settings: HttpSettings,
    address: watch::Sender<Option<Address>>,
    /// The server of the life that there is.
    server: Rc<RefCell<Option<ServerHandle>>>,
}

impl Web {
    /// One as the settings say. Nothing is served yet.
    ///
    /// # Errors
    /// When its address cannot be had: told before anything is done to a machine.
    pub(super) fn new(settings: &Settings) -> Result<Self, HttpError> {
        let scheme = if settings.http.tls.is_some() { Scheme::Https } else { Scheme::Http };
        let listen = settings.http.listen;
        http::check_listen(listen)?;
        let settings = HttpSettings { listen, scheme, workers: WORKERS, drain: DRAIN };
        Ok(Self { settings, address: watch::Sender::new(None), server: Rc::default() })
    }

    /// Where it is served, once it is.
    pub(super) fn listening(&self) -> Listening {
        self.address.subscribe()
    }

    /// What the root keeps.
    pub(super) fn beside(self, state: State) -> Beside {
        let ends = self.clone();
        Beside {
            kind: "http",
            run: Rc::new(move || self.clone().serve(state.clone()).boxed_local()),
            drain: Some(Rc::new(move || ends.clone().drain().boxed_local())),
        }
    }

    /// A life. It ends with the reason why; if it is ended from outside, the server is ended with
    /// it.
    async fn serve(self, state: State) -> String {
        match http::serve(self.settings, state) {
            Ok((server, bound)) => {
                let address = Address { scheme: self.settings.scheme, bound };
                tracing::info!("HTTP on {address}");
                self.address.send_replace(Some(address));
                self.server.replace(Some(server.handle()));
                let _end = End(server.handle());
                match server.await {
                    Ok(()) => "the HTTP server has ended".to_owned(),
                    Err(error) => format!("the HTTP server failed: {error}"),
                }
            }
            Err(error) => whole(&error),
        }
    }

    /// Ends the life that there is when all that was asked is answered.
    async fn drain(self) {
        let server = self.server.take();
        if let Some(server) = server {
            server.stop(true).await;
        }
    }
}

/// Stops a server's workers when it is dropped.
struct End(ServerHandle);

impl Drop for End {
    fn drop(&mut self) {
        // Sent by the call; there is nobody to wait for the answer.
        drop(self.0.stop(false));
    }
}
