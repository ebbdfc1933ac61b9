//! From a host to the homes of a person's calendars (RFC 6764 section 6, RFC 5397, RFC 4791 section 6.2.1).
//!
//! Asked in turn: the address as it was given, the well-known address of its server, and for a bare domain what its service records say.
//! The first that answers as CalDAV decides.

use domain::error::ProviderError;
use reqwest::StatusCode;
use url::{Host, Url};

use super::{
    place::{as_collection, join},
    refusal,
    wire::{CAP, Depth, Wire},
    xml::{MAX_RESPONSES, Ns, Response, multistatus},
};
use crate::{http::host_of, service::Lookup};

pub const WELL_KNOWN: &str = "/.well-known/caldav";
const PROPS: &str = "<D:current-user-principal/><D:resourcetype/><C:calendar-home-set/>";
/// More homes are nobody's.
const MAX_HOMES: usize = 16;

/// What discovery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Paths that are ids lie under this.
    pub base: Url,
    pub homes: Vec<Home>,
}

/// Where calendars are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    pub url: Url,
    /// One: its members are calendars. Zero: it is a calendar itself.
    pub depth: Depth,
}

/// What one address had to say.
enum Said {
    Found(Found),
    /// Nothing of CalDAV.
    Nothing,
    /// It refuses the sign-in or leads elsewhere; another address may do better.
    Closed(ProviderError),
    /// No connection to its host.
    Away(ProviderError),
}

pub async fn discover(wire: &Wire, lookup: &Lookup) -> Result<Found, ProviderError> {
    let start = wire.start();
    let mut why = None;
    let mut candidates = vec![start.url.clone()];
    candidates.extend(join(&start.url, WELL_KNOWN).filter(|url| *url != start.url));
    for url in candidates {
        match ask(wire, url.clone()).await? {
            Said::Found(found) => return Ok(found),
            Said::Nothing => {}
            // A front page may be closed for other reasons than the calendars; an address that was written out is what was meant.
            Said::Closed(error) | Said::Away(error) if !start.bare && url == start.url => return Err(error),
            Said::Closed(error) => why = Some(error),
            Said::Away(error) => {
                why = Some(error);
                break;
            }
        }
    }
    if let (true, Some(Host::Domain(domain))) = (start.bare, start.url.host())
        && domain.contains('.')
        && let Some(url) = lookup(domain.to_owned()).await
    {
        match ask(wire, url).await? {
            Said::Found(found) => return Ok(found),
            Said::Nothing => {}
            Said::Closed(error) | Said::Away(error) => why = Some(error),
        }
    }
    Err(why.unwrap_or_else(|| {
        ProviderError::Refused(format!(
            "{} does not answer as a calendar server (CalDAV). Give the address that your provider names for calendars; often it ends in \
             /dav/ or /caldav/.",
            host_of(&start.url)
        ))
    }))
}

/// The first response of a PROPFIND and what is below; None for the answers of a web server that knows nothing of calendars.
async fn properties(wire: &Wire, url: Url, depth: Depth, props: &str) -> Result<Option<(Url, Vec<Response>)>, ProviderError> {
    let (url, reply) = wire.exchange(wire.propfind(url, depth, props), CAP).await?;
    match reply.status {
        StatusCode::MULTI_STATUS => {}
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => return Err(wire.refused("The account", &url, &reply)),
        StatusCode::NOT_IMPLEMENTED => return Ok(None),
        status if status.is_server_error() => return Err(wire.refused("The account", &url, &reply)),
        _ => return Ok(None),
    }
    Ok(multistatus(&reply.body, MAX_RESPONSES).ok().map(|found| (url, found.responses)))
}

async fn ask(wire: &Wire, url: Url) -> Result<Said, ProviderError> {
    let (url, found) = match properties(wire, url, Depth::Zero, PROPS).await {
        Ok(Some(answer)) => answer,
        Ok(None) => return Ok(Said::Nothing),
        Err(error @ (ProviderError::Auth(_) | ProviderError::Unsupported(_) | ProviderError::Refused(_))) => {
            return Ok(Said::Closed(error));
        }
        Err(error @ (ProviderError::Unreachable { .. } | ProviderError::Certificate { .. })) => return Ok(Said::Away(error)),
        Err(error) => return Err(error),
    };
    let Some(own) = found.into_iter().next() else { return Ok(Said::Nothing) };
    let homes = homes(&url, &own);
    if !homes.is_empty() {
        return found_at(wire, homes);
    }
    // `unauthenticated` (RFC 5397 section 3) has no href: the server did not look at the password at all.
    let principal = own.prop(Ns::Dav, "current-user-principal");
    if let Some(principal) = principal.and_then(|p| p.hrefs().find_map(|href| join(&url, href))) {
        return of_principal(wire, principal).await;
    }
    if principal.is_some_and(|p| p.child(Ns::Dav, "unauthenticated").is_some()) || !own.is_collection() {
        return Ok(Said::Nothing);
    }
    // A server without principals: the address is taken at its word.
    let url = as_collection(url);
    if is_calendar(&own) {
        return found_at(wire, vec![Home { url, depth: Depth::Zero }]);
    }
    let below = properties(wire, url.clone(), Depth::One, "<D:resourcetype/>").await?;
    if below.is_some_and(|(_, found)| found.iter().any(is_calendar)) {
        return found_at(wire, vec![Home { url, depth: Depth::One }]);
    }
    Ok(Said::Nothing)
}

async fn of_principal(wire: &Wire, principal: Url) -> Result<Said, ProviderError> {
    let host = host_of(&principal);
    let found = properties(wire, principal, Depth::Zero, "<C:calendar-home-set/>").await?;
    let homes: Vec<Home> = found.iter().flat_map(|(url, found)| found.iter().flat_map(|own| homes(url, own))).collect();
    if homes.is_empty() {
        return Err(ProviderError::Refused(format!(
            "{host} knows this account, but says that it has no calendars. Ask its administrator to switch calendars on for it."
        )));
    }
    found_at(wire, homes)
}

fn homes(url: &Url, own: &Response) -> Vec<Home> {
    let mut out: Vec<Home> = Vec::new();
    let set = own.prop(Ns::CalDav, "calendar-home-set");
    for home in set.iter().flat_map(|set| set.hrefs()).filter_map(|href| join(url, href)).map(as_collection) {
        if !out.iter().any(|known| known.url == home) && out.len() < MAX_HOMES {
            out.push(Home { url: home, depth: Depth::One });
        }
    }
    out
}

pub fn is_calendar(response: &Response) -> bool {
    response.prop(Ns::Dav, "resourcetype").is_some_and(|kind| kind.child(Ns::CalDav, "calendar").is_some())
}

fn found_at(wire: &Wire, homes: Vec<Home>) -> Result<Said, ProviderError> {
    if let Some(foreign) = homes.iter().find(|home| !wire.start().trusts(&home.url)) {
        return Err(wire.start().elsewhere(&foreign.url));
    }
    let base = homes.first().and_then(|home| join(&home.url, "/"));
    let base = base.ok_or_else(|| refusal::protocol(&host_of(&wire.start().url), "a home without a host"))?;
    Ok(Said::Found(Found { base, homes }))
}
