//! A server of a few lines: some files, and sockets that do what a test says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use snapline_bots::Options;
use snapline_shared::message::{ClientMessage, Hello, SUBPROTOCOL, ServerMessage, Welcome};
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request as Upgrade, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

wire! {
    pub(crate) struct Input { heading: u8 => Snap Uint { bits: 8 }, fast: bool => Snap Uint { bits: 1 } }
}

/// A game without rows, on a map of its own making.
#[derive(Serialize, Deserialize)]
pub(crate) struct Nothing;

/// The only map that the game takes.
pub(crate) const FLOOR: &[u8] = b"a floor";

impl Game for Nothing {
    type Input = Input;
    type Own = ();
    type Scene = ();
    const NAME: &'static str = "nothing";
    const ENTITIES: &'static [Kind] = &[];

    fn scene(setup: &Setup<'_>) -> Result<(), SetupError> {
        let words = "is not a floor".to_owned();
        if setup.map.is_empty() || setup.map == FLOOR { Ok(()) } else { Err(SetupError { field: "map", words }) }
    }

    fn new((): &(), _: &Setup<'_>, _: &mut Tools<'_>) -> Self {
        Self
    }

    fn join(&mut self, (): &(), _: PlayerId, _: &Profile<'_>, _: &mut Tools<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn leave(&mut self, _: PlayerId, _: &mut Tools<'_>) {}

    fn advance((): &(), (): &mut (), _: Input) {}

    fn step(&mut self, (): &(), _: Turn<'_, Self>) {}

    fn extract(&self, _: &mut Rows) {}

    fn view(&self, _: PlayerId) -> View<()> {
        View { place: Vec2::ZERO, radius: 1.0, controls: None, own: () }
    }
}

pub(crate) fn schema() -> Schema {
    snapline_shared::game::schema::<Nothing>()
}

/// Welcomes a bot to a room of that game.
pub(crate) fn welcome(number: u32) -> Welcome {
    Welcome {
        epoch: 1,
        tick: Tick(100),
        tick_hz: 60,
        ticks_per_step: 2,
        player: PlayerId(number as u16),
        game: "nothing".to_owned(),
        schema_hash: Schema::hash(&schema().to_json()),
        ..Welcome::default()
    }
}

/// Options for `bots` bots and a second of play against `address`.
pub(crate) fn options(address: SocketAddr, bots: u32) -> Options {
    Options { bots, seconds: 1, ..Options::new(&format!("ws://{address}/play")) }
}

/// One bot's socket, seen from the server.
pub(crate) struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    /// The next message of the bot, or the code of its close frame; 1006 without one.
    pub(crate) async fn next(&mut self) -> Result<ClientMessage, u16> {
        let mut code = 1006;
        loop {
            match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    let message = ClientMessage::decode(&bytes, &Input::KIND.layout(), Tick(100), Step(50));
                    return Ok(message.expect("bots speak the protocol"));
                }
                Some(Ok(Message::Close(frame))) => code = frame.map_or(1005, |frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(code),
            }
        }
    }

    pub(crate) async fn hello(&mut self) -> Hello {
        match self.next().await {
            Ok(ClientMessage::Hello(hello)) => hello,
            other => panic!("the first message is {other:?}"),
        }
    }

    /// Reads to the end, and gives the code of the close frame.
    pub(crate) async fn goodbye(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    pub(crate) async fn say(&mut self, message: &ServerMessage) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.send(bytes.into()).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        // The bot may be gone already.
        let _ = self.0.send(message).await;
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &'static str) {
        let _ = self.0.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

/// A file of a server, and how often it was asked for.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) asked: Arc<AtomicU64>,
}

impl File {
    pub(crate) fn new(path: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path, bytes: bytes.into(), asked: Arc::default() }
    }
}

/// A server whose only file is the schema.
pub(crate) async fn server<F>(json: Vec<u8>, serve: impl Fn(u32, Peer) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    server_of(vec![File::new("/schema.json", json)], serve).await
}

/// Serves until the test ends: `serve` gets each socket with its number, in order of arrival.
pub(crate) async fn server_of<F>(files: Vec<File>, serve: impl Fn(u32, Peer) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut start = [0; 9];
            while stream.peek(&mut start).await.is_ok_and(|read| read > 0 && read < start.len()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if &start == b"GET /play" {
                // The form of the error is the library's.
                #[allow(clippy::result_large_err)]
                let agree = |_: &Upgrade, mut response: Response| -> Result<Response, ErrorResponse> {
                    let protocol = HeaderValue::from_static(SUBPROTOCOL);
                    response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
                    Ok(response)
                };
                let socket = accept_hdr_async(stream, agree).await.expect("bots open WebSockets");
                tokio::spawn(serve(number, Peer(socket)));
                number += 1;
            } else {
                let mut request = [0; 1024];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let file = files.iter().find(|file| request.split(' ').nth(1) == Some(file.path));
                let (status, bytes) = file.map_or(("404 Not Found", [].as_slice()), |file| ("200 OK", &file.bytes));
                if let Some(file) = file {
                    file.asked.fetch_add(1, Ordering::Relaxed);
                }
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", bytes.len());
                let _ = stream.write_all(&[head.as_bytes(), bytes].concat()).await;
            }
        }
    });
    address
}
