//! `Mailbox/get`, `/changes`, `/query` and `/set` (RFC 8621 section 2).

use serde_json::{Map, Value, json};

use super::{
    args::Args,
    error::{MethodError, SetError},
    request::{Answers, Call, in_state, shown, within},
    world::{ACCOUNT, JmapWorld, Mailbox},
};

const COUNTS: [&str; 4] = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];
const ROLES: [&str; 10] = ["all", "archive", "drafts", "flagged", "important", "inbox", "junk", "sent", "subscribed", "trash"];

fn json_of(world: &JmapWorld, mailbox: &Mailbox) -> Value {
    let inside = || world.emails.values().filter(|e| e.mailboxes.contains(&mailbox.id));
    let unread = |e: &&super::world::Email| !e.keywords.contains("$seen") && !e.keywords.contains("$draft");
    let threads = |list: Vec<&str>| list.into_iter().collect::<std::collections::BTreeSet<_>>().len();
    let may = !world.switches.read_only;
    json!({
        "id": mailbox.id, "name": mailbox.name, "parentId": mailbox.parent, "role": mailbox.role, "sortOrder": mailbox.sort_order,
        "isSubscribed": mailbox.subscribed,
        "totalEmails": inside().count(), "unreadEmails": inside().filter(unread).count(),
        "totalThreads": threads(inside().map(|e| e.thread.as_str()).collect()),
        "unreadThreads": threads(inside().filter(unread).map(|e| e.thread.as_str()).collect()),
        "myRights": {
            "mayReadItems": true, "mayAddItems": may, "mayRemoveItems": may, "maySetSeen": may, "maySetKeywords": may, "mayCreateChild": may,
            "mayRename": may && mailbox.role.is_none(), "mayDelete": may && mailbox.role.is_none(), "maySubmit": may,
        },
    })
}

pub(super) fn get(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let (ids, properties) = (args.take::<Vec<String>>("ids")?, args.take::<Vec<String>>("properties")?);
    args.end()?;
    let world = &*call.world;
    let wanted = ids.unwrap_or_else(|| world.mailboxes.iter().map(|m| m.id.clone()).collect());
    within(wanted.len(), world.switches.max_objects_in_get)?;
    let (mut list, mut missing) = (Vec::new(), Vec::new());
    for id in wanted {
        match world.mailbox(&id) {
            Some(mailbox) => list.push(shown(json_of(world, mailbox), properties.as_deref())?),
            None => missing.push(id),
        }
    }
    let body = json!({"accountId": ACCOUNT, "state": world.mailbox_log.state(), "list": list, "notFound": missing});
    Ok(vec![("Mailbox/get", body)])
}

pub(super) fn changes(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let (since, most) = (args.need::<String>("sinceState")?, args.take::<usize>("maxChanges")?);
    args.end()?;
    let told = call.world.mailbox_log.changes(&since, Some(most.unwrap_or(usize::MAX).min(call.world.switches.changes_limit)))?;
    let body = json!({
        "accountId": ACCOUNT, "oldState": since, "newState": told.new_state, "hasMoreChanges": told.more, "created": told.created,
        "updatedProperties": told.only_counts.then_some(COUNTS), "updated": told.updated, "destroyed": told.destroyed,
    });
    Ok(vec![("Mailbox/changes", body)])
}

/// All of them, in pages.
pub(super) fn query(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let (position, limit) = (args.take::<usize>("position")?.unwrap_or(0), args.take::<usize>("limit")?);
    args.end()?;
    let world = &*call.world;
    let most = limit.unwrap_or(usize::MAX).min(world.switches.query_limit);
    let ids: Vec<&str> = world.mailboxes.iter().map(|m| m.id.as_str()).skip(position).take(most).collect();
    let body = json!({
        "accountId": ACCOUNT, "queryState": world.mailbox_log.state(), "canCalculateChanges": false, "position": position, "ids": ids,
    });
    Ok(vec![("Mailbox/query", body)])
}

pub(super) fn set(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let create: Map<String, Value> = args.take("create")?.unwrap_or_default();
    let update: Map<String, Value> = args.take("update")?.unwrap_or_default();
    let destroy: Vec<String> = args.take("destroy")?.unwrap_or_default();
    let with_mail = args.take::<bool>("onDestroyRemoveEmails")?.unwrap_or(false);
    let old = call.world.mailbox_log.state();
    in_state(args.take("ifInState")?, &old)?;
    args.end()?;
    within(create.len() + update.len() + destroy.len(), call.world.switches.max_objects_in_set)?;
    let (mut created, mut not_created) = (Map::new(), Map::new());
    for (name, fields) in create {
        match make(call, &fields) {
            Ok(id) => {
                call.created.insert(name.clone(), id.clone());
                created.insert(name, json!({"id": id}));
            }
            Err(error) => drop(not_created.insert(name, error.body())),
        }
    }
    let (mut updated, mut not_updated) = (Map::new(), Map::new());
    for (id, fields) in update {
        match change(call, &id, &fields) {
            Ok(()) => drop(updated.insert(id, Value::Null)),
            Err(error) => drop(not_updated.insert(id, error.body())),
        }
    }
    let (mut destroyed, mut not_destroyed) = (Vec::new(), Map::new());
    for id in destroy {
        match remove(call.world, &id, with_mail) {
            Ok(()) => destroyed.push(id),
            Err(error) => drop(not_destroyed.insert(id, error.body())),
        }
    }
    let body = json!({
        "accountId": ACCOUNT, "oldState": old, "newState": call.world.mailbox_log.state(), "created": created, "updated": updated,
        "destroyed": destroyed, "notCreated": not_created, "notUpdated": not_updated, "notDestroyed": not_destroyed,
    });
    Ok(vec![("Mailbox/set", body)])
}

