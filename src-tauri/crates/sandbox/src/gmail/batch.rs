//! `POST /batch`: many calls in one request, each answered on its own (PROVIDERS 1.4).

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{Answer, Call, Ctx, InFlight, authenticate, content_type, dispatch, error::ApiError, read, respond};
use crate::{
    control::{FaultAction, LogEntry, Provider, locked},
    oauth::http::bearer_of,
    text,
};

/// Hard limit of calls per batch.
const MAX_PARTS: usize = 100;

/// (name, value), as written.
type Headers = Vec<(String, String)>;

/// A part of a multipart body.
pub(super) struct Part<'a> {
    headers: Headers,
    pub body: &'a [u8],
}

impl Part<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

fn boundary(kind: &str) -> Option<&str> {
    let value = kind.split(';').skip(1).find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

/// Splits a multipart body strictly: opening and closing delimiter must be there.
pub(super) fn split<'a>(kind: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("--{}", boundary(kind)?);
    let mut starts = Vec::new();
    let mut closed = false;
    let mut at = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii_end();
        if let Some(rest) = text.strip_prefix(delimiter.as_bytes()) {
            if rest == b"--" {
                starts.push((at, at));
                closed = true;
                break;
            }
            if rest.is_empty() {
                starts.push((at, at + line.len()));
            }
        }
        at += line.len();
    }
    if !closed {
        return None;
    }
    let mut parts = Vec::new();
    for pair in starts.windows(2) {
        let [(_, from), (to, _)] = pair else { return None };
        let (headers, body) = head(body.get(*from..*to)?)?;
        // The line break before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
        let body = body.strip_suffix(b"\n").map_or(body, |b| b.strip_suffix(b"\r").unwrap_or(b));
        parts.push(Part { headers, body });
    }
    Some(parts)
}

/// Header lines up to the empty line, and the rest.
fn head(bytes: &[u8]) -> Option<(Headers, &[u8])> {
    let mut headers = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        let text = std::str::from_utf8(line.trim_ascii_end()).ok()?;
        if text.is_empty() {
            return Some((headers, bytes.get(at..)?));
        }
        let (name, value) = text.split_once(':')?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Some((headers, &[]))
}

pub(super) async fn handle(State(ctx): State<Ctx>, request: Request) -> Response {
    let open = InFlight::enter(&ctx.in_flight);
    let (parts, body) = request.into_parts();
    let body = match read(body).await {
        Ok(body) => body,
        Err(error) => return respond(Err(error)),
    };
    if let Err(error) = locked(&ctx.shared.mail).check_concurrency(open.1) {
        return respond(Err(error));
    }
    let kind = content_type(&parts.headers).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("multipart/mixed") {
        return respond(Err(ApiError::bad("A batch must be multipart/mixed.")));
    }
    let Some(calls) = split(kind, &body) else {
        return respond(Err(ApiError::bad("Failed to parse batch request, error: malformed multipart body.")));
    };
    if calls.is_empty() || calls.len() > MAX_PARTS {
        let message = format!("The batch request has {} calls; 1 to {MAX_PARTS} are allowed.", calls.len());
        return respond(Err(ApiError::bad(message)));
    }
    let outer = bearer_of(&parts.headers);
    let mark = format!("batch_{}", locked(&ctx.shared.mail).rng.token(24).replace('-', "x"));
    let mut out = Vec::new();
    for part in &calls {
        let (status, value) = one(&ctx, part, outer);
        let id = part.header("content-id").unwrap_or_default();
        let id = id.trim_start_matches('<').trim_end_matches('>');
        let body = value.map(|v| v.to_string()).unwrap_or_default();
        let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Error");
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json; charset=UTF-8\r\n" };
        let head = format!(
            "--{mark}\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\nHTTP/1.1 {status} {reason}\r\n{kind}Content-Length: {}\r\n\r\n{body}\r\n",
            body.len()
        );
        out.extend_from_slice(head.as_bytes());
    }
    out.extend_from_slice(format!("--{mark}--\r\n").as_bytes());
    let mut response = Body::from(out).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("multipart/mixed; boundary={mark}")) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

fn one(ctx: &Ctx, part: &Part<'_>, outer: Option<&str>) -> (u16, Option<Value>) {
    let bad = |message: &str| (400, Some(ApiError::bad(message).body()));
    if !part.header("content-type").is_some_and(|t| t.to_ascii_lowercase().starts_with("application/http")) {
        return bad("Every part of a batch must be application/http.");
    }
    let Some((line, rest)) = part.body.iter().position(|b| *b == b'\n').and_then(|at| part.body.split_at_checked(at + 1)) else {
        // A request line alone, without an empty line after it.
        return run(ctx, part.body, &[], outer);
    };
    run(ctx, line, rest, outer)
}

fn run(ctx: &Ctx, line: &[u8], rest: &[u8], outer: Option<&str>) -> (u16, Option<Value>) {
    let bad = |message: &str| (400, Some(ApiError::bad(message).body()));
    let Ok(line) = std::str::from_utf8(line) else { return bad("Malformed request line.") };
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return bad("Malformed request line.") };
    // A full URL is tolerated, as at Google; only its path counts.
    let target = target.strip_prefix("https://gmail.googleapis.com").unwrap_or(target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Some((headers, body)) = head(rest) else { return bad("Malformed headers in a part.") };
    let find = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    if path.starts_with("/upload/") || path.contains("/attachments/") {
        return bad("Media cannot be transferred in a batch.");
    }
    let token = find("authorization").and_then(|v| v.strip_prefix("Bearer ")).or(outer);
    let call = Call {
        method,
        path,
        query: text::pairs(query.as_bytes()),
        content_type: find("content-type"),
        body: body.trim_ascii(),
        now: ctx.shared.clock.now(),
    };
    let (status, value) = match ctx.shared.control.fire(Provider::Google, method, path, true) {
        Some(FaultAction::Status { status, reason, body, .. }) => {
            (status, Some(body.unwrap_or_else(|| ApiError::scripted(status, reason.as_deref()).body())))
        }
        _ => match authenticate(&ctx.shared, token, call.now).and_then(|bearer| dispatch(&ctx.shared, &bearer, &call)) {
            Ok(Answer::Json(value)) => (200, Some(value)),
            Ok(Answer::Empty) => (204, None),
            Err(error) => (error.status, Some(error.body())),
        },
    };
    ctx.shared.control.record(LogEntry {
        at: call.now,
        provider: Provider::Google,
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status,
        batched: true,
    });
    (status, value)
}
