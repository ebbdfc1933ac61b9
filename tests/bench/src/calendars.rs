//! Twenty subscribed calendars with fifty thousand events, and twenty more with ten thousand series: made, served and subscribed to.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{SecretString, audit::Actor};
use engine::{ConnectFeed, Engine};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Calendars with events, and as many with series.
pub const CALENDARS: u64 = 20;
pub const EVENTS: u64 = 50_000;
pub const SERIES: u64 = 10_000;
/// 2026-01-05, a Monday: the events lie in the five years around it.
pub const MONDAY: i64 = 1_767_571_200;
const DAY: i64 = 86_400;
pub const DAY_MS: i64 = DAY * 1_000;

/// All of them: the first [`CALENDARS`] hold events. In pieces: nobody's one calendar is larger than what is read of one.
pub fn files() -> Vec<String> {
    let mut files: Vec<String> = (0..CALENDARS).map(|n| calendar(n, EVENTS / CALENDARS, 0)).collect();
    files.extend((0..CALENDARS).map(|n| calendar(CALENDARS + n, 0, SERIES / CALENDARS)));
    files
}

/// Subscribes to those from one number to below another.
pub async fn subscribe(engine: &Engine, port: u16, from: u64, to: u64) {
    for n in from..to {
        let request = ConnectFeed {
            url: SecretString::from(format!("http://127.0.0.1:{port}/c{n}.ics")),
            name: String::new(),
            private_allowed: true,
            actor: Actor::Cli,
        };
        engine.connect_feed(request).await.unwrap();
    }
}

/// Six weeks of the month with this number, from its first millisecond to the one after its last.
pub fn month(number: i64) -> (i64, i64) {
    let from = MONDAY * 1_000 - 300 * DAY_MS + number * 30 * DAY_MS;
    (from, from + 42 * DAY_MS)
}

/// A small generator whose numbers are the same everywhere (SplitMix64).
struct Rng(u64);

impl Rng {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all.get(self.next(all.len() as u64) as usize).unwrap()
    }
}

fn stamp(secs: i64) -> String {
    // Civil from days (Howard Hinnant's algorithm), so that the bench needs no calendar library.
    let (days, rest) = (secs.div_euclid(DAY), secs.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}00", rest / 3_600, rest / 60 % 60)
}

/// One calendar of the twenty, with its share of events and series.
fn calendar(n: u64, events: u64, series: u64) -> String {
    let mut rng = Rng(n + 1);
    let mut out = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nX-WR-CALNAME:Calendar {n}\r\n");
    for i in 0..events {
        let start = MONDAY - 913 * DAY + (rng.next(1_826) as i64) * DAY + 7 * 3_600 + (rng.next(40) as i64) * 900;
        let end = start + 900 * (1 + rng.next(8) as i64);
        let zone = rng.of(&["Europe/Berlin", "America/New_York", "UTC"]);
        let _ = write!(
            out,
            "BEGIN:VEVENT\r\nUID:e{n}-{i}@bench.example\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID={zone}:{}\r\nDTEND;TZID={zone}:{}\r\n\
             SUMMARY:Meeting {i} of calendar {n}\r\nLOCATION:Room {}\r\nDESCRIPTION:What is talked about in meeting {i}\\, at length.\r\nEND:VEVENT\r\n",
            stamp(start),
            stamp(end),
            rng.next(40),
        );
    }
    for i in 0..series {
        let start = MONDAY - (rng.next(700) as i64) * DAY + 7 * 3_600 + (rng.next(40) as i64) * 900;
        let rule = rng.of(&[
            "FREQ=WEEKLY",
            "FREQ=WEEKLY;INTERVAL=2",
            "FREQ=WEEKLY;BYDAY=MO,WE",
            "FREQ=MONTHLY;BYDAY=2TU",
            "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=YEARLY",
        ]);
        let _ = write!(
            out,
            "BEGIN:VEVENT\r\nUID:s{n}-{i}@bench.example\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:{}\r\nDURATION:PT30M\r\n\
             RRULE:{rule}\r\nSUMMARY:Series {i} of calendar {n}\r\nEND:VEVENT\r\n",
            stamp(start),
        );
    }
    out + "END:VCALENDAR\r\n"
}

/// Serves files as `/cN.ics`, with ETags; counts what it is asked.
pub async fn serve(files: Vec<String>) -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicU64::new(0));
    let (files, count) = (Arc::new(files), Arc::clone(&asked));
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (files, count) = (Arc::clone(&files), Arc::clone(&count));
            tokio::spawn(async move {
                let mut head = Vec::new();
                let mut byte = [0; 1024];
                loop {
                    head.clear();
                    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
                        match socket.read(&mut byte).await {
                            Ok(n) if n > 0 => head.extend_from_slice(byte.get(..n).unwrap()),
                            _ => return,
                        }
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                    let text = String::from_utf8_lossy(&head).to_lowercase();
                    let n: usize = text.split("/c").nth(1).and_then(|t| t.split(".ics").next()).and_then(|t| t.parse().ok()).unwrap();
                    let body = files.get(n).unwrap();
                    let tag = format!("\"{n}\"");
                    let reply = if text.contains(&format!("if-none-match: {tag}")) {
                        format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\nContent-Length: 0\r\n\r\n")
                    } else {
                        format!(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nETag: {tag}\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        )
                    };
                    if socket.write_all(reply.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, asked)
}
