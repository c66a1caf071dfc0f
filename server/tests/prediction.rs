//! Prediction in virtual time: a client whose own state runs ahead by the server's own function is never wrong without a reason.

use std::collections::BTreeMap;

use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::client::Predicted;
use snapline_shared::link::{Link, LinkSpec};
use snapline_shared::message::{ClientMessage, Hello};
use snapline_shared::prelude::*;
use snapline_shared::tick::Step;
use snapline_swarm::Swarm;

const TICK_US: u64 = 1_000_000 / 60;
/// 150 ms there and back.
const FAR: LinkSpec = LinkSpec { delay_us: 75_000, ..LinkSpec::NONE };

fn room<G: Game>(options: &[(&str, &str)]) -> Room<G> {
    let config = RoomConfig {
        name: "main".to_owned(),
        tick_hz: 60,
        ticks_per_step: 2,
        players_max: 10,
        rows_max: 100,
        snapshot_bytes_max: 4096,
        history_ms: 1000,
        rewind_ms_max: 450,
        restart_s: 1,
        seed: 1,
        options: options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    };
    Room::new(config).expect("good options")
}

/// A predicting client and its links.
struct Player<G: Game> {
    client: Predicted<G>,
    key: SessionKey,
    up: Link,
    down: Link,
}

impl<G: Game> Player<G> {
    fn join(room: &mut Room<G>, now_us: u64, spec: LinkSpec) -> Self {
        let mut client = Predicted::new();
        client.session().handle_open(now_us - 2 * spec.delay_us, "far", false);
        assert!(client.session().poll_transmit().is_some_and(|hello| {
            matches!(ClientMessage::decode(&hello, &[], Tick(0), Step(0)), Ok(ClientMessage::Hello(_)))
        }));
        let key = room.handle_open(&Hello::default()).expect("a seat");
        Self { client, key, up: Link::new(spec, 3), down: Link::new(spec, 4) }
    }

    /// One tick of the world with this input held.
    fn run(&mut self, room: &mut Room<G>, now_us: u64, input: G::Input) {
        while let Some(bytes) = self.down.receive(now_us) {
            self.client.handle_message(now_us, &bytes).expect("it decodes");
        }
        self.client.set_input(input);
        self.client.update(now_us);
        while let Some(bytes) = self.client.session().poll_transmit() {
            assert!(self.up.send(now_us, bytes));
        }
        while self.client.session().poll_event().is_some() {}
        while let Some(bytes) = self.up.receive(now_us) {
            room.handle_message(now_us, self.key, &bytes).expect("good messages");
        }
        room.tick(now_us);
        let mut bytes = Vec::new();
        while self.down.is_ready() && room.poll_transmit(now_us, self.key, &mut bytes) {
            self.down.send(now_us, std::mem::take(&mut bytes));
        }
    }
}

const fn at(tick: u64) -> u64 {
    1_000_000 + tick * TICK_US
}

#[test]
fn ten_minutes_at_150_ms_without_one_misprediction() {
    let mut room = room::<Swarm>(&[]);
    let mut player = Player::join(&mut room, at(0), FAR);
    let mut rng = Rng::new(5);
    let mut input = snapline_swarm::Input::default();
    for tick in 0..36_000 {
        if rng.one_in(6) {
            input.heading = rng.below(256) as u8;
            input.fast = rng.one_in(2);
        }
        player.run(&mut room, at(tick), input);
    }
    assert!(player.client.compared() > 17_900, "{} snapshots were compared", player.client.compared());
    assert_eq!(player.client.mispredictions(), Default::default());
}

#[test]
fn a_key_is_answered_in_the_next_frame_and_the_server_agrees_later() {
    let mut room = room::<Swarm>(&[]);
    let mut player = Player::join(&mut room, at(0), FAR);
    (0..120).for_each(|tick| player.run(&mut room, at(tick), snapline_swarm::Input { heading: 0, fast: false }));
    let before = player.client.own().expect("an own state").heading;
    player.run(&mut room, at(120), snapline_swarm::Input { heading: 64, fast: false });
    player.run(&mut room, at(121), snapline_swarm::Input { heading: 64, fast: false });
    let after = player.client.own().expect("an own state").heading;
    assert!(before == 0.0 && (after - core::f32::consts::FRAC_PI_2).abs() < 0.01, "{before} {after}");
}

