//! Days and times that are typed mean the person's own zone as it is at that date, not as it is today.

use domain::time::Timestamp;
use sandbox::MARA;

use crate::World;

/// Central Europe, as a rule instead of a name: no file of time zones is needed.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// Whatever season the test runs in, one of the two days lies in the other one.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_another_season_begins_at_its_own_midnight() {
    let mut w = World::new().await;
    w.env.insert("TZ".into(), BERLIN.into());
    w.connect(MARA).await;
    // 00:30 on 3 July (summer time) and 00:30 on 5 December 2025.
    for (subject, at) in [("warmnight", 1_783_031_400), ("coldnight", 1_764_891_000)] {
        let raw = format!("From: Ada <ada@elsewhere.example>\r\nTo: {MARA}\r\nSubject: {subject}\r\n\r\nlate\r\n");
        w.sandbox.insert(MARA, raw.as_bytes(), &["INBOX"], Timestamp::from_secs(at)).unwrap();
        // The last half hour of the day before.
        let raw = raw.replace(subject, &format!("{subject}eve"));
        w.sandbox.insert(MARA, raw.as_bytes(), &["INBOX"], Timestamp::from_secs(at - 3_600)).unwrap();
    }
    w.ok("sync", &["sync"]);
    let hits = |query: &str| {
        let found = w.ok("search", &["search", query]);
        found["items"].as_array().unwrap().iter().map(|m| m["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hits("subject:warmnight* after:2026-07-03"), ["warmnight"]);
    assert_eq!(hits("subject:warmnight* before:2026-07-03"), ["warmnighteve"]);
    assert_eq!(hits("subject:coldnight* after:2025-12-05"), ["coldnight"]);
    assert_eq!(hits("subject:coldnight* before:2025-12-05"), ["coldnighteve"]);
}
