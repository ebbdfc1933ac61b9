//! From the query tree to one SQL statement.
//!
//! Text terms become full-text expressions; where a whole branch is text, it becomes one expression (FTS5 does AND, OR and NOT
//! itself). The top-level text of a conjunction drives; everything else is a condition on (message `m`, content `c`).

use std::fmt::Write as _;

use domain::{
    ids::AccountId,
    mail::{Flags, MailboxRole},
    search::{IsFlag, Query, Term},
};
use sqlx::{Arguments as _, sqlite::SqliteArguments};

use super::{
    names::{INDEXED_PREFIX, Widened, last_word},
    text::phrase,
};
use crate::{
    mailboxes::called,
    page::{first_id, index_row, index_row_sql, mail_sql},
    rows::json_ids,
};

/// What names stand for.
pub(crate) struct World {
    /// (id, name in lower case, role)
    pub(crate) mailboxes: Vec<(i64, String, Option<MailboxRole>)>,
    pub(crate) accounts: Vec<(AccountId, String, String)>,
    /// Accounts whose messages bear labels: they have an archive without a mailbox.
    pub(crate) labelled: Vec<i64>,
    pub(crate) sizes: Sizes,
    /// Whole words for the beginnings of names in the query.
    pub(crate) names: Widened,
    /// Hits of the query's text, counted up to what [`contested`] asked for; None: not counted.
    pub(crate) hits: Option<i64>,
}

/// How many messages there are, for deciding which side of a conjunction is the rare one.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) messages: i64,
    pub(crate) unread: i64,
    pub(crate) starred: i64,
    /// (mailbox, messages)
    pub(crate) mailboxes: Vec<(i64, i64)>,
}

impl Sizes {
    /// Whether asking the full-text index for each of `n` messages costs less than walking the newest hits of a word that all
    /// messages could hold until enough of them are among these `n`. A walk to 50 hits passes 50 × messages / n rows of some
    /// 3 µs, the questions cost n times some 40 µs: the same where n² is about four times all messages.
    fn rare(&self, n: i64) -> bool {
        n.saturating_mul(n) <= self.messages.saturating_mul(4)
    }

    /// Hits of a text up to which walking them all (some 3 µs each) costs less than asking about each of `n` messages.
    fn walkable(n: i64) -> i64 {
        n.saturating_mul(13).clamp(200, 5_000)
    }

    fn of(&self, mailboxes: &[i64]) -> i64 {
        self.mailboxes.iter().filter(|(id, _)| mailboxes.contains(id)).map(|(_, n)| n).sum()
    }
}

/// So many mailboxes are walked side by side.
const MERGED: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arg {
    /// Key that the page starts below.
    Start,
    /// The same as a rowid of the index.
    StartRow,
    Int(i64),
    Text(String),
}

/// In this order, for a page that starts below `start` (the greatest integer: at the beginning).
pub(crate) fn arguments<'a>(args: impl IntoIterator<Item = &'a Arg>, start: i64) -> Result<SqliteArguments, sqlx::Error> {
    let mut out = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Start => out.add(start),
            Arg::StartRow => out.add(index_row(start)),
            Arg::Int(n) => out.add(*n),
            Arg::Text(text) => out.add(text.clone()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(out)
}

/// Columns of the result: cursor key, message, content.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) sql: String,
    pub(crate) args: Vec<Arg>,
    /// The key is the message's: copies of one mail stand apart and can fall on two pages.
    pub(crate) by_message: bool,
}

/// A condition and its arguments, in the order of their question marks.
#[derive(Default)]
struct Cond {
    sql: String,
    args: Vec<Arg>,
}

impl Cond {
    fn new(sql: impl Into<String>, args: Vec<Arg>) -> Self {
        Self { sql: sql.into(), args }
    }
    fn join(parts: Vec<Self>, with: &str, empty: &str) -> Self {
        if parts.is_empty() {
            return Self::new(empty, Vec::new());
        }
        let sql = parts.iter().map(|p| p.sql.as_str()).collect::<Vec<_>>().join(with);
        Self { sql: format!("({sql})"), args: parts.into_iter().flat_map(|p| p.args).collect() }
    }
}

/// A conjunction, sorted by how its parts are answered.
struct Parts {
    texts: Vec<String>,
    minus: Vec<String>,
    conds: Vec<Cond>,
    only: Option<Vec<i64>>,
    range: Range,
    /// How many messages the narrowest of folder, unread and starred leaves, where these are few.
    few: Option<i64>,
    /// The folder is one of the narrow ones.
    narrow: bool,
}

