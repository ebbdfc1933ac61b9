//! The account as the engine sees it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    connection::MailServers,
    error::ProviderError,
    ids::RemoteId,
    mail::{MailboxRole, RemoteMailbox},
    source::{MailSink, MailSource, MailWrite, OutgoingMail, SendWitness, Submitted, Written},
    sync::{Budget, ChangeBatch, RemoteMail, SyncCursor, SyncScope},
};

use super::{
    changes::{Memory, Position, Round, parse_id, remote_id},
    copied::Originals,
    fetch, folders, idle,
    login::Door,
    mailboxes, names,
    pool::{Lease, Pool},
    select::{Selected, select},
    write,
};
use crate::smtp;

/// An ordinary mail account: IMAP for everything but sending.
pub(crate) struct ImapSource {
    pool: Pool,
    memory: Memory,
    /// Wire names by id, and the folder for sent mail, as last listed.
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    listed: bool,
    wire: HashMap<String, Vec<u8>>,
    sent: Option<String>,
}

impl ImapSource {
    pub fn new(door: Door) -> Self {
        Self { pool: Pool::new(door), memory: Memory::default(), names: Mutex::default() }
    }

    fn servers(&self) -> &MailServers {
        &self.pool.door().servers
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn list(&self, session: &mut Lease) -> Result<Vec<RemoteMailbox>, ProviderError> {
        Ok(self.listed(session).await?.into_iter().map(|f| f.mailbox).collect())
    }

    /// A fresh list, for changes to it: what is remembered may be old.
    async fn listing(&self, session: &mut Lease) -> Result<folders::Listing, ProviderError> {
        let found = self.listed(session).await?;
        let delimiter = found.iter().find_map(|f| f.delimiter);
        Ok(folders::Listing::of(delimiter, found.into_iter().map(|f| (f.mailbox.id.0, f.wire))))
    }

    async fn listed(&self, session: &mut Lease) -> Result<Vec<folders::Folder>, ProviderError> {
        let found = folders::list(session).await?;
        let mut names = self.known();
        names.listed = true;
        names.wire = found.iter().map(|f| (f.mailbox.id.0.clone(), f.wire.clone())).collect();
        names.sent = found.iter().find(|f| f.mailbox.role == Some(MailboxRole::Sent)).map(|f| f.mailbox.id.0.clone());
        drop(names);
        Ok(found)
    }

    /// How the server spells a mailbox. Listed once where our own spelling might differ from its.
    async fn wire(&self, session: &mut Lease, id: &str) -> Result<Vec<u8>, ProviderError> {
        let missing = {
            let names = self.known();
            if let Some(wire) = names.wire.get(id) {
                return Ok(wire.clone());
            }
            !names.listed && names::is_ambiguous(id) && !session.utf8()
        };
        if missing {
            self.list(session).await?;
            if let Some(wire) = self.known().wire.get(id) {
                return Ok(wire.clone());
            }
        }
        Ok(names::to_wire(id, session.utf8()))
    }

    async fn select(&self, session: &mut Lease, id: &str, writable: bool, resync: Option<(u32, u64)>) -> Result<Selected, ProviderError> {
        let wire = self.wire(session, id).await?;
        let resync = resync.filter(|_| session.is_enabled("QRESYNC"));
        select(session, id, &wire, writable, resync).await
    }

    /// A pooled session may have the very mailbox open that is to go: then STATUS answers with what that session has seen, which
    /// can be less than what is there (RFC 3501 section 6.3.10), and the change would end the session.
    async fn step_aside(&self, session: &mut Lease) -> Result<(), ProviderError> {
        self.select(session, "INBOX", false, None).await.map(drop)
    }

    /// Selects for writing; an already selected mailbox is left as it is.
    async fn writable(&self, session: &mut Lease, id: &str) -> Result<u32, ProviderError> {
        if let Some(current) = &session.current
            && current.id == id
            && current.writable
        {
            return Ok(current.uid_validity);
        }
        self.select(session, id, true, None).await?;
        match &session.current {
            Some(current) if current.writable => Ok(current.uid_validity),
            _ => Err(ProviderError::Unsupported(format!("The folder {id} is read-only."))),
        }
    }

    /// UIDs that still mean something in a mailbox of this UIDVALIDITY.
    fn uids(ids: &[RemoteId], uid_validity: u32) -> Vec<u32> {
        ids.iter().filter_map(parse_id).filter(|(validity, _)| *validity == uid_validity).map(|(_, uid)| uid).collect()
    }

    /// Which of these messages of the selected mailbox are in `to` already, and as what. Leaves `to` selected.
    async fn copied(&self, session: &mut Lease, uids: &[u32], to: &str) -> Result<Vec<(u32, RemoteId)>, ProviderError> {
        let originals = Originals::read(session, uids).await?;
        let validity = self.select(session, to, false, None).await?.uid_validity;
        let copies = originals.copies(session).await?;
        Ok(copies.into_iter().map(|(original, copy)| (original, remote_id(validity, copy))).collect())
    }

    async fn append(
        &self,
        mailbox: &RemoteId,
        raw: &[u8],
        message_id: &str,
        flags: domain::mail::Flags,
    ) -> Result<Option<RemoteId>, ProviderError> {
        let mut session = self.pool.lease(Some(mailbox.as_str())).await?;
        let wire = self.wire(&mut session, mailbox.as_str()).await?;
        if let Some(id) = write::append(&mut session, &wire, raw, flags).await? {
            return Ok(Some(id));
        }
        // Without UIDPLUS the new id is found by what we know of the message.
        if message_id.is_empty() {
            return Ok(None);
        }
        let selected = self.select(&mut session, mailbox.as_str(), false, None).await?;
        write::find(&mut session, selected.uid_validity, message_id).await
    }
}

fn container(scope: &SyncScope) -> Result<&str, ProviderError> {
    scope.container.as_ref().map(RemoteId::as_str).ok_or_else(|| ProviderError::Unsupported("An IMAP scope needs a folder.".to_owned()))
}

fn source_of(mailbox: Option<&RemoteId>) -> Result<&str, ProviderError> {
    mailbox.map(RemoteId::as_str).ok_or_else(|| ProviderError::Unsupported("An IMAP write needs the folder of its messages.".to_owned()))
}

/// Every id is from an earlier life of the folder: nothing can be done until the next sync has found the messages again.
fn all_void(ids: &[RemoteId], uids: &[u32]) -> Result<(), ProviderError> {
    if uids.is_empty() && !ids.is_empty() { Err(ProviderError::NotFound("This message".to_owned())) } else { Ok(()) }
}

#[async_trait]
impl MailSource for ImapSource {
    async fn mailboxes(&self) -> Result<Vec<RemoteMailbox>, ProviderError> {
        let mut session = self.pool.lease(None).await?;
        self.list(&mut session).await
    }

