//! The interface in a browser over the real core (UI brief §18 b): the command table of the window on loopback HTTP, its events
//! as server-sent events, its pictures by address. Started by tests/ui; not part of any build that people get, because it is an
//! example target.
//!
//! `devbridge --dist DIR [--prelude FILE] [--demo] [--home DIR] [--passphrase-file FILE]` prints one line of JSON with its
//! address, its token and the sample servers, and serves until its standard input ends.
//!
//! A page of another origin must not get in, even on a developer's machine: 127.0.0.1 only, a random port, a bearer token that
//! is printed and nowhere else, and Host and Origin that are our own.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aurelius_lib::{
    Options,
    dto::{AppEvent, Id},
    headless::Headless,
};
use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::{get, post},
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt as _, net::TcpListener, sync::broadcast};

/// Looked for by tests/it/architecture.rs in the program that people get: it must not be there.
const MARK: &str = "aurelius-devbridge-2f6b";
/// Events that a slow page may lag behind before it is told "many changed".
const BACKLOG: usize = 16_384;

struct Bridge {
    shell: Headless,
    token: String,
    /// `127.0.0.1:PORT`
    host: OnceLock<String>,
    events: broadcast::Sender<String>,
    dist: PathBuf,
    prelude: Option<PathBuf>,
    csp: String,
}

type Ctx = State<Arc<Bridge>>;

fn main() -> Result<(), String> {
    let (options, dist, prelude) = arguments()?;
    Headless::block_on(serve(options, dist, prelude))
}

fn arguments() -> Result<(Options, PathBuf, Option<PathBuf>), String> {
    let (mut dist, mut prelude, mut rest) = (None, None, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--dist" => dist = args.next().map(PathBuf::from),
            "--prelude" => prelude = args.next().map(PathBuf::from),
            _ => rest.push(arg),
        }
    }
    Ok((Options::parse(rest.into_iter())?, dist.ok_or("--dist DIR is missing: the interface in its test build")?, prelude))
}

async fn serve(options: Options, dist: PathBuf, prelude: Option<PathBuf>) -> Result<(), String> {
    let (events, _) = broadcast::channel(BACKLOG);
    let sender = events.clone();
    let shell = Headless::new(options, move |event| {
        // Nobody listens yet: nobody missed anything.
        let _ = sender.send(json!({ "event": "aurelius://event", "payload": event }).to_string());
    });
    let configuration: Value = serde_json::from_str(include_str!("../../tauri.conf.json")).map_err(|e| e.to_string())?;
    let csp = configuration.pointer("/app/security/csp").and_then(Value::as_str).unwrap_or("default-src 'none'").to_owned();
    let bridge = Arc::new(Bridge { shell: shell.clone(), token: token()?, host: OnceLock::new(), events, dist, prelude, csp });

    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| e.to_string())?;
    let host = listener.local_addr().map_err(|e| e.to_string())?.to_string();
    let _ = bridge.host.set(host.clone());
    let private = Router::new()
        .route("/ipc/{command}", post(command))
        .route("/picture", get(picture))
        .route("/control/storm", post(storm))
        .layer(middleware::from_fn_with_state(bridge.clone(), bearer));
    let app = Router::new()
        .route("/events", get(listen))
        .merge(private)
        .fallback(page)
        .layer(middleware::from_fn_with_state(bridge.clone(), same_origin))
        .with_state(bridge.clone());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    shell.boot().await;
    let sandbox = shell.sandbox().await;
    println!("{}", json!({ "mark": MARK, "base": format!("http://{host}"), "token": bridge.token, "sandbox": sandbox }));
    // Ends with whoever started it.
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0_u8; 256];
    while matches!(stdin.read(&mut buffer).await, Ok(n) if n > 0) {}
    server.abort();
    shell.close().await;
    Ok(())
}

fn token() -> Result<String, String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    }))
}

