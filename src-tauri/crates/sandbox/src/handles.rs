//! What a test may look at and change from outside, beside HTTP.

use std::collections::BTreeSet;

use domain::time::Timestamp;

use crate::{
    AutoConsent, Quota, Sandbox,
    control::{Provider, locked},
    gmail::{
        error::ApiError,
        mailbox::{Mailbox, StoredMessage},
        world::Delivery,
    },
    oauth::{Bearer, Counts, Rotation, User},
};

/// One message as the provider holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageState {
    pub id: String,
    pub thread_id: String,
    pub message_id: Option<String>,
    pub subject: String,
    pub from: String,
    pub labels: BTreeSet<String>,
    pub internal_date: Timestamp,
    pub raw: Vec<u8>,
}

impl Sandbox {
    /// None: the consent page waits for a person.
    pub fn set_auto_consent(&self, provider: Provider, consent: Option<AutoConsent>) {
        self.shared.set_auto_consent(provider, consent);
    }

    /// The next sign-ins without a `login_hint` are this account's, with all scopes.
    pub fn consent_as(&self, provider: Provider, email: &str) {
        self.set_auto_consent(provider, Some(AutoConsent { account: Some(email.to_owned()), ..AutoConsent::default() }));
    }

    /// Whether a sign-in gives no refresh token while an earlier one of the same person lives.
    pub fn refresh_token_once(&self, provider: Provider, once: bool) {
        locked(self.shared.auth(provider)).policy.refresh_once = once;
    }

    pub fn counts(&self, provider: Provider) -> Counts {
        locked(self.shared.sign_in(provider)).counts()
    }

    pub fn live_grants(&self, provider: Provider, email: &str) -> usize {
        locked(self.shared.sign_in(provider)).live_grants(email)
    }

    /// Every grant of this person dies: refresh gives `invalid_grant`, access tokens 401. False: there was none.
    pub fn kill_grants(&self, provider: Provider, email: &str) -> bool {
        locked(self.shared.sign_in(provider)).kill_grants(email)
    }

    /// All access tokens turn stale while the grants live on.
    pub fn expire_access_tokens(&self, provider: Provider) {
        locked(self.shared.sign_in(provider)).expire_access_tokens();
    }

    /// The owner of a live access token: for IMAP and SMTP stand-ins that accept OAUTHBEARER or XOAUTH2.
    pub fn introspect(&self, provider: Provider, token: &str) -> Option<Bearer> {
        let now = self.now();
        locked(self.shared.sign_in(provider)).introspect(token, now)
    }

    /// The check of [`Self::introspect`] as a function of its own, for servers that outlive a borrow.
    pub fn introspector(&self, provider: Provider) -> impl Fn(&str) -> Option<Bearer> + Send + Sync + Clone + 'static {
        let shared = self.shared.clone();
        move |token| {
            let now = shared.clock.now();
            locked(shared.sign_in(provider)).introspect(token, now)
        }
    }

    pub fn add_user(&self, provider: Provider, user: User) {
        locked(self.shared.sign_in(provider)).add_user(user);
    }

    /// Seconds for which a spent refresh token of the OIDC provider is answered again. 0: none.
    pub fn set_oidc_grace(&self, grace_secs: i64) {
        locked(self.shared.auth(Provider::Oidc)).policy.rotation = Rotation::SingleUse { grace_secs };
    }

    pub fn set_quota(&self, quota: Quota) {
        locked(&self.shared.mail).set_quota(quota);
    }

    /// Gmail replaces the Message-ID of sent mail.
    pub fn set_rewrite_message_id(&self, on: bool) {
        locked(&self.shared.mail).rewrite_message_id = on;
    }

    fn mailbox<T>(&self, email: &str, f: impl FnOnce(&mut Mailbox, Timestamp) -> T) -> Option<T> {
        let now = self.now();
        locked(&self.shared.mail).mailbox_mut(email).map(|m| f(m, now))
    }

    /// Every message of an account, newest first; empty for an unknown account.
    pub fn messages(&self, email: &str) -> Vec<MessageState> {
        self.mailbox(email, |m, _| m.newest_first().map(StoredMessage::state).collect()).unwrap_or_default()
    }

    /// Messages with this label, newest first.
    pub fn labelled(&self, email: &str, label: &str) -> Vec<MessageState> {
        self.messages(email).into_iter().filter(|m| m.labels.contains(label)).collect()
    }

    /// Sent mail, newest first.
    pub fn sent(&self, email: &str) -> Vec<MessageState> {
        self.labelled(email, "SENT")
    }

    /// (id, name) of every label.
    pub fn labels(&self, email: &str) -> Vec<(String, String)> {
        self.mailbox(email, |m, _| m.labels().map(|l| (l.id.clone(), l.name.clone())).collect()).unwrap_or_default()
    }

    pub fn accounts(&self) -> Vec<String> {
        locked(&self.shared.mail).emails()
    }

    /// A new mail from outside arrives in the inbox, unread. Returns its id.
    pub fn deliver(&self, email: &str, raw: &[u8]) -> Option<String> {
        let now = self.now();
        locked(&self.shared.mail).deliver(email, raw, Delivery::Inbox, now)
    }

    /// A plain text mail from outside. Returns its id.
    pub fn deliver_text(&self, email: &str, from: &str, subject: &str, body: &str) -> Option<String> {
        let raw = crate::fixtures::plain(from, email, subject, body, self.now());
        self.deliver(email, &raw)
    }

    /// A message in these labels, with its own date. Returns its id.
    pub fn insert(&self, email: &str, raw: &[u8], labels: &[&str], at: Timestamp) -> Option<String> {
        self.mailbox(email, |m, _| m.insert(raw, labels.iter().map(|&l| l.to_owned()).collect(), at, None).to_string())
    }

    /// Adds and removes labels as if done on another device. False: no such message.
    pub fn relabel(&self, email: &str, id: &str, add: &[&str], remove: &[&str]) -> bool {
        let owned = |list: &[&str]| list.iter().map(|&l| l.to_owned()).collect::<Vec<_>>();
        self.mailbox(email, |m, _| m.relabel(id, &owned(add), &owned(remove)).is_ok()).unwrap_or(false)
    }

    /// Gone for ever, from another device. False: no such message.
    pub fn delete(&self, email: &str, id: &str) -> bool {
        self.mailbox(email, |m, _| m.delete(id).is_ok()).unwrap_or(false)
    }

    /// Forgets all history up to now: the next `history.list` with an older id is 404.
    pub fn expire_history(&self, email: &str) {
        let _: Option<()> = self.mailbox(email, |m, _| m.expire_history());
    }

    /// The current history id of an account.
    pub fn history_id(&self, email: &str) -> Option<u64> {
        self.mailbox(email, |m, _| m.history_id())
    }

    /// Mailing lists that were left through their one-click address, in order.
    pub fn left_lists(&self) -> Vec<String> {
        locked(&self.shared.left).clone()
    }

    /// Creates a label from another device. Returns its id.
    pub fn create_label(&self, email: &str, name: &str) -> Option<String> {
        self.mailbox(email, |m, _| m.create_label(name).map(|l| l.id))?.map_err(|e: ApiError| tracing::debug!(?e)).ok()
    }
}
