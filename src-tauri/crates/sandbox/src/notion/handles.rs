//! What a test may look at and change at Notion from outside, beside HTTP.

use serde_json::{Value, json};

use super::{NotionSwitches, ROOT, page::NotionPage};
use crate::{Sandbox, control::locked};

/// What somebody does to a property at Notion.
#[derive(Clone, Debug)]
pub enum NotionChange {
    Rename(String),
    /// To this type; options that it had are gone.
    Retype(String),
    Delete,
    /// An option by its id.
    RenameOption {
        option: String,
        name: String,
    },
}

impl Sandbox {
    /// Base of the API, as the client is given it: `http://127.0.0.1:PORT/v1`.
    pub fn notion_base(&self) -> String {
        self.base(crate::Provider::Notion) + ROOT
    }

    /// The integration's token that is accepted.
    pub fn notion_token(&self) -> String {
        locked(&self.shared.notion).token.clone()
    }

    /// The token that is accepted from now on: the one before is 401.
    pub fn set_notion_token(&self, token: &str) {
        token.clone_into(&mut locked(&self.shared.notion).token);
    }

    /// Every page that is not deleted for good, trashed ones too.
    pub fn notion_pages(&self) -> Vec<NotionPage> {
        locked(&self.shared.notion).pages.values().filter(|page| !page.deleted).cloned().collect()
    }

    /// Somebody else writes a page: a new one, or fields of the one with this `id`. Returns its id, or what is wrong.
    pub fn put_notion_page(&self, change: Value) -> Result<String, String> {
        let now = self.now();
        let mut world = locked(&self.shared.notion);
        let Value::Object(change) = change else { return Err("a page is an object".to_owned()) };
        let known = change.get("id").and_then(Value::as_str).and_then(|id| world.pages.get(id)).cloned();
        let Ok(Value::Object(mut body)) = serde_json::to_value(known.unwrap_or_default()) else { return Err("no page".to_owned()) };
        body.extend(change);
        let mut page: NotionPage = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
        world.source(&page.source).map_err(|e| e.message)?;
        if page.id.is_empty() {
            page.id = world.fresh_id();
        }
        Ok(world.keep(page, now).id)
    }

    /// The integration may no longer see a data source. False: there is none.
    pub fn unshare_notion_source(&self, id: &str) -> bool {
        let mut world = locked(&self.shared.notion);
        let before = world.sources.len();
        world.sources.retain(|source| source.id != id);
        world.sources.len() < before
    }

    /// Somebody changes a property of a data source, by its id. False: there is none.
    pub fn change_notion_property(&self, source: &str, property: &str, change: NotionChange) -> bool {
        let mut world = locked(&self.shared.notion);
        let found = world.sources.iter_mut().find(|s| s.id == source).and_then(|s| s.properties.as_object_mut());
        let Some(properties) = found else { return false };
        let named = properties.iter().find(|(_, p)| p.get("id").and_then(Value::as_str) == Some(property)).map(|(name, _)| name.clone());
        let Some((name, mut value)) = named.and_then(|name| properties.remove_entry(&name)) else { return false };
        let kept = match change {
            NotionChange::Delete => None,
            NotionChange::Rename(to) => Some((to, value)),
            NotionChange::Retype(kind) => Some((name, json!({"id": property, "type": kind, kind: {}}))),
            NotionChange::RenameOption { option, name: to } => {
                let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
                let options = value.get_mut(&kind).and_then(|of| of.get_mut("options")).and_then(Value::as_array_mut);
                let mut before = None;
                for one in options.into_iter().flatten().filter(|one| one.get("id").and_then(Value::as_str) == Some(&option)) {
                    before = one.get("name").and_then(Value::as_str).map(str::to_owned);
                    one["name"] = json!(to);
                }
                let pages = world.pages.values_mut().filter(|page| page.source == source);
                for page in pages {
                    let chosen = if kind == "status" { page.status.as_mut() } else { page.picked.get_mut(property) };
                    if let Some(chosen) = chosen.filter(|chosen| Some(&**chosen) == before.as_ref()) {
                        chosen.clone_from(&to);
                    }
                }
                Some((name, value))
            }
        };
        let found = world.sources.iter_mut().find(|s| s.id == source).and_then(|s| s.properties.as_object_mut());
        if let (Some(properties), Some((name, value))) = (found, kept) {
            properties.insert(name, value);
        }
        true
    }

    /// Every cursor that was given out is not valid any more.
    pub fn void_notion_cursors(&self) {
        locked(&self.shared.notion).generation += 1;
    }

    pub fn set_notion(&self, change: impl FnOnce(&mut NotionSwitches)) {
        change(&mut locked(&self.shared.notion).switches);
    }
}
