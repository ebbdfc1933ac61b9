//! When others have no time: a question to the person's schedule outbox, answered for each recipient (RFC 6638 sections 5 and 10.2).
//!
//! Only servers that schedule have an outbox. Nothing is stored there, and nobody is told that they were asked for.

use std::collections::HashMap;

use domain::{
    error::ProviderError,
    free_busy::{Availability, BusySpan, FreeBusyQuestion, MOST_PEOPLE, NotKnown},
};
use reqwest::{Method, StatusCode};
use url::Url;

use super::{
    discover::Found,
    place::join,
    refusal,
    wire::{CAP, Depth, Wire},
    write::CALENDAR,
    xml::{Node, Ns, Response, schedule_responses},
};
use crate::http::{Call, host_of};

const WHAT: &str = "The free time of others";

/// Where it is asked, and the address that asks: the server wants one of the person's own as ORGANIZER.
struct Outbox {
    url: Url,
    organizer: String,
}

pub async fn ask(wire: &Wire, place: &Found, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
    let outbox = outbox(wire, place).await?;
    let uid = format!("free-busy-{}-{}@aurelius", wire.now().millis(), question.from.secs());
    let text = calendar::free_busy::request(question, &outbox.organizer, &uid, wire.now());
    let (url, reply) = wire.send(Call::new(Method::POST, outbox.url).body(CALENDAR, text), CAP).await?;
    match reply.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(without(&url)),
        _ => return Err(wire.refused(WHAT, &url, &reply)),
    }
    let responses = schedule_responses(&reply.body, MOST_PEOPLE).map_err(|e| refusal::protocol(&host_of(&url), &e.to_string()))?;
    let mut told: HashMap<String, Result<Vec<BusySpan>, NotKnown>> =
        responses.iter().filter_map(|r| Some((recipient(r)?, read(r, question)))).collect();
    let busy = |address: &String| told.remove(&address.to_lowercase()).unwrap_or(Err(NotKnown::Failed));
    let busy: Vec<_> = question.people.iter().map(busy).collect();
    Ok(question.people.iter().zip(busy).map(|(address, busy)| Availability { address: address.clone(), busy }).collect())
}

fn without(url: &Url) -> ProviderError {
    ProviderError::Unsupported(format!("{} does not tell when others have time.", host_of(url)))
}

/// Asked anew for each question: people ask rarely, and an outbox that moved would be a riddle.
async fn outbox(wire: &Wire, place: &Found) -> Result<Outbox, ProviderError> {
    let home = place.homes.first().map_or(&place.base, |home| &home.url);
    let (url, own) = properties(wire, home.clone(), "<D:current-user-principal/>").await?;
    let principal = linked(&own, Ns::Dav, "current-user-principal", &url).ok_or_else(|| without(home))?;
    let (url, own) = properties(wire, principal, "<C:schedule-outbox-URL/><C:calendar-user-address-set/>").await?;
    let outbox = linked(&own, Ns::CalDav, "schedule-outbox-URL", &url).ok_or_else(|| without(home))?;
    let addresses = own.prop(Ns::CalDav, "calendar-user-address-set");
    let organizer = addresses.and_then(|set| set.hrefs().find_map(mailto)).ok_or_else(|| without(home))?;
    Ok(Outbox { url: outbox, organizer })
}

async fn properties(wire: &Wire, url: Url, props: &str) -> Result<(Url, Response), ProviderError> {
    let (url, found) = wire.multistatus(WHAT, wire.propfind(url, Depth::Zero, props), CAP).await?;
    Ok((url, found.responses.into_iter().next().unwrap_or_default()))
}

fn linked(own: &Response, ns: Ns, name: &str, base: &Url) -> Option<Url> {
    own.prop(ns, name)?.hrefs().find_map(|href| join(base, href))
}

/// The address of a calendar user, in lower case; None where it is no e-mail address.
fn mailto(href: &str) -> Option<String> {
    let (scheme, address) = href.trim().split_once(':')?;
    (scheme.eq_ignore_ascii_case("mailto") && address.contains('@')).then(|| address.to_lowercase())
}

fn recipient(response: &Node) -> Option<String> {
    response.child(Ns::CalDav, "recipient")?.hrefs().find_map(mailto)
}

/// The first digits of a request status say what became of it (RFC 5546 section 3.6, RFC 6638 section 3.2.9).
fn read(response: &Node, question: &FreeBusyQuestion) -> Result<Vec<BusySpan>, NotKnown> {
    let status = response.child(Ns::CalDav, "request-status").map_or("", |s| s.text.trim());
    let code = status.split(';').next().unwrap_or_default().trim();
    match code.split('.').next() {
        Some("2") => {
            let data = response.child(Ns::CalDav, "calendar-data").ok_or(NotKnown::Failed)?;
            calendar::free_busy::answer(&data.text, question.from, question.to).ok_or(NotKnown::Failed)
        }
        _ => Err(match code {
            // 3.7: no such calendar user. 5.3: one who is known by name only.
            "3.7" | "5.3" => NotKnown::NotFound,
            "3.8" => NotKnown::Refused,
            _ => NotKnown::Failed,
        }),
    }
}
