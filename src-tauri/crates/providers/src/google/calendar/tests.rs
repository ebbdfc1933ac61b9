//! Google Calendar against the sandbox: a store of resources, kept as the engine keeps them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::{BTreeMap, BTreeSet};

use calendar::{Participation, Series, When};
use domain::{
    ExposeSecret as _,
    ids::ScopeId,
    integration::Service,
    source::Connector as _,
    sync::Change,
    time::{Timestamp, Zone},
};
use sandbox::{Fault, FaultAction, Fill, GcalCalendar, MARA, MARA_WORK, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    Providers,
    connector::tests::{GOOGLE_REDIRECT, connection, sign_in},
    scripted::Tokens,
};

mod calls;
mod contract;
mod reading;
mod relocate;
mod texts;
mod writing;

const ALL: Budget = Budget { items: 100, since: None };

struct Fixture {
    sandbox: Sandbox,
    source: Arc<dyn CalendarSource>,
    /// What the engine's store would hold: tag and text by id.
    rows: BTreeMap<String, (String, String)>,
    cursor: Option<SyncCursor>,
    calendar: String,
}

impl Fixture {
    async fn start() -> Self {
        Self::filled(Fill::Empty).await
    }

    async fn filled(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        let source = source(&sandbox).await;
        Self { sandbox, source, rows: BTreeMap::new(), cursor: None, calendar: MARA.to_owned() }
    }

    fn put(&self, event: Value) -> String {
        self.sandbox.put_gcal_event(MARA, &self.calendar, event).unwrap()
    }

    fn event(&self, id: &str) -> Value {
        self.sandbox.gcal_event(MARA, &self.calendar, id).unwrap()
    }

    fn scope(&self) -> SyncScope {
        let container = Some(RemoteId(self.calendar.clone()));
        SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Calendar, container }
    }

    /// One round as the engine does it. Returns what it was told of: `+id` and `-id`.
    async fn sync(&mut self) -> Result<Vec<String>, ProviderError> {
        let batch = self.source.changes(&self.scope(), self.cursor.as_ref(), ALL).await?;
        assert!(!batch.more && !batch.reset);
        let (mut seen, mut wanted) = (Vec::new(), Vec::new());
        for change in batch.changes {
            match change {
                Change::Gone(id) => {
                    self.rows.remove(id.as_str());
                    seen.push(format!("-{id}"));
                }
                Change::Upsert(item) => {
                    seen.push(format!("+{}", item.id));
                    match item.ics {
                        Some(ics) => drop(self.rows.insert(item.id.0, (item.etag, ics))),
                        None => wanted.push(item.id),
                    }
                }
            }
        }
        for item in self.source.fetch(&RemoteId(self.calendar.clone()), &wanted).await? {
            self.rows.insert(item.id.0, (item.etag, item.ics.unwrap()));
        }
        if let Some(present) = batch.present {
            self.rows.retain(|id, _| present.iter().any(|p| p.as_str() == id));
        }
        self.cursor = Some(batch.next);
        seen.sort();
        Ok(seen)
    }

    fn ics(&self, id: &str) -> &str {
        &self.rows[id].1
    }

    async fn update(&mut self, id: &str, ics: &str) -> Result<(), ProviderError> {
        let (etag, before) = self.rows[id].clone();
        let write = CalendarWrite::Update { calendar: RemoteId(self.calendar.clone()), id: id.into(), etag, before, ics: ics.to_owned() };
        let written = self.source.write(&write).await?;
        assert_eq!(written.id.as_str(), id);
        self.rows.insert(id.to_owned(), (written.etag, written.ics.unwrap()));
        Ok(())
    }

    async fn create(&mut self, name: &str, ics: &str) -> Result<String, ProviderError> {
        let write = CalendarWrite::Create { calendar: RemoteId(self.calendar.clone()), name: name.to_owned(), ics: ics.to_owned() };
        let written = self.source.write(&write).await?;
        self.rows.insert(written.id.0.clone(), (written.etag, written.ics.unwrap()));
        Ok(written.id.0)
    }

    async fn delete(&self, id: &str) -> Result<ItemWritten, ProviderError> {
        let etag = self.rows[id].0.clone();
        self.source.write(&CalendarWrite::Delete { calendar: RemoteId(self.calendar.clone()), id: id.into(), etag }).await
    }
}

async fn source(sandbox: &Sandbox) -> Arc<dyn CalendarSource> {
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
    let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
    providers.calendar(&connection("google", tokens.scopes.as_ref().unwrap()), credentials).unwrap().unwrap()
}

fn read(ics: &str) -> Series {
    let document = calendar::read(ics.as_bytes(), &Zone::fixed(0)).unwrap();
    assert!(document.problems.is_empty(), "{:?}\n{ics}", document.problems);
    assert_eq!(document.series.len(), 1, "{ics}");
    document.series.into_iter().next().unwrap().1
}

/// Keys of the members in the first `days` after `from`.
fn members(ics: &str, from: &str, days: i64) -> Vec<(String, String)> {
    let from = Timestamp::from_secs(chrono::DateTime::parse_from_rfc3339(from).unwrap().timestamp());
    let expansion = read(ics).occurrences(from, from.plus_secs(days * 86_400), &Zone::fixed(0));
    let at = |t: Timestamp| chrono::DateTime::from_timestamp(t.secs(), 0).unwrap().format("%m-%dT%H:%M").to_string();
    expansion.occurrences.iter().map(|o| (o.member.key(), at(o.start))).collect()
}

fn at(wall: &str) -> Value {
    json!({"dateTime": wall, "timeZone": "Europe/Zurich"})
}

/// Every Tuesday at ten from 3 November 2026 on, with two guests.
fn standup() -> Value {
    json!({
        "id": "standup00", "summary": "Stand-up", "start": at("2026-11-03T10:00:00"), "end": at("2026-11-03T10:15:00"),
        "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU"],
        "attendees": [{"email": MARA, "responseStatus": "accepted"}, {"email": "bo@x.example", "displayName": "Bo", "responseStatus": "needsAction", "comment": "maybe"}],
    })
}

const FROM: &str = "2026-11-01T00:00:00Z";
