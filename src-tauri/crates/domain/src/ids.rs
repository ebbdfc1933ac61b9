//! Identifiers. Local rows are numbered by the store; everything a provider hands out is an opaque string (PROVIDERS 0.4).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn new(value: impl Into<String>) -> Self { Self(value.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name {
            fn from(value: &str) -> Self { Self(value.to_owned()) }
        }
    };
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) }
        }
        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> { s.parse().map(Self) }
        }
    };
}

string_id!(
    /// Row of the registry: `google`, `oidc`, `imap`, ….
    IntegrationId
);
string_id!(
    /// One grant by the person at one integration. Random (UUID v7), so it never leaks an address; it is part of the
    /// associated data of every secret sealed for the connection.
    ConnectionId
);
string_id!(
    /// Identifier given by a provider. Opaque: never parsed outside its provider, never a number.
    RemoteId
);

row_id!(
    /// What the person sees: an address with its mailboxes.
    AccountId
);
row_id!(
    /// A folder (IMAP) or a label (Gmail).
    MailboxId
);
row_id!(
    /// Local message. Rowids grow with the message's date (`epoch seconds << 20 | counter`), so newest-first is a rowid scan.
    MessageId
);
row_id!(
    /// A conversation inside one account.
    ThreadId
);
row_id!(
    /// A unit that has a cursor and a schedule.
    ScopeId
);
row_id!(
    /// A queued write to a provider.
    OutboxId
);
row_id!(
    /// A draft being written in the composer.
    DraftId
);
row_id!(
    /// A part of a message, or of a draft, that the person sees as a file.
    AttachmentId
);
row_id!(
    /// A calendar of a connection.
    CalendarId
);
row_id!(
    /// A resource of a calendar: an event, or a series with its exceptions.
    ItemId
);
row_id!(
    /// A task list of a connection.
    TaskListId
);
row_id!(
    /// A task of a list.
    TaskId
);
