//! One bot: a socket with a player in it, from its connection to its goodbye.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use snapline_shared::client::{ClientError, LateInputs, Mispredictions, Player, SessionEvent};
use snapline_shared::link::LinkSpec;
use snapline_shared::message::{Close, Notice, REASON_BYTES_MAX, cut};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::error::Error as SocketError;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};

use crate::brains::Players;
use crate::line::Line;
use crate::live_counts::Live;
use crate::map::Maps;
use crate::samples::Shards;
use crate::socket::{CODE_NO_CLOSE, Socket, broken, connect, dropped};
use crate::swarm::Phase;
use crate::trace::{Trace, Traces};

/// How long the server may leave a bot's messages unread.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a bot waits for the answer to its close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A player whose next update is always due must not keep a core busy.
const UPDATE_GAP_MIN: Duration = Duration::from_micros(500);

/// What the bots of a run share.
pub(crate) struct Shared {
    /// Where the schema came from: looked up once for all bots.
    pub(crate) address: SocketAddr,
    /// By room: bot n goes to room n modulo their number.
    pub(crate) uris: Vec<Uri>,
    pub(crate) players: Players,
    pub(crate) maps: Maps,
    pub(crate) join_timeout: Duration,
    /// What is between a bot and its socket, and what it and all else is random by.
    pub(crate) link: LinkSpec,
    pub(crate) seed: u64,
    /// How long a bot's connection lives until it resets it.
    pub(crate) drop_every: Option<Duration>,
    /// Zero of every player's clock.
    pub(crate) start: Instant,
    /// Length of a span of the series, in seconds.
    pub(crate) span_s: u32,
    pub(crate) samples: Shards,
    pub(crate) traces: Option<Traces>,
    pub(crate) live: Arc<Live>,
}

impl Shared {
    /// Where the socket of bot `number` is.
    pub(crate) fn uri(&self, number: u32) -> Uri {
        self.uris[number as usize % self.uris.len()].clone()
    }

    /// What bot `number` has between it and its socket, empty.
    fn line(&self, number: u32) -> Line {
        Line::new(self.link, self.seed ^ (u64::from(number) << 32))
    }
}

/// What became of one bot.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) joined: bool,
    pub(crate) end: End,
    pub(crate) snapshots: u64,
    pub(crate) resumes: u64,
    pub(crate) desyncs: u64,
    pub(crate) starved_ticks: u64,
    pub(crate) late_inputs: LateInputs,
    pub(crate) compared: u64,
    pub(crate) mispredictions: Mispredictions,
}

impl Outcome {
    fn new(joined: bool, end: End, player: &dyn Player) -> Self {
        let stats = player.stats();
        Self {
            joined,
            end,
            snapshots: stats.snapshots,
            resumes: stats.resumes,
            desyncs: stats.desyncs,
            starved_ticks: stats.starved_ticks,
            late_inputs: stats.late_inputs,
            compared: player.compared(),
            mispredictions: player.mispredictions(),
        }
    }
}

/// How a bot ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It played to the end and said goodbye.
    Finished,
    /// It never got into the room, without a word from the server's side of a socket.
    Outside(String),
    /// It has reset its connection, and is to come back.
    Reset,
    /// The server ended the socket.
    Dropped(u16, String),
    /// The server said something that does not decode or cannot be used; why, and what the close frame says.
    Undecodable(String, Close),
}

/// Runs bot `number` until `phase` says it is over. `joining` is dropped as soon as the bot is in the room, or never will be.
pub(crate) async fn play(
    number: u32,
    shared: Arc<Shared>,
    mut phase: watch::Receiver<Phase>,
    joining: mpsc::Sender<()>,
) -> Outcome {
    let deadline = Instant::now() + shared.join_timeout;
    let player = shared.players.player(number);
    let socket = tokio::select! {
        socket = connect(&shared, number) => socket,
        () = sleep_until(deadline) => Err("no WebSocket in time".to_owned()),
        () = ended(&mut phase) => Err(STOPPED.to_owned()),
    };
    match socket {
        Ok(socket) => {
            let (line, measuring_since) = (shared.line(number), Instant::now());
            let trace = shared.traces.as_ref().map(|traces| traces.of(number));
            let (measuring, reset_at) = (false, None);
            let bot = Bot { number, shared, phase, socket, line, trace, player, measuring, measuring_since, reset_at };
            Box::new(bot).run(deadline, joining).await
        }
        Err(words) => {
            shared.live.add_lost();
            Outcome::new(false, End::Outside(words), &*player)
        }
    }
}

const STOPPED: &str = "the run ended before it had joined";

