//! What the server says at its start: where to click, what is served, what to try next.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use crate::config::Config;

/// The greeting of a server of `game` that listens at `address`.
pub(crate) fn banner(config: &Config, game: &str, address: SocketAddr, has_page: bool) -> String {
    let port = address.port();
    let here = if address.ip().is_unspecified() { SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port) } else { address };
    let step_hz = f64::from(config.tick_hz) / f64::from(config.ticks_per_step);
    let mut lines = vec![
        format!(
            "Snapline {} serves {game:?}: {} ticks and {step_hz:.3} snapshots a second",
            env!("CARGO_PKG_VERSION"),
            config.tick_hz
        )
        .replace(".000 snapshots", " snapshots"),
        String::new(),
    ];
    let mut say = |what: &str, where_to: String| lines.push(format!("  {what:<18}{where_to}"));
    if has_page {
        say("Play", format!("http://{here}/   (open it twice: two players)"));
        say("Another room", format!("http://{here}/?room=NAME"));
    } else {
        say("Page", "none was built in; --assets DIR serves one".to_owned());
    }
    if address.ip().is_unspecified() {
        let network = own_address().map_or("this machine's address".to_owned(), |ip| ip.to_string());
        say("In the network", format!("http://{network}:{port}/   (all of this machine's addresses are served)"));
    } else if address.ip().is_loopback() {
        say("In the network", format!("not served: start with --listen 0.0.0.0:{port} to let other machines in"));
    }
    say("Rooms, health", format!("http://{here}/api/rooms  http://{here}/livez  http://{here}/readyz"));
    say("Settings", "--help, --print-config".to_owned());
    say("Stop", "Ctrl-C".to_owned());
    lines.push(String::new());
    lines.join("\n")
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

    #[test]
    fn it_names_addresses_that_can_be_clicked() {
        let config = Config::default();
        let text = banner(&config, "swarm", SocketAddr::from(([127, 0, 0, 1], 8080)), true);
        assert!(
            text.contains("http://127.0.0.1:8080/ ") && text.contains("60 ticks and 30 snapshots a second"),
            "{text}"
        );
        assert!(text.contains("--listen 0.0.0.0:8080"));
        let text = banner(&config, "swarm", SocketAddr::from(([0, 0, 0, 0], 9000)), true);
        assert!(text.contains("http://127.0.0.1:9000/") && !text.contains("not served"), "{text}");
    }
}
