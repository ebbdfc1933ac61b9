//! What can be seen at all, read to its end.

use domain::{error::ProviderError, files::FoundFiles};

use super::{
    api::DriveApi,
    model::{FIELDS, FOLDER, Page},
};

/// The most that Drive puts into a page.
const LARGEST: &str = "1000";
/// Pages of one listing.
const MOST_PAGES: usize = 20;

/// Names are looked through here: Drive's own `name contains` knows the beginnings of words alone, so "voice" would not find "invoice.pdf",
/// and with this scope the list is that of one program.
pub async fn find(api: &DriveApi, words: &str, most: usize) -> Result<FoundFiles, ProviderError> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    let mut whole = true;
    for _ in 0..MOST_PAGES {
        let mut url = api.urls.files([]);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("q", &format!("trashed = false and mimeType != '{FOLDER}'"));
            query.append_pair("orderBy", "modifiedTime desc").append_pair("pageSize", LARGEST).append_pair("spaces", "drive");
            query.append_pair("fields", &format!("nextPageToken,incompleteSearch,files({FIELDS})"));
            if let Some(token) = &token {
                query.append_pair("pageToken", token);
            }
        }
        let page: Page = api.get("The list of files", url).await?;
        listed.extend(page.files.into_iter().map(super::model::File::remote));
        whole &= !page.incomplete_search;
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    Ok(FoundFiles::of(listed, words, most, whole && token.is_none()))
}
