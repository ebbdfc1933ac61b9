//! The three reports.

use super::*;
use crate::HrefStyle;

async fn fill(rig: &Rig, count: usize) {
    for n in 0..count {
        rig.sandbox.put_calendar_item("personal", &format!("e{n}.ics"), &event(&format!("e{n}"), "")).unwrap();
    }
}

#[tokio::test]
async fn a_token_tells_what_changed_since() {
    let rig = Rig::new().await;
    fill(&rig, 3).await;
    let first = rig.sync(PERSONAL, "").await;
    assert_eq!(lines(&first).len(), 4);
    for (line, item) in lines(&first).iter().zip(["dentist.ics", "e0.ics", "e1.ics", "e2.ics"]) {
        assert_eq!(line.href, format!("{PERSONAL}{item}"));
        assert!(line.text(DAV, "getetag").starts_with('"'));
    }
    assert_eq!(token(&first), lines(&rig.propfind(PERSONAL, "0", "<D:sync-token/>").await)[0].text(DAV, "sync-token"));
    let quiet = rig.sync(PERSONAL, &token(&first)).await;
    assert!(lines(&quiet).is_empty() && token(&quiet) == token(&first));
    rig.sandbox.edit_calendar_item("personal", "e0.ics", "SUMMARY", "Other").unwrap();
    assert!(rig.sandbox.delete_calendar_item("personal", "e1.ics"));
    // Made and gone in between: nobody need hear of it.
    rig.sandbox.put_calendar_item("personal", "brief.ics", &event("brief", "")).unwrap();
    assert!(rig.sandbox.delete_calendar_item("personal", "brief.ics"));
    // Gone and made again is a change.
    assert!(rig.sandbox.delete_calendar_item("personal", "e2.ics"));
    rig.sandbox.put_calendar_item("personal", "e2.ics", &event("e2", "")).unwrap();
    let second = rig.sync(PERSONAL, &token(&first)).await;
    let told: Vec<(String, Option<String>)> = lines(&second).into_iter().map(|l| (l.href.replace(PERSONAL, ""), l.status)).collect();
    let gone = Some("HTTP/1.1 404 Not Found".to_owned());
    assert_eq!(told, [("e0.ics".to_owned(), None), ("e1.ics".to_owned(), gone), ("e2.ics".to_owned(), None)]);
    // A first sync knows nothing of what is gone, and an old token still works.
    assert!(lines(&rig.sync(PERSONAL, "").await).iter().all(|l| l.status.is_none()));
    assert_eq!(lines(&rig.sync(PERSONAL, &token(&first)).await).len(), 3);
}

#[tokio::test]
async fn bad_tokens_and_bad_requests_are_refused() {
    let rig = Rig::new().await;
    let good = token(&rig.sync(PERSONAL, "").await);
    rig.sandbox.put_calendar_item("work", "a.ics", &event("a", "")).unwrap();
    let foreign = token(&rig.sync(WORK, "").await);
    for bad in ["nonsense", "http://sandbox.example/ns/sync/1/999", foreign.as_str()] {
        assert_eq!(refusal(&rig.sync(PERSONAL, bad).await), refused(403, "valid-sync-token"), "{bad}");
    }
    assert_eq!(rig.sync(PERSONAL, &good).await.status, 207);
    rig.sandbox.void_sync_tokens();
    assert_eq!(refusal(&rig.sync(PERSONAL, &good).await), refused(403, "valid-sync-token"));
    let anew = token(&rig.sync(PERSONAL, "").await);
    assert_eq!(rig.sync(PERSONAL, &anew).await.status, 207);
    // RFC 6578 section 3.2.
    assert_eq!(rig.report(PERSONAL, "1", &sync_body("", "")).await.status, 400);
    let deep = sync_body("", "").replace(">1<", ">infinite<");
    assert_eq!(refusal(&rig.report(PERSONAL, "0", &deep).await), refused(403, "sync-traversal-supported"));
    for part in ["<D:sync-token></D:sync-token>", "<D:sync-level>1</D:sync-level>", "<D:prop><D:getetag/></D:prop>"] {
        assert_eq!(rig.report(PERSONAL, "0", &sync_body("", "").replace(part, "")).await.status, 400, "without {part}");
    }
    rig.sandbox.set_caldav(|s| s.sync_collection = false);
    assert_eq!(rig.sync(PERSONAL, "").await.status, 405);
    let line = lines(&rig.propfind(PERSONAL, "0", "<D:sync-token/><D:supported-report-set/>").await).remove(0);
    assert_eq!((line.missing.as_slice(), line.found[0].children.len()), (&["sync-token".to_owned()][..], 2));
}

