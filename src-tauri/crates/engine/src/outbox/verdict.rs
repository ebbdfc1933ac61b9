//! What becomes of a queued write after an error. Pure, because this is where a mail would be lost or doubled.

use domain::{
    error::{ErrorClass, ProviderError},
    outbox::{OutboxItem, WedgeReason},
    time::Timestamp,
};

use crate::backoff;

/// After this many attempts the person decides. Being offline does not count as one.
pub(crate) const MAX_ATTEMPTS: u32 = backoff::MAX_ATTEMPTS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Later {
        at: Timestamp,
    },
    /// Waits until the person has signed in again.
    Reauth {
        at: Timestamp,
    },
    Wedge(WedgeReason),
}

/// Whether this error of a submission means that the provider did not take the mail. A lost connection settles nothing.
/// `reply_decides`: a "try later" is the server's decision about the mail (SMTP yes; a 5xx of a web service no).
pub(crate) fn not_taken(error: &ProviderError, reply_decides: bool) -> bool {
    match error {
        ProviderError::RateLimited { .. }
        | ProviderError::Auth(_)
        | ProviderError::SignInExpired(_)
        | ProviderError::Refused(_)
        | ProviderError::Unsupported(_)
        | ProviderError::NotFound(_) => true,
        ProviderError::Server { .. } => reply_decides,
        _ => false,
    }
}

pub(crate) fn verdict(item: &OutboxItem, error: &ProviderError, now: Timestamp, unit: f64) -> Verdict {
    match error.class() {
        _ if matches!(error, ProviderError::Ambiguous) => Verdict::Wedge(WedgeReason::MaybeSent),
        // Never at once: should the connection stay active nevertheless, this must not spin.
        ErrorClass::Reauth => Verdict::Reauth { at: now.plus_secs(30) },
        ErrorClass::Retry | ErrorClass::Resync => {
            let offline = matches!(
                error,
                ProviderError::Unreachable { .. }
                    | ProviderError::Cancelled
                    | ProviderError::Sink(_)
                    | ProviderError::DiskFull
                    | ProviderError::StoreDamaged(_)
            );
            if item.attempts >= MAX_ATTEMPTS && !offline {
                return Verdict::Wedge(WedgeReason::TooManyAttempts);
            }
            let at = backoff::next_attempt(now, item.attempts.max(1) + 1, error.retry_at(), backoff::CAP_BACKGROUND_MS, unit);
            Verdict::Later { at }
        }
        ErrorClass::Wedge => Verdict::Wedge(match error {
            ProviderError::NotFound(_) => WedgeReason::Missing,
            ProviderError::Unsupported(_) => WedgeReason::Unsupported,
            ProviderError::Conflict(_) => WedgeReason::Conflict,
            _ => WedgeReason::Refused,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ids::{AccountId, OutboxId},
        outbox::{OutboxOp, OutboxState},
    };

    fn item(attempts: u32) -> OutboxItem {
        OutboxItem {
            id: OutboxId(1),
            connection: "c".into(),
            account: AccountId(1),
            thread: None,
            idempotency_key: "k".into(),
            op: OutboxOp::Send {
                from: "a@b".into(),
                recipients: vec![],
                message_id: "m".into(),
                subject: String::new(),
                in_reply_to: None,
                forward_of: None,
                rest: false,
            },
            state: OutboxState::Queued,
            attempts,
            not_before: Timestamp(0),
            data_sent: false,
            last_error: None,
            created_at: Timestamp(0),
        }
    }

    fn server() -> ProviderError {
        ProviderError::Server { provider: "p".into(), detail: "451 busy".into() }
    }
    fn lost() -> ProviderError {
        ProviderError::Unreachable { host: "h".into(), reason: "reset".into() }
    }

    #[test]
    fn a_definite_no_frees_a_mail_and_a_lost_line_does_not() {
        assert!(not_taken(&server(), true));
        assert!(not_taken(&ProviderError::Auth("401".into()), false));
        assert!(!not_taken(&server(), false), "a 503 may come after the mail was taken");
        assert!(!not_taken(&lost(), true));
        assert!(!not_taken(&ProviderError::Ambiguous, true));
        assert_eq!(verdict(&item(1), &ProviderError::Ambiguous, Timestamp(0), 0.5), Verdict::Wedge(WedgeReason::MaybeSent));
    }

    #[test]
    fn gives_up_on_errors_but_never_on_being_offline() {
        let v = |e| verdict(&item(MAX_ATTEMPTS), &e, Timestamp(0), 0.5);
        assert_eq!(v(server()), Verdict::Wedge(WedgeReason::TooManyAttempts));
        assert!(matches!(v(lost()), Verdict::Later { .. }));
        assert!(matches!(v(ProviderError::Auth("x".into())), Verdict::Reauth { .. }));
        assert_eq!(v(ProviderError::Refused("550".into())), Verdict::Wedge(WedgeReason::Refused));
        assert_eq!(v(ProviderError::NotFound("m".into())), Verdict::Wedge(WedgeReason::Missing));
    }

    #[test]
    fn the_providers_wish_is_kept() {
        let limited = ProviderError::RateLimited { provider: "p".into(), retry_at: Some(Timestamp(99_000)) };
        assert_eq!(verdict(&item(1), &limited, Timestamp(0), 0.0), Verdict::Later { at: Timestamp(99_000) });
    }
}
