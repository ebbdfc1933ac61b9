//! `Identity/get`, `EmailSubmission/set` and `/query` (RFC 8621 sections 6 and 7).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    args::Args,
    error::{MethodError, SetError},
    log::What,
    request::{Answers, Call, in_state, within},
    set,
    world::{ACCOUNT, JmapSubmission},
};
use crate::JMAP_MARA;

pub(super) fn identities(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let ids = args.take::<Vec<String>>("ids")?;
    args.end()?;
    let one = |i: &super::world::Identity| {
        json!({
            "id": i.id, "name": i.name, "email": i.email, "replyTo": null, "bcc": null, "textSignature": "", "htmlSignature": "",
            "mayDelete": false,
        })
    };
    let wanted = |id: &str| ids.as_ref().is_none_or(|ids| ids.iter().any(|i| i == id));
    let list: Vec<Value> = call.world.identities.iter().filter(|i| wanted(&i.id)).map(one).collect();
    let known = |id: &&String| call.world.identities.iter().any(|i| i.id == **id);
    let missing: Vec<&String> = ids.iter().flatten().filter(|id| !known(id)).collect();
    Ok(vec![("Identity/get", json!({"accountId": ACCOUNT, "state": "i0", "list": list, "notFound": missing}))])
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Filter {
    email_ids: Option<Vec<String>>,
}

pub(super) fn query(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let filter: Filter = args.take("filter")?.unwrap_or_default();
    let limit = args.take::<usize>("limit")?.unwrap_or(usize::MAX);
    args.end()?;
    let passes = |s: &&JmapSubmission| filter.email_ids.as_ref().is_none_or(|ids| ids.contains(&s.email));
    let ids: Vec<&str> = call.world.submissions.iter().filter(passes).take(limit).map(|s| s.id.as_str()).collect();
    let body = json!({
        "accountId": ACCOUNT, "queryState": call.world.submission_log.state(), "canCalculateChanges": false, "position": 0, "ids": ids,
    });
    Ok(vec![("EmailSubmission/query", body)])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Party {
    email: String,
    #[serde(default)]
    parameters: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    mail_from: Party,
    rcpt_to: Vec<Party>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct New {
    identity_id: String,
    email_id: String,
    #[serde(default)]
    envelope: Option<Envelope>,
}

pub(super) fn set(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let create: Map<String, Value> = args.take("create")?.unwrap_or_default();
    let on_update: Map<String, Value> = args.take("onSuccessUpdateEmail")?.unwrap_or_default();
    let on_destroy: Vec<String> = args.take("onSuccessDestroyEmail")?.unwrap_or_default();
    let old = call.world.submission_log.state();
    in_state(args.take("ifInState")?, &old)?;
    args.end()?;
    within(create.len(), call.world.switches.max_objects_in_set)?;
    // Keys of what follows name what is made by this very call.
    let names = |key: &String| key.strip_prefix('#').is_some_and(|name| create.contains_key(name));
    if let Some(odd) = on_update.keys().chain(&on_destroy).find(|key| !names(key)) {
        return Err(MethodError::arguments(&format!("{odd} names nothing of this call.")));
    }
    let (mut created, mut not_created) = (Map::new(), Map::new());
    let (mut update, mut destroy) = (Map::new(), Vec::new());
    for (name, fields) in &create {
        match submit(call, fields.clone()) {
            Ok((id, email)) => {
                let key = format!("#{name}");
                if let Some(patch) = on_update.get(&key) {
                    update.insert(email.clone(), patch.clone());
                }
                if on_destroy.contains(&key) {
                    destroy.push(email);
                }
                call.created.insert(name.clone(), id.clone());
                created.insert(name.clone(), json!({"id": id, "undoStatus": "final"}));
            }
            Err(error) => drop(not_created.insert(name.clone(), error.body())),
        }
    }
    let body = json!({
        "accountId": ACCOUNT, "oldState": old, "newState": call.world.submission_log.state(), "created": created, "notCreated": not_created,
    });
    let mut answers = vec![("EmailSubmission/set", body)];
    let asked = !update.is_empty() || !destroy.is_empty();
    if asked && !call.world.switches.forgets_success {
        // The same call is answered a second time, by the other method.
        answers.push(("Email/set", set::change(call, &Map::new(), update, destroy)));
    }
    Ok(answers)
}

/// Hands one mail over. Returns the ids of the submission and of the mail.
fn submit(call: &mut Call<'_>, fields: Value) -> Result<(String, String), SetError> {
    let new: New = serde_json::from_value(fields).map_err(|_| SetError::new("invalidProperties", "This is no submission."))?;
    let id = call.id(&new.email_id).unwrap_or_default();
    let email = call.world.emails.get(&id).ok_or_else(|| SetError::properties(&["emailId"], "There is no such mail."))?;
    let identity = call.world.identities.iter().find(|i| i.id == new.identity_id);
    let identity = identity.ok_or_else(|| SetError::properties(&["identityId"], "There is no such identity."))?;
    let may = |address: &str| match identity.email.strip_prefix('*') {
        Some(domain) => address.to_lowercase().ends_with(domain),
        None => address.eq_ignore_ascii_case(&identity.email),
    };
    let [(_, from)] = email.head.from.as_slice() else {
        return Err(SetError::new("invalidEmail", "A mail has one sender.").with("properties", json!(["from"])));
    };
    if !may(from) {
        return Err(SetError::new("forbiddenFrom", "You may not send as this sender."));
    }
    let (sender, recipients) = match new.envelope {
        Some(envelope) => {
            let odd = envelope.rcpt_to.iter().chain([&envelope.mail_from]).any(|p| p.parameters.as_ref().is_some_and(|m| !m.is_empty()));
            if odd {
                return Err(SetError::properties(&["envelope"], "There are no parameters here."));
            }
            (envelope.mail_from.email, envelope.rcpt_to.into_iter().map(|p| p.email).collect())
        }
        None => (from.clone(), email.head.recipients().map(|(_, address)| address.clone()).collect::<Vec<_>>()),
    };
    if !may(&sender) {
        return Err(SetError::new("forbiddenMailFrom", "You may not send from this address."));
    }
    if recipients.is_empty() {
        return Err(SetError::new("noRecipients", "There is nobody to send it to."));
    }
    let bad: Vec<&String> = recipients.iter().filter(|r| !is_address(r)).collect();
    if !bad.is_empty() {
        return Err(SetError::new("invalidRecipients", "Some recipients are no addresses.").with("invalidRecipients", json!(bad)));
    }
    let raw = email.raw.clone();
    let own = recipients.iter().any(|r| r.eq_ignore_ascii_case(JMAP_MARA));
    let submission = call.world.fresh('S');
    call.world.submission_log.note(&submission, What::Created);
    call.world.submissions.push(JmapSubmission { id: submission.clone(), email: id.clone(), from: sender, recipients, raw: raw.clone() });
    if own {
        let inbox = call.world.by_role("inbox");
        call.world.insert(raw, BTreeSet::from([inbox]), BTreeSet::new(), call.now);
    }
    Ok((submission, id))
}

/// `refused@…` is an address that the server knows not to exist.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    parts.is_some_and(|(local, _)| local != "refused") && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}
