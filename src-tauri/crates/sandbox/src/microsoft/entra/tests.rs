//! The sign-in over HTTP: what it gives, and what it refuses with which number.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::Value;

use super::*;
use crate::{
    MS_MARA, Provider, Sandbox, SandboxOptions,
    control::locked,
    test_client::{Reply, VERIFIER, form, query, send},
};

const REDIRECT: &str = "http://localhost:53682/cb/microsoft";
const SCOPES: &str = "openid profile email offline_access User.Read Mail.ReadWrite https://graph.microsoft.com/Mail.Send";

async fn start() -> Sandbox {
    Sandbox::start(SandboxOptions::small()).await.unwrap()
}

fn changed<'a>(mut pairs: Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    pairs
}

async fn ask(sandbox: &Sandbox, tenant: &str, changes: &[(&str, &str)]) -> Reply {
    let challenge = text::s256(VERIFIER);
    let pairs = vec![
        ("client_id", MS_CLIENT_ID),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("response_mode", "query"),
        ("scope", SCOPES),
        ("state", "st4te"),
        ("nonce", "n0nce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let target = format!("/{tenant}/oauth2/v2.0/authorize?{}", query(&changed(pairs, changes)));
    send(&sandbox.microsoft_base(), "GET", &target, &[], b"").await
}

async fn redeem(sandbox: &Sandbox, code: &str, changes: &[(&str, &str)]) -> Reply {
    let pairs = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", MS_CLIENT_ID),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    form(&sandbox.microsoft_base(), "/common/oauth2/v2.0/token", &changed(pairs, changes)).await
}

async fn sign_in(sandbox: &Sandbox, changes: &[(&str, &str)]) -> Value {
    let code = ask(sandbox, "common", changes).await.location("code").unwrap();
    redeem(sandbox, &code, &[]).await.json()
}

async fn renew(sandbox: &Sandbox, token: &str, changes: &[(&str, &str)]) -> Reply {
    let pairs = vec![("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", MS_CLIENT_ID)];
    form(&sandbox.microsoft_base(), "/common/oauth2/v2.0/token", &changed(pairs, changes)).await
}

fn number(reply: &Reply) -> u64 {
    let body = reply.json();
    let number = body["error_codes"][0].as_u64().unwrap_or_else(|| panic!("{body}"));
    assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")));
    number
}

fn claims(tokens: &Value) -> Value {
    let token = tokens["id_token"].as_str().unwrap();
    serde_json::from_slice(&text::b64url_strict(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_public_client_signs_in_and_gets_short_scopes_without_offline_access() {
    let sandbox = start().await;
    let answer = ask(&sandbox, "common", &[]).await;
    assert_eq!((answer.status, answer.location("state").as_deref(), answer.location("iss")), (302, Some("st4te"), None));
    let tokens = redeem(&sandbox, &answer.location("code").unwrap(), &[]).await.json();
    assert_eq!(tokens["scope"], "email Mail.ReadWrite Mail.Send User.Read openid profile");
    assert!((3_599..5_400).contains(&tokens["expires_in"].as_i64().unwrap()));
    assert!(tokens["refresh_token"].is_string());
    let claims = claims(&tokens);
    assert_eq!((&claims["tid"], &claims["nonce"], &claims["preferred_username"]), (&MS_TENANT.into(), &"n0nce".into(), &MS_MARA.into()));
    assert_eq!(claims["iss"], format!("{}/{MS_TENANT}/v2.0", sandbox.microsoft_base()));
    assert_ne!(claims["sub"], claims["oid"], "sub is the client's own");
    let bearer = sandbox.introspect(Provider::Microsoft, tokens["access_token"].as_str().unwrap()).unwrap();
    assert!(bearer.scopes.contains("Mail.ReadWrite") && bearer.email == MS_MARA);
    let without = sign_in(&sandbox, &[("scope", "openid User.Read")]).await;
    assert!(without["refresh_token"].is_null(), "no offline_access, no refresh token");
    let bare = sign_in(&sandbox, &[("scope", "offline_access Mail.Read")]).await;
    assert!(bare["id_token"].is_null() && bare["refresh_token"].is_string());
}

#[tokio::test]
async fn redirects_ignore_the_port_of_localhost_and_nothing_else() {
    let sandbox = start().await;
    for good in ["http://localhost:1/cb/microsoft", "http://localhost/cb/microsoft"] {
        assert_eq!(ask(&sandbox, "common", &[("redirect_uri", good)]).await.status, 302, "{good}");
    }
    let bare = ask(&sandbox, "common", &[("redirect_uri", "http://localhost:9")]).await;
    assert!(bare.header("location").unwrap().starts_with("http://localhost:9/?"), "a redirect without a path comes back with one");
    let literal = "http://127.0.0.1:1/cb/microsoft";
    for bad in [
        literal,
        "http://[::1]:1/cb/microsoft",
        "https://localhost:1/cb/microsoft",
        "http://localhost:1/CB/microsoft",
        "http://localhost:1/cb/microsoft/",
        "http://localhost:1/cb/microsoft?x=1",
        "http://localhost.evil.example:1/cb/microsoft",
        "aurelius://oauth/callback",
    ] {
        let reply = ask(&sandbox, "common", &[("redirect_uri", bad)]).await;
        assert!(reply.status == 400 && reply.text().contains("AADSTS50011"), "{bad}: {}", reply.text());
    }
    locked(&sandbox.shared.entra).switches.loopback_ip = true;
    assert_eq!(ask(&sandbox, "common", &[("redirect_uri", literal)]).await.status, 302, "by the manifest");
}

#[tokio::test]
async fn requests_are_refused_on_a_page_or_by_the_redirect() {
    let sandbox = start().await;
    for (tenant, change, number) in [("nowhere.example", ("state", "x"), "AADSTS90002"), ("common", ("client_id", "other"), "AADSTS700016")]
    {
        let reply = ask(&sandbox, tenant, &[change]).await;
        assert!(reply.status == 400 && reply.text().contains(number), "{number}: {}", reply.text());
    }
    for (change, error, number) in [
        (("response_type", "token"), "unsupported_response_type", "AADSTS700051"),
        (("code_challenge", ""), "invalid_request", "AADSTS9002325"),
        (("code_challenge_method", "plain"), "invalid_request", "AADSTS501491"),
        (("code_challenge_method", ""), "invalid_request", "AADSTS501491"),
        (("scope", "Mail.Everything"), "invalid_scope", "AADSTS650053"),
        (("scope", ""), "invalid_request", "AADSTS900144"),
        (("prompt", "none"), "login_required", "AADSTS50058"),
    ] {
        let reply = ask(&sandbox, "common", &[change]).await;
        assert_eq!(reply.location("error").as_deref(), Some(error), "{change:?}");
        assert!(reply.location("error_description").unwrap().starts_with(number), "{change:?}");
        assert_eq!(reply.location("state").as_deref(), Some("st4te"));
    }
}

#[tokio::test]
async fn a_secret_a_wrong_verifier_and_a_used_code_have_their_numbers() {
    let sandbox = start().await;
    let code = ask(&sandbox, "common", &[]).await.location("code").unwrap();
    for (change, expected) in [
        (("client_secret", "x"), 700_025),
        (("client_assertion", "x"), 700_025),
        (("client_id", "other"), 700_016),
        (("code", "1.Aother"), 70_000),
        (("redirect_uri", "http://localhost:1/cb/microsoft"), 500_112),
        (("code_verifier", ""), 50_148),
        (("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx"), 501_481),
        (("grant_type", "password"), 70_003),
        (("scope", "Mail.Read https://outlook.office.com/SMTP.Send"), 28_000),
    ] {
        assert_eq!(number(&redeem(&sandbox, &code, &[change]).await), expected, "{change:?}");
    }
    let path = "/common/oauth2/v2.0/token";
    let base = sandbox.microsoft_base();
    let pairs = query(&[("grant_type", "authorization_code"), ("code", &code), ("client_id", MS_CLIENT_ID), ("redirect_uri", REDIRECT)]);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    for (header, expected) in [(("Authorization", "Basic eDp5"), 700_025), (("Origin", "http://localhost"), 9_002_326)] {
        assert_eq!(number(&send(&base, "POST", path, &[kind, header], pairs.as_bytes()).await), expected);
    }
    assert_eq!(redeem(&sandbox, &code, &[]).await.status, 200);
    assert_eq!(number(&redeem(&sandbox, &code, &[]).await), 54_005);
    let late = ask(&sandbox, "common", &[]).await.location("code").unwrap();
    sandbox.clock().advance(601_000);
    assert_eq!(number(&redeem(&sandbox, &late, &[]).await), 70_008);
}

#[tokio::test]
async fn a_refresh_gives_another_token_and_the_old_one_lives_on() {
    let sandbox = start().await;
    let tokens = sign_in(&sandbox, &[("scope", &format!("{SCOPES} https://outlook.office.com/IMAP.AccessAsUser.All"))]).await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let second = renew(&sandbox, first, &[]).await.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(renew(&sandbox, first, &[]).await.status, 200);
    // One refresh token serves several resources, one at a time; the token of another one is none of Graph's.
    let imap = renew(&sandbox, &second, &[("scope", "https://outlook.office.com/IMAP.AccessAsUser.All")]).await.json();
    assert_eq!(imap["scope"], "https://outlook.office.com/IMAP.AccessAsUser.All");
    assert!(sandbox.introspect(Provider::Microsoft, imap["access_token"].as_str().unwrap()).is_none());
    let both = "Mail.Read https://outlook.office.com/IMAP.AccessAsUser.All";
    assert_eq!(number(&renew(&sandbox, &second, &[("scope", both)]).await), 28_000);
    assert_eq!(number(&renew(&sandbox, &second, &[("scope", "Calendars.Read")]).await), 65_001);
    sandbox.clock().advance(91 * 86_400_000);
    assert_eq!(number(&renew(&sandbox, &second, &[]).await), 700_082);
}

#[tokio::test]
async fn the_tenant_and_the_person_can_end_it() {
    let sandbox = start().await;
    let tokens = sign_in(&sandbox, &[]).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let json = [("Content-Type", "application/json")];
    let switch = async |body: &str| {
        let reply = send(&sandbox.microsoft_base(), "POST", "/_sbx/microsoft/entra", &json, body.as_bytes()).await;
        assert_eq!(reply.status, 204, "{}", reply.text());
    };
    switch(r#"{"conditional_access":"mfa"}"#).await;
    let reply = renew(&sandbox, token, &[]).await;
    assert_eq!(
        (number(&reply), &reply.json()["error"], reply.json()["claims"].is_string()),
        (50_076, &"interaction_required".into(), true)
    );
    assert_eq!(ask(&sandbox, "common", &[]).await.location("error"), None, "the page asks for the second factor");
    switch(r#"{"conditional_access":"blocked"}"#).await;
    assert_eq!(number(&renew(&sandbox, token, &[]).await), 53_003);
    assert_eq!(ask(&sandbox, "common", &[]).await.location("error").as_deref(), Some("access_denied"));
    switch(r#"{"admin_consent":true}"#).await;
    assert_eq!(number(&renew(&sandbox, token, &[]).await), 65_001);
    assert!(ask(&sandbox, "common", &[]).await.location("error_description").unwrap().starts_with("AADSTS90094"));
    switch("{}").await;
    assert_eq!(renew(&sandbox, token, &[]).await.status, 200);
    assert!(sandbox.kill_grants(Provider::Microsoft, MS_MARA));
    assert_eq!(number(&renew(&sandbox, token, &[]).await), 50_173);
    let bearer = tokens["access_token"].as_str().unwrap();
    assert!(sandbox.introspect(Provider::Microsoft, bearer).is_none() && sandbox.live_grants(Provider::Microsoft, MS_MARA) == 0);
}

#[tokio::test]
async fn a_person_decides_on_the_page() {
    let sandbox = start().await;
    sandbox.set_auto_consent(Provider::Microsoft, None);
    let shown = ask(&sandbox, "common", &[]).await;
    let text = shown.text();
    assert!(text.contains("Permissions requested") && text.contains("https://graph.microsoft.com/Mail.ReadWrite"));
    let request = text.split("name=request value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let who = super::users()[0].0.subject.clone();
    let answer = |decision: &'static str| {
        let (base, request, who) = (sandbox.microsoft_base(), request.clone(), who.clone());
        async move { form(&base, "/common/sandbox-consent", &[("request", &request), ("account", &who), ("decision", decision)]).await }
    };
    let no = answer("cancel").await;
    assert!(no.location("error_description").unwrap().starts_with("AADSTS65004"));
    assert_eq!(answer("accept").await.status, 400, "answered already");
}
