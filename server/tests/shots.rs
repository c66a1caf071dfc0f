//! Own shots in virtual time: drawn at once, taken over by the server's rows without a jump, withdrawn when the server did not fire.

mod player;

use std::collections::BTreeMap;

use player::{FAR, Player, TICK_US, at, room};
use snapline_server::room::Room;
use snapline_shared::client::{Drawn, ShotCounts};
use snapline_shared::link::LinkSpec;
use snapline_shared::prelude::*;

/// Units a second and ticks that a ball flies: longer than its time slides, so that the server's row takes over.
const SPEED: f32 = 300.0;
const LIFE: u32 = 100;
/// Units that a ball flies in a tick.
const WAY: f32 = SPEED / 60.0;
const COOLDOWN: u8 = 7;
/// As a room's `rewind_ms_max` of 450 ms.
const REWIND_TICKS: u32 = 27;
/// Balls end here, where an option says so.
const WALL: f32 = 40.0 * WAY;
/// Slot of rows that are drawn ahead of the server.
const OWN_SLOT: u16 = u16::MAX;
const BALL: u8 = 1;

wire! { struct Press { fire: bool => Snap Uint { bits: 1 } } }
wire! { struct Own at place {
    place: Vec2 => Lerp F32, armed: bool => Snap Uint { bits: 1 }, fired: bool => Snap Uint { bits: 1 }, cooldown: u8 => Snap Uint { bits: 8 },
    owner: u16 => Snap Uint { bits: 12 }, number: u8 => Snap Uint { bits: 8 }, touched: u32 => Snap Uint { bits: 32 },
} }
wire! { struct Gun at place { place: Vec2 => Lerp F32 } }
wire! { struct Ball at place by vel {
    place: Vec2 => Lerp F32, vel: Vec2 => Lerp F32, owner: u16 => Snap Uint { bits: 12 }, number: u8 => Snap Uint { bits: 8 },
} }

#[derive(Serialize, Deserialize)]
struct Flying {
    id: NetId,
    ball: Ball,
    ticks: u32,
}

/// A gun that drifts along y and fires along x. Options: `disarms` it for 40 of every 150 ticks, which no client can know; `wall`; `rewinds`: shots
/// begin in the past that their player saw.
#[derive(Serialize, Deserialize)]
struct Range {
    guns: Vec<(PlayerId, NetId, Own)>,
    balls: Vec<Flying>,
    disarms: bool,
    wall: bool,
}

impl Game for Range {
    type Input = Press;
    type Own = Own;
    /// Whether it rewinds.
    type Scene = bool;
    const NAME: &'static str = "range";
    const ENTITIES: &'static [Kind] = &[Gun::KIND, Ball::KIND];

    fn scene(setup: &Setup<'_>) -> Result<bool, SetupError> {
        Ok(setup.options.contains_key("rewinds"))
    }

    fn new(_: &bool, setup: &Setup<'_>, _: &mut Tools<'_>) -> Self {
        let is_set = |option: &str| setup.options.contains_key(option);
        Self { guns: Vec::new(), balls: Vec::new(), disarms: is_set("disarms"), wall: is_set("wall") }
    }

    fn join(&mut self, _: &bool, player: PlayerId, _: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        self.guns.push((player, id, Own { armed: true, owner: player.0, ..Own::default() }));
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.guns.retain(|(mine, id, _)| *mine != player || !tools.ids.free(*id));
    }

    fn advance(_: &bool, own: &mut Own, input: Press) {
        own.place.y += 0.1;
        own.cooldown = own.cooldown.saturating_sub(1);
        own.fired = input.fire && own.armed && own.cooldown == 0;
        if own.fired {
            (own.cooldown, own.number) = (COOLDOWN, own.number.wrapping_add(1));
        }
    }

    fn shots(rewinds: &bool, own: &Own, out: &mut Shots) {
        if own.fired {
            out.put_rewound(&ball(own), LIFE, if *rewinds { REWIND_TICKS } else { 0 });
        }
    }

    fn touched(own: &Own) -> u32 {
        own.touched
    }

