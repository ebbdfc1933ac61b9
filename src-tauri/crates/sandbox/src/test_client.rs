//! A tiny HTTP client for the tests of this crate: one request per connection, nothing hidden.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, OIDC_CLIENT_ID, Sandbox, text};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
pub(crate) const LOOPBACK: &str = "http://127.0.0.1:53682/cb/google";

pub(crate) struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().filter_map(|l| l.split_once(':')).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned())
    }
    /// `error.errors[0].reason`.
    pub fn reason(&self) -> String {
        self.json()["error"]["errors"][0]["reason"].as_str().unwrap_or_default().to_owned()
    }
    /// A parameter of the Location header.
    pub fn location(&self, name: &str) -> Option<String> {
        let location = self.header("location")?;
        let (_, query) = location.split_once('?')?;
        text::pairs(query.as_bytes()).into_iter().find(|(k, _)| k == name).map(|(_, v)| v)
    }
}

/// None: the connection closed before a whole answer.
pub(crate) async fn try_send(base: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Reply> {
    let host = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.ok()?;
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(n, _)| *n == "Host") {
        request.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()?;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let at = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let mut body = bytes[at + 4..].to_vec();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let reply = Reply { status, head, body: Vec::new() };
    if reply.header("transfer-encoding").is_some() {
        body = dechunk(&body);
    } else if let Some(length) = reply.header("content-length")
        && method != "HEAD"
        && body.len() < length.parse().unwrap()
    {
        return None;
    }
    Some(Reply { body, ..reply })
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(at) = bytes.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap(), 16).unwrap();
        out.extend_from_slice(&bytes[at + 2..at + 2 + size]);
        bytes = &bytes[at + 2 + size + 2..];
        if size == 0 {
            break;
        }
    }
    out
}

pub(crate) async fn send(base: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    try_send(base, method, target, headers, body).await.unwrap()
}

pub(crate) async fn get(base: &str, target: &str, token: &str) -> Reply {
    send(base, "GET", target, &[("Authorization", &format!("Bearer {token}"))], b"").await
}

pub(crate) async fn post(base: &str, target: &str, token: &str, body: &Value) -> Reply {
    let headers = [("Authorization", format!("Bearer {token}")), ("Content-Type", "application/json".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    send(base, "POST", target, &headers, body.to_string().as_bytes()).await
}

pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) async fn form(base: &str, path: &str, pairs: &[(&str, &str)]) -> Reply {
    send(base, "POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], query(pairs).as_bytes()).await
}

/// The query of a correct authorization request at Google, with changes: an empty value removes a parameter.
pub(crate) fn google_query(scope: &str, changes: &[(&str, &str)]) -> String {
    let challenge = text::s256(VERIFIER);
    let mut pairs = vec![
        ("client_id", GOOGLE_CLIENT_ID),
        ("redirect_uri", LOOPBACK),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "st4te"),
        ("nonce", "n0nce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    query(&pairs)
}

pub(crate) async fn google_code(sandbox: &Sandbox, scope: &str, changes: &[(&str, &str)]) -> Reply {
    send(&sandbox.google_base(), "GET", &format!("/o/oauth2/v2/auth?{}", google_query(scope, changes)), &[], b"").await
}

pub(crate) async fn google_exchange(sandbox: &Sandbox, code: &str, changes: &[(&str, &str)]) -> Reply {
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", GOOGLE_CLIENT_ID),
        ("client_secret", GOOGLE_CLIENT_SECRET),
        ("redirect_uri", LOOPBACK),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    form(&sandbox.google_base(), "/token", &pairs).await
}

/// A whole sign-in of the first account (or the one of `hint`).
pub(crate) async fn google_tokens(sandbox: &Sandbox, scope: &str, hint: &str) -> Value {
    let code = google_code(sandbox, scope, &[("login_hint", hint)]).await.location("code").unwrap();
    google_exchange(sandbox, &code, &[]).await.json()
}

pub(crate) async fn google_token(sandbox: &Sandbox, scope: &str) -> String {
    google_tokens(sandbox, scope, "").await["access_token"].as_str().unwrap().to_owned()
}

pub(crate) async fn oidc_code(sandbox: &Sandbox, redirect: &str, scope: &str) -> Reply {
    let challenge = text::s256(VERIFIER);
    let pairs = [
        ("client_id", OIDC_CLIENT_ID),
        ("redirect_uri", redirect),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    send(&sandbox.oidc_base(), "GET", &format!("/authorize?{}", query(&pairs)), &[], b"").await
}

pub(crate) async fn oidc_tokens(sandbox: &Sandbox, redirect: &str, scope: &str) -> Value {
    let code = oidc_code(sandbox, redirect, scope).await.location("code").unwrap();
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("client_id", OIDC_CLIENT_ID),
        ("redirect_uri", redirect),
        ("code_verifier", VERIFIER),
    ];
    form(&sandbox.oidc_base(), "/token", &pairs).await.json()
}

pub(crate) async fn oidc_refresh(sandbox: &Sandbox, token: &str) -> Reply {
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", OIDC_CLIENT_ID)];
    form(&sandbox.oidc_base(), "/token", &pairs).await
}
