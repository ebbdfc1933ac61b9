//! Files at providers: places, what lies there, and what became of saving one.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

/// A connection that files can be saved to.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FilePlaceDto {
    pub connection: String,
    /// `google` or `microsoft`.
    pub integration: String,
    pub label: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AttachmentSaveToReq {
    pub message: Id,
    pub attachment: Id,
    pub connection: String,
}

/// A file of a mail that was saved to a place, or is to be.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SavedToDto {
    /// The write in the outbox; `outbox_act` takes it back or tries again.
    pub outbox: Id,
    pub connection: String,
    pub attachment: Id,
    /// `queued`, `sending`, `failed` or `saved`.
    pub state: String,
    pub words: String,
    /// Whether there is a page of it at the provider: `saved_open` opens that.
    pub has_page: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SavedOpenReq {
    pub message: Id,
    pub outbox: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RemoteFilesReq {
    /// A part of the name; empty: all of them.
    pub query: String,
}

/// What one place answered.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RemoteFilesAt {
    pub place: FilePlaceDto,
    pub files: Vec<RemoteFileDto>,
    /// Further ones that were found.
    pub left_out: u32,
    /// False: the provider's list was not read to its end.
    pub complete: bool,
    /// Why it could not be asked.
    pub error: Option<super::ApiError>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RemoteFileDto {
    /// For `draft_attach_remote`.
    pub key: String,
    pub name: String,
    /// Bytes; none of a document of the provider's own kind.
    pub size: Option<f64>,
    pub modified_at: Option<Millis>,
    /// For `remote_file_open`.
    pub has_page: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RemoteFileReq {
    /// Of a [`RemoteFileDto`].
    pub key: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DraftAttachRemoteReq {
    pub id: Id,
    pub key: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FilePageReq {
    /// `google` or `microsoft`.
    pub integration: String,
}
