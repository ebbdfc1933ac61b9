//! Signing in: scopes by commas, PKCE instead of a secret, refresh tokens that are good once, and an end.

use domain::{
    SecretString,
    config::Config,
    ids::IntegrationId,
    oauth::{OAuthError, Revocation, TokenSet},
    source::Connector as _,
};
use sandbox::{LINEAR_CLIENT_SECRET, LINEAR_USER, MARA};

use super::*;
use crate::{
    Providers,
    connector::tests::{VERIFIER, authorize, start as connected},
    scripted::Tokens,
};

const REDIRECT: &str = "http://127.0.0.1:53682/cb/linear";

fn linear() -> IntegrationId {
    crate::registry::LINEAR.into()
}

async fn code(providers: &Providers) -> SecretString {
    let params = providers.authorize_params(&linear()).await.unwrap();
    assert!(params.commas && !params.oidc && params.issuer.is_none(), "{params:?}");
    SecretString::from(authorize(&params, REDIRECT).await["code"].clone())
}

async fn exchange(sandbox: &Sandbox, providers: &Providers, code: &SecretString, verifier: &str) -> Result<TokenSet, OAuthError> {
    providers.exchange(&linear(), code, &verifier.to_owned().into(), REDIRECT, None, sandbox.now()).await
}

#[tokio::test]
async fn from_a_code_to_the_end_of_the_access() {
    let (sandbox, providers) = connected().await;
    let tokens = exchange(&sandbox, &providers, &code(&providers).await, VERIFIER).await.unwrap();
    assert_eq!(tokens.scopes.clone().unwrap(), ["read", "write"]);
    assert!(tokens.expires_at.unwrap().since(sandbox.now()) > 86_000_000);
    let who = providers.identity(&linear(), &tokens).await.unwrap();
    assert_eq!((who.subject.as_str(), who.email.as_str()), (LINEAR_USER, MARA));
    let first = tokens.refresh_token.unwrap();
    let next = providers.refresh(&linear(), &first, sandbox.now()).await.unwrap().refresh_token.unwrap();
    assert_eq!(providers.revoke(&linear(), &next).await.unwrap(), Revocation::Revoked);
    assert_eq!(sandbox.live_grants(Provider::Linear, MARA), 0);
    assert_eq!(providers.refresh(&linear(), &next, sandbox.now()).await.unwrap_err().code(), "grant_dead");
}

#[tokio::test]
async fn what_is_used_twice_or_proves_nothing_is_refused() {
    let (sandbox, providers) = connected().await;
    let stolen = exchange(&sandbox, &providers, &code(&providers).await, &"a".repeat(43)).await.unwrap_err();
    assert_eq!(stolen.code(), "grant_dead", "{stolen}");
    let once = code(&providers).await;
    let tokens = exchange(&sandbox, &providers, &once, VERIFIER).await.unwrap();
    assert_eq!(exchange(&sandbox, &providers, &once, VERIFIER).await.unwrap_err().code(), "grant_dead");
    drop(tokens);
    let first = exchange(&sandbox, &providers, &code(&providers).await, VERIFIER).await.unwrap().refresh_token.unwrap();
    providers.refresh(&linear(), &first, sandbox.now()).await.unwrap();
    assert_eq!(providers.refresh(&linear(), &first, sandbox.now()).await.unwrap_err().code(), "grant_dead");
}

#[tokio::test]
async fn a_secret_is_sent_where_there_is_one() {
    let (sandbox, _) = connected().await;
    for (secret, right) in [(LINEAR_CLIENT_SECRET, true), ("another", false)] {
        let mut config = Config { providers: sandbox.provider_config(), ca_file: None };
        config.providers.get_mut("linear").unwrap().client_secret = Some(secret.to_owned().into());
        let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
        match exchange(&sandbox, &providers, &code(&providers).await, VERIFIER).await {
            Ok(_) => assert!(right),
            Err(e) => assert_eq!((right, e.code()), (false, "client"), "{e}"),
        }
    }
}

#[tokio::test]
async fn a_key_is_no_bearer_token_and_a_token_is_no_key() {
    let (sandbox, providers) = connected().await;
    let tokens = exchange(&sandbox, &providers, &code(&providers).await, VERIFIER).await.unwrap();
    let access = domain::ExposeSecret::expose_secret(&tokens.access_token).to_owned();
    let at = |signed_in: bool, secret: &str| {
        let credentials: Arc<dyn Credentials> = if signed_in {
            Arc::new(Tokens { fixed: Some(secret.to_owned()), ..Tokens::default() })
        } else {
            Arc::new(Pasted(secret.to_owned()))
        };
        LinearIssues::new(http_at(sandbox.clock().as_clock()), credentials, signed_in, &sandbox.linear_base()).unwrap()
    };
    assert_eq!(at(true, &access).owner().await.unwrap().subject, LINEAR_USER);
    assert_eq!(at(false, &sandbox.linear_key()).owner().await.unwrap().subject, LINEAR_USER);
    assert!(at(true, &sandbox.linear_key()).owner().await.is_err());
    assert_eq!(at(false, &access).owner().await.unwrap_err().class(), ErrorClass::Reauth);
}
