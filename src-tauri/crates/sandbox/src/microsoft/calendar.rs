//! Calendars of Graph as far as a calendar program uses them (PROVIDERS 2.6).
//!
//! What a person writes is in their own calendar alone; who would have been told of it is recorded ([`MsTold`]). What the real service does
//! and nobody has written down is a switch of [`super::MsSwitches`] or says so.

use super::{
    call::{Answer, Call},
    error::GraphError,
    world::MsWorld,
};

mod check;
mod delta;
pub(super) mod diary;
mod fixtures;
mod handles;
mod options;
mod pattern;
mod respond;
mod schedule;
mod shown;
#[cfg(test)]
mod tests;
mod view;
mod write;
mod zones;

pub(super) use fixtures::fill;
pub use handles::{MsCalendar, MsTold};
pub use schedule::MsSchedule;

/// First segments of the paths that are served here.
pub(super) const PATHS: [&str; 4] = ["calendars", "calendar", "events", "calendarView"];

pub(super) fn run(world: &mut MsWorld, email: &str, rest: &[&str], call: &Call<'_>) -> Result<Answer, GraphError> {
    if (call.method, rest) == ("POST", &["calendar", "getSchedule"][..]) {
        return schedule::ask(world, email, call);
    }
    let switches = world.switches.clone();
    let fresh = world.rng.token(24);
    world.mailbox(email)?;
    let diary = world.diary(email);
    let (calendar, rest) = match rest {
        ["calendars"] if call.method == "GET" => return shown::calendars(diary, call, &switches),
        ["calendars", id] if call.method == "GET" => return shown::calendar(diary, id, call, &switches),
        ["calendars", id, rest @ ..] => (diary.calendar(id)?.id.clone(), rest),
        ["calendar", rest @ ..] => (diary.main(), rest),
        rest => (diary.main(), rest),
    };
    match (call.method, rest) {
        ("GET", ["calendarView"]) => view::view(diary, &calendar, call),
        ("GET", ["calendarView", "delta"]) => delta::delta(diary, &calendar, call, &switches),
        ("GET", ["events"]) => view::events(diary, &calendar, call),
        ("POST", ["events"]) => write::create(diary, &calendar, call, &fresh, &switches),
        ("GET", ["events", id]) => view::get(diary, id, call),
        ("PATCH", ["events", id]) => write::patch(diary, id, call, &switches),
        ("DELETE", ["events", id]) => write::delete(diary, id, call),
        ("GET", ["events", id, "instances"]) => view::instances(diary, id, call),
        ("POST", ["events", id, action @ ("accept" | "decline" | "tentativelyAccept")]) => {
            respond::respond(diary, id, action, call, &switches)
        }
        _ => Err(GraphError::new(405, "BadRequest", "The HTTP method or the path is not there.")),
    }
}
