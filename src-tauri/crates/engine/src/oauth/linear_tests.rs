//! Signing in at Linear in the browser, against the sandbox, by the real client.
#![allow(clippy::unwrap_used)]

use domain::{audit::Actor, connection::ConnectionSettings};
use sandbox::{AutoConsent, LINEAR_COLLEAGUE, LINEAR_USER, MARA, Provider};

use crate::{
    ConnectToken, EngineError,
    flow_tests::{World, begin, browse, no_errors, world},
    views::{ConnectionView, OAuthIntent, RevocationOutcome},
};

async fn signed_in(w: &World, intent: OAuthIntent) -> Result<ConnectionView, EngineError> {
    let start = w.engine.begin_oauth(begin("linear", intent)).await.unwrap();
    for part in ["scope=read%2Cwrite", "actor=user", "code_challenge_method=S256", "redirect_uri=http%3A%2F%2F127.0.0.1%3A"] {
        assert!(start.authorize_url.contains(part), "{part} in {}", start.authorize_url);
    }
    browse(&start.authorize_url).await;
    w.engine.wait_oauth(&start.attempt).await
}

fn again(view: &ConnectionView) -> OAuthIntent {
    OAuthIntent::Reconnect { connection: view.id.clone() }
}

fn pasted(w: &World, reconnect: Option<domain::ids::ConnectionId>) -> ConnectToken {
    ConnectToken { integration: "linear".into(), token: w.sandbox.linear_key().into(), reconnect, actor: Actor::Person }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_browser_renewed_and_withdrawn() {
    let w = world().await;
    let view = signed_in(&w, OAuthIntent::New).await.unwrap();
    let c = &view.connection;
    assert_eq!((c.label.as_str(), c.subject.as_str(), &c.settings), ("Linear", LINEAR_USER, &ConnectionSettings::OAuth));
    assert_eq!(c.granted_scopes, ["read", "write"]);
    assert!(view.features.iter().all(|f| f.granted) && view.withdrawable == Some(true), "{view:?}");
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    // Twice: each refresh token is good once, and its successor was kept.
    for round in 1..=2 {
        w.sandbox.expire_access_tokens(Provider::Linear);
        no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
        assert_eq!(w.sandbox.counts(Provider::Linear).refreshes, round);
    }
    assert_eq!(w.sandbox.counts(Provider::Linear).reuse_detected, 0);
    let left = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert_eq!((left.revocation, w.sandbox.live_grants(Provider::Linear, MARA)), (RevocationOutcome::Revoked, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_and_a_no_change_nothing_and_a_key_gives_way() {
    let w = world().await;
    let by_key = w.engine.connect_token(pasted(&w, None)).await.unwrap();
    assert_eq!(by_key.withdrawable, None);
    w.sandbox.set_auto_consent(Provider::Linear, Some(AutoConsent { deny: true, ..AutoConsent::default() }));
    assert_eq!(signed_in(&w, again(&by_key)).await.unwrap_err().code, "denied");
    let colleague = AutoConsent { account: Some("ines@northgate.example".to_owned()), ..AutoConsent::default() };
    w.sandbox.set_auto_consent(Provider::Linear, Some(colleague));
    w.sandbox.set_linear_user(LINEAR_COLLEAGUE);
    assert_eq!(signed_in(&w, again(&by_key)).await.unwrap_err().code, "other_account");
    assert_eq!(w.sandbox.live_grants(Provider::Linear, "ines@northgate.example"), 0, "what nobody uses is withdrawn");
    w.sandbox.set_linear_user(LINEAR_USER);
    w.sandbox.set_auto_consent(Provider::Linear, Some(AutoConsent::default()));
    let view = signed_in(&w, again(&by_key)).await.unwrap();
    assert_eq!((&view.id, &view.connection.settings), (&by_key.id, &ConnectionSettings::OAuth));
    w.sandbox.set_linear_key("lin_api_another");
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_alone_is_told() {
    let w = world().await;
    let less = AutoConsent { scopes: Some(vec!["read".to_owned()]), ..AutoConsent::default() };
    w.sandbox.set_auto_consent(Provider::Linear, Some(less));
    let view = signed_in(&w, OAuthIntent::New).await.unwrap();
    let off: Vec<&str> = view.features.iter().filter(|f| !f.granted).map(|f| f.id.as_str()).collect();
    assert_eq!(off, ["tasks.write"]);
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
}
