//! Files at providers: attachments are saved there, and what Aurelius saved there or was given is attached from there.

use domain::{
    audit::Actor,
    ids::{AttachmentId, ConnectionId, DraftId, MessageId},
};
use engine::{FilePlace, FilesAt, SavedFileView};

use super::compose::dto;
use crate::{
    convert,
    desktop::browser,
    dto::{
        ApiError, AttachmentSaveToReq, DraftAttachRemoteReq, DraftDto, Empty, FilePageReq, FilePlaceDto, Id, MessageReq, RemoteFileDto,
        RemoteFileReq, RemoteFilesAt, RemoteFilesReq, SavedOpenReq, SavedToDto,
    },
    state::Shell,
};

/// Files of one place in one list.
const MOST: usize = 200;

pub async fn file_places(shell: &Shell, _: Empty) -> Result<Vec<FilePlaceDto>, ApiError> {
    Ok(shell.engine().await?.file_places().await?.into_iter().map(place).collect())
}

/// Queues it; the answer is what is known of all files of the mail.
pub async fn attachment_save_to(shell: &Shell, req: AttachmentSaveToReq) -> Result<Vec<SavedToDto>, ApiError> {
    let engine = shell.engine().await?;
    engine.save_attachment_to(AttachmentId(req.attachment.0), &ConnectionId::new(req.connection), Actor::Person).await?;
    saved_to(shell, MessageReq { id: req.message }).await
}

pub async fn saved_to(shell: &Shell, req: MessageReq) -> Result<Vec<SavedToDto>, ApiError> {
    Ok(shell.engine().await?.saved_files(MessageId(req.id.0)).await?.into_iter().map(saved).collect())
}

/// The file's page, in the system browser. The address is the stored one, never one that the window names.
pub async fn saved_open(shell: &Shell, req: SavedOpenReq) -> Result<Empty, ApiError> {
    let all = shell.engine().await?.saved_files(MessageId(req.message.0)).await?;
    let link = all.into_iter().find(|f| f.outbox.0 == req.outbox.0).and_then(|f| f.link);
    open(&link.ok_or_else(|| ApiError::bad_request("a file that has no page"))?)
}

pub async fn remote_files(shell: &Shell, req: RemoteFilesReq) -> Result<Vec<RemoteFilesAt>, ApiError> {
    Ok(shell.engine().await?.find_files(None, &req.query, MOST).await?.into_iter().map(found).collect())
}

pub async fn draft_attach_remote(shell: &Shell, req: DraftAttachRemoteReq) -> Result<DraftDto, ApiError> {
    let (connection, file) = engine::parse_file_key(&req.key).ok_or_else(|| ApiError::bad_request("a file that is none"))?;
    Ok(dto(shell.engine().await?.attach_remote(DraftId(req.id.0), &connection, &file).await?))
}

/// The file's page, in the system browser: the provider is asked for its address, never the window.
pub async fn remote_file_open(shell: &Shell, req: RemoteFileReq) -> Result<Empty, ApiError> {
    let (connection, file) = engine::parse_file_key(&req.key).ok_or_else(|| ApiError::bad_request("a file that is none"))?;
    open(&shell.engine().await?.file_link(&connection, &file).await?)
}

/// Where the person's other files are.
pub async fn file_page(_: &Shell, req: FilePageReq) -> Result<Empty, ApiError> {
    match req.integration.as_str() {
        "google" => open("https://drive.google.com/drive/my-drive"),
        "microsoft" => open("https://onedrive.live.com/"),
        other => Err(ApiError::bad_request(&format!("files of {other}"))),
    }
}

fn open(page: &str) -> Result<Empty, ApiError> {
    browser::open(page)
        .map_err(|e| ApiError::new("no_browser", format!("No browser could be opened ({e})."), "Install or set a default browser."))?;
    Ok(Empty {})
}

fn place(place: FilePlace) -> FilePlaceDto {
    FilePlaceDto { connection: place.connection.0, integration: place.integration, label: place.label }
}

fn saved(file: SavedFileView) -> SavedToDto {
    SavedToDto {
        outbox: Id(file.outbox.0),
        connection: file.connection.0,
        attachment: Id(file.attachment.0),
        state: file.state.to_owned(),
        words: file.words,
        has_page: file.link.is_some(),
    }
}

fn found(at: FilesAt) -> RemoteFilesAt {
    let connection = at.place.connection.clone();
    let file = |f: domain::files::RemoteFile| RemoteFileDto {
        key: engine::file_key(&connection, &f.id),
        name: f.name,
        size: f.size.map(|n| n as f64),
        modified_at: f.modified_at.map(convert::millis),
        has_page: f.link.is_some(),
    };
    RemoteFilesAt {
        files: at.files.into_iter().map(file).collect(),
        place: place(at.place),
        left_out: u32::try_from(at.left_out).unwrap_or(u32::MAX),
        complete: at.complete,
        error: at.error.map(Into::into),
    }
}
