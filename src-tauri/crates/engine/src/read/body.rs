//! One message as it is shown: parsed, cleaned and judged at the moment it is opened.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use domain::{
    connection::ConnectionSettings,
    ids::MessageId,
    mail::{Address, CryptoKind},
};
use serde::{Deserialize, Serialize};

use store::MessageDetail;

use super::{InviteView, invite, on_pool};
use crate::{
    Engine, EngineError, mime,
    sanitize::{self, authserv::Results, sender},
    unsubscribe::{self, UnsubscribeOffer},
    views::Images,
    zone,
};

/// What is read of a message first. Bodies come before files in almost every mail, and opening (and decrypting) 50 MB of film to
/// show three lines would take seconds.
const SHOWN_FIRST: u64 = 6 * 1024 * 1024;
/// What is read where the first part does not hold the whole body. Longer ones are shown by their beginning.
const SHOWN_MAX: u64 = 48 * 1024 * 1024;
/// Plain text beyond this is cut; nobody reads a megabyte in a pane.
const TEXT_MAX: usize = 512 * 1024;

/// A message ready to be shown. `html` holds no script, form, remote address or active link.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MessageBody {
    pub html: Option<String>,
    /// The plain alternative without quoted history.
    pub text: String,
    /// The quoted history of the plain alternative.
    pub quoted: String,
    pub blocked_images: u64,
    pub images_shown: bool,
    pub trackers: Vec<TrackerView>,
    pub warnings: Vec<WarningView>,
    pub had_form: bool,
    /// Where the removed forms would have sent what is typed: hosts, each once.
    #[serde(default)]
    pub form_hosts: Vec<String>,
    #[serde(default)]
    pub unsubscribe: Option<UnsubscribeOffer>,
    pub own_background: bool,
    /// `smimeSigned`, `smimeEncrypted`, `pgpSigned`, `pgpEncrypted`.
    pub crypto: Option<String>,
    /// A calendar part came along.
    pub has_calendar: bool,
    /// What it says, where that can be told.
    #[serde(default)]
    pub invite: Option<InviteView>,
    pub truncated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrackerView {
    pub host: String,
    /// `pixel`, `known`, `redirect`.
    pub kind: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WarningView {
    /// `sender`, `lookalike`, `replyTo`, `auth`, `firstContact`, `defect`.
    pub kind: String,
    /// `info`, `warning`, `danger`.
    pub level: String,
    pub message: String,
}

/// Everything about the sender that has to be asked of the store first.
struct Context {
    id: MessageId,
    from: Address,
    reply_to: Vec<Address>,
    own_domains: Vec<String>,
    known_domains: Vec<String>,
    first_contact: bool,
    show_images: bool,
    crypto: Option<CryptoKind>,
    defects: Vec<String>,
    has_calendar: bool,
    results: Option<Results>,
    /// Content ids of its parts.
    pictures: BTreeSet<String>,
}

impl Engine {
    /// The body of a message. Remote images are addresses of the window's image scheme when they may be shown, and absent
    /// when not; trackers are absent always.
    pub async fn message_body(&self, id: MessageId, images: Images) -> Result<MessageBody, EngineError> {
        let detail = self.store().message(id).await?;
        let reader = self.store().raw_reader(id).await?;
        let length = reader.len();
        let mut raw = Arc::new(reader.head(SHOWN_FIRST)?);
        let mut bodies = bodies_of(&raw).await?;
        let mut cut = false;
        let unfinished = bodies.open_end && !bodies.truncated || bodies.html.is_none() && bodies.text.is_empty();
        if length > SHOWN_FIRST && unfinished {
            raw = Arc::new(self.store().raw_reader(id).await?.head(SHOWN_MAX)?);
            bodies = bodies_of(&raw).await?;
            cut = length > SHOWN_MAX;
        }
        let results = self.authentication_results(&detail, &raw).await?;
        let unsubscribe = unsubscribe::offer(&detail, results.as_ref());
        let sender = &detail.summary.from.email;
        let accounts = self.store().accounts().await?;
        let own = accounts.iter().any(|a| a.email.eq_ignore_ascii_case(sender));
        let mut invite = match bodies.calendar.take() {
            None => None,
            Some(text) => {
                let (from, now) = (sender.clone(), self.now());
                let addresses: Vec<String> = accounts.iter().map(|a| a.email.clone()).collect();
                let read = on_pool(move || (invite::of(&text, &from, &addresses, now, &zone::local()), text));
                let (mut view, text) = read.await?;
                if let Some(answer) = view.as_mut().filter(|v| v.kind == "answer" && !v.foreign) {
                    let heard = self.heard(text, sender.clone()).await?;
                    answer.noted = heard.map(|h| invite::answer_word(h.before).to_owned());
                }
                view
            }
        };
        if let Some(view) = invite.as_mut().filter(|v| v.mine.is_some()) {
            let (uid, member) = &view.event;
            let key = crate::agenda::answer_key(uid, member.as_deref());
            let answered = match self.store().calendar_answer(uid, member.as_deref().unwrap_or_default()).await? {
                Some(answer) => Some(answer),
                None => self.store().invite_answer(&key).await?,
            };
            view.mine = answered.or(view.mine.take());
        }
        let context = Context {
            id,
            show_images: images == Images::Once || self.store().image_rule(sender).await?,
            own_domains: accounts.iter().filter_map(|a| domain_of(&a.email)).collect(),
            known_domains: self.store().written_domains().await?,
            first_contact: !own && self.store().is_first_contact(id, sender).await?,
            from: detail.summary.from,
            reply_to: detail.summary.reply_to,
            crypto: detail.crypto,
            defects: detail.defects,
            has_calendar: detail.has_calendar,
            results,
            // By what was found when the mail arrived: the pictures may lie behind what was read now.
            pictures: detail.attachments.into_iter().filter_map(|a| a.part.content_id).collect(),
        };
        let (mut body, urls) = on_pool(move || show(&bodies, &context)).await?;
        body.truncated |= cut;
        body.unsubscribe = unsubscribe;
        body.invite = invite;
        self.images().allow(id, urls);
        Ok(body)
    }
}

impl Engine {
    /// The calendar part of a message, where it has one.
    pub(crate) async fn calendar_part(&self, id: MessageId) -> Result<Option<String>, EngineError> {
        let raw = Arc::new(self.store().raw_reader(id).await?.head(SHOWN_FIRST)?);
        Ok(bodies_of(&raw).await?.calendar.take())
    }

    /// What was found about the sender of a message, and whether the account's own provider found it.
    pub(crate) async fn authentication_results(&self, detail: &MessageDetail, raw: &[u8]) -> Result<Option<Results>, EngineError> {
        let headers = mime::headers(raw, "Authentication-Results");
        if headers.is_empty() {
            return Ok(None);
        }
        let account = self.store().account(detail.summary.account).await?;
        let connection = self.store().connection(&account.connection).await?;
        let mut houses: Vec<String> = domain_of(&account.email).into_iter().collect();
        match connection.settings {
            ConnectionSettings::Mail(servers) => houses.push(servers.imap.host),
            // A provider that is signed in to goes by its own name.
            ConnectionSettings::OAuth if connection.integration.as_str() == "google" => houses.push("google.com".to_owned()),
            ConnectionSettings::Jmap(server) => houses.extend(server.host().map(str::to_owned)),
            ConnectionSettings::OAuth
            | ConnectionSettings::Token
            | ConnectionSettings::Tables(_)
            | ConnectionSettings::Dav(_)
            | ConnectionSettings::Feed(_) => {}
        }
        Ok(Results::of(headers, &houses))
    }
}

/// Where the window loads images from.
const fn image_base() -> &'static str {
    if cfg!(windows) { "http://aurelius-img.localhost" } else { "aurelius-img://localhost" }
}

