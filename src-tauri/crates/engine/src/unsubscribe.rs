//! Leaving a mailing list by what its header says (RFC 2369, RFC 8058), never by a link in the text.
//!
//! The header is the sender's word. One click is offered only where both headers say so, over https, and where the receiving
//! server did not find the mail's signature to be wrong; else a mail is written to the address that the header names, else its
//! page is a link like any other and is checked like one. The request waits in the outbox for its undo window.

use domain::{
    audit::{Actor, Outcome},
    ids::MessageId,
    mail::Address,
    outbox::OutboxOp,
};
use serde::{Deserialize, Serialize};
use store::{MessageDetail, NewOutbox};
use url::Url;

use crate::{
    Engine, EngineError,
    core::audit,
    mime::address::Addressee,
    sanitize::{authserv::Results, sender},
    views::{SendMail, SendOptions, UndoItem, UndoToken},
};

/// It can be taken back so long; a list does not take one back.
const UNDO_SECS: u32 = 10;
const HEADER_MAX: u64 = 256 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// POST to this https address.
    OneClick {
        url: String,
    },
    Mail {
        to: String,
        subject: String,
        body: String,
    },
    /// A page to visit.
    Link {
        url: String,
    },
}

/// What is offered for a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsubscribeOffer {
    /// `oneClick`, `mail`, `link`.
    pub kind: String,
    /// Host or address that gets the request, to be shown.
    pub target: String,
    /// For `link` alone: to be checked and opened like any link.
    pub href: Option<String>,
    /// The receiving server found a valid signature (DKIM).
    pub verified: bool,
}

/// The best way that a `List-Unsubscribe` value offers. `one_click`: `List-Unsubscribe-Post` says so and nothing speaks against it.
pub fn way(header: &str, one_click: bool) -> Option<Way> {
    // RFC 2369 section 2: addresses in angle brackets, comments and white space between them ignored.
    let addresses: Vec<String> = header
        .split('<')
        .skip(1)
        .filter_map(|part| part.split_once('>'))
        .map(|(address, _)| address.split_whitespace().collect::<String>())
        .take(20)
        .collect();
    let web = |schemes: &[&str]| {
        addresses.iter().filter_map(|a| Url::parse(a).ok()).find(|u| schemes.contains(&u.scheme()) && u.host_str().is_some())
    };
    if one_click && let Some(url) = web(&["https"]).or_else(|| web(&["http"]).filter(is_loopback)) {
        return Some(Way::OneClick { url: url.into() });
    }
    if let Some(mail) = addresses.iter().find_map(|a| mailto(a)) {
        return Some(mail);
    }
    web(&["https", "http"]).map(|url| Way::Link { url: url.into() })
}

/// A sandbox on this machine; the client refuses it unless the configuration names it.
fn is_loopback(url: &Url) -> bool {
    matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback())
}

/// Recipient, subject and text of a mailto address (RFC 6068); everything else that it asks for is not done.
fn mailto(address: &str) -> Option<Way> {
    let url = Url::parse(address).ok().filter(|u| u.scheme() == "mailto")?;
    let decoded = url::form_urlencoded::parse(format!("to={}", url.path().replace('+', "%2B")).as_bytes()).next()?.1.into_owned();
    let to = Addressee::parse(&decoded).ok()?.email();
    let field = |name: &str| {
        // `+` stands for itself in a mailto address.
        let query = url.query().unwrap_or_default().replace('+', "%2B");
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.into_owned());
        found.map(|v| v.chars().filter(|c| !c.is_control() || *c == '\n').take(2_000).collect::<String>())
    };
    let subject = field("subject").map(|s| s.replace('\n', " ")).filter(|s| !s.trim().is_empty());
    Some(Way::Mail { to, subject: subject.unwrap_or_else(|| "unsubscribe".to_owned()), body: field("body").unwrap_or_default() })
}

/// Way and signature of a message. A bad signature counts whoever found it, a good one only from the person's own provider.
fn judge(detail: &MessageDetail, results: Option<&Results>) -> Option<(Way, bool)> {
    let dkim = results.and_then(|r| sender::result_of(&r.header, "dkim"));
    let failed = dkim.as_deref().is_some_and(|r| matches!(r, "fail" | "permerror" | "policy"));
    let found = way(detail.list_unsubscribe.as_deref()?, detail.list_unsubscribe_one_click && !failed)?;
    Some((found, dkim.as_deref() == Some("pass") && results.is_some_and(|r| r.ours)))
}

pub(crate) fn offer(detail: &MessageDetail, results: Option<&Results>) -> Option<UnsubscribeOffer> {
    let (way, verified) = judge(detail, results)?;
    let host = |url: &str| Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    let (kind, target, href) = match way {
        Way::OneClick { url } => ("oneClick", host(&url), None),
        Way::Mail { to, .. } => ("mail", to, None),
        Way::Link { url } => ("link", host(&url), Some(url)),
    };
    Some(UnsubscribeOffer { kind: kind.to_owned(), target, href, verified })
}

