//! Search as the window means it: narrowed to the account in view.

use domain::{
    ids::AccountId,
    search::{self, Query, Term},
};
use store::{Page, PageCursor, SearchHit};

use crate::{Engine, EngineError};

impl Engine {
    /// [`Engine::search`] while the person types, in one account or (None) in all.
    pub async fn search_in(
        &self,
        account: Option<AccountId>,
        text: &str,
        after: Option<PageCursor>,
        limit: u32,
    ) -> Result<Page<SearchHit>, EngineError> {
        let Some(account) = account else { return self.search(text, true, after, limit).await };
        let query = search::parse_typing(text, self.now(), &crate::zone::local())
            .map_err(|e| EngineError::new("search_syntax", e.message, e.hint))?;
        // Nothing to look for is nothing found, in one account as in all.
        if query == Query::All(Vec::new()) {
            return Ok(self.store().search(&query, after.as_ref(), limit).await?);
        }
        let query = Query::All(vec![Query::Term(Term::Of(account)), query]);
        Ok(self.store().search(&query, after.as_ref(), limit).await?)
    }
}
