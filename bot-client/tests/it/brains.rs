//! Who plays: a brain where it suits the server, the schema elsewhere.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use snapline_arena::{Ace, Arena};
use snapline_bots::{Brains, Live, Options, Report, run_until};
use snapline_server::{Config, Server};
use snapline_shared::client::{Brain, World};
use snapline_shared::game::{Game, Map};
use snapline_shared::message::{ServerMessage, Welcome};
use snapline_swarm::Swarm;

use crate::common::{FLOOR, File, Input, Nothing, options, schema, server_of, welcome};

/// Walks in circles and hurries past others, so that the own state changes in every tick.
struct Stroller(u8);

impl Brain<Swarm> for Stroller {
    fn think(&mut self, world: &World<'_, Swarm>) -> snapline_swarm::Input {
        self.0 = self.0.wrapping_add(1);
        snapline_swarm::Input { heading: self.0, fast: world.rows::<snapline_swarm::Walker>().count() > 1 }
    }
}

fn strollers() -> Brains {
    Brains::default().with::<Swarm>(|seed| Box::new(Stroller(seed as u8)))
}

async fn play(options: &Options, brains: &Brains) -> Report {
    run_until(options, brains, &Arc::<Live>::default(), pending()).await.expect("a run")
}

fn config() -> Config {
    Config { listen: ([127, 0, 0, 1], 0).into(), tick_threads: 1, seed: Some(1), ..Config::default() }
}

fn swarm() -> Server {
    Server::start::<Swarm>(&config()).expect("a server starts on a free port")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brain_plays_on_a_real_server_and_predicts_it() {
    let server = swarm();
    let options = Options { seconds: 2, ..options(server.address(), 8) };
    let report = play(&options, &strollers()).await;
    assert!(report.is_good(), "{report}");
    assert_eq!((report.play.brain.as_deref(), report.play.reason.as_deref()), (Some("swarm"), None));
    assert!(report.compared > 8 * 20 && report.mispredictions.unexplained == 0, "{report}");
    assert_eq!(report.visible.mean, Some(8.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_on_another_map_than_the_brains_is_predicted_on_that_map() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("another.json");
    std::fs::write(&path, [Arena::MAP.bytes, b"\n"].concat()).expect("a folder for tests");
    let server = Server::start::<Arena>(&Config { map: Some(path), ..config() }).expect("a server on this map");
    let brains = Brains::default().with::<Arena>(Ace::maker);
    let report = play(&Options { seconds: 2, ..options(server.address(), 4) }, &brains).await;
    assert!(report.is_good(), "{report}");
    assert!(report.compared > 4 * 20 && report.mispredictions.unexplained == 0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn steering_can_be_asked_for() {
    let server = swarm();
    let options = Options { steer: true, ..options(server.address(), 2) };
    let report = play(&options, &strollers()).await;
    assert!(report.is_good() && report.snapshots > 0, "{report}");
    assert_eq!((report.play.brain.clone(), report.compared), (None, 0));
    assert!(report.to_string().contains("\nplayed by      the schema: asked for\n"), "{report}");
}

struct Idle;

impl Brain<Nothing> for Idle {
    fn think(&mut self, _: &World<'_, Nothing>) -> Input {
        Input::default()
    }
}

/// A run of three bots with brains against a server of these files that welcomes so.
async fn welcomed(files: Vec<File>, welcome: impl Fn(u32) -> Welcome + Send + Sync + 'static) -> Report {
    let welcome = Arc::new(welcome);
    let address = server_of(files, move |number, mut peer| {
        let welcome = welcome.clone();
        async move {
            peer.hello().await;
            peer.say(&ServerMessage::Welcome(welcome(number))).await;
            peer.goodbye().await;
        }
    })
    .await;
    play(&options(address, 3), &Brains::default().with::<Nothing>(|_| Box::new(Idle))).await
}

#[tokio::test]
async fn a_game_of_that_name_with_another_schema_is_steered_and_the_report_says_why() {
    let mut json = schema().to_json();
    json.push(b' ');
    let report = welcomed(vec![File::new("/schema.json", json)], welcome).await;
    assert_eq!((report.bots.joined, report.play.brain.clone()), (3, None));
    assert!(report.to_string().contains("the schema: the server's nothing has another schema"), "{report}");
    let report = welcomed(vec![File::new("/schema.json", schema().to_json())], welcome).await;
    assert_eq!((report.bots.joined, report.play.brain.as_deref()), (3, Some("nothing")));
}

fn on_the_floor(number: u32) -> Welcome {
    let map = Map { name: "floor", bytes: FLOOR };
    Welcome { map: map.name.to_owned(), map_hash: map.hash(), ..welcome(number) }
}

#[tokio::test]
async fn a_map_is_fetched_once_for_all_bots() {
    let map = File::new("/maps/floor", FLOOR);
    let asked: Arc<AtomicU64> = map.asked.clone();
    let report = welcomed(vec![File::new("/schema.json", schema().to_json()), map], on_the_floor).await;
    assert_eq!((report.bots.joined, report.decode_errors), (3, 0), "{report}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_map_that_cannot_be_had_or_used_ends_the_bots_in_words() {
    let schema = || File::new("/schema.json", schema().to_json());
    let too_large = File::new("/maps/floor", vec![0; (1 << 20) + 1]);
    for (files, words) in [
        (vec![schema()], "/maps/floor: the answer has status 404, not 200"),
        (vec![schema(), File::new("/maps/floor", "a ceiling")], "not the map that the room plays on"),
        (vec![schema(), too_large], "/maps/floor: the answer is larger than 1048576 bytes"),
    ] {
        let report = welcomed(files, on_the_floor).await;
        assert_eq!((report.bots.joined, report.decode_errors), (3, 3), "{report}");
        assert!(report.bots.reasons.keys().all(|reason| reason.contains(words)), "{report}");
    }
    let hostile = |number| Welcome { map: "../x HTTP/1.1\r\n".to_owned(), ..on_the_floor(number) };
    let report = welcomed(vec![schema()], hostile).await;
    assert!(report.bots.reasons.keys().all(|reason| reason.contains("no part of an address")), "{report}");
    let ceiling = Map { name: "floor", bytes: b"a ceiling" }.hash();
    let unfit = move |number| Welcome { map_hash: ceiling, ..on_the_floor(number) };
    let report = welcomed(vec![schema(), File::new("/maps/floor", "a ceiling")], unfit).await;
    assert!(report.bots.reasons.keys().all(|reason| reason.contains("map: is not a floor")), "{report}");
}
