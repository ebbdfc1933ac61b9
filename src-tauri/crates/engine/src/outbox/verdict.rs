//! What becomes of a queued write after an error. Pure, because this is where a mail would be lost or doubled.

use domain::{
    error::{ErrorClass, ProviderError},
    outbox::{OutboxItem, OutboxOp, WedgeReason},
    time::Timestamp,
};

use crate::backoff;

/// After this many attempts the person decides. Being offline does not count as one.
pub(crate) const MAX_ATTEMPTS: u32 = backoff::MAX_ATTEMPTS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// `forget_data_sent`: the provider said definitely that it did not take the mail.
    Later {
        at: Timestamp,
        forget_data_sent: bool,
    },
    /// Waits until the person has signed in again.
    Reauth {
        at: Timestamp,
    },
    Wedge(WedgeReason),
}

/// `item` as the store has it now: its `data_sent` is the durable mark. `reply_decides`: a "try later" of this provider means
/// that it did not take the mail (SMTP yes; a 5xx of a web service no).
pub(crate) fn verdict(item: &OutboxItem, error: &ProviderError, reply_decides: bool, now: Timestamp, unit: f64) -> Verdict {
    let send = matches!(item.op, OutboxOp::Send { .. });
    // A definite answer of the provider settles that it has nothing; a lost connection settles nothing.
    let definite = match error {
        ProviderError::RateLimited { .. } => true,
        ProviderError::Server { .. } => reply_decides,
        _ => false,
    };
    match error.class() {
        _ if matches!(error, ProviderError::Ambiguous) => Verdict::Wedge(WedgeReason::MaybeSent),
        // Never at once: should the connection stay active nevertheless, this must not spin.
        ErrorClass::Reauth => Verdict::Reauth { at: now.plus_secs(30) },
        ErrorClass::Retry | ErrorClass::Resync => {
            let offline = matches!(error, ProviderError::Unreachable { .. } | ProviderError::Cancelled | ProviderError::Sink(_));
            if item.attempts >= MAX_ATTEMPTS && !offline {
                return Verdict::Wedge(WedgeReason::TooManyAttempts);
            }
            let at = backoff::next_attempt(now, item.attempts.max(1) + 1, error.retry_at(), backoff::CAP_BACKGROUND_MS, unit);
            Verdict::Later { at, forget_data_sent: send && item.data_sent && definite }
        }
        ErrorClass::Wedge => Verdict::Wedge(match error {
            ProviderError::NotFound(_) => WedgeReason::Missing,
            ProviderError::Unsupported(_) => WedgeReason::Unsupported,
            _ => WedgeReason::Refused,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ids::{AccountId, OutboxId},
        outbox::OutboxState,
    };

    fn item(data_sent: bool, attempts: u32) -> OutboxItem {
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
            },
            state: OutboxState::Queued,
            attempts,
            not_before: Timestamp(0),
            data_sent,
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
        let v = |e| verdict(&item(true, 1), &e, true, Timestamp(0), 0.5);
        assert!(matches!(v(server()), Verdict::Later { forget_data_sent: true, .. }));
        assert!(matches!(v(lost()), Verdict::Later { forget_data_sent: false, .. }));
        let web = verdict(&item(true, 1), &server(), false, Timestamp(0), 0.5);
        assert!(matches!(web, Verdict::Later { forget_data_sent: false, .. }), "a 503 may come after the mail was taken");
        assert_eq!(v(ProviderError::Ambiguous), Verdict::Wedge(WedgeReason::MaybeSent));
    }

    #[test]
    fn gives_up_on_errors_but_never_on_being_offline() {
        let v = |e| verdict(&item(false, MAX_ATTEMPTS), &e, true, Timestamp(0), 0.5);
        assert_eq!(v(server()), Verdict::Wedge(WedgeReason::TooManyAttempts));
        assert!(matches!(v(lost()), Verdict::Later { .. }));
        assert!(matches!(v(ProviderError::Auth("x".into())), Verdict::Reauth { .. }));
        assert_eq!(v(ProviderError::Refused("550".into())), Verdict::Wedge(WedgeReason::Refused));
        assert_eq!(v(ProviderError::NotFound("m".into())), Verdict::Wedge(WedgeReason::Missing));
    }

    #[test]
    fn the_providers_wish_is_kept() {
        let limited = ProviderError::RateLimited { provider: "p".into(), retry_at: Some(Timestamp(99_000)) };
        assert_eq!(
            verdict(&item(false, 1), &limited, true, Timestamp(0), 0.0),
            Verdict::Later { at: Timestamp(99_000), forget_data_sent: false }
        );
    }
}