    fn step(&mut self, rewinds: &bool, turn: Turn<'_, Self>) {
        let Turn { commands, past, tools, .. } = turn;
        let wall = if self.wall { WALL } else { f32::INFINITY };
        self.balls.retain_mut(|flying| {
            flying.ball.place.x += WAY;
            flying.ticks -= 1;
            (flying.ticks > 0 && flying.ball.place.x < wall) || !tools.ids.free(flying.id)
        });
        for ((_, _, own), command) in self.guns.iter_mut().zip(commands) {
            Self::advance(rewinds, own, command.input);
            if own.fired
                && let Some(id) = tools.ids.spawn()
            {
                let age = if *rewinds { past.age(command.seen, tools.now).min(REWIND_TICKS as f32) } else { 0.0 };
                let mut ball = ball(own);
                ball.place.x += WAY * age;
                self.balls.push(Flying { id, ball, ticks: LIFE - age as u32 });
            }
            let phase = tools.now.0 % 150;
            if self.disarms && (phase == 0 || phase == 40) {
                (own.armed, own.touched) = (phase == 40, own.touched + 1);
            }
        }
    }

    fn extract(&self, out: &mut Rows) {
        self.guns.iter().for_each(|(_, id, own)| out.put(*id, &Gun { place: own.place }));
        self.balls.iter().for_each(|flying| out.put(flying.id, &flying.ball));
    }

    fn view(&self, player: PlayerId) -> View<Own> {
        let (_, id, own) = self.guns.iter().find(|(mine, ..)| *mine == player).expect("a seat");
        View { place: own.place, radius: 2000.0, controls: Some(*id), own: *own }
    }
}

fn ball(own: &Own) -> Ball {
    Ball { place: own.place, vel: Vec2::new(SPEED, 0.0), owner: own.owner, number: own.number }
}

/// A ball on the screen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    x: f32,
    y: f32,
    is_own: bool,
    frame: u32,
}

/// What was seen on the screen, over all frames.
#[derive(Default)]
struct Screen {
    frame: u32,
    /// By number.
    balls: BTreeMap<u8, Seen>,
    /// The farthest that a ball moved from one frame to the next, and how often one came back that was gone.
    jump: f32,
    /// The farthest that one went back.
    back: f32,
    blinks: u32,
    /// Two rows of one number at once.
    doubles: u32,
    /// Balls whose row of the server took over.
    taken_over: u32,
    /// The farthest from the own gun that a ball was drawn first, as an own one.
    born: f32,
    own_first: u32,
    /// Where balls were seen last.
    ends: Vec<f32>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { jump, back, blinks, doubles, taken_over, born, own_first, ends, .. } = self;
        write!(
            f,
            "jump {jump}, {back} back, {blinks} blinks, {doubles} doubles, {taken_over} taken over, {own_first} own first "
        )?;
        write!(f, "at {born}, ends {ends:?}")
    }
}

impl Screen {
    fn look(&mut self, drawn: &Drawn) {
        self.frame += 1;
        let frame = self.frame;
        let number = |row: usize, at: usize| drawn.values[drawn.rows[row].from as usize + at];
        let gun = drawn.own.map(|own| (number(own, 0), number(own, 1)));
        for (i, row) in drawn.rows.iter().enumerate().filter(|(_, row)| row.kind == BALL) {
            let seen = Seen { x: number(i, 0), y: number(i, 1), is_own: row.id.slot == OWN_SLOT, frame };
            match self.balls.insert(number(i, 5) as u8, seen) {
                Some(before) if before.frame == frame => self.doubles += 1,
                Some(before) if before.frame + 1 == frame => {
                    self.jump = self.jump.max((seen.x - before.x).hypot(seen.y - before.y));
                    self.back = self.back.max(before.x - seen.x);
                    self.taken_over += u32::from(before.is_own && !seen.is_own);
                }
                // The numbers come round after 256 shots.
                Some(before) if before.frame + 1000 > frame => self.blinks += 1,
                _ if seen.is_own => {
                    let (x, y) = gun.expect("a gun on the screen");
                    self.born = self.born.max((seen.x - x).hypot(seen.y - y));
                    self.own_first += 1;
                }
                _ => {}
            }
        }
        self.ends.extend(self.balls.values().filter(|seen| seen.frame + 1 == frame).map(|seen| seen.x));
    }
}

