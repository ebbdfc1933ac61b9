//! `labels.create`, `labels.patch`, `labels.delete`. Only the person's own labels: the others are Gmail's.

use domain::{error::ProviderError, ids::RemoteId, source::Written};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    api::{Api, json_call},
    labels,
    quota::cost,
};
use crate::http::Call;

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// A label of this name that is there already (an earlier attempt got through, or another device was faster) is the answer.
pub async fn create(api: &Api, name: &str) -> Result<Written, ProviderError> {
    let there = || async {
        let wanted = name.to_lowercase();
        Ok::<_, ProviderError>(labels::list(api).await?.into_iter().find(|m| m.name.to_lowercase() == wanted).map(|m| m.id))
    };
    let body = json!({ "name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show" });
    let call = json_call(Method::POST, api.urls.user(["labels"]), &body)?;
    let id = match api.json::<Made>(cost::LABEL_WRITE, "this label", &call).await {
        Ok(made) => RemoteId(made.id),
        // 409 "Label name exists or conflicts".
        Err(error) => match there().await? {
            Some(id) => id,
            None => return Err(error),
        },
    };
    Ok(Written { appended: Some(id), ..Written::default() })
}

/// The id stays. Labels below are labels with a longer name, and are renamed with it, as in Gmail itself.
pub async fn rename(api: &Api, label: &RemoteId, name: &str) -> Result<Written, ProviderError> {
    own(label)?;
    let all = labels::list(api).await?;
    let old = all.iter().find(|m| m.id == *label).map(|m| m.name.clone());
    patch(api, label, name).await?;
    if let Some(prefix) = old.map(|old| format!("{old}/")) {
        for below in &all {
            if let Some(rest) = below.name.strip_prefix(&prefix) {
                patch(api, &below.id, &format!("{name}/{rest}")).await?;
            }
        }
    }
    Ok(Written::default())
}

async fn patch(api: &Api, label: &RemoteId, name: &str) -> Result<(), ProviderError> {
    let call = json_call(Method::PATCH, api.urls.user(["labels", label.as_str()]), &json!({ "name": name }))?;
    api.reply(cost::LABEL_WRITE, "this label", &call).await.map(drop)
}

/// The mail keeps its other labels.
pub async fn delete(api: &Api, label: &RemoteId) -> Result<Written, ProviderError> {
    own(label)?;
    let call = Call::new(Method::DELETE, api.urls.user(["labels", label.as_str()]));
    match api.reply(cost::LABEL_WRITE, "this label", &call).await {
        Ok(_) | Err(ProviderError::NotFound(_)) => Ok(Written::default()),
        Err(error) => Err(error),
    }
}

fn own(label: &RemoteId) -> Result<(), ProviderError> {
    if label.as_str().starts_with("Label_") {
        Ok(())
    } else {
        Err(ProviderError::Refused("This is one of Gmail's own labels: it can't be changed.".to_owned()))
    }
}
