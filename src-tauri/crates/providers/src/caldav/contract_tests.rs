//! CalDAV as any source of calendars: what every one of them owes the engine. The server ends its answers early (507), says things twice and
//! writes its paths in several ways, as it may (RFC 6578 section 3.6).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use domain::{calendar::CalendarSource, connection::DavServer, ids::RemoteId};
use sandbox::{CalendarItem, HrefStyle, NewCalendar, Sandbox, SandboxOptions};

use super::tests::Keys;
use crate::{
    calendar_contract::{Plan, Rig, suite},
    scripted::http_at,
};

struct Dav {
    sandbox: Sandbox,
    source: Arc<dyn CalendarSource>,
    calendar: RemoteId,
}

async fn start() -> Dav {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    sandbox.clock().freeze(true);
    sandbox.add_calendar(NewCalendar::events("probe", "Probe", "#336699"));
    let server = DavServer { url: sandbox.caldav_base(), username: sandbox.caldav_user(), excluded: Vec::new() };
    let source = super::source(&server, Arc::new(Keys(sandbox.caldav_password())), http_at(sandbox.clock().as_clock())).unwrap();
    let calendar = source.calendars().await.unwrap().into_iter().find(|c| c.name == "Probe").unwrap().id;
    Dav { sandbox, source, calendar: RemoteId(calendar) }
}

/// Answers that end early, with 507.
async fn ending_early() -> Dav {
    let dav = start().await;
    dav.sandbox.set_caldav(|s| {
        s.sync_limit = 3;
        s.duplicates = true;
        s.hrefs = HrefStyle::Mixed;
    });
    dav
}

/// A server without tokens.
async fn without_tokens() -> Dav {
    let dav = start().await;
    dav.sandbox.set_caldav(|s| s.sync_collection = false);
    dav
}

/// As the client normalises it.
fn normal(item: &CalendarItem) -> String {
    item.href.replace('@', "%40")
}

impl Rig for Dav {
    fn source(&self) -> &dyn CalendarSource {
        self.source.as_ref()
    }
    fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
    fn calendar(&self) -> RemoteId {
        self.calendar.clone()
    }
    fn paths(&self) -> &'static str {
        "*/probe/*"
    }

    fn put(&self, id: Option<&RemoteId>, plan: &Plan) -> RemoteId {
        let items = self.sandbox.calendar_items("probe");
        let known = id.map(|id| items.iter().find(|item| normal(item) == id.as_str()).unwrap());
        let name =
            known.map_or_else(|| format!("e{}.ics", self.sandbox.control().log().len() * 1000 + items.len()), |item| item.name.clone());
        let ics = known.map_or_else(|| plan.ics(&name.replace(".ics", "-x.example")), |item| plan.onto(&item.ics));
        self.sandbox.put_calendar_item("probe", &name, &ics).unwrap();
        RemoteId(normal(self.sandbox.calendar_items("probe").iter().find(|item| item.name == name).unwrap()))
    }

    fn remove(&self, id: &RemoteId) {
        let name = id.as_str().rsplit('/').next().unwrap();
        assert!(self.sandbox.delete_calendar_item("probe", name));
    }

    fn look(&self, id: &RemoteId) -> Option<Plan> {
        let item = self.sandbox.calendar_items("probe").into_iter().find(|item| normal(item) == id.as_str())?;
        Some(Plan::read(&item.ics))
    }
    fn count(&self) -> usize {
        self.sandbox.calendar_items("probe").len()
    }
    fn void(&self) {
        self.sandbox.void_sync_tokens();
    }
    fn sign_out(&self) {
        self.sandbox.set_caldav_password("another");
    }
}

suite!(start);

mod early {
    use crate::calendar_contract::suite;

    suite!(super::ending_early);
}

mod tokenless {
    use crate::calendar_contract::suite;

    suite!(super::without_tokens);
}
