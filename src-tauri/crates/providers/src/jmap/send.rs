//! Sending, and proof that it happened (RFC 8621 section 7).
//!
//! A mail is filed as a draft first and then submitted by its id; the same request takes it out of the drafts (`onSuccessUpdateEmail`). The
//! draft is the handle: while it is one and nothing was submitted from it, the mail has not gone, and destroying it makes sure that it does
//! not, because a submission that is still under way then names nothing. So a mail is never sent a second time because an answer was lost.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{Flags, MailboxRole},
    source::{OutgoingMail, SendWitness, Submitted},
};
use serde_json::{Map, Value, json};

use super::{
    answers::Calls,
    api::Api,
    error, file, find, folder_edit, mailboxes,
    model::{DRAFT, Email, Got, Identity, Set},
    write,
};

const THIS_MAIL: &str = "this mail";

pub async fn submit(api: &Api, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
    let id = find::searchable(&mail.message_id)?;
    if mail.recipients.is_empty() {
        return Err(ProviderError::Refused("This mail has no recipient.".to_owned()));
    }
    let session = api.session().await?;
    session.require_write()?;
    if !session.can_submit {
        return Err(ProviderError::Unsupported(format!(
            "{} sends no mail for this sign-in. A token must be allowed to send: make one that is.",
            session.host
        )));
    }
    let identity = identity(api, &mail.from).await?;
    let (drafts, sent) = (place(api, MailboxRole::Drafts, "Drafts").await?, place(api, MailboxRole::Sent, "Sent").await?);
    let gone_out = out_of_drafts(&drafts, &sent);
    if let Some(sent) = clear(api, id, &gone_out).await? {
        return Ok(Submitted::filed(RemoteId(sent)));
    }
    let draft = file::import(api, &drafts, &mail.raw, Flags { draft: true, seen: true, ..Flags::default() }).await?;
    if let Err(error) = witness.data_sent().await {
        discard(api, &draft).await;
        return Err(error);
    }
    match hand_over(api, &draft, &identity, mail, &gone_out).await {
        Ok(()) => Ok(Submitted::filed(RemoteId(draft))),
        Err(error) if settled(&error) => {
            // Not taken, so nobody should find it among the drafts.
            discard(api, &draft).await;
            Err(error)
        }
        Err(error) => match has_gone(api, &draft, &gone_out).await {
            Ok(true) => Ok(Submitted::filed(RemoteId(draft))),
            _ => Err(error),
        },
    }
}

/// Whether this answer says that the mail was not taken.
fn settled(error: &ProviderError) -> bool {
    matches!(
        error,
        ProviderError::Refused(_)
            | ProviderError::Unsupported(_)
            | ProviderError::RateLimited { .. }
            | ProviderError::Conflict(_)
            | ProviderError::NotFound(_)
            | ProviderError::Auth(_)
    )
}

/// What becomes of a draft once it has gone.
fn out_of_drafts(drafts: &str, sent: &str) -> Value {
    let mut patch = Map::from_iter([
        (format!("mailboxIds/{drafts}"), Value::Null),
        (format!("keywords/{DRAFT}"), Value::Null),
        ("keywords/$seen".to_owned(), json!(true)),
    ]);
    patch.insert(format!("mailboxIds/{sent}"), json!(true));
    Value::Object(patch)
}

/// The folder of this role; made where the account has none.
async fn place(api: &Api, role: MailboxRole, name: &str) -> Result<String, ProviderError> {
    if let Some(id) = mailboxes::by_role(api, role).await? {
        return Ok(id);
    }
    let made = folder_edit::create(api, name, Some(role)).await?.appended;
    made.map(|id| id.0).ok_or_else(|| ProviderError::Unsupported(format!("This account has no folder named {name}.")))
}

/// Which of the person's identities this sender is. One without a local part (`*@domain`) stands for every address there.
async fn identity(api: &Api, from: &str) -> Result<String, ProviderError> {
    let all = identities(api).await?;
    let exact = all.iter().find(|i| i.email.eq_ignore_ascii_case(from));
    let domain = |i: &&Identity| {
        let domain = i.email.strip_prefix('*').filter(|d| d.len() > 1);
        domain.is_some_and(|domain| from.to_lowercase().ends_with(&domain.to_lowercase()))
    };
    let found = exact.or_else(|| all.iter().find(domain)).map(|i| i.id.clone());
    match found {
        Some(id) => Ok(id),
        None => {
            let host = api.session().await?.host.clone();
            Err(ProviderError::Refused(format!(
                "{host} does not let this account send as {from}: add that address there, or choose another."
            )))
        }
    }
}

