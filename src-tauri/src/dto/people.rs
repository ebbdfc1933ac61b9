//! Contacts from history, and files across all mail.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AddressDto, Id, Millis, ThreadRow};

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ContactsReq {
    /// A part of the name or address; empty: all.
    pub text: String,
    pub after: Option<String>,
    /// At most 200.
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ContactsPage {
    /// Last in touch first.
    pub items: Vec<ContactDto>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ContactDto {
    pub name: String,
    pub email: String,
    /// Mails from you to them.
    pub sent: u32,
    /// Mails that name them otherwise.
    pub received: u32,
    pub last_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PersonReq {
    pub email: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PersonDto {
    pub contact: ContactDto,
    /// The latest ten conversations with a mail from them.
    pub threads: Vec<ThreadRow>,
    /// The latest ten files from them.
    pub files: Vec<FileRow>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FilesReq {
    /// `image`, `pdf`, `document`, `sheet`, `slides`, `archive`, `audio`, `video`, `calendar`, `other`; None: all.
    pub kind: Option<String>,
    /// Sender's address.
    pub from: Option<String>,
    pub account: Option<Id>,
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    pub after: Option<String>,
    /// At most 200.
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FilesPage {
    /// Newest mail first.
    pub items: Vec<FileRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FileRow {
    pub id: Id,
    pub message: Id,
    pub thread: Id,
    pub account: Id,
    pub name: String,
    pub mime: String,
    /// As in `FilesReq.kind`.
    pub kind: String,
    pub size: f64,
    /// As in `AttachmentDto.risk`.
    pub risk: String,
    pub from: AddressDto,
    pub subject: String,
    pub date: Millis,
}
