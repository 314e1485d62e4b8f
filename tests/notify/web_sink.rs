//! A web server that takes messages, and does with each what the test wants.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is taken and answered with this status.
    Answer(u16),
    /// It is never answered; the connection stays.
    Hang,
    /// It is taken, and answered once the client has gone.
    TooLate,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Got {
    pub deed: Deed,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let of = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(of).map(|(_, value)| value.as_str())
    }

    /// The last part of the event's type: begun, raised, ended.
    pub fn phase(&self) -> String {
        self.json()["data"]["phase"].as_str().unwrap_or_default().to_owned()
    }
}

/// The server. It ends with this.
pub struct WebSink {
    addr: SocketAddr,
    script: Arc<Mutex<VecDeque<Deed>>>,
    got: Arc<Mutex<Vec<Got>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl WebSink {
    /// One that does these things, and then takes everything.
    pub fn start(script: &[Deed]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let script: Arc<Mutex<VecDeque<Deed>>> =
            Arc::new(Mutex::new(script.iter().copied().collect()));
        let (got, over) = (Arc::<Mutex<Vec<Got>>>::default(), Arc::new(AtomicBool::new(false)));
        let (todo, takes, ends) = (Arc::clone(&script), Arc::clone(&got), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let deed = todo.lock().unwrap().pop_front().unwrap_or(Deed::Answer(200));
                let Some(request) = request(&stream, deed) else { continue };
                takes.lock().unwrap().push(request);
                match deed {
                    Deed::Answer(status) => answer(&mut stream, status),
                    Deed::Hang => hanging.push(stream),
                    Deed::TooLate => {
                        // Ready when the client has hung up.
                        let _ = stream.read(&mut [0]);
                        answer(&mut stream, 200);
                    }
                }
            }
        });
        Self { addr, script, got, over, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.addr)
    }

    pub fn root(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Does this with the next ones.
    pub fn then(&self, deeds: &[Deed]) {
        self.script.lock().unwrap().extend(deeds);
    }

    /// Everything that came, in its order.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// What was taken, whether or not the client knows.
    pub fn taken(&self) -> Vec<Got> {
        let taken = |got: &Got| match got.deed {
            Deed::Answer(status) => status < 300,
            Deed::TooLate => true,
            Deed::Hang => false,
        };
        self.got().into_iter().filter(taken).collect()
    }
}

impl Drop for WebSink {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.addr));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn request(stream: &TcpStream, deed: Deed) -> Option<Got> {
    let mut lines = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    };
    let path = line()?.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut got = Got { deed, path, headers, body: String::new() };
    let length: usize = got.header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    Some(got)
}

fn answer(stream: &mut TcpStream, status: u16) {
    let said = "what the test wants";
    // The client may have gone.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}",
        said.len()
    );
}
