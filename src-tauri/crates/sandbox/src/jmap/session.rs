//! The session resource (RFC 8620 section 2).

use serde_json::{Map, Value, json};

use super::world::{ACCOUNT, JmapWorld};

pub(super) const CORE: &str = "urn:ietf:params:jmap:core";
pub(super) const MAIL: &str = "urn:ietf:params:jmap:mail";
pub(super) const SUBMISSION: &str = "urn:ietf:params:jmap:submission";

/// Another one whenever something of the session is another.
pub(super) fn state(world: &JmapWorld) -> String {
    let s = &world.switches;
    format!(
        "{}-{}-{}-{}-{}",
        s.max_objects_in_get,
        s.max_objects_in_set,
        s.max_calls_in_request,
        u8::from(s.read_only),
        u8::from(s.submission)
    )
}

pub(super) fn capabilities(world: &JmapWorld) -> Vec<&'static str> {
    if world.switches.submission { vec![CORE, MAIL, SUBMISSION] } else { vec![CORE, MAIL] }
}

pub(super) fn session(world: &JmapWorld, base: &str) -> Value {
    let s = &world.switches;
    let core = json!({
        "maxSizeUpload": s.max_size_upload, "maxConcurrentUpload": 4, "maxSizeRequest": s.max_size_request,
        "maxConcurrentRequests": s.max_concurrent_requests, "maxCallsInRequest": s.max_calls_in_request,
        "maxObjectsInGet": s.max_objects_in_get, "maxObjectsInSet": s.max_objects_in_set, "collationAlgorithms": ["i;ascii-casemap"],
    });
    let of_account = |capability: &str| match capability {
        MAIL => json!({
            "maxMailboxesPerEmail": null, "maxMailboxDepth": 10, "maxSizeMailboxName": 255, "maxSizeAttachmentsPerEmail": 50_000_000,
            "emailQuerySortOptions": ["receivedAt"], "mayCreateTopLevelMailbox": true,
        }),
        SUBMISSION => json!({"maxDelayedSend": 0, "submissionExtensions": {}}),
        _ => json!({}),
    };
    let all = capabilities(world);
    let server: Map<String, Value> = all.iter().map(|c| ((*c).to_owned(), if *c == CORE { core.clone() } else { json!({}) })).collect();
    let account: Map<String, Value> = all.iter().map(|c| ((*c).to_owned(), of_account(c))).collect();
    let primary: Map<String, Value> = all.iter().filter(|c| **c != CORE).map(|c| ((*c).to_owned(), json!(ACCOUNT))).collect();
    let mut session = json!({
        "capabilities": server,
        "accounts": {(ACCOUNT): {
            "name": world.username, "isPersonal": true, "isReadOnly": s.read_only, "accountCapabilities": account,
        }},
        "primaryAccounts": primary,
        "username": world.username,
        "apiUrl": format!("{base}/jmap/api"),
        "downloadUrl": format!("{base}/jmap/download/{{accountId}}/{{blobId}}/{{name}}?accept={{type}}"),
        "uploadUrl": format!("{base}/jmap/upload/{{accountId}}"),
        "eventSourceUrl": format!("{base}/jmap/events?types={{types}}&closeafter={{closeafter}}&ping={{ping}}"),
        "state": state(world),
    });
    if !s.push {
        crate::text::put(&mut session, "eventSourceUrl", json!(""));
    }
    session
}
