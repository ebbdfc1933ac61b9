//! Putting an attachment to a draft: with the request while it is small, by an upload session beyond (PROVIDERS 2.5, Sending).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::error::ProviderError;
use reqwest::Method;
use serde_json::json;

use super::{
    api::{Api, json_call},
    cut::File,
    session, upload,
};

/// Microsoft says 3 MB and not of which kind; the other way is tried where this one is refused.
const SMALL: usize = 3 * 1024 * 1024;
/// A request of Graph's must not be larger than 4 MB; base64 takes a third more.
const FITS: usize = 3_100_000;

pub async fn attach(api: &Api, draft: &str, file: &File) -> Result<(), ProviderError> {
    if file.bytes.len() >= FITS {
        return upload::upload(api, draft, file).await;
    }
    match post(api, draft, file).await {
        Err(ProviderError::Refused(_)) if file.bytes.len() >= 3_000_000 => upload::upload(api, draft, file).await,
        other => other,
    }
}

async fn post(api: &Api, draft: &str, file: &File) -> Result<(), ProviderError> {
    let body = json!({
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": file.name,
        "contentType": file.content_type,
        "contentBytes": STANDARD.encode(&file.bytes),
        "isInline": file.inline,
        "contentId": file.content_id,
    });
    let call = json_call(Method::POST, api.urls.me(["messages", draft, "attachments"]), &body)?.timeout(session::PATIENCE);
    api.reply("this attachment", call).await.map(drop)
}

const _: () = assert!(FITS < SMALL, "what is posted must be small");
