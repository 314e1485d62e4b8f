//! The audit log as server-sent events, on virtual time.

use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::Method;
use actix_web::test::{TestRequest, init_service, try_call_service};
use serde_json::Value;
use tokio::time::{pause, sleep};

use super::fake::{Says, fleet, state};
use super::records::event;
use super::{ask, get, send, shared};
use crate::http::State;
use crate::http::routes::app;
use crate::model::EventKind;
use crate::store::{Batch, Outage};

/// A reader of a stream.
struct Reader {
    body: BoxBody,
    text: String,
}

/// One event, or whatever else stands between two empty lines.
#[derive(Debug, Default, PartialEq)]
struct Frame {
    id: Option<i64>,
    event: String,
    data: Value,
    comment: bool,
}

impl Reader {
    async fn open(state: &State, request: TestRequest) -> Self {
        let service = init_service(app(shared(state))).await;
        let response = try_call_service(&service, request.to_request()).await.unwrap();
        assert_eq!(response.status(), 200);
        let kind = response.headers().get("content-type").unwrap();
        assert_eq!(kind, "text/event-stream; charset=utf-8");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next frame; none when the stream has ended.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (parse(frame), rest.to_owned());
                self.text = rest;
                return Some(frame);
            }
            let bytes = std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_next(cx)).await?;
            self.text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }

    /// The numbers of the events up to this one.
    async fn up_to(&mut self, last: i64) -> Vec<i64> {
        let mut ids = Vec::new();
        while ids.last() != Some(&last) {
            let frame = self.next().await.expect("the stream goes on");
            if !frame.event.is_empty() {
                assert_eq!(frame.data["id"].as_i64(), frame.id);
                assert_eq!(frame.data["kind"], frame.event.as_str());
                ids.extend(frame.id);
            }
        }
        ids
    }
}

fn parse(text: &str) -> Frame {
    let mut frame = Frame::default();
    for line in text.lines() {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("", _) => frame.comment = true,
            ("id", id) => frame.id = Some(id.parse().unwrap()),
            ("event", event) => frame.event = event.to_owned(),
            ("data", data) => frame.data = serde_json::from_str(data).unwrap(),
            ("retry", pause) => assert_eq!(pause, "2000"),
            (other, _) => panic!("what is `{other}`?"),
        }
    }
    frame
}

fn follow(query: &str) -> TestRequest {
    ask(Method::GET, &format!("/api/v1/events/stream{query}"))
}

fn after(number: i64) -> TestRequest {
    follow("").insert_header(("last-event-id", number.to_string()))
}

async fn commit(state: &State, numbers: impl Iterator<Item = i64>) {
    let kind = |n: i64| if n % 10 == 0 { EventKind::Desired } else { EventKind::Note };
    let events = numbers.map(|n| event(n, kind(n))).collect();
    state.store.commit(Batch { events, ..Batch::default() }).await.unwrap();
}

