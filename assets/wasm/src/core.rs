//! What the browser asks of a client, whether it predicts or not.

use snapline_shared::client::{ClientError, Drawn, Predicted, Session};
use snapline_shared::game::Game;
use snapline_shared::wire::Wire;

/// How prediction goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prediction {
    /// Own states that could be compared with a prediction.
    pub(crate) compared: u64,
    /// Predicted wrongly because an input came too late.
    pub(crate) late: u64,
    /// Predicted wrongly because the game touched the own state.
    pub(crate) touched: u64,
    /// Predicted wrongly for no known reason.
    pub(crate) unexplained: u64,
    /// Units by which corrections have moved the own place in all.
    pub(crate) corrected: f64,
    /// Own shots that the server has confirmed.
    pub(crate) shots_confirmed: u64,
    /// Own shots that the server did not know.
    pub(crate) shots_withdrawn: u64,
}

/// A client of any game.
pub(crate) trait ClientCore {
    /// All that prediction does not change. Messages, inputs and updates go through the methods below instead.
    fn session(&mut self) -> &mut Session;

    /// The same, to look at.
    fn session_ref(&self) -> &Session;

    /// A message has arrived.
    ///
    /// # Errors
    /// When the client cannot go on.
    fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError>;

    /// Sends the inputs that are due.
    fn update(&mut self, now_us: u64);

    /// The input held from now on, as words of the schema's input kind.
    fn set_input(&mut self, words: &[u32]);

    /// The world as it is to be drawn.
    fn draw(&mut self, now_us: u64, out: &mut Drawn);

    /// Words of the newest own state; none before the first snapshot.
    fn own_words(&self) -> Option<Vec<u32>>;

    /// Name of the map that prediction lacks.
    fn wants_map(&self) -> Option<&str> {
        None
    }

    /// Here is the map.
    ///
    /// # Errors
    /// When the game cannot use it.
    fn set_map(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let _ = bytes;
        Ok(())
    }

    /// How prediction goes; none: this client does not predict.
    fn prediction(&self) -> Option<Prediction> {
        None
    }
}

impl ClientCore for Session {
    fn session(&mut self) -> &mut Session {
        self
    }

    fn session_ref(&self) -> &Session {
        self
    }

    fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        Self::handle_message(self, now_us, bytes)
    }

    fn update(&mut self, now_us: u64) {
        Self::update(self, now_us);
    }

    fn set_input(&mut self, words: &[u32]) {
        Self::set_input(self, words);
    }

    fn draw(&mut self, now_us: u64, out: &mut Drawn) {
        Self::draw(self, now_us, out);
    }

    fn own_words(&self) -> Option<Vec<u32>> {
        let replica = self.replica()?;
        replica.step().map(|_| replica.own().to_vec())
    }
}

impl<G: Game> ClientCore for Predicted<G> {
    fn session(&mut self) -> &mut Session {
        Self::session(self)
    }

    fn session_ref(&self) -> &Session {
        Self::session_ref(self)
    }

    fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        Self::handle_message(self, now_us, bytes)
    }

    fn update(&mut self, now_us: u64) {
        Self::update(self, now_us);
    }

    fn set_input(&mut self, words: &[u32]) {
        Self::set_input(self, G::Input::dequantise(words));
    }

    fn draw(&mut self, now_us: u64, out: &mut Drawn) {
        Self::draw(self, now_us, out);
    }

    fn own_words(&self) -> Option<Vec<u32>> {
        let mut words = vec![0; G::Own::KIND.words()];
        self.own()?.quantise(&mut words);
        Some(words)
    }

    fn wants_map(&self) -> Option<&str> {
        Self::wants_map(self)
    }

    fn set_map(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        Self::set_map(self, bytes)
    }

    fn prediction(&self) -> Option<Prediction> {
        let (wrong, shots) = (self.mispredictions(), self.shots());
        Some(Prediction {
            compared: self.compared(),
            late: wrong.late,
            touched: wrong.touched,
            unexplained: wrong.unexplained,
            corrected: self.corrected(),
            shots_confirmed: shots.confirmed,
            shots_withdrawn: shots.withdrawn,
        })
    }
}
