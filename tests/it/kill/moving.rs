//! Kill -9 while events go to other calendars, within a server and from one provider to another. Wherever it is killed, in the end every event
//! lies in the one calendar that it was last sent to, and in no other.

use std::{
    process::Child,
    time::{Duration, Instant},
};

use domain::{audit::Actor, ids::CalendarId};
use engine::{Engine, EventFields, EventView, Members, MoveTo};
use sandbox::{MARA, NewCalendar, Provider, Sandbox, SandboxOptions};
use serde_json::Value;

use super::{
    kill,
    look::{self, Ready},
    seed,
};
use crate::support::{Home, Rng, last_json, rounds};

const DAV: [&str; 2] = ["here", "other"];
const GOOGLE: &str = "google";
const EVENTS: usize = 6;
const DAY_MS: i64 = 86_400_000;

fn title(n: usize) -> String {
    format!("Wandering {n}")
}

/// Where the servers have it.
fn places(sandbox: &Sandbox, title: &str) -> Vec<&'static str> {
    let line = format!("SUMMARY:{title}\r\n");
    let mut out: Vec<_> =
        DAV.into_iter().flat_map(|c| sandbox.calendar_items(c).into_iter().filter(|i| i.ics.contains(&line)).map(move |_| c)).collect();
    let google = sandbox.gcal_events(MARA, MARA);
    out.extend(google.iter().filter(|e| e["summary"] == title && e["status"] != "cancelled").map(|_| GOOGLE));
    out
}

/// Ids here of the three calendars.
async fn calendars(engine: &Engine) -> Vec<(&'static str, CalendarId)> {
    let all = engine.store().calendars().await.unwrap();
    let by = |name: &str| all.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no {name}")).id;
    let google = all.iter().find(|c| c.remote.as_str() == MARA).unwrap().id;
    vec![("here", by("Here")), ("other", by("Other")), (GOOGLE, google)]
}

async fn shown(engine: &Engine, title: &str) -> Vec<EventView> {
    let now = engine.now();
    let (rows, cut) = engine.agenda(now.plus_millis(-30 * DAY_MS), now.plus_millis(30 * DAY_MS), true).await.unwrap();
    assert!(!cut);
    rows.into_iter().filter(|r| r.title == title).collect()
}

/// Sends an event somewhere else, and returns where. None: a write of it is still on its way.
async fn send(engine: &Engine, rng: &mut Rng, title: &str) -> Option<&'static str> {
    let all = calendars(engine).await;
    let rows = shown(engine, title).await;
    assert_eq!(rows.len(), 1, "{title} is shown {} times", rows.len());
    let row = rows.first()?;
    let (name, to) = loop {
        let (name, id) = *all.get(rng.below(3) as usize)?;
        if id != row.calendar {
            break (name, id);
        }
    };
    let to = MoveTo { calendar: to, anew: false };
    match engine.move_event(&row.key, Members::All, &EventFields::default(), to, Actor::Cli).await {
        Ok(_) => Some(name),
        Err(e) => {
            assert_eq!(e.code, "busy", "{title}: {e}");
            None
        }
    }
}

