//! Messages and folders as Graph writes them; absent fields are absent on the wire too.

use chrono::DateTime;
use domain::{ids::RemoteId, mail::Flags, sync::RemoteMail, time::Timestamp};
use serde::{Deserialize, Deserializer};

use super::rounds::Entry;
use crate::http::json::or_default;

/// What is asked of a message beside its body.
pub const SELECT: &str = "id,internetMessageId,conversationId,receivedDateTime,isRead,isDraft,flag,parentFolderId";
/// Graph's ids have some 150 characters. They are kept for whole mailboxes.
const MAX_ID: usize = 512;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default)]
    pub internet_message_id: Option<String>,
    #[serde(default)]
    pub conversation_id: Option<String>,
    #[serde(default)]
    pub received_date_time: Option<String>,
    #[serde(default)]
    pub is_read: Option<bool>,
    #[serde(default)]
    pub is_draft: Option<bool>,
    #[serde(default)]
    pub flag: Option<Flag>,
    #[serde(default)]
    pub parent_folder_id: Option<String>,
    #[serde(default, rename = "@removed")]
    pub removed: Option<Removed>,
    #[serde(default)]
    pub to_recipients: Option<Vec<Recipient>>,
    #[serde(default)]
    pub cc_recipients: Option<Vec<Recipient>>,
    #[serde(default)]
    pub bcc_recipients: Option<Vec<Recipient>>,
}

/// `reason` says whether it was deleted or only left: here it is gone either way, and found again where it went.
#[derive(Clone, Debug, Deserialize)]
pub struct Removed {}

/// `itemBody`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ItemBody {
    /// `text` or `html`.
    #[serde(deserialize_with = "or_default")]
    pub content_type: String,
    #[serde(deserialize_with = "or_default")]
    pub content: String,
}

/// `dateTimeTimeZone`: on the wall of `time_zone`, without an offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Zoned {
    #[serde(deserialize_with = "or_default")]
    pub date_time: String,
    #[serde(deserialize_with = "or_default")]
    pub time_zone: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flag {
    #[serde(default)]
    pub flag_status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    #[serde(default)]
    pub email_address: Address,
}

#[derive(Debug, Default, Deserialize)]
pub struct Address {
    #[serde(default)]
    pub address: Option<String>,
}

/// One page of a list or of delta.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    pub value: Vec<T>,
    #[serde(default, rename = "@odata.nextLink")]
    pub next: Option<String>,
    #[serde(default, rename = "@odata.deltaLink")]
    pub delta: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub child_folder_count: u32,
    #[serde(default)]
    pub total_item_count: u32,
    #[serde(default)]
    pub unread_item_count: u32,
    #[serde(default)]
    pub is_hidden: bool,
    /// `#microsoft.graph.mailSearchFolder`: a search that looks like a folder.
    #[serde(default, rename = "@odata.type")]
    pub kind: Option<String>,
}

impl Entry for Message {
    fn id(&self) -> &str {
        &self.id
    }
    fn gone(&self) -> bool {
        self.removed.is_some()
    }
}

impl Message {
    /// None where the entry does not say all of it: a change of the read state may be told alone.
    pub fn flags(&self) -> Option<Flags> {
        let (seen, draft, flag) = (self.is_read?, self.is_draft?, self.flag.as_ref()?);
        Some(Flags { seen, draft, flagged: flag.flag_status == "flagged", ..Flags::default() })
    }

    pub fn received(&self) -> Option<Timestamp> {
        let at = DateTime::parse_from_rfc3339(self.received_date_time.as_deref()?).ok()?.timestamp_millis();
        // Up to the year 9999; a date that makes no sense is no reason to lose the mail.
        (0..253_402_300_800_000).contains(&at).then_some(Timestamp(at))
    }

    /// Without brackets.
    pub fn rfc_id(&self) -> Option<String> {
        let id = self.internet_message_id.as_deref()?.trim().trim_start_matches('<').trim_end_matches('>');
        (!id.is_empty() && id.len() <= 998).then(|| id.to_owned())
    }

    pub fn remote(&self) -> RemoteMail {
        RemoteMail {
            flags: self.flags(),
            received: self.received(),
            message_id: self.rfc_id(),
            thread: self.conversation_id.as_deref().filter(|c| c.len() <= MAX_ID).map(RemoteId::new),
            ..RemoteMail::new(RemoteId::new(&self.id))
        }
    }
}

pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.is_empty() || id.len() > MAX_ID { Err(serde::de::Error::custom("an id without measure")) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delta_page_of_the_reference_is_read_as_it_means() {
        let text = r##"{"@odata.deltaLink":"https://graph.microsoft.com/v1.0/x?$deltatoken=D9","value":[
          {"@odata.type":"#microsoft.graph.message","id":"AAkAL1","@removed":{"reason":"deleted"}},
          {"@odata.type":"#microsoft.graph.message","@odata.etag":"W/\"CQAA\"","id":"AAkAL2","isRead":true,"flag":{"flagStatus":"flagged"}},
          {"id":"AAkAL3","conversationId":"AAQk","internetMessageId":"<m3@x.test>","receivedDateTime":"2026-11-22T08:59:00Z","isRead":false,"isDraft":false,"flag":{"flagStatus":"notFlagged"},"parentFolderId":"AAinbox"}]}"##;
        let page: Page<Message> = serde_json::from_str(text).unwrap();
        assert!(page.value[0].removed.is_some() && page.next.is_none() && page.delta.is_some());
        assert_eq!(page.value[1].flags(), None, "it does not say whether it is a draft");
        let mail = page.value[2].remote();
        assert_eq!((mail.flags, mail.message_id.as_deref()), (Some(Flags::default()), Some("m3@x.test")));
        assert_eq!(mail.received, Some(Timestamp::from_secs(1_795_337_940)));
        assert!(serde_json::from_str::<Page<Message>>(r#"{"value":[{"id":""}]}"#).is_err());
    }
}
