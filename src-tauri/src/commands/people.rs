//! Contacts from history, and files across all mail.

use domain::{ids::AccountId, time::Timestamp};
use store::{Contact, FileFilter, FileRow as StoreFile, PageCursor};

use crate::{
    convert,
    dto::{ApiError, ContactDto, ContactsPage, ContactsReq, FileRow, FilesPage, FilesReq, Id, Millis, PersonDto, PersonReq},
    state::Shell,
};

const PAGE: u32 = 200;
/// Conversations and files beside a person.
const RECENT: u32 = 10;

fn contact(c: Contact) -> ContactDto {
    ContactDto { name: c.name, email: c.email, sent: c.sent, received: c.seen, last_at: convert::millis(c.last_at) }
}

fn file(f: StoreFile) -> FileRow {
    FileRow {
        id: Id(f.id.0),
        message: Id(f.message.0),
        thread: Id(f.thread.0),
        account: Id(f.account.0),
        risk: convert::risk(&f.name, &f.mime).to_owned(),
        name: f.name,
        mime: f.mime,
        kind: f.kind,
        size: f.size as f64,
        from: convert::address(f.from),
        subject: f.subject,
        date: convert::millis(f.date),
    }
}

pub async fn contacts(shell: &Shell, req: ContactsReq) -> Result<ContactsPage, ApiError> {
    let engine = shell.engine().await?;
    let after = req.after.map(PageCursor);
    let page = engine.store().contacts(&req.text, after.as_ref(), req.limit.clamp(1, PAGE)).await.map_err(engine::EngineError::from)?;
    Ok(ContactsPage { items: page.items.into_iter().map(contact).collect(), next: page.next.map(|c| c.0) })
}

pub async fn person(shell: &Shell, req: PersonReq) -> Result<PersonDto, ApiError> {
    let engine = shell.engine().await?;
    let store = engine.store();
    let found = store.contact(&req.email).await.map_err(engine::EngineError::from)?;
    let threads = store.person_threads(&req.email, RECENT).await.map_err(engine::EngineError::from)?;
    let filter = FileFilter { from: Some(req.email), ..FileFilter::default() };
    let files = store.mail_files(&filter, None, RECENT).await.map_err(engine::EngineError::from)?;
    Ok(PersonDto {
        contact: contact(found),
        threads: threads.into_iter().map(convert::thread_row).collect(),
        files: files.items.into_iter().map(file).collect(),
    })
}

pub async fn files(shell: &Shell, req: FilesReq) -> Result<FilesPage, ApiError> {
    let engine = shell.engine().await?;
    let filter = FileFilter {
        kind: req.kind,
        from: req.from,
        account: req.account.map(|a| AccountId(a.0)),
        since: req.since.map(|Millis(ms)| Timestamp(ms)),
        until: req.until.map(|Millis(ms)| Timestamp(ms)),
    };
    let after = req.after.map(PageCursor);
    let page = engine.store().mail_files(&filter, after.as_ref(), req.limit.clamp(1, PAGE)).await.map_err(engine::EngineError::from)?;
    Ok(FilesPage { items: page.items.into_iter().map(file).collect(), next: page.next.map(|c| c.0) })
}
