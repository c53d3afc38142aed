//! One GET over HTTP/1.1, from outside of the container.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How long a connection, and each part of an answer, may take.
const LIMIT: Duration = Duration::from_secs(3);
/// Most bytes of an answer that are read.
const MOST: u64 = 1 << 20;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Bytes after the head, as they came.
    pub(super) len: usize,
}

/// Asks for `path`.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT).context("no connection")?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: unroot\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).context("the request was not taken")?;
    let mut bytes = Vec::new();
    // A server that keeps the connection open has answered all the same.
    let read = stream.take(MOST).read_to_end(&mut bytes);
    answer(&bytes).with_context(|| match read {
        Err(error) => format!("no answer: {error}"),
        Ok(_) => "no answer in HTTP".to_owned(),
    })
}

fn answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next()?).into_owned();
    let mut words = line.split(' ');
    let version = words.next()?;
    let status = words.next()?.parse().ok().filter(|status| (100..600).contains(status))?;
    version.starts_with("HTTP/").then(|| Answer { status, len: bytes.len() - end - 4 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn only_http_is_an_answer() {
        let of = |text: &str| answer(text.as_bytes()).map(|answer| (answer.status, answer.len));
        assert_eq!(of("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello"), Some((200, 5)));
        assert_eq!(of("HTTP/1.0 404\r\n\r\n"), Some((404, 0)));
        for bad in ["", "HTTP/1.1 200 OK", "SSH-2.0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 9\r\n\r\n"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_server_is_asked_for_the_path() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 512];
            let read = stream.read(&mut head).unwrap();
            stream.write_all(b"HTTP/1.1 503 No\r\n\r\nx").unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        assert_eq!(get(address, "/health").unwrap(), Answer { status: 503, len: 1 });
        assert!(server.join().unwrap().starts_with("GET /health HTTP/1.1\r\nHost: localhost\r\n"));
        assert!(get(address, "/").is_err(), "nobody listens any more");
    }
}
