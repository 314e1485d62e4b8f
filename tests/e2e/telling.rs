//! Those who are told of incidents, by TLS: trusted as this machine trusts.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use assured_lab::ChildGuard;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certificates::{Authority, Issued};
use crate::rig::SOON;
use crate::site::{Said, Site, run};

/// A web server that takes one message. The thread gives its first line, or none if nobody came to
/// an end with it.
fn web_sink(issued: &Issued) -> (String, JoinHandle<Option<String>>) {
    let chain = vec![CertificateDer::from_pem_slice(issued.cert.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        let mut lines = BufReader::new(StreamOwned::new(tls, socket));
        let (mut first, mut length) = (String::new(), 0);
        lines.read_line(&mut first).ok()?;
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        lines.read_exact(&mut vec![0; length]).ok()?;
        let stream = lines.get_mut();
        stream.write_all(b"HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n").ok()?;
        stream.conn.send_close_notify();
        stream.flush().ok()?;
        Some(first.trim().to_owned())
    });
    (url, thread)
}

/// Tells the receiver that this section names; whom to trust is said as to other programs.
fn told(section: &str, trusted: Option<&str>) -> Said {
    let site = Site::new(&[]);
    let text = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), format!("{text}\n{section}")).unwrap();
    let mut program = site.program(&["notify", "test"]);
    if let Some(file) = trusted {
        program.env("SSL_CERT_FILE", file);
    }
    run(&mut program)
}

#[test]
fn webhooks_and_alertmanagers_are_told_by_tls_if_they_are_trusted() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = authority.file(folder.path());
    let issued = authority.issue(&["127.0.0.1"]);
    for (kind, first) in [("webhook", "POST / "), ("alertmanager", "POST /api/v2/alerts ")] {
        let (url, thread) = web_sink(&issued);
        let section = format!("[[notify.{kind}]]\nurl = \"{url}\"\n");
        let out = told(&section, ca.to_str()).done();
        assert!(out.contains(" delivered"), "{out}");
        assert!(thread.join().unwrap().unwrap().starts_with(first), "{kind}");

        let (url, thread) = web_sink(&issued);
        let section = format!("[[notify.{kind}]]\nurl = \"{url}\"\n");
        let said = told(&section, None);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains("UnknownIssuer"), "{said:?}");
        assert_eq!(thread.join().unwrap(), None, "nothing was told");
    }
}

/// Python's aiosmtpd; `LAB=off` leaves it out, and says so.
#[test]
fn mail_is_sent_by_tls() {
    if std::env::var("LAB").is_ok_and(|lab| lab == "off") {
        eprintln!("LAB=off: the test with aiosmtpd is left out");
        return;
    }
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = authority.file(folder.path());
    authority.issue(&["127.0.0.1"]).put(folder.path());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "/usr/bin/python3".into());
    let child = Command::new(python)
        .args(["-u", "-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")])
        .arg("--smtpscert")
        .arg(folder.path().join("tls.crt"))
        .arg("--smtpskey")
        .arg(folder.path().join("tls.key"))
        .args(["-c", "aiosmtpd.handlers.Debugging", "stdout"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut sink =
        ChildGuard::from(child.expect("Python is to be installed, or PYTHON to be its path"));
    let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    assured_lab::wait_until(SOON, "aiosmtpd to listen", listens)
        .expect("aiosmtpd is to be installed (deploy/install-packages.sh)");
    let section = format!(
        "[notify.mail]\nsmtp = \"smtps://127.0.0.1:{port}\"\nfrom = \"assured@example.net\"\n\
         to = [\"ops@example.net\"]\n"
    );
    let said = told(&section, None);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("not delivered"), "{said:?}");
    told(&section, ca.to_str()).done();
    let out = BufReader::new(sink.stdout.take().unwrap());
    let subject = out.lines().map_while(Result::ok).find(|line| line.starts_with("Subject: "));
    assert!(subject.is_some());
}