/// Done when the bots are to go. Gives nothing back: what `wait_for` gives holds a lock.
async fn ended(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase == Phase::Ending).await;
}

struct Bot {
    number: u32,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    socket: Socket,
    line: Line,
    trace: Option<Trace>,
    player: Box<dyn Player>,
    measuring: bool,
    measuring_since: Instant,
    /// When it has reset its connection, until the first snapshot after that.
    reset_at: Option<Instant>,
}

impl Bot {
    async fn run(mut self: Box<Self>, deadline: Instant, joining: mpsc::Sender<()>) -> Outcome {
        self.player.handle_open(self.now_us(), &format!("bot-{}", self.number));
        let mut end = match self.join(deadline).await {
            Ok(()) => {
                self.shared.live.add_joined();
                drop(joining);
                self.follow().await
            }
            Err(end) => end,
        };
        let joined = self.player.has_joined();
        while matches!(end, End::Reset) {
            end = match self.come_back().await {
                Ok(()) => self.follow().await,
                Err(End::Outside(words)) if words == STOPPED => End::Finished,
                Err(end) => end,
            };
        }
        if !matches!(end, End::Finished) {
            self.shared.live.add_lost();
        }
        self.close(&end).await;
        Outcome::new(joined, end, &*self.player)
    }

    /// Resets the connection and opens another one, on which it takes its seat again.
    async fn come_back(&mut self) -> Result<(), End> {
        // No goodbye: what is on its way is lost, and the server reads an error.
        let _ = self.socket.get_ref().set_zero_linger();
        self.reset_at = Some(Instant::now());
        let deadline = Instant::now() + self.shared.join_timeout;
        let opened = timeout(self.shared.join_timeout, connect(&self.shared, self.number)).await;
        self.socket = match opened {
            Ok(Ok(socket)) => socket,
            Ok(Err(words)) => return Err(End::Outside(words)),
            Err(_) => return Err(End::Outside("no WebSocket in time after a reset".to_owned())),
        };
        self.line = self.shared.line(self.number);
        self.player.handle_open(self.now_us(), &format!("bot-{}", self.number));
        self.join(deadline).await
    }

