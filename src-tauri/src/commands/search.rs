//! The search box. Same language as `aurelius-cli search`.

use std::{collections::HashMap, time::Instant};

use store::PageCursor;

use crate::{
    convert,
    dto::{ApiError, Id, SearchHitDto, SearchPage, SearchReq},
    state::Shell,
};

pub async fn search(shell: &Shell, req: SearchReq) -> Result<SearchPage, ApiError> {
    let engine = shell.engine().await?;
    let started = Instant::now();
    let page = engine.search(&req.query, true, req.after.map(PageCursor), req.limit.clamp(1, 200)).await?;
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    let names: HashMap<_, _> = engine.mailboxes().await?.into_iter().flat_map(|a| a.mailboxes).map(|m| (m.id, m.name)).collect();
    let partial = engine.connections().await?.iter().any(|c| c.progress.is_some());
    let hits = page
        .items
        .into_iter()
        .map(|hit| {
            let m = hit.message;
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
                mailbox: m.mailboxes.iter().find_map(|id| names.get(id)).cloned().unwrap_or_default(),
            }
        })
        .collect();
    Ok(SearchPage { hits, next: page.next.map(|c| c.0), ms, partial })
}
