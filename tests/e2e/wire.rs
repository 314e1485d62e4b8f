//! HTTP byte by byte, with TLS or without: for what no well-behaved client does.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::certificates::Authority;
use crate::rig::SOON;

/// A connection.
pub struct Wire<S = TcpStream> {
    stream: S,
    /// What has come, and was not asked for yet.
    text: Vec<u8>,
}

/// An answer, or what came of one.
#[derive(Debug)]
pub struct Came {
    pub status: u16,
    /// As they came, in lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl Came {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// A connection without TLS to a service at this URL.
pub fn plain(url: &str) -> Wire {
    Wire { stream: tcp(url), text: Vec::new() }
}

/// A connection by TLS to a service whose authority this is.
pub fn by_tls(url: &str, authority: &Authority) -> Wire<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, tcp(url));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    Wire { stream, text: Vec::new() }
}

impl Wire<StreamOwned<ClientConnection, TcpStream>> {
    /// What the service has shown itself by.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
    }
}

fn tcp(url: &str) -> TcpStream {
    let address = url.split_once("://").unwrap().1;
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

impl<S: Read + Write> Wire<S> {
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
        self.stream.flush().unwrap();
    }

    /// Asks, with these headers besides the name.
    pub fn ask(&mut self, line: &str, headers: &str, host: &str) {
        self.send(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"));
    }

    /// Waits until this has come, and gives all until its end. None where the connection has ended
    /// before.
    pub fn until(&mut self, part: &str) -> Option<String> {
        loop {
            let found = self.text.windows(part.len()).position(|at| at == part.as_bytes());
            if let Some(at) = found {
                let came: Vec<_> = self.text.drain(..at + part.len()).collect();
                return Some(String::from_utf8_lossy(&came).into_owned());
            }
            if self.more() == 0 {
                return None;
            }
        }
    }

    /// The next answer, with a body of a length that is told.
    pub fn answer(&mut self) -> Came {
        let head = self.until("\r\n\r\n").expect("an answer").to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut came = Came { status, head, body: Vec::new() };
        let length: usize = came.header("content-length").unwrap_or("0").parse().unwrap();
        while self.text.len() < length {
            assert!(self.more() > 0, "the answer is cut: {came:?}");
        }
        came.body = self.text.drain(..length).collect();
        came
    }

    /// Waits until the other side has ended the connection. What came until then is given.
    pub fn end(&mut self) -> Vec<u8> {
        while self.more() > 0 {}
        std::mem::take(&mut self.text)
    }

    fn more(&mut self) -> usize {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(number) => {
                self.text.extend_from_slice(&bytes[..number]);
                number
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("nothing comes, no end"),
            // Cut: no more comes from there.
            Err(_) => 0,
        }
    }
}
