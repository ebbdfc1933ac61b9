//! `events.move`: a series with its dates, once, and only what Google moves.

use domain::calendar::Moving;

use super::*;

const OTHER: &str = "other@group.calendar.google.com";

impl Fixture {
    async fn with_other() -> Self {
        let fixture = Self::start().await;
        let about = GcalCalendar {
            id: OTHER.into(),
            summary: "Other".into(),
            time_zone: "Europe/Zurich".into(),
            role: "owner".into(),
            ..GcalCalendar::default()
        };
        fixture.sandbox.add_gcal_calendar(MARA, about);
        fixture
    }

    async fn relocate(&self, id: &str, etag: &str) -> Result<ItemWritten, ProviderError> {
        let write = CalendarWrite::Move {
            from: RemoteId(self.calendar.clone()),
            to: RemoteId(OTHER.to_owned()),
            id: id.into(),
            etag: etag.to_owned(),
            name: "0123456789abcdefghijklmnop".to_owned(),
        };
        self.source.write(&write).await
    }

    fn live(&self, calendar: &str) -> usize {
        self.sandbox.gcal_events(MARA, calendar).iter().filter(|e| e["status"] != "cancelled").count()
    }
}

#[tokio::test]
async fn a_series_is_moved_with_its_dates_and_once() {
    let mut fixture = Fixture::with_other().await;
    fixture.put(standup());
    fixture.put(json!({"id": "standup00_20261110T090000Z", "summary": "Stand-up, late", "start": at("2026-11-10T11:00:00"), "end": at("2026-11-10T11:15:00")}));
    fixture.sync().await.unwrap();
    let (etag, before) = fixture.rows["standup00"].clone();
    assert!(matches!(fixture.source.moving(&before), Ok(Moving::Whole)));
    fixture.sandbox.control().add_fault(Fault::new("*/move", FaultAction::Drop { after_commit: true }).method("POST"));
    assert!(fixture.relocate("standup00", &etag).await.is_err());
    let written = fixture.relocate("standup00", &etag).await.unwrap();
    assert_eq!(written.id.as_str(), "standup00");
    let series = read(&written.ics.unwrap());
    assert_eq!((series.overrides.len(), series.master.unwrap().attendees.len()), (1, 2));
    assert_eq!((fixture.live(MARA), fixture.live(OTHER)), (0, 2));
    assert!(fixture.sandbox.gcal_told().iter().all(|told| told.send == "none"), "{:?}", fixture.sandbox.gcal_told());
    assert_eq!(fixture.sync().await.unwrap(), ["-standup00"]);
}

#[tokio::test]
async fn what_changed_meanwhile_or_is_gone_or_is_of_another_kind_is_told() {
    let mut fixture = Fixture::with_other().await;
    fixture.put(standup());
    fixture.put(json!({"id": "away00000", "summary": "Away", "eventType": "outOfOffice", "start": at("2026-11-10T11:00:00"), "end": at("2026-11-10T12:00:00")}));
    fixture.sync().await.unwrap();
    let etag = fixture.rows["standup00"].0.clone();
    fixture.put(json!({"id": "standup00", "location": "Kafka"}));
    assert!(matches!(fixture.relocate("standup00", &etag).await, Err(ProviderError::Conflict(_))));
    assert!(matches!(fixture.source.moving(fixture.ics("away00000")), Err(ProviderError::Refused(why)) if why.contains("out of office")));
    assert!(fixture.relocate("away00000", &fixture.rows["away00000"].0.clone()).await.is_err());
    fixture.sandbox.delete_gcal_event(MARA, MARA, "standup00");
    assert!(matches!(fixture.relocate("standup00", &etag).await, Err(ProviderError::NotFound(_))));
}
