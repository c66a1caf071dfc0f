//! A real server's trace and its bots', joined.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use snapline_benches::join::{Joined, Traces};
use snapline_bots::{Options, run};
use snapline_server::{Config, Server};
use snapline_shared::link::LinkSpec;
use snapline_swarm::Swarm;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Four bots for two seconds on such a link, on a server with two rooms.
fn played(link: Option<LinkSpec>, name: &str) -> Joined {
    let [server_path, bots_path] = ["server", "bots"].map(|who| path(&format!("{name}-{who}.jsonl")));
    let listen = ([127, 0, 0, 1], 0).into();
    let config = Config { listen, tick_threads: 1, trace: Some(server_path.clone()), ..Config::default() };
    let server = Server::start::<Swarm>(&config).expect("a server starts on a free port");
    let trace = Some(bots_path.clone());
    let url = format!("ws://{}/play", server.address());
    let options = Options { bots: 4, seconds: 2, rooms: 2, link, trace, ..Options::new(&url) };
    let report = tokio::runtime::Runtime::new().expect("a runtime").block_on(run(&options)).expect("a run");
    assert!(report.is_good(), "{report}");
    drop(server);
    let open = |path: &Path| BufReader::new(File::open(path).expect("a trace"));
    let mut traces = Traces::default();
    traces.add_server(open(&server_path)).expect("the server's trace");
    traces.add_bots(open(&bots_path)).expect("the bots' trace");
    traces.join()
}

#[test]
fn nearly_all_inputs_of_bots_are_followed_from_end_to_end() {
    let joined = played(None, "plain");
    // The last ones are on their way when the bots go.
    assert!(joined.inputs > 4 * 100 && joined.applied + joined.late > joined.inputs * 9 / 10, "{joined}");
    assert_eq!((joined.stalled, joined.dropped), (0, 0), "{joined}");
    // Nothing comes before what it follows, to the accuracy of two readings of one clock; but who extrapolates draws what has not come (stage 4).
    for stage in [0, 1, 2, 3, 5, 6] {
        assert!(joined.ms(stage, 0.01).is_some_and(|ms| ms > -1.0), "{joined}");
    }
}

#[test]
fn a_link_shows_where_it_is() {
    let joined = played(Some(LinkSpec { delay_us: 80_000, ..LinkSpec::NONE }), "far");
    assert!(joined.ms(1, 0.01) >= Some(79.0) && joined.ms(3, 0.01) >= Some(79.0), "{joined}");
    assert!(joined.ms(5, 0.5) >= Some(160.0), "{joined}");
}
