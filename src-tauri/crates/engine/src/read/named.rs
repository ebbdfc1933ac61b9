//! Mailboxes by the words that people type: a role, a name, the last part of a name. Lists, moves and the search's `in:` agree.

use domain::{
    ids::{AccountId, ConnectionId, MailboxId},
    mail::{Mailbox, MailboxRole, MessageSummary},
};
use store::{MessageFilter, Page, PageCursor};

use crate::{Engine, EngineError};

/// A hint is read, not searched: so many names at most.
const NAMES_SHOWN: usize = 20;

impl Engine {
    /// What `name` stands for in one connection or in all, newest first. `all`: everything, wherever it lies.
    pub async fn messages_named(
        &self,
        connection: Option<ConnectionId>,
        name: &str,
        after: Option<PageCursor>,
        limit: u32,
    ) -> Result<Page<MessageSummary>, EngineError> {
        if name.eq_ignore_ascii_case("all") {
            return self.messages(MessageFilter { connection, ..MessageFilter::default() }, after, limit).await;
        }
        let set = self.store().mailbox_set(connection.as_ref(), name).await?;
        // A role that an account has no mailbox for is a list without mail; a name that nothing bears is a mistake.
        if set.is_empty() && MailboxRole::parse(&name.to_lowercase()).is_none() {
            let accounts = self.accounts().await?;
            let mut all = self.store().mailboxes(None).await?;
            all.retain(|b| connection.as_ref().is_none_or(|c| accounts.iter().any(|a| a.id == b.account && a.connection == *c)));
            return Err(EngineError::new(
                "no_mailbox",
                format!("There is no mailbox named {name:?}."),
                names_of(&all, "inbox, sent, archive or starred"),
            ));
        }
        Ok(self.store().messages_in(&set, after.as_ref(), limit).await?)
    }

    /// The one mailbox of an account that mail can be put into under this word: the role's, else the one named so, else the one
    /// whose name ends so.
    pub async fn mailbox_by_name(&self, account: AccountId, name: &str) -> Result<MailboxId, EngineError> {
        if let Some(role) = MailboxRole::parse(&name.to_lowercase())
            && let Some(mailbox) = self.store().mailbox_by_role(account, role).await?
        {
            return Ok(mailbox.id);
        }
        let mut found = self.store().mailboxes_called(Some(account), name).await?;
        found.retain(|b| b.selectable);
        let whole = |exact: bool| found.iter().find(|b| if exact { b.name == name } else { b.name.to_lowercase() == name.to_lowercase() });
        if let Some(mailbox) = whole(true).or_else(|| whole(false)) {
            return Ok(mailbox.id);
        }
        match found.as_slice() {
            [one] => Ok(one.id),
            [] => Err(EngineError::new(
                "no_mailbox",
                format!("There is no mailbox named {name:?} in this account."),
                names_of(&self.store().mailboxes(Some(account)).await?, "inbox, archive or trash"),
            )),
            several => Err(EngineError::invalid(
                format!("Several mailboxes of this account are called {name:?}."),
                format!("Write the whole name: {}.", listed(several)),
            )),
        }
    }
}

fn listed(mailboxes: &[Mailbox]) -> String {
    let mut names: Vec<&str> = mailboxes.iter().filter(|b| b.selectable).map(|b| b.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    names.truncate(NAMES_SHOWN);
    let shown = names.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The hint of a name that nothing bears, with the roles that make sense there.
fn names_of(mailboxes: &[Mailbox], roles: &str) -> String {
    let names = listed(mailboxes);
    if names.is_empty() {
        return "No mailbox is known here yet: run `sync` first.".to_owned();
    }
    format!("There are: {names}. Roles such as {roles} work too.")
}
