#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;
use crate::scripted::{Scripted, http};

fn document(base: &str) -> Value {
    json!({"issuer": base, "authorization_endpoint": format!("{base}/a"), "token_endpoint": format!("{base}/t"),
           "revocation_endpoint": format!("{base}/r"), "code_challenge_methods_supported": ["S256"],
           "response_types_supported": ["code"], "authorization_response_iss_parameter_supported": true})
}

#[tokio::test]
async fn reads_once_and_remembers() {
    let server = Scripted::start().await;
    server.next_json(200, &document(&server.base).to_string());
    let (discovery, http) = (Discovery::default(), http());
    let metadata = discovery.metadata(&http, &server.base).await.unwrap();
    assert_eq!(metadata.token_url.as_str(), format!("{}/t", server.base));
    assert!(metadata.iss_required && metadata.userinfo_url.is_none());
    assert_eq!(discovery.metadata(&http, &server.base).await.unwrap(), metadata);
    assert_eq!(server.asked().len(), 1);
    assert!(server.asked().iter().all(|a| a.target == "/.well-known/openid-configuration"));
}

#[test]
fn refuses_documents_that_could_send_tokens_astray() {
    let base = "https://id.example";
    let with = |key: &str, value: Value| {
        let mut d = document(base);
        if let Some(map) = d.as_object_mut() {
            map.insert(key.to_owned(), value);
        }
        d.to_string()
    };
    assert!(parse(base, document(base).to_string().as_bytes()).is_ok());
    for (bad, why) in [
        (with("issuer", json!("https://evil.example")), "https://evil.example"),
        (with("issuer", json!("https://id.example/")), "exactly that"),
        (with("token_endpoint", json!("http://id.example/t")), "https"),
        (with("authorization_endpoint", json!("javascript:alert(1)")), "authorization_endpoint"),
        (with("code_challenge_methods_supported", json!(["plain"])), "S256"),
        (with("response_types_supported", json!(["id_token"])), "code"),
        ("<html>".to_owned(), "OpenID configuration"),
        ("{}".to_owned(), "OpenID configuration"),
    ] {
        let error = parse(base, bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert_eq!(document_url("https://id.example/tenant/").unwrap().as_str(), "https://id.example/tenant/.well-known/openid-configuration");
    assert!(document_url("http://id.example").is_err());
}

#[tokio::test]
async fn an_outage_is_transient_and_a_wrong_address_is_configuration() {
    let server = Scripted::start().await;
    server.next_json(503, "{}").next_json(404, "{}").next_json(200, &document(&server.base).to_string());
    let (discovery, http) = (Discovery::default(), http());
    assert!(matches!(discovery.metadata(&http, &server.base).await, Err(OAuthError::Transient { .. })));
    assert!(matches!(discovery.metadata(&http, &server.base).await, Err(OAuthError::Config(_))));
    assert!(discovery.metadata(&http, &server.base).await.is_ok(), "failures are not remembered");
}
