//! What lies in the folder, read to its end. Folders in it are none of this program's.

use domain::{error::ProviderError, files::FoundFiles};

use super::{
    super::{api::Api, endpoints::with_query, model::Page},
    model::{Item, SELECT},
};

/// Files of a page, and pages of one listing.
const LARGEST: &str = "200";
const MOST_PAGES: usize = 50;

/// Names are looked through here: the search of OneDrive goes over an index that learns of new files after a while.
pub async fn find(api: &Api, words: &str, most: usize) -> Result<FoundFiles, ProviderError> {
    let mut url = Some(with_query(api.urls.me(["drive", "special", "approot", "children"]), &[("$select", SELECT), ("$top", LARGEST)]));
    let mut listed = Vec::new();
    for _ in 0..MOST_PAGES {
        let Some(page) = url.take() else { break };
        let page: Page<Item> = api.get("The list of files", page).await?;
        listed.extend(page.value.into_iter().filter(|item| item.file.is_some()).map(Item::remote));
        url = page.next.map(|next| api.urls.link(&next)).transpose()?;
    }
    Ok(FoundFiles::of(listed, words, most, url.is_none()))
}