    /// Until Welcome.
    async fn join(&mut self, deadline: Instant) -> Result<(), End> {
        while !self.player.has_joined() {
            self.transmit().await?;
            let arrival = self.line.next_us().map(|us| self.instant(us));
            tokio::select! {
                message = self.socket.next(), if self.line.takes() => self.handle(message)?,
                () = sleep_until(arrival.unwrap_or(deadline)), if arrival.is_some() => self.receive()?,
                () = sleep_until(deadline) => return Err(End::Outside("no Welcome in time".to_owned())),
                () = ended(&mut self.phase) => {
                    return Err(End::Outside(STOPPED.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Until the end of the run, or of the bot.
    async fn follow(&mut self) -> End {
        let sleep = sleep_until(Instant::now());
        tokio::pin!(sleep);
        self.measuring = *self.phase.borrow_and_update() == Phase::Playing;
        // The first ones spread, so that not all come at once.
        let lives = self.shared.drop_every.map(|every| every.mul_f64(1.0 - 0.5 * f64::from(self.number % 16) / 16.0));
        let reset_at = lives.map(|lives| Instant::now() + lives);
        loop {
            if let Err(end) = self.transmit().await {
                return end;
            }
            if let Err(words) = self.shared.maps.hand_to(&mut *self.player).await {
                return End::Undecodable(words, Close::Bye);
            }
            let wake = self.player.next_update_us().into_iter().chain(self.line.next_us()).min();
            let wake = wake.map(|us| self.instant(us));
            if let Some(wake) = wake {
                sleep.as_mut().reset(wake.max(Instant::now() + UPDATE_GAP_MIN));
            }
            let handled = tokio::select! {
                message = self.socket.next(), if self.line.takes() => self.handle(message),
                () = &mut sleep, if wake.is_some() => {
                    let received = self.receive();
                    self.update();
                    received
                }
                () = sleep_until(reset_at.unwrap_or_else(Instant::now)), if reset_at.is_some() => return End::Reset,
                changed = self.phase.changed() => {
                    let phase = *self.phase.borrow_and_update();
                    if changed.is_err() || phase == Phase::Ending {
                        return End::Finished;
                    }
                    self.measuring = phase == Phase::Playing;
                    self.measuring_since = Instant::now();
                    Ok(())
                }
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    fn now_us(&self) -> u64 {
        self.shared.start.elapsed().as_micros() as u64
    }

    fn instant(&self, us: u64) -> Instant {
        self.shared.start + Duration::from_micros(us)
    }

    fn update(&mut self) {
        let now_us = self.now_us();
        if let Some(trace) = &mut self.trace {
            trace.note_sampled(now_us);
        }
        self.player.update(now_us);
    }

    async fn transmit(&mut self) -> Result<(), End> {
        let now_us = self.now_us();
        let Some(first) = self.line.poll_transmit(now_us, &mut *self.player, self.trace.as_ref()) else {
            return Ok(());
        };
        let send = async {
            let mut next = Some(first);
            while let Some(bytes) = next {
                self.socket.feed(Message::binary(bytes)).await?;
                next = self.line.poll_transmit(now_us, &mut *self.player, self.trace.as_ref());
            }
            self.socket.flush().await
        };
        match timeout(SEND_TIMEOUT, send).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.reason_of_end(&error).await),
            Err(_) => Err(End::Dropped(CODE_NO_CLOSE, "the server does not read".to_owned())),
        }
    }

    /// A write has failed. Often the server closed before, and its reason is still to be read.
    async fn reason_of_end(&mut self, error: &SocketError) -> End {
        let read = async {
            while let Some(Ok(message)) = self.socket.next().await {
                if let Message::Close(frame) = message {
                    return Some(dropped(frame));
                }
            }
            None
        };
        let read = timeout(CLOSE_TIMEOUT, read).await;
        read.ok().flatten().unwrap_or_else(|| broken(error))
    }

    fn handle(&mut self, message: Option<Result<Message, SocketError>>) -> Result<(), End> {
        let bytes = match message {
            Some(Ok(Message::Binary(bytes))) => bytes,
            // The library answers pings.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return Ok(()),
            Some(Ok(Message::Text(_))) => {
                return Err(End::Undecodable("the server sent a text frame".to_owned(), Close::BinaryOnly));
            }
            Some(Ok(Message::Close(frame))) => return Err(dropped(frame)),
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(End::Dropped(CODE_NO_CLOSE, "the connection ended".to_owned())),
        };
        self.line.arrive(self.now_us(), bytes.into());
        self.receive()
    }

    /// Hands the player what has come through the link by now.
    fn receive(&mut self) -> Result<(), End> {
        let now_us = self.now_us();
        while let Some(bytes) = self.line.receive(now_us) {
            // An input that is due goes out with what a snapshot brings.
            if let Some(trace) = &mut self.trace {
                trace.note_sampled(now_us);
            }
            self.player.handle_message(now_us, &bytes).map_err(|error| match error {
                ClientError::Decode(_) | ClientError::Schema(_) | ClientError::Setup(_) => {
                    End::Undecodable(error.to_string(), Close::ProtocolError)
                }
            })?;
            self.measure(now_us);
        }
        Ok(())
    }

    /// Takes out what the player has to tell, so that nothing piles up in it.
    fn measure(&mut self, now_us: u64) {
        if let Some(arrival) = self.player.poll_arrival() {
            if let Some(trace) = &self.trace {
                trace.add_arrival(now_us, self.player.session(), &arrival);
            }
            self.shared.live.add_snapshot(arrival.bytes);
            if let Some(at) = self.reset_at.take() {
                self.shared.samples.of(self.number).add_resume_us(at.elapsed().as_micros() as u64);
            }
            if self.measuring {
                let span = self.measuring_since.elapsed().as_secs() as u32 / self.shared.span_s;
                let mut samples = self.shared.samples.of(self.number);
                samples.span = span;
                samples.add_arrival(&arrival);
                if let Some(echo_us) = arrival.echo_us {
                    self.shared.live.add_echo_us(echo_us);
                }
            }
        }
        while let Some(event) = self.player.poll_event() {
            if let (SessionEvent::Notice(Notice::Status(status)), true) = (event, self.measuring) {
                self.shared.samples.of(self.number).add_status(&status);
            }
        }
    }

    /// Says goodbye and waits a moment for the answer, so that the server sees the code and not a broken connection.
    async fn close(&mut self, end: &End) {
        let (close, words) = match end {
            End::Finished | End::Outside(_) => (Close::Bye, Close::Bye.reason()),
            End::Undecodable(words, close) => (close.clone(), words.clone()),
            // The library answers the server's close frame while it reads on.
            End::Dropped(..) | End::Reset => {
                let _ = timeout(CLOSE_TIMEOUT, self.drain()).await;
                return;
            }
        };
        let frame = CloseFrame { code: close.code().into(), reason: cut(&words, REASON_BYTES_MAX).into() };
        let goodbye = async {
            if self.socket.close(Some(frame)).await.is_ok() {
                self.drain().await;
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }

    async fn drain(&mut self) {
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}
