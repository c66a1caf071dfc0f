//! The floor, driven by light bots.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use snapline_bots::{Options, run};

struct Floor(Child);

impl Drop for Floor {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_floor_answers_every_tick_and_hears_the_inputs() {
    let mut floor = Command::new(env!("CARGO_BIN_EXE_floor"));
    floor.args(["--listen", "127.0.0.1:0", "--hz", "50", "--out-bytes", "200"]).stdout(Stdio::piped());
    let mut floor = Floor(floor.spawn().expect("the floor starts"));
    let mut line = String::new();
    let stdout = floor.0.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit(' ').next().expect("its address");
    let options =
        Options { bots: 20, seconds: 2, floor_in_bytes: Some(24), ..Options::new(&format!("ws://{address}")) };
    let report = run(&options).await.expect("a run");
    assert!(report.is_good(), "{report}");
    assert_eq!((report.bots.joined, report.load.light), (20, 20));
    assert_eq!(report.bytes_per_client_tick.mean, Some(200.0));
    assert!(report.echo_ms.p50.is_some(), "{report}");
    assert_eq!(report.server.map(|server| server.pid), Some(floor.0.id()));
}