#[actix_web::test]
async fn what_was_missed_comes_first_and_then_what_is_new_each_once() {
    pause();
    let state = state(fleet(2), Says::Yes);
    commit(&state, 1..=450).await;
    let mut reader = Reader::open(&state, after(7)).await;
    assert_eq!(reader.next().await.unwrap(), Frame { id: Some(7), ..Frame::default() });
    // In batches of all sizes, while it is read.
    let writer = state.clone();
    actix_web::rt::spawn(async move {
        let mut next = 451;
        for size in (1..=97).cycle() {
            let end = (next + size).min(6001);
            commit(&writer, next..end).await;
            next = end;
            if next > 6000 {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(reader.up_to(6000).await, (8..=6000).collect::<Vec<_>>());
}

#[actix_web::test]
async fn without_a_number_only_what_is_new_comes() {
    pause();
    let state = state(fleet(2), Says::Yes);
    commit(&state, 1..=20).await;
    let mut reader = Reader::open(&state, follow("")).await;
    // From here it can resume, whatever happens.
    assert_eq!(reader.next().await.unwrap().id, Some(20));
    commit(&state, 21..=22).await;
    assert_eq!(reader.up_to(22).await, [21, 22]);
    // A number that the log has not reached is another log's.
    let mut reader = Reader::open(&state, after(1_000_000)).await;
    assert_eq!(reader.next().await.unwrap().id, Some(22));
}

#[actix_web::test]
async fn programs_without_headers_resume_too_and_the_header_counts_more() {
    pause();
    let state = state(fleet(2), Says::Yes);
    commit(&state, 1..=200).await;
    let page = get(&state, "/api/v1/events?limit=150").await.json();
    let cursor = format!("?cursor={}", page["next"].as_str().unwrap());
    for (request, first) in [
        (follow("?last_event_id=197"), 198),
        (follow(&cursor), 151),
        (follow("?last_event_id=10").insert_header(("last-event-id", "199")), 200),
    ] {
        let mut reader = Reader::open(&state, request).await;
        assert_eq!(reader.up_to(200).await.first(), Some(&first));
    }
}

#[actix_web::test]
async fn the_filters_are_those_of_the_list() {
    pause();
    let state = state(fleet(2), Says::Yes);
    commit(&state, 1..=300).await;
    let filtered = follow("?last_event_id=0&kind=desired&host=kvm-1");
    let mut reader = Reader::open(&state, filtered).await;
    let tens: Vec<_> = (1..=30).map(|n| n * 10).collect();
    assert_eq!(reader.up_to(300).await, tens);
    commit(&state, 301..=309).await;
    commit(&state, 310..=311).await;
    assert_eq!(reader.up_to(310).await, [310]);
    for wrong in ["?kind=nonsense", "?limit=3", "?last_event_id=x", "?cursor=zz"] {
        assert_eq!(send(&state, follow(wrong)).await.problem().status, 400, "{wrong}");
    }
    let wrong = follow("").insert_header(("last-event-id", "seven"));
    assert_eq!(send(&state, wrong).await.problem().field.as_deref(), Some("Last-Event-ID"));
}

#[actix_web::test]
async fn a_reader_that_takes_nothing_is_let_go_and_can_resume() {
    pause();
    let state = state(fleet(2), Says::Yes);
    let mut reader = Reader::open(&state, follow("")).await;
    commit(&state, 1..=5000).await;
    sleep(Duration::from_secs(11)).await;
    let (mut last, mut farewell) = (0, Frame::default());
    while let Some(frame) = reader.next().await {
        last = frame.id.unwrap_or(last);
        farewell = frame;
    }
    assert_eq!((farewell.event.as_str(), farewell.id), ("lagged", None));
    assert_eq!(farewell.data["last_event_id"], last);
    assert!((1..5000).contains(&last), "{last}");
    let mut again = Reader::open(&state, after(last)).await;
    assert_eq!(again.up_to(5000).await, (last + 1..=5000).collect::<Vec<_>>());
}

#[actix_web::test]
async fn a_quiet_stream_has_heartbeats_and_no_deadline() {
    pause();
    let state = state(fleet(2), Says::Yes);
    let begun = tokio::time::Instant::now();
    let mut reader = Reader::open(&state, follow("")).await;
    reader.next().await.unwrap();
    for beat in 1..=20 {
        assert!(reader.next().await.unwrap().comment);
        assert!(begun.elapsed() >= Duration::from_secs(15 * beat));
    }
    commit(&state, 1..=1).await;
    assert_eq!(reader.up_to(1).await, [1]);
}

#[actix_web::test]
async fn streams_end_when_the_service_does() {
    pause();
    let state = state(fleet(2), Says::Yes);
    let mut reader = Reader::open(&state, follow("")).await;
    reader.next().await.unwrap();
    state.streams.end();
    assert_eq!(reader.next().await.unwrap().event, "ending");
    assert_eq!(reader.next().await, None);
    let mut late = Reader::open(&state, follow("")).await;
    assert_eq!(late.next().await.unwrap().event, "ending");
}

#[actix_web::test]
async fn an_outage_of_the_database_does_not_end_a_stream_for_good() {
    pause();
    let state = state(fleet(2), Says::Yes);
    commit(&state, 1..=3).await;
    let mut reader = Reader::open(&state, after(2)).await;
    assert_eq!(reader.up_to(3).await, [3]);
    state.store.simulate(Outage::Begins);
    let lost = Batch { events: vec![event(4, EventKind::Note)], ..Batch::default() };
    state.store.commit(lost).await.unwrap_err();
    state.store.simulate(Outage::Ends);
    commit(&state, 4..=5).await;
    let mut reader = Reader::open(&state, after(3)).await;
    assert_eq!(reader.up_to(5).await, [4, 5]);
}

#[actix_web::test]
async fn there_is_a_most_of_streams_and_a_place_is_free_again() {
    pause();
    let state = state(fleet(2), Says::Yes);
    let mut readers = Vec::new();
    for _ in 0..64 {
        readers.push(Reader::open(&state, follow("")).await);
    }
    let got = send(&state, follow("")).await;
    assert_eq!(got.problem().status, 503);
    assert!(got.text.contains("all 64 event streams are in use"), "{}", got.text);
    // One that only asks whether it could takes no place.
    let asked = ask(Method::HEAD, "/api/v1/events/stream");
    assert_eq!(send(&state, asked).await.status, 200);
    readers.pop();
    drop(Reader::open(&state, follow("")).await);
}
