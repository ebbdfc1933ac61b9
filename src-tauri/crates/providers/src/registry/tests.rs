#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
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
        let registry = with_builtin(None, config("google", ProviderConfig { client_id: client, ..ProviderConfig::default() }));
        assert_eq!(registry.rows()[0].client, ClientSource::Missing);
        let text = registry.client(GOOGLE).unwrap_err().to_string();
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
    assert!(
        matches!(registry.oauth(&"slack".into()), Err(OAuthError::Config(text)) if text.contains("google, microsoft, oidc, imap, jmap, caldav, ics, todoist"))
    );
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
    assert_eq!(
        ids(missing),
        [
            "mail.modify",
            "mail.send",
            "mail.drafts",
            "calendar.list",
            "calendar.read",
            "calendar.write",
            "calendar.freebusy",
            "tasks.read",
            "tasks.write",
            "files",
            "people.contacts",
            "people.others"
        ]
    );
}

/// As if the program had been built with such a client.
fn with_builtin(client: Option<&'static str>, config: Config) -> Registry {
    Registry::of(vec![Integration { builtin_client: client, ..google() }], &config)
}

#[test]
fn a_built_in_client_is_used_until_the_person_has_one_and_secrets_are_never_mixed() {
    use domain::ExposeSecret as _;
    let built = with_builtin(Some("distributor"), Config::default());
    assert_eq!(built.rows()[0].client, ClientSource::BuiltIn);
    assert_eq!(built.client(GOOGLE).unwrap().0, "distributor");
    let mine = ProviderConfig { client_id: Some(" mine ".into()), ..ProviderConfig::default() };
    let own = with_builtin(Some("distributor"), config("google", mine.clone()));
    assert_eq!(own.rows()[0].client, ClientSource::Own);
    let (id, secret) = own.client(GOOGLE).unwrap();
    assert_eq!((id.as_str(), secret.is_none()), ("mine", true), "not the distributor's secret");
    let with_secret = ProviderConfig { client_secret: Some("s".into()), ..mine };
    let secret = with_builtin(Some("distributor"), config("google", with_secret)).client(GOOGLE).unwrap().1.unwrap();
    assert_eq!(secret.expose_secret(), "s");
    let placeholder = with_builtin(Some(PLACEHOLDER_CLIENT), Config::default());
    assert!(placeholder.client(GOOGLE).is_err() && placeholder.rows()[0].client == ClientSource::Missing);
}

#[test]
fn what_google_does_not_let_anybody_choose_is_refused_not_ignored() {
    for (key, bad) in [
        ("redirect", ProviderConfig { redirect: Some("scheme".into()), ..ProviderConfig::default() }),
        ("scopes", ProviderConfig { scopes: Some("openid".into()), ..ProviderConfig::default() }),
    ] {
        let error = Registry::new(&config("google", bad)).unwrap_err().to_string();
        assert!(error.contains("[providers.google]") && error.contains(key), "{error}");
    }
    // Says what is so anyway; an earlier form wrote it.
    let fine = ProviderConfig { redirect: Some("loopback".into()), ..ProviderConfig::default() };
    assert!(Registry::new(&config("google", fine)).is_ok());
}

#[test]
fn calendars_by_password_are_read_and_only_servers_are_written_to() {
    let registry = Registry::new(&Config::default()).unwrap();
    let features = |id: &str, services: &[Service]| {
        let row = registry.rows().iter().find(|r| r.id.as_str() == id).unwrap();
        assert_eq!((row.auth, row.services), (AuthKind::Password, services));
        row.granted(&[]).0.iter().map(|f| f.id).collect::<Vec<_>>()
    };
    let both = &[Service::Calendar, Service::Tasks];
    assert_eq!(features(CALDAV, both), ["calendar.read", "calendar.write", "tasks.read", "tasks.write"]);
    assert_eq!(features(ICS, &[Service::Calendar]), ["calendar.read"]);
    assert!(matches!(registry.oauth(&CALDAV.into()), Err(OAuthError::Config(_))));
}

#[test]
fn todoist_takes_a_token_and_has_one_address() {
    let with = |provider: ProviderConfig| Registry::new(&config(TODOIST, provider));
    let registry = with(ProviderConfig { api_url: Some("http://127.0.0.1:9/api/v1".into()), ..ProviderConfig::default() }).unwrap();
    let row = registry.rows().iter().find(|r| r.id.as_str() == TODOIST).unwrap();
    assert_eq!((row.auth, row.services, row.revocable), (AuthKind::Token, &[Service::Tasks][..], false));
    assert_eq!(row.granted(&[]).0.iter().map(|f| f.id).collect::<Vec<_>>(), ["tasks.read", "tasks.write"]);
    assert!(row.account_page.is_some_and(|page| page.starts_with("https://app.todoist.com/")));
    assert!(matches!(registry.oauth(&TODOIST.into()), Err(OAuthError::Config(_))));
    let words = |config: Result<Registry, OAuthError>| config.unwrap_err().to_string();
    let plain = with(ProviderConfig { api_url: Some("http://api.todoist.example".into()), ..ProviderConfig::default() });
    assert!(words(plain).contains("providers.todoist.api_url"));
    let client = words(with(ProviderConfig { client_id: Some("x".into()), ..ProviderConfig::default() }));
    assert!(client.contains("[providers.todoist] client_id"), "{client}");
    let other =
        words(Registry::new(&config(GOOGLE, ProviderConfig { api_url: Some("https://x.example".into()), ..ProviderConfig::default() })));
    assert!(other.contains("[providers.google] api_url"), "{other}");
}

