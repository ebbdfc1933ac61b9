//! Records as JMAP writes them.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    mail::{Flags, MailboxRole},
    sync::RemoteMail,
    time::Timestamp,
};
use serde::{Deserialize, Deserializer};

use super::error::SetErrors;
use crate::http::json::or_default;

/// What is asked of a mail beside its body.
pub const PROPERTIES: [&str; 7] = ["id", "threadId", "mailboxIds", "keywords", "receivedAt", "size", "messageId"];
/// RFC 8620 section 1.2: an id has at most 255 characters.
const MAX_ID: usize = 255;
const SEEN: &str = "$seen";
const FLAGGED: &str = "$flagged";
const ANSWERED: &str = "$answered";
const FORWARDED: &str = "$forwarded";
pub const DRAFT: &str = "$draft";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Email {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub blob_id: Option<String>,
    thread_id: Option<String>,
    pub mailbox_ids: Option<BTreeMap<String, bool>>,
    keywords: Option<BTreeMap<String, bool>>,
    received_at: Option<String>,
    pub size: Option<u64>,
    message_id: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mailbox {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub name: Option<String>,
    pub parent_id: Option<String>,
    pub role: Option<String>,
    pub sort_order: Option<u32>,
    pub total_emails: Option<u32>,
    pub unread_emails: Option<u32>,
    pub my_rights: Option<Rights>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rights {
    #[serde(default)]
    pub may_read_items: bool,
}

#[derive(Debug, Deserialize)]
pub struct Identity {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `*@domain`: every address there (RFC 8621 section 6).
    pub email: String,
}

/// The answer to a `/get`.
#[derive(Debug, Deserialize)]
pub struct Got<T> {
    pub state: String,
    pub list: Vec<T>,
}

/// The answer to a `/changes`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub new_state: String,
    #[serde(default)]
    pub has_more_changes: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub destroyed: Vec<String>,
}

/// The answer to a `/query`.
#[derive(Debug, Deserialize)]
pub struct Found {
    pub ids: Vec<String>,
    #[serde(default)]
    pub total: Option<u64>,
    /// Where the server gives fewer at a time than were asked for.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// The answer to a `/set` or an import.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Set {
    #[serde(deserialize_with = "or_default")]
    pub created: BTreeMap<String, Created>,
    #[serde(deserialize_with = "or_default")]
    pub updated: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "or_default")]
    pub destroyed: Vec<String>,
    pub not_created: SetErrors,
    pub not_updated: SetErrors,
    pub not_destroyed: SetErrors,
}

#[derive(Debug, Deserialize)]
pub struct Created {
    pub id: String,
}

/// The keywords of flags. None stands for \Deleted, which has none here.
pub fn keywords(flags: Flags) -> impl Iterator<Item = &'static str> {
    let all =
        [(flags.seen, SEEN), (flags.flagged, FLAGGED), (flags.answered, ANSWERED), (flags.forwarded, FORWARDED), (flags.draft, DRAFT)];
    all.into_iter().filter(|(on, _)| *on).map(|(_, keyword)| keyword)
}

pub fn role(text: &str) -> Option<MailboxRole> {
    // By name, so that a role which only this program knows is none: RFC 8621 section 2 takes them from IANA's registry.
    Some(match text.to_ascii_lowercase().as_str() {
        "inbox" => MailboxRole::Inbox,
        "archive" => MailboxRole::Archive,
        "all" => MailboxRole::All,
        "drafts" => MailboxRole::Drafts,
        "sent" => MailboxRole::Sent,
        "junk" => MailboxRole::Junk,
        "trash" => MailboxRole::Trash,
        "flagged" => MailboxRole::Flagged,
        "important" => MailboxRole::Important,
        _ => return None,
    })
}

impl Email {
    pub fn flags(&self) -> Option<Flags> {
        let keywords = self.keywords.as_ref()?;
        let has = |keyword: &str| keywords.iter().any(|(k, on)| *on && k.eq_ignore_ascii_case(keyword));
        Some(Flags {
            seen: has(SEEN),
            flagged: has(FLAGGED),
            answered: has(ANSWERED),
            draft: has(DRAFT),
            forwarded: has(FORWARDED),
            deleted: false,
        })
    }

    /// Ids of the folders that it lies in.
    pub fn mailboxes(&self) -> impl Iterator<Item = &str> {
        self.mailbox_ids.iter().flatten().filter(|(_, there)| **there).map(|(id, _)| id.as_str())
    }

    pub fn received(&self) -> Option<Timestamp> {
        let at = DateTime::parse_from_rfc3339(self.received_at.as_deref()?).ok()?.timestamp_millis();
        // Up to the year 9999; a date that makes no sense is no reason to lose the mail.
        (0..253_402_300_800_000).contains(&at).then_some(Timestamp(at))
    }

    pub fn has_message_id(&self, wanted: &str) -> bool {
        self.message_id.iter().flatten().any(|id| id == wanted)
    }

    pub fn remote(&self) -> RemoteMail {
        let lies_in = |map: &BTreeMap<String, bool>| map.iter().filter(|(_, on)| **on).map(|(id, _)| RemoteId::new(id)).collect();
        RemoteMail {
            flags: self.flags(),
            mailboxes: self.mailbox_ids.as_ref().map(lies_in),
            received: self.received(),
            size: self.size,
            message_id: self.message_id.iter().flatten().find(|id| !id.is_empty() && id.len() <= 998).cloned(),
            thread: self.thread_id.as_deref().filter(|t| t.len() <= MAX_ID).map(RemoteId::new),
            ..RemoteMail::new(RemoteId::new(&self.id))
        }
    }
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.is_empty() || id.len() > MAX_ID { Err(serde::de::Error::custom("an id without measure")) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_it_means() {
        let text = r#"{"id":"M1","threadId":"T1","mailboxIds":{"P1":true,"P2":false},"keywords":{"$seen":true,"$Flagged":true,"work":true},
            "receivedAt":"2026-11-22T08:59:00Z","size":7,"messageId":["m1@x.test"]}"#;
        let mail = serde_json::from_str::<Email>(text).unwrap().remote();
        assert_eq!(mail.flags, Some(Flags { seen: true, flagged: true, ..Flags::default() }));
        assert_eq!(mail.mailboxes, Some(vec![RemoteId::new("P1")]));
        assert_eq!((mail.received, mail.message_id.as_deref()), (Some(Timestamp::from_secs(1_795_337_940)), Some("m1@x.test")));
        let bare = serde_json::from_str::<Email>(r#"{"id":"M1","messageId":null}"#).unwrap().remote();
        assert_eq!(bare, RemoteMail::new(RemoteId::new("M1")), "what is not said is not known");
        assert!(serde_json::from_str::<Email>(r#"{"id":""}"#).is_err());
    }

    #[test]
    fn flags_have_keywords_and_roles_have_names() {
        let flags = Flags { seen: true, forwarded: true, deleted: true, ..Flags::default() };
        assert_eq!(keywords(flags).collect::<Vec<_>>(), [SEEN, FORWARDED]);
        assert_eq!(role("Sent"), Some(MailboxRole::Sent));
        for none in ["", "bin", "subscribed", "memos"] {
            assert_eq!(role(none), None, "{none}");
        }
    }
}