fn parts(query: &Query, world: &World) -> Parts {
    let mut conjuncts = Vec::new();
    flatten(query, &mut conjuncts);
    let mut texts: Vec<String> = Vec::new();
    let mut minus: Vec<String> = Vec::new();
    let mut conds: Vec<Cond> = Vec::new();
    let mut only: Option<Vec<i64>> = None;
    let mut unread = false;
    let mut starred = false;
    let mut range = Range { from: None, to: None };
    for part in conjuncts {
        match part {
            Query::Not(inner) if text(inner, world).is_some() => minus.extend(text(inner, world)),
            // Words of which nothing can be searched for restrict nothing.
            Query::Term(term) if is_text(term) => texts.extend(text(part, world)),
            Query::Term(Term::In(name) | Term::Label(name)) if by_star(name) && mailboxes(name, world).is_empty() => starred = true,
            Query::Term(Term::In(name) | Term::Label(name)) if only.is_none() && !by_star(name) && !archive_by_label(name, world) => {
                only = Some(mailboxes(name, world));
            }
            // Ids are in the order of dates, of messages and contents alike.
            Query::Term(Term::Before(at)) => range.to = Some(range.to.unwrap_or(i64::MAX).min(first_id(at.secs()))),
            Query::Term(Term::After(at)) => range.from = Some(range.from.unwrap_or(0).max(first_id(at.secs()))),
            Query::Term(Term::Is(IsFlag::Unread)) => unread = true,
            Query::Term(Term::Is(IsFlag::Starred)) => starred = true,
            _ => match text(part, world) {
                Some(expression) => texts.push(expression),
                None => conds.push(condition(part, world)),
            },
        }
    }
    // The same words as in the partial indexes, or they are not used.
    if unread {
        conds.insert(0, Cond::new("m.flags & 1 = 0", Vec::new()));
    }
    if starred {
        conds.insert(0, Cond::new("m.flags & 2 = 2", Vec::new()));
    }
    let folder = only.as_ref().filter(|o| o.len() <= MERGED).map(|o| world.sizes.of(o));
    let sides = [folder, unread.then_some(world.sizes.unread), starred.then_some(world.sizes.starred)];
    let few = sides.into_iter().flatten().filter(|n| world.sizes.rare(*n)).min();
    let narrow = folder.is_some_and(|n| world.sizes.rare(n));
    Parts { texts, minus, conds, only, range, few, narrow }
}

/// The text of a query and how many of its hits to count, where that decides which side drives.
pub(crate) fn contested(query: &Query, world: &World) -> Option<(String, i64)> {
    let parts = parts(query, world);
    let few = parts.few.filter(|_| !parts.texts.is_empty() && !parts.texts.iter().any(|t| gathers(t)))?;
    Some((all_of(&parts.texts, &parts.minus), Sizes::walkable(few)))
}

/// The text that a query asks the index for, where that is all its free words and the index gives its hits one by one.
pub(crate) fn streamed(query: &Query, world: &World) -> Option<String> {
    let Parts { texts, minus, .. } = parts(query, world);
    (!texts.is_empty() && !texts.iter().chain(&minus).any(|t| gathers(t))).then(|| all_of(&texts, &minus))
}

/// Whether the index must gather all hits of a beginning before it gives the first one.
fn gathers(expression: &str) -> bool {
    expression.match_indices("\" *").any(|(end, _)| {
        let word = expression.get(..end).and_then(|e| e.rsplit(|c: char| !c.is_alphanumeric()).next()).unwrap_or("");
        word.chars().count() != 2 && word.chars().count() != INDEXED_PREFIX
    })
}

/// The statement for a query; None where it can match nothing.
pub(crate) fn plan(query: &Query, world: &World) -> Option<Plan> {
    let Parts { mut texts, mut minus, mut conds, only, range, few, narrow } = parts(query, world);
    if only.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    // Few messages and a word that many hold: the messages drive, or the walk along the word could pass all of its hits. A
    // word that is rare itself drives, and so does one that can't be asked about a single mail without gathering all of them.
    if let Some(few) = few.filter(|_| !texts.is_empty()) {
        let gathers = texts.iter().chain(&minus).any(|t| gathers(t));
        if !gathers && world.hits.is_none_or(|hits| hits >= Sizes::walkable(few)) {
            conds.push(matches(&all_of(&texts, &minus)));
            (texts, minus) = (Vec::new(), Vec::new());
        }
    }
    Some(if texts.is_empty() { by_message(minus, only, range, conds) } else { by_text(&texts, &minus, only, narrow, range, conds) })
}

