#![allow(clippy::unwrap_used)]
use super::*;
use crate::views::OAuthIntent;
use domain::time::Timestamp;

fn pending() -> Pending {
    Pending {
        integration: "oidc".into(),
        redirect_uri: DEEP_LINK.into(),
        verifier: "v".into(),
        nonce: None,
        issuer: Some("https://id.example".into()),
        iss_required: false,
        requested: vec![],
        intent: OAuthIntent::New,
        expires_at: Timestamp(0),
        attempt: "a".into(),
        actor: "person".into(),
    }
}

fn answer(url: &str) -> Answer {
    parse(url).unwrap()
}

#[test]
fn reads_what_it_must_and_nothing_twice() {
    let a = answer("aurelius://oauth/callback?code=c%2B1&state=s&iss=https%3A%2F%2Fid.example&x=y");
    assert_eq!((a.state.as_str(), a.code.as_deref(), a.iss.as_deref()), ("s", Some("c+1"), Some("https://id.example")));
    for bad in [
        "aurelius://oauth/callback",
        "aurelius://oauth/callback?code=c",
        "aurelius://oauth/callback?state=",
        "aurelius://oauth/callback?state=a&state=b&code=c",
        "aurelius://oauth/callback?state=a&code=b&code=c",
        "aurelius://oauth/callback?state=a&code=b#frag",
        "aurelius://user@oauth/callback?state=a&code=b",
        "nonsense",
    ] {
        assert_eq!(parse(bad), None, "{bad}");
    }
    assert_eq!(parse(&format!("aurelius://oauth/callback?state=a&code={}", "x".repeat(20_000))), None);
}

#[test]
fn mix_ups_are_refused() {
    let p = pending();
    assert_eq!(check(&answer("aurelius://oauth/callback?state=s&code=c"), &p).unwrap(), "c");
    assert_eq!(check(&answer("aurelius://oauth/callback/?state=s&code=c"), &p).unwrap(), "c", "some browsers add a slash");
    for bad in [
        "http://127.0.0.1:5/cb/oidc?state=s&code=c",
        "aurelius://oauth/callback/more?state=s&code=c",
        "aurelius://oauth/callback?state=s&code=c&iss=https%3A%2F%2Fevil.example",
        "aurelius://oauth/callback?state=s",
        "aurelius://oauth/callback?state=s&code=",
        "aurelius://oauth/callback?state=s&error=access_denied&iss=https%3A%2F%2Fevil.example",
    ] {
        assert_eq!(check(&answer(bad), &p).unwrap_err().code(), "invalid_answer", "{bad}");
    }
    let mut strict = pending();
    strict.iss_required = true;
    assert_eq!(check(&answer("aurelius://oauth/callback?state=s&code=c"), &strict).unwrap_err().code(), "invalid_answer");
}

#[test]
fn refusals_in_words() {
    let code = |e: &str| check(&answer(&format!("aurelius://oauth/callback?state=s&error={e}")), &pending()).unwrap_err().code();
    assert_eq!(code("access_denied"), "denied");
    assert_eq!(code("temporarily_unavailable"), "unreachable");
    assert_eq!(code("invalid_scope"), "client");
    assert_eq!(code("%3Cscript%3E"), "denied");
}

/// Microsoft says `access_denied` for what the person can't change; nothing of its text but the number reaches anybody.
#[test]
fn what_only_an_administrator_can_change_is_not_asked_of_the_person() {
    let refused = |description: &str| {
        let url = format!("aurelius://oauth/callback?state=s&error=access_denied&error_description={description}");
        let error = check(&answer(&url), &pending()).unwrap_err();
        (error.to_string(), error.hint())
    };
    let ask = "Ask the administrator of your organisation, then start the sign-in again.";
    let (text, hint) = refused("AADSTS90094%3A+An+administrator+of+%3Cb%3Ethe+tenant");
    assert_eq!((text.as_str(), hint), ("the sign-in was refused: its administrator has to allow Aurelius first", ask));
    assert!(refused("AADSTS53003: Blocked").0.contains("conditional access"));
    assert_eq!(refused("AADSTS50105: x").1, ask);
    let no = ("the sign-in was refused: access was not granted".to_owned(), "Start the sign-in again and allow what you want to use.");
    for other in ["AADSTS65004: The person said no", "AADSTS", "90094", "AADSTS99999999999999999999", ""] {
        assert_eq!(refused(other), no, "{other}");
    }
}
