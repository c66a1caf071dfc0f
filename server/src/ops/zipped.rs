//! Files for those who take gzip: each is compressed once, at its first request, and kept.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Less is not worth a second form.
const BYTES_MIN: usize = 1024;

/// By the tag of the file as it is; none: it does not become smaller. There are as many as a server has files that stay as they are.
static KEPT: Mutex<BTreeMap<String, Option<Bytes>>> = Mutex::new(BTreeMap::new());

/// The file with this `tag` compressed, when that is shorter and whoever sent `headers` takes it.
pub(super) fn zipped(tag: &str, bytes: &Bytes, headers: &HeaderMap) -> Option<Bytes> {
    if bytes.len() < BYTES_MIN || !takes_gzip(headers) {
        return None;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(tag.to_owned()).or_insert_with(|| compressed(bytes)).clone()
}

fn compressed(bytes: &Bytes) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zipped = encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()?;
    // Pictures and sounds are compressed already.
    (zipped.len() < bytes.len() / 10 * 9).then(|| zipped.into())
}

/// Whether gzip is among what is accepted (RFC 9110, 12.5.3), not with a weight of 0. A bare `*` is not taken at its word: no browser says it alone.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::HeaderValue;
    use flate2::read::GzDecoder;
    use snapline_shared::prelude::Rng;

    use super::*;

    fn headers(accepts: &str) -> HeaderMap {
        let value = HeaderValue::from_str(accepts).expect("a value");
        [(ACCEPT_ENCODING, value)].into_iter().collect()
    }

    #[test]
    fn gzip_is_taken_where_it_is_accepted() {
        for accepted in ["gzip", "deflate, gzip, br", "br;q=1.0, GZIP;q=0.5", "gzip; q=1"] {
            assert!(takes_gzip(&headers(accepted)), "{accepted}");
        }
        for not in ["", "br", "gzip;q=0", "gzip; q=0.0, br", "*", "xgzip"] {
            assert!(!takes_gzip(&headers(not)), "{not}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_shrinks_is_sent_shorter_and_is_the_same() {
        let text = Bytes::from("a snapshot of a snapshot ".repeat(200));
        let zipped = zipped("\"text\"", &text, &headers("gzip")).expect("it shrinks");
        assert!(zipped.len() < text.len() / 10);
        let mut again = Vec::new();
        GzDecoder::new(&zipped[..]).read_to_end(&mut again).expect("gzip");
        assert_eq!(again, text);
        let mut rng = Rng::new(1);
        let noise: Vec<u8> = (0..4096).map(|_| rng.below(256) as u8).collect();
        assert_eq!(super::zipped("\"noise\"", &noise.into(), &headers("gzip")), None);
        assert_eq!(super::zipped("\"short\"", &Bytes::from("x".repeat(1000)), &headers("gzip")), None);
    }
}
