//! Is everything in order? One line per question, each with what to do when it is not. Looks, changes nothing.

use std::time::Duration;

use domain::{
    connection::ConnectionStatus,
    integration::{ClientSource, Service},
    mail::MailboxRole,
    outbox::OutboxState,
    time::Timestamp,
};
use store::AuditVerdict;

use crate::{
    Engine, EngineError,
    views::{Check, CheckState, ConnectionView},
};

/// Nobody ran this before it was written: an earlier clock is wrong.
const BUILT: Timestamp = Timestamp::from_secs(1_760_000_000);
const FAR: Timestamp = Timestamp::from_secs(4_102_444_800);
/// Below this a first sync will soon stop.
const LOW_SPACE: u64 = 500 * 1024 * 1024;

fn check(id: &str, label: &str, state: CheckState, detail: impl Into<String>, hint: &str) -> Check {
    Check { id: id.to_owned(), label: label.to_owned(), state, detail: detail.into(), hint: hint.to_owned() }
}

impl Engine {
    pub async fn doctor(&self) -> Result<Vec<Check>, EngineError> {
        let mut out = vec![
            check("home", "Home folder", CheckState::Ok, format!("{}, held by this engine alone", self.home().display()), ""),
            self.keyring().await,
            self.sound_store().await,
            self.sound_audit().await,
            self.disk(),
            clock(self.now()),
            self.clients(),
        ];
        out.extend(self.check_connections().await?);
        out.push(self.check_outbox().await?);
        out.push(self.check_revocations().await?);
        Ok(out)
    }

    async fn keyring(&self) -> Check {
        match vault::state(self.home()) {
            Ok(vault::VaultState::Passphrase) => check("key", "Key of this home", CheckState::Ok, "protected by a passphrase", ""),
            Ok(vault::VaultState::Missing) => check("key", "Key of this home", CheckState::Ok, "in memory only (sample workspace)", ""),
            Ok(vault::VaultState::Keyring) => match tokio::time::timeout(Duration::from_secs(10), vault::probe_keyring()).await {
                Ok(Ok(())) => check("key", "Key of this home", CheckState::Ok, "in the system keyring, which can be written and read", ""),
                Ok(Err(e)) => check("key", "Key of this home", CheckState::Warn, e.to_string(), e.hint()),
                Err(_) => check("key", "Key of this home", CheckState::Warn, "the system keyring does not answer", "Unlock it."),
            },
            Err(e) => check("key", "Key of this home", CheckState::Fail, e.to_string(), e.hint()),
        }
    }

    async fn sound_store(&self) -> Check {
        match self.inner.store.integrity().await {
            Ok(problems) if problems.is_empty() => check("store", "Database", CheckState::Ok, "encrypted and sound", ""),
            Ok(problems) => {
                self.note_damage();
                check(
                    "store",
                    "Database",
                    CheckState::Fail,
                    problems.join("; "),
                    "Close Aurelius and start it again: it offers to set the file aside and to sync anew (or run aurelius-cli set-aside).",
                )
            }
            Err(e) => {
                if e.is_damage() {
                    self.note_damage();
                }
                check("store", "Database", CheckState::Fail, e.to_string(), e.hint())
            }
        }
    }

    async fn sound_audit(&self) -> Check {
        match self.inner.store.verify_audit().await {
            Ok(AuditVerdict::Intact { entries }) => check("audit", "Audit log", CheckState::Ok, format!("{entries} entries, unbroken"), ""),
            Ok(AuditVerdict::Broken { id }) => check(
                "audit",
                "Audit log",
                CheckState::Fail,
                format!("entry {id} was changed"),
                "Somebody edited the database. Look at who can use this account.",
            ),
            Err(e) => check("audit", "Audit log", CheckState::Fail, e.to_string(), e.hint()),
        }
    }

    /// Whether there is room, and whether a file can really be written: a quota or a read-only disk shows room that is not there.
    fn disk(&self) -> Check {
        let id = "disk";
        let free = "Free some disk space; a window goes on by itself, a command is run again.";
        let probe = self.home().join(".space-check");
        let written = std::fs::write(&probe, [1_u8; 4096]);
        let _ = std::fs::remove_file(&probe);
        let left = self.room();
        let words = left.map_or_else(|| "writable".to_owned(), |b| format!("{} MB left", b / 1_000_000));
        match (written, left) {
            _ if self.storage_full() => check(id, "Disk", CheckState::Fail, format!("full: {words}, and sync is paused"), free),
            (Err(e), _) => check(id, "Disk", CheckState::Fail, e.to_string(), "Free some space, or check the permissions of the home."),
            (Ok(()), Some(left)) if left < LOW_SPACE => check(id, "Disk", CheckState::Warn, words, "Soon there is no room for more mail."),
            (Ok(()), _) => check(id, "Disk", CheckState::Ok, words, ""),
        }
    }

