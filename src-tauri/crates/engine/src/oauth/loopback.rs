//! The listener that takes the browser back (RFC 8252 section 7.3): loopback addresses only, both families, exactly one
//! request on the expected path. Everything else (favicons, port scanners, other sites that guess the port) gets an answer and
//! changes nothing. The `Host` header is checked against DNS rebinding; the page is static, so that nothing is reflected.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use subtle::ConstantTimeEq as _;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::pkce::state_hash;
use crate::{
    error::EngineError,
    visitor::{self, Request},
};

/// A sign-in that takes longer than this was forgotten.
pub const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Bound sockets, not yet listening for the answer.
pub struct Loopback {
    v4: TcpListener,
    v6: Option<TcpListener>,
    path: String,
    port: u16,
    /// How the redirect spells this machine.
    host: &'static str,
}

impl Loopback {
    /// Binds 127.0.0.1 on a free port and ::1 on the same one where the machine has IPv6.
    pub async fn bind(path: &str) -> Result<Self, EngineError> {
        let failed = |e: std::io::Error| {
            EngineError::new(
                "loopback",
                format!("no local port can be opened for the sign-in: {e}"),
                "Check whether a firewall blocks local connections.",
            )
            .with_source(e)
        };
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let port = v4.local_addr().map_err(failed)?.port();
        let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        Ok(Self { v4, v6, path: path.to_owned(), port, host: "127.0.0.1" })
    }