/// The instants that a query is bound to, as rowids: from, and up to but not including.
#[derive(Clone, Copy)]
struct Range {
    from: Option<i64>,
    to: Option<i64>,
}

impl Range {
    /// As conditions on a key whose order is that of time, with their arguments.
    fn on(self, key: &str, args: &mut Vec<Arg>) -> String {
        let mut sql = String::new();
        for (bound, op) in [(self.from, ">="), (self.to, "<")] {
            if let Some(bound) = bound {
                let _ = write!(sql, " AND {key} {op} ?");
                args.push(Arg::Int(bound));
            }
        }
        sql
    }
}

/// One full-text expression of many.
fn all_of(texts: &[String], minus: &[String]) -> String {
    let mut expression = texts.iter().map(|t| format!("({t})")).collect::<Vec<_>>().join(" AND ");
    for not in minus {
        expression = format!("({expression}) NOT ({not})");
    }
    expression
}

fn matches(expression: &str) -> Cond {
    let sql = format!("EXISTS (SELECT 1 FROM mail_fts x WHERE x.mail_fts MATCH ? AND x.rowid = {})", index_row_sql("m.mail"));
    Cond::new(sql, vec![Arg::Text(expression.to_owned())])
}

fn by_text(texts: &[String], minus: &[String], only: Option<Vec<i64>>, narrow: bool, range: Range, mut conds: Vec<Cond>) -> Plan {
    let mut set = Cond::default();
    if let Some(only) = only {
        if narrow {
            // Looked up before anything is read of a hit, and no question a member to the index.
            let list = Arg::Text(json_ids(only.iter().copied()));
            set = Cond::new(
                format!(
                    " AND {} IN (SELECT q.mail FROM placed o CROSS JOIN message q ON q.id = o.message \
                     WHERE o.mailbox IN (SELECT value FROM json_each(?)))",
                    mail_sql("f.rowid")
                ),
                vec![list],
            );
        }
        conds.push(in_mailboxes(&only));
    }
    let rest = Cond::join(conds, " AND ", "1");
    // One bound at each end, or the index leaps to the weaker one.
    let mut args = vec![Arg::Text(all_of(texts, minus)), Arg::StartRow, Arg::Int(index_row(range.to.unwrap_or(i64::MAX)))];
    let mut oldest = String::new();
    if let Some(from) = range.from {
        " AND f.rowid <= ?".clone_into(&mut oldest);
        args.push(Arg::Int(index_row(from)));
    }
    args.extend(set.args);
    args.extend(rest.args);
    Plan {
        sql: format!(
            "SELECT m.mail, m.id, m.mail FROM mail_fts f CROSS JOIN message m ON m.mail = {} CROSS JOIN mail c ON c.id = m.mail \
             WHERE f.mail_fts MATCH ? AND f.rowid > max(?, ?){oldest}{} AND m.hidden = 0 AND {} ORDER BY f.rowid",
            mail_sql("f.rowid"),
            set.sql,
            rest.sql
        ),
        args,
        by_message: false,
    }
}

fn by_message(minus: Vec<String>, only: Option<Vec<i64>>, range: Range, mut conds: Vec<Cond>) -> Plan {
    for not in minus {
        let cond = matches(&not);
        conds.push(Cond { sql: format!("NOT {}", cond.sql), args: cond.args });
    }
    // A mailbox is an index of its own, several are merged; of many, the newest-first order of messages is walked.
    let merged = match only {
        Some(few) if few.len() <= MERGED => few,
        Some(many) => {
            conds.push(in_mailboxes(&many));
            Vec::new()
        }
        None => Vec::new(),
    };
    let rest = Cond::join(conds, " AND ", "1");
    let mut args = Vec::new();
    let sql = if merged.is_empty() {
        args.push(Arg::Start);
        let range = range.on("m.id", &mut args);
        format!(
            "SELECT m.id, m.id, m.mail FROM message m CROSS JOIN mail c ON c.id = m.mail \
             WHERE m.id < ?{range} AND m.hidden = 0 AND {} ORDER BY m.id DESC",
            rest.sql
        )
    } else {
        let mut lists = Vec::with_capacity(merged.len());
        for mailbox in &merged {
            args.extend([Arg::Int(*mailbox), Arg::Start]);
            let range = range.on("message", &mut args);
            lists.push(format!("SELECT message FROM placed WHERE mailbox = ? AND message < ?{range}"));
        }
        // The limit keeps SQLite from dropping the inner order, which an outer one would only be sorted for: a merge of lists that are
        // walked side by side comes out as it is.
        format!(
            "SELECT p.message, m.id, m.mail FROM ({} ORDER BY 1 DESC LIMIT -1) p CROSS JOIN message m ON m.id = p.message \
             CROSS JOIN mail c ON c.id = m.mail WHERE m.hidden = 0 AND {}",
            lists.join(" UNION ALL "),
            rest.sql
        )
    };
    args.extend(rest.args);
    Plan { sql, args, by_message: true }
}