#[test]
fn every_provider_by_token_has_one_address_and_says_where_its_token_is() {
    for id in BY_TOKEN {
        let with = |provider: ProviderConfig| Registry::new(&config(id, provider));
        let registry = with(ProviderConfig { api_url: Some("http://127.0.0.1:9/api".into()), ..ProviderConfig::default() }).unwrap();
        let row = registry.rows().iter().find(|r| r.id.as_str() == *id).unwrap();
        assert_eq!((row.auth, row.services, row.revocable), (AuthKind::Token, &[Service::Tasks][..], false), "{id}");
        let scopes: Vec<String> = row.scopes.iter().map(|scope| (*scope).to_owned()).collect();
        assert_eq!(
            row.granted(&scopes).0.iter().filter(|f| f.service == Service::Tasks).map(|f| f.id).collect::<Vec<_>>(),
            ["tasks.read", "tasks.write"],
            "{id}"
        );
        assert!(row.account_page.is_some_and(|page| page.starts_with("https://")), "{id}");
        let plain = with(ProviderConfig { api_url: Some("http://api.example".into()), ..ProviderConfig::default() }).unwrap_err();
        assert!(plain.to_string().contains(&format!("providers.{id}.api_url")), "{plain}");
        let client = with(ProviderConfig { client_id: Some("x".into()), ..ProviderConfig::default() });
        if row.sign_in.is_some() {
            assert!(registry.oauth(&row.id).is_ok() && client.is_ok_and(|r| r.client(id).is_ok()), "{id}");
            assert!(registry.client(id).unwrap_err().to_string().contains("client_id is missing"), "{id}");
        } else {
            let client = client.unwrap_err();
            assert!(client.to_string().contains(&format!("[providers.{id}] client_id")), "{client}");
        }
    }
    let unknown = Registry::new(&config("gogle", ProviderConfig::default())).unwrap_err().to_string();
    assert!(BY_TOKEN.iter().all(|id| unknown.contains(id)), "{unknown}");
}

#[test]
fn a_grant_of_tasks_to_read_is_one_to_read() {
    let row = google();
    assert!(row.scopes.contains(&scope::TASKS) && row.services.contains(&Service::Tasks));
    let of = |scope: &str| {
        let granted = [scope.to_owned()];
        row.granted(&granted).0.iter().filter(|f| f.service == Service::Tasks).map(|f| f.id).collect::<Vec<_>>()
    };
    assert_eq!(of(scope::TASKS), ["tasks.read", "tasks.write"]);
    assert_eq!(of(scope::TASKS_READONLY), ["tasks.read"]);
}

#[test]
fn microsoft_has_no_secret_and_an_authority_of_its_own_shape() {
    let with = |provider: ProviderConfig| Registry::new(&config(MICROSOFT, provider));
    let fine = ProviderConfig {
        client_id: Some("c".into()),
        issuer: Some("https://login.microsoftonline.com/2f1c9a77-53b0-4f0e-8d6a-0b7d2c9e4a11/v2.0".into()),
        redirect: Some("loopback".into()),
        graph_url: Some("http://127.0.0.1:9".into()),
        ..ProviderConfig::default()
    };
    let registry = with(fine.clone()).unwrap();
    assert!(registry.oauth(&MICROSOFT.into()).is_ok_and(|row| row.client == ClientSource::Own));
    for (bad, word) in [
        (ProviderConfig { client_secret: Some("s".into()), ..fine.clone() }, "client_secret"),
        (ProviderConfig { redirect: Some("scheme".into()), ..fine.clone() }, "redirect"),
        (ProviderConfig { gmail_url: Some("https://x.example".into()), ..fine.clone() }, "gmail_url"),
        (ProviderConfig { issuer: Some("https://login.microsoftonline.com".into()), ..fine.clone() }, "issuer"),
        (ProviderConfig { graph_url: Some("http://graph.example".into()), ..fine.clone() }, "graph_url"),
    ] {
        let error = with(bad).unwrap_err().to_string();
        assert!(error.contains("microsoft") && error.contains(word), "{error}");
    }
    let elsewhere = ProviderConfig { graph_url: Some("https://x.example".into()), ..ProviderConfig::default() };
    assert!(Registry::new(&config(GOOGLE, elsewhere)).unwrap_err().to_string().contains("graph_url"));
}
