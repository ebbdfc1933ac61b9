//! A stand-in for the person's browser, for sample workspaces only: it follows the redirects of a sandbox that consents by
//! itself. It speaks to this machine and to nothing else.

use domain::config::is_loopback;
use engine::EngineError;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::Url;

const HOPS: usize = 4;

/// Opens `url` and follows redirects until a page answers.
pub async fn visit(url: &str) -> Result<(), EngineError> {
    let mut url = Url::parse(url).map_err(|e| failed(&e.to_string()))?;
    for _ in 0..HOPS {
        match get(&url).await? {
            Some(next) => url = url.join(&next).map_err(|e| failed(&e.to_string()))?,
            None => return Ok(()),
        }
    }
    Err(failed("too many redirects"))
}

async fn get(url: &Url) -> Result<Option<String>, EngineError> {
    if url.scheme() != "http" || !is_loopback(url) {
        return Err(failed("it left this machine"));
    }
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Err(failed("no address")) };
    let path = &url[url::Position::BeforePath..];
    let io = |e: std::io::Error| failed(&e.to_string());
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(io)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n").as_bytes()).await.map_err(io)?;
    let mut reply = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut reply).await.map_err(io)?;
    let reply = String::from_utf8_lossy(&reply);
    let head = reply.split("\r\n\r\n").next().unwrap_or_default();
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('3') {
        let location = head.lines().find_map(|l| l.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("location")));
        return location.map(|(_, value)| Some(value.to_owned())).ok_or_else(|| failed("a redirect to nowhere"));
    }
    if status.starts_with('2') { Ok(None) } else { Err(failed(&format!("status {status}"))) }
}

fn failed(detail: &str) -> EngineError {
    EngineError::new(
        "sandbox",
        format!("The sample sign-in failed: {detail}."),
        "Start the sample workspace again; report it if it happens twice.",
    )
}