/// Syncs until nothing waits any more: what was in flight at the last kill has a lease.
fn settle(home: &Home) {
    let waiting = || home.run(&["outbox", "list"])["items"].as_array().unwrap().clone();
    for _ in 0..60 {
        home.run(&["sync"]);
        if waiting().is_empty() {
            home.run(&["sync"]);
            return;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    panic!("it never came to an end: {:?}", waiting());
}

/// Kills at once when the servers have changed, or when its time is over.
fn kill_when(mut child: Child, most: Duration, changed: impl Fn() -> bool) -> (bool, bool) {
    let started = Instant::now();
    while started.elapsed() < most && child.try_wait().unwrap().is_none() {
        if changed() {
            return (kill(child), true);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    (kill(child), false)
}

#[test]
fn kill_minus_nine_while_events_move_leaves_each_in_one_calendar() {
    let rounds = rounds(12, 400);
    let mut rng = Rng(seed(0x5eed_0004));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::small())).unwrap();
    sandbox.add_calendar(NewCalendar::events("here", "Here", "#336699"));
    sandbox.add_calendar(NewCalendar::events("other", "Other", "#993366"));
    sandbox.consent_as(Provider::Google, MARA);
    let day = chrono::DateTime::from_timestamp_millis(sandbox.now().millis() + 2 * DAY_MS).unwrap().format("%Y%m%d").to_string();
    for n in 0..EVENTS {
        let ics = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:wandering-{n}\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART:{day}T1{n}0000Z\r\nDTEND:{day}T1{n}3000Z\r\nSUMMARY:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            title(n)
        );
        sandbox.put_calendar_item("here", &format!("wandering-{n}.ics"), &ics).unwrap();
    }
    let home = Home::at(&sandbox);
    let url = sandbox.caldav_base();
    let user = sandbox.caldav_user();
    let connect = ["connect", "caldav", "--url", &url, "--username", &user, "--password-stdin"];
    assert!(home.run_with_input(&connect, &format!("{}\n", sandbox.caldav_password())).status.success());
    home.sign_in(&["connect", "google", "--no-browser"]);
    home.run(&["sync"]);

    let mut ready = runtime.block_on(Ready::new(&home.path()));
    let mut wanted = ["here"; EVENTS];
    let (mut kills, mut moves, mut between, mut halfway) = (0, 0, 0, 0);
    let mut most = 1_500;
    for round in 0.. {
        if kills >= rounds {
            break;
        }
        assert!(round < 4 * rounds + 20, "only {kills} of {round} were killed: the others had ended");
        // A server that knows MOVE, and one that does not.
        sandbox.set_caldav(|s| s.moves = rng.below(2) == 0);
        let before: Vec<_> = runtime.block_on(async {
            let engine = ready.open(&home.path(), &format!("round {round}")).await;
            for _ in 0..2 {
                let n = rng.below(EVENTS as u64) as usize;
                if let Some(to) = send(&engine, &mut rng, &title(n)).await {
                    wanted[n] = to;
                    moves += 1;
                }
            }
            engine.close().await;
            (0..EVENTS).map(|n| places(&sandbox, &title(n))).collect()
        });
        let child = home.start(&["sync"]);
        // Every other kill is aimed: a server has changed, and what it says of it is not on the disk.
        let (killed, met) = if round % 2 == 0 {
            std::thread::sleep(Duration::from_millis(60 + most * rng.below(1_000) / 1_000));
            (kill(child), false)
        } else {
            kill_when(child, Duration::from_secs(20), || before.iter().enumerate().any(|(n, was)| places(&sandbox, &title(n)) != *was))
        };
        if killed {
            kills += 1;
            most = (most + most / 40).min(4_000);
        } else if round % 2 == 0 {
            most = (most - most / 8).max(300);
        }
        between += usize::from(killed && met);
        for n in 0..EVENTS {
            let at = places(&sandbox, &title(n));
            assert!((1..=2).contains(&at.len()), "round {round}: {} is in {at:?}", title(n));
            halfway += usize::from(killed && at.len() == 2);
        }
        if round % 5 == 4 {
            settle(&home);
        }
    }
    settle(&home);
    println!(
        "{kills} kills, {moves} moves, {between} right after a server had changed; {halfway} times an event was made and not yet cleared away"
    );
    for (n, place) in wanted.iter().enumerate() {
        assert_eq!(places(&sandbox, &title(n)), [*place], "{}", title(n));
    }
    assert!(moves >= rounds / 2 && between > 0, "{moves} moves, {between} aimed kills that met");
    let checks = home.try_run(&["doctor"]).stdout;
    let failed: Vec<Value> = last_json(&checks)["items"].as_array().unwrap().iter().filter(|c| c["state"] == "fail").cloned().collect();
    assert!(failed.is_empty(), "{failed:?}");
    runtime.block_on(async {
        let engine = ready.open(&home.path(), "at the end").await;
        look::sound(&engine, "at the end").await;
        let ids = calendars(&engine).await;
        for (n, place) in wanted.iter().enumerate() {
            let rows = shown(&engine, &title(n)).await;
            let at: Vec<_> = rows.iter().map(|r| (r.calendar, r.also.len(), r.pending.clone())).collect();
            let id = ids.iter().find(|(name, _)| name == place).unwrap().1;
            assert_eq!(at, [(id, 0, None)], "{}", title(n));
        }
        engine.close().await;
    });
    ready.judge();
}
