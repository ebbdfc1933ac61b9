//! "Open original in browser": a mail whose form was removed, with its form.
//!
//! A form needs a page that may submit, which the window never is. So the cleaned mail is given to the person's browser by a server
//! on loopback that lives for minutes and knows one unguessable path. That is safer than a file: nothing readable lies on the
//! disk, and the page gets real headers, among them `sandbox`, which no meta tag can set. Under it no script runs, nothing is
//! loaded but the pictures that were allowed, and a form may only be sent to https. What is typed into it goes where the
//! sender wants, and the page says so.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use base64::Engine as _;
use domain::{
    audit::{Actor, Outcome},
    ids::MessageId,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
};

use crate::{
    Engine, EngineError,
    core::audit,
    mime,
    read::{RAW_MAX, on_pool},
    sanitize,
    visitor::{self, Request},
};

/// Long enough to reload once or twice, short enough that nobody finds it later.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Pictures of the mail that go into the page, all together.
const PICTURES_MAX: usize = 10 * 1024 * 1024;

impl Engine {
    /// Serves the message with its forms for a few minutes and returns the address to open. `images`: remote pictures too; then
    /// the sender learns that it was opened.
    pub async fn open_original(&self, message: MessageId, images: bool, actor: Actor) -> Result<String, EngineError> {
        let raw = self.store().raw(message, RAW_MAX).await?;
        let subject = self.store().message(message).await?.summary.subject;
        let page = on_pool(move || page(&raw, &subject, images)).await?.ok_or_else(|| {
            EngineError::new("no_html", "This message has no other form than the one shown.", "There is nothing to open in the browser.")
        })?;
        let failed = |e: std::io::Error| {
            EngineError::new(
                "loopback",
                format!("no local port can be opened for the browser: {e}"),
                "Check whether a firewall blocks local connections.",
            )
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let mut secret = [0_u8; 16];
        getrandom::fill(&mut secret)
            .map_err(|_| EngineError::new("no_randomness", "The system gives no random numbers.", "Restart the computer."))?;
        let path = format!("/{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret));
        let url = format!("http://127.0.0.1:{port}{path}");
        let reply: Arc<[u8]> = reply(&page, images).into();
        self.spawn(async move {
            let _ = tokio::time::timeout(LIFE, serve(listener, path, port, reply)).await;
        });
        self.audit_only(audit(actor, "mail.opened_in_browser", format!("message:{message}"), Outcome::Ok, format!("images={images}")))
            .await;
        Ok(url)
    }
}

async fn serve(listener: TcpListener, path: String, port: u16, reply: Arc<[u8]>) {
    loop {
        let Ok((stream, peer)) = listener.accept().await else { return };
        if !peer.ip().is_loopback() {
            continue;
        }
        let (path, reply) = (path.clone(), Arc::clone(&reply));
        tokio::spawn(async move {
            let _ = tokio::time::timeout(visitor::READ_TIMEOUT * 4, answer(stream, &path, port, &reply)).await;
        });
    }
}

async fn answer(mut stream: TcpStream, path: &str, port: u16, reply: &[u8]) -> std::io::Result<()> {
    let Some(head) = visitor::head(&mut stream).await else { return Ok(()) };
    if is_wanted(&head, path, port) {
        stream.write_all(reply).await?;
    } else {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await?;
    }
    stream.shutdown().await
}

/// The one path, asked for under our own name: another site can neither guess it nor rebind its name to us.
fn is_wanted(head: &str, path: &str, port: u16) -> bool {
    let request = Request::of(head);
    request.method == "GET" && request.target == path && request.host == Some(format!("127.0.0.1:{port}").as_str())
}

fn reply(page: &str, images: bool) -> Vec<u8> {
    let pictures = if images { "data: https: http:" } else { "data:" };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nCross-Origin-Opener-Policy: same-origin\r\n\
         Content-Security-Policy: sandbox allow-forms allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
         img-src {pictures}; style-src 'unsafe-inline'; form-action https:; base-uri 'none'; frame-ancestors 'none'\r\n\
         Connection: close\r\n\r\n",
        page.len()
    );
    let mut out = head.into_bytes();
    out.extend_from_slice(page.as_bytes());
    out
}

/// None where the message has no HTML.
fn page(raw: &[u8], subject: &str, images: bool) -> Option<String> {
    let bodies = mime::bodies(raw);
    let html = bodies.html.as_deref()?;
    let room = std::sync::Mutex::new(PICTURES_MAX);
    let picture = |src: &str| -> Option<String> {
        if let Some(cid) = src.strip_prefix("cid:") {
            let part = mime::part(raw, bodies.inline.get(cid)?.part)?;
            let plain =
                part.mime.strip_prefix("image/").is_some_and(|s| !s.starts_with("svg") && s.bytes().all(|b| b.is_ascii_alphanumeric()));
            let mut room = room.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *room = room.checked_sub(part.bytes.len()).filter(|_| plain)?;
            return Some(format!("data:{};base64,{}", part.mime, base64::engine::general_purpose::STANDARD.encode(part.bytes)));
        }
        let remote = ["http://", "https://"].iter().any(|s| src.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s)));
        (images && remote).then(|| src.to_owned())
    };
    let body = sanitize::with_forms(html, &picture);
    let hosts = sanitize::form_hosts(html);
    let goes = if hosts.is_empty() { String::new() } else { format!(" A form in it sends what you type to {}.", hosts.join(", ")) };
    Some(format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\"><title>{}</title></head>\
         <body style=\"margin:0\"><p style=\"margin:0;padding:10px 16px;font:14px/1.4 system-ui,sans-serif;background:#fff4d6;color:#3a2c00;\
         border-bottom:1px solid #e6d49c\">A copy of a mail, shown by Aurelius for a few minutes. Scripts do not run here.{}</p>\
         <div style=\"padding:16px\">{body}</div></body></html>",
        mime::escape_html(subject),
        mime::escape_html(&goes)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncReadExt as _;

    use super::*;

    const MAIL: &[u8] = b"Subject: Vote <now>\r\nContent-Type: text/html\r\n\r\n\
        <form action=\"https://vote.example/x\" method=post><input name=a></form><script>alert(1)</script><img src=\"https://t.example/o.gif\">";

    #[test]
    fn the_page_says_where_the_form_goes_and_loads_nothing_unasked() {
        let shown = page(MAIL, "Vote <now>", false).unwrap();
        assert!(shown.contains("action=\"https://vote.example/x\"") && shown.contains("type to vote.example"), "{shown}");
        assert!(!shown.contains("alert") && !shown.contains("t.example") && shown.contains("Vote &lt;now&gt;"), "{shown}");
        assert!(page(MAIL, "s", true).unwrap().contains("https://t.example/o.gif"));
        assert!(page(b"Subject: x\r\n\r\nplain", "s", true).is_none());
        let head = String::from_utf8(reply("x", false)).unwrap();
        assert!(head.contains("sandbox allow-forms ") && !head.contains("allow-scripts") && head.contains("img-src data:;"), "{head}");
    }

    #[tokio::test]
    async fn only_the_one_path_under_our_own_name_is_answered() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(serve(listener, "/secret".to_owned(), port, reply("PAGE", false).into()));
        let ask = |request: String| async move {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut out = String::new();
            stream.read_to_string(&mut out).await.unwrap();
            out
        };
        let own = format!("127.0.0.1:{port}");
        assert!(ask(format!("GET /secret HTTP/1.1\r\nHost: {own}\r\n\r\n")).await.ends_with("PAGE"));
        for (line, host) in [
            ("GET / HTTP/1.1", own.as_str()),
            ("GET /secret2 HTTP/1.1", &own),
            ("POST /secret HTTP/1.1", &own),
            ("GET /secret HTTP/1.1", "evil.example"),
        ] {
            assert!(ask(format!("{line}\r\nHost: {host}\r\n\r\n")).await.starts_with("HTTP/1.1 404"), "{line} {host}");
        }
        task.abort();
    }
}
