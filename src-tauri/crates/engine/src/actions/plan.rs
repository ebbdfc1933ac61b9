//! From an action and the messages it means to the writes it needs. Pure.

use std::collections::BTreeMap;

use domain::{
    ids::{AccountId, ConnectionId, MailboxId, MessageId},
    mail::{FlagChange, Mailbox, MailboxRole},
    outbox::OutboxOp,
};
use store::Placement;

use crate::{EngineError, views::Action};

/// One outbox item to be, and what takes it back after it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub connection: ConnectionId,
    pub account: AccountId,
    pub op: OutboxOp,
    pub inverse: Option<OutboxOp>,
}

/// One outbox item carries at most so many messages: a failure concerns few, and providers cap a batch at 1,000.
const CHUNK: usize = 500;

pub(super) fn plan(action: &Action, placements: &[Placement], mailboxes: &[Mailbox]) -> Result<Vec<Planned>, EngineError> {
    let mut out = Vec::new();
    let mut by_account: BTreeMap<AccountId, Vec<&Placement>> = BTreeMap::new();
    for placement in placements {
        by_account.entry(placement.account).or_default().push(placement);
    }
    for (account, placements) in by_account {
        let own: Vec<&Mailbox> = mailboxes.iter().filter(|m| m.account == account).collect();
        let one = Account { account, placements: &placements, own: &own };
        match action {
            Action::Read { on } => one.flags(FlagChange::read(*on), &mut out),
            Action::Star { on } => one.flags(FlagChange::starred(*on), &mut out),
            Action::Archive => one.move_to(one.archive()?, &mut out),
            Action::Trash => one.move_to(one.role(MailboxRole::Trash, "bin")?, &mut out),
            Action::Spam => one.move_to(one.role(MailboxRole::Junk, "spam folder")?, &mut out),
            Action::NotSpam => one.move_to(one.role(MailboxRole::Inbox, "inbox")?, &mut out),
            Action::Move { to } => {
                let target = own.iter().find(|m| m.id == *to).ok_or_else(|| {
                    EngineError::new(
                        "other_account",
                        "Some of these belong to another account.",
                        "Move conversations within one account at a time.",
                    )
                })?;
                one.move_to(target, &mut out);
            }
            Action::AddLabel { label } => one.labels(*label, true, &mut out)?,
            Action::RemoveLabel { label } => one.labels(*label, false, &mut out)?,
            Action::DeleteForever => {
                one.each(one.placements.iter().map(|p| p.message).collect(), &mut out, |messages| (OutboxOp::Delete { messages }, None));
            }
        }
    }
    Ok(out)
}

/// The mailbox that an action needs in each of these accounts and that one lacks: (account, role, the name it would get).
pub(super) fn missing(action: &Action, placements: &[Placement], mailboxes: &[Mailbox]) -> Vec<(AccountId, MailboxRole, &'static str)> {
    let (roles, name): (&[MailboxRole], _) = match action {
        Action::Archive => (&[MailboxRole::Archive, MailboxRole::All], "Archive"),
        Action::Trash => (&[MailboxRole::Trash], "Trash"),
        Action::Spam => (&[MailboxRole::Junk], "Junk"),
        _ => return Vec::new(),
    };
    let accounts: std::collections::BTreeSet<AccountId> = placements.iter().map(|p| p.account).collect();
    let has = |account: AccountId| mailboxes.iter().any(|m| m.account == account && m.role.is_some_and(|r| roles.contains(&r)));
    let role = roles.first().copied().unwrap_or(MailboxRole::Archive);
    accounts.into_iter().filter(|a| !has(*a)).map(|a| (a, role, name)).collect()
}

struct Account<'a> {
    account: AccountId,
    placements: &'a [&'a Placement],
    own: &'a [&'a Mailbox],
}

