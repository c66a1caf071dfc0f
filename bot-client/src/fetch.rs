//! One bounded HTTP/1.1 GET: the schema, before the sockets open, and a map. No redirects, no compression, no TLS.

use std::net::SocketAddr;
use std::time::Duration;

use httparse::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::target::Target;

/// From the look-up of the name to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// Status line and headers.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Headers; any answer of a server or proxy has far fewer.
const HEADERS_MAX: usize = 64;
/// The line with a chunk's size.
const CHUNK_LINE_BYTES_MAX: usize = 256;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection, or it broke.
    #[error("no connection: {0}")]
    Io(#[from] std::io::Error),
    /// The server takes too long.
    #[error("no whole answer within {} s", FETCH_TIMEOUT.as_secs())]
    TimedOut,
    /// Any answer but 200.
    #[error("the answer has status {0}, not 200")]
    Status(u16),
    /// Larger than a client accepts.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Not HTTP as this client knows it.
    #[error("the answer is not HTTP: {0}")]
    Malformed(&'static str),
}

/// Fetches `path`, at most `bytes_max` bytes of body. Gives the address that answered too, so that nothing is looked up again.
pub(crate) async fn fetch(target: &Target, path: &str, bytes_max: usize) -> Result<(SocketAddr, Vec<u8>), FetchError> {
    timeout(FETCH_TIMEOUT, exchange(target, path, bytes_max)).await.unwrap_or(Err(FetchError::TimedOut))
}

async fn exchange(target: &Target, path: &str, bytes_max: usize) -> Result<(SocketAddr, Vec<u8>), FetchError> {
    let mut stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    let address = stream.peer_addr()?;
    let authority = target.authority();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;

    let mut bytes = Vec::with_capacity(4096);
    let head = loop {
        if let Some(head) = Head::parse(&bytes)? {
            break head;
        }
        if bytes.len() >= HEAD_BYTES_MAX {
            return Err(FetchError::Malformed("its head is longer than 16 KiB"));
        }
        read_more(&mut stream, &mut bytes).await?;
    };
    bytes.drain(..head.bytes);
    Ok((address, read_body(&mut stream, head.length, bytes, bytes_max).await?))
}

/// What the head says about the body.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    bytes: usize,
    length: Length,
}

#[derive(Debug, PartialEq, Eq)]
enum Length {
    Known(usize),
    Chunked,
    ToTheEnd,
}

impl Head {
    /// The head at the beginning of `bytes`; none while it is not all there.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, FetchError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let bytes = match response.parse(bytes) {
            Ok(Status::Complete(bytes)) => bytes,
            Ok(Status::Partial) => return Ok(None),
            Err(_) => return Err(FetchError::Malformed("its head does not parse")),
        };
        match response.code {
            Some(200) => {}
            code => return Err(FetchError::Status(code.unwrap_or(0))),
        }
        let mut length = Length::ToTheEnd;
        for header in response.headers.iter() {
            let said = if header.name.eq_ignore_ascii_case("content-length") {
                let number = std::str::from_utf8(header.value).ok().and_then(|digits| digits.trim().parse().ok());
                Length::Known(number.ok_or(FetchError::Malformed("Content-Length is no number"))?)
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                if !header.value.eq_ignore_ascii_case(b"chunked") {
                    return Err(FetchError::Malformed("a Transfer-Encoding other than chunked"));
                }
                Length::Chunked
            } else {
                continue;
            };
            // Two lengths are how answers are smuggled; one that is repeated is harmless.
            if length != Length::ToTheEnd && length != said {
                return Err(FetchError::Malformed("two lengths that differ"));
            }
            length = said;
        }
        Ok(Some(Self { bytes, length }))
    }
}

/// The body, of which `bytes` came with the head.
async fn read_body(
    stream: &mut TcpStream,
    length: Length,
    mut bytes: Vec<u8>,
    bytes_max: usize,
) -> Result<Vec<u8>, FetchError> {
    let wanted = match length {
        Length::Chunked => return read_chunks(stream, bytes, bytes_max).await,
        Length::Known(wanted) if wanted > bytes_max => return Err(FetchError::TooLarge(bytes_max)),
        Length::Known(wanted) => wanted,
        Length::ToTheEnd => bytes_max + 1,
    };
    if let Some(missing) = wanted.checked_sub(bytes.len()) {
        stream.take(missing as u64).read_to_end(&mut bytes).await?;
    }
    bytes.truncate(wanted);
    match length {
        Length::Known(_) if bytes.len() < wanted => Err(FetchError::Malformed("it ends before its Content-Length")),
        Length::ToTheEnd if bytes.len() > bytes_max => Err(FetchError::TooLarge(bytes_max)),
        _ => Ok(bytes),
    }
}