#[tokio::test]
async fn a_cut_answer_goes_on_from_its_token() {
    let rig = Rig::new().await;
    fill(&rig, 6).await;
    rig.sandbox.set_caldav(|s| s.sync_limit = 3);
    let (mut seen, mut at) = (Vec::new(), String::new());
    let mut cuts = Vec::new();
    for _ in 0..3 {
        let page = rig.sync(PERSONAL, &at).await;
        at = token(&page);
        let (own, members): (Vec<Line>, Vec<Line>) = lines(&page).into_iter().partition(|l| l.href == PERSONAL);
        cuts.push(own.first().and_then(|l| l.status.clone()));
        assert!(own.is_empty() || page.text().contains("<D:number-of-matches-within-limits/>"));
        seen.extend(members.into_iter().map(|l| l.href));
    }
    let cut = Some("HTTP/1.1 507 Insufficient Storage".to_owned());
    assert_eq!((cuts, seen.len()), (vec![cut.clone(), cut, None], 7));
    seen.dedup();
    assert_eq!(seen.len(), 7);
    // The client's own limit counts as well.
    let own = rig.report(PERSONAL, "0", &sync_body("", "<D:limit><D:nresults>2</D:nresults></D:limit>")).await;
    assert_eq!(lines(&own).len(), 3);
    assert_eq!(rig.report(PERSONAL, "0", &sync_body("", "<D:limit/>")).await.status, 400);
}

#[tokio::test]
async fn multiget_brings_texts_and_says_what_is_gone() {
    let rig = Rig::new().await;
    fill(&rig, 2).await;
    let ask = |hrefs: &str| wrap("C:calendar-multiget", &format!("<D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}"));
    let base = rig.sandbox.caldav_base();
    let hrefs = format!(
        "<D:href>{PERSONAL}e0.ics</D:href><D:href>{base}{}e1.ics</D:href><D:href>{PERSONAL}gone%20x.ics</D:href><D:href>{WORK}standup.ics</D:href>",
        PERSONAL.replace('@', "%40")
    );
    let found = lines(&rig.report(PERSONAL, "1", &ask(&hrefs)).await);
    assert_eq!(found[0].text(CALDAV, "calendar-data"), event("e0", ""));
    assert_eq!(found[1].text(CALDAV, "calendar-data"), event("e1", ""));
    let gone = Some("HTTP/1.1 404 Not Found");
    assert_eq!((found[2].href.as_str(), found[2].status.as_deref()), (format!("{PERSONAL}gone%20x.ics").as_str(), gone));
    assert_eq!(found[3].status.as_deref(), gone);
    assert_eq!(rig.report(PERSONAL, "1", &ask("")).await.status, 400);
    let json = ask(&hrefs).replace("<C:calendar-data/>", "<C:calendar-data content-type=\"application/calendar+json\"/>");
    assert_eq!(refusal(&rig.report(PERSONAL, "1", &json).await), refused(403, "supported-calendar-data"));
    let expand = ask(&hrefs).replace(
        "<C:calendar-data/>",
        "<C:calendar-data><C:expand start=\"20260101T000000Z\" end=\"20270101T000000Z\"/></C:calendar-data>",
    );
    assert_eq!(rig.report(PERSONAL, "1", &expand).await.status, 501);
}

fn query(filter: &str) -> String {
    wrap(
        "C:calendar-query",
        &format!(
            "<D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">{filter}</C:comp-filter></C:filter>"
        ),
    )
}

fn span(range: &str) -> String {
    query(&format!("<C:comp-filter name=\"VEVENT\"><C:time-range {range}/></C:comp-filter>"))
}

