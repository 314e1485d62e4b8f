//! The connections of a server: how many there are, and what each is bounded by.

use std::any::Any;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::sync::watch;

/// How long a client may take nothing of what it is sent.
const UNREAD: Duration = Duration::from_secs(30);

/// Counts the connections that stand, after their handshake where there is one. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(watch::Sender<usize>);

/// A connection that stands, until it is dropped.
struct Standing(Connections);

impl Connections {
    /// Takes a new one in.
    pub(super) fn begin(&self, connection: &dyn Any, data: &mut Extensions) {
        bound_unread(connection);
        self.0.send_modify(|number| *number += 1);
        data.insert(Standing(self.clone()));
    }

    /// Ready when there is none.
    pub(super) async fn none(&self) {
        // An error is the end of all that could begin one.
        let _ = self.0.subscribe().wait_for(|&number| number == 0).await;
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.0.send_modify(|number| *number -= 1);
    }
}

/// Lets the system end a connection that takes nothing for a while: also one whose answer has been
/// handed over to the last byte, which nobody here waits for any more.
fn bound_unread(connection: &dyn Any) {
    let tls = connection.downcast_ref::<TlsStream<TcpStream>>();
    let stream = tls.map(|tls| tls.get_ref().0).or_else(|| connection.downcast_ref());
    if let Some(stream) = stream
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD))
    {
        tracing::debug!(%error, "a connection has no limit for what is not taken");
    }
}
