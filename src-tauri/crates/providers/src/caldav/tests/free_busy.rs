//! Questions to an outbox: what is sent, and what the answers of each recipient mean.

use domain::{
    free_busy::{Availability, BusyKind, BusySpan, FreeBusyQuestion, NotKnown},
    time::Timestamp,
};

use super::*;

const DAY: Timestamp = Timestamp(1_796_083_200_000);
const HOUR: i64 = 3_600_000;
const PRINCIPAL: &str = "<D:current-user-principal><D:href>/dav/principal/</D:href></D:current-user-principal>";
const OUTBOX: &str = "<C:schedule-outbox-URL><D:href>/dav/outbox/</D:href></C:schedule-outbox-URL><C:calendar-user-address-set>\
                      <D:href>/dav/principal/</D:href><D:href>MAILTO:Jo@x.test</D:href></C:calendar-user-address-set>";

fn question(people: &[&str]) -> FreeBusyQuestion {
    FreeBusyQuestion { people: people.iter().map(|p| (*p).to_owned()).collect(), from: DAY, to: DAY.plus_millis(24 * HOUR) }
}

fn told(inside: &str) -> Answer {
    let ns = r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav""#;
    answer(200, "application/xml; charset=utf-8", format!("<C:schedule-response {ns}>{inside}</C:schedule-response>"))
}

fn one(address: &str, status: &str, data: Option<&str>) -> String {
    let data = data.map_or_else(String::new, |lines| {
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VFREEBUSY\r\n{lines}END:VFREEBUSY\r\nEND:VCALENDAR\r\n");
        format!("<C:calendar-data>{text}</C:calendar-data>")
    });
    format!(
        "<C:response><C:recipient><D:href>{address}</D:href></C:recipient><C:request-status>{status}</C:request-status>{data}</C:response>"
    )
}

async fn asked(people: &[&str], reply: impl Fn(&Asked) -> Answer + Send + 'static) -> (Scripted, Result<Vec<Availability>, ProviderError>) {
    let (server, source) = ready().await;
    server.next(|_| multistatus(&props("/dav/jo/", PRINCIPAL))).next(|_| multistatus(&props("/dav/principal/", OUTBOX))).next(reply);
    let found = source.free_busy(&question(people)).await;
    (server, found)
}

#[tokio::test]
async fn each_recipient_is_read_by_what_is_said_of_it() {
    let people = ["a@x.test", "b@x.test", "c@x.test", "d@x.test", "e@x.test", "f@x.test"];
    let (server, found) = asked(&people, |_| {
        told(
            &[
                one("mailto:f@x.test", "2.0;Success", Some("FREEBUSY:20261201T080000/PT1H\r\n")),
                one("MAILTO:A@x.test", "2.0;Success", Some("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261201T080000Z/PT1H\r\n")),
                one("mailto:b@x.test", "3.7;Invalid calendar user", None),
                one("mailto:c@x.test", "3.8;No authority", None),
                one("mailto:d@x.test", "5.1;Service unavailable", None),
            ]
            .concat(),
        )
    })
    .await;
    let found: Vec<_> = found.unwrap().into_iter().map(|a| (a.address, a.busy)).collect();
    let busy = BusySpan::new(DAY.plus_millis(8 * HOUR), DAY.plus_millis(9 * HOUR), BusyKind::Tentative);
    let expected = [
        Ok(vec![busy]),
        Err(NotKnown::NotFound),
        Err(NotKnown::Refused),
        Err(NotKnown::Failed),
        Err(NotKnown::Failed),
        Err(NotKnown::Failed),
    ];
    assert_eq!(found, people.map(str::to_owned).into_iter().zip(expected).collect::<Vec<_>>(), "who is not told of is not known");
    let post = since(&server).pop().unwrap();
    assert_eq!((post.method.as_str(), post.target.as_str()), ("POST", "/dav/outbox/"));
    assert_eq!(post.header("content-type"), Some("text/calendar; charset=utf-8"));
    let body = post.text();
    assert!(body.contains("METHOD:REQUEST\r\n") && body.contains("ORGANIZER:mailto:jo@x.test\r\n"), "{body}");
    assert_eq!(body.matches("ATTENDEE:mailto:").count(), 6);
}

#[tokio::test]
async fn a_server_that_does_not_schedule_is_not_asked() {
    let (server, source) = ready().await;
    server.next(|_| multistatus(&props("/dav/jo/", PRINCIPAL))).next(|_| multistatus(&props("/dav/principal/", HOME)));
    assert_eq!(source.free_busy(&question(&["a@x.test"])).await.unwrap_err().code(), "unsupported");
    assert_eq!(since(&server).len(), 2);
    let (server, source) = ready().await;
    server.next(|_| multistatus(&props("/dav/jo/", HOME)));
    assert_eq!(source.free_busy(&question(&["a@x.test"])).await.unwrap_err().code(), "unsupported");
    assert_eq!(since(&server).len(), 1);
}

#[tokio::test]
async fn a_refused_question_is_a_reason_in_words() {
    for (status, condition, code) in [
        (403, "C:organizer-allowed", "refused"),
        (403, "C:valid-scheduling-message", "refused"),
        (404, "D:x", "unsupported"),
        (405, "D:x", "unsupported"),
        (500, "D:x", "server"),
    ] {
        let (_server, found) = asked(&["a@x.test"], move |_| error(status, condition)).await;
        assert_eq!(found.unwrap_err().code(), code, "{status} {condition}");
    }
    for body in ["<html/>", "<C:schedule-response xmlns:C='urn:ietf:params:xml:ns:caldav'>", "busy"] {
        let (_server, found) = asked(&["a@x.test"], move |_| answer(200, "application/xml", body.to_owned())).await;
        assert_eq!(found.unwrap_err().code(), "protocol", "{body}");
    }
    let many = (0..60).map(|n| one(&format!("mailto:a{n}@x.test"), "2.0", Some(""))).collect::<String>();
    let (_server, found) = asked(&["a@x.test"], move |_| told(&many)).await;
    assert_eq!(found.unwrap_err().code(), "protocol", "more than were asked for");
}