impl Account<'_> {
    fn connection(&self) -> ConnectionId {
        self.placements.first().map_or_else(|| ConnectionId::new(""), |p| p.connection.clone())
    }

    fn each(&self, messages: Vec<MessageId>, out: &mut Vec<Planned>, op: impl Fn(Vec<MessageId>) -> (OutboxOp, Option<OutboxOp>)) {
        for chunk in messages.chunks(CHUNK) {
            let (op, inverse) = op(chunk.to_vec());
            out.push(Planned { connection: self.connection(), account: self.account, op, inverse });
        }
    }

    fn role(&self, role: MailboxRole, word: &str) -> Result<&Mailbox, EngineError> {
        self.own.iter().find(|m| m.role == Some(role)).copied().ok_or_else(|| {
            EngineError::new(
                "no_mailbox",
                format!("This account has no {word}."),
                "Make a folder for it at the provider, sync, and try again.",
            )
        })
    }

    /// Gmail's archive is "everything" without the inbox label.
    fn archive(&self) -> Result<&Mailbox, EngineError> {
        self.role(MailboxRole::Archive, "archive").or_else(|e| self.role(MailboxRole::All, "archive").map_err(|_| e))
    }

    /// Only messages whose flag differs are written, so the inverse restores exactly those.
    fn flags(&self, change: FlagChange, out: &mut Vec<Planned>) {
        let messages = self.placements.iter().filter(|p| p.flags.with(change) != p.flags).map(|p| p.message).collect();
        self.each(messages, out, |messages| {
            (OutboxOp::Flags { messages: messages.clone(), change }, Some(OutboxOp::Flags { messages, change: change.inverse() }))
        });
    }

    fn move_to(&self, to: &Mailbox, out: &mut Vec<Planned>) {
        let (mut by_source, mut labelled): (BTreeMap<_, Vec<MessageId>>, _) = (BTreeMap::new(), Vec::new());
        let leaves_all = matches!(to.role, Some(MailboxRole::Trash | MailboxRole::Junk));
        for placement in self.placements {
            let source = self.source(placement);
            let there = placement.mailboxes.contains(&to.id);
            // "All Mail" beside labels is no place that a label would be left for.
            let adds = !leaves_all && placement.mailboxes.len() > 1 && source.is_some_and(|s| self.is_all(s));
            // In the target already, and in no other place to leave: nothing to do.
            if there && (adds || source.is_none_or(|s| s == to.id)) {
                continue;
            }
            if adds {
                labelled.push(placement.message);
            } else {
                by_source.entry((source, there && to.role != Some(MailboxRole::All))).or_default().push(placement.message);
            }
        }
        for ((from, stays), messages) in by_source {
            self.each(messages, out, |messages| {
                let back = messages.clone();
                let inverse = from.map(|from| {
                    if stays {
                        // It bore the label before: that is no part of what is taken back.
                        OutboxOp::Labels { messages: back, add: vec![from], remove: Vec::new() }
                    } else {
                        OutboxOp::Move { messages: back, from: Some(to.id), to: from }
                    }
                });
                (OutboxOp::Move { messages, from, to: to.id }, inverse)
            });
        }
        self.each(labelled, out, |messages| {
            let inverse = OutboxOp::Labels { messages: messages.clone(), add: Vec::new(), remove: vec![to.id] };
            (OutboxOp::Labels { messages, add: vec![to.id], remove: Vec::new() }, Some(inverse))
        });
    }

    fn is_all(&self, id: MailboxId) -> bool {
        self.own.iter().any(|m| m.id == id && m.role == Some(MailboxRole::All))
    }

    /// The place that a move leaves: a folder, or the one of a Gmail message's labels that is a place.
    fn source(&self, placement: &Placement) -> Option<MailboxId> {
        let role = |id: &MailboxId| self.own.iter().find(|m| m.id == *id).and_then(|m| m.role);
        let places = [MailboxRole::Inbox, MailboxRole::Trash, MailboxRole::Junk, MailboxRole::Archive, MailboxRole::All];
        if let [only] = placement.mailboxes.as_slice() {
            return Some(*only);
        }
        places.iter().find_map(|wanted| placement.mailboxes.iter().find(|id| role(id) == Some(*wanted)).copied())
    }

    fn labels(&self, label: MailboxId, on: bool, out: &mut Vec<Planned>) -> Result<(), EngineError> {
        if !self.own.iter().any(|m| m.id == label) {
            return Err(EngineError::new(
                "other_account",
                "This label belongs to another account.",
                "Label conversations of one account at a time.",
            ));
        }
        let messages = self.placements.iter().filter(|p| p.mailboxes.contains(&label) != on).map(|p| p.message).collect();
        self.each(messages, out, |messages| {
            let op = |on: bool, messages: Vec<MessageId>| {
                let (add, remove) = if on { (vec![label], vec![]) } else { (vec![], vec![label]) };
                OutboxOp::Labels { messages, add, remove }
            };
            (op(on, messages.clone()), Some(op(!on, messages)))
        });
        Ok(())
    }
}

/// What the toast says.
pub(super) fn label(action: &Action, count: u64, conversations: bool, mailboxes: &[Mailbox]) -> String {
    let noun = match (conversations, count) {
        (true, 1) => "Conversation".to_owned(),
        (true, n) => format!("{n} conversations"),
        (false, 1) => "Message".to_owned(),
        (false, n) => format!("{n} messages"),
    };
    let name = |id: &MailboxId| mailboxes.iter().find(|m| m.id == *id).map_or("folder", |m| m.name.as_str());
    match action {
        Action::Archive => format!("{noun} archived"),
        Action::Trash => format!("{noun} moved to the bin"),
        Action::Spam => format!("{noun} marked as spam"),
        Action::NotSpam => format!("{noun} moved to the inbox"),
        Action::Move { to } => format!("{noun} moved to {}", name(to)),
        Action::Read { on: true } => format!("{noun} marked as read"),
        Action::Read { on: false } => format!("{noun} marked as unread"),
        Action::Star { on: true } => format!("{noun} starred"),
        Action::Star { on: false } => format!("Star removed from {}", if count == 1 { noun.to_lowercase() } else { noun }),
        Action::AddLabel { label } => format!("{noun} labelled {}", name(label)),
        Action::RemoveLabel { label } => format!("Label {} removed", name(label)),
        Action::DeleteForever => format!("{noun} deleted for ever"),
    }
}
