//! Content rows, many to a statement.
//!
//! Two facts rule here. A statement costs a hand-over to the database thread and back, which is more than most rows cost. And
//! FTS5 writes out what it has gathered, as a segment of its own that must be merged later, whenever a rowid does not grow or a
//! statement begins that could be undone halfway: so the words come last of a whole commit, in ascending order, in as few
//! statements as possible.

use std::{collections::HashMap, fmt::Write as _};

use domain::mail::{Address, ParsedMail};
use sqlx::{AssertSqlSafe, SqliteConnection, query::Query, sqlite::SqliteArguments};

use super::{RawBody, insert::New, thread::rfc_key};
use crate::{
    calm,
    commit::Head,
    error::StoreError,
    packed::Packer,
    page::index_row,
    search::{names::Names, text::Indexed},
    tidy,
};

/// Rows of one statement where they carry bodies: bounds what is copied into parameters at a time.
const ROWS: usize = 64;
/// Rows of one full-text statement, which is one segment of the index. SQLite takes 32,766 parameters.
const WORDS: usize = 4_096;
/// From so many segments on FTS5 merges on its own while words are fed: a search asks every one of them.
const SEGMENTS: u64 = 160;
/// FTS5's greatest, as in the migrations.
const AUTOMERGE: i64 = 64;

/// A new content row with its place in the tables.
pub(super) struct Content {
    pub(super) id: i64,
    pub(super) thread: i64,
    pub(super) new: New,
    /// Mail and text in one frame; None: both as they are.
    pub(super) packed: Option<Vec<u8>>,
}

/// Compresses the mails that go into rows. Off the async threads: a page of mails takes some tens of milliseconds.
pub(super) async fn pack(mut contents: Vec<Content>) -> Result<Vec<Content>, StoreError> {
    let work = calm::run(move || {
        let mut packer = Packer::new()?;
        for row in &mut contents {
            if let RawBody::Inline(raw) = &row.new.mail.raw {
                row.packed = packer.pack(raw, &row.new.mail.parsed.text)?;
            }
        }
        Ok(contents)
    });
    work.await.map_err(|e| StoreError::Io { path: "the packer".into(), source: e })?
}

/// What the full-text index is to be fed at the end of the commit.
pub(super) struct Words {
    mail: i64,
    subject: String,
    sender: String,
    recipients: String,
    copied: String,
    files: String,
    body: String,
    /// The text lies with the mail.
    packed: bool,
}

/// The next number of rows: powers of two, so that few different statements have to be prepared.
fn step(left: usize, most: usize) -> usize {
    left.checked_ilog2().map_or(0, |n| 1 << n).min(most)
}

fn values(head: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    let mut sql = String::with_capacity(head.len() + 8 + rows * (row.len() + 1));
    let _ = write!(sql, "{head} VALUES ");
    for i in 0..rows {
        sql.push_str(if i == 0 { "" } else { "," });
        sql.push_str(&row);
    }
    sql
}

type Statement<'q> = Query<'q, sqlx::Sqlite, SqliteArguments>;