pub async fn identities(api: &Api) -> Result<Vec<Identity>, ProviderError> {
    const THE_IDENTITIES: &str = "the addresses of this account";
    let mut answers = api.ask(THE_IDENTITIES, &Calls::one("Identity/get", json!({"ids": null}))).await?;
    Ok(answers.take::<Got<Identity>>(THE_IDENTITIES, 0, "Identity/get")?.list)
}

/// What an earlier attempt left: its draft is destroyed, whatever became of its submission. Some: it went out after all.
async fn clear(api: &Api, message_id: &str, gone_out: &Value) -> Result<Option<String>, ProviderError> {
    // Once more where a draft vanished under our hands: it may just have been sent.
    for _ in 0..2 {
        let mut vanished = false;
        for mail in find::by_message_id(api, message_id, None).await? {
            let is_draft = mail.flags().is_some_and(|flags| flags.draft);
            if !is_draft || has_gone(api, &mail.id, gone_out).await? {
                return Ok(Some(mail.id));
            }
            match write::destroy(api, &[RemoteId::new(&mail.id)]).await {
                Ok(()) => {}
                Err(ProviderError::NotFound(_)) => vanished = true,
                Err(error) => return Err(error),
            }
        }
        if !vanished {
            break;
        }
    }
    Ok(None)
}

/// As well as can be: the next attempt looks for what is left.
async fn discard(api: &Api, draft: &str) {
    if let Err(error) = write::destroy(api, &[RemoteId::new(draft)]).await {
        tracing::debug!(code = error.code(), "a draft of an attempt to send was left behind");
    }
}

/// Submits the draft. The envelope is named: its recipients are not all in the headers.
async fn hand_over(api: &Api, draft: &str, identity: &str, mail: &OutgoingMail, gone_out: &Value) -> Result<(), ProviderError> {
    let recipients: Vec<Value> = mail.recipients.iter().map(|email| json!({ "email": email })).collect();
    let envelope = json!({"mailFrom": {"email": mail.from}, "rcptTo": recipients});
    let create = json!({"s": {"identityId": identity, "emailId": draft, "envelope": envelope}});
    let calls = Calls::one("EmailSubmission/set", json!({"create": create, "onSuccessUpdateEmail": {"#s": gone_out}}));
    // Once: a second submission of the same mail would be a second mail.
    let mut answers = api.once(&calls).await?;
    let set: Set = answers.take(THIS_MAIL, 0, "EmailSubmission/set")?;
    if let Some(refused) = set.not_created.iter().flatten().next().map(|(_, error)| error) {
        return Err(refused.means(THIS_MAIL, answers.host(), answers.now()));
    }
    if !set.created.contains_key("s") {
        return Err(error::protocol(answers.host(), "a submission without an outcome"));
    }
    let moved = answers.beside::<Set>(0, "Email/set").is_some_and(|set| set.updated.contains_key(draft));
    if !moved {
        tidy(api, draft, gone_out).await;
    }
    Ok(())
}

/// It has gone, and still looks like a draft.
async fn tidy(api: &Api, draft: &str, gone_out: &Value) {
    if let Err(error) = write::update(api, &[RemoteId::new(draft)], gone_out).await {
        tracing::warn!(code = error.code(), "a mail that was sent could not be taken out of the drafts");
    }
}

/// Whether the draft is one no more, or something was submitted from it; then it is taken out of the drafts.
async fn has_gone(api: &Api, draft: &str, gone_out: &Value) -> Result<bool, ProviderError> {
    let calls = Calls::one("Email/get", json!({"ids": [draft], "properties": ["id", "keywords"]}));
    let mut answers = api.ask(THIS_MAIL, &calls).await?;
    let got: Got<Email> = answers.take(THIS_MAIL, 0, "Email/get")?;
    let Some(mail) = got.list.first() else { return Ok(false) };
    if mail.flags().is_some_and(|flags| !flags.draft) {
        return Ok(true);
    }
    if !find::was_submitted(api, draft).await? {
        return Ok(false);
    }
    tidy(api, draft, gone_out).await;
    Ok(true)
}
