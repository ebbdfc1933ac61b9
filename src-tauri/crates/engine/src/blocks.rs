//! Blocked senders: a rule here, applied to new mail as it arrives. What it moves goes through the outbox like a move of the
//! person's, is counted and audited, and can be undone like one.

use std::collections::BTreeMap;

use domain::{
    audit::{Actor, Outcome},
    ids::MessageId,
    mail::MailboxRole,
};
use store::{BlockKind, BlockRule};

use crate::{
    Engine, EngineError, Entity,
    core::audit,
    views::{Action, Target, UndoToken},
};

/// Providers whose domain many strangers share: blocking it would block all of them.
const SHARED: [&str; 32] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "ymail.com",
    "aol.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "gmx.de",
    "gmx.net",
    "gmx.at",
    "gmx.ch",
    "web.de",
    "t-online.de",
    "freenet.de",
    "posteo.de",
    "mailbox.org",
    "proton.me",
    "protonmail.com",
    "pm.me",
    "fastmail.com",
    "zoho.com",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
    "orange.fr",
    "free.fr",
];

/// What blocking did; both can be taken back.
#[derive(Clone, Debug)]
pub struct Blocked {
    pub rule: i64,
    /// `spam@bad.example`, or a domain.
    pub value: String,
    /// The message that led to it, moved away.
    pub moved: Option<UndoToken>,
}

impl Engine {
    /// New mail from the sender of this message (or from everybody at their domain) goes to spam or the bin from now on.
    pub async fn block_sender(
        &self,
        message: MessageId,
        kind: BlockKind,
        target: MailboxRole,
        move_now: bool,
        actor: Actor,
    ) -> Result<Blocked, EngineError> {
        let email = self.store().message(message).await?.summary.from.email.to_lowercase();
        let Some((_, domain)) = email.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty()) else {
            return Err(EngineError::new(
                "no_sender_address",
                "This message has no sender that could be blocked.",
                "Move it to spam instead.",
            ));
        };
        let accounts = self.store().accounts().await?;
        let own = |a: &str| accounts.iter().any(|account| account.email.eq_ignore_ascii_case(a));
        let own_domain = accounts.iter().any(|a| a.email.rsplit_once('@').is_some_and(|(_, d)| d.eq_ignore_ascii_case(domain)));
        if own(&email) {
            return Err(EngineError::new(
                "own_address",
                format!("{email} is your own address."),
                "Somebody may have forged it: move the message to spam instead.",
            ));
        }
        if kind == BlockKind::Domain && (own_domain || SHARED.contains(&domain)) {
            return Err(EngineError::new(
                "shared_domain",
                format!("Many people write from {domain}; blocking it would block all of them."),
                "Block this one address instead.",
            ));
        }
        let value = if kind == BlockKind::Domain { domain.to_owned() } else { email.clone() };
        let entry = audit(
            actor,
            "sender.blocked",
            format!("message:{message}"),
            Outcome::Ok,
            format!("kind={} to={}", kind.as_str(), target.as_str()),
        );
        let rule = self.store().block(kind, &value, target, &entry, self.now()).await?;
        let moved =
            if move_now { Some(self.act_with(away(target), Target::Messages { ids: vec![message] }, actor, true).await?) } else { None };
        self.emit().changed_many(Entity::Settings);
        Ok(Blocked { rule, value, moved })
    }

    pub async fn unblock(&self, rule: i64, actor: Actor) -> Result<(), EngineError> {
        let entry = audit(actor, "sender.unblocked", format!("block:{rule}"), Outcome::Ok, "");
        if !self.store().unblock(rule, &entry, self.now()).await? {
            return Err(EngineError::not_found("The block"));
        }
        self.emit().changed_many(Entity::Settings);
        Ok(())
    }

    /// Newest first.
    pub async fn blocks(&self) -> Result<Vec<BlockRule>, EngineError> {
        Ok(self.store().blocks().await?)
    }

    /// To spam, with an entry of its own in the audit log. Nothing is sent to anybody but the provider's spam folder, from which
    /// many providers learn.
    pub async fn report_phishing(&self, message: MessageId, actor: Actor) -> Result<UndoToken, EngineError> {
        let mut token = self.act_with(Action::Spam, Target::Messages { ids: vec![message] }, actor, true).await?;
        self.audit_only(audit(actor, "mail.reported_phishing", format!("message:{message}"), Outcome::Ok, "")).await;
        "Reported as phishing and moved to spam".clone_into(&mut token.label);
        Ok(token)
    }

    /// Takes new mail of blocked senders out of the inbox. Returns what was moved; errors leave the mail where it is.
    pub(crate) async fn apply_blocks(&self, arrived: &[MessageId]) -> Vec<MessageId> {
        match self.try_blocks(arrived).await {
            Ok(moved) => moved,
            Err(e) => {
                tracing::warn!(code = %e.code, "blocked senders could not be looked after");
                Vec::new()
            }
        }
    }

    async fn try_blocks(&self, arrived: &[MessageId]) -> Result<Vec<MessageId>, EngineError> {
        if arrived.is_empty() {
            return Ok(Vec::new());
        }
        let rules = self.store().blocks().await?;
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let mut hits: BTreeMap<i64, (MailboxRole, Vec<MessageId>)> = BTreeMap::new();
        for message in self.store().message_summaries(arrived).await? {
            // The narrower rule says where it goes.
            let rule = rules.iter().filter(|r| r.covers(&message.from.email)).min_by_key(|r| r.kind == BlockKind::Domain);
            if let Some(rule) = rule {
                hits.entry(rule.id).or_insert_with(|| (rule.target, Vec::new())).1.push(message.id);
            }
        }
        let mut moved = Vec::new();
        for (rule, (target, ids)) in hits {
            self.act_with(away(target), Target::Messages { ids: ids.clone() }, Actor::Engine, true).await?;
            self.store().count_block(rule, ids.len() as u64).await?;
            let detail = format!("messages={} to={}", ids.len(), target.as_str());
            self.audit_only(audit(Actor::Engine, "mail.blocked", format!("block:{rule}"), Outcome::Ok, detail)).await;
            moved.extend(ids);
        }
        Ok(moved)
    }
}

const fn away(target: MailboxRole) -> Action {
    match target {
        MailboxRole::Trash => Action::Trash,
        _ => Action::Spam,
    }
}
