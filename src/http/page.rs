//! The dashboard: files of `assets/`, built into the program.
//!
//! They are served as they are written: no bundler, nothing from elsewhere. A browser asks each time
//! whether its copy is still good, and mostly hears 304; so an upgrade is seen at the next load.
//!
//! Not in here: what the page shows (`assets/`), and the data, which it reads from the API.

use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::openapi::NotFound;
use super::query::not_found;

/// What the page may do in a browser: run and style itself, and talk to this service. Nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the page.
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    /// Of its content: another build with the same file has the same tag.
    tag: String,
}

macro_rules! assets {
    ($($kind:ident: $($name:literal),+;)+) => {
        static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| vec![
            $($(Asset::new($name, $kind, include_bytes!(concat!("../../assets/", $name))),)+)+
        ]);
    };
}

assets! {
    HTML: "index.html";
    CSS: "theme.css", "layout.css", "parts.css", "views.css";
    SVG: "icon.svg";
    SCRIPT: "main.js", "api.js", "store.js", "sync.js", "stream.js", "dom.js", "words.js", "time.js",
        "dialogs.js", "actions.js", "bars.js", "grid.js", "cards.js", "wrong.js", "timeline.js",
        "fleet.js", "host.js", "instance.js", "incidents.js", "policies.js", "supervision.js";
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, bytes: &'static [u8]) -> Self {
        Self { name, kind, bytes, tag: format!("\"{:016x}\"", hash(bytes)) }
    }
}

/// The dashboard.
#[utoipa::path(
    get,
    path = "/",
    params(
        (
            "If-None-Match" = Option<String>,
            Header,
            description = "The `ETag` of the copy that one has.",
        ),
    ),
    responses(
        (
            status = 200,
            description = "The page.",
            body = String,
            content_type = "text/html",
            headers(("ETag" = String, description = "Of this content.")),
        ),
        (
            status = 304,
            description = "The copy is still good.",
            headers(("ETag" = String, description = "Of this content.")),
        ),
    ),
)]
pub(super) async fn index(request: HttpRequest) -> HttpResponse {
    serve(&request, "index.html")
}

/// A file of the dashboard.
#[utoipa::path(
    get,
    path = "/assets/{file}",
    params(
        ("file" = String, Path, description = "The file's name."),
        (
            "If-None-Match" = Option<String>,
            Header,
            description = "The `ETag` of the copy that one has.",
        ),
    ),
    responses(
        (
            status = 200,
            description = "The file.",
            content(("text/html"), ("text/css"), ("text/javascript"), ("image/svg+xml")),
            headers(("ETag" = String, description = "Of this content.")),
        ),
        (
            status = 304,
            description = "The copy is still good.",
            headers(("ETag" = String, description = "Of this content.")),
        ),
        NotFound,
    ),
)]
pub(super) async fn asset(request: HttpRequest) -> HttpResponse {
    serve(&request, request.match_info().query("file"))
}

fn serve(request: &HttpRequest, name: &str) -> HttpResponse {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return not_found("page", request.path()).error_response();
    };
    let known = has(request.headers(), &asset.tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, asset.tag.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY));
    if known { response.finish() } else { response.content_type(asset.kind).body(asset.bytes) }
}

/// Whether the browser has this very file.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let all = headers.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// FNV-1a: to tell one build's file from another's, not to keep anybody out.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
