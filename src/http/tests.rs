//! The HTTP interface with a fake arbiter behind it, a published picture and a database in memory.

mod access;
mod errors;
mod explain;
pub(crate) mod fake;
mod holds;
mod limits;
mod maintenance;
mod openapi;
mod page;
mod paging;
mod reads;
mod records;
mod reload;
mod serving;
mod stream;
mod tokens;
mod writes;
mod written;

use actix_web::body::to_bytes;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web;
use serde_json::Value;

use super::access::Names;
use super::body::ProblemBody;
use super::problem::PROBLEM_JSON;
use super::routes::app;
use super::state::{Scheme, Shared, State};

/// What came back.
struct Got {
    status: StatusCode,
    headers: header::HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The problem that it has to be.
    fn problem(&self) -> ProblemBody {
        assert_eq!(self.header("content-type"), Some(PROBLEM_JSON), "{}", self.text);
        let problem: ProblemBody = serde_json::from_str(&self.text).expect(&self.text);
        assert_eq!(problem.status, self.status.as_u16());
        assert!(problem.kind.starts_with("urn:assured:problem:"), "{problem:?}");
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{problem:?}");
        problem
    }
}

/// A request of someone on this machine.
fn ask(method: Method, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(method).insert_header(("host", "127.0.0.1:8420"))
}

/// The same, with the operator token.
fn order(method: Method, path: &str) -> TestRequest {
    ask(method, path).insert_header(("authorization", format!("Bearer {}", fake::TOKEN)))
}

fn shared(state: &State) -> web::Data<Shared> {
    let names = Names::of("127.0.0.1:8420".parse().unwrap(), Scheme::Http);
    let no_tokens = state.board.config().tokens.is_empty();
    let names = no_tokens.then_some(names);
    web::Data::new(Shared { state: state.clone(), names, scheme: Scheme::Http })
}

async fn send(state: &State, request: TestRequest) -> Got {
    let service = init_service(app(shared(state))).await;
    let response = try_call_service(&service, request.to_request()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    assert_eq!(headers.get("x-content-type-options").unwrap(), "nosniff");
    assert!(headers.contains_key("x-request-id"));
    let bytes = to_bytes(response.into_body()).await.unwrap();
    Got { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

async fn get(state: &State, path: &str) -> Got {
    send(state, ask(Method::GET, path)).await
}
