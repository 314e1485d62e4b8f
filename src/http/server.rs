//! The server: binding, workers, its end.
//!
//! Not in here: when to stop. Whoever starts it stops it, by its handle.

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::{Extensions, Server};
use actix_web::rt::net::TcpStream;
use actix_web::{HttpServer, web};
use rustix::process::setpriority_process;
use rustix::thread::gettid;
use socket2::SockRef;

use super::access::Names;
use super::routes::app;
use super::state::{Scheme, Shared, State};
use super::tls;

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the handshake of TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection without a request is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take nothing of what it is sent.
const UNREAD: Duration = Duration::from_secs(30);
/// How far HTTP stands back where there are too few cores for all (`nice(1)`).
pub(super) const NICENESS: i32 = 10;
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
    /// How long requests that are under way may take to end when the server is stopped. Rounded up
    /// to whole seconds.
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

/// Starts to listen, and gives the server, which runs when it is awaited, and the address that it
/// listens on. Signals are left alone; `Server::handle` stops it.
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
    let worker = move || {
        step_back();
        app(shared.clone())
    };
    let server = HttpServer::new(worker)
        .workers(workers)
        .max_connections(MAX_CONNECTIONS)
        .client_request_timeout(HEAD_TIMEOUT)
        .tls_handshake_timeout(HANDSHAKE_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .on_connect(bound_unread)
        .shutdown_timeout(drain.as_secs_f64().ceil() as u64)
        .disable_signals();
    let server = match handshakes {
        None => server.listen(listener),
        Some(config) => server.listen_rustls_0_23(listener, config),
    };
    Ok((server.map_err(failed)?.run(), bound))
}

/// Puts this thread, and those that it starts, behind the actors' in the queue for a core: however
/// many ask, what is to be looked at or started does not wait for their answers.
fn step_back() {
    if let Err(error) = setpriority_process(Some(gettid()), NICENESS) {
        tracing::debug!(%error, "HTTP has the actors' priority");
    }
}

/// Lets the system end a connection that takes nothing for a while: also one whose answer has been
/// handed over to the last byte, which nobody here waits for any more.
fn bound_unread(connection: &dyn Any, _: &mut Extensions) {
    let tls = connection.downcast_ref::<TlsStream<TcpStream>>();
    let stream = tls.map(|tls| tls.get_ref().0).or_else(|| connection.downcast_ref());
    if let Some(stream) = stream
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD))
    {
        tracing::debug!(%error, "a connection has no limit for what is not taken");
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
