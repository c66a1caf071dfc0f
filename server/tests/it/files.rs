//! The page's files from a directory: fresh, typed, and never from outside of it.

use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;

use crate::client::{get, http};
use crate::{config, start};

/// A directory that goes away with the test.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("snapline-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("web/sub")).expect("a directory");
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file");
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_come_with_their_types_and_fresh() {
    let directory = Directory::new("files");
    for (name, text) in [("index.html", "<p>one"), ("page.js", "1"), ("core.wasm", "\0asm"), ("sub/index.html", "sub")]
    {
        directory.write(&format!("web/{name}"), text);
    }
    let server = start(&crate::Config { assets: Some(directory.0.join("web")), ..config() });
    assert!(server.has_page());
    for (path, kind, body) in [
        ("/", "text/html; charset=utf-8", "<p>one"),
        ("/index.html?room=x", "text/html; charset=utf-8", "<p>one"),
        ("/page.js", "text/javascript; charset=utf-8", "1"),
        ("/core.wasm", "application/wasm", "\0asm"),
        ("/sub/", "text/html; charset=utf-8", "sub"),
    ] {
        let answer = get(server.address(), path);
        assert!(answer.status == 200 && answer.text() == body, "{path}: {}", answer.head);
        assert!(answer.has(&format!("content-type: {kind}")), "{path}: {}", answer.head);
        assert!(answer.has("cache-control: no-cache") && answer.has("x-content-type-options: nosniff"), "{path}");
        assert!(answer.head.contains("content-security-policy: default-src 'self'"), "{path}: {}", answer.head);
    }
    directory.write("web/index.html", "<p>two");
    assert_eq!(get(server.address(), "/").text(), "<p>two");
    let answer = get(server.address(), "/sub");
    assert!(answer.status == 308 && answer.has("location: /sub/"), "{}", answer.head);
    let answer = http(server.address(), "POST /page.js HTTP/1.1\r\n\r\n");
    assert!(answer.status == 405 && answer.has("allow: get, head"), "{}", answer.head);
    let answer = http(server.address(), "HEAD /page.js HTTP/1.1\r\n\r\n");
    assert!(answer.status == 200 && answer.has("content-length: 1") && answer.body.is_empty(), "{}", answer.head);
}

#[test]
fn the_games_own_page_opens_by_default() {
    let directory = Directory::new("own-page");
    std::fs::create_dir_all(directory.0.join("web/trial")).expect("a directory");
    directory.write("web/index.html", "<p>any game");
    let server = start(&crate::Config { assets: Some(directory.0.join("web")), ..config() });
    assert_eq!(get(server.address(), "/").text(), "<p>any game");
    directory.write("web/trial/index.html", "<p>trial");
    for (path, location) in [("/", "/trial/"), ("/?room=a&x=%20", "/trial/?room=a&x=%20"), ("/?", "/trial/?")] {
        let answer = get(server.address(), path);
        assert!(answer.status == 307 && answer.has(&format!("location: {location}")), "{path}: {}", answer.head);
        assert!(answer.has("cache-control: no-store"), "{path}: {}", answer.head);
    }
    assert_eq!(get(server.address(), "/trial/?room=a").text(), "<p>trial");
    assert_eq!(get(server.address(), "/index.html").text(), "<p>any game");
    let answer = get(server.address(), "/trial?room=a");
    assert!(answer.status == 308 && answer.has("location: /trial/?room=a"), "{}", answer.head);
}

#[test]
fn a_page_of_its_own_is_a_page() {
    let directory = Directory::new("only-page");
    std::fs::create_dir_all(directory.0.join("web/trial")).expect("a directory");
    let settings = crate::Config { assets: Some(directory.0.join("web")), ..config() };
    assert!(!start(&settings).has_page());
    directory.write("web/trial/index.html", "<p>trial");
    assert!(start(&settings).has_page());
}

#[test]
fn nothing_from_outside_of_the_directory() {
    let directory = Directory::new("outside");
    directory.write("secret.txt", "secret");
    directory.write("web/.hidden", "secret");
    std::os::unix::fs::symlink(directory.0.join("secret.txt"), directory.0.join("web/link.txt")).expect("a link");
    let server = start(&crate::Config { assets: Some(directory.0.join("web")), ..config() });
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/sub/../../secret.txt",
        "/sub/%2e%2e/%2e%2e/secret.txt",
        "/..\\secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/.hidden",
        "/link.txt",
        "/secret.txt%00.html",
    ] {
        let answer = get(server.address(), path);
        assert!(answer.status == 404 && !answer.text().contains("secret"), "{path}: {}", answer.head);
    }
}

#[test]
fn built_in_files_are_revalidated_by_tag() {
    let server = start(&config());
    if !server.has_page() {
        return;
    }
    let answer = get(server.address(), "/");
    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    let again = http(server.address(), &format!("GET / HTTP/1.1\r\nIf-None-Match: {tag}\r\n\r\n"));
    assert!(again.status == 304 && again.body.is_empty(), "{}", again.head);
    // Whoever takes gzip gets less, under a tag of its own.
    let short = http(server.address(), "GET /snapline.js HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n\r\n");
    let whole = get(server.address(), "/snapline.js");
    assert!(
        short.head.contains("content-encoding: gzip") && !whole.head.contains("content-encoding"),
        "{}",
        short.head
    );
    assert!(short.body.len() < whole.body.len() / 2, "{} of {}", short.body.len(), whole.body.len());
    let mut again = Vec::new();
    GzDecoder::new(&short.body[..]).read_to_end(&mut again).expect("gzip");
    assert_eq!(again, whole.body);
    let tags = [&short, &whole].map(|answer| answer.head.lines().find_map(|line| line.strip_prefix("etag: ")));
    assert_ne!(tags[0], tags[1]);
    for answer in [&short, &whole] {
        assert!(answer.head.contains("vary: accept-encoding"), "{}", answer.head);
    }
    for path in ["/test/package.json", "/package.json", "/jsconfig.json", "/node_modules/x"] {
        assert_eq!(get(server.address(), path).status, 404, "{path} is not for visitors");
    }
}
