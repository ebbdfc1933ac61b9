//! Grants at their edges: withdrawn late or never, and renewed without a lasting token.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use domain::audit::Actor;
use sandbox::{Fault, MARA, Provider};

use crate::{
    Engine,
    config::ProviderSettings,
    events::EngineEvent,
    flow_tests::{begin, browse, google, no_errors, world},
    views::{Health, OAuthIntent, RevocationOutcome},
};

fn client(id: &str) -> ProviderSettings {
    ProviderSettings { client_id: Some(id.to_owned()), ..ProviderSettings::default() }
}

async fn entries(engine: &Engine, action: &str) -> usize {
    engine.store().audit(None, 100, Some(action)).await.unwrap().items.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn google_is_left_without_a_client_id_too() {
    let w = world().await;
    let view = google(&w).await;
    w.engine.save_provider_settings("google", client("")).await.unwrap();
    let report = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert_eq!(report.revocation, RevocationOutcome::Revoked, "{report:?}");
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 0);
}

/// An organisation's revocation names the client: while it is missing the token is kept, and the promise too.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_of_ours_that_is_missing_loses_no_token() {
    let w = world().await;
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::New)).await.unwrap();
    let view = w.engine.oauth_callback(&browse(&start.authorize_url).await, Actor::Person).await.unwrap();
    let email = view.connection.email.clone();
    for (wrong, waits) in [("", 120), ("another-client", 7_200)] {
        w.engine.save_provider_settings("oidc", client(wrong)).await.unwrap();
        if wrong.is_empty() {
            let report = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
            assert_eq!(report.revocation, RevocationOutcome::Queued, "{report:?}");
            assert!(report.message.contains("7 days") && report.message.contains("registration"), "{}", report.message);
        }
        w.sandbox.clock().advance(waits * 1_000);
        assert_eq!(w.engine.run_revocations().await.unwrap(), 0, "it waits with {wrong:?}");
        assert_eq!(w.sandbox.live_grants(Provider::Oidc, &email), 1);
    }
    w.engine.save_provider_settings("oidc", client(sandbox::OIDC_CLIENT_ID)).await.unwrap();
    w.sandbox.clock().advance(24 * 3600 * 1_000);
    assert_eq!(w.engine.run_revocations().await.unwrap(), 1);
    assert_eq!(w.sandbox.live_grants(Provider::Oidc, &email), 0);
    assert_eq!(entries(&w.engine, "revocation.done").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_seven_days_a_revocation_is_given_up_and_the_person_told_once() {
    let w = world().await;
    let view = google(&w).await;
    w.sandbox.control().add_fault(Fault::status("*revoke*", 503, "backendError").times(0));
    assert_eq!(w.engine.disconnect(&view.id, Actor::Person).await.unwrap().revocation, RevocationOutcome::Queued);
    // Six days on it still tries.
    w.sandbox.clock().advance(6 * 86_400 * 1_000);
    assert_eq!(w.engine.run_revocations().await.unwrap(), 0);
    assert_eq!(w.engine.store().revocations().await.unwrap().len(), 1);
    let mut events = w.engine.events();
    w.sandbox.clock().advance(86_400 * 1_000 + 1_000);
    assert_eq!(w.engine.run_revocations().await.unwrap(), 1);
    assert_eq!(entries(&w.engine, "revocation.given_up").await, 1);
    assert!(w.engine.store().revocations().await.unwrap().is_empty(), "the token is gone with its row");
    // Neither again nor later.
    let asked = w.sandbox.control().count("POST", "*revoke*");
    w.sandbox.clock().advance(30 * 86_400 * 1_000);
    assert_eq!(w.engine.run_revocations().await.unwrap(), 0);
    assert_eq!(w.sandbox.control().count("POST", "*revoke*"), asked);
    assert_eq!(entries(&w.engine, "revocation.given_up").await, 1);
    let mut told = 0;
    while let Ok(Ok(event)) = tokio::time::timeout(Duration::from_millis(300), events.recv()).await {
        told += usize::from(matches!(&event, EngineEvent::Attention { code, .. } if code == "revocation"));
    }
    assert_eq!(told, 1);
}

/// A provider may give the lasting token at the first consent only: signing in again must not lose it.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_sign_in_without_a_refresh_token_keeps_the_stored_one() {
    let w = world().await;
    let view = google(&w).await;
    w.sandbox.refresh_token_once(Provider::Google, true);
    let start = w.engine.begin_oauth(begin("google", OAuthIntent::Reconnect { connection: view.id.clone() })).await.unwrap();
    browse(&start.authorize_url).await;
    assert_eq!(w.engine.wait_oauth(&start.attempt).await.unwrap().health, Health::Active);
    // Far behind the end of the access token.
    w.sandbox.clock().advance(5 * 3600 * 1_000);
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    assert_eq!(w.engine.connection(&view.id).await.unwrap().health, Health::Active);
}