    fn clients(&self) -> Check {
        // The registry judges: a placeholder is no client.
        let connector = self.connector();
        let named: Vec<String> = connector
            .integrations()
            .iter()
            .filter_map(|row| match row.client {
                ClientSource::Own => Some(row.id.to_string()),
                ClientSource::BuiltIn => Some(format!("{} (built in)", row.id)),
                ClientSource::Missing => None,
            })
            .collect();
        if named.is_empty() {
            check(
                "clients",
                "Client registrations",
                CheckState::Warn,
                "none of your own: sign-in at Google and other OAuth providers needs one",
                "See docs/own-client.md; IMAP with a password works without.",
            )
        } else {
            check("clients", "Client registrations", CheckState::Ok, named.join(", "), "")
        }
    }

    async fn check_connections(&self) -> Result<Vec<Check>, EngineError> {
        let mut out = Vec::new();
        for view in self.connections().await? {
            let label = format!("Account {}", view.connection.label);
            let id = format!("connection:{}", view.id);
            let failing: Vec<String> = view
                .scopes
                .iter()
                .filter(|s| s.error_count > 0)
                .map(|s| format!("{}: {}", s.name, s.error.clone().unwrap_or_default()))
                .collect();
            out.push(match view.connection.status {
                ConnectionStatus::Active if failing.is_empty() => {
                    let lists = self.store().task_lists().await?.iter().filter(|l| l.connection == view.id).count();
                    check(&id, &label, CheckState::Ok, holds(&view, lists), "")
                }
                ConnectionStatus::Active => check(&id, &label, CheckState::Warn, failing.join("; "), "Aurelius tries again by itself."),
                ConnectionStatus::Disabled => check(&id, &label, CheckState::Ok, "switched off by you", ""),
                ConnectionStatus::Expired | ConnectionStatus::Error => {
                    check(&id, &label, CheckState::Fail, view.reason.unwrap_or_default(), view.hint.as_deref().unwrap_or("Reconnect it."))
                }
            });
            if view.connection.status == ConnectionStatus::Active
                && !view.scopes.is_empty()
                && !view.scopes.iter().any(|s| s.role == Some(MailboxRole::Sent))
            {
                // Whole-account scopes name no roles.
                let per_folder = view.scopes.iter().any(|s| s.role.is_some());
                if per_folder && view.can_send {
                    let id = format!("{id}:sent");
                    out.push(check(
                        &id,
                        &label,
                        CheckState::Warn,
                        "it has no Sent folder: sent mail is not kept at the server",
                        "Make a folder named Sent at the provider.",
                    ));
                }
            }
        }
        Ok(out)
    }

    async fn check_outbox(&self) -> Result<Check, EngineError> {
        let items = self.inner.store.outbox(false).await?;
        let wedged = items.iter().filter(|i| matches!(i.state, OutboxState::Wedged { .. })).count();
        Ok(if wedged > 0 {
            check(
                "outbox",
                "Outbox",
                CheckState::Warn,
                format!("{wedged} of {} need you", items.len()),
                "Run `aurelius-cli outbox list`, then retry or discard them.",
            )
        } else {
            check("outbox", "Outbox", CheckState::Ok, format!("{} waiting", items.len()), "")
        })
    }

    async fn check_revocations(&self) -> Result<Check, EngineError> {
        let jobs = self.inner.store.revocations().await?;
        Ok(if jobs.is_empty() {
            check("revocations", "Withdrawals of access", CheckState::Ok, "none waiting", "")
        } else {
            let names: Vec<&str> = jobs.iter().map(|j| j.integration.as_str()).collect();
            check(
                "revocations",
                "Withdrawals of access",
                CheckState::Warn,
                format!("waiting to reach {}", names.join(", ")),
                "Go online; they are tried for 7 days.",
            )
        })
    }
}

/// What a connection brings, in numbers. `lists`: of tasks, because one scope may stand for all of them.
fn holds(view: &ConnectionView, lists: usize) -> String {
    let scopes = |service: Service| view.scopes.iter().filter(|s| s.service == service).count();
    let some = |n: usize, one: &str, many: &str| (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }));
    // One scope may also be a whole account.
    let folders = some(scopes(Service::Mail), "folder", "folders").filter(|_| scopes(Service::Mail) > 1);
    let parts = [
        (!view.accounts.is_empty()).then(|| format!("{} messages", view.messages)),
        folders,
        some(scopes(Service::Calendar), "calendar", "calendars"),
        some(lists, "task list", "task lists"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing was fetched yet".to_owned() } else { parts.join(", ") }
}

/// Tokens, TLS and dates all need a clock that is about right.
fn clock(now: Timestamp) -> Check {
    if now < BUILT || now > FAR {
        check("clock", "Clock", CheckState::Fail, "it is far off", "Set the system's date and time: sign-in and TLS fail otherwise.")
    } else {
        check("clock", "Clock", CheckState::Ok, "plausible", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senseless_clock_is_told() {
        assert_eq!(clock(Timestamp(0)).state, CheckState::Fail);
        assert_eq!(clock(Timestamp::from_secs(1_795_000_000)).state, CheckState::Ok);
    }
}