fn flatten<'q>(query: &'q Query, out: &mut Vec<&'q Query>) {
    match query {
        Query::All(parts) => parts.iter().for_each(|p| flatten(p, out)),
        other => out.push(other),
    }
}

fn is_text(term: &Term) -> bool {
    matches!(term, Term::Word { .. } | Term::Phrase(_) | Term::From(_) | Term::To(_) | Term::Cc(_) | Term::Subject(_) | Term::Filename(_))
}

/// The branch as one full-text expression, if all of it is text.
fn text(query: &Query, world: &World) -> Option<String> {
    match query {
        Query::Term(Term::Word { text, prefix }) => phrase(text, *prefix),
        Query::Term(Term::Phrase(text)) => phrase(text, false),
        Query::Term(Term::From(t)) => name("sender", t, world),
        // Bcc is only known of mail of one's own: it belongs to the recipients.
        Query::Term(Term::To(t)) => name("recipients", t, world),
        Query::Term(Term::Cc(t)) => name("copied", t, world),
        Query::Term(Term::Subject(t)) => column("subject", t),
        Query::Term(Term::Filename(t)) => column("files", t),
        Query::Term(_) => None,
        Query::Any(parts) => {
            let parts = parts.iter().map(|p| text(p, world)).collect::<Option<Vec<_>>>()?;
            (!parts.is_empty()).then(|| parts.iter().map(|p| format!("({p})")).collect::<Vec<_>>().join(" OR "))
        }
        Query::All(parts) => {
            let (mut plus, mut minus) = (Vec::new(), Vec::new());
            for part in parts {
                match part {
                    Query::Not(inner) => minus.push(text(inner, world)?),
                    other => plus.push(text(other, world)?),
                }
            }
            let mut expression = plus.iter().map(|p| format!("({p})")).collect::<Vec<_>>().join(" AND ");
            if expression.is_empty() {
                return None;
            }
            for not in minus {
                expression = format!("({expression}) NOT ({not})");
            }
            Some(expression)
        }
        // Alone, NOT has nothing to subtract from.
        Query::Not(_) => None,
    }
}

/// A full-text expression that no mail matches.
const NOTHING: &str = "\"\"";

/// A name or an address, by the words that begin as its last one.
fn name(at: &str, value: &str, world: &World) -> Option<String> {
    let widened = last_word(value).and_then(|(head, word)| Some((head, world.names.get(&word)?)));
    let Some((head, words)) = widened else { return column(at, value) };
    if words.is_empty() {
        // No name holds such a word, and so no mail is asked: the word itself may stand in the texts of all of them.
        return Some(NOTHING.to_owned());
    }
    let phrases: Vec<String> = words.iter().filter_map(|w| phrase(&format!("{head} {w}"), false)).collect();
    Some(format!("{at} : ({})", phrases.join(" OR ")))
}

/// Addresses, subjects and file names are found by their beginnings.
fn column(name: &str, value: &str) -> Option<String> {
    phrase(value, true).map(|p| format!("{name} : {p}"))
}

/// A whole query as a condition on `m` and `c`, for callers with messages of their own to ask about.
pub(crate) fn predicate(query: &Query, world: &World) -> (String, Vec<Arg>) {
    let cond = condition(query, world);
    (cond.sql, cond.args)
}

/// Any branch as a condition on `m` and `c`.
fn condition(query: &Query, world: &World) -> Cond {
    if let Some(expression) = text(query, world) {
        return matches(&expression);
    }
    match query {
        Query::All(parts) => Cond::join(parts.iter().map(|p| condition(p, world)).collect(), " AND ", "1"),
        Query::Any(parts) => Cond::join(parts.iter().map(|p| condition(p, world)).collect(), " OR ", "0"),
        Query::Not(inner) => {
            let inner = condition(inner, world);
            Cond { sql: format!("NOT {}", inner.sql), args: inner.args }
        }
        Query::Term(term) => term_condition(term, world),
    }
}

