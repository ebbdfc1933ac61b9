//! Signing in at GitHub with a code, against the sandbox, by the real client.
#![allow(clippy::unwrap_used)]

use domain::{audit::Actor, connection::ConnectionSettings};

use crate::{
    ConnectToken, EngineError,
    flow_tests::{World, begin, no_errors, world},
    views::{ConnectionView, DeviceStart, OAuthIntent, RevocationOutcome},
};

async fn start(w: &World, intent: OAuthIntent) -> DeviceStart {
    w.engine.begin_device(begin("github", intent)).await.unwrap()
}

async fn signed_in(w: &World, intent: OAuthIntent) -> Result<ConnectionView, EngineError> {
    let start = start(w, intent).await;
    assert!(w.sandbox.enter_github_code(&start.user_code, true), "{start:?}");
    w.engine.wait_oauth(&start.attempt).await
}

async fn refused(w: &World, start: &DeviceStart) -> String {
    w.engine.wait_oauth(&start.attempt).await.unwrap_err().code
}

fn again(view: &ConnectionView) -> OAuthIntent {
    OAuthIntent::Reconnect { connection: view.id.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_becomes_a_connection_that_is_renewed_and_left_with_words() {
    let w = world().await;
    let started = start(&w, OAuthIntent::New).await;
    assert!(started.verification_uri.ends_with("/login/device") && started.user_code.len() == 9, "{started:?}");
    assert_eq!(w.sandbox.github_codes(), std::slice::from_ref(&started.user_code));
    assert!(w.engine.connections().await.unwrap().is_empty(), "nothing before the person said yes");
    assert!(w.sandbox.enter_github_code(&started.user_code, true));
    let view = w.engine.wait_oauth(&started.attempt).await.unwrap();
    let c = &view.connection;
    assert_eq!((c.label.as_str(), c.subject.as_str(), &c.settings), ("GitHub", "583231", &ConnectionSettings::OAuth));
    assert_eq!(c.granted_scopes, ["repo", "read:user"]);
    assert!(view.features.iter().all(|f| f.granted), "{:?}", view.features);
    assert!(view.accounts.is_empty(), "it is no mailbox");
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());

    // The access token is over, the grant is not.
    w.sandbox.expire_github_tokens();
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());

    let left = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert_eq!(left.revocation, RevocationOutcome::Unsupported);
    assert_eq!(left.account_page.as_deref(), Some("https://github.com/settings/applications"));
    assert!(left.message.contains("https://github.com/settings/applications"), "{}", left.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_stay_need_no_renewal_and_end_when_they_are_refused() {
    let w = world().await;
    w.sandbox.set_github(|s| s.token_secs = None);
    let view = signed_in(&w, OAuthIntent::New).await.unwrap();
    w.sandbox.clock().advance(200 * 24 * 3_600_000);
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    w.sandbox.end_github_grants();
    let report = w.engine.sync_now(Some(&view.id)).await.unwrap();
    assert!(report.scopes.iter().any(|s| s.error.is_some()), "{report:?}");
    assert_eq!(w.engine.connection(&view.id).await.unwrap().connection.status, domain::connection::ConnectionStatus::Expired);
    // The same account again: nothing of before is lost, and no second connection is made.
    assert_eq!(signed_in(&w, again(&view)).await.unwrap().id, view.id);
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_is_refused_and_less_than_was_asked_for_is_told() {
    let w = world().await;
    let view = signed_in(&w, OAuthIntent::New).await.unwrap();
    w.sandbox.set_github_user(77);
    let other = signed_in(&w, again(&view)).await.unwrap_err();
    assert_eq!(other.code, "other_account");
    assert_eq!(w.engine.connection(&view.id).await.unwrap().connection.subject, "583231");
    w.sandbox.set_github(|s| s.granted_scopes = Some(vec!["read:user".to_owned()]));
    let second = signed_in(&w, OAuthIntent::New).await.unwrap();
    assert_eq!(second.connection.subject, "77");
    let off: Vec<&str> = second.features.iter().filter(|f| !f.granted).map(|f| f.id.as_str()).collect();
    assert!(off.contains(&"tasks.write"), "{off:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_ones_own_gives_way_to_a_sign_in_and_back() {
    let w = world().await;
    let pasted =
        |reconnect| ConnectToken { integration: "github".into(), token: w.sandbox.github_token().into(), reconnect, actor: Actor::Person };
    let by_token = w.engine.connect_token(pasted(None)).await.unwrap();
    assert!(by_token.features.iter().all(|f| f.granted), "what a token may do is not told: {:?}", by_token.features);
    let view = signed_in(&w, again(&by_token)).await.unwrap();
    assert_eq!((&view.id, &view.connection.settings), (&by_token.id, &ConnectionSettings::OAuth));
    w.sandbox.set_github_token("github_pat_another_one");
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let back = w.engine.connect_token(pasted(Some(view.id.clone()))).await.unwrap();
    assert_eq!(back.connection.settings, ConnectionSettings::Token);
    w.sandbox.end_github_grants();
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let left = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert!(left.message.contains("personal-access-tokens"), "{}", left.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_code_is_told_and_leaves_nothing() {
    let mut w = world().await;
    let started = start(&w, OAuthIntent::New).await;
    assert!(w.sandbox.enter_github_code(&started.user_code, false));
    assert_eq!(refused(&w, &started).await, "denied");

    let started = start(&w, OAuthIntent::New).await;
    w.sandbox.clock().advance(901_000);
    assert_eq!(refused(&w, &started).await, "code_expired");

    let started = start(&w, OAuthIntent::New).await;
    w.engine.cancel_oauth(&started.attempt);
    assert_eq!(refused(&w, &started).await, "cancelled");
    assert!(w.sandbox.enter_github_code(&started.user_code, true), "the code itself lives on, for nobody");

    let started = start(&w, OAuthIntent::New).await;
    w.sandbox.set_github(|s| s.device_flow = false);
    assert_eq!(refused(&w, &started).await, "device_flow_disabled");
    assert_eq!(w.engine.begin_device(begin("github", OAuthIntent::New)).await.unwrap_err().code, "device_flow_disabled");
    w.sandbox.set_github(|s| s.device_flow = true);
    assert_eq!(w.engine.begin_device(begin("google", OAuthIntent::New)).await.unwrap_err().code, "unsupported");

    // The program ends while the code waits: the attempt is over, and what the person allows afterwards gives nobody anything.
    let started = start(&w, OAuthIntent::New).await;
    w.restart().await;
    assert!(w.sandbox.enter_github_code(&started.user_code, true));
    assert_eq!(refused(&w, &started).await, "not_found");
    assert!(w.engine.connections().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_codes_at_once_are_one_connection() {
    let w = world().await;
    let (one, other) = (start(&w, OAuthIntent::New).await, start(&w, OAuthIntent::New).await);
    assert_ne!(one.user_code, other.user_code);
    for started in [&one, &other] {
        assert!(w.sandbox.enter_github_code(&started.user_code, true));
    }
    let (a, b) = tokio::join!(w.engine.wait_oauth(&one.attempt), w.engine.wait_oauth(&other.attempt));
    assert_eq!(a.unwrap().id, b.unwrap().id);
    assert_eq!(w.engine.connections().await.unwrap().len(), 1);
}
