//! Sending: what Exchange checks, where the copy goes, and who gets the mail.

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    call::{Answer, Call},
    drafts::{MAX_REQUEST, completed, domain_of, from_json, mime_body},
    error::GraphError,
    head::Head,
    mime,
    world::MsWorld,
};

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SendMail {
    message: Map<String, Value>,
    #[serde(default = "yes")]
    save_to_sent_items: bool,
}

/// `POST /me/sendMail`: 202, no body, no id.
pub(super) fn mail(world: &mut MsWorld, email: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let (raw, keep) = if call.content_type() == "text/plain" {
        (mime_body(call)?, true)
    } else {
        if call.body.len() > MAX_REQUEST {
            return Err(GraphError::new(413, "RequestEntityTooLarge", "The request body is larger than 4 MB."));
        }
        let asked: SendMail = call.json()?;
        (from_json(&asked.message)?, asked.save_to_sent_items)
    };
    let (fresh, rewrite) = (world.rng.token(20), world.switches.rewrites_message_id);
    let mailbox = world.mailbox(email)?;
    let fresh = format!("{fresh}@{}", domain_of(&mailbox.email));
    let raw = completed(raw, mailbox, &fresh, rewrite, call.now);
    check(&Head::of(&raw), email)?;
    let outbox = mailbox.known("outbox");
    let key = mailbox.insert(&outbox, raw, call.now, false, true);
    post(world, email, key, keep, call.now);
    Ok(Answer::Empty(202))
}

/// `POST /me/messages/{id}/send`: the draft itself goes, and keeps the id that never changes.
pub(super) fn draft(world: &mut MsWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    if !call.body.is_empty() {
        return Err(GraphError::bad("This call takes no body."));
    }
    let mailbox = world.mailbox(email)?;
    let item = mailbox.item(id)?;
    if !item.draft {
        return Err(GraphError::new(400, "ErrorInvalidOperation", "Only a draft can be sent."));
    }
    check(&item.head, email)?;
    let (key, outbox) = (item.key, mailbox.known("outbox"));
    mailbox.edit(key, call.now, false, |item| item.draft = false);
    mailbox.relocate(key, &outbox, call.now);
    post(world, email, key, true, call.now);
    Ok(Answer::Empty(202))
}

fn check(head: &Head, email: &str) -> Result<(), GraphError> {
    let fits = |address: &str| {
        let parts = address.split_once('@');
        parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@')) && !address.contains(' ')
    };
    if head.recipients().next().is_none() || head.recipients().any(|(_, address)| !fits(address)) {
        return Err(GraphError::new(400, "ErrorInvalidRecipients", "At least one recipient isn't valid."));
    }
    if head.from.first().is_some_and(|(_, address)| !address.eq_ignore_ascii_case(email)) {
        let text = "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.";
        return Err(GraphError::new(403, "ErrorSendAsDenied", text));
    }
    Ok(())
}

/// At once, or when the transport gets to it.
fn post(world: &mut MsWorld, email: &str, key: u64, keep: bool, now: Timestamp) {
    let wait = world.switches.transport_ms;
    if wait > 0 {
        world.outgoing.push((now.plus_millis(wait), email.to_owned(), key, keep));
    } else {
        carry(world, email, key, keep, now);
    }
}

/// From the outbox into the sent items, and to whoever has a mailbox here. Nobody but the sender sees who was hidden.
pub(super) fn carry(world: &mut MsWorld, email: &str, key: u64, keep: bool, now: Timestamp) {
    let Ok(mailbox) = world.mailbox(email) else { return };
    let Some(item) = mailbox.by_key(key) else { return };
    let wire = mime::set_header(&item.raw, "Bcc", None);
    let recipients: Vec<String> = item.head.recipients().map(|(_, address)| address.to_ascii_lowercase()).collect();
    let sent = mailbox.known("sentitems");
    if keep {
        mailbox.relocate(key, &sent, now);
        mailbox.edit(key, now, false, |item| item.received = now);
    } else {
        mailbox.purge(key);
    }
    let mut done: Vec<String> = Vec::new();
    for recipient in recipients {
        if done.contains(&recipient) {
            continue;
        }
        if let Ok(other) = world.mailbox(&recipient) {
            let inbox = other.known("inbox");
            other.insert(&inbox, wire.clone(), now, false, false);
        }
        done.push(recipient);
    }
}