/// Another site's page can send requests here; it can't choose their Origin, nor our name in Host.
async fn same_origin(State(bridge): Ctx, request: Request, next: Next) -> Response {
    let ours = bridge.host.get().map(String::as_str).unwrap_or_default();
    if is_ours(request.headers(), ours) { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

fn is_ours(headers: &HeaderMap, ours: &str) -> bool {
    let text = |name| headers.get(name).map(|v: &HeaderValue| v.to_str().unwrap_or_default());
    text(header::HOST) == Some(ours) && text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(ours))
}

async fn bearer(State(bridge): Ctx, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    if given == Some(bridge.token.as_str()) { next.run(request).await } else { StatusCode::UNAUTHORIZED.into_response() }
}

#[derive(Deserialize)]
struct Call {
    req: Value,
}

async fn command(State(bridge): Ctx, Path(name): Path<String>, Json(call): Json<Call>) -> Response {
    match bridge.shell.call(&name, call.req).await {
        Ok(value) => Json(value).into_response(),
        Err(e) => (StatusCode::UNPROCESSABLE_ENTITY, Json(e)).into_response(),
    }
}

#[derive(Deserialize)]
struct Access {
    token: String,
}

/// An event source can't send headers, so its token is in the address.
async fn listen(State(bridge): Ctx, Query(access): Query<Access>) -> Response {
    if access.token != bridge.token {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let stream = stream::unfold(bridge.events.subscribe(), |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(text) => return Some((Ok::<_, std::convert::Infallible>(Event::default().data(text)), receiver)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(stream).into_response()
}

#[derive(Deserialize)]
struct Picture {
    u: String,
}

async fn picture(State(bridge): Ctx, Query(asked): Query<Picture>) -> Response {
    match bridge.shell.picture(&asked.u).await {
        Some((mime, bytes)) => ([(header::CONTENT_TYPE, mime)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Storm {
    changes: u32,
    millis: u64,
    ids: Vec<Id>,
}

/// `changes` events spread over `millis`, each about one of `ids`: what a provider that rewrites a mailbox causes.
async fn storm(State(bridge): Ctx, Json(storm): Json<Storm>) -> StatusCode {
    const STEPS: u32 = 100;
    let mut ids = storm.ids.iter().copied().cycle();
    for _ in 0..STEPS {
        for id in ids.by_ref().take((storm.changes / STEPS) as usize) {
            bridge.shell.tell(AppEvent::Changed { entity: "thread".into(), ids: vec![id], rev: 0.0 });
        }
        tokio::time::sleep(Duration::from_millis(storm.millis / u64::from(STEPS))).await;
    }
    StatusCode::NO_CONTENT
}

/// The interface, under the policy of the window.
async fn page(State(bridge): Ctx, uri: Uri) -> Response {
    let types: HashMap<&str, &str> = HashMap::from([
        ("html", "text/html; charset=utf-8"),
        ("js", "text/javascript"),
        ("css", "text/css"),
        ("woff2", "font/woff2"),
        ("svg", "image/svg+xml"),
        ("png", "image/png"),
        ("json", "application/json"),
    ]);
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let file = match (path, &bridge.prelude) {
        ("__prelude.js", Some(file)) => file.clone(),
        _ if path.split('/').any(|part| part == ".." || part.contains('\\')) => return StatusCode::NOT_FOUND.into_response(),
        _ => bridge.dist.join(path),
    };
    let Ok(mut bytes) = fs::read(&file) else { return StatusCode::NOT_FOUND.into_response() };
    if path == "index.html" && bridge.prelude.is_some() {
        bytes = String::from_utf8_lossy(&bytes).replacen("<head>", "<head><script src=\"/__prelude.js\"></script>", 1).into_bytes();
    }
    let kind = path.rsplit('.').next().and_then(|e| types.get(e)).copied().unwrap_or("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_SECURITY_POLICY, bridge.csp.clone()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
