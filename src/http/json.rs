//! Bodies of requests: JSON, whatever the content type says, up to a limit, read strictly.
//!
//! What is wrong is said with the field that it is wrong in.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::problem::{Kind, Problem};

/// How large a body can be: 1 MiB.
pub const MAX_BODY: usize = 1 << 20;

/// A body that has to be there.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// A body that may be left out. One of spaces is there, and is no JSON.
#[derive(Debug)]
pub(super) struct JsonOrNone<T>(pub(super) Option<T>);

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move { parse(&collect(payload).await?).map(Self) })
    }
}

impl<T: DeserializeOwned> FromRequest for JsonOrNone<T> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move {
            let body = collect(payload).await?;
            if body.is_empty() {
                return Ok(Self(None));
            }
            parse(&body).map(|body| Self(Some(body)))
        })
    }
}

/// The problem of a body that is too large.
pub(super) fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, format!("a body can have {MAX_BODY} bytes, and this one has more"))
}

async fn collect(mut payload: Payload) -> Result<web::BytesMut, Problem> {
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(Kind::BadRequest, format!("the body did not arrive whole: {error}"))
        })?;
        if body.len() + chunk.len() > MAX_BODY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A body as a `T`.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            wrong(&place, &error)
        } else {
            Problem::new(Kind::BadRequest, format!("the body is not JSON: {error}"))
        }
    })?;
    reader.end().map_err(|error| {
        Problem::new(Kind::BadRequest, format!("the body goes on after the JSON: {error}"))
    })?;
    // serde takes a list for an object, its items for the fields in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::new(Kind::BadRequest, "the body must be an object, and is a list"));
    }
    Ok(value)
}

/// JSON, but not what is understood here.
fn wrong(place: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    // Of a field that is missing serde knows only the object that lacks it.
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (missing, place) {
        (Some(field), _) => Problem::field(field, format!("the field `{field}` is missing")),
        (None, ".") => {
            Problem::new(Kind::BadRequest, format!("the body must be an object: {text}"))
        }
        (None, field) => Problem::field(field, format!("`{field}`: {text}")),
    }
}