fn term_condition(term: &Term, world: &World) -> Cond {
    let flag = |bit: i64, on: bool| Cond::new(format!("m.flags & {bit} = {}", if on { bit } else { 0 }), Vec::new());
    match term {
        Term::HasAttachment => Cond::new("c.has_attachments = 1", Vec::new()),
        Term::In(name) | Term::Label(name) => {
            let mut cond = in_mailboxes(&mailboxes(name, world));
            if by_star(name) {
                cond.sql = format!("({} OR m.flags & 2 = 2)", cond.sql);
            }
            if archive_by_label(name, world) {
                cond.sql = format!("({} OR {})", cond.sql, unlabelled());
                let placing = [MailboxRole::Inbox, MailboxRole::Sent, MailboxRole::Drafts, MailboxRole::Junk, MailboxRole::Trash];
                let ids = world.mailboxes.iter().filter(|(_, _, role)| role.is_some_and(|r| placing.contains(&r))).map(|(id, ..)| *id);
                cond.args.push(Arg::Text(json_ids(world.labelled.iter().copied())));
                cond.args.push(Arg::Text(json_ids(ids)));
            }
            cond
        }
        Term::Is(IsFlag::Read) => flag(Flags::SEEN, true),
        Term::Is(IsFlag::Unread) => flag(Flags::SEEN, false),
        Term::Is(IsFlag::Starred) => flag(Flags::FLAGGED, true),
        Term::Is(IsFlag::Unstarred) => flag(Flags::FLAGGED, false),
        Term::Is(IsFlag::Draft) => flag(Flags::DRAFT, true),
        Term::Is(IsFlag::Answered) => flag(Flags::ANSWERED, true),
        Term::Before(at) => Cond::new("m.mail < ?", vec![Arg::Int(first_id(at.secs()))]),
        Term::After(at) => Cond::new("m.mail >= ?", vec![Arg::Int(first_id(at.secs()))]),
        Term::Of(account) => Cond::new("m.account = ?", vec![Arg::Int(account.0)]),
        Term::Account(name) => {
            let wanted = name.to_lowercase();
            let ids: Vec<i64> = world
                .accounts
                .iter()
                .filter(|(_, email, shown)| email.contains(&wanted) || shown.contains(&wanted))
                .map(|a| a.0.0)
                .collect();
            match ids.as_slice() {
                // One account has an index in date order; over several, `+` keeps the planner from gathering and sorting.
                [one] => Cond::new("m.account = ?", vec![Arg::Int(*one)]),
                _ => Cond::new("+m.account IN (SELECT value FROM json_each(?))", vec![Arg::Text(json_ids(ids))]),
            }
        }
        // Text of which nothing is left to search for.
        _ => Cond::new("1", Vec::new()),
    }
}

fn unlabelled() -> String {
    let mut sql = String::new();
    let _ = write!(
        sql,
        "m.account IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM placed q WHERE q.message = m.id \
         AND q.mailbox IN (SELECT value FROM json_each(?)))"
    );
    sql
}

fn in_mailboxes(ids: &[i64]) -> Cond {
    Cond::new(
        "EXISTS (SELECT 1 FROM placed p WHERE p.message = m.id AND p.mailbox IN (SELECT value FROM json_each(?)))",
        vec![Arg::Text(json_ids(ids.iter().copied()))],
    )
}

fn archive_by_label(name: &str, world: &World) -> bool {
    !world.labelled.is_empty() && MailboxRole::parse(&name.to_lowercase()) == Some(MailboxRole::Archive)
}

/// `in:starred` is the star, which needs no folder; one that bears the word as its name is meant as well.
fn by_star(name: &str) -> bool {
    MailboxRole::parse(&name.to_lowercase()) == Some(MailboxRole::Flagged)
}

/// A role (`inbox`, `spam`) or a name; a name also by its last part (`work` for `INBOX/Work`).
fn mailboxes(name: &str, world: &World) -> Vec<i64> {
    let wanted = name.to_lowercase();
    world.mailboxes.iter().filter(|(_, shown, has)| called(shown, *has, &wanted)).map(|(id, ..)| *id).collect()
}
