//! CalDAV's rules over real HTTP: what works, and above all what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::xml::{self, CALDAV, DAV, Element};
use crate::{
    MARA, Sandbox, SandboxOptions,
    test_client::{Reply, send, try_send},
};

mod discovery;
mod faults;
mod free_busy;
mod scheduling;
mod sync;
mod writing;

const HOME: &str = "/dav/calendars/mara@lindqvist.example/";
const PERSONAL: &str = "/dav/calendars/mara@lindqvist.example/personal/";
const WORK: &str = "/dav/calendars/mara@lindqvist.example/work/";
const FAMILY: &str = "/dav/calendars/mara@lindqvist.example/family/";

struct Rig {
    sandbox: Sandbox,
    auth: String,
}

impl Rig {
    /// Three calendars with one event each.
    async fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
        let auth = basic(&sandbox.caldav_user(), &sandbox.caldav_password());
        Self { sandbox, auth }
    }

    async fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Reply> {
        let all = [&[("Authorization", self.auth.as_str())], headers].concat();
        try_send(&self.sandbox.caldav_base(), method, path, &all, body.as_bytes()).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    async fn propfind(&self, path: &str, depth: &str, props: &str) -> Reply {
        self.send("PROPFIND", path, &[("Depth", depth)], &wrap("D:propfind", &format!("<D:prop>{props}</D:prop>"))).await
    }

    async fn report(&self, path: &str, depth: &str, body: &str) -> Reply {
        self.send("REPORT", path, &[("Depth", depth)], body).await
    }

    /// A sync of the calendar after `token`.
    async fn sync(&self, path: &str, token: &str) -> Reply {
        self.report(path, "0", &sync_body(token, "")).await
    }

    async fn put(&self, path: &str, ics: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("PUT", path, &[&[("Content-Type", "text/calendar; charset=utf-8")], headers].concat(), ics).await
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn wrap(root: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><{root} xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
         xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:A=\"http://apple.com/ns/ical/\">{inner}</{root}>"
    )
}

fn sync_body(token: &str, more: &str) -> String {
    let inner = format!("<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>{more}<D:prop><D:getetag/></D:prop>");
    wrap("D:sync-collection", &inner)
}

/// A plain event of one hour.
fn event(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n\
         DTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\nSUMMARY:Test\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The answer's responses as (href, text of each property that is there, names that are not, status of the whole).
struct Line {
    href: String,
    found: Vec<Element>,
    missing: Vec<String>,
    status: Option<String>,
}

impl Line {
    fn get(&self, ns: &str, name: &str) -> Option<&Element> {
        self.found.iter().find(|p| p.is(ns, name))
    }
    fn text(&self, ns: &str, name: &str) -> String {
        self.get(ns, name).map(|p| p.text.clone()).unwrap_or_default()
    }
}

fn lines(reply: &Reply) -> Vec<Line> {
    assert_eq!(reply.status, 207, "{}", reply.text());
    let root = xml::parse(&reply.body).unwrap();
    let responses = root.children.iter().filter(|c| c.is(DAV, "response"));
    let line = |response: &Element| {
        let mut line =
            Line { href: response.child(DAV, "href").unwrap().text.clone(), found: Vec::new(), missing: Vec::new(), status: None };
        line.status = response.child(DAV, "status").map(|s| s.text.clone());
        for propstat in response.children.iter().filter(|c| c.is(DAV, "propstat")) {
            let prop = propstat.child(DAV, "prop").unwrap();
            match propstat.child(DAV, "status").unwrap().text.as_str() {
                "HTTP/1.1 200 OK" => line.found.extend(prop.children.clone()),
                "HTTP/1.1 404 Not Found" => line.missing.extend(prop.children.iter().map(|c| c.name.clone())),
                other => panic!("{other}"),
            }
        }
        line
    };
    responses.map(line).collect()
}

fn token(reply: &Reply) -> String {
    xml::parse(&reply.body).unwrap().child(DAV, "sync-token").unwrap().text.clone()
}

/// Status and failed precondition.
fn refusal(reply: &Reply) -> (u16, String) {
    let condition = xml::parse(&reply.body).ok().filter(|root| root.is(DAV, "error")).and_then(|root| {
        let first = root.children.first()?;
        assert!(first.ns == DAV || first.ns == CALDAV, "{}", first.ns);
        Some(first.name.clone())
    });
    (reply.status, condition.unwrap_or_default())
}

fn refused(status: u16, condition: &str) -> (u16, String) {
    (status, condition.to_owned())
}
