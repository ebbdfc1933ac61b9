//! The search language of `q`, as far as a client relies on it: `rfc822msgid:`, `in:`, `from:`, `to:`, `subject:`, `label:`,
//! `is:`, `has:attachment`, `after:`, `before:`, words, quotes and `-`.

use chrono::NaiveDate;
use domain::time::Timestamp;

use super::mailbox::{Mailbox, StoredMessage};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    op: String,
    value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    terms: Vec<Term>,
}

impl Query {
    pub fn parse(text: &str) -> Self {
        let terms = words(text).into_iter().map(|word| {
            let (negated, word) = word.strip_prefix('-').map_or((false, word.as_str()), |rest| (true, rest));
            let (op, value) = match word.split_once(':') {
                Some((op, value)) if OPERATORS.contains(&op.to_ascii_lowercase().as_str()) => (op.to_ascii_lowercase(), value),
                _ => (String::new(), word),
            };
            Term { negated, op, value: value.to_lowercase() }
        });
        Self { terms: terms.filter(|t| !t.value.is_empty()).collect() }
    }

    /// Spam and bin are searched only when named.
    pub fn names_hidden(&self) -> bool {
        self.terms.iter().any(|t| !t.negated && t.op == "in" && matches!(t.value.as_str(), "spam" | "trash" | "anywhere"))
    }

    pub fn matches(&self, mailbox: &Mailbox, message: &StoredMessage) -> bool {
        self.terms.iter().all(|term| hit(term, mailbox, message) != term.negated)
    }
}

const OPERATORS: [&str; 11] = ["rfc822msgid", "in", "from", "to", "cc", "subject", "label", "is", "has", "after", "before"];

fn hit(term: &Term, mailbox: &Mailbox, message: &StoredMessage) -> bool {
    let has = |label: &str| message.labels.contains(label);
    let value = term.value.as_str();
    match term.op.as_str() {
        "rfc822msgid" => {
            let wanted = value.trim_start_matches('<').trim_end_matches('>');
            message.message_id.as_ref().is_some_and(|id| id.to_lowercase() == wanted)
        }
        "in" | "label" | "is" => match value {
            "anywhere" => true,
            "read" => !has("UNREAD"),
            "starred" => has("STARRED"),
            "drafts" | "draft" => has("DRAFT"),
            name => {
                has(&name.to_ascii_uppercase())
                    || mailbox
                        .labels()
                        .any(|l| l.user && has(&l.id) && l.name.to_lowercase().replace([' ', '/'], "-") == name.replace([' ', '/'], "-"))
            }
        },
        "from" => message.from.to_lowercase().contains(value),
        "to" | "cc" => message.to.contains(value),
        "subject" => message.subject.to_lowercase().contains(value),
        "has" => value == "attachment" && message.has_attachment,
        "after" => date(value).is_some_and(|at| message.internal_date >= at),
        "before" => date(value).is_some_and(|at| message.internal_date < at),
        _ => message.searchable.contains(value),
    }
}

/// Seconds since the epoch, or `YYYY/MM/DD` (Gmail: in the account's zone; here UTC).
fn date(value: &str) -> Option<Timestamp> {
    if value.bytes().all(|b| b.is_ascii_digit()) && value.len() > 8 {
        return value.parse().ok().map(Timestamp::from_secs);
    }
    let day = NaiveDate::parse_from_str(&value.replace('/', "-"), "%Y-%m-%d").ok()?;
    Some(Timestamp::from_secs(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp()))
}

/// Splits at spaces outside quotes; quotes are dropped.
fn words(text: &str) -> Vec<String> {
    let (mut out, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => out.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty())),
            c => word.push(c),
        }
    }
    out.extend(Some(word).filter(|w| !w.is_empty()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_and_quotes() {
        let query = Query::parse("rfc822msgid:<A@b> -in:spam subject:\"two words\" plain x:y");
        let shown: Vec<_> = query.terms.iter().map(|t| (t.negated, t.op.as_str(), t.value.as_str())).collect();
        assert_eq!(
            shown,
            [
                (false, "rfc822msgid", "<a@b>"),
                (true, "in", "spam"),
                (false, "subject", "two words"),
                (false, "", "plain"),
                (false, "", "x:y")
            ]
        );
    }

    #[test]
    fn dates() {
        assert_eq!(date("2026/11/22"), Some(Timestamp::from_secs(1_795_305_600)));
        assert_eq!(date("1795305600"), Some(Timestamp::from_secs(1_795_305_600)));
        assert_eq!(date("soon"), None);
    }
}
