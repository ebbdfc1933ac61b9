//! The audit log as the person reads it, checks it and takes it away.

use std::{fmt::Write as _, io::Write as _, path::PathBuf};

use domain::{
    audit::{Actor, AuditEntry, NewAudit, Outcome},
    time::Timestamp,
};
use engine::EngineError;
use store::{ActivityFilter as StoreFilter, AuditVerdict, PageCursor};

use crate::{
    convert,
    dto::{
        ActivityExportReq, ActivityFilter, ActivityPage, ActivityReq, ActivityRow, ActivityVerdict, ApiError, Empty, Id, Millis, SavedFile,
    },
    state::Shell,
};

const PAGE: u32 = 500;
/// Entries read at a time while exporting: memory stays bounded however long the log is.
const EXPORT_PAGE: u32 = 2_000;

fn filter(f: ActivityFilter) -> StoreFilter {
    StoreFilter {
        actor: f.actor,
        area: f.area,
        outcome: f.outcome,
        target: f.target,
        since: f.since.map(|Millis(ms)| Timestamp(ms)),
        until: f.until.map(|Millis(ms)| Timestamp(ms)),
    }
}

pub async fn activity(shell: &Shell, req: ActivityReq) -> Result<ActivityPage, ApiError> {
    let engine = shell.engine().await?;
    let after = req.after.map(PageCursor);
    let page = engine.store().activity(&filter(req.filter), after.as_ref(), req.limit.clamp(1, PAGE)).await.map_err(EngineError::from)?;
    let areas = engine.store().activity_areas().await.map_err(EngineError::from)?;
    let row = |e: AuditEntry| ActivityRow {
        id: Id(e.id),
        at: convert::millis(e.at),
        actor: e.actor,
        action: e.action,
        target: e.target,
        outcome: e.outcome,
        detail: e.detail,
    };
    Ok(ActivityPage { items: page.items.into_iter().map(row).collect(), next: page.next.map(|c| c.0), areas })
}

pub async fn activity_verify(shell: &Shell, _: Empty) -> Result<ActivityVerdict, ApiError> {
    let verdict = shell.engine().await?.store().verify_audit().await.map_err(EngineError::from)?;
    Ok(match verdict {
        AuditVerdict::Intact { entries } => ActivityVerdict { intact: true, entries: entries as f64, broken_at: None },
        AuditVerdict::Broken { id } => ActivityVerdict { intact: false, entries: 0.0, broken_at: Some(Id(id)) },
    })
}

/// A new file that is the person's: never over an existing one.
pub fn new_file(path: Option<String>, name: &str) -> Result<(PathBuf, std::fs::File), ApiError> {
    let failed = |e: &std::io::Error| {
        ApiError::new(
            "save_failed",
            format!("The file could not be written: {e}"),
            "Choose a folder that is writable and a name that is free.",
        )
    };
    let (dir, name, exact) = match path {
        Some(path) => {
            let path = PathBuf::from(path);
            let (Some(dir), Some(name), true) = (path.parent(), path.file_name(), path.is_absolute()) else {
                return Err(ApiError::bad_request("a file to write needs an absolute path"));
            };
            (dir.to_owned(), name.to_string_lossy().into_owned(), true)
        }
        None => {
            let dir = dirs::download_dir()
                .or_else(dirs::home_dir)
                .ok_or_else(|| ApiError::new("no_downloads", "There is no Downloads folder.", "Create one, then try again."))?;
            (dir, name.to_owned(), false)
        }
    };
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, "txt"));
    for n in 0..1000 {
        let candidate = dir.join(if n == 0 { name.clone() } else { format!("{stem} ({n}).{extension}") });
        let mut open = std::fs::OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        match open.open(&candidate) {
            Ok(file) => return Ok((candidate, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && !exact => {}
            Err(e) => return Err(failed(&e)),
        }
    }
    Err(ApiError::new("save_failed", "A thousand files of this name are there already.", "Choose another name."))
}

/// A field of a CSV file. What a spreadsheet would run as a formula is kept text.
fn csv(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

pub async fn activity_export(shell: &Shell, req: ActivityExportReq) -> Result<SavedFile, ApiError> {
    let engine = shell.engine().await?;
    let lines = match req.format.as_str() {
        "jsonl" => true,
        "csv" => false,
        other => return Err(ApiError::bad_request(&format!("export format {other}"))),
    };
    let (path, file) = new_file(req.path, if lines { "aurelius-activity.jsonl" } else { "aurelius-activity.csv" })?;
    let failed =
        |e: std::io::Error| ApiError::new("save_failed", format!("The file could not be written: {e}"), "Check that the disk has space.");
    let mut out = std::io::BufWriter::new(file);
    if !lines {
        out.write_all(b"id,at,actor,action,target,outcome,detail,prev,hash\r\n").map_err(failed)?;
    }
    let filter = filter(req.filter);
    let (mut after, mut count) = (None, 0_u64);
    loop {
        let page = engine.store().activity(&filter, after.as_ref(), EXPORT_PAGE).await.map_err(EngineError::from)?;
        let mut text = String::new();
        for e in page.items {
            count += 1;
            if lines {
                text.push_str(&serde_json::to_string(&e).map_err(|e| ApiError::bad_request(&e.to_string()))?);
                text.push('\n');
            } else {
                let _ = write!(text, "{},{},", e.id, e.at.millis());
                let rest = [e.actor, e.action, e.target, e.outcome, e.detail, e.prev, e.hash];
                text.push_str(&rest.iter().map(|f| csv(f)).collect::<Vec<_>>().join(","));
                text.push_str("\r\n");
            }
        }
        out.write_all(text.as_bytes()).map_err(failed)?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    out.flush().map_err(failed)?;
    let entry = NewAudit {
        actor: Actor::Person,
        action: "activity.exported",
        target: "activity:".to_owned(),
        outcome: Outcome::Ok,
        detail: format!("entries={count}"),
    };
    engine.store().append_audit(&entry, engine.now()).await.map_err(EngineError::from)?;
    Ok(SavedFile { path: path.display().to_string() })
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn fields_stay_fields_and_formulas_stay_text() {
        assert_eq!(csv("a\"b,c"), "\"a\"\"b,c\"");
        assert_eq!(csv("=cmd()"), "\"'=cmd()\"");
    }
}
