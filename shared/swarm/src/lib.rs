//! The smallest game: players steer about a square world whose edges meet. Read this first; it is all that a game's author writes.

use snapline_shared::prelude::*;

/// Side of the world in units.
const SIDE: f32 = 1000.0;
const SPEED: f32 = 100.0;
const PLACE: Lane = Lane::Fixed { min: 0.0, max: 1000.0, step: 1.0 / 16.0, wrap: true };

wire! {
    /// What a player holds down: the direction, in 1/256 of a turn from +x towards +y, and whether to hurry.
    pub struct Input { heading: u8 => Snap Uint { bits: 8 }, fast: bool => Snap Uint { bits: 1 } }
}

wire! {
    /// What its player alone receives, exact: all that its motion depends on.
    pub struct Own at place teleport 64 { place: Vec2 => Lerp F32, heading: f32 => Arc F32 }
}

wire! {
    /// What everybody sees of a player.
    pub struct Walker at place along heading teleport 64 {
        place: Vec2 => Lerp PLACE, heading: f32 => Arc Angle { bits: 8 }, hp: u8 => Snap Uint { bits: 8 },
    }
}

/// What never changes during a match.
pub struct Scene {
    units_per_tick: f32,
    view_radius: f32,
}

#[derive(Serialize, Deserialize)]
struct Player {
    player: PlayerId,
    id: NetId,
    own: Own,
    hp: u8,
}

/// The world: its players, by seat.
#[derive(Serialize, Deserialize)]
pub struct Swarm {
    players: Vec<Player>,
    view_radius: f32,
}

impl Game for Swarm {
    type Input = Input;
    type Own = Own;
    type Scene = Scene;
    const NAME: &'static str = "swarm";
    const ENTITIES: &'static [Kind] = &[Walker::KIND];
    const TABLES: &'static str = include_str!("../tables.txt");

    fn scene(setup: &Setup<'_>) -> Result<Scene, SetupError> {
        let view_radius = setup.number("view_radius", SIDE / 2.0, 1.0..=SIDE)?;
        Ok(Scene { units_per_tick: SPEED / setup.tick_hz as f32, view_radius })
    }

    fn new(scene: &Scene, _: &Setup<'_>, _: &mut Tools<'_>) -> Self {
        Self { players: Vec::new(), view_radius: scene.view_radius }
    }

    fn join(&mut self, _: &Scene, player: PlayerId, _: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        let hash = (u32::from(player.0) + 1).wrapping_mul(0x9E37_79B1);
        let place = Vec2::new((hash >> 16) as f32, (hash & 0xffff) as f32) * (SIDE / 65536.0);
        let at = self.players.partition_point(|other| other.player < player);
        self.players.insert(at, Player { player, id, own: Own { place, heading: 0.0 }, hp: 100 });
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.players.retain(|other| other.player != player || !tools.ids.free(other.id));
    }

    fn advance(scene: &Scene, own: &mut Own, input: Input) {
        own.heading = f32::from(input.heading) * (core::f32::consts::TAU / 256.0);
        let way = scene.units_per_tick * if input.fast { 1.5 } else { 1.0 };
        own.place += Vec2::new(libm::cosf(own.heading), libm::sinf(own.heading)) * way;
        own.place = own.place.rem_euclid(Vec2::splat(SIDE));
    }

    fn step(&mut self, scene: &Scene, turn: Turn<'_, Self>) {
        for (mine, command) in self.players.iter_mut().zip(turn.commands) {
            Self::advance(scene, &mut mine.own, command.input);
            if turn.tools.now.0.wrapping_add(7 * u32::from(mine.player.0)).is_multiple_of(200) {
                mine.hp = if mine.hp == 1 { 100 } else { mine.hp - 1 };
            }
        }
    }

    fn extract(&self, out: &mut Rows) {
        for Player { id, own, hp, .. } in &self.players {
            out.put(*id, &Walker { place: own.place, heading: own.heading, hp: *hp });
        }
    }

    fn view(&self, player: PlayerId) -> View<Own> {
        let mine = self.players.binary_search_by_key(&player, |other| other.player).ok().map(|at| &self.players[at]);
        let own = mine.map_or(Own::default(), |mine| mine.own);
        View { place: own.place, radius: self.view_radius, controls: mine.map(|mine| mine.id), own }
    }
}
