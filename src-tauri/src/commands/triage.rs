//! Snooze, mute, reminders, undo, work on many, splits.

use domain::{
    audit::Actor,
    ids::{AccountId, ThreadId},
    time::Timestamp,
};
use engine::{BulkAct, BulkWhat as What, Done, Keep, RuleText, Undone};
use store::{BulkRow, SplitCount, SplitRule as StoreRule};

use crate::{
    commands::mail::engine_action,
    convert,
    dto::{
        ActRes, ApiError, BulkAction, BulkJob, BulkJobReq, BulkReq, BulkWhat, Empty, Id, KeepAction, Millis, MuteReq, RemindReq, SnoozeReq,
        SplitDto, SplitOrderReq, SplitReq, SplitRule, SplitSaveReq, SplitSuggestion, SplitsReq, UndoRow,
    },
    state::Shell,
};

/// Rows of the list of what can be undone.
const UNDOS: u32 = 50;

/// The answer to anything that can be undone.
pub fn act_res(done: Done) -> ActRes {
    ActRes {
        undo_until: done.undo.map(|_| convert::millis(done.until)),
        undo: done.undo.map(|id| format!("u:{id}")),
        count: done.count as u32,
        words: done.words,
    }
}

pub fn undone(undone: Undone) -> ActRes {
    ActRes { undo: undone.draft.map(|d| format!("draft:{d}")), undo_until: None, count: undone.count as u32, words: undone.words }
}

fn when(at: Option<Millis>) -> Option<Timestamp> {
    at.map(|Millis(ms)| Timestamp(ms))
}

pub async fn undo_last(shell: &Shell, _: Empty) -> Result<ActRes, ApiError> {
    Ok(undone(shell.engine().await?.undo_last().await?))
}

pub async fn undo_list(shell: &Shell, _: Empty) -> Result<Vec<UndoRow>, ApiError> {
    let list = shell.engine().await?.undo_list(UNDOS).await?;
    Ok(list
        .into_iter()
        .map(|r| UndoRow {
            token: format!("u:{}", r.id),
            kind: r.kind,
            words: r.words,
            count: r.count as u32,
            at: convert::millis(r.at),
            until: convert::millis(r.until),
        })
        .collect())
}

pub async fn snooze(shell: &Shell, req: SnoozeReq) -> Result<ActRes, ApiError> {
    let done = shell.engine().await?.snooze(&convert::thread_ids(&req.threads), when(req.until), Actor::Person).await?;
    Ok(act_res(done))
}

pub async fn mute(shell: &Shell, req: MuteReq) -> Result<ActRes, ApiError> {
    Ok(act_res(shell.engine().await?.mute(&convert::thread_ids(&req.threads), req.on, Actor::Person).await?))
}

pub async fn remind(shell: &Shell, req: RemindReq) -> Result<ActRes, ApiError> {
    Ok(act_res(shell.engine().await?.remind(&convert::thread_ids(&req.threads), when(req.at), Actor::Person).await?))
}

pub fn bulk_job(row: BulkRow) -> BulkJob {
    BulkJob {
        id: Id(row.id),
        undo: row.undo.filter(|_| row.done > 0 && !matches!(row.state.as_str(), "undoing" | "undone")).map(|id| format!("u:{id}")),
        state: row.state,
        words: row.words,
        done: row.done as u32,
        total: row.total as u32,
        error: row.error,
    }
}

pub async fn bulk_start(shell: &Shell, req: BulkReq) -> Result<BulkJob, ApiError> {
    let what = match req.what {
        BulkWhat::Threads { ids } => What::Threads(convert::thread_ids(&ids)),
        BulkWhat::Filter { filter, except } => What::Filter { filter: convert::filter(&filter)?, except: convert::thread_ids(&except) },
        BulkWhat::Query { query } => What::Query(query),
    };
    let create = req.create_missing.unwrap_or_default();
    let act = match req.action {
        BulkAction::Mail(action) => BulkAct::Mail(engine_action(action)),
        BulkAction::Keep(keep) => BulkAct::Keep(match keep {
            KeepAction::Snooze { until } => Keep::Snooze { until: when(until) },
            KeepAction::Mute { on } => Keep::Mute { on },
            KeepAction::Remind { at } => Keep::Remind { at: when(at) },
        }),
    };
    Ok(bulk_job(shell.engine().await?.bulk_start(act, what, Actor::Person, create).await?))
}

