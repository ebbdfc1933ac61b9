//! What an update of a mail asks for: whole properties, or parts of them by pointer (RFC 8620 section 5.3, RFC 8621 section 4.6).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    error::SetError,
    request::Call,
    world::{Email, JmapWorld},
};

/// RFC 8621 section 4.1.1: printable ASCII without what IMAP's flags may not have, at most 255 characters.
pub(super) fn is_keyword(text: &str) -> bool {
    let plain = |b: u8| (0x21..=0x7e).contains(&b) && !b"(){]%*\"\\".contains(&b);
    !text.is_empty() && text.len() <= 255 && text.bytes().all(plain)
}

/// A set as JSON has it: every value is true.
pub(super) fn set_of(property: &str, value: &Value) -> Result<BTreeSet<String>, SetError> {
    let wrong = || SetError::properties(&[property], "This is no set.");
    let map = value.as_object().ok_or_else(wrong)?;
    if map.values().any(|v| v != &Value::Bool(true)) {
        return Err(wrong());
    }
    Ok(map.keys().map(|k| if property == "keywords" { k.to_ascii_lowercase() } else { k.clone() }).collect())
}

/// Mailboxes and keywords, checked as the server checks them.
pub(super) fn checked(world: &JmapWorld, mailboxes: &BTreeSet<String>, keywords: &BTreeSet<String>) -> Result<(), SetError> {
    if mailboxes.is_empty() {
        return Err(SetError::properties(&["mailboxIds"], "A mail is in at least one mailbox."));
    }
    if mailboxes.iter().any(|id| world.mailbox(id).is_none()) {
        return Err(SetError::properties(&["mailboxIds"], "There is no such mailbox."));
    }
    if !keywords.iter().all(|k| is_keyword(k)) {
        return Err(SetError::properties(&["keywords"], "This is no keyword."));
    }
    Ok(())
}

/// Mailboxes and keywords of a mail after an update.
pub(super) fn apply(call: &Call<'_>, email: &Email, patch: &Value) -> Result<(BTreeSet<String>, BTreeSet<String>), SetError> {
    let Value::Object(patch) = patch else { return Err(SetError::new("invalidPatch", "A patch is an object.")) };
    let (mut mailboxes, mut keywords) = (email.mailboxes.clone(), email.keywords.clone());
    for (path, value) in patch {
        let parts: Vec<String> = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        match parts.as_slice() {
            [name] if name == "mailboxIds" => mailboxes = set_of(name, value)?.iter().filter_map(|id| call.id(id)).collect(),
            [name] if name == "keywords" => keywords = set_of(name, value)?,
            [name, item] if name == "mailboxIds" || name == "keywords" => {
                whole_and_part(patch, name)?;
                let set = if name == "keywords" { &mut keywords } else { &mut mailboxes };
                let item = if name == "keywords" { item.to_ascii_lowercase() } else { call.id(item).unwrap_or_else(|| item.clone()) };
                match value {
                    Value::Null => drop(set.remove(&item)),
                    Value::Bool(true) => drop(set.insert(item)),
                    _ => return Err(SetError::properties(&[name], "A member of a set is true or null.")),
                }
            }
            [name] => return Err(SetError::properties(&[name], "This property can't be changed.")),
            _ => return Err(SetError::new("invalidPatch", "The path leads nowhere.")),
        }
    }
    checked(call.world, &mailboxes, &keywords)?;
    Ok((mailboxes, keywords))
}

/// One path may not begin with another.
fn whole_and_part(patch: &Map<String, Value>, name: &str) -> Result<(), SetError> {
    if patch.contains_key(name) { Err(SetError::new("invalidPatch", "One path begins with another.")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_those_of_the_rfc() {
        for good in ["$seen", "$forwarded", "work", "a}b", "[x"] {
            assert!(is_keyword(good), "{good}");
        }
        for bad in ["", "a b", "a(", "a)", "a{", "a]", "a%", "a*", "a\"", "a\\", "ä", &"x".repeat(256)] {
            assert!(!is_keyword(bad), "{bad}");
        }
    }
}