/// Fields that were given, checked; what is not given is as it was in `before`.
fn fields(call: &Call<'_>, before: Option<&Mailbox>, fields: &Value) -> Result<Mailbox, SetError> {
    let Value::Object(map) = fields else { return Err(SetError::new("invalidProperties", "A mailbox is an object.")) };
    let mut mailbox = before.cloned().unwrap_or_else(|| Mailbox {
        id: String::new(),
        name: String::new(),
        parent: None,
        role: None,
        sort_order: 10,
        subscribed: true,
    });
    for (name, value) in map {
        let wrong = || SetError::properties(&[name.as_str()], "This value can't be.");
        match name.as_str() {
            "name" => value.as_str().filter(|n| !n.is_empty() && n.len() <= 255).ok_or_else(wrong)?.clone_into(&mut mailbox.name),
            "parentId" if value.is_null() => mailbox.parent = None,
            "parentId" => {
                let id = value.as_str().and_then(|text| call.id(text)).filter(|id| call.world.mailbox(id).is_some());
                mailbox.parent = Some(id.ok_or_else(wrong)?);
            }
            "role" if value.is_null() => mailbox.role = None,
            "role" => {
                let role = value.as_str().filter(|role| ROLES.contains(role) && !call.world.switches.keeps_roles).ok_or_else(wrong)?;
                if call.world.mailboxes.iter().any(|m| m.role.as_deref() == Some(role) && m.id != mailbox.id) {
                    return Err(wrong());
                }
                mailbox.role = Some(role.to_owned());
            }
            "sortOrder" => mailbox.sort_order = value.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong)?,
            "isSubscribed" => mailbox.subscribed = value.as_bool().ok_or_else(wrong)?,
            _ => return Err(wrong()),
        }
    }
    if mailbox.name.is_empty() {
        return Err(SetError::properties(&["name"], "The name is missing."));
    }
    // A mailbox can't be inside of itself.
    let mut above = mailbox.parent.clone();
    while let Some(id) = above {
        if id == mailbox.id {
            return Err(SetError::properties(&["parentId"], "It would be inside of itself."));
        }
        above = call.world.mailbox(&id).and_then(|m| m.parent.clone());
    }
    let twin = |m: &&Mailbox| m.id != mailbox.id && m.parent == mailbox.parent && m.name == mailbox.name;
    match call.world.mailboxes.iter().find(twin) {
        Some(_) => Err(SetError::properties(&["name"], "There is a mailbox of this name.")),
        None => Ok(mailbox),
    }
}

fn make(call: &mut Call<'_>, given: &Value) -> Result<String, SetError> {
    let Mailbox { name, parent, role, .. } = fields(call, None, given)?;
    Ok(call.world.new_mailbox(&name, parent.as_deref(), role.as_deref()))
}

fn change(call: &mut Call<'_>, id: &str, given: &Value) -> Result<(), SetError> {
    let before = call.world.mailbox(id).cloned().ok_or_else(SetError::not_found)?;
    if before.role.is_some() {
        return Err(SetError::new("forbidden", "This mailbox has a purpose of its own."));
    }
    let after = fields(call, Some(&before), given)?;
    call.world.change_mailbox(id, |mailbox| *mailbox = after);
    Ok(())
}

fn remove(world: &mut JmapWorld, id: &str, with_mail: bool) -> Result<(), SetError> {
    let mailbox = world.mailbox(id).ok_or_else(SetError::not_found)?;
    if mailbox.role.is_some() {
        return Err(SetError::new("forbidden", "This mailbox has a purpose of its own."));
    }
    if world.mailboxes.iter().any(|m| m.parent.as_deref() == Some(id)) {
        return Err(SetError::new("mailboxHasChild", "There are mailboxes below it."));
    }
    let inside: Vec<String> = world.emails.values().filter(|e| e.mailboxes.contains(id)).map(|e| e.id.clone()).collect();
    if !inside.is_empty() && !with_mail {
        return Err(SetError::new("mailboxHasEmail", "There is mail in it."));
    }
    for email in inside {
        let Some((mut mailboxes, keywords)) = world.emails.get(&email).map(|e| (e.mailboxes.clone(), e.keywords.clone())) else { continue };
        mailboxes.remove(id);
        if mailboxes.is_empty() {
            world.destroy(&email);
        } else {
            world.change_email(&email, mailboxes, keywords);
        }
    }
    world.drop_mailbox(id);
    Ok(())
}
