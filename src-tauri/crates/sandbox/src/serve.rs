//! Listening and misbehaving on purpose. A fault must reach the wire as the real thing would: a dropped connection is a
//! dropped socket without a byte, a truncated body breaks its Content-Length. So the sandbox wraps the socket itself.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State, connect_info::Connected},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    serve::{IncomingStream, Listener},
};
use futures_util::stream;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{
    SandboxError, Shared, asana, caldav,
    control::{FaultAction, LogEntry, Provider},
    github,
    gmail::error::ApiError,
    jira, jmap, linear, microsoft, notion, todoist,
};

/// Set: the socket fails from the next byte on.
#[derive(Clone, Default)]
pub(crate) struct Kill(Arc<AtomicBool>);

impl Kill {
    fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

/// On a response: it is not to arrive, though what was asked for is done. For APIs whose requests all have one path, so that the fault
/// script can't tell a write from a question.
#[derive(Clone, Copy)]
pub(crate) struct LoseAnswer;

pub(crate) struct Socket {
    inner: TcpStream,
    kill: Kill,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.kill.check()?;
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.kill.check()?;
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.kill.check()?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

pub(crate) struct Gate(TcpListener);

impl Listener for Gate {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (inner, addr) = Listener::accept(&mut self.0).await;
        // Answers are small: without this every one waits for the other side's delayed ACK.
        let _ = inner.set_nodelay(true);
        (Socket { inner, kill: Kill::default() }, addr)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Gate>> for Kill {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.io().kill.clone()
    }
}

/// Binds an address of this machine only: the stand-ins hand out tokens to whoever asks.
pub(crate) async fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), SandboxError> {
    if !addr.ip().is_loopback() {
        return Err(SandboxError::NotLoopback(addr.ip()));
    }
    let listener = TcpListener::bind(addr).await.map_err(SandboxError::Bind)?;
    let addr = listener.local_addr().map_err(SandboxError::Bind)?;
    Ok((listener, addr))
}

/// Serves until `stop` changes; open requests are finished first.
pub(crate) fn spawn(
    listener: TcpListener,
    provider: Provider,
    shared: Arc<Shared>,
    routes: Router,
    mut stop: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<()> {
    let app = routes.layer(from_fn_with_state((shared, provider), guard));
    tokio::spawn(async move {
        let serving = axum::serve(Gate(listener), app.into_make_service_with_connect_info::<Kill>())
            .with_graceful_shutdown(async move { drop(stop.wait_for(|stopped| *stopped).await) });
        if let Err(error) = serving.await {
            tracing::warn!(%error, "sandbox server ended");
        }
    })
}

async fn guard(
    State((shared, provider)): State<(Arc<Shared>, Provider)>,
    ConnectInfo(kill): ConnectInfo<Kill>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    if !host_is_local(&request) {
        return (StatusCode::MISDIRECTED_REQUEST, "this server answers to its loopback address only").into_response();
    }
    if path.starts_with("/_sbx/") {
        return next.run(request).await;
    }
    let mut entry = LogEntry {
        at: shared.clock.now(),
        provider,
        method: request.method().to_string(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        path: path.clone(),
        status: 0,
        batched: false,
    };
    let fault = shared.control.fire(provider, &entry.method, &path, false);
    let response = match fault {
        None => next.run(request).await,
        Some(FaultAction::Status { status, retry_after, reason, body }) => {
            let mut response = match provider {
                Provider::Caldav => caldav::refusal(status, body.as_ref().and_then(|b| b.as_str())),
                _ => {
                    let body = body.unwrap_or_else(|| match provider {
                        Provider::Todoist => todoist::scripted(status, reason.as_deref()),
                        Provider::Github => github::scripted(status, reason.as_deref()),
                        Provider::Linear => linear::scripted(status, reason.as_deref()),
                        Provider::Asana => asana::scripted(status, reason.as_deref()),
                        Provider::Jira => jira::scripted(status, reason.as_deref()),
                        Provider::Jmap => jmap::scripted(status, reason.as_deref()),
                        Provider::Notion => notion::scripted(status, reason.as_deref()),
                        Provider::Microsoft => microsoft::scripted(status, reason.as_deref()),
                        Provider::Trello => Value::String(reason.unwrap_or_default()),
                        _ => ApiError::scripted(status, reason.as_deref()).body(),
                    });
                    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                    // Trello says why in plain text.
                    match body {
                        Value::String(text) => (status, text).into_response(),
                        body => (status, axum::Json(body)).into_response(),
                    }
                }
            };
            if let Some(value) = retry_after.and_then(|v| HeaderValue::from_str(&v).ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
        Some(FaultAction::Drop { after_commit }) => {
            if after_commit {
                drop(next.run(request).await);
            }
            kill.set();
            shared.control.record(entry);
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Some(FaultAction::Delay { millis }) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            next.run(request).await
        }
        Some(FaultAction::SlowBody { millis, chunk }) => {
            let (parts, bytes) = whole(next.run(request).await).await;
            let pieces: Vec<Bytes> = bytes.chunks(chunk.max(1)).map(Bytes::copy_from_slice).collect();
            let body = stream::unfold(pieces.into_iter(), move |mut rest| async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                rest.next().map(|piece| (Ok::<_, Infallible>(piece), rest))
            });
            Response::from_parts(parts, Body::from_stream(body))
        }
        Some(FaultAction::Truncate { keep }) => {
            let (mut parts, bytes) = whole(next.run(request).await).await;
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            let head = bytes.slice(..keep.min(bytes.len().saturating_sub(1)));
            let broken = stream::iter([Ok(head), Err(io::Error::from(io::ErrorKind::ConnectionAborted))]);
            // The pause lets the first half leave before the break.
            let body = futures_util::StreamExt::then(broken, |item| async move {
                if item.is_err() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                item
            });
            Response::from_parts(parts, Body::from_stream(body))
        }
    };
    if response.extensions().get::<LoseAnswer>().is_some() {
        kill.set();
        shared.control.record(entry);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    entry.status = response.status().as_u16();
    shared.control.record(entry);
    response
}

async fn whole(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (parts, bytes)
}

/// DNS rebinding: a page of a foreign name that resolves to 127.0.0.1 must not reach us.
fn host_is_local(request: &Request) -> bool {
    let Some(host) = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()) else { return false };
    let name = host
        .strip_prefix('[')
        .and_then(|h| h.split_once(']'))
        .map_or_else(|| host.rsplit_once(':').map_or(host, |(name, _)| name), |(v6, _)| v6);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