pub async fn bulk_jobs(shell: &Shell, _: Empty) -> Result<Vec<BulkJob>, ApiError> {
    Ok(shell.engine().await?.bulk_jobs().await?.into_iter().map(bulk_job).collect())
}

pub async fn bulk_cancel(shell: &Shell, req: BulkJobReq) -> Result<BulkJob, ApiError> {
    Ok(bulk_job(shell.engine().await?.bulk_cancel(req.id.0, Actor::Person).await?))
}

fn rule_out(rule: StoreRule) -> SplitRule {
    match rule {
        StoreRule::People => SplitRule::People,
        StoreRule::News => SplitRule::News,
        StoreRule::Calendar => SplitRule::Calendar,
        StoreRule::Query { text, .. } => SplitRule::Query { query: text },
    }
}

fn rule_in(rule: SplitRule) -> RuleText {
    match rule {
        SplitRule::People => RuleText::People,
        SplitRule::News => RuleText::News,
        SplitRule::Calendar => RuleText::Calendar,
        SplitRule::Query { query } => RuleText::Query(query),
    }
}

pub async fn splits(shell: &Shell, req: SplitsReq) -> Result<Vec<SplitDto>, ApiError> {
    let (splits, counts) = shell.engine().await?.splits(req.account.map(|a| AccountId(a.0))).await?;
    if splits.is_empty() {
        return Ok(Vec::new());
    }
    let count = |id: i64| counts.iter().find(|c| c.split == id).copied().unwrap_or(SplitCount { split: id, ..SplitCount::default() });
    let row = |id: i64, name: String, rule: Option<SplitRule>| {
        let c = count(id);
        SplitDto { id: Id(id), name, rule, total: c.threads.max(0) as u32, unread: c.unread_threads.max(0) as u32 }
    };
    let mut out: Vec<SplitDto> = splits.into_iter().map(|s| row(s.id, s.name, Some(rule_out(s.rule)))).collect();
    out.push(row(0, "Other".to_owned(), None));
    Ok(out)
}

pub async fn split_save(shell: &Shell, req: SplitSaveReq) -> Result<SplitDto, ApiError> {
    let id = shell.engine().await?.save_split(req.id.map(|i| i.0), &req.name, rule_in(req.rule), Actor::Person).await?;
    let all = splits(shell, SplitsReq { account: None }).await?;
    all.into_iter().find(|s| s.id.0 == id).ok_or_else(|| ApiError::bad_request("the split is gone"))
}

pub async fn split_delete(shell: &Shell, req: SplitReq) -> Result<Empty, ApiError> {
    shell.engine().await?.delete_split(req.id.0, Actor::Person).await?;
    Ok(Empty {})
}

pub async fn split_order(shell: &Shell, req: SplitOrderReq) -> Result<Vec<SplitDto>, ApiError> {
    let ids: Vec<i64> = req.ids.iter().map(|i| i.0).collect();
    shell.engine().await?.order_splits(&ids, Actor::Person).await?;
    splits(shell, SplitsReq { account: None }).await
}

pub async fn split_suggestions(shell: &Shell, _: Empty) -> Result<Vec<SplitSuggestion>, ApiError> {
    let found = shell.engine().await?.suggest_splits().await?;
    Ok(found
        .into_iter()
        .map(|s| SplitSuggestion {
            name: s.name,
            threads: s.threads as u32,
            rule: match s.rule {
                RuleText::People => SplitRule::People,
                RuleText::News => SplitRule::News,
                RuleText::Calendar => SplitRule::Calendar,
                RuleText::Query(query) => SplitRule::Query { query },
            },
        })
        .collect())
}

/// For the reader.
pub async fn thread_state(shell: &Shell, thread: i64) -> Result<Option<crate::dto::ThreadState>, ApiError> {
    Ok(convert::thread_state(shell.engine().await?.thread_state(ThreadId(thread)).await?))
}