#[tokio::test]
async fn a_query_finds_what_lies_in_its_time() {
    let rig = Rig::new().await;
    fill(&rig, 1).await;
    let weekly = event("w", "RRULE:FREQ=WEEKLY;UNTIL=20261215T090000Z\r\n");
    rig.sandbox.put_calendar_item("personal", "weekly.ics", &weekly).unwrap();
    let names = |reply: &Reply| lines(reply).iter().map(|l| l.href.replace(PERSONAL, "")).collect::<Vec<_>>();
    let ask = async |range: &str| names(&rig.report(PERSONAL, "1", &span(range)).await);
    assert_eq!(ask("start=\"20261124T093000Z\" end=\"20261124T094500Z\"").await, ["e0.ics", "weekly.ics"]);
    assert_eq!(ask("start=\"20261124T100000Z\" end=\"20261124T110000Z\"").await, Vec::<String>::new());
    assert_eq!(ask("start=\"20261208T000000Z\" end=\"20261209T000000Z\"").await, ["weekly.ics"]);
    assert_eq!(ask("start=\"20261222T000000Z\" end=\"20261223T000000Z\"").await, Vec::<String>::new());
    assert_eq!(ask("end=\"20200101T000000Z\"").await, Vec::<String>::new());
    let by_uid = query(
        "<C:comp-filter name=\"VEVENT\"><C:prop-filter name=\"UID\"><C:text-match collation=\"i;octet\">w</C:text-match></C:prop-filter></C:comp-filter>",
    );
    assert_eq!(names(&rig.report(PERSONAL, "1", &by_uid).await), ["weekly.ics"]);
    assert_eq!(names(&rig.report(PERSONAL, "1", &query("<C:comp-filter name=\"VTODO\"/>")).await), Vec::<String>::new());
    // Depth 0 is the calendar itself, which is no event.
    assert!(lines(&rig.report(PERSONAL, "0", &query("<C:comp-filter name=\"VEVENT\"/>")).await).is_empty());
}

#[tokio::test]
async fn refuses_filters_that_are_wrong_or_unknown() {
    let rig = Rig::new().await;
    for range in [
        "start=\"20261124T090000\" end=\"20261125T090000Z\"",
        "start=\"20261124\"",
        "start=\"2026-11-24T09:00:00Z\"",
        "start=\"20261125T000000Z\" end=\"20261124T000000Z\"",
        "",
    ] {
        assert_eq!(refusal(&rig.report(PERSONAL, "1", &span(range)).await), refused(403, "valid-filter"), "{range}");
    }
    let whole = span("start=\"20261124T090000Z\"");
    for (from, to, condition) in [
        ("name=\"VCALENDAR\"", "name=\"VEVENT\"", "valid-filter"),
        ("C:filter>", "C:filtre>", "valid-filter"),
        ("name=\"VEVENT\"", "name=\"VTODO\"", "supported-filter"),
        ("C:time-range start=\"20261124T090000Z\"", "C:comp-filter name=\"VALARM\"", "supported-filter"),
    ] {
        assert_eq!(refusal(&rig.report(PERSONAL, "1", &whole.replace(from, to)).await), refused(403, condition), "{to}");
    }
    let collation = query(
        "<C:comp-filter name=\"VEVENT\"><C:prop-filter name=\"UID\"><C:text-match collation=\"i;klingon\">w</C:text-match></C:prop-filter></C:comp-filter>",
    );
    assert_eq!(refusal(&rig.report(PERSONAL, "1", &collation).await), refused(403, "supported-collation"));
}

#[tokio::test]
async fn answers_may_be_spelt_otherwise_and_come_twice() {
    let rig = Rig::new().await;
    fill(&rig, 5).await;
    rig.sandbox.set_caldav(|s| {
        s.hrefs = HrefStyle::Mixed;
        s.duplicates = true;
    });
    let hrefs: Vec<String> = lines(&rig.sync(PERSONAL, "").await).into_iter().map(|l| l.href).collect();
    assert_eq!(hrefs.len(), 12);
    assert!(hrefs.chunks(2).all(|pair| pair[0] == pair[1]));
    let base = rig.sandbox.caldav_base();
    for start in [PERSONAL.to_owned(), PERSONAL.replace('@', "%40"), format!("{base}{PERSONAL}")] {
        assert!(hrefs.iter().any(|h| h.starts_with(&start)), "{start} in {hrefs:?}");
    }
    // Each spelling leads to the member.
    for href in &hrefs {
        let path = href.strip_prefix(&base).unwrap_or(href);
        assert_eq!(rig.send("GET", path, &[], "").await.status, 200);
    }
}
