//! RFC 8628 against the sandbox's GitHub, whose clock is the test's: nothing waits here.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use domain::{
    ExposeSecret as _, SecretString,
    config::Config,
    ids::IntegrationId,
    oauth::{DeviceCode, DevicePoll, OAuthError},
    source::Connector as _,
};
use sandbox::{Fault, FaultAction, GITHUB_CLIENT_SECRET, Sandbox, SandboxOptions};

use crate::{Providers, registry::GITHUB};

struct Rig {
    sandbox: Sandbox,
    providers: Arc<Providers>,
    id: IntegrationId,
}

impl Rig {
    async fn new(change: impl FnOnce(&mut domain::config::ProviderConfig)) -> Self {
        let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
        // It stands still between two readings: only `poll` lets time pass.
        sandbox.clock().freeze(true);
        sandbox.set_github(|s| s.interval = 5);
        let mut config = Config { providers: sandbox.provider_config(), ca_file: None };
        change(config.providers.get_mut(GITHUB).unwrap());
        let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
        Self { sandbox, providers, id: GITHUB.into() }
    }

    async fn begin(&self) -> DeviceCode {
        self.providers.device_begin(&self.id, self.sandbox.now()).await.unwrap()
    }

    /// After so many seconds.
    async fn poll(&self, code: &DeviceCode, secs: i64) -> Result<DevicePoll, OAuthError> {
        self.sandbox.clock().advance(secs * 1000);
        self.providers.device_poll(&self.id, &code.device_code, self.sandbox.now()).await
    }
}

fn code_of(outcome: Result<DevicePoll, OAuthError>) -> &'static str {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn from_a_code_to_tokens_that_are_renewed() {
    let rig = Rig::new(|_| ()).await;
    let code = rig.begin().await;
    assert_eq!((code.interval_secs, code.expires_at.since(rig.sandbox.now()) > 890_000), (5, true));
    assert!(matches!(rig.poll(&code, 5).await, Ok(DevicePoll::Pending)));
    assert!(matches!(rig.poll(&code, 1).await, Ok(DevicePoll::SlowDown)));
    assert!(rig.sandbox.enter_github_code(&code.user_code, true));
    let Ok(DevicePoll::Granted(tokens)) = rig.poll(&code, 10).await else { panic!("no tokens") };
    assert_eq!(tokens.scopes.clone().unwrap(), ["repo", "read:user"]);
    assert_eq!(tokens.expires_at.unwrap().since(rig.sandbox.now()), 28_800_000);
    let who = rig.providers.identity(&rig.id, &tokens).await.unwrap();
    assert_eq!((who.subject.as_str(), who.name.as_str()), ("583231", "Mara Lindqvist"));
    let refresh = tokens.refresh_token.unwrap();
    let next = rig.providers.refresh(&rig.id, &refresh, rig.sandbox.now()).await.unwrap();
    assert_ne!(next.access_token.expose_secret(), tokens.access_token.expose_secret());
    assert!(next.refresh_token.is_some());
    // Each is good once, and GitHub says so with status 200.
    assert_eq!(rig.providers.refresh(&rig.id, &refresh, rig.sandbox.now()).await.unwrap_err().code(), "grant_dead");
    assert_eq!(code_of(rig.poll(&code, 30).await), "code_expired");
}

#[tokio::test]
async fn each_refusal_says_what_it_is() {
    let rig = Rig::new(|_| ()).await;
    let code = rig.begin().await;
    assert!(rig.sandbox.enter_github_code(&code.user_code, false));
    assert_eq!(code_of(rig.poll(&code, 5).await), "denied");
    let code = rig.begin().await;
    assert_eq!(code_of(rig.poll(&code, 901).await), "code_expired");
    let unknown = DeviceCode { device_code: SecretString::from("nobody".to_owned()), ..rig.begin().await };
    let e = rig.poll(&unknown, 5).await.unwrap_err();
    assert!(matches!(e, OAuthError::CodeUnknown("GitHub")), "{e}");
    let code = rig.begin().await;
    rig.sandbox.set_github(|s| s.device_flow = false);
    assert_eq!(code_of(rig.poll(&code, 5).await), "device_flow_disabled");
    assert_eq!(rig.providers.device_begin(&rig.id, rig.sandbox.now()).await.unwrap_err().code(), "device_flow_disabled");
    rig.sandbox.set_github(|s| s.device_flow = true);
    let down = FaultAction::Status { status: 503, retry_after: Some("7".to_owned()), reason: None, body: None };
    rig.sandbox.control().add_fault(Fault::new("/login/oauth/access_token", down));
    assert_eq!(code_of(rig.poll(&code, 5).await), "unreachable");
    let e = rig.providers.device_begin(&"google".into(), rig.sandbox.now()).await.unwrap_err();
    assert_eq!(e.code(), "config");
}

#[tokio::test]
async fn a_client_that_is_not_known_is_our_fault_and_a_secret_goes_where_it_is_wanted() {
    let wrong = Rig::new(|c| c.client_id = Some("someone".to_owned())).await;
    let e = wrong.providers.device_begin(&wrong.id, wrong.sandbox.now()).await.unwrap_err();
    assert_eq!(e.code(), "client");
    // Whether a refresh wants the secret is not known of the real GitHub: both work.
    for (secret, works) in [(None, false), (Some(GITHUB_CLIENT_SECRET), true)] {
        let rig = Rig::new(|c| c.client_secret = secret.map(|s| s.to_owned().into())).await;
        rig.sandbox.set_github(|s| s.refresh_wants_secret = true);
        let code = rig.begin().await;
        rig.sandbox.enter_github_code(&code.user_code, true);
        let Ok(DevicePoll::Granted(tokens)) = rig.poll(&code, 5).await else { panic!("no tokens") };
        let renewed = rig.providers.refresh(&rig.id, &tokens.refresh_token.unwrap(), rig.sandbox.now()).await;
        match renewed {
            Ok(_) => assert!(works),
            Err(e) => assert_eq!((works, e.code()), (false, "client"), "{e}"),
        }
    }
}

#[tokio::test]
async fn a_page_that_is_not_safe_to_open_is_refused() {
    let rig = Rig::new(|_| ()).await;
    for page in ["http://github.example/login/device", "javascript:alert(1)", "file:///etc/passwd"] {
        let body = serde_json::json!({"device_code": "d", "user_code": "AAAA-BBBB", "verification_uri": page, "expires_in": 900});
        let action = FaultAction::Status { status: 200, retry_after: None, reason: None, body: Some(body) };
        rig.sandbox.control().add_fault(Fault::new("/login/device/code", action));
        assert_eq!(rig.providers.device_begin(&rig.id, rig.sandbox.now()).await.unwrap_err().code(), "invalid_answer", "{page}");
    }
}
