//! Calendars as files: one calendar out, and a file into one.

use domain::{
    audit::{Actor, Outcome},
    ids::{CalendarId, ItemId},
};

use super::{data::line, edit::named};
use crate::{Engine, EngineError, core::audit, read::on_pool};

const PAGE: u32 = 500;
/// Problems that are told.
const TOLD: usize = 20;

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: u32,
    /// They lie in the calendar already.
    pub known: u32,
    /// What could not be taken, in words.
    pub problems: Vec<String>,
}

impl Engine {
    /// The name of a calendar and its whole content as one iCalendar file, what waits to be written included.
    pub async fn export_calendar(&self, id: CalendarId) -> Result<(String, String), EngineError> {
        let calendar = self.store().calendar(id).await?;
        let mut texts = Vec::new();
        let mut after = ItemId(0);
        loop {
            let page = self.store().calendar_items(id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            texts.extend(page.into_iter().map(|i| i.ics));
        }
        let count = texts.len();
        let name = calendar.name.clone();
        let file = on_pool(move || calendar::file::join(texts.iter().map(String::as_str), Some(&name))).await?;
        self.audit_only(audit(Actor::Person, "calendar.exported", format!("calendar:{id}"), Outcome::Ok, format!("items={count}"))).await;
        Ok((calendar.name, file))
    }

    /// Puts the events of a file into a calendar. One whose UID lies there already is left alone.
    pub async fn import_calendar(&self, into: Option<CalendarId>, text: String, actor: Actor) -> Result<Imported, EngineError> {
        let calendar = self.calendar_for(into).await?;
        let parts = on_pool(move || calendar::file::split(text.as_bytes())).await?.map_err(|e| {
            EngineError::new("invalid", e.to_string(), "Choose a file that ends in .ics, as calendars export it.").with_source(e)
        })?;
        let reader = self.item_reader().await?;
        let mut done = Imported::default();
        let mut fresh = Vec::new();
        for part in parts {
            let here = self.store().items_by_uid(&part.uid).await?.iter().any(|i| i.calendar == calendar.id);
            if here {
                done.known += 1;
                continue;
            }
            match reader.title(&part.ics) {
                Some(title) => fresh.push((None, Some(part.ics), title)),
                None if done.problems.len() < TOLD => {
                    done.problems.push(format!("{} is no event that can be read.", named(&line(&part.uid))));
                }
                None => {}
            }
        }
        let total = fresh.len();
        if total > 0 {
            let words = format!("{total} events imported");
            self.apply(&calendar, Vec::new(), fresh, None, ("calendar.imported", words), actor).await?;
        }
        done.added = u32::try_from(total).unwrap_or(u32::MAX);
        Ok(done)
    }
}
