#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

const fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + secs)
}

fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

struct Rig {
    grants: Grants,
    switches: GithubSwitches,
}

impl Rig {
    fn new() -> Self {
        Self { grants: Grants::new(Rng::new(3)), switches: GithubSwitches { interval: 5, ..GithubSwitches::default() } }
    }

    fn begin(&mut self) -> (String, String) {
        let asked = form(&[("client_id", GITHUB_CLIENT_ID), ("scope", "repo notifications read:user bogus")]);
        let reply = self.grants.begin(&asked, &self.switches, "http://127.0.0.1/login/device", at(0));
        assert_eq!((reply["expires_in"].as_i64(), reply["interval"].as_i64()), (Some(900), Some(5)));
        (reply["device_code"].as_str().unwrap().to_owned(), reply["user_code"].as_str().unwrap().to_owned())
    }

    fn poll(&mut self, code: &str, now: Timestamp) -> Value {
        let asked = form(&[("client_id", GITHUB_CLIENT_ID), ("device_code", code), ("grant_type", GRANT)]);
        self.grants.token(&asked, &self.switches, 7, now)
    }

    fn refresh(&mut self, token: &str, secret: Option<&str>) -> Value {
        let mut asked = form(&[("client_id", GITHUB_CLIENT_ID), ("refresh_token", token), ("grant_type", "refresh_token")]);
        asked.extend(secret.map(|s| ("client_secret".to_owned(), s.to_owned())));
        self.grants.token(&asked, &self.switches, 7, at(60))
    }
}

#[test]
fn a_code_is_pending_until_it_is_typed_in_and_good_once() {
    let mut rig = Rig::new();
    let (code, typed) = rig.begin();
    assert_eq!(rig.poll(&code, at(5))["error"], "authorization_pending");
    // Too soon, and from then on five seconds more.
    let slow = rig.poll(&code, at(7));
    assert_eq!((slow["error"].as_str(), slow["interval"].as_i64()), (Some("slow_down"), Some(10)));
    assert_eq!(rig.poll(&code, at(14))["error"], "slow_down");
    assert!(!rig.grants.enter("WRONG-CODE", true, at(15)) && rig.grants.enter(&typed.to_lowercase(), true, at(15)));
    let granted = rig.poll(&code, at(29));
    assert_eq!((granted["scope"].as_str(), granted["token_type"].as_str()), (Some("repo,notifications,read:user"), Some("bearer")));
    assert_eq!(rig.grants.owner(granted["access_token"].as_str().unwrap(), at(29)), Some(7));
    assert_eq!(rig.poll(&code, at(60))["error"], "incorrect_device_code");
}

#[test]
fn no_expiry_wrong_client_and_a_flow_that_is_off_are_what_github_makes_of_them() {
    let mut rig = Rig::new();
    let (code, typed) = rig.begin();
    assert!(!rig.grants.enter(&typed, true, at(900)), "too old to be typed in");
    assert_eq!(rig.poll(&code, at(900))["error"], "expired_token");
    let (code, typed) = rig.begin();
    assert!(rig.grants.enter(&typed, false, at(1)));
    assert_eq!(rig.poll(&code, at(5))["error"], "access_denied");
    let other = form(&[("client_id", "someone"), ("scope", "repo")]);
    assert_eq!(rig.grants.begin(&other, &rig.switches, "", at(0))["error"], "Not Found");
    let other = form(&[("client_id", "someone"), ("device_code", &code), ("grant_type", GRANT)]);
    assert_eq!(rig.grants.token(&other, &rig.switches, 7, at(20))["error"], "incorrect_client_credentials");
    rig.switches.device_flow = false;
    let asked = form(&[("client_id", GITHUB_CLIENT_ID), ("scope", "repo")]);
    assert_eq!(rig.grants.begin(&asked, &rig.switches, "", at(0))["error"], "device_flow_disabled");
}

#[test]
fn tokens_that_end_are_renewed_once_each() {
    let mut rig = Rig::new();
    rig.switches.token_secs = Some(28_800);
    let (code, typed) = rig.begin();
    rig.grants.enter(&typed, true, at(1));
    let granted = rig.poll(&code, at(5));
    assert_eq!(granted["expires_in"], 28_800);
    let refresh = granted["refresh_token"].as_str().unwrap().to_owned();
    rig.switches.refresh_wants_secret = true;
    assert_eq!(rig.refresh(&refresh, None)["error"], "incorrect_client_credentials");
    assert_eq!(rig.refresh(&refresh, Some("wrong"))["error"], "incorrect_client_credentials");
    let next = rig.refresh(&refresh, Some(GITHUB_CLIENT_SECRET));
    assert!(next["access_token"].is_string());
    assert_eq!(rig.refresh(&refresh, Some(GITHUB_CLIENT_SECRET))["error"], "bad_refresh_token");
    assert_eq!(rig.grants.owner(granted["access_token"].as_str().unwrap(), at(5 + 28_800)), None);
}