/// Plays for some ticks with what `input` presses, looking twice a tick from tick 200 on.
fn play(
    options: &[(&str, &str)],
    spec: LinkSpec,
    ticks: u64,
    mut input: impl FnMut(u64) -> bool,
) -> (Player<Range>, Screen) {
    let mut room: Room<Range> = room(options);
    let mut player = Player::join(&mut room, at(0), spec);
    let (mut screen, mut drawn) = (Screen::default(), Drawn::default());
    for tick in 0..ticks {
        player.run(&mut room, at(tick), Press { fire: input(tick) });
        for now_us in [at(tick), at(tick) + TICK_US / 2] {
            player.client.update(now_us);
            player.client.draw(now_us, &mut drawn);
            if tick >= 200 {
                screen.look(&drawn);
            }
        }
    }
    (player, screen)
}

#[test]
fn an_own_shot_is_drawn_at_once_and_its_row_takes_over_without_a_jump() {
    let (player, screen) = play(&[], FAR, 3000, |tick| tick > 210 && tick % 500 < 250);
    let ShotCounts { confirmed, withdrawn } = player.client.shots();
    assert!(confirmed > 60 && withdrawn == 0, "{confirmed} confirmed, {withdrawn} withdrawn");
    assert_eq!(player.client.mispredictions(), Default::default());
    assert!(screen.own_first > 60 && screen.taken_over > 60, "{screen:?}");
    assert_eq!((screen.doubles, screen.blinks), (0, 0), "{screen:?}");
    // Half a tick's way a frame, and its time slides; born at the muzzle.
    assert!(screen.jump > 0.25 * WAY && screen.jump < 0.6 * WAY, "{screen:?}");
    assert!(screen.born < 1.0, "{screen:?}");
}

#[test]
fn an_own_shot_never_flies_back_however_long_the_way() {
    let far = LinkSpec { delay_us: 600_000, ..LinkSpec::NONE };
    let (player, screen) = play(&[], far, 2000, |tick| tick > 210);
    assert!(player.client.shots().confirmed > 100 && player.client.shots().withdrawn == 0, "{screen:?}");
    assert!(screen.own_first > 100 && screen.doubles + screen.blinks == 0, "{screen:?}");
    assert!(screen.back < 0.01, "{screen:?}");
}

#[test]
fn the_key_is_answered_in_the_next_frame() {
    let mut room: Room<Range> = room(&[]);
    let mut player = Player::join(&mut room, at(0), FAR);
    (0..200).for_each(|tick| player.run(&mut room, at(tick), Press { fire: false }));
    let balls = |player: &mut Player<Range>, now_us| {
        let mut drawn = Drawn::default();
        player.client.draw(now_us, &mut drawn);
        drawn.rows.iter().filter(|row| row.kind == BALL).map(|row| row.id.slot).collect::<Vec<_>>()
    };
    assert_eq!(balls(&mut player, at(199)), [0u16; 0]);
    player.run(&mut room, at(200), Press { fire: true });
    player.run(&mut room, at(201), Press { fire: true });
    assert_eq!(balls(&mut player, at(201)), [OWN_SLOT]);
    assert_eq!(player.client.shots(), ShotCounts::default());
}

#[test]
fn shots_that_the_server_did_not_fire_are_withdrawn() {
    let (player, screen) = play(&[("disarms", "")], FAR, 3000, |tick| tick > 210);
    let ShotCounts { confirmed, withdrawn } = player.client.shots();
    let wrong = player.client.mispredictions();
    assert!(wrong.touched > 20 && wrong.late + wrong.unexplained == 0, "{wrong:?}");
    assert!(confirmed > 70 && withdrawn > 5, "{confirmed} confirmed, {withdrawn} withdrawn");
    assert_eq!(screen.doubles, 0, "{screen:?}");
    // Withdrawn before it has come far: a round trip and the lead of the inputs after it was fired.
    let short = screen.ends.iter().filter(|x| **x < 20.0 * WAY).count() as u64;
    assert!(short <= withdrawn && screen.ends.iter().all(|x| *x < 20.0 * WAY || *x > 90.0 * WAY), "{screen:?}");
}

