//! What comes in by HTTP, read as the routes read it, for the fuzz targets (`crate::fuzz`).
//!
//! Each function panics where a rule does not hold. Not in here: the server, the routing, actors.

use std::fmt::Debug;
use std::sync::Arc;

use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::access::{Names, OperatorToken, admit};
use super::api::{because, events, explain, holds, incidents, instances, stream};
use super::body::{
    AdoptDomains, ChangeFields, DesiredChange, ExplainQuestion, HoldRequest, MaintenanceRequest,
    NewInstance, Nothing,
};
use super::if_match::if_match;
use super::problem::{Problem, json_text};
use super::query::{Query, cursor};
use super::state::Scheme;
use super::{gate, json, listing};
use crate::model::{
    AccessToken, By, Condition, Desired, DesiredState, Generation, InstanceId, Role, Status,
};
use crate::snapshot::{Fleet, Freshness, InstanceView, Used, Written};

/// The operator token, and the one whose hash is configured.
pub(crate) const TOKENS: [&str; 2] =
    ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];
/// A body, as each of those that there are.
pub fn body(bytes: &[u8]) {
    as_body::<DesiredChange>(bytes);
    as_body::<NewInstance>(bytes);
    as_body::<ChangeFields>(bytes);
    as_body::<AdoptDomains>(bytes);
    as_body::<Nothing>(bytes);
    if let Some(body) = as_body::<MaintenanceRequest>(bytes) {
        told(because(body.reason));
    }
    if let Some(body) = as_body::<HoldRequest>(bytes) {
        told(holds::ttl(&body.ttl));
        told(because(body.reason));
    }
    if let Some(body) = as_body::<ExplainQuestion>(bytes) {
        told(explain::asked(&body.observed, body.reason.as_deref()));
    }
}

/// What is accepted is written as what reads as the same.
fn as_body<T>(bytes: &[u8]) -> Option<T>
where
    T: DeserializeOwned + Serialize + PartialEq + Debug,
{
    let body: T = told(json::parse(bytes))?;
    let again = json::parse(json_text(&body).as_bytes()).ok();
    assert_eq!(again.as_ref(), Some(&body), "written and read again");
    Some(body)
}

/// A query string, as that of each route.
pub fn query(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let read = || told(Query::parse(text));
    let Some(query) = read() else { return };
    told(query.finish());
    told(read().map_or(Ok(None), |query| stream::wanted(query).map(Some)));
    told(read().map_or(Ok(None), |query| events::wanted(query).map(Some)));
    told(read().map_or(Ok(None), |query| incidents::wanted(query).map(Some)));
    let wanted = read().and_then(|query| told(instances::wanted(query)));
    let Some((filter, from, limit)) = wanted else { return };
    let fleet = fleet();
    let (page, next) = listing::page(&fleet, &filter, from.clone(), limit);
    assert!(page.len() <= limit, "a page has no more than was asked for");
    let Some(next) = next else { return };
    assert_eq!(page.len(), limit, "a page that another follows is full");
    let mut again = Query::parse(&format!("cursor={}", cursor::write(&next))).ok();
    let read = again.as_mut().and_then(|query| cursor::read(query).ok()).flatten();
    assert_eq!(read.as_ref(), Some(&next), "a cursor is read as what was written");
    let (follow, _) = listing::page(&fleet, &filter, (from.0, Some(next)), limit);
    let twice = follow.iter().any(|view| page.iter().any(|other| other.id == view.id));
    assert!(!twice && !follow.is_empty(), "the next page has what is left");
}

/// Headers, a line each: those that stand for a version, an event or a request.
pub fn headers(bytes: &[u8]) {
    let (_, headers) = head(bytes);
    for current in [None, Some(Generation(3))] {
        let asked = told(if_match(&headers, current)).flatten();
        let digits = asked.map(|asked| asked.to_string());
        let is_there =
            |digits: &String| bytes.windows(digits.len()).any(|w| w == digits.as_bytes());
        let is_none = asked == Some(Generation::default());
        assert!(is_none || digits.as_ref().is_none_or(is_there), "{asked:?} was not asked for");
    }
    told(stream::last_event_id(&headers));
    let id = gate::request_id(&headers);
    assert!(id.as_bytes().iter().all(u8::is_ascii_graphic), "an id is fit for a log");
}

