//! `/api/admit` says what a join would meet, in a form that a browser can read.

use crate::client::{Client, get};
use crate::{config, start};

#[test]
fn it_agrees_with_joins() {
    let server = start(&crate::Config { players_max: 1, rooms_max: 2, ..config() });
    let admit = |room: &str| {
        let answer = get(server.address(), &format!("/api/admit?room={room}"));
        assert_eq!(answer.status, 200);
        serde_json::from_slice::<serde_json::Value>(&answer.body).expect("JSON")
    };
    assert_eq!(admit("main"), serde_json::json!({"admit": true, "code": null, "reason": null, "retry_after_s": null}));
    assert_eq!(admit("other")["admit"], true);
    assert_eq!(admit("main&room=NO")["admit"], true, "the first one counts, as at /play");
    let bad = admit("NO");
    assert!(bad["code"] == 4004 && bad["admit"] == false && bad["retry_after_s"].is_null(), "{bad}");
    assert!(bad["reason"].as_str().is_some_and(|reason| reason.starts_with("room_not_found")), "{bad}");

    let _player = Client::join(server.address(), "main", "first");
    let full = admit("main");
    assert!(full["code"] == 4103 && full["reason"] == "room_full" && full["retry_after_s"] == 5, "{full}");
    let _other = Client::join(server.address(), "other", "second");
    assert_eq!(admit("third")["code"], 1013);
    assert_eq!(get(server.address(), "/readyz").status, 503, "every seat is taken and no more rooms are made");
}
