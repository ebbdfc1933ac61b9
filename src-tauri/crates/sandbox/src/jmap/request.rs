//! One request of the API: read, checked against the limits, and its calls done in their order (RFC 8620 section 3).

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    args::Args,
    email,
    error::{MethodError, Problem},
    import, mailbox, query,
    reference::{self, Answered},
    session::{self, CORE, MAIL, SUBMISSION},
    set, submission,
    world::{ACCOUNT, JmapWorld},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    using: Vec<String>,
    method_calls: Vec<(String, Map<String, Value>, String)>,
    created_ids: Option<BTreeMap<String, String>>,
}

pub(super) struct Done {
    pub body: Value,
    /// The answer is not to arrive.
    pub lost: bool,
}

/// What the calls of a request share.
pub(super) struct Call<'a> {
    pub world: &'a mut JmapWorld,
    pub now: Timestamp,
    /// Ids of what was made in this request, by the names that the client gave.
    pub created: BTreeMap<String, String>,
}

impl Call<'_> {
    /// `#name` stands for what was made by that name.
    pub fn id(&self, text: &str) -> Option<String> {
        match text.strip_prefix('#') {
            Some(name) => self.created.get(name).cloned(),
            None => Some(text.to_owned()),
        }
    }
}

/// What one call answers, under the names of the methods that did it.
pub(super) type Answers = Vec<(&'static str, Value)>;

pub(super) fn run(world: &mut JmapWorld, content_type: &str, body: &[u8], now: Timestamp) -> Result<Done, Problem> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new("notJSON", "The content type is not application/json."));
    }
    if body.len() > world.switches.max_size_request {
        return Err(Problem::limit("maxSizeRequest"));
    }
    let value: Value = serde_json::from_slice(body).map_err(|_| Problem::new("notJSON", "This is not JSON."))?;
    let asked: Asked = serde_json::from_value(value).map_err(|_| Problem::new("notRequest", "This is no request."))?;
    let known = session::capabilities(world);
    if let Some(unknown) = asked.using.iter().find(|using| !known.contains(&using.as_str())) {
        return Err(Problem::new("unknownCapability", &format!("There is no {unknown} here.")));
    }
    if asked.method_calls.len() > world.switches.max_calls_in_request {
        return Err(Problem::limit("maxCallsInRequest"));
    }
    let lost = world.switches.lose_answer_to.clone().is_some_and(|lost| asked.method_calls.iter().any(|(name, ..)| *name == lost));
    if lost {
        world.switches.lose_answer_to = None;
    }
    let tells_ids = asked.created_ids.is_some();
    let mut call = Call { world, now, created: asked.created_ids.unwrap_or_default() };
    let mut answers: Vec<Answered> = Vec::new();
    for (name, arguments, id) in asked.method_calls {
        match one(&mut call, &asked.using, &name, arguments, &answers) {
            Ok(done) => answers.extend(done.into_iter().map(|(name, value)| (name.to_owned(), value, id.clone()))),
            Err(error) => answers.push(("error".to_owned(), error.body(), id)),
        }
    }
    let created = call.created.clone();
    let mut body = json!({"methodResponses": answers, "sessionState": session::state(world)});
    if tells_ids {
        crate::text::put(&mut body, "createdIds", json!(created));
    }
    Ok(Done { body, lost })
}

/// The capability that a method belongs to.
fn capability(method: &str) -> Option<&'static str> {
    Some(match method {
        "Core/echo" => CORE,
        "Mailbox/get" | "Mailbox/changes" | "Mailbox/query" | "Mailbox/set" => MAIL,
        "Email/get" | "Email/changes" | "Email/query" | "Email/set" | "Email/import" => MAIL,
        "Identity/get" | "EmailSubmission/query" | "EmailSubmission/set" => SUBMISSION,
        _ => return None,
    })
}

fn one(
    call: &mut Call<'_>,
    using: &[String],
    name: &str,
    arguments: Map<String, Value>,
    answers: &[Answered],
) -> Result<Answers, MethodError> {
    if !capability(name).is_some_and(|needed| using.iter().any(|u| u == needed)) {
        return Err(MethodError::new("unknownMethod", "There is no such method among the capabilities that are used."));
    }
    if let Some(kind) = call.world.fails(name) {
        return Err(MethodError::new(&kind, "This failure was asked for by a switch."));
    }
    let arguments = reference::resolve(arguments, answers)?;
    if name == "Core/echo" {
        return Ok(vec![("Core/echo", Value::Object(arguments))]);
    }
    let mut args = Args::new(arguments);
    if args.need::<String>("accountId")? != ACCOUNT {
        return Err(MethodError::new("accountNotFound", "There is no such account."));
    }
    if (name.ends_with("/set") || name.ends_with("/import")) && call.world.switches.read_only {
        return Err(MethodError::new("accountReadOnly", "This account can only be read."));
    }
    match name {
        "Mailbox/get" => mailbox::get(call, args),
        "Mailbox/changes" => mailbox::changes(call, args),
        "Mailbox/query" => mailbox::query(call, args),
        "Mailbox/set" => mailbox::set(call, args),
        "Email/get" => email::get(call, args),
        "Email/changes" => email::changes(call, args),
        "Email/query" => query::query(call, args),
        "Email/set" => set::set(call, args),
        "Email/import" => import::import(call, args),
        "Identity/get" => submission::identities(call, args),
        "EmailSubmission/query" => submission::query(call, args),
        _ => submission::set(call, args),
    }
}

/// At most so many ids; with more the call is refused.
pub(super) fn within(count: usize, most: usize) -> Result<(), MethodError> {
    if count > most { Err(MethodError::new("requestTooLarge", "There are more objects in it than a call may have.")) } else { Ok(()) }
}

/// `ifInState` of a `/set` or an import.
pub(super) fn in_state(wanted: Option<String>, state: &str) -> Result<(), MethodError> {
    if wanted.is_none_or(|wanted| wanted == state) {
        Ok(())
    } else {
        Err(MethodError::new("stateMismatch", "The state is another by now."))
    }
}

/// What `/get` shows of a record: the properties that were asked for, and the id.
pub(super) fn shown(record: Value, properties: Option<&[String]>) -> Result<Value, MethodError> {
    let (Value::Object(mut map), Some(properties)) = (record.clone(), properties) else { return Ok(record) };
    if let Some(unknown) = properties.iter().find(|name| !map.contains_key(*name)) {
        return Err(MethodError::arguments(&format!("There is no property {unknown}.")));
    }
    map.retain(|name, _| name == "id" || properties.contains(name));
    Ok(Value::Object(map))
}
