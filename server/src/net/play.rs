//! `/play`: is this a WebSocket of ours, and is there a place for it?

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use snapline_shared::message::{Close, ROOM_DEFAULT, SUBPROTOCOL, SUBPROTOCOL_PREFIX, is_room_name};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::hello::{Upgrade, greet};
use super::{Gate, Visitor};

/// When to try again after being turned away for lack of a place, in seconds.
const RETRY_AFTER_S: &str = "5";

/// Answers a request to play; the connection goes on in [`greet`].
pub(crate) async fn play(State(gate): State<Arc<Gate>>, mut request: Request) -> Response<Body> {
    let (key, protocol) = match check(&request) {
        Ok(asked) => asked,
        Err(refusal) => {
            gate.host.meters().handshake("bad_request");
            return *refusal;
        }
    };
    if gate.host.is_stopping() {
        gate.host.meters().handshake("no_place");
        return no_place("the server stops");
    }
    let Ok(place) = Arc::clone(&gate.connections).try_acquire_owned() else {
        gate.host.meters().handshake("no_place");
        return no_place("all connections are taken");
    };
    let Some(visitor) = request.extensions().get::<Visitor>().cloned() else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "the connection is not known", None);
    };
    let room = if protocol == SUBPROTOCOL { room_of(request.uri().query()) } else { Err(Close::VersionUnsupported) };
    let upgrading = hyper::upgrade::on(&mut request);
    tokio::spawn(greet(gate, Upgrade { upgrading, room, place, visitor }));

    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    // Both are of characters that a header may have: base64, and what came in a header.
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    if let (Ok(accept), Ok(protocol)) = (accept, HeaderValue::from_str(&protocol)) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// The key and the subprotocol to answer with.
fn check(request: &Request) -> Result<(String, String), Box<Response<Body>>> {
    let headers = request.headers();
    let refuse = |status, words: &str, header| Err(Box::new(refusal(status, words, header)));
    if request.method() != Method::GET {
        let allow = (ALLOW, HeaderValue::from_static("GET"));
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "a WebSocket begins with GET", Some(allow));
    }
    if !lists(headers, &CONNECTION, "upgrade") || !lists(headers, &UPGRADE, "websocket") {
        return refuse(StatusCode::BAD_REQUEST, "this is the WebSocket: Connection: Upgrade, Upgrade: websocket", None);
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let version = (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return refuse(StatusCode::UPGRADE_REQUIRED, "only version 13 of WebSocket is spoken here", Some(version));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok()).filter(|key| is_key(key));
    let Some(key) = key else {
        return refuse(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is not the base64 of 16 bytes", None);
    };
    let offered = || items(headers, &SEC_WEBSOCKET_PROTOCOL);
    let ours = offered().find(|protocol| *protocol == SUBPROTOCOL);
    // A browser cannot read a 400: who speaks another version is let in and told by a close code.
    let Some(protocol) = ours.or_else(|| offered().find(|protocol| protocol.starts_with(SUBPROTOCOL_PREFIX))) else {
        let words = format!("no subprotocol of ours in Sec-WebSocket-Protocol; supported: {SUBPROTOCOL}");
        return refuse(StatusCode::BAD_REQUEST, &words, None);
    };
    Ok((key.to_owned(), protocol.to_owned()))
}

/// The room asked for in the query.
///
/// # Errors
/// When it is no name of a room.
pub(crate) fn room_of(query: Option<&str>) -> Result<String, Close> {
    let asked = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("room="));
    let room = asked.unwrap_or(ROOM_DEFAULT);
    if is_room_name(room) {
        return Ok(room.to_owned());
    }
    Err(Close::RoomNotFound("a name is 1-32 characters of a-z, 0-9 and -"))
}

/// Whether it is the base64 of 16 bytes: 22 digits and two signs of padding.
fn is_key(key: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    key.len() == 24 && key.ends_with("==") && key.bytes().take(22).all(digit)
}

fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

fn lists(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    items(headers, name).any(|other| other.eq_ignore_ascii_case(item))
}

fn no_place(words: &str) -> Response<Body> {
    let retry = (RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    refusal(StatusCode::SERVICE_UNAVAILABLE, words, Some(retry))
}

fn refusal(status: StatusCode, words: &str, header: Option<(HeaderName, HeaderValue)>) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{words}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().extend(header);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_base64_of_16_bytes() {
        assert!(is_key("dGhlIHNhbXBsZSBub25jZQ=="));
        for bad in ["", "abc", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhl!HNhbXBsZSBub25jZQ==", "==="]
        {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn rooms_are_asked_for_in_the_query() {
        assert_eq!(room_of(None), Ok("main".to_owned()));
        assert_eq!(room_of(Some("x=1&room=a-1")), Ok("a-1".to_owned()));
        for bad in ["room=", "room=A", "room=%6dain", "room=a/b"] {
            assert!(matches!(room_of(Some(bad)), Err(Close::RoomNotFound(_))), "{bad}");
        }
    }
}
