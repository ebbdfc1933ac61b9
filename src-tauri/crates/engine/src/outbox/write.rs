//! Flags, moves, labels, deletions. Remote ids are looked up when the write runs, because earlier writes of the same message
//! (or a sync) may have changed them since it was queued.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    error::ProviderError,
    ids::{MailboxId, MessageId, RemoteId},
    outbox::{OutboxItem, OutboxOp},
    source::{MailSource, MailWrite, Written},
};
use store::RemoteRef;

use super::Done;
use crate::{Engine, sync::round::sink_error};

/// Remote ids by the container they live in (None: the account).
type Groups = BTreeMap<Option<RemoteId>, Vec<RemoteId>>;

impl Engine {
    pub(super) async fn write_item(&self, source: &Arc<dyn MailSource>, item: &OutboxItem) -> Result<Done, ProviderError> {
        let groups = self.remote_groups(source, item, item.op.messages()).await?;
        let mut written = Written::default();
        for (container, ids) in groups {
            let write = match &item.op {
                OutboxOp::Flags { change, .. } => MailWrite::Flags { mailbox: container, ids, change: *change },
                OutboxOp::Delete { .. } => MailWrite::Delete { mailbox: container, ids },
                OutboxOp::Move { from, to, .. } => {
                    let to = self.remote_of(*to).await?;
                    let from = match container {
                        Some(container) => Some(container),
                        None => match from {
                            Some(from) => Some(self.remote_of(*from).await?),
                            None => None,
                        },
                    };
                    // Already where it should be: an earlier attempt got through.
                    if from.as_ref() == Some(&to) {
                        continue;
                    }
                    // An item that the person sends back into the queue counts from the start again, but keeps its last error.
                    MailWrite::Move { from, to, ids, again: item.attempts > 1 || item.last_error.is_some() }
                }
                OutboxOp::Labels { add, remove, .. } => {
                    let mut labels = (Vec::new(), Vec::new());
                    for id in add {
                        labels.0.push(self.remote_of(*id).await?);
                    }
                    for id in remove {
                        labels.1.push(self.remote_of(*id).await?);
                    }
                    MailWrite::Labels { ids, add: labels.0, remove: labels.1 }
                }
                _ => return Err(ProviderError::Unsupported("This can't be written.".to_owned())),
            };
            match source.write(&write).await {
                Ok(mut w) => {
                    written.renamed.append(&mut w.renamed);
                    written.appended = written.appended.or(w.appended);
                    written.left_marked += w.left_marked;
                }
                // Deleted elsewhere: there is nothing left to change, and the next sync removes it here.
                Err(ProviderError::NotFound(_)) if !matches!(item.op, OutboxOp::Move { .. }) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(Done { written, ..Done::default() })
    }

    /// Folders and labels themselves.
    pub(super) async fn mailbox_item(&self, source: &Arc<dyn MailSource>, item: &OutboxItem) -> Result<Done, ProviderError> {
        let write = match &item.op {
            OutboxOp::CreateMailbox { name, role, .. } => MailWrite::CreateMailbox { name: name.clone(), role: *role },
            OutboxOp::RenameMailbox { mailbox, name, .. } => {
                MailWrite::RenameMailbox { mailbox: self.remote_of(*mailbox).await?, name: name.clone() }
            }
            OutboxOp::DeleteMailbox { mailbox } => MailWrite::DeleteMailbox { mailbox: self.remote_of(*mailbox).await? },
            _ => return Err(ProviderError::Unsupported("This can't be written.".to_owned())),
        };
        Ok(Done { written: source.write(&write).await?, ..Done::default() })
    }

    async fn remote_of(&self, mailbox: MailboxId) -> Result<RemoteId, ProviderError> {
        match self.inner.store.mailbox(mailbox).await {
            Ok(m) if m.is_pending() => {
                Err(ProviderError::Server { provider: format!("The folder {}", m.name), detail: "it is not there yet".to_owned() })
            }
            Ok(m) => Ok(m.remote),
            Err(store::StoreError::NotFound { .. }) => Err(ProviderError::NotFound("The folder".to_owned())),
            Err(e) => Err(sink_error(e)),
        }
    }

    /// Messages that are gone are left out; those whose new id is not known yet are looked for by their Message-ID.
    async fn remote_groups(
        &self,
        source: &Arc<dyn MailSource>,
        item: &OutboxItem,
        messages: &[MessageId],
    ) -> Result<Groups, ProviderError> {
        let mut groups = Groups::new();
        for found in self.inner.store.remote_refs(messages).await.map_err(sink_error)? {
            let remote = if found.known { Some(found.remote.clone()) } else { self.find_again(source, &found).await? };
            if let Some(remote) = remote {
                groups.entry(found.container.clone()).or_default().push(remote);
            } else if item.attempts < 4 {
                // The next sync of that folder learns the id.
                self.sched().nudge_scope(&item.connection, found.scope);
                self.inner.wake.notify_one();
                return Err(ProviderError::Server {
                    provider: "The folder".to_owned(),
                    detail: "it does not show the moved message yet".to_owned(),
                });
            }
        }
        Ok(groups)
    }

    async fn find_again(&self, source: &Arc<dyn MailSource>, found: &RemoteRef) -> Result<Option<RemoteId>, ProviderError> {
        let detail = match self.inner.store.message(found.message).await {
            Ok(detail) => detail,
            Err(store::StoreError::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(sink_error(e)),
        };
        if detail.summary.rfc_message_id.is_empty() {
            return Ok(None);
        }
        source.find(found.container.as_ref(), &detail.summary.rfc_message_id).await
    }
}
