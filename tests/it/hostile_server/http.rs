//! Google's sign-in and Gmail's API, small: three mails for each of any number of accounts, told apart by what their tokens say.
//! One request a connection, so that a falsified reply spoils nothing but itself.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::peer::{Manners, Talk, falsify};
use crate::support::Rng;

pub const CLIENT: &str = "hostile-client";

struct Asked {
    method: String,
    path: String,
    query: HashMap<String, String>,
    bearer: String,
    body: String,
}

fn read(talk: &mut Talk) -> std::io::Result<Asked> {
    let first = talk.line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let (mut length, mut bearer) = (0, String::new());
    loop {
        let line = talk.line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => value.trim().trim_start_matches("Bearer ").clone_into(&mut bearer),
            _ => {}
        }
    }
    let body = String::from_utf8_lossy(&talk.bytes(length)?).into_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Ok(Asked { method, path: path.to_owned(), query: form(query), bearer, body })
}

fn form(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// What a reply is about; a seed falsifies those of one kind.
const KINDS: [&str; 7] = ["token", "profile", "labels", "list", "batch", "history", "raw"];

pub fn serve(talk: &mut Talk) -> std::io::Result<()> {
    talk.until = u64::MAX;
    let base = format!("http://127.0.0.1:{}", talk.port);
    let asked = read(talk)?;
    let name = asked.path.rsplit('/').next().unwrap_or_default();
    let (kind, content_type, body) = match (asked.method.as_str(), name) {
        ("GET", "auth") => {
            let account = asked.query.get("login_hint").and_then(|h| h.split('@').next()).unwrap_or("0").to_owned();
            let q = |key: &str| asked.query.get(key).cloned().unwrap_or_default();
            let to = format!("{}?state={}&iss={base}&code={account}.{}", q("redirect_uri"), q("state"), q("nonce"));
            let reply = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return talk.say(reply.as_bytes());
        }
        ("GET", "openid-configuration") => ("discovery", JSON, discovery(&base)),
        ("POST", "token") => ("token", JSON, token(&base, &form(&asked.body))),
        ("GET", "profile") => ("profile", JSON, json!({"emailAddress": "a@gmail.example", "messagesTotal": 3, "historyId": "17"}).to_string()),
        ("GET", "labels") => (
            "labels",
            JSON,
            json!({"labels": [{"id": "INBOX", "name": "INBOX", "type": "system"}, {"id": "Label_1", "name": "Work/Ä"}]}).to_string(),
        ),
        ("GET", "messages") => (
            "list",
            JSON,
            json!({"messages": [{"id": "m3", "threadId": "t3"}, {"id": "m2", "threadId": "t2"}, {"id": "m1", "threadId": "t1"}], "resultSizeEstimate": 3})
                .to_string(),
        ),
        ("GET", "history") => ("history", JSON, history()),
        ("POST", "batch") => ("batch", "multipart/mixed; boundary=\"batch_x\"", batch(&asked.body)),
        ("GET", id) => ("raw", JSON, message(id).to_string()),
        _ => ("other", JSON, "{}".to_owned()),
    };
    if let Some(bomb) = talk.bomb() {
        explode(talk, bomb, kind, &asked)?;
    }
    let reply = |body: &[u8]| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let Manners::Seed(seed) = talk.manners else { return talk.say(&reply(body.as_bytes())) };
    // Each account has a seed of its own, and one kind of reply that goes wrong.
    let account = asked.bearer.rsplit('-').next().and_then(|n| n.parse().ok());
    let account: u64 = account.or_else(|| form(&asked.body).get("refresh_token")?.rsplit('-').next()?.parse().ok()).unwrap_or(0);
    let mut rng = Rng((seed + account).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..4 {
        rng.next();
    }
    let target = KINDS[rng.below(KINDS.len() as u64) as usize];
    if target != kind {
        return talk.say(&reply(body.as_bytes()));
    }
    match rng.below(4) {
        // The whole reply, with its head.
        0 => talk.say(&falsify(&mut rng, &reply(body.as_bytes()))),
        _ => talk.say(&reply(&falsify(&mut rng, body.as_bytes()))),
    }
}

const JSON: &str = "application/json";

fn discovery(base: &str) -> String {
    json!({
        "issuer": base, "authorization_endpoint": format!("{base}/auth"), "token_endpoint": format!("{base}/token"),
        "code_challenge_methods_supported": ["S256"], "response_types_supported": ["code"]
    })
    .to_string()
}

fn token(base: &str, form: &HashMap<String, String>) -> String {
    let (account, nonce) = match form.get("code").and_then(|c| c.split_once('.')) {
        Some((account, nonce)) => (account.to_owned(), Some(nonce.to_owned())),
        None => (form.get("refresh_token").and_then(|t| t.rsplit('-').next()).unwrap_or("0").to_owned(), None),
    };
    let claims = json!({
        "iss": base, "aud": CLIENT, "exp": 4_000_000_000_u64, "sub": account, "nonce": nonce,
        "email": format!("{account}@gmail.example"), "email_verified": true, "name": "A"
    });
    let id_token = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims.to_string()));
    // The token is short-lived: each program that starts has to refresh it.
    json!({
        "access_token": format!("tok-{account}"), "refresh_token": format!("ref-{account}"), "token_type": "Bearer", "expires_in": 1,
        "scope": "openid https://mail.google.com/ https://www.googleapis.com/auth/gmail.modify", "id_token": id_token
    })
    .to_string()
}