async fn bodies_of(raw: &Arc<Vec<u8>>) -> Result<mime::Bodies, EngineError> {
    let raw = Arc::clone(raw);
    on_pool(move || mime::bodies(&raw)).await
}

/// Returns the body and the remote addresses that the person allowed to load.
fn show(bodies: &mime::Bodies, context: &Context) -> (MessageBody, Vec<String>) {
    let folded = mime::quote::fold(clip(&bodies.text));
    let mut body = MessageBody {
        text: folded.visible,
        quoted: folded.quoted,
        warnings: warnings(context),
        crypto: context.crypto.map(|kind| crypto_name(kind).to_owned()),
        has_calendar: context.has_calendar,
        truncated: bodies.truncated || bodies.text.len() > TEXT_MAX,
        ..MessageBody::default()
    };
    let Some(html) = &bodies.html else { return (body, Vec::new()) };

    let id = context.id;
    let asked = Mutex::new(Vec::new());
    let proxy = |url: &str| {
        asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(url.to_owned());
        image_url("remote", id, url)
    };
    let cid = |cid: &str| (bodies.inline.contains_key(cid) || context.pictures.contains(cid)).then(|| image_url("cid", id, cid));
    let images = if context.show_images { sanitize::Images::Shown(&proxy) } else { sanitize::Images::Blocked };
    let clean = sanitize::sanitise(html, &sanitize::Options { cid: &cid, images, max_bytes: sanitize::WHOLE_BYTES });
    body.blocked_images = u64::from(clean.blocked_images);
    body.images_shown = context.show_images;
    body.trackers = clean.trackers.into_iter().map(|t| TrackerView { host: t.host, kind: t.kind.as_str().to_owned() }).collect();
    body.had_form = clean.had_form;
    if clean.had_form {
        body.form_hosts = sanitize::form_hosts(html);
    }
    body.own_background = clean.uses_own_background;
    body.truncated |= clean.truncated;
    body.html = Some(clean.html);
    (body, asked.into_inner().unwrap_or_default())
}

