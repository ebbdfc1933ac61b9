//! All mailboxes of the stand-in, what passes between them, and quotas.

use std::collections::BTreeMap;

use domain::time::Timestamp;

use super::{
    error::ApiError,
    mailbox::{Mailbox, MsgId},
    send,
};
use crate::{Quota, rng::Rng};

/// Mail to this local part is answered at once, whatever the domain.
pub const ECHO: &str = "echo";

/// Gmail's undocumented limit of parallel requests per mailbox (PROVIDERS 1.2).
const MAX_IN_FLIGHT: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Inbox,
    Spam,
}

pub struct MailWorld {
    boxes: BTreeMap<String, Mailbox>,
    buckets: BTreeMap<String, Bucket>,
    quota: Quota,
    echo: bool,
    pub rewrite_message_id: bool,
    pub(crate) rng: Rng,
}

/// Refilled evenly; holds at most one minute's worth.
struct Bucket {
    milli_units: i64,
    at: Timestamp,
}

impl MailWorld {
    pub fn new(rng: Rng, quota: Quota, echo: bool) -> Self {
        Self { boxes: BTreeMap::new(), buckets: BTreeMap::new(), quota, echo, rewrite_message_id: false, rng }
    }

    pub fn add_account(&mut self, email: &str, name: &str) -> &mut Mailbox {
        let rng = self.rng.fork(email);
        self.boxes.entry(email.to_owned()).or_insert_with(|| Mailbox::new(email, name, rng))
    }

    pub fn mailbox_mut(&mut self, email: &str) -> Option<&mut Mailbox> {
        self.boxes.get_mut(&email.to_ascii_lowercase())
    }

    pub fn emails(&self) -> Vec<String> {
        self.boxes.keys().cloned().collect()
    }

    pub fn set_quota(&mut self, quota: Quota) {
        self.quota = quota;
        self.buckets.clear();
    }

    /// Takes `units` from this person's minute.
    pub(crate) fn spend(&mut self, email: &str, units: u32, now: Timestamp) -> Result<(), ApiError> {
        let per_minute = match self.quota {
            Quota::Off => return Ok(()),
            Quota::Standard => 6000,
            Quota::Small(units) => i64::from(units),
        };
        let full = per_minute * 1000;
        let bucket = self.buckets.entry(email.to_owned()).or_insert(Bucket { milli_units: full, at: now });
        let refill = now.since(bucket.at).max(0).saturating_mul(per_minute) / 60;
        bucket.milli_units = bucket.milli_units.saturating_add(refill).min(full);
        bucket.at = now;
        let cost = i64::from(units) * 1000;
        if bucket.milli_units < cost {
            return Err(ApiError::quota());
        }
        bucket.milli_units -= cost;
        Ok(())
    }

    pub(crate) fn check_concurrency(&self, in_flight: u32) -> Result<(), ApiError> {
        if self.quota != Quota::Off && in_flight > MAX_IN_FLIGHT {
            return Err(ApiError::new(429, "rateLimitExceeded", "Too many concurrent requests for user."));
        }
        Ok(())
    }

    /// Mail from outside (or from another account here). Returns its id there.
    pub fn deliver(&mut self, email: &str, raw: &[u8], how: Delivery, now: Timestamp) -> Option<String> {
        let labels = match how {
            Delivery::Inbox => vec!["INBOX".to_owned(), "UNREAD".to_owned()],
            Delivery::Spam => vec!["SPAM".to_owned(), "UNREAD".to_owned()],
        };
        Some(self.mailbox_mut(email)?.insert(raw, labels, now, None).to_string())
    }

    /// After a send: copies for the other accounts here, and the echo's answers.
    pub(crate) fn carry(&mut self, from: &str, id: MsgId, recipients: &[String], raw: &[u8], now: Timestamp) {
        let mut done = Vec::new();
        for recipient in recipients.iter().map(|r| r.to_ascii_lowercase()) {
            if recipient == from || done.contains(&recipient) {
                continue;
            }
            self.deliver(&recipient, raw, Delivery::Inbox, now);
            if self.echo && recipient.split('@').next() == Some(ECHO) {
                let answer = send::echo(self.boxes.get(from).and_then(|m| m.get(id)), &recipient, from, now, &mut self.rng);
                if let Some(answer) = answer {
                    self.deliver(from, &answer, Delivery::Inbox, now);
                }
            }
            done.push(recipient);
        }
    }
}
