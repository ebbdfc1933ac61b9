//! Microsoft's calendars against the sandbox, as the engine drives them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use calendar::{NamedZone, Series, When};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use domain::time::{Timestamp, Zone};
use sandbox::{Fault, Fill, MS_MARA, MsSwitches, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::{super::tests::graph, *};
use crate::{
    Providers,
    calendar_contract::{Mirror, Plan, Rig, ZONE},
    connector::tests::{MS_REDIRECT, connection, sign_in, vault},
    scripted::{half, moving},
};

mod calls;
mod contract;
mod free_busy;
mod reading;
mod texts;
mod writing;

struct Microsoft {
    sandbox: Sandbox,
    source: GraphCalendar,
    calendar: String,
}

impl Microsoft {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
        let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
        let tokens = sign_in(&providers, "microsoft", MS_REDIRECT).await;
        let credentials = vault(&providers, "microsoft", &tokens, sandbox.clock().as_clock());
        let sleep = moving(sandbox.clock(), &Arc::new(Mutex::new(Duration::ZERO)));
        let grants = Grants::new(tokens.scopes.as_ref().unwrap());
        let source = GraphCalendar::new(graph(&sandbox, credentials, sleep, half()), grants, MS_MARA.to_owned());
        let calendar = sandbox.ms_calendars(MS_MARA)[0].id.clone();
        Self { sandbox, source, calendar }
    }

    fn event(&self, event: Value) -> RemoteId {
        RemoteId(self.sandbox.ms_put_event(MS_MARA, &self.calendar, event).unwrap())
    }

    fn there(&self, id: &RemoteId) -> Option<Value> {
        self.sandbox.ms_event(MS_MARA, id.as_str())
    }

    /// (what, whom) of everybody who was told.
    fn told(&self) -> Vec<(String, String)> {
        self.sandbox.ms_told(MS_MARA).into_iter().map(|told| (told.what, told.whom)).collect()
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    /// Writes this text in the place of what the mirror has.
    async fn update(&self, mirror: &mut Mirror, id: &RemoteId, ics: &str) -> Result<ItemWritten, ProviderError> {
        let (etag, before) = mirror.rows[id].clone();
        let write = CalendarWrite::Update { calendar: self.calendar(), id: id.clone(), etag, before, ics: ics.to_owned() };
        let written = self.source.write(&write).await?;
        if let Some(ics) = &written.ics {
            mirror.rows.insert(id.clone(), (written.etag.clone(), ics.clone()));
        }
        Ok(written)
    }

    async fn create(&self, ics: &str) -> Result<ItemWritten, ProviderError> {
        let write = CalendarWrite::Create { calendar: self.calendar(), name: "0123456789abcdefghijklmnop".to_owned(), ics: ics.to_owned() };
        self.source.write(&write).await
    }
}

fn at(wall: &str) -> Value {
    json!({"dateTime": wall, "timeZone": ZONE})
}

fn weekly(from: &str, count: u32, day: &str) -> Value {
    json!({"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [day], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": from, "numberOfOccurrences": count, "recurrenceTimeZone": ZONE}})
}

fn who(address: &str) -> Value {
    json!({"emailAddress": {"name": "Somebody", "address": address}})
}

fn guest(address: &str) -> Value {
    json!({"type": "required", "emailAddress": {"name": "Somebody", "address": address}})
}

fn series_of(ics: &str) -> Series {
    let document = calendar::read(ics.as_bytes(), &Zone::fixed(0)).unwrap();
    assert!(document.problems.is_empty(), "{:?}\n{ics}", document.problems);
    assert_eq!(document.series.len(), 1, "{ics}");
    document.series.into_iter().next().unwrap().1
}