/// A quotation with the pictures of the mail that it quotes, for the window: `cid:` becomes an address of its image scheme.
pub fn show_inline(quoted: &str, message: MessageId) -> String {
    let mut out = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((before, after)) = rest.split_once("\"cid:") {
        let Some((cid, tail)) = after.split_once('"') else { break };
        let plain = cid.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        out.push_str(before);
        out.push('"');
        out.push_str(&image_url("cid", message, &plain));
        out.push('"');
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn image_url(kind: &str, id: MessageId, value: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    format!("{}/{kind}/{id}?u={encoded}", image_base())
}

fn warnings(context: &Context) -> Vec<WarningView> {
    let facts = sender::SenderFacts {
        from: &context.from,
        reply_to: &context.reply_to,
        own_domains: &context.own_domains,
        known_domains: &context.known_domains,
        authentication_results: context.results.as_ref().and_then(Results::trusted),
        foreign_results: context.results.as_ref().filter(|r| !r.ours).map(|r| r.header.as_str()),
        first_contact: context.first_contact,
    };
    let mut out: Vec<WarningView> = sender::check(&facts)
        .into_iter()
        .map(|w| WarningView { kind: w.kind.to_owned(), level: w.level.as_str().to_owned(), message: w.words })
        .collect();
    out.extend(context.defects.iter().take(3).map(|d| WarningView { kind: "defect".into(), level: "info".into(), message: d.clone() }));
    out
}

const fn crypto_name(kind: CryptoKind) -> &'static str {
    match kind {
        CryptoKind::SmimeSigned => "smimeSigned",
        CryptoKind::SmimeEncrypted => "smimeEncrypted",
        CryptoKind::PgpSigned => "pgpSigned",
        CryptoKind::PgpEncrypted => "pgpEncrypted",
    }
}

fn domain_of(email: &str) -> Option<String> {
    email.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase())
}

fn clip(text: &str) -> &str {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn context(show_images: bool) -> Context {
        Context {
            id: MessageId(7),
            from: Address { name: "Ada".into(), email: "ada@x.example".into() },
            reply_to: Vec::new(),
            own_domains: Vec::new(),
            known_domains: Vec::new(),
            first_contact: false,
            show_images,
            crypto: None,
            defects: Vec::new(),
            has_calendar: false,
            results: None,
            pictures: BTreeSet::new(),
        }
    }

    const MAIL: &[u8] = b"From: Ada <ada@x.example>\r\nContent-Type: text/html\r\n\r\n\
        <p>Hi</p><img src=\"https://img.example/a b.png?x=1&amp;y=2\" width=300 height=100><script>alert(1)</script>\
        <img src=\"https://t.example/o.gif\" width=1 height=1>";

    #[test]
    fn images_are_absent_until_allowed_and_then_come_through_the_proxy() {
        let (body, urls) = show(&mime::bodies(MAIL), &context(false));
        let html = body.html.unwrap();
        assert!(!html.contains("img.example") && !html.contains("script") && urls.is_empty(), "{html}");
        assert_eq!((body.blocked_images, body.trackers.len()), (1, 1));

        let (body, urls) = show(&mime::bodies(MAIL), &context(true));
        let html = body.html.unwrap();
        assert_eq!(urls.len(), 1, "the pixel is never asked for: {urls:?}");
        assert!(html.contains("/remote/7?u=https%3A%2F%2Fimg.example%2F"), "{html}");
        assert!(!html.contains("t.example"));
    }
}
