//! How refused callbacks get into the audit log: each one, unless somebody keeps knocking. Any program can fire a thousand deep
//! links, and a log that is full of them hides what matters; so of one minute the first few are written, and of the rest how many.

use std::collections::HashMap;

use domain::{
    audit::{Actor, Outcome},
    time::Timestamp,
};

use crate::{Engine, core::audit};

/// Entries of one reason in one minute.
const EACH: u32 = 10;
const WINDOW_MS: i64 = 60_000;

#[derive(Debug, Default)]
struct Count {
    since: Timestamp,
    written: u32,
    held: u64,
}

/// Per reason.
#[derive(Debug, Default)]
pub(crate) struct Refusals(HashMap<&'static str, Count>);

#[derive(Debug, PartialEq, Eq)]
struct Noted {
    /// This one gets an entry of its own.
    write: bool,
    /// So many of an earlier minute have to be told.
    earlier: u64,
    /// It is the first that is only counted: somebody has to look after the minute.
    first_held: bool,
}

impl Refusals {
    fn note(&mut self, why: &'static str, now: Timestamp) -> Noted {
        let count = self.0.entry(why).or_default();
        let mut earlier = 0;
        if count.written == 0 || !(0..WINDOW_MS).contains(&now.since(count.since)) {
            earlier = count.held;
            *count = Count { since: now, written: 0, held: 0 };
        }
        let write = count.written < EACH;
        if write {
            count.written += 1;
        } else {
            count.held += 1;
        }
        Noted { write, earlier, first_held: !write && count.held == 1 }
    }

    /// What was only counted so far.
    fn take_held(&mut self) -> Vec<(&'static str, u64)> {
        self.0.iter_mut().filter(|(_, c)| c.held > 0).map(|(why, c)| (*why, std::mem::take(&mut c.held))).collect()
    }
}

impl Engine {
    pub(super) async fn refuse(&self, why: &'static str) {
        let noted = self.refusals().note(why, self.now());
        if noted.earlier > 0 {
            self.audit_more(why, noted.earlier).await;
        }
        if noted.write {
            self.audit_only(audit(Actor::Outside, "oauth.callback_refused", "oauth", Outcome::Refused, format!("reason={why}"))).await;
        }
        if noted.first_held {
            let me = self.clone();
            self.spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(WINDOW_MS.unsigned_abs())).await;
                me.audit_held_refusals().await;
            });
        }
    }

    /// Also at the end of the program.
    pub(crate) async fn audit_held_refusals(&self) {
        let held = self.refusals().take_held();
        for (why, more) in held {
            self.audit_more(why, more).await;
        }
    }

    async fn audit_more(&self, why: &str, more: u64) {
        let detail = format!("reason={why} more={more}");
        self.audit_only(audit(Actor::Outside, "oauth.callback_refused", "oauth", Outcome::Refused, detail)).await;
    }

    fn refusals(&self) -> std::sync::MutexGuard<'_, Refusals> {
        self.inner.refusals.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_minute_are_written_and_the_rest_is_counted() {
        let mut refusals = Refusals::default();
        let at = |secs: i64| Timestamp::from_secs(1_000_000 + secs);
        let written = (0..500).filter(|_| refusals.note("unknown_state", at(3)).write).count();
        assert_eq!(written as u32, EACH);
        assert_eq!(refusals.note("late", at(3)), Noted { write: true, earlier: 0, first_held: false }, "another reason is another matter");
        // The next minute begins with what the last one held.
        let next = refusals.note("unknown_state", at(64));
        assert_eq!(next, Noted { write: true, earlier: 490, first_held: false });
        for n in 0..20 {
            let noted = refusals.note("unknown_state", at(65));
            assert_eq!(noted.first_held, n == 9, "{n}");
        }
        assert_eq!(refusals.take_held(), [("unknown_state", 11)]);
        assert_eq!(refusals.take_held(), []);
        // A clock that was set back holds nothing for ever.
        assert!(refusals.note("unknown_state", at(-5_000)).write);
    }
}
