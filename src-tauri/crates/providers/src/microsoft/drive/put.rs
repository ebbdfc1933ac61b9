//! A file is made under a name that was free, and that was kept before: it is there once, or not yet.

use domain::{
    error::ProviderError,
    files::{FileContent, FilePut, RemoteFile},
    ids::RemoteId,
};
use reqwest::{Method, header::HeaderValue};
use serde_json::json;

use super::{
    super::{
        MICROSOFT,
        api::{Api, json_call, parse},
        endpoints::with_query,
        session::{self, Opened, PIECE, Session},
    },
    WHAT,
    model::{Item, SELECT},
    name,
};
use crate::{
    http::{Call, Reply, patience::ATTEMPTS},
    transfer::{
        checksum::{self, Sum},
        send,
    },
};

/// Files of one name, told apart by numbers.
const MOST_NAMES: u32 = 100;
/// Documents into which SharePoint writes their properties when it takes them: size and checksum are others afterwards.
const REWRITTEN: [&str; 9] = ["docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "potx"];

/// A name that no file has.
pub async fn reserve(api: &Api, wanted: &str) -> Result<RemoteId, ProviderError> {
    for n in 0..MOST_NAMES {
        let name = name::free(wanted, n);
        if called(api, &name).await?.is_none() {
            return Ok(RemoteId(name));
        }
    }
    Err(ProviderError::Refused(format!("There are too many files called {wanted} in the folder: delete or rename some there.")))
}

async fn called(api: &Api, name: &str) -> Result<Option<Item>, ProviderError> {
    let url = with_query(api.urls.me(["drive", "special", "approot:", name]), &[("$select", SELECT)]);
    match api.get(WHAT, url).await {
        Ok(item) => Ok(Some(item)),
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn put(api: &Api, put: &FilePut, content: &mut dyn FileContent) -> Result<RemoteFile, ProviderError> {
    let sum = checksum::of(content, put.size, Sum::quick_xor()).await?;
    let mut ours = put.tried;
    for _ in 0..ATTEMPTS {
        let sent = if put.size == 0 { empty(api, put).await? } else { large(api, put, content).await? };
        let there = match sent {
            Sent::Made(item) => {
                ours = true;
                Some(*item)
            }
            // What it was for is there, or it is begun again.
            Sent::Over => {
                ours = true;
                called(api, put.reserved.as_str()).await?
            }
            Sent::Taken => called(api, put.reserved.as_str()).await?,
        };
        if let Some(item) = there {
            return same(item, put, &sum, ours);
        }
    }
    Err(ProviderError::Server { provider: MICROSOFT.to_owned(), detail: "the upload was lost again and again".to_owned() })
}

enum Sent {
    Made(Box<Item>),
    /// The session ended before it said what became of it.
    Over,
    /// There was a file of this name before anything was sent.
    Taken,
}

/// What Microsoft has is what was sent, or nobody is told that it was saved. `ours`: an attempt of ours may have made it.
fn same(item: Item, put: &FilePut, sum: &str, ours: bool) -> Result<RemoteFile, ProviderError> {
    let ending = item.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let equal = item.size == put.size && item.sum().is_none_or(|there| there == sum);
    if equal || (ours && REWRITTEN.contains(&ending.as_str())) {
        return Ok(item.remote());
    }
    Err(ProviderError::Refused(if ours {
        format!("What OneDrive has of {} is not what was sent: look at it there.", put.name)
    } else {
        format!("There is another file called {} there by now: give this one up and save it again.", item.name)
    }))
}

async fn large(api: &Api, put: &FilePut, content: &mut dyn FileContent) -> Result<Sent, ProviderError> {
    let url = api.urls.me(["drive", "special", "approot:", &format!("{}:", put.reserved), "createUploadSession"]);
    let body = json!({"item": {"@microsoft.graph.conflictBehavior": "fail", "name": put.reserved.as_str()}});
    let reply = api.any(json_call(Method::POST, url.clone(), &body)?).await?;
    if session::taken(&reply) {
        return Ok(Sent::Taken);
    }
    let opened: Opened = parse(&url, &accepted(api, reply)?.body)?;
    let session = Session::new(api, &url, &opened, put.size, WHAT, |url, reply| match reply.status.as_u16() {
        200 | 201 => parse(url, &reply.body).map(Some),
        _ => Ok(None),
    })?;
    let made = send::send(&session, content, put.size, PIECE, &api.waits()).await?;
    Ok(made.map_or(Sent::Over, |item: Item| Sent::Made(Box::new(item))))
}

/// A session takes no file without bytes.
async fn empty(api: &Api, put: &FilePut) -> Result<Sent, ProviderError> {
    let url = api.urls.me(["drive", "special", "approot:", &format!("{}:", put.reserved), "content"]);
    let url = with_query(url, &[("@microsoft.graph.conflictBehavior", "fail")]);
    let mime = HeaderValue::from_str(&put.mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let reply = api.any(Call::new(Method::PUT, url.clone()).body(mime, Vec::new())).await?;
    if session::taken(&reply) {
        return Ok(Sent::Taken);
    }
    Ok(Sent::Made(Box::new(parse(&url, &accepted(api, reply)?.body)?)))
}

fn accepted(api: &Api, reply: Reply) -> Result<Reply, ProviderError> {
    if reply.status.is_success() { Ok(reply) } else { Err(api.refusal(WHAT, reply.status, &reply.headers, &reply.body)) }
}
