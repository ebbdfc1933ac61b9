//! Folders and labels of the person's own.

use domain::{
    audit::Actor,
    ids::{AccountId, MailboxId},
};

use crate::{
    convert,
    dto::{ApiError, Empty, MailboxCreateReq, MailboxDto, MailboxRenameReq, MailboxReq},
    state::Shell,
};

pub async fn mailbox_create(shell: &Shell, req: MailboxCreateReq) -> Result<MailboxDto, ApiError> {
    let made = shell.engine().await?.create_mailbox(AccountId(req.account.0), &req.name, None, Actor::Person).await?;
    Ok(convert::mailbox(made))
}

pub async fn mailbox_rename(shell: &Shell, req: MailboxRenameReq) -> Result<MailboxDto, ApiError> {
    Ok(convert::mailbox(shell.engine().await?.rename_mailbox(MailboxId(req.id.0), &req.name, Actor::Person).await?))
}

pub async fn mailbox_delete(shell: &Shell, req: MailboxReq) -> Result<Empty, ApiError> {
    shell.engine().await?.delete_mailbox(MailboxId(req.id.0), Actor::Person).await?;
    Ok(Empty {})
}
