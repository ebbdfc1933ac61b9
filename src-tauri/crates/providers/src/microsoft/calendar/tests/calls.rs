//! Teams: an event becomes a meeting once, and stays one.

use calendar::{
    call::Ask,
    edit::{Context, Fields, Members, change},
};
use domain::calendar::CallKind;
use sandbox::FaultAction;

use super::*;

fn edited(ics: &str, fields: &Fields) -> String {
    let context = Context { now: Timestamp(1_000), viewer: &Zone::fixed(0), me: None };
    change(ics, &Members::All, fields, "new", &context).unwrap().ics.unwrap()
}

fn asking(kind: CallKind) -> Fields {
    Fields { call: Some(Ask::Make { id: "call-1".to_owned(), kind }), ..Fields::default() }
}

fn review() -> Value {
    json!({"subject": "Review", "start": at("2026-11-24T10:00:00"), "end": at("2026-11-24T11:00:00")})
}

#[tokio::test]
async fn an_event_becomes_a_meeting_and_stays_one() {
    let rig = Microsoft::start(Fill::Empty).await;
    let id = rig.event(review());
    let mut mirror = rig.mirror().await;
    let wanted = edited(&mirror.rows[&id].1, &asking(CallKind::Teams));
    // The answer is lost: asked again, it is done already.
    rig.sandbox.control().add_fault(Fault::new("*/events/*", FaultAction::Drop { after_commit: true }).method("PATCH"));
    assert!(rig.update(&mut mirror, &id, &wanted).await.is_err());
    assert_eq!(rig.there(&id).unwrap()["isOnlineMeeting"], true);
    match rig.update(&mut mirror, &id, &wanted).await {
        Ok(_) => {}
        // Teams wrote into the text meanwhile: what the engine then does is merge, and write that.
        Err(ProviderError::Conflict(_)) => {
            let there = rig.source.fetch(&rig.calendar(), std::slice::from_ref(&id)).await.unwrap().remove(0);
            let theirs = there.ics.unwrap();
            let merged = calendar::merge(&mirror.rows[&id].1, &wanted, &theirs, &Zone::fixed(0)).unwrap();
            assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
            mirror.rows.insert(id.clone(), (there.etag, theirs));
            rig.update(&mut mirror, &id, &merged.ics).await.unwrap();
        }
        Err(other) => panic!("{other:?}"),
    }
    let master = series_of(&mirror.rows[&id].1).master.unwrap();
    assert!(master.call.is_none() && master.join.as_deref().is_some_and(|url| url.contains("teams.microsoft.example")), "{master:?}");
    // Another text does not take it away, and nothing else does.
    let told = edited(&mirror.rows[&id].1, &Fields { description: Some("Numbers first".into()), ..Fields::default() });
    rig.update(&mut mirror, &id, &told).await.unwrap();
    assert_eq!(rig.there(&id).unwrap()["isOnlineMeeting"], true);
    let without = edited(&mirror.rows[&id].1, &Fields { join: Some(String::new()), ..Fields::default() });
    assert!(matches!(rig.update(&mut mirror, &id, &without).await, Err(ProviderError::Refused(why)) if why.contains("Teams")));
}

#[tokio::test]
async fn a_new_event_is_a_meeting_from_the_beginning_where_the_calendar_can() {
    let rig = Microsoft::start(Fill::Empty).await;
    let bare = rig.event(review());
    let mirror = rig.mirror().await;
    let ics = edited(&mirror.rows[&bare].1, &asking(CallKind::Teams));
    let written = rig.create(&ics).await.unwrap();
    assert!(series_of(&written.ics.unwrap()).master.unwrap().join.is_some());
    let other = edited(&mirror.rows[&bare].1, &asking(CallKind::GoogleMeet));
    assert!(matches!(rig.create(&other).await, Err(ProviderError::Refused(_))));
    let calls = async || rig.source.calendars().await.unwrap().iter().map(|c| c.calls).collect::<Vec<_>>();
    assert_eq!(calls().await[0], Some(CallKind::Teams));
    rig.sandbox.set_ms_switches(|s| s.no_meetings = true);
    assert_eq!(calls().await[0], None);
}
