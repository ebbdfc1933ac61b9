//! Search: what the person typed, in all accounts or in the one in view.

mod excerpt;

use domain::{
    ids::{AccountId, MessageId},
    search::{self, Query, Term},
};
use store::{Page, PageCursor, SearchHit};

use crate::{Engine, EngineError, read::on_pool, zone};

/// In one account or (None) in all. Nothing to look for is nothing found, in one account as in all.
fn within(account: Option<AccountId>, query: Query) -> Query {
    match account.filter(|_| query != Query::All(Vec::new())) {
        Some(account) => Query::All(vec![Query::Term(Term::Of(account)), query]),
        None => query,
    }
}

impl Engine {
    /// `text` in the language of [`domain::search`]. While the person types, the last word also matches as a beginning.
    pub(crate) fn query(&self, text: &str, as_you_type: bool) -> Result<Query, EngineError> {
        let parse = if as_you_type { search::parse_typing } else { search::parse };
        parse(text, self.now(), &zone::local()).map_err(|e| EngineError::new("search_syntax", e.message, e.hint))
    }

    /// What answers to [`Self::query`], newest first.
    pub async fn search(
        &self,
        text: &str,
        as_you_type: bool,
        after: Option<PageCursor>,
        limit: u32,
    ) -> Result<Page<SearchHit>, EngineError> {
        let query = self.query(text, as_you_type)?;
        Ok(self.store().search(&query, after.as_ref(), limit).await?)
    }

    /// [`Self::search`] while the person types, in one account or (None) in all.
    pub async fn search_in(
        &self,
        account: Option<AccountId>,
        text: &str,
        after: Option<PageCursor>,
        limit: u32,
    ) -> Result<Page<SearchHit>, EngineError> {
        let query = within(account, self.query(text, true)?);
        Ok(self.store().search(&query, after.as_ref(), limit).await?)
    }

    /// The best of what answers to [`Self::query`], best first and at most `limit`: there is no next page, because what is not
    /// among the best is found newest first.
    pub async fn search_best(
        &self,
        account: Option<AccountId>,
        text: &str,
        as_you_type: bool,
        limit: u32,
    ) -> Result<Vec<SearchHit>, EngineError> {
        let query = within(account, self.query(text, as_you_type)?);
        Ok(self.store().search_best(&query, limit, self.now()).await?)
    }

    /// Whether older mail may be missing among what is found: a first sync is under way, or the index is being filled anew.
    pub async fn search_is_partial(&self) -> Result<bool, EngineError> {
        Ok(self.store().relearning().await? || self.connections().await?.iter().any(|c| c.progress.is_some()))
    }

    /// Of these messages, the part of each text that answers to [`Self::query`] as typed; only of those that hold any of its words.
    pub async fn search_excerpts(&self, text: &str, messages: &[MessageId]) -> Result<Vec<(MessageId, String)>, EngineError> {
        let wanted = excerpt::wanted(&self.query(text, true)?);
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let texts = self.store().texts_of(messages).await?;
        on_pool(move || texts.into_iter().filter_map(|(id, text)| Some((id, excerpt::excerpt(&text, &wanted)?))).collect()).await
    }
}
