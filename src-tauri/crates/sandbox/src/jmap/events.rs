//! The event source (RFC 8620 section 7.3): states that changed, as they change, and a ping so that both sides know of each other.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::{
    Ctx,
    error::Problem,
    signed_in,
    world::{ACCOUNT, JmapWorld},
};
use crate::{Shared, control::locked};

/// A ping is never more often.
const SHORTEST: u64 = 5;

fn states(world: &JmapWorld, types: &[String]) -> Map<String, Value> {
    let all = [("Email", &world.mail_log), ("Mailbox", &world.mailbox_log), ("EmailSubmission", &world.submission_log)];
    let wanted = |name: &str| types.iter().any(|t| t == "*" || t == name);
    all.into_iter().filter(|(name, _)| wanted(name)).map(|(name, log)| (name.to_owned(), json!(log.state()))).collect()
}

struct Listener {
    shared: std::sync::Arc<Shared>,
    types: Vec<String>,
    /// As they were last told.
    told: Map<String, Value>,
    pulse: watch::Receiver<Option<u64>>,
    ping: Option<Duration>,
    once: bool,
    over: bool,
}

impl Listener {
    /// The next piece of the stream; None: it is over.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.over {
            let changed = async {
                match self.ping {
                    Some(ping) => tokio::time::timeout(ping, self.pulse.changed()).await.map_err(|_| ping),
                    None => Ok(self.pulse.changed().await),
                }
            };
            match changed.await {
                Err(ping) => return Some(Bytes::from(format!("event: ping\ndata: {{\"interval\":{}}}\n\n", ping.as_secs()))),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {}
            }
            if self.pulse.borrow().is_none() {
                return None;
            }
            let now = states(&locked(&self.shared.jmap), &self.types);
            let changed: Map<String, Value> =
                now.iter().filter(|(name, state)| self.told.get(*name) != Some(state)).map(|(n, s)| (n.clone(), s.clone())).collect();
            self.told = now;
            if !changed.is_empty() {
                self.over = self.once;
                let data = json!({"@type": "StateChange", "changed": {(ACCOUNT): changed}});
                return Some(Bytes::from(format!(": something changed\nevent: state\nid: {}\ndata: {data}\n\n", self.told.len())));
            }
        }
        None
    }
}

pub(super) async fn events(State(shared): Ctx, Query(query): Query<BTreeMap<String, String>>, headers: HeaderMap) -> Response {
    let world = locked(&shared.jmap);
    if let Err(problem) = signed_in(&world, &headers) {
        return problem.into_response();
    }
    if !world.switches.push {
        return Problem::plain(404, "There are no events here.").into_response();
    }
    let given = |name: &str| query.get(name).map(String::as_str);
    let (Some(types), Some(close), Some(Ok(ping))) = (given("types"), given("closeafter"), given("ping").map(str::parse::<u64>)) else {
        return Problem::plain(400, "types, closeafter and ping are needed.").into_response();
    };
    if !["no", "state"].contains(&close) || types.is_empty() || query.len() != 3 {
        return Problem::plain(400, "closeafter is no or state, and types has some.").into_response();
    }
    let types: Vec<String> = types.split(',').map(str::to_owned).collect();
    let listener = Listener {
        told: states(&world, &types),
        types,
        pulse: world.pulse.subscribe(),
        ping: (ping > 0).then(|| Duration::from_secs(ping.max(SHORTEST))),
        once: close == "state",
        over: false,
        shared: shared.clone(),
    };
    let pieces = stream::unfold(listener, |mut listener| async move {
        let piece = listener.next().await?;
        Some((Ok::<_, Infallible>(piece), listener))
    });
    ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")], Body::from_stream(pieces)).into_response()
}
