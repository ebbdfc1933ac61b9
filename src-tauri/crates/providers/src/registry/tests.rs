#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use super::*;

fn config(id: &str, provider: ProviderConfig) -> Config {
    Config { providers: BTreeMap::from([(id.to_owned(), provider)]), ca_file: None }
}

#[test]
fn a_typo_in_a_table_name_is_named_not_ignored() {
    let error = Registry::new(&config("gogle", ProviderConfig::default())).unwrap_err();
    assert!(matches!(&error, OAuthError::Config(text) if text.contains("providers.gogle") && text.contains("google")), "{error}");
}

#[test]
fn unsafe_addresses_are_refused_at_start() {
    let bad = ProviderConfig { token_url: Some("http://mail.example/token".into()), ..ProviderConfig::default() };
    assert!(matches!(Registry::new(&config("google", bad)), Err(OAuthError::Config(text)) if text.contains("providers.google.token_url")));
    let bad = ProviderConfig { redirect: Some("browser".into()), ..ProviderConfig::default() };
    assert!(Registry::new(&config("oidc", bad)).is_err());
}

#[test]
fn a_missing_client_id_says_what_to_put_where() {
    for client in [None, Some(String::new()), Some(PLACEHOLDER_CLIENT.to_owned())] {
        let registry = Registry::new(&config("google", ProviderConfig { client_id: client, ..ProviderConfig::default() })).unwrap();
        let text = registry.client_id(GOOGLE).unwrap_err().to_string();
        for part in ["client_id", "[providers.google]", "AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID", "docs/own-client.md"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn only_rows_with_oauth_sign_in_and_unknown_ones_are_named() {
    let registry = Registry::new(&Config::default()).unwrap();
    assert!(registry.oauth(&GOOGLE.into()).is_ok() && registry.oauth(&OIDC.into()).is_ok());
    assert!(matches!(registry.oauth(&IMAP.into()), Err(OAuthError::Config(_))));
    assert!(matches!(registry.oauth(&"slack".into()), Err(OAuthError::Config(text)) if text.contains("google, oidc, imap")));
}

#[test]
fn redirects_are_fixed_for_google_and_configurable_for_organisations() {
    let kind = |registry: &Registry, id: &str| registry.rows().iter().find(|r| r.id.as_str() == id).unwrap().redirect;
    let default = Registry::new(&Config::default()).unwrap();
    assert_eq!((kind(&default, GOOGLE), kind(&default, OIDC)), (Some(RedirectKind::Loopback), Some(RedirectKind::Scheme)));
    let loopback = ProviderConfig { redirect: Some("loopback".into()), ..ProviderConfig::default() };
    assert_eq!(kind(&Registry::new(&config("oidc", loopback)).unwrap(), OIDC), Some(RedirectKind::Loopback));
}

#[test]
fn every_scope_that_is_asked_for_serves_a_feature_and_every_feature_has_words() {
    for row in Registry::new(&Config::default()).unwrap().rows() {
        for feature in row.features {
            assert!(!feature.label.is_empty(), "{}", feature.id);
            assert!(feature.any_scope.is_empty() || !feature.without.is_empty(), "{}", feature.id);
        }
        for scope in row.scopes.iter().filter(|s| !["openid", "profile", "email"].contains(s)) {
            assert!(row.features.iter().any(|f| f.any_scope.contains(scope)), "{scope} is asked for and used by nothing");
        }
    }
}

#[test]
fn google_answers_with_long_scope_names_and_they_count() {
    let row = google();
    let (granted, missing) = row.granted(&[scope::EMAIL.to_owned(), scope::READONLY.to_owned()]);
    let ids = |list: Vec<&Feature>| list.iter().map(|f| f.id).collect::<Vec<_>>();
    assert_eq!(ids(granted), ["identity", "mail.read"]);
    assert_eq!(ids(missing), ["mail.modify", "mail.send", "mail.drafts"]);
}
