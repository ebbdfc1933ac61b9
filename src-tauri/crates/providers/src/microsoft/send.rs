//! Sending, and proof that it happened.
//!
//! A mail is made a draft first, with its own Message-ID, and then the draft is sent: `sendMail` would give neither an id nor a way to find
//! out what became of it. The draft is the handle. While it is a draft the mail has not gone, and taking it away makes sure that it does not;
//! once it is none any more, it has. So a mail is never sent a second time because an answer was lost.

use std::{collections::HashSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{FlagChange, Flags},
    source::{OutgoingMail, SendWitness, Submitted, Written},
};
use mail_parser::{Address, MessageParser};
use reqwest::{
    Method,
    header::{HeaderValue, IF_MATCH},
};
use serde_json::{Map, Value, json};

use super::{
    api::{Api, json_call},
    attach,
    cut::{self, File},
    endpoints::with_query,
    find,
    model::{Message, Recipient},
    session, wait, write,
};
use crate::http::Call;

/// Of MIME in one request: 4 MB as base64, less some room.
const INLINE_BYTES: usize = 3_000_000;
/// Looking at what became of a draft.
const LOOK: Duration = Duration::from_secs(30);

pub async fn submit(api: &Api, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
    let id = find::searchable(&mail.message_id)?;
    if mail.recipients.is_empty() {
        return Err(ProviderError::Refused("This mail has no recipient.".to_owned()));
    }
    let (small, files) = fitting(&mail.raw)?;
    if let Some(sent) = clear(api, id).await? {
        return Ok(Submitted::filed(RemoteId(sent)));
    }
    let draft = create(api, None, &small).await?;
    if let Err(error) = prepare(api, &draft, mail, id, &files).await {
        discard(api, &draft.id).await;
        return Err(error);
    }
    witness.data_sent().await?;
    let call = Call::new(Method::POST, api.urls.me(["messages", &draft.id, "send"])).timeout(session::PATIENCE);
    match api.reply("this mail", call).await {
        Ok(_) => Ok(Submitted::filed(RemoteId(draft.id))),
        Err(error) if settled(&error) => {
            // Not taken, so nobody should find it among the drafts.
            discard(api, &draft.id).await;
            Err(error)
        }
        Err(error) => match gone_out(api, &draft.id).await {
            Some(true) => Ok(Submitted::filed(RemoteId(draft.id))),
            _ => Err(error),
        },
    }
}

/// Whether this answer says that the mail was not taken.
fn settled(error: &ProviderError) -> bool {
    matches!(
        error,
        ProviderError::Refused(_) | ProviderError::Unsupported(_) | ProviderError::RateLimited { .. } | ProviderError::Conflict(_)
    )
}

/// Splits the mail where it is too large for one request.
fn fitting(raw: &[u8]) -> Result<(Vec<u8>, Vec<File>), ProviderError> {
    cut::cut(raw, INLINE_BYTES).ok_or_else(|| {
        ProviderError::Refused(
            "The text of this mail has more than 3 MB, which is the most that Microsoft takes beside attachments.".to_owned(),
        )
    })
}

/// What an earlier attempt left: its draft is taken away, for it may be half made. Some: it went out after all.
async fn clear(api: &Api, message_id: &str) -> Result<Option<String>, ProviderError> {
    // Once more where a draft vanished under our hands: it may just have been sent.
    for _ in 0..2 {
        let found = find::everywhere(api, message_id).await?;
        if let Some(sent) = found.iter().find(|m| m.is_draft == Some(false)) {
            return Ok(Some(sent.id.clone()));
        }
        if found.is_empty() {
            return Ok(None);
        }
        let mut vanished = false;
        for draft in found {
            match remove(api, &draft.id).await {
                Ok(()) => {}
                Err(ProviderError::NotFound(_)) => vanished = true,
                Err(error) => return Err(error),
            }
        }
        if !vanished {
            return Ok(None);
        }
    }
    Ok(None)
}

async fn remove(api: &Api, draft: &str) -> Result<(), ProviderError> {
    let call = Call::new(Method::POST, api.urls.me(["messages", draft, "permanentDelete"]));
    api.reply("this draft", call).await.map(drop)
}

/// As well as can be: the next attempt looks for what is left.
async fn discard(api: &Api, draft: &str) {
    if let Err(error) = remove(api, draft).await {
        tracing::debug!(code = error.code(), "a draft of an attempt to send was left behind");
    }
}

/// A draft from MIME, in a folder (None: the drafts).
async fn create(api: &Api, folder: Option<&RemoteId>, raw: &[u8]) -> Result<Message, ProviderError> {
    let url = match folder {
        Some(folder) => api.urls.me(["mailFolders", folder.as_str(), "messages"]),
        None => api.urls.me(["messages"]),
    };
    // Standard base64: the URL alphabet is refused (PROVIDERS 10, number 24).
    let call = Call::new(Method::POST, url).body(HeaderValue::from_static("text/plain"), STANDARD.encode(raw)).timeout(session::PATIENCE);
    api.json("this mail", call).await
}