#[test]
fn late_inputs_withdraw_shots_or_shift_them_and_none_is_drawn_twice() {
    // Stalls longer than any lead that the client takes for them.
    let spec = LinkSpec { jitter_us: 20_000, loss_per_mille: 5, stall_us: 500_000, ..FAR };
    let (player, screen) = play(&[], spec, 9000, |tick| (210..8800).contains(&tick) && tick % 70 < 50);
    let ShotCounts { confirmed, withdrawn } = player.client.shots();
    let wrong = player.client.mispredictions();
    assert!(wrong.late > 10 && wrong.touched + wrong.unexplained == 0, "{wrong:?}");
    assert!(confirmed > 250 && withdrawn > 0, "{confirmed} confirmed, {withdrawn} withdrawn");
    // All that the server fired, but what it fired unforeseen while it repeated an input.
    let fired = player.client.own().expect("an own state").number;
    assert!(fired.wrapping_sub(confirmed as u8) <= 3, "{confirmed} confirmed, {fired} fired, modulo 256");
    assert_eq!(screen.doubles, 0, "{screen:?}");
}

#[test]
fn an_own_shot_ends_where_the_server_ended_it_and_not_beyond() {
    let (player, screen) = play(&[("wall", "")], FAR, 3000, |tick| tick > 210);
    assert_eq!(player.client.shots().withdrawn, 0);
    assert!(screen.ends.len() > 100 && screen.doubles + screen.blinks == 0, "{screen:?}");
    // The last of it was seen within a step's way of the wall.
    assert!(screen.ends.iter().all(|x| *x > WALL - 2.5 * WAY && *x < WALL + WAY), "{screen:?}");
}

#[test]
fn a_shot_that_begins_in_the_past_flies_as_fast_as_it_is_and_its_row_takes_over_in_place() {
    let (player, screen) = play(&[("rewinds", "")], FAR, 3000, |tick| tick > 210 && tick % 500 < 250);
    let ShotCounts { confirmed, withdrawn } = player.client.shots();
    assert!(confirmed > 60 && withdrawn == 0, "{confirmed} confirmed, {withdrawn} withdrawn");
    assert_eq!(player.client.mispredictions(), Default::default());
    assert!(screen.own_first > 60 && screen.taken_over > 60, "{screen:?}");
    assert_eq!((screen.doubles, screen.blinks), (0, 0), "{screen:?}");
    // Half a tick's way a frame, all the time: nothing slides.
    assert!(screen.jump > 0.45 * WAY && screen.jump < 0.6 * WAY && screen.born < 1.0, "{screen:?}");
}

#[test]
fn a_shot_from_the_past_ends_where_the_server_ended_it() {
    let (player, screen) = play(&[("rewinds", ""), ("wall", "")], FAR, 3000, |tick| tick > 210);
    assert_eq!(player.client.shots().withdrawn, 0);
    assert!(screen.ends.len() > 100 && screen.doubles + screen.blinks == 0, "{screen:?}");
    // It does not start between two ticks' ways, so it may end one farther.
    assert!(screen.ends.iter().all(|x| *x > WALL - 2.5 * WAY && *x < WALL + 2.0 * WAY), "{screen:?}");
}

#[test]
fn a_shot_that_is_taken_back_less_far_than_its_player_sees_slides_the_rest() {
    let far = LinkSpec { delay_us: 400_000, ..LinkSpec::NONE };
    let (player, screen) = play(&[("rewinds", "")], far, 2000, |tick| tick > 210);
    assert!(player.client.shots().confirmed > 100 && player.client.shots().withdrawn == 0, "{screen:?}");
    assert!(screen.own_first > 100 && screen.doubles + screen.blinks == 0 && screen.back < 0.01, "{screen:?}");
}
