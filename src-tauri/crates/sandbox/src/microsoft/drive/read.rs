//! Reading: what lies in the folder, what is known of it, and its bytes.

use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        query::Options,
        world::MsWorld,
    },
    PATH,
    item::{Item, PROPERTIES},
    no_item,
};
use crate::ranges::ranged;

/// An address of content lives about an hour.
const LIFE_SECS: i64 = 3600;

pub(super) fn children(world: &MsWorld, email: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &PROPERTIES, &["$skiptoken"])?;
    let most = options.top.unwrap_or(200).min(world.switches.drive_page);
    let skip = match call.query.iter().find(|(n, _)| n == "$skiptoken") {
        None => 0,
        Some((_, token)) => token.parse::<usize>().map_err(|_| GraphError::query("The skip token is not valid."))?,
    };
    let files: Vec<&Item> = world.drives.files(email).iter().filter(|f| !f.outside).collect();
    let page: Vec<Value> = files.iter().skip(skip).take(most).map(|f| f.json(&options.select)).collect();
    let mut out = json!({"value": page});
    if skip + most < files.len() {
        let kept = call.query.iter().filter(|(n, _)| n != "$skiptoken").map(|(n, v)| format!("{n}={}&", v.replace(',', "%2C")));
        let next = format!("{}/v1.0/me/drive/special/approot/children?{}$skiptoken={}", call.base, kept.collect::<String>(), skip + most);
        crate::text::put(&mut out, "@odata.nextLink", json!(next));
    }
    Ok(Answer::ok(out))
}

fn seen<'a>(world: &'a MsWorld, email: &str, id: &str) -> Result<&'a Item, GraphError> {
    match world.drives.files(email).iter().find(|f| f.id == id) {
        Some(item) if item.outside => Err(GraphError::new(403, "accessDenied", "Access denied")),
        Some(item) => Ok(item),
        None => Err(no_item()),
    }
}

pub(super) fn get(world: &MsWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &PROPERTIES, &[])?;
    Ok(Answer::ok(seen(world, email, id)?.json(&options.select)))
}

pub(super) fn called(world: &MsWorld, email: &str, name: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &PROPERTIES, &[])?;
    Ok(Answer::ok(world.drives.called(email, name).ok_or_else(no_item)?.json(&options.select)))
}

pub(super) fn content(world: &mut MsWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let id = seen(world, email, id)?.id.clone();
    let token = world.rng.token(40);
    world.drives.contents.insert(token.clone(), (email.to_owned(), id, call.now.plus_secs(LIFE_SECS)));
    Ok(Answer::Found(format!("{}{PATH}?content={token}", call.base)))
}

pub(super) fn bytes(world: &mut MsWorld, token: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    world.drives.contents.retain(|_, (_, _, until)| call.now < *until);
    if call.method != "GET" {
        return Err(GraphError::new(405, "invalidRequest", "The HTTP method is not allowed here."));
    }
    let (email, id, _) = world.drives.contents.get(token).ok_or_else(no_item)?;
    let item = seen(world, email, id)?;
    Ok(Answer::Raw(ranged(&item.bytes, &item.mime, call.header("range"), world.switches.drive_ranges)))
}