/// Everything that the draft must have before it goes: recipients that no header names, our Message-ID, its large files.
async fn prepare(api: &Api, draft: &Message, mail: &OutgoingMail, message_id: &str, files: &[File]) -> Result<(), ProviderError> {
    let mut changes = Map::new();
    let hidden = hidden(draft, mail)?;
    if !hidden.is_empty() {
        let kept = draft.bcc_recipients.iter().flatten().filter_map(|r| r.email_address.address.as_deref());
        let all: Vec<Value> = kept.chain(hidden).map(|address| json!({ "emailAddress": { "address": address } })).collect();
        changes.insert("bccRecipients".to_owned(), Value::Array(all));
    }
    // It may be the server's own; then nothing could be proved by ours.
    if draft.rfc_id().as_deref() != Some(message_id) {
        changes.insert("internetMessageId".to_owned(), json!(format!("<{message_id}>")));
    }
    if !changes.is_empty() {
        let call = json_call(Method::PATCH, api.urls.me(["messages", &draft.id]), &Value::Object(changes))?;
        let changed: Message = api.json("this mail", call).await?;
        if changed.rfc_id().as_deref() != Some(message_id) {
            return Err(ProviderError::Refused(
                "Microsoft gives this mail another Message-ID, so nobody could tell later whether it was sent.".to_owned(),
            ));
        }
    }
    for file in files {
        attach::attach(api, &draft.id, file).await?;
    }
    Ok(())
}

/// Recipients of the envelope that the draft does not have.
fn hidden<'a>(draft: &Message, mail: &'a OutgoingMail) -> Result<Vec<&'a str>, ProviderError> {
    let listed = [&draft.to_recipients, &draft.cc_recipients, &draft.bcc_recipients];
    let of = |r: &Recipient| r.email_address.address.as_deref().map(str::to_lowercase);
    let mut named: HashSet<String> = listed.into_iter().flatten().flatten().filter_map(of).collect();
    // Where the answer does not list them, the headers do.
    if named.is_empty()
        && let Some(parsed) = MessageParser::default().parse_headers(&mail.raw)
    {
        let addresses = |list: &Address<'_>| list.iter().filter_map(|a| a.address.as_deref()).map(str::to_lowercase).collect::<Vec<_>>();
        named.extend([parsed.to(), parsed.cc()].into_iter().flatten().flat_map(addresses));
    }
    let mut hidden: Vec<&str> = Vec::new();
    for recipient in &mail.recipients {
        if named.insert(recipient.to_lowercase()) {
            if !recipient.contains('@') || recipient.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(ProviderError::Refused("A recipient is not a plain e-mail address.".to_owned()));
            }
            hidden.push(recipient);
        }
    }
    Ok(hidden)
}

/// Whether the draft is one no more. None: nobody can say now.
async fn gone_out(api: &Api, draft: &str) -> Option<bool> {
    let url = with_query(api.urls.me(["messages", draft]), &[("$select", "id,isDraft")]);
    for tries in 1..=2 {
        match api.json::<Message>("this mail", Call::get(url.clone()).timeout(LOOK)).await {
            Ok(message) => return message.is_draft.map(|draft| !draft),
            Err(error) if wait::passing(&error) => wait::before_again(api.shared(), tries, error, api.now()).await.ok()?,
            Err(_) => return None,
        }
    }
    None
}

/// Keeps a draft of the person's. The older one goes after the new one is there.
pub async fn save_draft(api: &Api, raw: &[u8], flags: Flags, replaces: Option<&RemoteId>) -> Result<Written, ProviderError> {
    let (small, files) = fitting(raw)?;
    let draft = create(api, None, &small).await?;
    for file in &files {
        if let Err(error) = attach::attach(api, &draft.id, file).await {
            discard(api, &draft.id).await;
            return Err(error);
        }
    }
    let id = RemoteId(draft.id);
    if flags.flagged {
        let body = Value::Object(write::properties(FlagChange::starred(true)));
        let call = json_call(Method::PATCH, api.urls.me(["messages", id.as_str()]), &body)?;
        // Whatever its change key is: nobody else knows of it yet.
        api.reply("this draft", call.header(IF_MATCH, HeaderValue::from_static("*"))).await?;
    }
    let mut written = Written { appended: Some(id.clone()), ..Written::default() };
    if let Some(old) = replaces {
        match remove(api, old.as_str()).await {
            Ok(()) | Err(ProviderError::NotFound(_)) => written.renamed.push((old.clone(), id)),
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}