/// Switched off by the person: no sync, nothing is lost, and on again it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_switched_off_rests_and_comes_back() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let before = w.engine.connection(&view.id).await.unwrap().messages;
    w.engine.set_enabled(&view.id, false).await.unwrap();
    let off = w.engine.connection(&view.id).await.unwrap();
    assert_eq!((off.health, off.messages), (Health::Disabled, before));
    w.sandbox.deliver_text(MARA, "new@example.org", "While off", "hello").unwrap();
    w.sandbox.control().clear_log();
    assert_eq!(w.engine.sync_now(Some(&view.id)).await.unwrap_err().code, "disabled");
    w.engine.sync_now(None).await.unwrap();
    assert!(w.sandbox.control().log().is_empty(), "the provider is not asked");
    assert_eq!(w.engine.connection(&view.id).await.unwrap().messages, before);
    w.engine.set_enabled(&view.id, true).await.unwrap();
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let on = w.engine.connection(&view.id).await.unwrap();
    assert_eq!((on.health, on.messages), (Health::Active, before + 1));
    assert_eq!((entries(&w.engine, "connection.disabled").await, entries(&w.engine, "connection.enabled").await), (1, 1));
}

/// What a sign-in needs to be finished lies sealed, under the hash of its state, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn the_row_of_a_pending_sign_in_is_sealed() {
    use crate::oauth::pkce;
    let w = world().await;
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::New)).await.unwrap();
    let url = url::Url::parse(&start.authorize_url).unwrap();
    let state = url.query_pairs().find(|(k, _)| k == "state").unwrap().1.into_owned();
    assert!(state.len() * 6 >= 128, "{state}");
    let hash = pkce::state_hash(&state);
    let taken = w.engine.store().take_pending_oauth(&hash, w.engine.now()).await.unwrap();
    let store::PendingOauth::Found(sealed) = taken else { panic!("{taken:?}") };
    let text = String::from_utf8_lossy(&sealed);
    for word in ["verifier", "aurelius://", "oidc", "nonce", state.as_str()] {
        assert!(!text.contains(word), "{word} is readable");
    }
    // It opens as what it is, and as nothing else: not for another state, not as a token.
    let open = |kind: &str, name: &str| w.engine.vault().open_sealed(kind, name, 1, &sealed);
    let plain = open("pending_oauth", &pkce::hash_name(&hash)).unwrap();
    let row: serde_json::Value = serde_json::from_slice(&plain).unwrap();
    assert_eq!((&row["integration"], &row["redirect_uri"]), (&"oidc".into(), &"aurelius://oauth/callback".into()));
    assert!(row["verifier"].as_str().unwrap().len() >= 43);
    assert!(open("pending_oauth", &pkce::hash_name(&pkce::state_hash("other"))).is_err());
    assert!(open("oauth", &pkce::hash_name(&hash)).is_err());
}
