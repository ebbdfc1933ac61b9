//! A CalDAV server (RFC 4791) with sync-collection (RFC 6578), discovery (RFC 6764) and, behind a switch, automatic scheduling
//! (RFC 6638), as far as a calendar client uses them (PROVIDERS 5).
//!
//! One synchronous dispatch over the whole account, in the order of a real server: sign-in, place, method, rights, preconditions,
//! content. Broken or unlawful objects are refused with the precondition that the RFCs name. What goes wrong on purpose is
//! either a fault (`control`: statuses, dropped connections) or a switch ([`CaldavSwitches`]: another, lawful behaviour).

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;

use crate::{Shared, control::locked};

pub(crate) mod error;
mod free_busy;
mod handles;
pub(crate) mod ical;
pub(crate) mod occur;
mod path;
mod props;
mod query;
mod relocate;
mod reports;
pub(crate) mod rules;
pub(crate) mod sbx;
mod schedule;
#[cfg(test)]
mod tests;
pub(crate) mod when;
pub(crate) mod world;
mod write;
mod xml;

pub use free_busy::CaldavPerson;
pub use handles::{CalendarItem, CalendarState};
pub use path::HrefStyle;
pub use schedule::{ScheduleMethod, Scheduled};
pub use world::{CaldavSwitches, Edit, NewCalendar};

use error::DavError;
use path::{Hrefs, Place};
use world::CalWorld;

/// The context root, to which `/.well-known/caldav` leads.
pub const CALDAV_ROOT: &str = "/dav/";

const CHALLENGE: &str = "Basic realm=\"Sandbox calendars\", charset=\"UTF-8\"";

/// Of any body; a member's own limit is `max-resource-size`.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// One request of the person.
pub(crate) struct Call<'a> {
    pub method: &'a str,
    pub depth: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// `http://127.0.0.1:PORT`.
    pub base: &'a str,
    pub now: Timestamp,
}

impl<'a> Call<'a> {
    fn hrefs(&self, world: &'a CalWorld) -> Hrefs<'a> {
        Hrefs::new(world.switches.hrefs, &world.user, self.base)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    fn text(status: u16, kind: &str, body: String) -> Self {
        Self { status, headers: vec![("Content-Type".to_owned(), kind.to_owned())], body }
    }

    fn multistatus(inner: &str) -> Self {
        Self::text(207, "application/xml; charset=utf-8", xml::document("multistatus", inner))
    }

    #[must_use]
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl From<DavError> for Reply {
    fn from(error: DavError) -> Self {
        match error.body() {
            Some(body) => Self::text(error.status, "application/xml; charset=utf-8", body),
            None => Self::text(error.status, "text/plain; charset=utf-8", format!("{}\n", error.message())),
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        // A text without a type of its own would be said to be text/plain, and 204 has none.
        response.headers_mut().remove(header::CONTENT_TYPE);
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[derive(Clone)]
struct Ctx {
    shared: Arc<Shared>,
    base: Arc<str>,
}

/// `base`: `http://127.0.0.1:PORT`, for absolute addresses.
pub(crate) fn routes(shared: Arc<Shared>, base: &str) -> Router {
    Router::new()
        .route("/.well-known/caldav", any(well_known))
        .route("/.well-known/caldav/", any(well_known))
        .fallback(handle)
        .with_state(Ctx { shared, base: Arc::from(base) })
}

/// RFC 6764 section 5: any method is redirected to the context root, before anybody signs in.
async fn well_known(State(ctx): State<Ctx>) -> Response {
    let status = locked(&ctx.shared.calendars).switches.well_known;
    let reply = Reply::empty(status);
    if (300..400).contains(&status) { reply.header("Location", CALDAV_ROOT) } else { reply }.into_response()
}

async fn handle(State(ctx): State<Ctx>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = read(body).await else {
        return Reply::from(DavError::new(413, "the body is too large or broke off")).into_response();
    };
    let mut world = locked(&ctx.shared.calendars);
    if !signed_in(&world, &parts.headers) {
        let reply = Reply::text(401, "text/plain; charset=utf-8", "Sign in with user name and password.\n".to_owned());
        return reply.header("WWW-Authenticate", CHALLENGE).into_response();
    }
    let call = Call {
        method: parts.method.as_str(),
        depth: parts.headers.get("depth").and_then(|v| v.to_str().ok()).map(str::trim),
        headers: &parts.headers,
        body: &body,
        base: &ctx.base,
        now: ctx.shared.clock.now(),
    };
    let place = Place::of(parts.uri.path(), &world.user);
    let reply = dispatch(&mut world, &call, &place).unwrap_or_else(Reply::from);
    // RFC 4918 section 10.1: said on every answer to OPTIONS; some clients look at others as well.
    let features = features(&world);
    reply.header("DAV", &features).into_response()
}

/// What the fault script asked for: a bare status, or this XML; 401 asks for the password as the server itself would.
pub(crate) fn refusal(status: u16, body: Option<&str>) -> Response {
    let reply = match body {
        Some(body) => Reply::text(status, "application/xml; charset=utf-8", body.to_owned()),
        None => Reply::empty(status),
    };
    if status == 401 { reply.header("WWW-Authenticate", CHALLENGE) } else { reply }.into_response()
}

async fn read(body: Body) -> Result<axum::body::Bytes, axum::Error> {
    to_bytes(body, MAX_BODY).await
}

fn features(world: &CalWorld) -> String {
    let scheduling = if world.switches.auto_schedule { ", calendar-auto-schedule" } else { "" };
    format!("1, 3, access-control, calendar-access{scheduling}")
}

/// RFC 7617.
fn signed_in(world: &CalWorld, headers: &HeaderMap) -> bool {
    let given = || {
        let (kind, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        let plain = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = plain.split_once(':')?;
        Some(kind.eq_ignore_ascii_case("basic") && user == world.user && password == world.password)
    };
    given() == Some(true)
}

fn dispatch(world: &mut CalWorld, call: &Call<'_>, place: &Place) -> Result<Reply, DavError> {
    let allow = match place {
        Place::Member(..) => "OPTIONS, GET, HEAD, PUT, DELETE, MOVE, PROPFIND",
        Place::Calendar(_) => "OPTIONS, PROPFIND, REPORT",
        Place::Outbox => "OPTIONS, PROPFIND, POST",
        _ => "OPTIONS, PROPFIND",
    };
    match (call.method, place) {
        ("OPTIONS", _) => Ok(Reply::empty(200).header("Allow", allow)),
        ("PROPFIND", _) => props::propfind(world, call, place),
        ("REPORT", _) => reports::report(world, call, place),
        ("GET" | "HEAD", Place::Member(calendar, name)) => write::get(world, call, calendar, name),
        ("PUT", Place::Member(calendar, name)) => write::put(world, call, calendar, name),
        ("MOVE", Place::Member(calendar, name)) => relocate::relocate(world, call, calendar, name),
        ("DELETE", Place::Member(calendar, name)) => write::delete(world, call, calendar, name),
        ("POST", Place::Outbox) => free_busy::post(world, call),
        _ if !props::exists(world, place) => Err(DavError::not_found()),
        _ => {
            let error = DavError::new(405, format!("{} is not for this address", call.method));
            Ok(Reply::from(error).header("Allow", allow))
        }
    }
}
