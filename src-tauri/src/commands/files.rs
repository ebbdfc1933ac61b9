//! Files of mails: judged, saved, opened.

use domain::ids::AttachmentId;
use engine::mime::Risk;

use crate::{
    dto::{ApiError, AttachmentOpenReq, AttachmentReq, AttachmentRisk, SavedFile},
    state::Shell,
};

/// What opening the file could do, by its name, its type and its bytes.
pub async fn attachment_check(shell: &Shell, req: AttachmentReq) -> Result<AttachmentRisk, ApiError> {
    let risk = shell.engine().await?.attachment_risk(AttachmentId(req.attachment.0)).await?;
    Ok(AttachmentRisk { risk: risk.as_str().to_owned() })
}

/// Into the Downloads folder, under a name that is free there, marked as coming from the internet.
pub async fn attachment_save(shell: &Shell, req: AttachmentReq) -> Result<SavedFile, ApiError> {
    let dir = dirs::download_dir()
        .or_else(dirs::home_dir)
        .ok_or_else(|| ApiError::new("no_downloads", "There is no Downloads folder.", "Create one, then save again."))?;
    let path = shell.engine().await?.save_attachment(AttachmentId(req.attachment.0), &dir).await?;
    Ok(SavedFile { path: path.display().to_string() })
}

/// Saves, then lets the system open it. Programs are never opened from a mail, other risky files only once the person was warned.
pub async fn attachment_open(shell: &Shell, req: AttachmentOpenReq) -> Result<SavedFile, ApiError> {
    let risk = shell.engine().await?.attachment_risk(AttachmentId(req.attachment.0)).await?;
    may_open(risk, req.confirmed)?;
    let saved = attachment_save(shell, AttachmentReq { message: req.message, attachment: req.attachment }).await?;
    open::that_detached(&saved.path).map_err(|e| {
        ApiError::new("no_opener", format!("Nothing here opens this kind of file ({e})."), format!("It was saved as {}.", saved.path))
    })?;
    shell.engine().await?.attachment_opened(AttachmentId(req.attachment.0)).await;
    Ok(saved)
}

fn may_open(risk: Risk, confirmed: bool) -> Result<(), ApiError> {
    match risk {
        Risk::Executable => Err(ApiError::new(
            "risky_attachment",
            "This file is a program. Aurelius does not run programs from mails.",
            "Save it and check with the sender before you open it yourself.",
        )),
        Risk::None => Ok(()),
        _ if confirmed => Ok(()),
        _ => Err(ApiError::new(
            "unconfirmed_attachment",
            "This kind of file can do harm when it is opened.",
            "Open it from the mail again and read the warning first.",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn risky_files_are_opened_once_confirmed_and_programs_never() {
        assert!(may_open(Risk::None, false).is_ok());
        for risk in [Risk::Archive, Risk::Locked, Risk::Html, Risk::Macro] {
            assert_eq!(may_open(risk, false).unwrap_err().code, "unconfirmed_attachment");
            assert!(may_open(risk, true).is_ok());
        }
        assert_eq!(may_open(Risk::Executable, true).unwrap_err().code, "risky_attachment");
    }
}
