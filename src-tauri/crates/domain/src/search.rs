//! The query language of the search box and of `aurelius-cli search`: pure text to tree, same in both.
//!
//! `from: to: cc: subject: has: filename: in: is: label: before: after: account:`, quoted phrases, `-` negation, `OR`,
//! parentheses. A trailing `*` makes a prefix; the last word being typed is a prefix in the window (the caller's choice).
//! `OR` stands between its two neighbours and binds tighter than juxtaposition, as people know it from search engines:
//! `invoice paris OR london` is an invoice from either place.

mod dates;
mod parse;

pub use parse::{SearchSyntaxError, parse, parse_typing};

use serde::{Deserialize, Serialize};

use crate::{ids::AccountId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    Term(Term),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    Word {
        text: String,
        prefix: bool,
    },
    Phrase(String),
    From(String),
    To(String),
    Cc(String),
    Subject(String),
    Filename(String),
    HasAttachment,
    /// Role or name of a mailbox.
    In(String),
    Label(String),
    Is(IsFlag),
    Before(Timestamp),
    After(Timestamp),
    Account(String),
    /// This account and no other; not in the language, for what a window is narrowed to.
    Of(AccountId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IsFlag {
    Read,
    Unread,
    Starred,
    Unstarred,
    Draft,
    Answered,
}