/// Runs `INSERT … VALUES (…), (…)` over all rows, at most `most` at a time.
async fn many<T>(
    tx: &mut SqliteConnection,
    head: &str,
    columns: usize,
    most: usize,
    rows: &mut [T],
    bind: impl for<'q> Fn(Statement<'q>, &mut T) -> Result<Statement<'q>, StoreError>,
) -> Result<(), StoreError> {
    let mut left = rows;
    while !left.is_empty() {
        let (now, later) = left.split_at_mut(step(left.len(), most));
        left = later;
        let mut query = sqlx::query(AssertSqlSafe(values(head, columns, now.len())));
        for row in now {
            query = bind(query, row)?;
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Inserts the rows of `contents`, whose bodies are taken out of them; returns the words in the order of the index, newest first.
pub(super) async fn insert(tx: &mut SqliteConnection, account: i64, contents: &mut [Content]) -> Result<Vec<Words>, StoreError> {
    many(
        tx,
        "INSERT INTO mail (id, account, thread, rfc_id, rfc_key, size, digest, date, received, subject, from_name, from_email, head, \
         snippet, has_attachments)",
        15,
        ROWS,
        contents,
        |query, row| {
            let p = &row.new.mail.parsed;
            let from = p.from.first().cloned().unwrap_or_default();
            Ok(query
                .bind(row.id)
                .bind(account)
                .bind(row.thread)
                .bind(p.message_id.clone())
                .bind(if p.message_id.is_empty() { 0 } else { rfc_key(&p.message_id) })
                .bind(row.new.mail.remote.size.unwrap_or_else(|| row.new.mail.raw.len()) as i64)
                .bind(row.new.digest.to_vec())
                .bind(row.new.date.0)
                .bind(row.new.received.0)
                .bind(p.subject.clone())
                .bind(from.name)
                .bind(from.email)
                .bind(head(p)?)
                .bind(p.snippet.clone())
                .bind(p.attachments.iter().any(|a| !a.inline)))
        },
    )
    .await?;
    let mut words: Vec<Words> = contents.iter_mut().map(words).collect();
    many(tx, "INSERT INTO mail_text (mail, recipients, copied, files, body)", 5, ROWS, &mut words, |query, row| {
        Ok(query.bind(row.mail).bind(row.recipients.clone()).bind(row.copied.clone()).bind(row.files.clone()).bind(if row.packed {
            String::new()
        } else {
            row.body.clone()
        }))
    })
    .await?;
    let behind: HashMap<i64, i64> = words.iter().filter(|w| w.packed).map(|w| (w.mail, w.body.len() as i64)).collect();
    many(tx, "INSERT INTO raw (mail, data, file, len, packed)", 5, ROWS, contents, |query, row| {
        let len = row.new.mail.raw.len() as i64;
        let (data, file) = match (row.packed.take(), &mut row.new.mail.raw) {
            (Some(frame), _) => (Some(frame), None),
            (None, RawBody::Inline(bytes)) => (Some(std::mem::take(bytes)), None),
            (None, RawBody::File(file)) => (None, Some(file.name.clone())),
        };
        Ok(query.bind(row.id).bind(data).bind(file).bind(len).bind(behind.get(&row.id).copied()))
    })
    .await?;
    let mut attachments: Vec<_> =
        contents.iter().flat_map(|c| c.new.mail.parsed.attachments.iter().map(move |a| (c.id, a.clone()))).collect();
    many(tx, "INSERT INTO attachment (mail, part, name, mime, size, inline, content_id)", 7, ROWS, &mut attachments, |query, (mail, a)| {
        Ok(query
            .bind(*mail)
            .bind(a.part)
            .bind(a.name.clone())
            .bind(a.mime.clone())
            .bind(a.size as i64)
            .bind(a.inline)
            .bind(a.content_id.clone()))
    })
    .await?;
    words.sort_by_key(|w| index_row(w.mail));
    Ok(words)
}

/// Feeds the full-text index.
pub(super) async fn index(tx: &mut SqliteConnection, words: &mut [Words]) -> Result<(), StoreError> {
    let mut names = Names::default();
    for w in words.iter() {
        for text in [&w.sender, &w.recipients, &w.copied] {
            names.add(text);
        }
    }
    names.learn(tx).await?;
    if words.is_empty() {
        return Ok(());
    }
    // FTS5 itself begins to merge at sixty-four segments of a size at the latest, and what is merged while a mailbox comes is merged once
    // more afterwards (store::tidy).
    let few = tidy::segments(tx).await?.is_some_and(|n| n < SEGMENTS);
    if few {
        set(tx, "automerge", 0).await?;
    }
    // With secure-delete FTS5 takes every mail that says a word more than thirty times for one that may be deleted, and looks the word
    // up in all segments. Either setting writes out first what was gathered under the other: what was unlearnt stays securely deleted.
    set(tx, "secure-delete", 0).await?;
    for rows in words.chunks_mut(WORDS) {
        let sql = values("INSERT INTO mail_fts (rowid, subject, sender, recipients, copied, files, body)", 7, rows.len());
        // As many different statements as there are numbers of rows: none is kept.
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for w in rows {
            let cut = Indexed::new(&w.subject, &w.sender, &w.recipients, &w.copied, &w.files, &w.body);
            query = query
                .bind(index_row(w.mail))
                .bind(cut.subject.into_owned())
                .bind(cut.sender.into_owned())
                .bind(cut.recipients.into_owned())
                .bind(cut.copied.into_owned())
                .bind(cut.files.into_owned())
                .bind(cut.body.into_owned());
        }
        query.execute(&mut *tx).await?;
    }
    set(tx, "secure-delete", 1).await?;
    if few {
        set(tx, "automerge", AUTOMERGE).await?;
    }
    Ok(())
}

async fn set(tx: &mut SqliteConnection, option: &'static str, value: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO mail_fts (mail_fts, rank) VALUES (?, ?)").bind(option).bind(value).execute(tx).await?;
    Ok(())
}

fn words(row: &mut Content) -> Words {
    let packed = row.packed.is_some();
    let p = &mut row.new.mail.parsed;
    let sender = p.from.first().map_or_else(|| " ".to_owned(), |f| format!("{} {}", f.name, f.email));
    Words {
        mail: row.id,
        subject: p.subject.clone(),
        sender,
        recipients: people(p.to.iter().chain(&p.bcc)),
        copied: people(p.cc.iter()),
        files: p.attachments.iter().map(|a| a.name.as_str()).collect::<Vec<_>>().join("\n"),
        body: std::mem::take(&mut p.text),
        packed,
    }
}

fn head(p: &ParsedMail) -> Result<String, StoreError> {
    Ok(serde_json::to_string(&Head {
        to: p.to.clone(),
        cc: p.cc.clone(),
        bcc: p.bcc.clone(),
        reply_to: p.reply_to.clone(),
        in_reply_to: p.in_reply_to.clone(),
        references: p.references.clone(),
        has_html: p.has_html,
        has_calendar: p.has_calendar,
        crypto: p.crypto,
        list_id: p.list_id.clone(),
        list_unsubscribe: p.list_unsubscribe.clone(),
        one_click: p.list_unsubscribe_one_click,
        defects: p.defects.clone(),
    })?)
}

fn people<'a>(addresses: impl Iterator<Item = &'a Address>) -> String {
    let mut out = String::new();
    for a in addresses {
        for part in [&a.name, &a.email] {
            if !part.is_empty() {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{step, values};

    #[test]
    fn statements_come_in_few_sizes() {
        assert_eq!(values("INSERT INTO t (a, b)", 2, 2), "INSERT INTO t (a, b) VALUES (?,?),(?,?)");
        let mut left = 999;
        let mut sizes = Vec::new();
        while left > 0 {
            sizes.push(step(left, 256));
            left -= step(left, 256);
        }
        assert_eq!(sizes, [256, 256, 256, 128, 64, 32, 4, 2, 1]);
        assert_eq!(step(0, 8), 0);
    }
}
