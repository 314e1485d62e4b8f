//! The server: binding, workers, its end.
//!
//! Not in here: when to stop. Whoever starts it ends it.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{HttpServer, dev, web};

use super::access::Names;
use super::connections::Connections;
use super::routes::app;
use super::state::{Scheme, Shared, State};
use super::tls;

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the handshake of TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection without a request is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How many connections a worker holds at most.
const MAX_CONNECTIONS: usize = 1024;

/// How the server is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where it listens: a loopback address where there are no access tokens. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whether it speaks TLS, with the certificate that the board has.
    pub scheme: Scheme,
    /// How many threads answer requests.
    pub workers: usize,
    /// How long requests that are under way may take to end when the server is stopped. Rounded up to whole seconds.
    pub drain: Duration,
}

/// Why the server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address can be reached from elsewhere.
    #[error(
        "HTTP cannot listen on {0}: it can be reached from elsewhere, and there are no access \
         tokens; use a loopback address such as 127.0.0.1:8420"
    )]
    NotLoopback(SocketAddr),
    /// Somebody else listens there.
    #[error(
        "HTTP cannot listen on {listen}: another program does already (another `assured run`?); \
         stop it, or set another address in [http] listen"
    )]
    InUse {
        /// The address.
        listen: SocketAddr,
    },
    /// The address cannot be had.
    #[error("HTTP cannot listen on {listen}; set another address in [http] listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// TLS cannot be spoken.
    #[error("HTTP cannot be served by TLS")]
    Tls(#[from] rustls::Error),
}

/// A server, which runs while it is awaited.
pub struct Server {
    running: dev::Server,
    handle: Handle,
}

/// The way to end a server.
#[derive(Debug, Clone)]
pub struct Handle {
    server: ServerHandle,
    connections: Connections,
}

/// Starts to listen, and gives the server, which runs when it is awaited, and the address that it
/// listens on. Signals are left alone; [`Server::handle`] stops it.
///
/// # Errors
/// When the address cannot be listened on, or TLS cannot be spoken.
pub fn serve(settings: HttpSettings, state: State) -> Result<(Server, SocketAddr), HttpError> {
    let HttpSettings { listen, scheme, workers, drain } = settings;
    let has_tokens = !state.board.config().tokens.is_empty();
    if !has_tokens && !listen.ip().to_canonical().is_loopback() {
        return Err(HttpError::NotLoopback(listen));
    }
    let failed = |source| not_bound(listen, source);
    // Bound here and not by actix, because requests are checked against the port that it becomes.
    let listener = TcpListener::bind(listen).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let names = (!has_tokens).then(|| Names::of(bound, scheme));
    let handshakes = match scheme {
        Scheme::Http => None,
        Scheme::Https => Some(tls::server_config(&state.board)?),
    };
    let shared = web::Data::new(Shared { state, names, scheme });
    let connections = Connections::default();
    let begun = connections.clone();
    let server = HttpServer::new(move || app(shared.clone()))
        .workers(workers)
        .max_connections(MAX_CONNECTIONS)
        .client_request_timeout(HEAD_TIMEOUT)
        .tls_handshake_timeout(HANDSHAKE_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .on_connect(move |connection, data| begun.begin(connection, data))
        .shutdown_timeout(drain.as_secs_f64().ceil() as u64)
        .disable_signals();
    let server = match handshakes {
        None => server.listen(listener),
        Some(config) => server.listen_rustls_0_23(listener, config),
    };
    let running = server.map_err(failed)?.run();
    let handle = Handle { server: running.handle(), connections };
    Ok((Server { running, handle }, bound))
}

impl Server {
    /// The way to end it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Future for Server {
    type Output = std::io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.running).poll(cx)
    }
}

impl Handle {
    /// Ends it at once.
    pub fn stop(&self) {
        // Sent by the call; there is nobody to wait for the answer.
        drop(self.server.stop(false));
    }

    /// Takes no new connection and no new request, and is ready when all requests that were under way are answered. The
    /// server has to be awaited meanwhile; whoever stops to await it ends it at once.
    pub async fn drain(&self) {
        let stopped = self.server.stop(true);
        tokio::select! {
            () = stopped => {}
            // The server itself would look once a second.
            () = self.connections.none() => {}
        }
    }
}

/// Without anybody who awaits it, its workers would go on.
impl Drop for Server {
    fn drop(&mut self) {
        self.handle.stop();
    }
}

/// Whether the address can be listened on at this moment: to be told before anything else is begun.
///
/// # Errors
/// When it cannot.
pub fn check_listen(listen: SocketAddr) -> Result<(), HttpError> {
    TcpListener::bind(listen).map(drop).map_err(|source| not_bound(listen, source))
}

fn not_bound(listen: SocketAddr, source: std::io::Error) -> HttpError {
    if source.kind() == std::io::ErrorKind::AddrInUse {
        HttpError::InUse { listen }
    } else {
        HttpError::Listen { listen, source }
    }
}
