//! What the server says at its start: where to click, what is served, what to try next.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use crate::config::Config;

/// What the greeting tells beside the settings.
pub(crate) struct Facts<'a> {
    /// The game's name.
    pub(crate) game: &'a str,
    /// Name of the map that the game is built with; empty: none.
    pub(crate) map: &'a str,
    /// Whether the game has a brain for house bots.
    pub(crate) has_brain: bool,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// Where it listens for operators; none when that address was taken.
    pub(crate) ops_address: Option<SocketAddr>,
    /// Whether there is a page to open.
    pub(crate) has_page: bool,
}

/// The greeting of a server.
pub(crate) fn banner(config: &Config, facts: &Facts<'_>) -> String {
    let (ip, port) = (facts.address.ip(), facts.address.port());
    let here = if ip.is_unspecified() { SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port) } else { facts.address };
    let mut lines = vec![format!("Snapline {} serves {:?}", env!("CARGO_PKG_VERSION"), facts.game), String::new()];
    let mut say = |what: &str, words: String| lines.push(format!("  {what:<16}{words}"));
    if facts.has_page {
        say("Play", format!("http://{here}/   (open it twice: two players)"));
        say("Another room", format!("http://{here}/?room=NAME"));
    } else {
        say("Page", "none was built in; --assets DIR serves one".to_owned());
    }
    if ip.is_unspecified() {
        match own_address() {
            Some(own) => say("For friends", format!("http://{}/   (in the same network)", SocketAddr::new(own, port))),
            None => {
                say("For friends", format!("http://ADDRESS:{port}/ with this machine's address, as `ip addr` tells it"))
            }
        }
        say("", "Everybody who reaches this port can join; nothing is encrypted.".to_owned());
    } else if ip.is_loopback() {
        say("For friends", format!("not served: --listen 0.0.0.0:{port} lets the same network in"));
    }
    say("Pace", pace(config));
    match &config.map {
        Some(path) => say("Map", path.display().to_string()),
        None if facts.map.is_empty() => {}
        None => say("Map", format!("{}, the game's own (another: --map FILE)", facts.map)),
    }
    if facts.has_brain {
        say("House bots", house_bots(config.house_bots));
    }
    say("Rooms, health", format!("http://{here}/api/rooms  http://{here}/livez  http://{here}/readyz"));
    if let Some(ops) = facts.ops_address {
        say("Metrics", format!("http://{ops}/metrics   (for Prometheus; another address: ops_listen)"));
    }
    say("Settings", "--help, --print-config".to_owned());
    say("Stop", "Ctrl-C".to_owned());
    lines.push(String::new());
    lines.join("\n")
}

fn pace(config: &Config) -> String {
    let step_hz = f64::from(config.tick_hz) / f64::from(config.ticks_per_step);
    format!("{} ticks and {step_hz:.3} snapshots a second", config.tick_hz).replace(".000 snapshots", " snapshots")
}

fn house_bots(count: usize) -> String {
    match count {
        0 => "none (--house-bots N)".to_owned(),
        count => format!("{count} in room main, one less with each further person (none: --house-bots 0)"),
    }
}

/// The address by which this machine reaches the network. Nothing is sent: connecting a UDP socket only chooses a route.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(address: ([u8; 4], u16)) -> Facts<'static> {
        let ops_address = Some(([127, 0, 0, 1], 9464).into());
        Facts {
            game: "chess",
            map: "board.json",
            has_brain: true,
            address: address.into(),
            ops_address,
            has_page: true,
        }
    }

    #[test]
    fn it_names_addresses_that_can_be_clicked() {
        let config = Config::default();
        let text = banner(&config, &facts(([127, 0, 0, 1], 8080)));
        assert!(text.contains("http://127.0.0.1:8080/ ") && text.contains("--listen 0.0.0.0:8080"), "{text}");
        let text = banner(&config, &facts(([0, 0, 0, 0], 9000)));
        assert!(text.contains("http://127.0.0.1:9000/ ") && !text.contains("not served"), "{text}");
        assert!(text.contains("Everybody who reaches this port can join"), "{text}");
        assert!(!text.contains("0.0.0.0"), "no browser opens that: {text}");
    }

    #[test]
    fn it_says_what_is_played() {
        let text = banner(&Config::default(), &facts(([127, 0, 0, 1], 8080)));
        for words in [
            "\"chess\"",
            "http://127.0.0.1:9464/metrics",
            "60 ticks and 30 snapshots a second",
            "board.json",
            "20 in room main",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        let config = Config { house_bots: 0, map: Some("maps/mine.json".into()), tick_hz: 50, ..Config::default() };
        let text = banner(&Config { ticks_per_step: 3, ..config }, &facts(([127, 0, 0, 1], 8080)));
        for words in ["50 ticks and 16.667 snapshots", "maps/mine.json", "none (--house-bots N)"] {
            assert!(text.contains(words), "{words} in {text}");
        }
        let plain = Facts { map: "", has_brain: false, ops_address: None, ..facts(([127, 0, 0, 1], 8080)) };
        let text = banner(&Config::default(), &plain);
        assert!(!text.contains("Metrics") && !text.contains("Map") && !text.contains("House bots"), "{text}");
    }
}
