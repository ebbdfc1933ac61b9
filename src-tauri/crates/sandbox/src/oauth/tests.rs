//! What the authorization servers refuse, over real HTTP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::{
    AutoConsent, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, OIDC_CLIENT_ID, Provider, Sandbox, SandboxOptions,
    test_client::{
        LOOPBACK, MODIFY, VERIFIER, form, get, google_code, google_exchange, google_query, google_tokens, oidc_code, oidc_refresh,
        oidc_tokens, query, send,
    },
    text,
};

async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::small()).await.unwrap()
}

fn claims(token: &str) -> serde_json::Value {
    serde_json::from_slice(&text::b64url_strict(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn google_signs_in_and_says_who() {
    let sandbox = sandbox().await;
    let answer = google_code(&sandbox, &format!("openid email profile {MODIFY}"), &[]).await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.location("state").as_deref(), Some("st4te"));
    assert_eq!(answer.location("iss"), Some(sandbox.google_base()));
    let reply = google_exchange(&sandbox, &answer.location("code").unwrap(), &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control").as_deref(), Some("no-store"));
    let tokens = reply.json();
    assert_eq!(tokens["expires_in"], 3599);
    assert!(tokens["scope"].as_str().unwrap().contains("https://www.googleapis.com/auth/userinfo.email"));
    let claims = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["nonce"], "n0nce");
    assert_eq!(claims["aud"], GOOGLE_CLIENT_ID);
    assert_eq!(claims["iss"], sandbox.google_base());
    assert_eq!(claims["exp"].as_i64().unwrap(), claims["iat"].as_i64().unwrap() + 3600);
    let info = get(&sandbox.google_base(), "/v1/userinfo", tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(info["email"], crate::MARA);
    assert_eq!(info["sub"], claims["sub"]);
}

#[tokio::test]
async fn google_shows_what_must_not_be_redirected() {
    let sandbox = sandbox().await;
    for (changes, status, error) in [
        ([("client_id", "someone-else")], 401, "invalid_client"),
        ([("redirect_uri", "aurelius://oauth/callback")], 400, "invalid_request"),
        ([("redirect_uri", "http://localhost:4000/cb/google")], 400, "redirect_uri_mismatch"),
        ([("redirect_uri", "http://127.0.0.1/cb/google")], 400, "redirect_uri_mismatch"),
        ([("redirect_uri", "http://evil.example:80/cb")], 400, "redirect_uri_mismatch"),
        ([("redirect_uri", "http://127.0.0.1.evil.example:80/cb")], 400, "redirect_uri_mismatch"),
        ([("redirect_uri", "http://user@127.0.0.1:9/cb")], 400, "redirect_uri_mismatch"),
        ([("redirect_uri", "http://127.0.0.1:9/cb#x")], 400, "redirect_uri_mismatch"),
        ([("redirect_uri", "")], 400, "invalid_request"),
    ] {
        let answer = google_code(&sandbox, MODIFY, &changes).await;
        assert_eq!(answer.status, status, "{changes:?}");
        assert!(answer.header("location").is_none(), "{changes:?}");
        assert!(answer.text().contains(error), "{changes:?}: {}", answer.text());
    }
    let v6 = google_code(&sandbox, MODIFY, &[("redirect_uri", "http://[::1]:9/cb")]).await;
    assert_eq!(v6.status, 302);
    let twice = format!("/o/oauth2/v2/auth?{}&state=again", google_query(MODIFY, &[]));
    assert_eq!(send(&sandbox.google_base(), "GET", &twice, &[], b"").await.status, 400);
    let embedded = [("User-Agent", "Mozilla/5.0 (Linux; Android 15; wv) AppleWebKit")];
    let target = format!("/o/oauth2/v2/auth?{}", google_query(MODIFY, &[]));
    let answer = send(&sandbox.google_base(), "GET", &target, &embedded, b"").await;
    assert!(answer.status == 403 && answer.text().contains("disallowed_useragent"));
}

#[tokio::test]
async fn google_tells_the_client_what_is_wrong() {
    let sandbox = sandbox().await;
    for (changes, error) in [
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge", "short")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge_method", "")], "invalid_request"),
        ([("response_type", "token")], "unsupported_response_type"),
        ([("scope", "https://www.googleapis.com/auth/gmail.everything")], "invalid_scope"),
        ([("scope", "")], "invalid_scope"),
        ([("prompt", "none")], "interaction_required"),
    ] {
        let answer = google_code(&sandbox, MODIFY, &changes).await;
        assert_eq!(answer.location("error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(answer.location("state").as_deref(), Some("st4te"));
        assert_eq!(answer.location("iss"), Some(sandbox.google_base()));
        assert!(answer.location("code").is_none());
    }
}

#[tokio::test]
async fn token_endpoint_refuses_each_wrong_part() {
    let sandbox = sandbox().await;
    for (changes, status, error) in [
        ([("client_secret", "")], 400, "invalid_request"),
        ([("client_secret", "wrong")], 401, "invalid_client"),
        ([("client_id", "other")], 401, "invalid_client"),
        ([("redirect_uri", "http://127.0.0.1:53682/cb/google/")], 400, "redirect_uri_mismatch"),
        ([("code_verifier", "")], 400, "invalid_grant"),
        ([("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx")], 400, "invalid_grant"),
        ([("code", "4/0none")], 400, "invalid_grant"),
        ([("grant_type", "password")], 400, "unsupported_grant_type"),
    ] {
        let code = google_code(&sandbox, MODIFY, &[]).await.location("code").unwrap();
        let reply = google_exchange(&sandbox, &code, &changes).await;
        assert_eq!((reply.status, reply.json()["error"].as_str().unwrap()), (status, error), "{changes:?}");
        // A refused try with the right code does not burn it.
        if changes[0].0 != "code" {
            assert_eq!(google_exchange(&sandbox, &code, &[]).await.status, 200, "{changes:?}");
        }
    }
    let json = send(&sandbox.google_base(), "POST", "/token", &[("Content-Type", "application/json")], b"{}").await;
    assert_eq!((json.status, json.json()["error"].as_str().unwrap()), (400, "invalid_request"));
}

#[tokio::test]
async fn a_code_works_once_and_for_ten_minutes() {
    let sandbox = sandbox().await;
    let code = google_code(&sandbox, &format!("openid {MODIFY}"), &[]).await.location("code").unwrap();
    let first = google_exchange(&sandbox, &code, &[]).await.json();
    let again = google_exchange(&sandbox, &code, &[]).await;
    assert_eq!((again.status, again.json()["error"].as_str().unwrap()), (400, "invalid_grant"));
    // A code seen twice has leaked: what it gave is taken back.
    let token = first["access_token"].as_str().unwrap();
    assert_eq!(get(&sandbox.google_base(), "/v1/userinfo", token).await.status, 401);
    let late = google_code(&sandbox, MODIFY, &[]).await.location("code").unwrap();
    sandbox.clock().advance(600_000);
    assert_eq!(google_exchange(&sandbox, &late, &[]).await.json()["error"], "invalid_grant");
}

fn refresh_form(token: &str) -> [(&str, &str); 4] {
    [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", GOOGLE_CLIENT_ID), ("client_secret", GOOGLE_CLIENT_SECRET)]
}

#[tokio::test]
async fn google_refresh_keeps_the_token_until_revoked() {
    let sandbox = sandbox().await;
    let base = sandbox.google_base();
    let tokens = google_tokens(&sandbox, &format!("openid {MODIFY}"), "").await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    sandbox.clock().advance(3_600_000);
    assert_eq!(get(&base, "/v1/userinfo", tokens["access_token"].as_str().unwrap()).await.status, 401);
    for _ in 0..2 {
        let reply = form(&base, "/token", &refresh_form(refresh)).await.json();
        assert!(reply.get("refresh_token").is_none());
        assert_eq!(get(&base, "/v1/userinfo", reply["access_token"].as_str().unwrap()).await.status, 200);
    }
    assert_eq!(sandbox.counts(Provider::Google).refreshes, 2);
    assert_eq!(form(&base, "/revoke", &[("token", refresh)]).await.status, 200);
    let dead = form(&base, "/revoke", &[("token", refresh)]).await;
    assert_eq!((dead.status, dead.json()["error"].as_str().unwrap()), (400, "invalid_token"));
    let refused = form(&base, "/token", &refresh_form(refresh)).await;
    assert_eq!((refused.status, refused.json()["error"].as_str().unwrap()), (400, "invalid_grant"));
    assert_eq!(sandbox.live_grants(Provider::Google, crate::MARA), 0);
}

#[tokio::test]
async fn google_forgets_the_oldest_beyond_a_hundred_and_the_idle() {
    let sandbox = sandbox().await;
    let base = sandbox.google_base();
    let first = google_tokens(&sandbox, MODIFY, "").await;
    let mut last = first.clone();
    for _ in 0..100 {
        last = google_tokens(&sandbox, MODIFY, "").await;
    }
    assert_eq!(form(&base, "/token", &refresh_form(first["refresh_token"].as_str().unwrap())).await.status, 400);
    let last = last["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(form(&base, "/token", &refresh_form(&last)).await.status, 200);
    sandbox.clock().advance(190 * 86_400_000);
    assert_eq!(form(&base, "/token", &refresh_form(&last)).await.status, 400);
}

#[tokio::test]
async fn consent_page_grants_what_is_ticked() {
    let sandbox = sandbox().await;
    let base = sandbox.google_base();
    sandbox.set_auto_consent(Provider::Google, None);
    let scope = format!("openid email {MODIFY} https://www.googleapis.com/auth/calendar.events");
    let page = google_code(&sandbox, &scope, &[("state", "a\"b<c")]).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    let html = page.text();
    assert!(html.contains("type=checkbox") && html.contains("type=radio") && html.contains(crate::MARA_WORK) && !html.contains("<script"));
    let field = |name: &str| {
        let at = html.find(&format!("name={name} ")).unwrap();
        html.get(at..).unwrap().split('"').nth(1).unwrap().to_owned()
    };
    let request = field("request");
    let work = crate::fixtures::google_users()[1].subject.clone();
    let ticked = [("request", request.as_str()), ("account", work.as_str()), ("scope", MODIFY), ("scope", "openid"), ("decision", "allow")];
    let answer = form(&base, "/o/oauth2/v2/consent", &ticked).await;
    assert_eq!(answer.status, 302);
    let tokens = google_exchange(&sandbox, &answer.location("code").unwrap(), &[]).await.json();
    assert_eq!(tokens["scope"].as_str().unwrap().split(' ').count(), 2);
    assert!(!tokens["scope"].as_str().unwrap().contains("calendar"));
    let bearer = sandbox.introspect(Provider::Google, tokens["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(bearer.email, crate::MARA_WORK);
    // The page works once.
    assert_eq!(form(&base, "/o/oauth2/v2/consent", &ticked).await.status, 400);
}

#[tokio::test]
async fn denial_and_partial_consent_without_a_page() {
    let sandbox = sandbox().await;
    sandbox.set_auto_consent(Provider::Google, Some(AutoConsent { deny: true, ..AutoConsent::default() }));
    assert_eq!(google_code(&sandbox, MODIFY, &[]).await.location("error").as_deref(), Some("access_denied"));
    let only = AutoConsent { scopes: Some(vec!["openid".to_owned()]), account: Some(crate::MARA_WORK.to_owned()), deny: false };
    sandbox.set_auto_consent(Provider::Google, Some(only));
    let tokens = google_tokens(&sandbox, &format!("openid {MODIFY}"), "").await;
    assert_eq!(tokens["scope"], "openid");
}

const SCHEME: &str = "aurelius://oauth/callback";
const OFFLINE: &str = "openid email offline_access mail";

#[tokio::test]
async fn oidc_takes_registered_redirects_exactly() {
    let sandbox = sandbox().await;
    for good in [SCHEME, "http://127.0.0.1:1234/cb/oidc", "http://[::1]:1234/cb/oidc"] {
        let answer = oidc_code(&sandbox, good, OFFLINE).await;
        assert_eq!(answer.status, 302, "{good}");
        assert!(answer.header("location").unwrap().starts_with(good));
        assert_eq!(answer.location("iss"), Some(sandbox.oidc_base()));
    }
    for bad in [
        "aurelius://oauth/callback/",
        "aurelius://oauth/callback?x=1",
        "aurelius://evil/callback",
        "http://localhost:1234/cb/oidc",
        "http://127.0.0.1:1234/cb/other",
        "http://127.0.0.1:1234/cb/oidc?x=1",
        "http://127.0.0.2:1234/cb/oidc",
        "https://127.0.0.1:1234/cb/oidc",
    ] {
        let answer = oidc_code(&sandbox, bad, OFFLINE).await;
        assert!(answer.status == 400 && answer.header("location").is_none(), "{bad}");
    }
}

#[tokio::test]
async fn oidc_is_a_public_client_with_discovery() {
    let sandbox = sandbox().await;
    let base = sandbox.oidc_base();
    let found = get(&base, "/.well-known/openid-configuration", "").await.json();
    assert_eq!(found["issuer"], base);
    assert_eq!(found["authorization_response_iss_parameter_supported"], true);
    assert_eq!(found["token_endpoint_auth_methods_supported"][0], "none");
    let code = oidc_code(&sandbox, SCHEME, OFFLINE).await.location("code").unwrap();
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("client_id", OIDC_CLIENT_ID),
        ("redirect_uri", SCHEME),
        ("code_verifier", VERIFIER),
        ("client_secret", "x"),
    ];
    let refused = form(&base, "/token", &pairs).await;
    assert_eq!((refused.status, refused.json()["error"].as_str().unwrap()), (401, "invalid_client"));
    pairs.pop();
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", "Basic YXVyZWxpdXMtZGVza3RvcDp4")];
    assert_eq!(send(&base, "POST", "/token", &headers, query(&pairs).as_bytes()).await.status, 401);
    let tokens = form(&base, "/token", &pairs).await.json();
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["nonce"], "n");
    // No offline_access, no refresh token.
    let brief = oidc_tokens(&sandbox, SCHEME, "openid").await;
    assert!(brief.get("refresh_token").is_none());
    // Google's redirect is nobody's here.
    assert_eq!(oidc_code(&sandbox, LOOPBACK, OFFLINE).await.status, 400);
}

#[tokio::test]
async fn oidc_rotates_and_a_reused_token_ends_the_family() {
    let sandbox = sandbox().await;
    let first = oidc_tokens(&sandbox, SCHEME, OFFLINE).await;
    let old = first["refresh_token"].as_str().unwrap();
    let second = oidc_refresh(&sandbox, old).await.json();
    let new = second["refresh_token"].as_str().unwrap();
    assert_ne!(old, new);
    assert!(sandbox.introspect(Provider::Oidc, second["access_token"].as_str().unwrap()).is_some());
    let reuse = oidc_refresh(&sandbox, old).await;
    assert_eq!((reuse.status, reuse.json()["error"].as_str().unwrap()), (400, "invalid_grant"));
    assert_eq!(oidc_refresh(&sandbox, new).await.status, 400);
    assert!(sandbox.introspect(Provider::Oidc, second["access_token"].as_str().unwrap()).is_none());
    let counts = sandbox.counts(Provider::Oidc);
    assert_eq!((counts.exchanges, counts.refreshes, counts.reuse_detected, counts.refused), (1, 1, 1, 2));
}

#[tokio::test]
async fn oidc_grace_answers_the_same_successor_for_a_while() {
    let sandbox = sandbox().await;
    sandbox.set_oidc_grace(30);
    let first = oidc_tokens(&sandbox, SCHEME, OFFLINE).await;
    let old = first["refresh_token"].as_str().unwrap();
    let one = oidc_refresh(&sandbox, old).await.json();
    let two = oidc_refresh(&sandbox, old).await.json();
    assert_eq!(one["refresh_token"], two["refresh_token"]);
    sandbox.clock().advance(31_000);
    assert_eq!(oidc_refresh(&sandbox, old).await.status, 400);
    assert_eq!(sandbox.counts(Provider::Oidc).reuse_detected, 1);
}

#[tokio::test]
async fn oidc_revokes_per_rfc_7009_and_introspects() {
    let sandbox = sandbox().await;
    let base = sandbox.oidc_base();
    let tokens = oidc_tokens(&sandbox, SCHEME, OFFLINE).await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let seen = form(&base, "/introspect", &[("token", access)]).await.json();
    assert_eq!((seen["active"].as_bool().unwrap(), seen["username"].as_str().unwrap()), (true, crate::OIDC_MARA));
    assert_eq!(form(&base, "/revoke", &[("token", refresh)]).await.status, 401);
    assert_eq!(form(&base, "/revoke", &[("token", refresh), ("client_id", OIDC_CLIENT_ID)]).await.status, 200);
    assert_eq!(form(&base, "/revoke", &[("token", "unknown"), ("client_id", OIDC_CLIENT_ID)]).await.status, 200);
    assert_eq!(oidc_refresh(&sandbox, refresh).await.status, 400);
    assert_eq!(form(&base, "/introspect", &[("token", access)]).await.json()["active"], false);
    assert!(!sandbox.kill_grants(Provider::Oidc, crate::OIDC_MARA));
}