    fn scope_per_mailbox(&self) -> bool {
        true
    }

    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
    ) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
        let mailbox = container(scope)?;
        let prior = cursor.map(Position::of).transpose()?;
        let mut session = self.pool.lease(Some(mailbox)).await?;
        let selected = self.select(&mut session, mailbox, false, prior.and_then(|p| p.resync())).await?;
        Round { session: &mut session, memory: &self.memory, mailbox, selected, budget }.page(prior).await
    }

    async fn fetch(&self, scope: &SyncScope, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mailbox = container(scope)?;
        let mut session = self.pool.lease(Some(mailbox)).await?;
        let current = session.current.as_ref().filter(|c| c.id == mailbox).map(|c| c.uid_validity);
        let uid_validity = match current {
            Some(validity) => validity,
            None => self.select(&mut session, mailbox, false, None).await?.uid_validity,
        };
        let uids = Self::uids(ids, uid_validity);
        if uids.is_empty() {
            return Ok(());
        }
        fetch::fetch(&mut session, &self.memory, mailbox, uid_validity, &uids, sink).await
    }

    async fn write(&self, write: &MailWrite) -> Result<Written, ProviderError> {
        match write {
            MailWrite::Flags { mailbox, ids, change } => {
                let mailbox = source_of(mailbox.as_ref())?;
                let mut session = self.pool.lease(Some(mailbox)).await?;
                let validity = self.writable(&mut session, mailbox).await?;
                let uids = Self::uids(ids, validity);
                all_void(ids, &uids)?;
                write::store_flags(&mut session, &uids, *change).await?;
                Ok(Written::default())
            }
            MailWrite::Move { from, to, ids, again } => {
                let mailbox = source_of(from.as_ref())?;
                if mailbox == to.as_str() {
                    return Ok(Written::default());
                }
                let mut session = self.pool.lease(Some(mailbox)).await?;
                let target = self.wire(&mut session, to.as_str()).await?;
                let validity = self.writable(&mut session, mailbox).await?;
                let uids = Self::uids(ids, validity);
                all_void(ids, &uids)?;
                let copied = if *again && !write::moves(&session) {
                    let copied = self.copied(&mut session, &uids, to.as_str()).await?;
                    if self.writable(&mut session, mailbox).await? != validity {
                        return Err(ProviderError::NotFound("This message".to_owned()));
                    }
                    copied
                } else {
                    Vec::new()
                };
                write::relocate(&mut session, validity, &uids, &target, copied).await.map_err(|error| match error {
                    ProviderError::NotFound(_) => ProviderError::NotFound(format!("The folder {to}")),
                    other => other,
                })
            }
            MailWrite::Delete { mailbox, ids } => {
                let mailbox = source_of(mailbox.as_ref())?;
                let mut session = self.pool.lease(Some(mailbox)).await?;
                let validity = self.writable(&mut session, mailbox).await?;
                let uids = Self::uids(ids, validity);
                let left_marked = if uids.is_empty() { 0 } else { write::delete(&mut session, &uids).await? };
                Ok(Written { left_marked, ..Written::default() })
            }
            MailWrite::Append { mailbox, raw, message_id, flags, replaces } => {
                let appended = self.append(mailbox, raw, message_id, *flags).await?;
                let mut left_marked = 0;
                if let Some(old) = replaces
                    && appended.as_ref() != Some(old)
                {
                    let mut session = self.pool.lease(Some(mailbox.as_str())).await?;
                    let validity = self.writable(&mut session, mailbox.as_str()).await?;
                    let uids = Self::uids(std::slice::from_ref(old), validity);
                    if !uids.is_empty() {
                        left_marked = write::delete(&mut session, &uids).await?;
                    }
                }
                Ok(Written { appended, left_marked, ..Written::default() })
            }
            MailWrite::CreateMailbox { name, role } => {
                let mut session = self.pool.lease(None).await?;
                let listing = self.listing(&mut session).await?;
                let made = mailboxes::create(&mut session, &listing, name, *role).await?;
                self.list(&mut session).await?;
                Ok(Written { appended: Some(made), ..Written::default() })
            }
            MailWrite::RenameMailbox { mailbox, name } => {
                let mut session = self.pool.lease(None).await?;
                self.step_aside(&mut session).await?;
                let listing = self.listing(&mut session).await?;
                let written = mailboxes::rename(&mut session, &listing, mailbox.as_str(), name).await?;
                self.list(&mut session).await?;
                Ok(written)
            }
            MailWrite::DeleteMailbox { mailbox } => {
                let mut session = self.pool.lease(None).await?;
                self.step_aside(&mut session).await?;
                let listing = self.listing(&mut session).await?;
                mailboxes::delete(&mut session, &listing, mailbox.as_str()).await?;
                self.list(&mut session).await?;
                Ok(Written::default())
            }
            MailWrite::Labels { .. } => Err(ProviderError::Unsupported("An IMAP account has folders, not labels.".to_owned())),
        }
    }

    async fn find(&self, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
        let mut session = self.pool.lease(mailbox.map(RemoteId::as_str)).await?;
        let mailbox = match mailbox {
            Some(mailbox) => mailbox.0.clone(),
            None => {
                let known = {
                    let names = self.known();
                    names.listed.then(|| names.sent.clone())
                };
                let sent = match known {
                    Some(sent) => sent,
                    None => {
                        self.list(&mut session).await?;
                        self.known().sent.clone()
                    }
                };
                match sent {
                    Some(sent) => sent,
                    None => return Ok(None),
                }
            }
        };
        match self.select(&mut session, &mailbox, false, None).await {
            Ok(selected) => write::find(&mut session, selected.uid_validity, message_id).await,
            Err(ProviderError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn can_send(&self) -> bool {
        self.servers().smtp.is_some()
    }

    async fn submit(&self, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
        let door = self.pool.door();
        smtp::submit(&door.servers, &*door.credentials, &door.tls, &door.refusals, mail, witness).await
    }

    async fn wait(&self, scope: &SyncScope, max: Duration) -> Result<(), ProviderError> {
        let mailbox = container(scope)?;
        let mut session = self.pool.lease_to_watch(mailbox).await?;
        if !session.has("IDLE") && !session.has("IMAP4REV2") {
            return Err(ProviderError::Unsupported(format!("{} can't push news.", session.host())));
        }
        let selected = self.select(&mut session, mailbox, false, None).await?;
        // What came between the last round and now would not be announced any more.
        if let Some((position, exists)) = self.memory.settled(mailbox) {
            let moved = selected.uid_next.is_some_and(|n| n != position.uid_next)
                || selected.exists != exists
                || position.uid_validity != selected.uid_validity
                || position.mod_seq.zip(selected.highest_mod_seq).is_some_and(|(then, now)| then > 0 && then != now);
            if moved {
                return Ok(());
            }
        }
        idle::wait(&mut session, max).await.map(drop)
    }

    fn take_alert(&self) -> Option<String> {
        self.pool.take_alert()
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