    /// Spelled `localhost`, for a provider that takes no literal address. The browser may resolve it to either family; both are bound.
    #[must_use]
    pub fn by_name(self) -> Self {
        Self { host: "localhost", ..self }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What goes into the authorization request, byte for byte.
    pub fn redirect_uri(&self) -> String {
        format!("http://{}:{}{}", self.host, self.port, self.path)
    }

    /// Waits for the browser; returns the redirect URI with the query that came. Everything that is not the one expected
    /// request is answered and forgotten; a request with another state than `expected` (its SHA-256) is also told to `forged`.
    pub async fn wait(self, expected: [u8; 32], cancel: &CancellationToken, forged: impl Fn()) -> Result<String, EngineError> {
        let deadline = tokio::time::sleep(TIMEOUT);
        tokio::pin!(deadline);
        let (tx, mut rx) = tokio::sync::mpsc::channel::<Heard>(4);
        loop {
            let accepted = tokio::select! {
                () = cancel.cancelled() => return Err(EngineError::cancelled()),
                () = &mut deadline => return Err(EngineError::new("timeout", "the sign-in was not finished within 5 minutes", "Start it again.")),
                Some(heard) = rx.recv() => match heard {
                    Heard::Answer(query) => return Ok(format!("{}?{query}", self.redirect_uri())),
                    Heard::Forged => {
                        forged();
                        continue;
                    }
                },
                accepted = self.v4.accept() => accepted,
                accepted = accept(self.v6.as_ref()) => accepted,
            };
            // Each connection has its own task: one that sends nothing must not keep the browser out.
            if let Ok((stream, peer)) = accepted
                && peer.ip().is_loopback()
            {
                let (tx, path, port) = (tx.clone(), self.path.clone(), self.port);
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(visitor::READ_TIMEOUT, serve(stream, &path, port, &expected, &tx)).await;
                });
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(l) => l.accept().await,
        None => std::future::pending().await,
    }
}

enum Heard {
    Answer(String),
    Forged,
}

async fn serve(mut stream: TcpStream, path: &str, port: u16, expected: &[u8; 32], tx: &tokio::sync::mpsc::Sender<Heard>) {
    let Some(head) = visitor::head(&mut stream).await else { return };
    let reply = match judge(&head, path, port) {
        Ok((query, state)) if bool::from(state_hash(&state).as_slice().ct_eq(expected)) => match tx.try_send(Heard::Answer(query)) {
            Ok(()) => page(200, "OK", "That was it", "You can close this tab and go back to Aurelius."),
            Err(_) => page(409, "Conflict", "Already answered", "This sign-in has had its answer. Go back to Aurelius."),
        },
        Ok(_) => {
            let _ = tx.try_send(Heard::Forged);
            page(400, "Refused", "Nothing to see here", "This address only takes the answer of a sign-in.")
        }
        Err(status) => page(status, "Refused", "Nothing to see here", "This address only takes the answer of a sign-in."),
    };
    let _ = stream.write_all(reply.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Query and state of the one acceptable request, or the status to refuse it with.
pub(crate) fn judge(head: &str, path: &str, port: u16) -> Result<(String, String), u16> {
    let request = Request::of(head);
    // No browser sends a bare line feed or a tab here, and the next reader of the address would leave it out.
    if !request.version.starts_with("HTTP/1.") || request.target.contains(|c: char| c.is_ascii_control()) {
        return Err(400);
    }
    let host = request.host.ok_or(400_u16)?;
    let ours = [format!("127.0.0.1:{port}"), format!("[::1]:{port}"), format!("localhost:{port}")];
    if !ours.iter().any(|o| o.eq_ignore_ascii_case(host)) {
        return Err(421);
    }
    let (at, query) = request.target.split_once('?').unwrap_or((request.target, ""));
    if at != path {
        return Err(404);
    }
    if request.method != "GET" {
        return Err(405);
    }
    // A bare visit of the path (a prefetch, a reload after the fragment) must not use the attempt up.
    let state = url::form_urlencoded::parse(query.as_bytes()).find(|(k, v)| k == "state" && !v.is_empty());
    state.map(|(_, state)| (query.to_owned(), state.into_owned())).ok_or(400)
}

fn page(status: u16, reason: &str, title: &str, text: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Aurelius</title>\
         <style>body{{font:16px system-ui;margin:20vh auto;max-width:28rem;text-align:center;color-scheme:light dark}}</style>\
         <h1>{title}</h1><p>{text}</p></html>"
    );
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncReadExt as _;

    use super::*;

    async fn get(address: (&str, u16), request: String) -> String {
        let mut s = TcpStream::connect(address).await.unwrap();
        s.write_all(request.as_bytes()).await.unwrap();
        let mut out = String::new();
        let _ = s.read_to_string(&mut out).await;
        out
    }

    #[tokio::test]
    async fn only_the_expected_request_is_taken() {
        let l = Loopback::bind("/cb/google").await.unwrap();
        let port = l.port();
        let uri = l.redirect_uri();
        let cancel = CancellationToken::new();
        let forged = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let count = std::sync::Arc::clone(&forged);
        let waiting = tokio::spawn(async move {
            l.wait(state_hash("s<x>"), &cancel, || {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            })
            .await
        });
        // A connection that sends nothing keeps nobody out.
        let _idle = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        for (target, host, status) in [
            ("/favicon.ico", format!("127.0.0.1:{port}"), "404"),
            ("/cb/oidc?state=a&code=b", format!("127.0.0.1:{port}"), "404"),
            ("/cb/google?state=a&code=b", format!("evil.example:{port}"), "421"),
            ("/cb/google?state=a&code=b", "127.0.0.1:1".to_owned(), "421"),
            ("/cb/google", format!("127.0.0.1:{port}"), "400"),
            ("/cb/google?state=guess&code=b", format!("127.0.0.1:{port}"), "400"),
        ] {
            let answer = get(("127.0.0.1", port), format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{target} {host}: {answer}");
        }
        let post = get(("127.0.0.1", port), format!("POST /cb/google?state=a HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")).await;
        assert!(post.starts_with("HTTP/1.1 405"));
        assert!(!waiting.is_finished());
        assert_eq!(forged.load(std::sync::atomic::Ordering::Relaxed), 1, "a forged answer is told and changes nothing");
        let answer = get(("127.0.0.1", port), format!("GET /cb/google?state=s<x>&code=c HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200"));
        for header in ["no-store", "no-referrer", "default-src 'none'"] {
            assert!(answer.contains(header), "{header}");
        }
        assert!(!answer.contains("<x>"), "nothing is reflected");
        assert_eq!(waiting.await.unwrap().unwrap(), format!("{uri}?state=s<x>&code=c"));
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "closed after its one request");
    }

    #[tokio::test]
    async fn ipv6_too_and_cancel_ends_it() {
        let l = Loopback::bind("/cb/oidc").await.unwrap();
        let (port, v6) = (l.port(), l.v6.is_some());
        let cancel = CancellationToken::new();
        let c = cancel.clone();
        let waiting = tokio::spawn(async move { l.wait([0; 32], &c, || ()).await });
        if v6 {
            let answer = get(("::1", port), format!("GET /x HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 404"));
        }
        cancel.cancel();
        assert_eq!(waiting.await.unwrap().unwrap_err().code, "cancelled");
    }

    #[test]
    fn two_readers_of_an_address_may_not_disagree() {
        let head = |state: &str| format!("GET /cb?state={state} HTTP/1.1\r\nHost: 127.0.0.1:7");
        assert_eq!(judge(&head("ab"), "/cb", 7).unwrap().1, "ab");
        for state in ["a\nb", "a\tb", "a\rb", "\0ab"] {
            assert_eq!(judge(&head(state), "/cb", 7), Err(400), "{state:?}");
        }
    }

    /// A browser that resolves `localhost` to ::1 brings the answer there.
    #[tokio::test]
    async fn the_answer_is_taken_over_ipv6_too() {
        let l = Loopback::bind("/cb/oidc").await.unwrap();
        let (port, uri) = (l.port(), l.redirect_uri());
        if l.v6.is_none() {
            println!("skipped: this machine has no IPv6");
            return;
        }
        let waiting = tokio::spawn(async move { l.wait(state_hash("six"), &CancellationToken::new(), || ()).await });
        let answer = get(("::1", port), format!("GET /cb/oidc?state=six&code=c HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(waiting.await.unwrap().unwrap(), format!("{uri}?state=six&code=c"));
    }

    #[tokio::test]
    async fn a_redirect_by_name_comes_back_by_name() {
        let l = Loopback::bind("/cb/microsoft").await.unwrap().by_name();
        let (port, uri) = (l.port(), l.redirect_uri());
        assert_eq!(uri, format!("http://localhost:{port}/cb/microsoft"));
        let waiting = tokio::spawn(async move { l.wait(state_hash("st"), &CancellationToken::new(), || ()).await });
        let head = format!("GET /cb/microsoft?state=st&code=c HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        assert!(get(("127.0.0.1", port), head).await.starts_with("HTTP/1.1 200"));
        assert_eq!(waiting.await.unwrap().unwrap(), format!("{uri}?state=st&code=c"));
    }

    #[tokio::test(start_paused = true)]
    async fn after_five_minutes_nobody_is_waited_for() {
        let l = Loopback::bind("/cb/oidc").await.unwrap();
        let port = l.port();
        let begun = tokio::time::Instant::now();
        let ended = l.wait([0; 32], &CancellationToken::new(), || ()).await;
        assert_eq!(ended.unwrap_err().code, "timeout");
        let waited = begun.elapsed();
        assert!((TIMEOUT..TIMEOUT + Duration::from_secs(1)).contains(&waited) && TIMEOUT == Duration::from_secs(300), "{waited:?}");
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "and the port is closed");
    }
}
