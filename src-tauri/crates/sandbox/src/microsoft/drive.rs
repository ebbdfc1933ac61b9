//! The folder of one program in OneDrive (PROVIDERS 2.8), as `Files.ReadWrite.AppFolder` lets it be seen. What else lies in a person's
//! OneDrive is refused. (unverified: with which code)
//!
//! Addresses of uploads and of contents are their own permission: a request to one that carries a bearer token is refused.

use std::collections::BTreeMap;

use domain::time::Timestamp;

use super::{
    call::{Answer, Call},
    error::GraphError,
    world::MsWorld,
};

mod handles;
mod item;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use handles::MsFile;

use item::Item;
use write::Upload;

pub(super) const SCOPE: &str = "Files.ReadWrite.AppFolder";
/// Path of such addresses on Graph's port here; the real ones are at another host.
pub(super) const PATH: &str = "/api/v2.0/drive";

#[derive(Default)]
pub(super) struct Drives {
    people: BTreeMap<String, Vec<Item>>,
    /// By the token in their address.
    uploads: BTreeMap<String, Upload>,
    /// Whose file an address of content is, and until when.
    contents: BTreeMap<String, (String, String, Timestamp)>,
    made: u64,
}

impl Drives {
    fn files(&self, email: &str) -> &[Item] {
        self.people.get(email).map_or(&[], Vec::as_slice)
    }

    fn fresh_id(&mut self) -> String {
        self.made += 1;
        format!("01SBX{:020}!{}", self.made, self.made)
    }

    /// By its name in the folder, in any case.
    fn called(&self, email: &str, name: &str) -> Option<&Item> {
        self.files(email).iter().find(|f| !f.outside && f.name.to_lowercase() == name.to_lowercase())
    }
}

fn no_item() -> GraphError {
    GraphError::new(404, "itemNotFound", "The resource could not be found.")
}

fn taken() -> GraphError {
    GraphError::new(409, "nameAlreadyExists", "An item with the same name already exists under the parent.")
}

/// `approot:/{name}:/what` comes as `approot:`, `{name}:`, `what`; without `what` the second colon may be left out.
pub(super) fn run(world: &mut MsWorld, email: &str, rest: &[&str], call: &Call<'_>) -> Result<Answer, GraphError> {
    match (call.method, rest) {
        ("GET", ["special", "approot", "children"]) => read::children(world, email, call),
        ("GET", ["special", "approot:", name]) => read::called(world, email, name.trim_end_matches(':'), call),
        ("POST", ["special", "approot:", name, "createUploadSession"]) => write::begin(world, email, named(name)?, call),
        ("PUT", ["special", "approot:", name, "content"]) => write::small(world, email, named(name)?, call),
        ("GET", ["items", id]) => read::get(world, email, id, call),
        ("GET", ["items", id, "content"]) => read::content(world, email, id, call),
        _ => Err(GraphError::new(400, "invalidRequest", "This is not a request that this folder takes.")),
    }
}

fn named<'a>(segment: &&'a str) -> Result<&'a str, GraphError> {
    segment
        .strip_suffix(':')
        .filter(|name| !name.is_empty())
        .ok_or_else(|| GraphError::new(400, "invalidRequest", "The path is malformed."))
}

/// A request to an address that was given out.
pub(super) fn by_address(world: &mut MsWorld, call: &Call<'_>) -> Result<Answer, GraphError> {
    if call.header("authorization").is_some() {
        return Err(GraphError::new(401, "unauthenticated", "The address is pre-authenticated: send no Authorization header."));
    }
    let param = |name: &str| call.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    match (param("upload"), param("content")) {
        (Some(token), None) => write::session(world, &token, call),
        (None, Some(token)) => read::bytes(world, &token, call),
        _ => Err(no_item()),
    }
}