#[test]
fn stalls_of_the_link_make_inputs_late_and_nothing_unexplained() {
    let mut room = room::<Swarm>(&[]);
    let spec = LinkSpec { jitter_us: 20_000, loss_per_mille: 10, stall_us: 250_000, ..FAR };
    let mut player = Player::join(&mut room, at(0), spec);
    let mut rng = Rng::new(6);
    for tick in 0..18_000 {
        let input = snapline_swarm::Input { heading: (tick / 7 % 256) as u8, fast: rng.one_in(9) };
        player.run(&mut room, at(tick), input);
    }
    let wrong = player.client.mispredictions();
    assert!(wrong.late > 20 && wrong.touched == 0 && wrong.unexplained == 0, "{wrong:?}");
}

wire! { struct Push { way: i8 => Snap Int { bits: 8 } } }
wire! { struct Cart at place { place: Vec2 => Lerp F32, shoved: u32 => Snap Uint { bits: 32 } } }

/// Carts that are shoved every now and then, by something their players cannot know; whether the game says so is an option.
#[derive(Serialize, Deserialize)]
struct Shove {
    carts: Vec<(PlayerId, NetId, Cart)>,
    says_so: bool,
}

impl Game for Shove {
    type Input = Push;
    type Own = Cart;
    type Scene = bool;
    const NAME: &'static str = "shove";
    const ENTITIES: &'static [Kind] = &[Cart::KIND];

    fn scene(setup: &Setup<'_>) -> Result<bool, SetupError> {
        Ok(setup.options.contains_key("says_so"))
    }

    fn new(scene: &bool, _: &Setup<'_>, _: &mut Tools<'_>) -> Self {
        Self { carts: Vec::new(), says_so: *scene }
    }

    fn join(&mut self, _: &bool, player: PlayerId, _: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        self.carts.push((player, id, Cart::default()));
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.carts.retain(|(mine, id, _)| *mine != player || !tools.ids.free(*id));
    }

    fn advance(_: &bool, own: &mut Cart, input: Push) {
        own.place.x += f32::from(input.way) * 0.01;
    }

    fn touched(own: &Cart) -> u32 {
        own.shoved
    }

    fn step(&mut self, scene: &bool, turn: Turn<'_, Self>) {
        for ((_, _, cart), command) in self.carts.iter_mut().zip(turn.commands) {
            Self::advance(scene, cart, command.input);
            if turn.tools.now.0.is_multiple_of(150) {
                cart.place.y += 3.0;
                cart.shoved += u32::from(self.says_so);
            }
        }
    }

    fn extract(&self, out: &mut Rows) {
        self.carts.iter().for_each(|(_, id, cart)| out.put(*id, cart));
    }

    fn view(&self, player: PlayerId) -> View<Cart> {
        let (_, id, own) = self.carts.iter().find(|(mine, ..)| *mine == player).expect("a seat");
        View { place: own.place, radius: 100.0, controls: Some(*id), own: *own }
    }
}

#[test]
fn what_the_game_does_to_the_own_state_is_counted_by_cause_and_drawn_without_a_jump() {
    for says_so in [true, false] {
        let options: &[(&str, &str)] = if says_so { &[("says_so", "")] } else { &[] };
        let mut room = room::<Shove>(options);
        let mut player = Player::join(&mut room, at(0), FAR);
        let (mut drawn, mut jump) = (0.0, 0.0f64);
        for tick in 0..3000 {
            player.run(&mut room, at(tick), Push { way: 3 });
            let y = player.client.own_numbers(at(tick)).map_or(0.0, |numbers| numbers[1]);
            if tick > 200 {
                jump = jump.max((y - drawn).abs());
            }
            drawn = y;
        }
        let wrong = player.client.mispredictions();
        assert_eq!((wrong.touched, wrong.unexplained), if says_so { (19, 0) } else { (0, 19) }, "{wrong:?}");
        assert!(jump > 0.1 && jump < 0.6, "a shove of 3 units fades: {jump} at most from tick to tick");
    }
}
