//! A subscription as any source of calendars that can only be read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use calendar::lines::parse;
use domain::{calendar::CalendarSource, connection::FeedSettings, ids::RemoteId};
use sandbox::{FeedMode, Sandbox, SandboxOptions};

use super::{Feeds, tests::Address};
use crate::{
    calendar_contract::{Plan, Rig, read_only},
    tls::TlsContext,
};

struct Feed {
    sandbox: Sandbox,
    source: Arc<dyn CalendarSource>,
    /// What the file is made of.
    plans: Mutex<BTreeMap<String, Plan>>,
}

async fn start() -> Feed {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    sandbox.clock().freeze(true);
    let client = TlsContext::new(None).unwrap().client_config(&[]).unwrap();
    let feeds = Arc::new(Feeds::with_policy(&client, sandbox.clock().as_clock(), |ip| ip.is_loopback()).unwrap());
    let settings = FeedSettings { host: "cal.example".into(), name: String::new(), private_allowed: false };
    let source = super::source(&settings, Arc::new(Address(sandbox.feed_url())), feeds);
    let feed = Feed { sandbox, source, plans: Mutex::default() };
    feed.write();
    feed
}

impl Feed {
    fn write(&self) {
        let mut file = parse(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nEND:VCALENDAR\r\n").unwrap().remove(0);
        for (uid, plan) in self.plans.lock().unwrap().iter() {
            let described = file.children_of("VTIMEZONE").next().is_some();
            let parts = parse(plan.ics(uid).as_bytes()).unwrap().remove(0).children;
            file.children.extend(parts.into_iter().filter(|part| !described || !part.is("VTIMEZONE")));
        }
        self.sandbox.set_feed(&file.print());
    }
}

impl Rig for Feed {
    fn source(&self) -> &dyn CalendarSource {
        self.source.as_ref()
    }
    fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
    fn calendar(&self) -> RemoteId {
        "feed".into()
    }
    fn paths(&self) -> &'static str {
        "/feed/*"
    }
    fn put(&self, id: Option<&RemoteId>, plan: &Plan) -> RemoteId {
        let mut plans = self.plans.lock().unwrap();
        let uid = id.map_or_else(|| format!("e{:04}@x.example", plans.len()), |id| id.0.clone());
        plans.insert(uid.clone(), plan.clone());
        drop(plans);
        self.write();
        RemoteId(uid)
    }
    fn remove(&self, id: &RemoteId) {
        assert!(self.plans.lock().unwrap().remove(id.as_str()).is_some());
        self.write();
    }
    fn look(&self, id: &RemoteId) -> Option<Plan> {
        self.plans.lock().unwrap().get(id.as_str()).cloned()
    }
    fn count(&self) -> usize {
        self.plans.lock().unwrap().len()
    }
    /// The file is another one, whatever is in it.
    fn void(&self) {
        self.write();
    }
    fn sign_out(&self) {
        self.sandbox.set_feed_mode(FeedMode::NotFound);
    }
}

read_only!(start);
