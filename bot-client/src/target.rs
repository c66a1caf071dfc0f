//! Where the server is, from a URL.

use tokio_tungstenite::tungstenite::http::Uri;

/// A server's address and the path of its sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As it is looked up: a name, or an address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As it stands in `Host`.
    authority: String,
    /// Path and query of the socket.
    path: String,
}

impl Target {
    /// The server that `url` names, with `room` (a valid name) in the query. The error says what a URL may be.
    pub(crate) fn parse(url: &str, room: Option<&str>) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("not a URL ({error}); {FORM}"))?;
        match uri.scheme_str() {
            Some("ws") => {}
            Some("wss") => return Err(format!("the bots speak no TLS, so no wss: go behind the proxy; {FORM}")),
            _ => return Err(FORM.to_owned()),
        }
        let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else { return Err(FORM.to_owned()) };
        if authority.as_str().contains('@') {
            return Err(format!("a user or password has no place in it; {FORM}"));
        }
        let port = match authority.as_str()[host.len()..].strip_prefix(':') {
            None => 80,
            Some(digits) => digits.parse().ok().filter(|&port| port > 0).ok_or("the port is 1 to 65535")?,
        };
        let named = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("room=")));
        let query = match (uri.query(), named, room) {
            (_, Some(named), Some(room)) if named != room => {
                return Err(format!("it names room {named}, but the room asked for is {room}"));
            }
            (None, _, None) => String::new(),
            (None, _, Some(room)) => format!("?room={room}"),
            (Some(query), None, Some(room)) => format!("?{query}&room={room}"),
            (Some(query), ..) => format!("?{query}"),
        };
        let path = if uri.path() == "/" { "/play" } else { uri.path() };
        Ok(Self {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            authority: authority.to_string(),
            path: format!("{path}{query}"),
        })
    }

    /// The room that its query names.
    pub(crate) fn room(&self) -> Option<&str> {
        self.path.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix("room="))
    }

    /// The value of the `Host` header.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The URL of the sockets of `room`, which takes the place of the one in the query.
    pub(crate) fn in_room(&self, room: Option<&str>) -> String {
        let Some(room) = room else { return self.socket_url() };
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("room="));
        let query: String = others.map(|pair| format!("{pair}&")).collect();
        format!("ws://{}{path}?{query}room={room}", self.authority)
    }

    /// The URL of the sockets.
    pub(crate) fn socket_url(&self) -> String {
        format!("ws://{}{}", self.authority, self.path)
    }
}

const FORM: &str = "it takes ws://HOST[:PORT][/play][?room=ROOM]";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str, room: Option<&str>) -> (String, u16, String) {
        let target = Target::parse(url, room).unwrap();
        let socket_url = target.socket_url();
        (target.host, target.port, socket_url)
    }

    #[test]
    fn hosts_ports_paths_and_rooms() {
        let same = "ws://127.0.0.1:8080/play";
        assert_eq!(parsed(same, None), ("127.0.0.1".to_owned(), 8080, same.to_owned()));
        assert_eq!(parsed("ws://name", None), ("name".to_owned(), 80, "ws://name/play".to_owned()));
        assert_eq!(parsed("ws://[::1]:9/", None), ("::1".to_owned(), 9, "ws://[::1]:9/play".to_owned()));
        assert_eq!(parsed("ws://h/a/play", Some("x")).2, "ws://h/a/play?room=x");
        assert_eq!(parsed("ws://h/play?room=x", Some("x")).2, "ws://h/play?room=x");
        assert_eq!(parsed("ws://h/play?a=b", Some("x")).2, "ws://h/play?a=b&room=x");
        assert_eq!(parsed("ws://h/play?room=x", None).2, "ws://h/play?room=x");
    }

    #[test]
    fn what_is_no_target_is_told_in_words() {
        for (url, words) in [
            ("", "not a URL"),
            ("ws://", "not a URL"),
            ("localhost:8080", FORM),
            ("/play", FORM),
            ("http://localhost/play", FORM),
            ("wss://localhost/play", "no TLS"),
            ("ws://me:secret@localhost/", "user or password"),
            ("ws://localhost:0/", "1 to 65535"),
            ("ws://localhost:65536/", "1 to 65535"),
            ("ws://localhost:/", "1 to 65535"),
            ("ws://localhost/play?room=y", "room y"),
            ("ws://local host/", "not a URL"),
        ] {
            let error = Target::parse(url, Some("x")).unwrap_err();
            assert!(error.contains(words), "{url}: {error}");
        }
    }
}
