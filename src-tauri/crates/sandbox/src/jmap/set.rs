//! `Email/set` (RFC 8621 section 4.6). Mail is made by import alone here.

use serde_json::{Map, Value, json};

use super::{
    args::Args,
    error::{MethodError, SetError},
    patch,
    request::{Answers, Call, in_state, within},
    world::ACCOUNT,
};

pub(super) fn set(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let create: Map<String, Value> = args.take("create")?.unwrap_or_default();
    let update: Map<String, Value> = args.take("update")?.unwrap_or_default();
    let destroy: Vec<String> = args.take("destroy")?.unwrap_or_default();
    in_state(args.take("ifInState")?, &call.world.mail_log.state())?;
    args.end()?;
    within(create.len() + update.len() + destroy.len(), call.world.switches.max_objects_in_set)?;
    Ok(vec![("Email/set", change(call, &create, update, destroy))])
}

/// Also what follows from a submission.
pub(super) fn change(call: &mut Call<'_>, create: &Map<String, Value>, update: Map<String, Value>, destroy: Vec<String>) -> Value {
    let old = call.world.mail_log.state();
    let none = SetError::new("forbidden", "This stand-in takes new mail by Email/import.").body();
    let not_created: Map<String, Value> = create.keys().map(|name| (name.clone(), none.clone())).collect();
    let (mut updated, mut not_updated) = (Map::new(), Map::new());
    for (id, fields) in update {
        let outcome = if destroy.contains(&id) {
            Err(SetError::new("willDestroy", "It is to be destroyed by the same call."))
        } else {
            update_one(call, &id, &fields)
        };
        match outcome {
            Ok(()) => drop(updated.insert(id, Value::Null)),
            Err(error) => drop(not_updated.insert(id, error.body())),
        }
    }
    let (mut destroyed, mut not_destroyed) = (Vec::new(), Map::new());
    for id in destroy {
        match refused(call, &id) {
            Some(error) => drop(not_destroyed.insert(id, error.body())),
            None if call.world.destroy(&id) => destroyed.push(id),
            None => drop(not_destroyed.insert(id, SetError::not_found().body())),
        }
    }
    json!({
        "accountId": ACCOUNT, "oldState": old, "newState": call.world.mail_log.state(), "created": null, "updated": updated,
        "destroyed": destroyed, "notCreated": not_created, "notUpdated": not_updated, "notDestroyed": not_destroyed,
    })
}

fn refused(call: &Call<'_>, id: &str) -> Option<SetError> {
    let (_, kind) = call.world.switches.refused.iter().find(|(refused, _)| refused == id)?;
    Some(SetError::new(kind, "This refusal was asked for by a switch."))
}

fn update_one(call: &mut Call<'_>, id: &str, fields: &Value) -> Result<(), SetError> {
    let id = call.id(id).ok_or_else(SetError::not_found)?;
    if let Some(error) = refused(call, &id) {
        return Err(error);
    }
    let email = call.world.emails.get(&id).ok_or_else(SetError::not_found)?;
    let (mailboxes, keywords) = patch::apply(call, email, fields)?;
    call.world.change_email(&id, mailboxes, keywords);
    Ok(())
}