async fn read_chunks(stream: &mut TcpStream, mut raw: Vec<u8>, bytes_max: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    loop {
        let (from, size) = match httparse::parse_chunk_size(&raw) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) if raw.len() < CHUNK_LINE_BYTES_MAX => {
                read_more(stream, &mut raw).await?;
                continue;
            }
            _ => return Err(FetchError::Malformed("a chunk without a size")),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > bytes_max - body.len() {
            return Err(FetchError::TooLarge(bytes_max));
        }
        if size == 0 {
            return Ok(body);
        }
        let (to, next) = (from + size, from + size + 2);
        while raw.len() < next {
            read_more(stream, &mut raw).await?;
        }
        if raw[to..next] != *b"\r\n" {
            return Err(FetchError::Malformed("a chunk longer than its size"));
        }
        body.extend_from_slice(&raw[from..to]);
        raw.drain(..next);
    }
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<(), FetchError> {
    match stream.read_buf(bytes).await? {
        0 => Err(FetchError::Malformed("it ends too early")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const BODY_MAX: usize = 64;

    /// What a client gets from a server that says `answer` and hangs up.
    async fn answered(answer: impl Into<Vec<u8>>) -> Result<String, FetchError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = answer.into();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            // A client that has seen enough hangs up, so this may fail.
            let _ = stream.write_all(&answer).await;
            String::from_utf8(request[..read].to_vec()).unwrap()
        });
        let target = Target::parse(&format!("ws://{address}/play"), None).unwrap();
        let body = fetch(&target, "/schema.json", BODY_MAX).await;
        let request = server.await.unwrap();
        assert!(request.starts_with("GET /schema.json HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("Host: {address}\r\n")) && request.ends_with("\r\n\r\n"), "{request}");
        body.map(|(from, body)| {
            assert_eq!(from, address);
            String::from_utf8(body).unwrap()
        })
    }

    #[tokio::test]
    async fn bodies_of_known_length_in_chunks_and_to_the_end() {
        let known = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more";
        assert_eq!(answered(known).await.unwrap(), "hello");
        let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
        assert_eq!(answered(chunks).await.unwrap(), "hello");
        assert_eq!(answered("HTTP/1.0 200 OK\r\n\r\nhello").await.unwrap(), "hello");
        let most = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(BODY_MAX));
        assert_eq!(answered(most).await.unwrap().len(), BODY_MAX);
    }

    #[tokio::test]
    async fn more_than_the_limit_is_refused_by_its_declared_length_or_when_it_comes() {
        let big = "x".repeat(BODY_MAX + 1);
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\n\r\n{big}"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_owned(),
        ] {
            let result = answered(answer.clone()).await;
            assert!(matches!(result, Err(FetchError::TooLarge(BODY_MAX))), "{answer}: {result:?}");
        }
    }

    #[tokio::test]
    async fn hostile_answers_are_errors() {
        let repeated = "HTTP/1.1 200 OK\r\n".to_owned() + &"a: b\r\n".repeat(HEADERS_MAX + 1) + "\r\n";
        let endless = "HTTP/1.1 200 OK\r\na: ".to_owned() + &"b".repeat(2 * HEAD_BYTES_MAX);
        for answer in [
            "",
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            &repeated,
            &endless,
        ] {
            let result = answered(answer).await;
            assert!(matches!(result, Err(FetchError::Malformed(_))), "{answer}: {result:?}");
        }
        for code in [100, 204, 301, 404, 503] {
            let result = answered(format!("HTTP/1.1 {code} x\r\nContent-Length: 0\r\n\r\n")).await;
            assert!(matches!(result, Err(FetchError::Status(status)) if status == code), "{result:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let target = Target::parse(&format!("ws://{address}"), None).unwrap();
        assert!(matches!(fetch(&target, "/schema.json", BODY_MAX).await, Err(FetchError::Io(_))));
    }
}
