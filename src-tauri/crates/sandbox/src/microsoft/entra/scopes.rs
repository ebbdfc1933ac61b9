//! Scopes and the resources that they belong to. A scope without a resource is one of Graph's.

use std::collections::BTreeSet;

pub(super) const GRAPH: &str = "https://graph.microsoft.com/";
const OUTLOOK: &str = "https://outlook.office.com/";

/// Of OpenID Connect: they belong to no resource and go with any.
const OPEN: [&str; 4] = ["openid", "profile", "email", "offline_access"];

const GRAPH_SCOPES: [&str; 17] = [
    "User.Read",
    "Mail.Read",
    "Mail.ReadBasic",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.Read",
    "MailboxSettings.ReadWrite",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Calendars.Read.Shared",
    "Calendars.ReadWrite.Shared",
    "Tasks.Read",
    "Tasks.ReadWrite",
    "Files.ReadWrite.AppFolder",
    "Contacts.Read",
    "Contacts.ReadWrite",
    "People.Read",
];
const OUTLOOK_SCOPES: [&str; 2] = ["IMAP.AccessAsUser.All", "SMTP.Send"];

/// The scope as it is kept (with its resource), or None where there is no such scope. Names are compared without regard to case.
pub(super) fn long(scope: &str) -> Option<String> {
    if let Some(open) = OPEN.iter().find(|s| s.eq_ignore_ascii_case(scope)) {
        return Some((*open).to_owned());
    }
    let find = |all: &[&str], name: &str| all.iter().find(|s| s.eq_ignore_ascii_case(name)).map(|s| (*s).to_owned());
    let (resource, name) = match (scope.strip_prefix(GRAPH), scope.strip_prefix(OUTLOOK)) {
        (_, Some(name)) => (OUTLOOK, find(&OUTLOOK_SCOPES, name)?),
        (Some(name), _) => (GRAPH, find(&GRAPH_SCOPES, name)?),
        (None, None) => (GRAPH, find(&GRAPH_SCOPES, scope)?),
    };
    Some(format!("{resource}{name}"))
}

/// None for the scopes that belong to no resource.
pub(super) fn resource(long: &str) -> Option<&'static str> {
    [GRAPH, OUTLOOK].into_iter().find(|r| long.starts_with(r))
}

/// Without Graph's prefix.
pub(super) fn short(long: &str) -> &str {
    long.strip_prefix(GRAPH).unwrap_or(long)
}

/// All resources that are named.
pub(super) fn resources(scopes: &BTreeSet<String>) -> BTreeSet<&'static str> {
    scopes.iter().filter_map(|s| resource(s)).collect()
}

/// Parses a `scope` parameter; the error is the name that is not known.
pub(super) fn parse(list: &str) -> Result<BTreeSet<String>, String> {
    list.split(' ').filter(|s| !s.is_empty()).map(|s| long(s).ok_or_else(|| s.to_owned())).collect()
}

/// As a token reply lists them: `offline_access` is never among them.
pub(super) fn listed(scopes: &BTreeSet<String>, long_names: bool) -> String {
    let shown = scopes.iter().filter(|s| *s != "offline_access");
    let shown = shown.map(|s| if long_names { s.to_lowercase() } else { short(s).to_owned() });
    shown.collect::<Vec<_>>().join(" ")
}
