//! `/me/mailFolders`: listing, making, renaming, moving and deleting.

use serde::Deserialize;

use super::{
    call::{Answer, Call},
    error::GraphError,
    mailbox::{Folder, Mailbox, ROOT},
    query::{FOLDER, Options, listed},
    resource,
};

/// Graph's page where nothing else is asked for.
const PAGE: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewFolder {
    display_name: String,
    #[serde(default)]
    is_hidden: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rename {
    display_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Destination {
    pub destination_id: String,
}

/// The folders directly below `parent`.
pub(super) fn list(mailbox: &Mailbox, parent: &str, call: &Call<'_>, known: bool) -> Result<Answer, GraphError> {
    let options = Options::of(call, &FOLDER, &["includeHiddenFolders"])?;
    if !options.filter.is_empty() || options.search.is_some() || options.order.is_some() {
        return Err(GraphError::query("This stand-in neither filters nor sorts folders."));
    }
    let hidden = call.query.iter().any(|(n, v)| n == "includeHiddenFolders" && v == "true");
    let parent = mailbox.folder(parent)?.id.clone();
    let all: Vec<&Folder> = mailbox.folders.iter().filter(|f| f.parent.as_ref() == Some(&parent) && (hidden || !f.hidden)).collect();
    let shown = |f: &&Folder| resource::folder(mailbox, f, &options.select, known);
    Ok(listed(call, &options, PAGE, "users('me')/mailFolders", &all, shown))
}

pub(super) fn get(mailbox: &Mailbox, id: &str, call: &Call<'_>, known: bool) -> Result<Answer, GraphError> {
    let options = Options::of(call, &FOLDER, &["includeHiddenFolders"])?;
    Ok(Answer::ok(resource::folder(mailbox, mailbox.folder(id)?, &options.select, known)))
}

fn check_name(mailbox: &Mailbox, parent: &str, name: &str, own: Option<&str>) -> Result<(), GraphError> {
    if name.trim().is_empty() || name.len() > 255 {
        return Err(GraphError::property("The folder name is empty or too long."));
    }
    let taken = |f: &Folder| f.parent.as_deref() == Some(parent) && f.name.eq_ignore_ascii_case(name) && Some(f.id.as_str()) != own;
    if mailbox.folders.iter().any(taken) {
        return Err(GraphError::new(409, "ErrorFolderExists", "A folder with the specified name already exists."));
    }
    Ok(())
}

pub(super) fn create(mailbox: &mut Mailbox, parent: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let new: NewFolder = call.json()?;
    let parent = mailbox.folder(parent)?.id.clone();
    check_name(mailbox, &parent, &new.display_name, None)?;
    let id = mailbox.new_folder(&new.display_name, Some(&parent), None, new.is_hidden);
    Ok(Answer::Json(201, resource::folder(mailbox, mailbox.folder(&id)?, &[], false)))
}

pub(super) fn rename(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let new: Rename = call.json()?;
    let folder = own(mailbox, id)?;
    check_name(mailbox, folder.parent.as_deref().unwrap_or_default(), &new.display_name, Some(&folder.id))?;
    if let Some(found) = mailbox.folders.iter_mut().find(|f| f.id == folder.id) {
        found.name = new.display_name;
    }
    Ok(Answer::ok(resource::folder(mailbox, mailbox.folder(&folder.id)?, &[], false)))
}

pub(super) fn relocate(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let to: Destination = call.json()?;
    let folder = own(mailbox, id)?;
    let to = mailbox.folder(&to.destination_id)?.id.clone();
    // Into itself, or into one that lies below it.
    let mut above = Some(to.clone());
    while let Some(at) = above.take() {
        if at == folder.id {
            return Err(GraphError::new(400, "ErrorMoveCopyFailed", "A folder can't be moved into itself."));
        }
        above.clone_from(&mailbox.folder(&at)?.parent);
    }
    check_name(mailbox, &to, &folder.name, Some(&folder.id))?;
    if let Some(found) = mailbox.folders.iter_mut().find(|f| f.id == folder.id) {
        found.parent = Some(to);
    }
    Ok(Answer::Json(201, resource::folder(mailbox, mailbox.folder(&folder.id)?, &[], false)))
}

pub(super) fn delete(mailbox: &mut Mailbox, id: &str) -> Result<Answer, GraphError> {
    let folder = own(mailbox, id)?;
    mailbox.drop_folder(&folder.id);
    Ok(Answer::Empty(204))
}

/// One that is not Exchange's own.
fn own(mailbox: &Mailbox, id: &str) -> Result<Folder, GraphError> {
    let folder = mailbox.folder(id)?.clone();
    if folder.well_known.is_some() {
        return Err(GraphError::new(400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be changed in this way."));
    }
    Ok(folder)
}

/// The root, for calls that name no folder.
pub(super) const fn top() -> &'static str {
    ROOT
}
