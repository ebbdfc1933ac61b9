//! Writes that are not sends: flags, moves, deletions, copies, folders.
//!
//! All of them state a result by a patch (RFC 8620 section 5.3), so doing one twice does no harm, and a mail that is gone is no failure as
//! long as others of the same write are there.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{FlagChange, Flags, MailboxRole},
    source::{MailWrite, Written},
};
use serde_json::{Map, Value, json};

use super::{
    answers::Calls,
    api::Api,
    error::SetErrors,
    file, folder_edit, mailboxes,
    model::{Set, keywords},
};

const THIS_MAIL: &str = "this mail";

pub async fn write(api: &Api, write: &MailWrite) -> Result<Written, ProviderError> {
    api.session().await?.require_write()?;
    match write {
        MailWrite::Flags { ids, change, .. } => {
            let patch = flags(*change);
            if patch.is_empty() {
                return Ok(Written::default());
            }
            update(api, ids, &Value::Object(patch)).await?;
        }
        MailWrite::Move { from, to, ids, .. } => update(api, ids, &relocation(api, from.as_ref(), to).await?).await?,
        MailWrite::Labels { ids, add, remove } => update(api, ids, &Value::Object(places(add, remove))).await?,
        MailWrite::Delete { ids, .. } => destroy(api, ids).await?,
        MailWrite::Append { mailbox, raw, flags, replaces, .. } => {
            return file::append(api, mailbox, raw, *flags, replaces.as_ref()).await;
        }
        MailWrite::CreateMailbox { name, role } => return folder_edit::create(api, name, *role).await,
        MailWrite::RenameMailbox { mailbox, name } => return folder_edit::rename(api, mailbox, name).await,
        MailWrite::DeleteMailbox { mailbox } => return folder_edit::delete(api, mailbox).await,
    }
    Ok(Written::default())
}

/// `remove` wins where both name one, as the type promises.
fn flags(change: FlagChange) -> Map<String, Value> {
    let path = |keyword: &str| format!("keywords/{keyword}");
    // What makes a mail a draft is its sending, and nothing that a person turns on and off.
    let of = |flags: Flags| keywords(Flags { draft: false, ..flags }).map(path);
    let mut patch: Map<String, Value> = of(change.add).map(|path| (path, json!(true))).collect();
    patch.extend(of(change.remove).map(|path| (path, Value::Null)));
    patch
}

fn places(add: &[RemoteId], remove: &[RemoteId]) -> Map<String, Value> {
    // Ids have no character that a pointer would escape (RFC 8620 section 1.2).
    let path = |id: &RemoteId| format!("mailboxIds/{}", id.as_str());
    let mut patch: Map<String, Value> = remove.iter().map(|id| (path(id), Value::Null)).collect();
    patch.extend(add.iter().map(|id| (path(id), json!(true))));
    patch
}

/// Out of one folder into another; where it lies beside that, it stays. What goes into the bin or the spam folder lies nowhere else: the
/// bin is emptied, by the server or by the person, and nobody expects a mail to vanish from a third place then. The same where it is
/// unknown what it leaves.
async fn relocation(api: &Api, from: Option<&RemoteId>, to: &RemoteId) -> Result<Value, ProviderError> {
    let mut only = from.is_none();
    for role in [MailboxRole::Trash, MailboxRole::Junk] {
        only |= mailboxes::by_role(api, role).await?.is_some_and(|id| id == to.as_str());
    }
    Ok(match from {
        Some(from) if !only => Value::Object(places(std::slice::from_ref(to), std::slice::from_ref(from))),
        _ => json!({"mailboxIds": {(to.as_str()): true}}),
    })
}

/// One patch for every mail, in as many calls as the server's limit needs.
pub async fn update(api: &Api, ids: &[RemoteId], patch: &Value) -> Result<(), ProviderError> {
    each(api, ids, |some| {
        let update: Map<String, Value> = some.iter().map(|id| (id.0.clone(), patch.clone())).collect();
        json!({ "update": update })
    })
    .await
}

/// For ever.
pub async fn destroy(api: &Api, ids: &[RemoteId]) -> Result<(), ProviderError> {
    each(api, ids, |some| json!({ "destroy": some })).await
}

async fn each(api: &Api, ids: &[RemoteId], arguments: impl Fn(&[RemoteId]) -> Value) -> Result<(), ProviderError> {
    let most = api.session().await?.limits.max_objects_in_set;
    let (mut done, mut worst) = (0, None);
    for some in ids.chunks(most) {
        let mut answers = api.ask(THIS_MAIL, &Calls::one("Email/set", arguments(some))).await?;
        let set: Set = answers.take(THIS_MAIL, 0, "Email/set")?;
        done += set.updated.len() + set.destroyed.len();
        worst = worst.or_else(|| refusal(&set.not_updated, &answers)).or_else(|| refusal(&set.not_destroyed, &answers));
    }
    match worst {
        // The others are done: whoever repeats the write does those again, which changes nothing.
        Some(error) => Err(error),
        None if done == 0 && !ids.is_empty() => Err(ProviderError::NotFound("This message".to_owned())),
        None => Ok(()),
    }
}

/// Why a mail was refused; one that is gone is none.
fn refusal(errors: &SetErrors, answers: &super::answers::Answers) -> Option<ProviderError> {
    let mut means = errors.iter().flatten().map(|(_, error)| error.means(THIS_MAIL, answers.host(), answers.now()));
    means.find(|error| !matches!(error, ProviderError::NotFound(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_places_become_patches() {
        let text = |map: Map<String, Value>| Value::Object(map).to_string();
        assert_eq!(text(flags(FlagChange::read(true))), r#"{"keywords/$seen":true}"#);
        assert_eq!(text(flags(FlagChange::starred(false))), r#"{"keywords/$flagged":null}"#);
        let both =
            FlagChange { add: Flags { seen: true, draft: true, ..Flags::default() }, remove: Flags { seen: true, ..Flags::default() } };
        assert_eq!(text(flags(both)), r#"{"keywords/$seen":null}"#);
        let [a, b] = ["a", "b"].map(RemoteId::new);
        assert_eq!(text(places(std::slice::from_ref(&b), &[a])), r#"{"mailboxIds/a":null,"mailboxIds/b":true}"#);
        assert_eq!(text(places(std::slice::from_ref(&b), std::slice::from_ref(&b))), r#"{"mailboxIds/b":true}"#, "it stays");
    }
}