/// Headers, one of which is to be a token: nobody is let in who does not have one.
pub fn bearer(bytes: &[u8]) {
    let local = OperatorToken::parse(TOKENS[0]);
    let local = local.unwrap_or_else(|| panic!("it is one"));
    let configured = AccessToken {
        name: "grafana".to_owned(),
        role: Role::Viewer,
        sha256: Sha256::digest(TOKENS[1]).into(),
    };
    let (_, headers) = head(bytes);
    for tokens in [&[][..], &[configured][..]] {
        let Some(caller) = told(admit(&headers, &local, tokens)) else { continue };
        let token = match caller.role {
            Role::Operator => TOKENS[0],
            Role::Viewer => TOKENS[1],
        };
        let given: Vec<_> = headers.get_all(header::AUTHORIZATION).collect();
        let [given] = given[..] else { panic!("several are none") };
        assert!(given.as_bytes().ends_with(token.as_bytes()), "somebody without a token is in");
    }
}

/// A line with the request's target, and headers: whoever is let through names this service.
pub fn names(bytes: &[u8]) {
    let (uri, headers) = head(bytes);
    let names = Names::of(([127, 0, 0, 1], 8420).into(), Scheme::Http);
    let mut head = RequestHead::default();
    (head.uri, head.headers) = (uri.unwrap_or_default(), headers);
    if told(names.check(&head)).is_none() {
        return;
    }
    let is_own = |name: &[u8]| {
        let own = ["localhost:8420", "127.0.0.1:8420", "[::1]:8420"];
        own.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
    };
    assert!(head.uri.authority().is_none_or(|name| is_own(name.as_str().as_bytes())));
    let hosts: Vec<_> = head.headers.get_all(header::HOST).collect();
    assert!(matches!(hosts[..], [host] if is_own(host.as_bytes())), "{hosts:?}");
    for origin in head.headers.get_all(header::ORIGIN) {
        assert!(origin.as_bytes().strip_prefix(b"http://").is_some_and(is_own), "{origin:?}");
    }
}

/// The first line as a target, the others as headers.
fn head(bytes: &[u8]) -> (Option<Uri>, HeaderMap) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let uri = lines.next().and_then(|line| Uri::try_from(line).ok());
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&line[..colon]), value) {
            headers.append(name, value);
        }
    }
    (uri, headers)
}

/// What was read; or a problem, which says something that can be shown.
fn told<T>(read: Result<T, Problem>) -> Option<T> {
    read.map_err(|problem| {
        let body = problem.body();
        assert!((400..500).contains(&body.status) && !body.detail.is_empty(), "{body:?}");
        drop(json_text(&body));
    })
    .ok()
}

/// A few instances, in ways that filters tell apart.
fn fleet() -> Fleet {
    let mut fleet = Fleet::new(Timestamp::UNIX_EPOCH);
    for (number, &status) in (0_u8..).zip(Status::ALL) {
        let view = InstanceView {
            id: InstanceId(uuid::Uuid::from_u128(u128::from(number) << 96)),
            name: format!("web-{}", number / 2),
            host: if number < 4 { "kvm-1" } else { "kvm-2" }.into(),
            policy: "default".to_owned(),
            priority: i32::from(number % 3),
            desired: Desired {
                state: DesiredState::Running,
                generation: Generation(1),
                since: Timestamp::UNIX_EPOCH,
                by: By::ApiLocal,
            },
            observed: Some(Condition::RunningBooted).filter(|_| number != 1),
            freshness: Arc::new(Freshness::never()),
            reachable: true,
            status,
            next: None,
            attempts: Used { used: 0, budget: 5, window_ends: None },
            holds: Vec::new(),
            incident: None,
            definition: None,
            written: Written::default(),
        };
        let view = Arc::new(view);
        fleet.by_name.insert((view.name.clone(), view.id), Arc::clone(&view));
        fleet.instances.insert(view.id, view);
    }
    fleet
}
