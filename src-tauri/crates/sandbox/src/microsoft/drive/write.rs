//! Writing: small files at once, all others through a session that takes them in pieces.

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        resource::stamp,
        upload::check,
        world::MsWorld,
    },
    PATH,
    item::Item,
    no_item, taken,
};

/// The first size of a piece that is too large.
const MAX_PIECE: usize = 60 * 1024 * 1024;
/// What is put at once, at most (PROVIDERS 2.8: historically 4 MB).
const MAX_SMALL: usize = 4 * 1024 * 1024;
/// A session that nobody goes on with.
const LIFE_SECS: i64 = 24 * 3600;

pub(super) struct Upload {
    email: String,
    name: String,
    /// What the first piece said of the whole.
    size: Option<usize>,
    bytes: Vec<u8>,
    expires: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    item: AskedItem,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedItem {
    #[serde(rename = "@microsoft.graph.conflictBehavior")]
    conflict: String,
    name: String,
}

fn fits(world: &MsWorld, email: &str, more: usize) -> Result<(), GraphError> {
    let held: usize = world.drives.files(email).iter().map(|f| f.bytes.len()).sum();
    match world.switches.drive_quota {
        Some(quota) if held + more > quota => Err(GraphError::new(507, "quotaLimitReached", "Insufficient space available")),
        _ => Ok(()),
    }
}

/// The stand-in takes the one behaviour that makes no second file: what is there already is said.
fn only_fail(behaviour: &str) -> Result<(), GraphError> {
    match behaviour {
        "fail" => Ok(()),
        "rename" | "replace" => Err(GraphError::new(501, "notSupported", "This stand-in takes conflictBehavior fail only.")),
        _ => Err(GraphError::new(400, "invalidRequest", "Invalid value for conflictBehavior.")),
    }
}

fn good_name(name: &str) -> Result<(), GraphError> {
    let forbidden = |c: char| "\"*:<>?/\\|".contains(c) || c.is_control();
    if name.is_empty() || name.chars().any(forbidden) || name.ends_with('.') || name.trim() != name {
        return Err(GraphError::new(
            400,
            "invalidRequest",
            "The provided name cannot contain any of the following characters: \" * : < > ? / \\ |",
        ));
    }
    Ok(())
}

pub(super) fn begin(world: &mut MsWorld, email: &str, name: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let asked: Asked = call.json()?;
    good_name(name)?;
    only_fail(&asked.item.conflict)?;
    if asked.item.name != name {
        return Err(GraphError::new(400, "invalidRequest", "The name in the body is not the one in the path."));
    }
    if world.drives.called(email, name).is_some() {
        return Err(taken());
    }
    fits(world, email, 1)?;
    let token = world.rng.token(40);
    let expires = call.now.plus_secs(LIFE_SECS);
    let upload = Upload { email: email.to_owned(), name: name.to_owned(), size: None, bytes: Vec::new(), expires };
    world.drives.uploads.insert(token.clone(), upload);
    let url = format!("{}{PATH}?upload={token}", call.base);
    Ok(Answer::ok(json!({"uploadUrl": url, "expirationDateTime": stamp(expires), "nextExpectedRanges": ["0-"]})))
}

fn status(upload: &Upload) -> Value {
    json!({"expirationDateTime": stamp(upload.expires), "nextExpectedRanges": [format!("{}-", upload.bytes.len())]})
}

pub(super) fn session(world: &mut MsWorld, token: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    world.drives.uploads.retain(|_, upload| call.now < upload.expires);
    let upload = world.drives.uploads.get_mut(token).ok_or_else(no_item)?;
    match call.method {
        "GET" => Ok(Answer::ok(status(upload))),
        "DELETE" => {
            world.drives.uploads.remove(token);
            Ok(Answer::Empty(204))
        }
        "PUT" => {
            let said = call.header("content-range").and_then(|r| r.rsplit_once('/')?.1.parse::<usize>().ok()).unwrap_or_default();
            let size = *upload.size.get_or_insert(said);
            check(upload.bytes.len(), size, call, MAX_PIECE)?;
            upload.bytes.extend_from_slice(call.body);
            if upload.bytes.len() < size {
                return Ok(Answer::Json(202, status(upload)));
            }
            let Some(done) = world.drives.uploads.remove(token) else { return Err(no_item()) };
            make(world, &done.email, &done.name, "application/octet-stream", done.bytes, call.now)
        }
        _ => Err(GraphError::new(405, "invalidRequest", "The HTTP method is not allowed here.")),
    }
}

pub(super) fn small(world: &mut MsWorld, email: &str, name: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let behaviour = call.query.iter().find(|(n, _)| n == "@microsoft.graph.conflictBehavior").map_or("replace", |(_, v)| v.as_str());
    only_fail(behaviour)?;
    if let Some((other, _)) = call.query.iter().find(|(n, _)| n != "@microsoft.graph.conflictBehavior") {
        return Err(GraphError::query(format!("The query option '{other}' is not supported here.")));
    }
    good_name(name)?;
    if call.body.len() > MAX_SMALL {
        return Err(GraphError::new(413, "RequestEntityTooLarge", "The file is too large to be put at once."));
    }
    make(world, email, name, &call.content_type(), call.body.to_vec(), call.now)
}

fn make(world: &mut MsWorld, email: &str, name: &str, mime: &str, mut bytes: Vec<u8>, now: Timestamp) -> Result<Answer, GraphError> {
    // It may have come by another way meanwhile.
    if world.drives.called(email, name).is_some() {
        return Err(taken());
    }
    fits(world, email, bytes.len())?;
    if let Some(first) = bytes.first_mut().filter(|_| world.switches.drive_damage) {
        *first ^= 1;
    }
    let id = world.drives.fresh_id();
    let item = Item { id, name: name.to_owned(), mime: mime.to_owned(), bytes, modified: now, revision: 1, outside: false };
    let said = item.json(&[]);
    world.drives.people.entry(email.to_owned()).or_default().push(item);
    Ok(Answer::Json(201, said))
}
