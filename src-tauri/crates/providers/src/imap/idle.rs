//! IDLE (RFC 2177): waiting for the server to say that a mailbox changed.

use std::time::{Duration, Instant};

use domain::error::ProviderError;

use super::{
    parse::{Response, Status},
    refusal::During,
    session::{Command, Event, Session},
};
use crate::mailnet::SILENCE;

/// NAT boxes forget quiet connections after ten minutes, servers after 29.
const REISSUE: Duration = Duration::from_secs(9 * 60);

/// Returns when something changed in the selected mailbox or after `max`. True: something changed.
pub(crate) async fn wait(session: &mut Session, max: Duration) -> Result<bool, ProviderError> {
    let until = Instant::now() + max;
    loop {
        let round = until.saturating_duration_since(Instant::now()).min(REISSUE);
        if round.is_zero() {
            return Ok(false);
        }
        let changed = once(session, round).await?;
        if changed {
            return Ok(true);
        }
    }
}

async fn once(session: &mut Session, max: Duration) -> Result<bool, ProviderError> {
    let until = Instant::now() + max;
    let exists = session.current.as_ref().map_or(0, |c| c.exists);
    let tag = session.send(Command::new("IDLE")).await?;
    let mut changed = false;
    let mut idling = false;
    while !changed || !idling {
        let left = if idling { until.saturating_duration_since(Instant::now()) } else { SILENCE };
        if left.is_zero() {
            break;
        }
        // The wait for bytes is cancelled at a point where nothing has been taken from the stream.
        match tokio::time::timeout(left, session.next(left + SILENCE)).await {
            Err(_) if idling => break,
            Err(_) => return Err(session.wrong("no answer to IDLE")),
            Ok(event) => match event? {
                Event::Done { said, .. } => {
                    return if said.status == Status::Ok { Ok(changed) } else { Err(session.refused(&said, During::Read)) };
                }
                Event::Response(Response::Continue { .. }) => idling = true,
                Event::Response(response) => changed |= is_news(&response, exists),
                Event::Literal { .. } => {}
            },
        }
    }
    session.say(b"DONE\r\n").await?;
    loop {
        match session.next(SILENCE).await? {
            Event::Done { tag: done, .. } if done == tag => return Ok(changed),
            Event::Done { .. } => return Err(session.wrong("an answer to another command")),
            Event::Response(response) => changed |= is_news(&response, exists),
            Event::Literal { .. } => {}
        }
    }
}

/// Some servers repeat EXISTS without a reason.
fn is_news(response: &Response, exists: u32) -> bool {
    match response {
        Response::Exists(n) => *n != exists,
        Response::Expunge | Response::Fetch(_) | Response::Vanished { .. } => true,
        _ => false,
    }
}