fn history() -> String {
    json!({
        "history": [
            {"id": "18", "messagesAdded": [{"message": {"id": "m3", "threadId": "t3", "labelIds": ["INBOX"]}}]},
            {"id": "19", "labelsAdded": [{"message": {"id": "m2", "threadId": "t2", "labelIds": ["INBOX"]}, "labelIds": ["STARRED"]}]},
            {"id": "20", "messagesDeleted": [{"message": {"id": "m9", "threadId": "t9"}}]}
        ],
        "historyId": "21"
    })
    .to_string()
}

fn message(id: &str) -> Value {
    let raw = format!("From: a@x.example\r\nMessage-ID: <{id}@x.example>\r\nSubject: {id}\r\n\r\npersimmon {id}\r\n");
    json!({
        "id": id, "threadId": id.replace('m', "t"), "labelIds": ["INBOX", "UNREAD"], "historyId": "17",
        "internalDate": "1795000000000", "sizeEstimate": raw.len(), "raw": URL_SAFE_NO_PAD.encode(raw)
    })
}

fn batch(request: &str) -> String {
    let mut out = String::new();
    for (n, line) in request.lines().filter(|l| l.starts_with("GET ")).enumerate() {
        let id = line.split(['/', '?', ' ']).find(|w| w.len() > 1 && w.starts_with('m') && w[1..].bytes().all(|b| b.is_ascii_digit()));
        let body = message(id.unwrap_or("m1")).to_string();
        out.push_str(&format!(
            "--batch_x\r\nContent-Type: application/http\r\nContent-ID: <response-item{n}>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}\r\n",
            body.len()
        ));
    }
    out + "--batch_x--\r\n"
}

/// By name; those of "discovery" are met by a sign-in, all others by a sync.
pub const BOMBS: [&str; 17] = [
    "token: gzip",
    "token: endless chunks",
    "token: endless header",
    "discovery: gzip",
    "discovery: endless chunks",
    "labels: gzip",
    "labels: tiny things",
    "list: endless chunks",
    "list: tiny things",
    "list: one long string",
    "history: tiny things",
    "batch: gzip",
    "batch: delimiter without an end",
    "batch: endless parts",
    "batch: endless preamble",
    "batch: tiny things",
    "list: endless pages",
];

