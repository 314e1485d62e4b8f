//! The names that requests may come by.
//!
//! A page on another site can make a browser send requests to a loopback address, and by giving
//! its own name that address (DNS rebinding) even read the answers. Both show in the request: in
//! `Origin`, and in `Host`.

use std::net::SocketAddr;

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderName};

use crate::http::problem::{Kind, Problem};
use crate::http::state::Scheme;

/// The names of one listening address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Names {
    hosts: Vec<String>,
    scheme: Scheme,
}

impl Names {
    /// The address itself, and this machine's names for itself at the same port.
    #[must_use]
    pub(in crate::http) fn of(listen: SocketAddr, scheme: Scheme) -> Self {
        let port = listen.port();
        let mut names = vec![listen.to_string()];
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            names.push(format!("{host}:{port}"));
        }
        // Its usual port is left out by those who speak HTTP.
        let usual = match scheme {
            Scheme::Http => ":80",
            Scheme::Https => ":443",
        };
        if usual[1..] == port.to_string() {
            let short: Vec<_> =
                names.iter().filter_map(|n| n.strip_suffix(usual).map(str::to_owned)).collect();
            names.extend(short);
        }
        Self { hosts: names, scheme }
    }

    /// Refuses a request that comes by another name.
    ///
    /// # Errors
    /// The problem that it is answered with.
    pub(in crate::http) fn check(&self, request: &RequestHead) -> Result<(), Problem> {
        // A request can name its target in its first line as well.
        if let Some(authority) = request.uri.authority()
            && !self.has(authority.as_str())
        {
            return Err(refused("target"));
        }
        match one(request, &header::HOST) {
            One::Value(host) if self.has(host) => {}
            One::Value(_) | One::Several | One::None => return Err(refused("Host")),
        }
        match one(request, &header::ORIGIN) {
            One::None => Ok(()),
            One::Value(origin)
                if origin.split_once("://").is_some_and(|(scheme, host)| {
                    scheme == self.scheme.as_str() && self.has(host)
                }) =>
            {
                Ok(())
            }
            One::Value(_) | One::Several => Err(refused("Origin")),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

enum One<'a> {
    None,
    Value(&'a str),
    /// More than one, or one that is no text.
    Several,
}

fn one<'a>(request: &'a RequestHead, name: &HeaderName) -> One<'a> {
    let mut values = request.headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => One::None,
        (Some(value), None) => value.to_str().map_or(One::Several, One::Value),
        (Some(_), Some(_)) => One::Several,
    }
}

fn refused(what: &str) -> Problem {
    let detail = format!(
        "the request's {what} is not the address that the service listens on: ask it by that \
         address, or by localhost, on this machine"
    );
    Problem::new(Kind::Forbidden, detail)
}
