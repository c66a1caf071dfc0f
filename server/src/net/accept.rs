//! The accept loop: one task a connection, HTTP/1.1 with limits, handed to the router.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::host::Noise;

use super::Visitor;

/// Time for a request's header, and for the next request on the same connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for all requests of a connection: who reads an answer drop by drop must come back.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a request's header.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Lines of a request's header.
const HEADERS_MAX: usize = 64;
/// Pause after the system gives no connection (mostly: no descriptor left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts for ever, at most `handshakes_max` connections at once that are not playing; further ones wait in the kernel.
pub(crate) async fn accept(listener: TcpListener, router: Router, handshakes_max: usize) {
    let places = Arc::new(Semaphore::new(handshakes_max));
    let noise = Noise::default();
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, address)) => drop(tokio::spawn(serve(stream, address, place, router.clone()))),
            Err(error) => {
                if let Some(suppressed) = noise.may_speak() {
                    tracing::warn!(%error, suppressed, "a connection could not be accepted");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, address: SocketAddr, place: OwnedSemaphorePermit, router: Router) {
    // Costs only speed where it is refused.
    let _ = stream.set_nodelay(true);
    let visitor = Visitor { address, place: Arc::new(place) };
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(visitor.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // What goes wrong here is the peer's doing: broken requests (answered with 400), time-outs, resets.
    let _ = timeout(CONNECTION_TIMEOUT, connection).await;
}