fn explode(talk: &mut Talk, bomb: &str, kind: &str, asked: &Asked) -> std::io::Result<()> {
    let Some(what) = bomb.strip_prefix(kind).and_then(|rest| rest.strip_prefix(": ")) else { return Ok(()) };
    let content_type = if kind == "batch" { "multipart/mixed; boundary=batch_x" } else { JSON };
    let chunked = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n");
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    // So many bytes of JSON, made of as many values as there is room for.
    let tiny = |open: &str, piece: &str, close: &str| {
        let body = format!("{open}{}{piece}{close}", format!("{piece},").repeat(3_900_000 / (piece.len() + 1)));
        format!("HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    let endless = |talk: &mut Talk, first: &str, more: &str| {
        talk.say(format!("{chunked}\r\n").as_bytes())?;
        talk.say(&chunk(first.as_bytes()))?;
        let piece = chunk(more.repeat(60_000 / more.len()).as_bytes());
        talk.flood(|_| piece.clone())
    };
    match (kind, what) {
        (_, "gzip") => {
            talk.say(format!("{chunked}Content-Encoding: gzip\r\n\r\n").as_bytes())?;
            talk.say(&chunk(&GZIP_START))?;
            let piece = chunk(&GZIP_AGAIN.repeat(4_000));
            talk.flood(|_| piece.clone())
        }
        (_, "endless header") => {
            talk.flood(|n| if n == 0 { b"HTTP/1.1 200 OK\r\n".to_vec() } else { format!("X-{n}: {}\r\n", "a".repeat(999)).into_bytes() })
        }
        ("batch", "delimiter without an end") => {
            endless(talk, "--batch_x\r\nContent-ID: <response-item0>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n--batch_x", " ")
        }
        ("batch", "endless parts") => endless(talk, "", "--batch_x\r\nContent-ID: <response-item999>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n"),
        ("batch", "endless preamble") => endless(talk, "", "preamble "),
        ("batch", "tiny things") => {
            let body = format!("{{\"id\":\"m3\",\"labelIds\":[{}\"a\"]}}", "\"a\",".repeat(1_000_000));
            let part = |n: usize| format!("--batch_x\r\nContent-ID: <response-item{n}>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{body}\r\n");
            let parts = [part(0), part(1), part(2)].concat() + "--batch_x--\r\n";
            talk.say(
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{parts}",
                    parts.len()
                )
                .as_bytes(),
            )
        }
        ("labels", "tiny things") => talk.say(tiny("{\"labels\":[", "{\"id\":\"\"}", "]}").as_bytes()),
        ("list", "tiny things") => talk.say(tiny("{\"messages\":[", "{\"id\":\"\"}", "]}").as_bytes()),
        ("history", "tiny things") => {
            talk.say(tiny("{\"history\":[{\"messagesAdded\":[", "{\"message\":{\"id\":\"\"}}", "]}]}").as_bytes())
        }
        ("list", "one long string") => endless(talk, "{\"messages\":[{\"id\":\"", "aaaaaaaaaa"),
        ("list", "endless pages") => {
            // Another five hundred ids on each page, and always one more page.
            let page: u64 = asked.query.get("pageToken").and_then(|t| t.parse().ok()).unwrap_or(0);
            let messages: Vec<Value> = (0..500).map(|n| json!({"id": format!("p{page}n{n}{}", "x".repeat(4_000))})).collect();
            let body = json!({"messages": messages, "nextPageToken": (page + 1).to_string()}).to_string();
            talk.say(
                format!("HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
                    .as_bytes(),
            )
        }
        _ => endless(talk, "{\"a\":\"", "aaaaaaaaaa"),
    }
}

/// A gzip header, and the start of a deflate block with fixed codes: five literals of nine bits, so that what follows is aligned …
const GZIP_START: [u8; 16] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x7a, 0xf0, 0xe0, 0xc1, 0x83, 0x07];
/// … and eight times "the last byte, 258 times more", in 13 bits each: a kilobyte of it is 160 KiB of text.
const GZIP_AGAIN: [u8; 13] = again();

const fn again() -> [u8; 13] {
    let mut out = [0u8; 13];
    let mut n = 0;
    while n < 8 {
        // Length 258 is code 285, 1100_0101, its first bit first; distance 1 is 00000.
        let code = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
        let mut bit = 0;
        while bit < 13 {
            let at = n * 13 + bit;
            out[at / 8] |= code[bit] << (at % 8);
            bit += 1;
        }
        n += 1;
    }
    out
}
