//! MOVE of one member to another calendar of the same person (RFC 4918 section 9.9).

use super::{
    Call, Reply,
    error::DavError,
    path::Place,
    world::CalWorld,
    write::{header, preconditions},
};

pub(super) fn relocate(world: &mut CalWorld, call: &Call<'_>, calendar: &str, name: &str) -> Result<Reply, DavError> {
    if !world.switches.moves {
        return Err(DavError::new(405, "MOVE is not for this address"));
    }
    let place = |calendar: &str| call.hrefs(world).of(&Place::Calendar(calendar.to_owned()));
    let member = world.calendar(calendar).and_then(|c| c.get(name)).ok_or_else(DavError::not_found)?;
    let destination = header(call.headers, "Destination").ok_or_else(|| DavError::bad("a MOVE names its Destination"))?;
    // RFC 4918 section 10.3: an address of this server, or a path of it.
    let path = destination.strip_prefix(call.base).unwrap_or(destination);
    if !path.starts_with('/') {
        return Err(DavError::new(502, "the destination is another server"));
    }
    let Place::Member(to, new) = Place::of(path, &world.user) else { return Err(DavError::new(403, "nothing can be put there")) };
    preconditions(call.headers, Some(member))?;
    let target = world.calendar(&to).ok_or_else(|| DavError::new(409, "there is no such calendar"))?;
    for (id, privilege) in [(calendar, "unbind"), (to.as_str(), "bind")] {
        if world.calendar(id).is_some_and(|c| !c.writable) {
            return Err(DavError::read_only(&place(id), privilege));
        }
    }
    let there = target.get(&new).is_some();
    if there && header(call.headers, "Overwrite").is_some_and(|v| v.trim().eq_ignore_ascii_case("f")) {
        return Err(DavError::new(412, "something is there already"));
    }
    if let Some(other) = target.with_uid(&member.uid).filter(|other| *other != new) {
        return Err(DavError::uid_conflict(403, &call.hrefs(world).of(&Place::Member(to.clone(), other.to_owned()))));
    }
    let member = world.calendar_mut(calendar).and_then(|from| from.remove(name)).ok_or_else(DavError::not_found)?;
    if let Some(target) = world.calendar_mut(&to) {
        target.store(&new, &member.uid, member.ics, false, call.now);
    }
    Ok(Reply::empty(if there { 204 } else { 201 }))
}
