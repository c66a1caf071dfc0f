//! Every address of the server.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use snapline_shared::message::Close;
use snapline_shared::tick::Step;

use crate::host::RowsAnswer;
use crate::net::{Gate, Visitor, play, room_of};

use super::assets::{Assets, File, not_found};
use super::metrics::Exposition;
use super::sources::source;

/// How long `/debug/rooms/NAME/rows` waits for a step to come.
const ROWS_PATIENCE: Duration = Duration::from_secs(1);

/// Our own scripts, WebAssembly and sockets; nothing from elsewhere.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'";

/// What the routes need beside the gate.
pub(crate) struct Site {
    /// To rooms and threads.
    pub(crate) gate: Arc<Gate>,
    /// The game's name.
    pub(crate) game: &'static str,
    /// Its sources that may be read.
    pub(crate) sources: &'static [(&'static str, &'static str)],
    /// The page.
    pub(crate) assets: Assets,
    /// The bytes of `/schema.json`.
    pub(crate) schema: Bytes,
    /// The map that is played, by its name.
    pub(crate) map: Option<(String, File)>,
    /// What `/metrics` tells.
    pub(crate) metrics: Exposition,
    /// Whether `/debug` is there.
    pub(crate) dev: bool,
}

/// The router of the whole server.
pub(crate) fn router(site: Arc<Site>) -> Router {
    let gate = Arc::clone(&site.gate);
    let mut routes = Router::new()
        .route("/schema.json", get(schema))
        .route("/maps/{name}", get(map))
        .route("/source/{*path}", get(source))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/api/rooms", get(rooms))
        .route("/api/admit", get(admit));
    if site.dev {
        routes = routes.route("/debug/rooms/{name}/rows", get(rows));
    }
    routes
        .fallback(file)
        .with_state(site)
        .merge(Router::new().route("/play", get(play)).with_state(gate))
        .layer(map_response(secure))
}

async fn secure(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn file(State(site): State<Arc<Site>>, request: Request) -> Response<Body> {
    site.assets.answer(site.game, request.method(), request.uri(), request.headers()).await
}

async fn schema(State(site): State<Arc<Site>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], site.schema.clone())
}

async fn map(State(site): State<Arc<Site>>, Path(name): Path<String>, headers: HeaderMap) -> Response<Body> {
    match &site.map {
        Some((known, file)) if *known == name => file.answer(&name, &headers),
        _ => not_found(),
    }
}

/// 200 while every tick thread makes progress: what an orchestrator restarts the server by.
pub(super) async fn livez(State(site): State<Arc<Site>>) -> (StatusCode, String) {
    match site.gate.host.stuck() {
        None => (StatusCode::OK, "live\n".to_owned()),
        Some((thread, quiet)) => {
            let words = format!("thread {thread} has not progressed for {:.1} s\n", quiet.as_secs_f32());
            (StatusCode::SERVICE_UNAVAILABLE, words)
        }
    }
}

/// 200 while a newcomer finds a place: what a load balancer sends players by.
pub(super) async fn readyz(State(site): State<Arc<Site>>) -> (StatusCode, &'static str) {
    if site.gate.host.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "the server stops\n")
    } else if site.gate.connections.available_permits() == 0 {
        (StatusCode::SERVICE_UNAVAILABLE, "all connections are taken\n")
    } else if !site.gate.host.has_seat() {
        (StatusCode::SERVICE_UNAVAILABLE, "all rooms are full and no more are made\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn rooms(State(site): State<Arc<Site>>) -> impl IntoResponse {
    Json(site.gate.host.rooms())
}

#[derive(Serialize)]
struct Admission {
    admit: bool,
    code: Option<u16>,
    reason: Option<String>,
    retry_after_s: Option<u32>,
}

/// What a join would meet, in a form that a browser can read, for it sees only 1006 of a refused WebSocket.
async fn admit(State(site): State<Arc<Site>>, uri: Uri) -> Json<Admission> {
    let is_full = site.gate.connections.available_permits() == 0;
    let admitted = match room_of(uri.query()).and_then(|room| site.gate.host.admit(&room)) {
        Ok(()) if is_full => Err(Close::Overloaded("all connections are taken")),
        other => other,
    };
    Json(match admitted {
        Ok(()) => Admission { admit: true, code: None, reason: None, retry_after_s: None },
        Err(close) => Admission {
            admit: false,
            code: Some(close.code()),
            reason: Some(close.reason()),
            retry_after_s: retry_after_s(&close),
        },
    })
}

/// When to try again, by the ranges of close codes; none: not unchanged.
const fn retry_after_s(close: &Close) -> Option<u32> {
    match close.code() {
        1011..=1013 | 4100..=4199 => Some(5),
        4200..=4299 => Some(0),
        _ => None,
    }
}

#[derive(Deserialize)]
struct RowsQuery {
    step: u32,
}

/// The rows of a step as the server has them, for comparing with what a client has.
async fn rows(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(room): Path<String>,
    Query(query): Query<RowsQuery>,
) -> Response<Body> {
    if !visitor.address.ip().to_canonical().is_loopback() {
        return (StatusCode::NOT_FOUND, "only for this machine\n").into_response();
    }
    match site.gate.host.rows(&room, Step(query.step), ROWS_PATIENCE).await {
        RowsAnswer::Here(rows) => Json(rows).into_response(),
        RowsAnswer::NoRoom => (StatusCode::NOT_FOUND, "there is no such room\n").into_response(),
        RowsAnswer::NotYet => (StatusCode::GATEWAY_TIMEOUT, "the step has not come\n").into_response(),
        RowsAnswer::Gone => (StatusCode::GONE, "the step is no longer kept\n").into_response(),
    }
}
