//! The sandbox as a whole: where it listens, how it misbehaves on purpose, what it logs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{net::IpAddr, time::Instant};

use crate::{
    Fault, FaultAction, Sandbox, SandboxError, SandboxOptions,
    test_client::{MODIFY, get, google_token, send, try_send},
};

#[tokio::test]
async fn listens_on_this_machine_only() {
    let options = SandboxOptions { bind: IpAddr::from([0, 0, 0, 0]), ..SandboxOptions::default() };
    assert!(matches!(Sandbox::start(options).await, Err(SandboxError::NotLoopback(_))));
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let foreign = send(&sandbox.google_base(), "GET", "/v1/userinfo", &[("Host", "rebind.example")], b"").await;
    assert_eq!(foreign.status, 421);
    assert!(domain::config::Config { providers: sandbox.provider_config(), ca_file: None }.check().is_ok());
    let base = sandbox.google_base();
    sandbox.stop().await;
    assert!(try_send(&base, "GET", "/v1/userinfo", &[], b"").await.is_none());
}

#[tokio::test]
async fn faults_reach_the_wire_as_asked() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let base = sandbox.google_base();
    let token = google_token(&sandbox, MODIFY).await;
    let auth = format!("Bearer {token}");
    let headers = [("Authorization", auth.as_str())];
    let profile = "/gmail/v1/users/me/profile";
    let arm = |action| sandbox.control().add_fault(Fault::new(profile, action));

    arm(FaultAction::Status { status: 503, retry_after: Some("2".to_owned()), reason: None, body: None });
    let refused = get(&base, profile, &token).await;
    assert_eq!((refused.status, refused.reason().as_str(), refused.header("retry-after").as_deref()), (503, "backendError", Some("2")));
    assert_eq!(get(&base, profile, &token).await.status, 200);

    arm(FaultAction::Drop { after_commit: false });
    assert!(try_send(&base, "GET", profile, &headers, b"").await.is_none());

    arm(FaultAction::Truncate { keep: 10 });
    assert!(try_send(&base, "GET", profile, &headers, b"").await.is_none());

    arm(FaultAction::SlowBody { millis: 20, chunk: 20 });
    let begun = Instant::now();
    let slow = get(&base, profile, &token).await;
    assert_eq!(slow.json()["emailAddress"], crate::MARA);
    assert!(begun.elapsed().as_millis() >= 80);
    assert_eq!(sandbox.control().count("GET", profile), 5);
}

#[tokio::test]
async fn a_drop_after_commit_has_taken_effect() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let base = sandbox.google_base();
    let token = google_token(&sandbox, MODIFY).await;
    let id = sandbox.labelled(crate::MARA, "UNREAD").into_iter().find(|m| m.labels.contains("INBOX")).unwrap().id;
    let path = format!("/gmail/v1/users/me/messages/{id}/modify");
    sandbox.control().add_fault(Fault::new("*modify", FaultAction::Drop { after_commit: true }));
    let auth = format!("Bearer {token}");
    let headers = [("Authorization", auth.as_str()), ("Content-Type", "application/json")];
    assert!(try_send(&base, "POST", &path, &headers, br#"{"removeLabelIds":["UNREAD"]}"#).await.is_none());
    assert!(!sandbox.messages(crate::MARA).into_iter().find(|m| m.id == id).unwrap().labels.contains("UNREAD"));
}

#[tokio::test]
async fn another_process_can_steer_it() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let base = sandbox.oidc_base();
    let json = [("Content-Type", "application/json")];
    let before = sandbox.now();
    send(&base, "POST", "/_sbx/clock", &json, br#"{"advance_ms":3600000}"#).await;
    assert!(sandbox.now().since(before) >= 3_600_000);
    let fault = br#"{"path":"/token","action":{"kind":"status","status":400,"body":{"error":"invalid_grant"}}}"#;
    assert_eq!(send(&base, "POST", "/_sbx/faults", &json, fault).await.status, 204);
    assert_eq!(send(&base, "POST", "/token", &[], b"").await.json()["error"], "invalid_grant");
    let log = send(&base, "GET", "/_sbx/log?method=POST&path=/token", &[], b"").await.json();
    assert_eq!(log["count"], 1);
    let mail = br#"{"to":"mara@lindqvist.example","from":"a@b.example","subject":"hello there","body":"x"}"#;
    assert_eq!(send(&base, "POST", "/_sbx/deliver", &json, mail).await.status, 200);
    assert_eq!(sandbox.messages(crate::MARA)[0].subject, "hello there");
}
