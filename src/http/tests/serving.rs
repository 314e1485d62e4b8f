//! The server on a real port.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::fake::{Says, fleet, state};
use crate::http::server::NICENESS;
use crate::http::{HttpError, HttpSettings, Scheme, serve};

fn settings(listen: SocketAddr) -> HttpSettings {
    HttpSettings { listen, scheme: Scheme::Http, workers: 2, drain: Duration::from_secs(1) }
}

fn talk(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[actix_web::test]
async fn it_listens_answers_and_ends() {
    let any = "127.0.0.1:0".parse().unwrap();
    let (server, address) = serve(settings(any), state(fleet(1), Says::Yes)).unwrap();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = tokio::task::spawn_blocking(move || talk(address, &request)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let request = "GET /readyz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let answer = tokio::task::spawn_blocking(move || talk(address, request)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    handle.stop(true).await;
    running.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

/// How nice each thread of this process is, by its number.
fn niceness() -> BTreeMap<String, i32> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nice = |thread: std::fs::DirEntry| {
        // One that has ended meanwhile has no file any more.
        let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
        let nice = stat.rsplit_once(')')?.1.split_whitespace().nth(16)?.parse().ok()?;
        Some((thread.file_name().into_string().ok()?, nice))
    };
    threads.filter_map(|thread| nice(thread.ok()?)).collect()
}

#[actix_web::test]
async fn its_threads_stand_behind_the_one_that_started_it() {
    let before = niceness();
    let any = "127.0.0.1:0".parse().unwrap();
    let (server, address) = serve(settings(any), state(fleet(1), Says::Yes)).unwrap();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = tokio::task::spawn_blocking(move || talk(address, &request)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let after = niceness();
    let new = after.iter().filter(|(thread, _)| !before.contains_key(*thread));
    let behind = new.filter(|(_, nice)| **nice == NICENESS).count();
    assert!(behind >= settings(any).workers, "{after:?}");
    let own = rustix::thread::gettid().as_raw_nonzero().to_string();
    assert_eq!(after.get(&own), before.get(&own), "the actors' thread stays where it is");
    handle.stop(true).await;
    running.await.unwrap().unwrap();
}

#[actix_web::test]
async fn an_address_that_cannot_be_had_is_said_in_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let error = serve(settings(listen), state(fleet(0), Says::Yes)).err().unwrap();
    assert!(matches!(error, HttpError::InUse { .. }), "{error}");
    let listen = "0.0.0.0:8420".parse().unwrap();
    let error = serve(settings(listen), state(fleet(0), Says::Yes)).err().unwrap();
    assert!(matches!(error, HttpError::NotLoopback(_)), "{error}");
    assert!(error.to_string().contains("can be reached from elsewhere"));
}
