//! A mail server that takes everything, one connection at a time.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The server. It ends with this.
pub struct MailSink {
    pub addr: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MailSink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (got, over) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(AtomicBool::new(false)));
        let (takes, ends) = (Arc::clone(&got), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                if let Some(mail) = stream.ok().and_then(|stream| session(&stream)) {
                    takes.lock().unwrap().push(mail);
                }
            }
        });
        Self { addr, got, over, thread: Some(thread) }
    }

    /// Every mail, with its header.
    pub fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.addr));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn session(mut stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let read = lines.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    };
    let mut mail = None;
    stream.write_all(b"220 sink\r\n").ok()?;
    while let Some(command) = line() {
        let reply = match command.split(' ').next().unwrap_or_default() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n").ok()?;
                let mut text = Vec::new();
                loop {
                    match line()? {
                        end if end == "." => break,
                        more => text.push(more),
                    }
                }
                mail = Some(text.join("\n"));
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 sink",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).ok()?;
    }
    mail
}
