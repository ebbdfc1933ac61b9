//! Reading what is known of files, and ids for those that are to be made.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{
    fields,
    file::{FOLDER, File},
    invalid, no_file,
    world::GdriveWorld,
};
use crate::{
    gmail::{Call, error::ApiError},
    text,
};

/// At most `most`, `usual` where nothing is asked for.
fn limit(call: &Call<'_>, name: &str, usual: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = call.param(name) else { return Ok(usual) };
    match text.parse::<usize>() {
        Ok(n) if (1..=most).contains(&n) => Ok(n),
        _ => Err(invalid(name, text)),
    }
}

/// A term of `q`; terms are joined by `and`.
enum Term {
    Trashed(bool),
    NotOf(String),
    /// The beginning of a word of the name, in any case.
    Word(String),
}

impl Term {
    fn all(q: &str) -> Result<Vec<Self>, ApiError> {
        q.split(" and ").map(|term| Self::parse(term.trim()).ok_or_else(|| invalid("q", q))).collect()
    }

    fn parse(term: &str) -> Option<Self> {
        let quoted = |rest: &str| Some(rest.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("\\'", "'"));
        if let Some(rest) = term.strip_prefix("trashed =") {
            return rest.trim().parse().ok().map(Self::Trashed);
        }
        if let Some(rest) = term.strip_prefix("mimeType !=") {
            return quoted(rest).map(Self::NotOf);
        }
        quoted(term.strip_prefix("name contains")?).map(|word| Self::Word(word.to_lowercase()))
    }

    fn holds(&self, file: &File) -> bool {
        match self {
            Self::Trashed(trashed) => file.trashed == *trashed,
            Self::NotOf(mime) => file.mime != *mime,
            Self::Word(word) => file.name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|w| w.starts_with(word)),
        }
    }
}

/// A token says where to go on, and for which question.
fn question(call: &Call<'_>) -> String {
    ["q", "orderBy", "pageSize", "spaces"].map(|name| call.param(name).unwrap_or_default()).join("\n")
}

pub(super) fn list(world: &GdriveWorld, email: &str, call: &Call<'_>) -> Result<Response, ApiError> {
    call.only(&["q", "orderBy", "pageSize", "pageToken", "spaces"])?;
    let size = limit(call, "pageSize", 100, 1000)?.min(world.switches.page.unwrap_or(usize::MAX));
    if let Some(spaces) = call.param("spaces").filter(|s| *s != "drive") {
        return Err(invalid("spaces", spaces));
    }
    let terms = call.param("q").map(Term::all).transpose()?.unwrap_or_default();
    let mut files: Vec<&File> = world.files(email).iter().filter(|f| f.given && terms.iter().all(|t| t.holds(f))).collect();
    match call.param("orderBy") {
        Some("modifiedTime desc") => files.sort_by_key(|f| std::cmp::Reverse(f.modified)),
        None => {}
        Some(other) => return Err(invalid("orderBy", other)),
    }
    let skip = match call.param("pageToken") {
        None => 0,
        Some(token) => {
            let text = text::b64url_strict(token).and_then(|bytes| String::from_utf8(bytes).ok());
            let parts = text.as_deref().and_then(|t| t.split_once('\n'));
            let skip = parts.filter(|(_, asked)| *asked == question(call)).and_then(|(skip, _)| skip.parse::<usize>().ok());
            skip.ok_or_else(|| invalid("pageToken", token))?
        }
    };
    let page: Vec<Value> = files.iter().skip(skip).take(size).map(|f| f.json()).collect();
    let mut out = json!({"kind": "drive#fileList", "incompleteSearch": false, "files": page});
    if skip + size < files.len() {
        text::put(&mut out, "nextPageToken", json!(text::b64url(format!("{}\n{}", skip + size, question(call)).as_bytes())));
    }
    Ok(Json(fields::list(call, &out)?).into_response())
}

pub(super) fn get(world: &GdriveWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Response, ApiError> {
    call.only(&["supportsAllDrives", "acknowledgeAbuse"])?;
    Ok(Json(fields::file(call, &world.seen(email, id)?.json())?).into_response())
}

pub(super) fn ids(world: &mut GdriveWorld, email: &str, call: &Call<'_>) -> Result<Response, ApiError> {
    call.only(&["count", "space", "type"])?;
    let count = limit(call, "count", 10, 1000)?;
    for (name, known) in [("space", "drive"), ("type", "files")] {
        if let Some(other) = call.param(name).filter(|given| *given != known) {
            return Err(invalid(name, other));
        }
    }
    let ids: Vec<String> = (0..count).map(|_| world.hand_out(email)).collect();
    Ok(Json(json!({"kind": "drive#generatedIds", "space": "drive", "ids": ids})).into_response())
}

/// A folder that this program may put files into.
pub(super) fn parent(world: &GdriveWorld, email: &str, id: &str) -> Result<(), ApiError> {
    if id == "root" {
        return Ok(());
    }
    match world.seen(email, id) {
        Ok(folder) if folder.mime == FOLDER => Ok(()),
        Ok(_) => Err(ApiError::new(403, "parentNotAFolder", "The specified parent is not a folder.")),
        Err(_) => Err(no_file(id)),
    }
}
