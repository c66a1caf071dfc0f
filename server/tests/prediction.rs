//! Prediction in virtual time: a client whose own state runs ahead by the server's own function is never wrong without a reason.

mod player;

use player::{FAR, Player, at, room};
use snapline_shared::link::LinkSpec;
use snapline_shared::prelude::*;
use snapline_swarm::Swarm;

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
        let corrected = player.client.corrected();
        assert!((corrected - 19.0 * 3.0).abs() < 0.5, "19 shoves of 3 units: {corrected}");
        assert!(jump > 0.1 && jump < 0.6, "a shove of 3 units fades: {jump} at most from tick to tick");
    }
}

#[test]
fn who_comes_back_to_a_hidden_page_sees_no_correction_of_before_fade() {
    // Hidden in the middle of a fade, and across two shoves.
    for hidden_ticks in [1, 400] {
        let mut room = room::<Shove>(&[("says_so", "")]);
        let mut player = Player::join(&mut room, at(0), FAR);
        let push = Push { way: 3 };
        let offset = |player: &Player<Shove>, tick| {
            let drawn = player.client.own_numbers(at(tick)).expect("an own state")[1];
            drawn - f64::from(player.client.own().expect("an own state").place.y)
        };
        let shoved = (0..400).find(|&tick| {
            player.run(&mut room, at(tick), push);
            tick > 200 && offset(&player, tick).abs() > 1.0
        });
        let hides = shoved.expect("a correction fades") + 1;
        player.client.session().set_visible(false);
        (hides..hides + hidden_ticks).for_each(|tick| player.run(&mut room, at(tick), push));
        let returns = hides + hidden_ticks;
        player.client.session().set_visible(true);
        assert_eq!(offset(&player, returns), 0.0, "at once, {hidden_ticks} ticks later");
        // The first snapshot after it brings what has happened meanwhile; the next shove comes later.
        for tick in returns..returns + 40 {
            player.run(&mut room, at(tick), push);
            assert_eq!(offset(&player, tick), 0.0, "{} ticks after {hidden_ticks}", tick - returns);
        }
    }
}
