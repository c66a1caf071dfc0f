//! A game that does what a test asks of it by the names of its players.

use snapline_shared::client::{Brain, World};
use snapline_shared::prelude::*;

wire! {
    /// Nothing much to press.
    pub(crate) struct Input { step: u8 => Snap Uint { bits: 2 } }
}

wire! {
    /// A player.
    pub(crate) struct Pawn at place {
        place: Vec2 => Lerp Lane::Fixed { min: 0.0, max: 64.0, step: 1.0, wrap: true },
    }
}

/// Refuses `nobody`; fails when `bomb` joins, or in the next tick for `fuse`; `sloth` makes one tick take three seconds.
/// Its map must begin with `trial`.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Trial {
    pawns: Vec<(PlayerId, NetId)>,
    fuse: bool,
    sloth: bool,
}

impl Game for Trial {
    type Input = Input;
    type Own = ();
    type Scene = ();
    const NAME: &'static str = "trial";
    const ENTITIES: &'static [Kind] = &[Pawn::KIND];
    const MAP: Map<'static> = Map { name: "trial.txt", bytes: b"trial: the game's own" };

    fn scene(setup: &Setup<'_>) -> Result<(), SetupError> {
        if !setup.map.starts_with(b"trial") {
            return Err(SetupError { field: "map", words: "it does not begin with \"trial\"".to_owned() });
        }
        setup.number("size", 1.0, 1.0..=2.0).map(|_| ())
    }

    fn new((): &(), _: &Setup<'_>, _: &mut Tools<'_>) -> Self {
        Self::default()
    }

    fn join(&mut self, (): &(), player: PlayerId, profile: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        match profile.name {
            "nobody" => return Err(Refusal::Forbidden("nobody may play here".to_owned())),
            "bomb" => panic!("the bomb went off"),
            "fuse" => self.fuse = true,
            "sloth" => self.sloth = true,
            _ => {}
        }
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        self.pawns.push((player, id));
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.pawns.retain(|&(other, id)| other != player || !tools.ids.free(id));
    }

    fn advance((): &(), (): &mut (), _: Input) {}

    fn step(&mut self, (): &(), _: Turn<'_, Self>) {
        assert!(!self.fuse, "the fuse has burnt down");
        if std::mem::take(&mut self.sloth) {
            std::thread::sleep(std::time::Duration::from_secs(3));
        }
    }

    fn extract(&self, out: &mut Rows) {
        for &(player, id) in &self.pawns {
            out.put(id, &Pawn { place: Vec2::splat(f32::from(player.0 % 64)) });
        }
    }

    fn view(&self, player: PlayerId) -> View<()> {
        let controls = self.pawns.iter().find(|pawn| pawn.0 == player).map(|pawn| pawn.1);
        View { place: Vec2::splat(32.0), radius: 64.0, controls, own: () }
    }
}

/// A brain that does nothing.
pub(crate) struct Idle;

impl Idle {
    pub(crate) fn maker(_: u64) -> Box<dyn Brain<Trial>> {
        Box::new(Self)
    }
}

impl Brain<Trial> for Idle {
    fn think(&mut self, _: &World<'_, Trial>) -> Input {
        Input::default()
    }
}
