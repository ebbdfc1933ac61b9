//! Another client of the same calendar, as plain as can be: whole resources by GET, PUT and DELETE, and texts that can be compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    net::TcpStream,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// One collection of a server on this machine.
#[derive(Clone)]
pub struct Dav {
    /// `127.0.0.1:PORT`.
    pub host: String,
    pub user: String,
    pub password: String,
    /// Path with a slash at the end.
    pub collection: String,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| l.split_once(':').filter(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()))
    }
}

impl Dav {
    /// The same, for another collection beside it.
    pub fn beside(&self, name: &str) -> Self {
        let parent = self.collection.trim_end_matches('/').rsplit_once('/').unwrap().0;
        Self { collection: format!("{parent}/{name}/"), ..self.clone() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let sign_in = STANDARD.encode(format!("{}:{}", self.user, self.password));
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Basic {sign_in}\r\nContent-Length: {}\r\n",
            self.host,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let reply = String::from_utf8(reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no status in {reply:?}"));
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Paths of everything that lies in it.
    fn members(&self) -> Vec<String> {
        let listed = self.ask(
            "PROPFIND",
            &self.collection,
            &[("Depth", "1"), ("Content-Type", "application/xml")],
            r#"<?xml version="1.0"?><propfind xmlns="DAV:"><prop><getetag/></prop></propfind>"#,
        );
        assert_eq!(listed.status, 207, "{listed:?}");
        let hrefs = listed.body.split("href>").skip(1).step_by(2).map(|rest| rest.split('<').next().unwrap().trim().to_owned());
        hrefs.filter(|h| h.ends_with(".ics")).collect()
    }

    /// Path and text of every resource, by UID.
    pub fn items(&self) -> BTreeMap<String, (String, String)> {
        let one = |path: String| {
            let got = self.ask("GET", &path, &[], "");
            assert_eq!(got.status, 200, "{path}: {got:?}");
            (uid(&got.body), (path, got.body))
        };
        self.members().into_iter().map(one).collect()
    }

    /// The text of the only resource whose first title is this.
    pub fn titled(&self, title: &str) -> (String, String) {
        let wanted = format!("SUMMARY:{title}");
        let found: Vec<_> = self.items().into_values().filter(|(_, ics)| unfolded(ics).contains(&wanted)).collect();
        assert_eq!(found.len(), 1, "{title}: {found:?}");
        found.into_iter().next().unwrap()
    }

    /// A new resource.
    pub fn add(&self, name: &str, ics: &str) {
        let path = format!("{}{name}.ics", self.collection);
        let put = self.ask("PUT", &path, &[("If-None-Match", "*"), ("Content-Type", "text/calendar")], ics);
        assert!([201, 204].contains(&put.status), "{put:?}");
    }

    /// Changes the only resource of this title, as a client does that has the newest version.
    pub fn edit(&self, title: &str, change: impl FnOnce(String) -> String) {
        let (path, _) = self.titled(title);
        let got = self.ask("GET", &path, &[], "");
        let etag = got.header("ETag").unwrap().to_owned();
        let put = self.ask("PUT", &path, &[("If-Match", &etag), ("Content-Type", "text/calendar")], &change(got.body));
        assert!([200, 201, 204].contains(&put.status), "{put:?}");
    }

    pub fn delete(&self, title: &str) {
        let (path, _) = self.titled(title);
        assert!([200, 204].contains(&self.ask("DELETE", &path, &[], "").status));
    }

    /// Everything that lies in it, to compare.
    pub fn content(&self) -> Content {
        let mut all = Content::new();
        for (_, ics) in self.items().into_values() {
            add(&mut all, &ics);
        }
        all
    }
}

/// The events of a calendar by UID: each as its lines without regard to order, of which no program makes promises.
pub type Content = BTreeMap<String, BTreeSet<Vec<String>>>;

pub fn content(ics: &str) -> Content {
    let mut all = Content::new();
    add(&mut all, ics);
    all
}

fn add(all: &mut Content, ics: &str) {
    let mut event: Option<Vec<String>> = None;
    let mut id = String::new();
    for line in unfolded(ics) {
        match line.as_str() {
            "BEGIN:VEVENT" => event = Some(Vec::new()),
            "END:VEVENT" => {
                let mut lines = event.take().unwrap();
                lines.sort_unstable();
                all.entry(std::mem::take(&mut id)).or_default().insert(lines);
            }
            _ => {
                let Some(lines) = &mut event else { continue };
                if let Some(uid) = line.strip_prefix("UID:") {
                    uid.clone_into(&mut id);
                }
                // When it was written, and not what.
                if !["DTSTAMP", "LAST-MODIFIED", "CREATED"].iter().any(|name| line.starts_with(name)) {
                    lines.push(plain(&line));
                }
            }
        }
    }
}

/// Tells only what differs: a calendar is long.
pub fn same(one: &Content, other: &Content, what: &str) {
    let differ = |uid: &&String| one.get(*uid) != other.get(*uid);
    let told: Vec<String> = one
        .keys()
        .chain(other.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(differ)
        .map(|uid| format!("{uid}:\n  {:?}\n  {:?}", one.get(uid), other.get(uid)))
        .collect();
    assert!(told.is_empty(), "{what}:\n{}", told.join("\n"));
}

pub fn unfolded(ics: &str) -> Vec<String> {
    ics.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "").lines().map(str::to_owned).collect()
}

pub fn uid(ics: &str) -> String {
    unfolded(ics).into_iter().find_map(|l| l.strip_prefix("UID:").map(str::to_owned)).unwrap_or_default()
}

/// Parameters in order of their names and without quotes.
fn plain(line: &str) -> String {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let Some((colon, _)) = colon else { return line.to_owned() };
    let (head, value) = line.split_at(colon);
    let mut parts = head.split(';');
    let name = parts.next().unwrap_or_default().to_uppercase();
    // Radicale writes how long before in other words: zero minutes as zero seconds.
    let value = if name == "TRIGGER" {
        value.strip_prefix(':').and_then(secs).map_or(value.to_owned(), |s| format!(":{s}"))
    } else {
        value.to_owned()
    };
    let mut parameters: Vec<String> = parts.map(|p| p.replace('"', "")).collect();
    parameters.sort_unstable();
    format!("{name};{}{value}", parameters.join(";"))
}

/// A duration (RFC 5545 section 3.3.6) in seconds.
fn secs(text: &str) -> Option<i64> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text.trim_start_matches('+')), |rest| (-1, rest));
    let (mut total, mut number) = (0, String::new());
    for c in rest.strip_prefix('P')?.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            'T' => continue,
            'W' => 604_800,
            'D' => 86_400,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        total += number.parse::<i64>().ok()? * unit;
        number.clear();
    }
    Some(sign * total)
}

#[test]
fn texts_that_say_the_same_are_equal_and_others_are_not() {
    let of = |title: &str, more: &str| {
        content(&format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:{title}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"))
    };
    assert_eq!(
        of("a b", "ATTENDEE;CN=\"A\";PARTSTAT=X:mailto:a@b\r\nDTSTAMP:1\r\n"),
        of("a\r\n  b", "DTSTAMP:2\r\nATTENDEE;PARTSTAT=X;CN=A:mai\r\n lto:a@b\r\n")
    );
    assert_eq!(of("a", "TRIGGER:PT0M\r\n"), of("a", "TRIGGER:PT0S\r\n"));
    assert_eq!(of("a", "TRIGGER:-P1DT1H\r\n"), of("a", "TRIGGER:-PT1500M\r\n"));
    assert_ne!(of("a", "TRIGGER:-PT1M\r\n"), of("a", "TRIGGER:PT1M\r\n"));
    assert_ne!(of("a", ""), of("b", ""));
    assert_ne!(of("a", "LOCATION:x\r\n"), of("a", ""));
}
