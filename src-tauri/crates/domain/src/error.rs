//! What can go wrong at a provider, and what the engine must do about it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::Timestamp;

/// What the engine does with an error; the only thing it branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Try again later, with backoff or when the provider says.
    Retry,
    /// The grant or password no longer works: ask the person to sign in again; keep all data.
    Reauth,
    /// The cursor is void: reconcile by mark and sweep.
    Resync,
    /// Cannot succeed as it is: show the reason.
    Wedge,
}

/// An error of a provider client. `Display` is fit for the person; sources are for the log. Never holds secrets or content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// No connection could be made, or it was lost before the answer.
    #[error("{host} can't be reached: {reason}")]
    Unreachable { host: String, reason: String },
    /// The peer's certificate is not trusted. `fingerprint` is SHA-256 of the leaf in hex, so that the person can pin it
    /// after comparing it with what the administrator says.
    #[error("the certificate of {host} is not trusted: {reason}")]
    Certificate { host: String, reason: String, fingerprint: Option<String> },
    /// User name, password or token refused.
    #[error("{0}")]
    Auth(String),
    /// The grant of an OAuth sign-in is dead: no password helps, only signing in again.
    #[error("{0}")]
    SignInExpired(String),
    /// The provider asked to wait.
    #[error("{provider} asked to wait")]
    RateLimited { provider: String, retry_at: Option<Timestamp> },
    /// 5xx, BYE, unavailable.
    #[error("{provider} has a problem: {detail}")]
    Server { provider: String, detail: String },
    /// The cursor is too old or of another UIDVALIDITY.
    #[error("the sync position is no longer valid")]
    CursorExpired,
    /// The peer broke its protocol.
    #[error("{host} sent something that is not valid {protocol}: {detail}")]
    Protocol { host: String, protocol: &'static str, detail: String },
    /// The thing asked for is gone.
    #[error("{0} no longer exists at the provider")]
    NotFound(String),
    /// The provider refused the request itself (bad recipient, too large, missing scope).
    #[error("{0}")]
    Refused(String),
    /// It was changed there since (HTTP 412): what was made from an older version is merged and tried again.
    #[error("{0} was changed elsewhere")]
    Conflict(String),
    /// Not granted by the person or not supported by this server.
    #[error("{0}")]
    Unsupported(String),
    /// Every byte of the mail was sent, but no answer came: it may have been delivered.
    #[error("the mail was handed over, but the server did not confirm it")]
    Ambiguous,
    /// The sink (disk, store) refused what the provider sent.
    #[error("storing what was received failed: {0}")]
    Sink(String),
    /// The same for want of room: a pause that ends by itself.
    #[error("the disk is full")]
    DiskFull,
    /// The same because a page of the store can't be read.
    #[error("{0}")]
    StoreDamaged(String),
    /// Asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl ProviderError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Server { .. }
            | Self::Protocol { .. }
            | Self::Sink(_)
            | Self::DiskFull
            | Self::StoreDamaged(_)
            | Self::Cancelled => ErrorClass::Retry,
            Self::Auth(_) | Self::SignInExpired(_) => ErrorClass::Reauth,
            Self::CursorExpired => ErrorClass::Resync,
            Self::Certificate { .. }
            | Self::NotFound(_)
            | Self::Refused(_)
            | Self::Conflict(_)
            | Self::Unsupported(_)
            | Self::Ambiguous => ErrorClass::Wedge,
        }
    }

    /// When the provider said to come back.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match self {
            Self::RateLimited { retry_at, .. } => *retry_at,
            _ => None,
        }
    }

    /// Stable short name, for the audit log and machine-readable output.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Certificate { .. } => "certificate",
            Self::Auth(_) => "auth",
            Self::SignInExpired(_) => "expired",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server { .. } => "server",
            Self::CursorExpired => "cursor_expired",
            Self::Protocol { .. } => "protocol",
            Self::NotFound(_) => "not_found",
            Self::Refused(_) => "refused",
            Self::Conflict(_) => "conflict",
            Self::Unsupported(_) => "unsupported",
            Self::Ambiguous => "ambiguous",
            Self::Sink(_) => "storage",
            Self::DiskFull => "disk_full",
            Self::StoreDamaged(_) => "store_corrupt",
            Self::Cancelled => "cancelled",
        }
    }

    /// What the person can do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "Check the host name, the port and the network, then try again.",
            Self::Certificate { .. } => {
                "If this is your own server, give its CA file, or pin the certificate after comparing its fingerprint."
            }
            Self::Auth(_) => "Check the user name and the password (some providers want an app password), or sign in again.",
            Self::SignInExpired(_) => "Reconnect the account; nothing stored here is lost.",
            Self::RateLimited { .. } => "Nothing to do: Aurelius waits and goes on by itself.",
            Self::Server { .. } => "Nothing to do: Aurelius tries again by itself.",
            Self::CursorExpired => "Nothing to do: Aurelius compares everything again.",
            Self::Protocol { .. } => "Check that host, port and security belong to this service; if they do, report it with the details.",
            Self::NotFound(_) => "It was probably deleted elsewhere; the next sync removes it here too.",
            Self::Refused(_) => "Change what the reason names, then try again.",
            Self::Conflict(_) => "Compare both versions and keep one of them.",
            Self::Unsupported(_) => "Grant the missing permission, or use another account for this.",
            Self::Ambiguous => "Look into the Sent folder or ask the recipient, then choose: mark as sent, or send again.",
            Self::Sink(_) => "Nothing to do: Aurelius tries again by itself. If it stays, look at what the doctor says.",
            Self::DiskFull => "Free some disk space; Aurelius goes on by itself.",
            Self::StoreDamaged(_) => "Start Aurelius again: it offers to set the damaged file aside (nothing is deleted) and to sync anew.",
            Self::Cancelled => "Start it again when you like.",
        }
    }
}
