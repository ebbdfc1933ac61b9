//! Answers to invitations.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        world::MsSwitches,
    },
    diary::Diary,
    handles::MsTold,
    write::take,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    comment: Option<String>,
    #[serde(default = "yes")]
    send_response: bool,
    #[serde(default)]
    proposed_new_time: Option<Value>,
}

const fn yes() -> bool {
    true
}

pub(super) fn respond(diary: &mut Diary, id: &str, action: &str, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let body: Body = call.json()?;
    let (entry, day) = diary.find(id)?;
    if entry.own {
        return Err(GraphError::new(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.",
        ));
    }
    let refuses = entry.fields.get("allowNewTimeProposals") == Some(&json!(false));
    if body.proposed_new_time.is_some() && (action == "accept" || !body.send_response || refuses) {
        return Err(GraphError::property("proposedNewTime can't go with this response."));
    }
    if body.comment.as_ref().is_some_and(|comment| comment.len() > 100_000) {
        return Err(GraphError::property("The comment is too long."));
    }
    let key = entry.key;
    let (response, shows) = match action {
        "accept" => ("accepted", "busy"),
        "decline" => ("declined", "free"),
        _ => ("tentativelyAccepted", "tentative"),
    };
    let subject = entry.fields.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
    let told = MsTold { what: response.to_owned(), whom: entry.organizer.1.clone(), subject };
    if body.send_response {
        diary.told.push(told);
    }
    if response == "declined" && !switches.keeps_declined {
        take(diary, key, day, call.now);
        return Ok(Answer::Empty(202));
    }
    let serial = diary.tick();
    if let Some(entry) = diary.entries.get_mut(&key) {
        (entry.changed, entry.modified) = (serial, call.now);
        match day {
            Some(day) => {
                let (at, own) = entry.exceptions.entry(day).or_default();
                *at = serial;
                own.insert("ownResponse".to_owned(), json!(response));
                own.insert("showAs".to_owned(), json!(shows));
            }
            None => {
                entry.whole = serial;
                response.clone_into(&mut entry.response);
                entry.fields.insert("showAs".to_owned(), json!(shows));
            }
        }
    }
    Ok(Answer::Empty(202))
}
