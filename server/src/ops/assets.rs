//! The page's files: built into the program, or read afresh from a directory at every request.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use rust_embed::RustEmbed;

use super::zipped::zipped;

/// Bytes of a file served from a directory.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The page as it was when the server was built.
#[derive(RustEmbed)]
#[folder = "../assets/web"]
#[allow_missing = true]
#[exclude = "test/*"]
#[exclude = "node_modules/*"]
#[exclude = "package*.json"]
#[exclude = "?sconfig.json"]
#[exclude = ".*"]
struct BuiltIn;

/// Where the files come from.
#[derive(Clone, Debug)]
pub(crate) enum Assets {
    /// The program.
    BuiltIn,
    /// A directory.
    Directory(PathBuf),
}

/// What is served at one address.
#[derive(Clone, Debug)]
pub(crate) struct File {
    bytes: Bytes,
    /// Changes with the bytes; none: the file may change at any time.
    tag: Option<String>,
}

impl File {
    /// A file that stays as it is; `hash` is of its bytes.
    pub(crate) fn new(bytes: &[u8], hash: u64) -> Self {
        Self { bytes: Bytes::copy_from_slice(bytes), tag: Some(format!("\"{hash:016x}\"")) }
    }

    /// The file, or that the asker has it already; its type goes by the ending of `path`.
    pub(crate) fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let asked = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
        // A file that may change at any time is not worth compressing.
        let zipped = self.tag.as_ref().and_then(|tag| zipped(tag, &self.bytes, headers));
        // Each form has a tag of its own.
        let tag = self
            .tag
            .as_ref()
            .map(|tag| if zipped.is_some() { format!("{}-gzip\"", tag.trim_end_matches('"')) } else { tag.clone() });
        let mut response = if tag.is_some() && asked == tag.as_deref() {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            Response::new(Body::from(zipped.clone().unwrap_or_else(|| self.bytes.clone())))
        };
        let out = response.headers_mut();
        if zipped.is_some() {
            out.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        out.insert(VARY, HeaderValue::from_static("accept-encoding"));
        out.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        // To be asked again each time: then a new server's files are never mixed with an old one's.
        out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
            out.insert(ETAG, tag);
        }
        response
    }
}

impl Assets {
    /// Whether there is a page to open for `game`: one of its own, or the one for any game.
    pub(crate) fn has_page(&self, game: &str) -> bool {
        let is_there = |path: String| match self {
            Self::BuiltIn => BuiltIn::get(&path).is_some(),
            Self::Directory(directory) => directory.join(path).is_file(),
        };
        is_there("index.html".to_owned()) || page_of(game).is_some_and(is_there)
    }

    /// Answers a request for a file; `/` leads to the page of `game`, when it has one of its own.
    pub(crate) async fn answer(&self, game: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
        let Some(path) = clean(uri.path()) else { return not_found() };
        if path.is_empty()
            && let Some(page) = page_of(game)
            && self.load(page).await.is_some()
        {
            // Not for ever: another game may be served here tomorrow.
            return redirect(StatusCode::TEMPORARY_REDIRECT, game, uri.query());
        }
        let as_file = if uri.path().ends_with('/') { format!("{path}index.html") } else { path.clone() };
        let Some(file) = self.load(as_file.clone()).await else {
            // A directory without its slash: relative addresses in its page would point elsewhere.
            let has_page = as_file == path && self.load(format!("{path}/index.html")).await.is_some();
            return if has_page { redirect(StatusCode::PERMANENT_REDIRECT, &path, uri.query()) } else { not_found() };
        };
        if method != Method::GET && method != Method::HEAD {
            let mut response = words(StatusCode::METHOD_NOT_ALLOWED, "files are read with GET\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        file.answer(&as_file, headers)
    }

    async fn load(&self, path: String) -> Option<File> {
        match self {
            Self::BuiltIn => {
                let file = BuiltIn::get(&path)?;
                let tag =
                    file.metadata.sha256_hash().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
                let bytes = match file.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => bytes.into(),
                };
                Some(File { bytes, tag: Some(format!("\"{tag}\"")) })
            }
            Self::Directory(directory) => {
                let directory = directory.clone();
                let read = tokio::task::spawn_blocking(move || read_within(&directory, &path));
                read.await.ok().flatten().map(|bytes| File { bytes: bytes.into(), tag: None })
            }
        }
    }
}

/// The request's path relative to the root, decoded; none when a segment could lead out of it or is hidden.
fn clean(path: &str) -> Option<String> {
    let path = percent_decoded(path.strip_prefix('/')?)?;
    let is_bad = |segment: &str| segment.starts_with('.') || segment.contains(['\\', '\0', ':']);
    let (last, before) = match path.rsplit_once('/') {
        Some((before, last)) => (last, before),
        None => (path.as_str(), "."),
    };
    let before_is_bad = before != "." && before.split('/').any(|segment| segment.is_empty() || is_bad(segment));
    (!before_is_bad && !is_bad(last)).then_some(path)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The bytes of a file, when it lies within `directory` after every link is followed.
fn read_within(directory: &Path, path: &str) -> Option<Vec<u8>> {
    let root = directory.canonicalize().ok()?;
    let file = root.join(path).canonicalize().ok()?;
    let about = file.metadata().ok()?;
    if !file.starts_with(&root) || !about.is_file() || about.len() > FILE_BYTES_MAX {
        return None;
    }
    std::fs::read(file).ok()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "txt" | "md" | "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Where a game's own page lies; none when its name is no part of an address.
fn page_of(game: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (!game.is_empty() && game.bytes().all(is_plain)).then(|| format!("{game}/index.html"))
}

/// To the page of a directory, with the query.
fn redirect(status: StatusCode, directory: &str, query: Option<&str>) -> Response<Body> {
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let Ok(to) = HeaderValue::from_str(&format!("/{directory}/{query}")) else { return not_found() };
    let mut response = words(status, "");
    response.headers_mut().insert(LOCATION, to);
    response
}

/// 404, in words.
pub(crate) fn not_found() -> Response<Body> {
    words(StatusCode::NOT_FOUND, "there is nothing here\n")
}

fn words(status: StatusCode, words: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        for (path, clear) in
            [("/", Some("")), ("/a/b.js", Some("a/b.js")), ("/a/", Some("a/")), ("/a%20b", Some("a b"))]
        {
            assert_eq!(clean(path).as_deref(), clear, "{path}");
        }
        let bad = [
            "/..",
            "/../x",
            "/a/../../x",
            "/%2e%2e/x",
            "/a/%2e%2e%2fx",
            "//x",
            "/a//x",
            "/.git/config",
            "/a\\..\\x",
            "/%00",
            "/%zz",
            "/%2",
            "/%ff",
            "x",
            "/C:/x",
        ];
        for path in bad {
            assert_eq!(clean(path), None, "{path}");
        }
    }
}
