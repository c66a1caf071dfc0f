//! Sources of this very program that its page shows: the guided tour cuts its slices out of them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};

use super::assets::not_found;
use super::routes::Site;

/// What may be read of any server, by its path in the repository; beside it what the game names, and nothing else.
const SOURCES: [(&str, &str); 5] = [
    ("shared/src/client/predict.rs", include_str!("../../../shared/src/client/predict.rs")),
    ("shared/src/client/timeline.rs", include_str!("../../../shared/src/client/timeline.rs")),
    ("shared/src/client/playback.rs", include_str!("../../../shared/src/client/playback.rs")),
    ("shared/src/link.rs", include_str!("../../../shared/src/link.rs")),
    ("shared/src/game.rs", include_str!("../../../shared/src/game.rs")),
];

/// `/source/PATH`, as text.
pub(crate) async fn source(State(site): State<Arc<Site>>, Path(path): Path<String>) -> Response<Body> {
    let Some((_, text)) = SOURCES.iter().chain(site.sources).find(|(known, _)| *known == path) else {
        return not_found();
    };
    let mut response = Response::new(Body::from(*text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
