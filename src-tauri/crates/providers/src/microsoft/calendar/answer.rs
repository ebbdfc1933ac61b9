//! Answers to invitations: calls of their own, because an answer is no field of the event.

use calendar::Participation;
use domain::error::ProviderError;
use reqwest::Method;
use serde_json::json;

use super::{
    super::api::{Api, json_call},
    resource::{WHAT, place},
};
use crate::ical::refused;

/// `tell`: whoever calls the meeting gets a mail from Exchange.
pub async fn give(api: &Api, calendar: &str, id: &str, answer: Participation, tell: bool) -> Result<(), ProviderError> {
    let action = match answer {
        Participation::Accepted => "accept",
        Participation::Declined => "decline",
        Participation::Tentative => "tentativelyAccept",
        Participation::Delegated => return Err(refused("Microsoft knows no delegation: answer yes, no or maybe.")),
        Participation::NeedsAction => return Err(refused("Microsoft can't take an answer back: answer yes, no or maybe.")),
    };
    let mut url = place(api, calendar, id);
    if let Ok(mut path) = url.path_segments_mut() {
        path.push(action);
    }
    // 202 without a body.
    api.reply(WHAT, json_call(Method::POST, url, &json!({ "sendResponse": tell }))?).await.map(drop)
}
