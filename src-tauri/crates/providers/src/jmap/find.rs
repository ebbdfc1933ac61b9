//! Proof of a send or of a copy: a mail with our Message-ID.

use domain::{error::ProviderError, ids::RemoteId};
use serde_json::{Value, json};

use super::{
    answers::Calls,
    api::Api,
    model::{DRAFT, Email, Found, Got},
};

const THIS_MAIL: &str = "this mail";
/// Of one Message-ID there may be the sent copy and what came back by a list.
const MANY: usize = 20;

/// The mail with this Message-ID in `mailbox`. None: among what was sent, which is anything that is no draft, because a rule or the person
/// may have put it elsewhere; or a draft that was handed over, although what was to become of it then was not done.
pub async fn find(api: &Api, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
    let found = match mailbox {
        Some(mailbox) => by_message_id(api, message_id, Some(json!({"inMailbox": mailbox}))).await?,
        None => by_message_id(api, message_id, Some(json!({"notKeyword": DRAFT}))).await?,
    };
    if mailbox.is_some() || !found.is_empty() {
        return Ok(found.into_iter().next().map(|mail| RemoteId(mail.id)));
    }
    for draft in by_message_id(api, message_id, None).await? {
        if was_submitted(api, &draft.id).await? {
            return Ok(Some(RemoteId(draft.id)));
        }
    }
    Ok(None)
}

/// All mails with this Message-ID that pass `and`.
pub async fn by_message_id(api: &Api, message_id: &str, and: Option<Value>) -> Result<Vec<Email>, ProviderError> {
    let id = searchable(message_id)?;
    let header = json!({"header": ["Message-ID", id]});
    let filter = match and {
        Some(and) => json!({"operator": "AND", "conditions": [header, and]}),
        None => header,
    };
    let calls = Calls::one("Email/query", json!({"filter": filter, "limit": MANY}));
    let ids = calls.result(0, "/ids");
    let calls = calls.and("Email/get", json!({"#ids": ids, "properties": ["id", "mailboxIds", "keywords", "messageId"]}));
    let mut answers = api.ask(THIS_MAIL, &calls).await?;
    answers.take::<Found>(THIS_MAIL, 0, "Email/query")?;
    let mut got: Got<Email> = answers.take(THIS_MAIL, 1, "Email/get")?;
    // The filter finds the text anywhere in the header (RFC 8621 section 4.4.1).
    got.list.retain(|mail| mail.has_message_id(id));
    Ok(got.list)
}

/// Whether a mail was handed over to be sent.
pub async fn was_submitted(api: &Api, email: &str) -> Result<bool, ProviderError> {
    if !api.session().await?.can_submit {
        return Ok(false);
    }
    let calls = Calls::one("EmailSubmission/query", json!({"filter": {"emailIds": [email]}, "limit": 1}));
    let mut answers = api.ask(THIS_MAIL, &calls).await?;
    Ok(!answers.take::<Found>(THIS_MAIL, 0, "EmailSubmission/query")?.ids.is_empty())
}

/// Without brackets; refused where it can't be looked for.
pub fn searchable(message_id: &str) -> Result<&str, ProviderError> {
    let id = message_id.trim().trim_start_matches('<').trim_end_matches('>');
    if id.is_empty() || id.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>')) {
        return Err(ProviderError::Refused("This Message-ID can't be searched for.".to_owned()));
    }
    Ok(id)
}
