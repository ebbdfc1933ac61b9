#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::scripted::{Scripted, answer, fixed, http_at};

const NOW: Timestamp = Timestamp::from_secs(1_763_800_000);

fn client(server: &Scripted, secret: Option<&str>) -> Client {
    Client {
        label: "Google",
        client_id: "me".into(),
        client_secret: secret.map(SecretString::from),
        authorize_url: server.url("/auth"),
        token_url: server.url("/token"),
        revoke_url: Some(server.url("/revoke")),
        userinfo_url: Some(server.url("/userinfo")),
        issuers: vec!["https://id.example".into()],
        iss_required: false,
        revoke_names_client: false,
        entra: false,
    }
}

fn id_token(claims: &Value) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn form(asked: &crate::scripted::Asked) -> std::collections::BTreeMap<String, String> {
    url::form_urlencoded::parse(&asked.body).into_owned().collect()
}

async fn exchange(server: &Scripted, secret: Option<&str>, nonce: Option<&str>) -> Result<TokenSet, OAuthError> {
    let http = http_at(fixed(NOW.secs()));
    let (code, verifier) = (SecretString::from("4/0Ab"), SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    client(server, secret).exchange(&http, &code, &verifier, "http://127.0.0.1:53682/cb/google", nonce, NOW).await
}

#[tokio::test]
async fn the_exchange_sends_what_the_reference_shows_and_reads_the_reply() {
    let server = Scripted::start().await;
    let token =
        id_token(&json!({"iss": "https://id.example", "aud": "me", "exp": NOW.secs() + 60, "nonce": "n", "sub": "1", "email": "a@x.test"}));
    let reply = json!({"access_token": "ya29.sbx", "expires_in": 3599, "refresh_token": "1//0sbx", "scope": "openid https://x/a,b",
                       "token_type": "bearer", "id_token": token});
    server.next_json(200, &reply.to_string());
    let tokens = exchange(&server, Some("GOCSPX-x"), Some("n")).await.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "ya29.sbx");
    assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "1//0sbx");
    assert_eq!(tokens.expires_at, Some(NOW.plus_secs(3599)));
    assert_eq!(tokens.scopes, Some(["openid", "https://x/a", "b"].map(str::to_owned).into()));
    assert_eq!(tokens.identity.unwrap().email, "a@x.test");
    let asked = &server.asked()[0];
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("authorization"), None, "the secret goes into the form, as Google wants it");
    let form = form(asked);
    for (key, value) in [
        ("grant_type", "authorization_code"),
        ("code", "4/0Ab"),
        ("client_id", "me"),
        ("client_secret", "GOCSPX-x"),
        ("redirect_uri", "http://127.0.0.1:53682/cb/google"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ] {
        assert_eq!(form.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_eq!(form.len(), 6);
}

#[tokio::test]
async fn a_public_client_sends_no_secret_and_a_missing_nonce_is_refused() {
    let server = Scripted::start().await;
    server.next_json(200, r#"{"access_token":"a","token_type":"Bearer"}"#).next_json(200, r#"{"access_token":"a","token_type":"Bearer"}"#);
    let tokens = exchange(&server, None, None).await.unwrap();
    assert!(tokens.expires_at.is_none() && tokens.scopes.is_none() && tokens.refresh_token.is_none(), "unknown is not invented");
    assert!(!form(&server.asked()[0]).contains_key("client_secret"));
    assert!(matches!(exchange(&server, None, Some("n")).await, Err(OAuthError::Invalid(_))), "a nonce was sent, so an id_token is due");
}

#[tokio::test]
async fn refresh_keeps_quiet_about_the_token_that_the_reply_omits() {
    let server = Scripted::start().await;
    server.next_json(200, r#"{"access_token":"b","expires_in":"60","token_type":"Bearer"}"#);
    server.next_json(200, r#"{"access_token":"c","refresh_token":"r2","token_type":"Bearer"}"#);
    let (client, http) = (client(&server, None), http_at(fixed(NOW.secs())));
    let tokens = client.refresh(&http, &SecretString::from("r1"), NOW).await.unwrap();
    assert!(tokens.refresh_token.is_none());
    assert_eq!(tokens.expires_at, Some(NOW.plus_secs(60)), "some servers write the number as a string");
    let form = form(&server.asked()[0]);
    assert_eq!((form["grant_type"].as_str(), form["refresh_token"].as_str(), form.len()), ("refresh_token", "r1", 3));
    assert_eq!(client.refresh(&http, &SecretString::from("r1"), NOW).await.unwrap().refresh_token.unwrap().expose_secret(), "r2");
}

#[tokio::test]
async fn every_error_means_what_the_engine_will_do() {
    let server = Scripted::start().await;
    let (client, http) = (client(&server, None), http_at(fixed(NOW.secs())));
    for (status, body, code) in [
        (400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#, "grant_dead"),
        (401, r#"{"error":"invalid_client"}"#, "client"),
        (400, r#"{"error":"unauthorized_client"}"#, "client"),
        (400, r#"{"error":"invalid_request","error_description":"client_secret is missing."}"#, "client"),
        (400, r#"{"error":"temporarily_unavailable"}"#, "unreachable"),
        (400, r#"{"error":"access_denied"}"#, "denied"),
        (400, r#"{"error":"something_new"}"#, "invalid_answer"),
        (429, r#"{"error":"invalid_grant"}"#, "unreachable"),
        (500, "oops", "unreachable"),
        (503, r#"{"error":"invalid_grant"}"#, "unreachable"),
        (302, "", "invalid_answer"),
        (200, "not json", "invalid_answer"),
        (200, r#"{"access_token":"secret-token"}"#, "invalid_answer"),
        (200, r#"{"access_token":"secret-token","token_type":"mac"}"#, "invalid_answer"),
        (200, r#"{"access_token":"bad\r\nsecret-token","token_type":"Bearer"}"#, "invalid_answer"),
    ] {
        server.next_json(status, body);
        let error = client.refresh(&http, &SecretString::from("secret-refresh"), NOW).await.unwrap_err();
        assert_eq!(error.code(), code, "{status} {body}: {error}");
        assert!(!format!("{error} {error:?}").contains("secret-"), "{error:?}");
    }
    server.next(|_| {
        let mut response = answer(503, "text/plain", "");
        response.headers_mut().insert("retry-after", "7".parse().unwrap());
        response
    });
    let error = client.refresh(&http, &SecretString::from("r"), NOW).await.unwrap_err();
    assert!(matches!(error, OAuthError::Transient { retry_at: Some(at), .. } if at == NOW.plus_secs(7)), "{error:?}");
    let words = {
        server.next_json(400, "{\"error\":\"invalid_grant\",\"error_description\":\"a\\u001b[31mb\\nc\"}");
        client.refresh(&http, &SecretString::from("r"), NOW).await.unwrap_err().to_string()
    };
    assert!(words.ends_with("a[31mbc"), "no control characters from outside: {words:?}");
}

#[tokio::test]
async fn revocation_tells_dead_from_revoked_from_unsupported() {
    let server = Scripted::start().await;
    let (mut client, http) = (client(&server, Some("s")), http_at(fixed(NOW.secs())));
    let token = SecretString::from("1//0 x");
    server.next(|_| answer(200, "text/plain", ""));
    assert_eq!(client.revoke(&http, &token).await.unwrap(), Revocation::Revoked);
    assert_eq!(server.asked()[0].text(), "token=1%2F%2F0+x", "Google takes the token alone");
    server.next_json(400, r#"{"error":"invalid_token"}"#);
    assert_eq!(client.revoke(&http, &token).await.unwrap(), Revocation::AlreadyDead);
    server.next_json(503, "");
    assert!(matches!(client.revoke(&http, &token).await, Err(OAuthError::Transient { .. })));
    server.next_json(401, r#"{"error":"invalid_client"}"#);
    assert!(matches!(client.revoke(&http, &token).await, Err(OAuthError::Client(_))));
    client.revoke_names_client = true;
    client.client_secret = None;
    server.next(|_| answer(200, "text/plain", ""));
    client.revoke(&http, &token).await.unwrap();
    assert_eq!(server.asked().last().unwrap().text(), "token=1%2F%2F0+x&client_id=me");
    client.revoke_url = None;
    assert_eq!(client.revoke(&http, &token).await.unwrap(), Revocation::Unsupported);
}

#[tokio::test]
async fn identity_comes_from_the_id_token_and_is_completed_by_userinfo_of_the_same_person() {
    let server = Scripted::start().await;
    let (client, http) = (client(&server, None), http_at(fixed(NOW.secs())));
    let tokens =
        |identity: Option<Identity>| TokenSet { access_token: "t".into(), refresh_token: None, expires_at: None, scopes: None, identity };
    let known = Identity { subject: "1".into(), email: "a@x.test".into(), ..Identity::default() };
    assert_eq!(client.identity(&http, &tokens(Some(known.clone()))).await.unwrap(), known);
    assert!(server.asked().is_empty(), "nothing to ask");
    let bare = Identity { subject: "1".into(), ..Identity::default() };
    server.next_json(200, r#"{"sub":"1","email":"a@x.test","email_verified":true,"name":"A"}"#);
    assert_eq!(client.identity(&http, &tokens(Some(bare.clone()))).await.unwrap().email, "a@x.test");
    assert_eq!(server.asked()[0].header("authorization"), Some("Bearer t"));
    server.next_json(200, r#"{"sub":"2","email":"evil@x.test"}"#);
    assert!(matches!(client.identity(&http, &tokens(Some(bare))).await, Err(OAuthError::Invalid(_))));
    server.next_json(200, r#"{"id":"9","email":"old@x.test","verified_email":true}"#);
    assert_eq!(client.identity(&http, &tokens(None)).await.unwrap().subject, "9", "Google's old shape");
    server.next_json(200, r#"{"email":"a@x.test"}"#);
    assert!(client.identity(&http, &tokens(None)).await.is_err(), "an address is no identity");
}
