//! What a test may look at and change at Notion from outside, beside HTTP.

use serde_json::Value;

use super::{NotionSwitches, ROOT, page::NotionPage};
use crate::{Sandbox, control::locked};

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

    /// Every cursor that was given out is not valid any more.
    pub fn void_notion_cursors(&self) {
        locked(&self.shared.notion).generation += 1;
    }

    pub fn set_notion(&self, change: impl FnOnce(&mut NotionSwitches)) {
        change(&mut locked(&self.shared.notion).switches);
    }
}
