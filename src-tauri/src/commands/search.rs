//! The search box. Same language as `aurelius-cli search`.

use std::{collections::HashMap, time::Instant};

use domain::{
    ids::{AccountId, MessageId},
    mail::MailboxRole,
};
use store::{Page, PageCursor};

use crate::{
    convert,
    dto::{ApiError, ExcerptDto, Id, SearchExcerptsReq, SearchHitDto, SearchPage, SearchReq},
    state::Shell,
};

pub async fn search(shell: &Shell, req: SearchReq) -> Result<SearchPage, ApiError> {
    let engine = shell.engine().await?;
    let started = Instant::now();
    let (account, limit) = (req.account.map(|a| AccountId(a.0)), req.limit.clamp(1, 200));
    let page = if req.best == Some(true) {
        Page { items: engine.search_best(account, &req.query, true, limit).await?, next: None }
    } else {
        engine.search_in(account, &req.query, req.after.map(PageCursor), limit).await?
    };
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    let folders: HashMap<_, _> =
        engine.mailboxes().await?.into_iter().flat_map(|a| a.mailboxes).map(|m| (m.id, (m.name, m.role))).collect();
    let partial = engine.search_is_partial().await?;
    let hits = page
        .items
        .into_iter()
        .map(|hit| {
            let m = hit.message;
            let place = m.mailboxes.iter().filter_map(|id| folders.get(id)).min_by_key(|(_, role)| telling(*role));
            let (mailbox, role) = place.cloned().unwrap_or_default();
            SearchHitDto {
                message: Id(m.id.0),
                thread: Id(m.thread.0),
                account: Id(m.account.0),
                from: convert::address(m.from),
                subject: m.subject,
                snippet: m.snippet,
                date: convert::millis(m.date),
                unread: !m.flags.seen,
                starred: m.flags.flagged,
                attachments: m.has_attachments,
                mailbox,
                role: role.map(|r| r.as_str().to_owned()),
            }
        })
        .collect();
    Ok(SearchPage { hits, next: page.next.map(|c| c.0), ms, partial })
}

/// Why they were found: of the messages that hold words of the query in their text, the place.
pub async fn search_excerpts(shell: &Shell, req: SearchExcerptsReq) -> Result<Vec<ExcerptDto>, ApiError> {
    let messages: Vec<MessageId> = req.messages.iter().take(200).map(|id| MessageId(id.0)).collect();
    let found = shell.engine().await?.search_excerpts(&req.query, &messages).await?;
    Ok(found.into_iter().map(|(id, text)| ExcerptDto { message: Id(id.0), text }).collect())
}

/// Of several places of one message, the one that says most comes first: the inbox, then a label of the person's own, and the
/// folder that holds everything last.
const fn telling(role: Option<MailboxRole>) -> u8 {
    match role {
        Some(MailboxRole::Inbox) => 0,
        Some(MailboxRole::Archive | MailboxRole::All | MailboxRole::Flagged | MailboxRole::Important) => 3,
        Some(_) => 1,
        None => 2,
    }
}