impl Engine {
    /// Leaves the list that a message came from: one POST, or one mail. Both wait for their undo window.
    pub async fn unsubscribe(&self, message: MessageId, actor: Actor) -> Result<UndoToken, EngineError> {
        let detail = self.store().message(message).await?;
        let raw = self.store().raw_reader(message).await?.head(HEADER_MAX)?;
        let results = self.authentication_results(&detail, &raw).await?;
        let Some((way, _)) = judge(&detail, results.as_ref()) else {
            return Err(EngineError::new(
                "no_unsubscribe",
                "This message does not say how to leave its list.",
                "Look for a link in its text, or block the sender.",
            ));
        };
        let account = self.store().account(detail.summary.account).await?;
        let now = self.now();
        let (outbox, target, kind) = match way {
            Way::OneClick { url } => {
                let target = Url::parse(&url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
                let new = NewOutbox {
                    connection: account.connection.clone(),
                    account: account.id,
                    thread: None,
                    // Asked twice is asked once.
                    idempotency_key: format!("unsubscribe:{message}"),
                    op: OutboxOp::Unsubscribe { message, url },
                    not_before: now.plus_secs(i64::from(UNDO_SECS)),
                    raw: None,
                    draft: None,
                };
                let entry = audit(actor, "list.unsubscribe", format!("message:{message}"), Outcome::Ok, "kind=one_click");
                (self.store().enqueue(new, &entry, now).await?, target, "one_click")
            }
            Way::Mail { to, subject, body } => {
                let mail = SendMail {
                    from: Some(account.email.clone()),
                    to: vec![Address { name: String::new(), email: to.clone() }],
                    cc: Vec::new(),
                    bcc: Vec::new(),
                    subject,
                    text: if body.trim().is_empty() { "unsubscribe".to_owned() } else { body },
                    html: None,
                    attachments: Vec::new(),
                    in_reply_to: None,
                    options: SendOptions { undo_seconds: UNDO_SECS, send_at: None },
                    actor,
                };
                let outbox = self.send_mail(mail).await?;
                self.audit_only(audit(actor, "list.unsubscribe", format!("message:{message}"), Outcome::Ok, "kind=mail")).await;
                (outbox, to, "mail")
            }
            Way::Link { .. } => {
                return Err(EngineError::new(
                    "unsubscribe_by_page",
                    "This list can only be left on its web page.",
                    "Open the page; it is checked like any link.",
                ));
            }
        };
        tracing::debug!(kind, "unsubscribing");
        self.inner.wake_outbox.notify_one();
        self.emit().outbox(&account.connection, outbox);
        Ok(UndoToken {
            items: vec![UndoItem { outbox, account: account.id, inverse: None }],
            label: format!("Unsubscribing at {target}"),
            count: 1,
            undoable: true,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mail(to: &str, subject: &str, body: &str) -> Way {
        Way::Mail { to: to.into(), subject: subject.into(), body: body.into() }
    }

    #[test]
    fn the_best_safe_way_is_taken() {
        let both = "<mailto:leave@list.example?subject=Leave%20me>, <https://list.example/u?id=1&x=2>";
        assert_eq!(way(both, true), Some(Way::OneClick { url: "https://list.example/u?id=1&x=2".into() }));
        assert_eq!(way(both, false), Some(mail("leave@list.example", "Leave me", "")));
        assert_eq!(way("<https://list.example/u>", false), Some(Way::Link { url: "https://list.example/u".into() }));
        assert_eq!(
            way("<http://list.example/u>", true),
            Some(Way::Link { url: "http://list.example/u".into() }),
            "never over an open line"
        );
        assert_eq!(way("(a comment) <https://list.example/\r\n u>", true), Some(Way::OneClick { url: "https://list.example/u".into() }));
    }

    #[test]
    fn nonsense_and_traps_are_not_ways() {
        for header in [
            "",
            "https://no.brackets.example/",
            "<javascript:alert(1)>",
            "<file:///etc/passwd>",
            "<ftp://x.example/>",
            "<mailto:>",
            "<https://>",
        ] {
            assert_eq!(way(header, true), None, "{header}");
        }
        assert_eq!(
            way("<mailto:a+b@list.example?subject=x%0D%0ABcc:victim@y.example&cc=victim@y.example&body=l1%0Al2>", true),
            Some(mail("a+b@list.example", "x Bcc:victim@y.example", "l1\nl2"))
        );
        assert_eq!(way("<mailto:a@x.example,b@y.example>", true), None, "one recipient");
    }
}
