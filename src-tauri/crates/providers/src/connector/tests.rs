//! The whole connector against the sandbox: sign-in as the engine does it, at a strict Google and a strict OpenID provider.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Mutex;

use domain::{
    ExposeSecret as _,
    connection::ConnectionStatus,
    error::ErrorClass,
    integration::{RedirectKind, Service},
    mail::MailboxRole,
    time::system_clock,
};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use sandbox::{AutoConsent, EntraSwitches, MARA, MS_MARA, Provider, Sandbox, SandboxOptions};

use super::*;
use crate::{
    registry::scope,
    scripted::{Pasted, Tokens},
};

pub(crate) async fn start() -> (Sandbox, Providers) {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let config = Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    (sandbox, providers)
}

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Plays browser and engine: authorization request, consent, redirect; returns the answer's parameters.
pub(crate) async fn authorize(params: &AuthorizeParams, redirect_uri: &str) -> std::collections::BTreeMap<String, String> {
    let verifier = PkceCodeVerifier::new(VERIFIER.to_owned());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let mut url = Url::parse(&params.authorize_url).unwrap();
    url.query_pairs_mut()
        .append_pair("client_id", &params.client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("response_type", "code")
        .append_pair("scope", &params.scopes.join(if params.commas { "," } else { " " }))
        .append_pair("state", "st")
        .append_pair("nonce", "n0")
        .append_pair("code_challenge", challenge.as_str())
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(&params.extra);
    let reply = crate::scripted::http().get(url, Duration::from_secs(5), 10_000).await.unwrap();
    assert_eq!(reply.status.as_u16(), 302, "{}", String::from_utf8_lossy(&reply.body));
    let location = reply.headers["location"].to_str().unwrap();
    assert!(location.starts_with(redirect_uri), "{location}");
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

pub(crate) async fn sign_in(providers: &Providers, id: &str, redirect_uri: &str) -> TokenSet {
    sign_in_for(providers, id, redirect_uri, &[]).await
}

/// With more scopes than the registry asks for.
pub(crate) async fn sign_in_for(providers: &Providers, id: &str, redirect_uri: &str, more: &[&str]) -> TokenSet {
    let id = IntegrationId::from(id);
    let mut params = providers.authorize_params(&id).await.unwrap();
    for scope in more {
        if !params.scopes.iter().any(|known| known == scope) {
            params.scopes.push((*scope).to_owned());
        }
    }
    let answer = authorize(&params, redirect_uri).await;
    assert_eq!(answer["state"], "st");
    // Entra's answers carry none (RFC 9207 is not announced there), and none is expected.
    assert_eq!(answer.get("iss"), params.issuer.as_ref());
    let code = SecretString::from(answer["code"].clone());
    providers.exchange(&id, &code, &VERIFIER.into(), redirect_uri, Some("n0"), system_clock()()).await.unwrap()
}

/// Refreshes at the sandbox.
struct Vault {
    providers: Arc<Providers>,
    integration: IntegrationId,
    refresh: SecretString,
    access: Mutex<SecretString>,
    now: Clock,
}

#[async_trait]
impl Credentials for Vault {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        unreachable!()
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Ok(self.access.lock().unwrap().clone())
    }
    async fn refreshed(&self, _: &SecretString) -> Result<SecretString, ProviderError> {
        let tokens = self.providers.refresh(&self.integration, &self.refresh, (self.now)()).await;
        let token = tokens.map_err(|e| ProviderError::Auth(e.to_string()))?.access_token;
        *self.access.lock().unwrap() = token.clone();
        Ok(token)
    }
}

/// What somebody who signed in has, renewed as the engine would.
pub(crate) fn vault(providers: &Arc<Providers>, integration: &str, tokens: &TokenSet, now: Clock) -> Arc<dyn Credentials> {
    Arc::new(Vault {
        providers: Arc::clone(providers),
        integration: integration.into(),
        refresh: tokens.refresh_token.clone().unwrap(),
        access: Mutex::new(tokens.access_token.expose_secret().to_owned().into()),
        now,
    })
}

pub(crate) const MS_REDIRECT: &str = "http://localhost:53682/cb/microsoft";
pub(crate) const GOOGLE_REDIRECT: &str = "http://127.0.0.1:53682/cb/google";

pub(crate) fn connection(integration: &str, scopes: &[String]) -> Connection {
    Connection {
        id: "c1".into(),
        integration: integration.into(),
        label: String::new(),
        subject: "1".into(),
        email: MARA.to_owned(),
        display_name: String::new(),
        status: ConnectionStatus::Active,
        status_reason: None,
        granted_scopes: scopes.to_vec(),
        settings: ConnectionSettings::OAuth,
        paused_until: None,
        created_at: Timestamp(0),
    }
}

fn credentials(tokens: &TokenSet) -> Arc<dyn Credentials> {
    use domain::ExposeSecret as _;
    Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() })
}

#[tokio::test]
async fn google_from_sign_in_to_revocation() {
    let (sandbox, providers) = start().await;
    let id = IntegrationId::from(GOOGLE);
    let row = providers.integration(&id).unwrap();
    assert_eq!((row.redirect, row.services.contains(&Service::Mail)), (Some(RedirectKind::Loopback), true));
    let tokens = sign_in(&providers, GOOGLE, GOOGLE_REDIRECT).await;
    let scopes = tokens.scopes.clone().unwrap();
    assert!(row.granted(&scopes).1.is_empty(), "everything was granted: {scopes:?}");
    let identity = providers.identity(&id, &tokens).await.unwrap();
    assert_eq!((identity.email.as_str(), identity.email_verified), (MARA, true));

    let source = providers.mail(&connection(GOOGLE, &scopes), credentials(&tokens)).unwrap().unwrap();
    let mailboxes = source.mailboxes().await.unwrap();
    for role in [MailboxRole::Inbox, MailboxRole::Sent, MailboxRole::Trash, MailboxRole::Junk, MailboxRole::Drafts, MailboxRole::All] {
        assert_eq!(mailboxes.iter().filter(|m| m.role == Some(role)).count(), 1, "{role:?}");
    }

    let refresh = tokens.refresh_token.clone().unwrap();
    let fresh = providers.refresh(&id, &refresh, sandbox.now()).await.unwrap();
    assert!(fresh.refresh_token.is_none(), "Google keeps the old one");
    assert_eq!(providers.revoke(&id, &refresh).await.unwrap(), Revocation::Revoked);
    assert_eq!(sandbox.live_grants(Provider::Google, MARA), 0);
    assert_eq!(providers.revoke(&id, &refresh).await.unwrap(), Revocation::AlreadyDead);
    let error = providers.refresh(&id, &refresh, sandbox.now()).await.unwrap_err();
    assert!(matches!(error, OAuthError::GrantDead(_)) && error.class() == ErrorClass::Reauth, "{error}");
}

/// The registration was taken out of the configuration before the account was disconnected.
#[tokio::test]
async fn google_withdraws_a_grant_without_a_client_id_and_an_organisation_says_what_is_missing() {
    let (sandbox, providers) = start().await;
    let tokens = sign_in(&providers, GOOGLE, GOOGLE_REDIRECT).await;
    let refresh = tokens.refresh_token.clone().unwrap();
    let mut config = Config { providers: sandbox.provider_config(), ca_file: None };
    for table in config.providers.values_mut() {
        table.client_id = None;
    }
    let without = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    assert_eq!(without.revoke(&GOOGLE.into(), &refresh).await.unwrap(), Revocation::Revoked);
    assert_eq!(sandbox.live_grants(Provider::Google, MARA), 0);
    assert!(matches!(without.revoke(&"oidc".into(), &refresh).await, Err(OAuthError::Config(text)) if text.contains("client_id")));
}

#[tokio::test]
async fn a_partial_grant_reads_and_says_what_it_lacks() {
    let (sandbox, providers) = start().await;
    let only = ["openid", scope::EMAIL, scope::READONLY].map(str::to_owned).to_vec();
    sandbox.set_auto_consent(Provider::Google, Some(AutoConsent { scopes: Some(only), ..AutoConsent::default() }));
    let tokens = sign_in(&providers, GOOGLE, GOOGLE_REDIRECT).await;
    let scopes = tokens.scopes.clone().unwrap();
    let row = providers.integration(&GOOGLE.into()).unwrap();
    assert_eq!(
        row.granted(&scopes).1.iter().map(|f| f.id).collect::<Vec<_>>(),
        [
            "mail.modify",
            "mail.send",
            "mail.drafts",
            "calendar.list",
            "calendar.read",
            "calendar.write",
            "calendar.freebusy",
            "tasks.read",
            "tasks.write",
            "files",
            "people.contacts",
            "people.others"
        ]
    );
    let source = providers.mail(&connection(GOOGLE, &scopes), credentials(&tokens)).unwrap().unwrap();
    assert!(source.mailboxes().await.is_ok() && !source.can_send());
    let write = domain::source::MailWrite::Flags { mailbox: None, ids: vec!["1".into()], change: domain::mail::FlagChange::read(true) };
    assert!(matches!(source.write(&write).await, Err(ProviderError::Unsupported(why)) if why.contains("gmail.modify")));

    let none = ["openid", scope::EMAIL].map(str::to_owned).to_vec();
    assert!(providers.mail(&connection(GOOGLE, &none), credentials(&tokens)).unwrap().is_none(), "no mail scope, no mail side");
}

#[tokio::test]
async fn a_code_works_once_and_only_with_its_verifier_and_redirect() {
    let (sandbox, providers) = start().await;
    let id = IntegrationId::from(GOOGLE);
    let params = providers.authorize_params(&id).await.unwrap();
    let exchange = async |code: &str, verifier: &str, redirect: &str, nonce: &str| {
        providers.exchange(&id, &code.into(), &verifier.into(), redirect, Some(nonce), sandbox.now()).await
    };
    let code = async || authorize(&params, GOOGLE_REDIRECT).await["code"].clone();
    let wrong = "wrong-verifier-wrong-verifier-wrong-verifier-w";
    assert!(matches!(exchange(&code().await, wrong, GOOGLE_REDIRECT, "n0").await, Err(OAuthError::GrantDead(_))));
    assert!(exchange(&code().await, VERIFIER, "http://127.0.0.1:53683/cb/google", "n0").await.is_err());
    assert!(matches!(exchange(&code().await, VERIFIER, GOOGLE_REDIRECT, "other").await, Err(OAuthError::Invalid(_))));
    let good = code().await;
    assert!(exchange(&good, VERIFIER, GOOGLE_REDIRECT, "n0").await.is_ok());
    assert!(matches!(exchange(&good, VERIFIER, GOOGLE_REDIRECT, "n0").await, Err(OAuthError::GrantDead(_))));
}

#[tokio::test]
async fn an_organisation_is_discovered_public_and_rotates() {
    let (sandbox, providers) = start().await;
    let id = IntegrationId::from("oidc");
    let params = providers.authorize_params(&id).await.unwrap();
    assert_eq!(params.issuer, Some(sandbox.oidc_base()));
    assert!(params.iss_required && params.oidc && params.scopes.contains(&"offline_access".to_owned()));
    assert_eq!(params.redirect, RedirectKind::Loopback, "as configured");
    for redirect in ["http://127.0.0.1:49152/cb/oidc", "aurelius://oauth/callback"] {
        let tokens = sign_in(&providers, "oidc", redirect).await;
        assert_eq!(providers.identity(&id, &tokens).await.unwrap().email, sandbox::OIDC_MARA);
        assert!(providers.mail(&connection("oidc", &[]), credentials(&tokens)).unwrap().is_none());
        let first = tokens.refresh_token.unwrap();
        let second = providers.refresh(&id, &first, sandbox.now()).await.unwrap().refresh_token.unwrap();
        assert!(matches!(providers.refresh(&id, &first, sandbox.now()).await, Err(OAuthError::GrantDead(_))), "a spent token");
        assert!(providers.refresh(&id, &second, sandbox.now()).await.is_err(), "reuse killed the family");
    }
    let tokens = sign_in(&providers, "oidc", "aurelius://oauth/callback").await;
    assert_eq!(providers.revoke(&id, &tokens.refresh_token.unwrap()).await.unwrap(), Revocation::Revoked);
}

#[tokio::test]
async fn configuration_that_cannot_work_says_so_in_words() {
    let clock = system_clock();
    let unconfigured = Providers::new(&Config::default(), clock.clone()).unwrap();
    for id in ["google", "oidc"] {
        let error = unconfigured.authorize_params(&id.into()).await.unwrap_err();
        assert!(matches!(&error, OAuthError::Config(text) if text.contains(&format!("[providers.{id}]"))), "{error}");
    }
    let oidc = domain::config::ProviderConfig { client_id: Some("me".into()), ..Default::default() };
    let config = Config { providers: [("oidc".to_owned(), oidc)].into(), ca_file: None };
    let error = Providers::new(&config, clock.clone()).unwrap().authorize_params(&"oidc".into()).await.unwrap_err();
    assert!(error.to_string().starts_with("issuer is missing"), "{error}");
    assert!(matches!(unconfigured.authorize_params(&"slack".into()).await, Err(OAuthError::Config(_))));
    let config = Config { ca_file: Some("/nowhere/ca.pem".into()), ..Config::default() };
    assert!(matches!(Providers::new(&config, clock), Err(OAuthError::Config(text)) if text.contains("/nowhere/ca.pem")));
}

#[tokio::test]
async fn google_itself_needs_no_discovery() {
    let google = domain::config::ProviderConfig { client_id: Some("me".into()), ..Default::default() };
    let config = Config { providers: [("google".to_owned(), google)].into(), ca_file: None };
    let params = Providers::new(&config, system_clock()).unwrap().authorize_params(&"google".into()).await.unwrap();
    assert_eq!(params.authorize_url, "https://accounts.google.com/o/oauth2/v2/auth");
    assert_eq!(params.issuer.as_deref(), Some("https://accounts.google.com"));
    assert!(!params.extra.iter().any(|(k, v)| k == "prompt" && v == "consent"));
}

#[tokio::test]
async fn calendars_are_where_the_settings_say_and_settings_of_another_kind_are_refused() {
    use domain::connection::{DavServer, FeedSettings};
    let providers = Providers::new(&Config::default(), system_clock()).unwrap();
    let calendar = |integration: &str, settings: ConnectionSettings| {
        let connection = Connection { settings, ..connection(integration, &[]) };
        providers.calendar(&connection, Arc::new(Tokens::default()))
    };
    let server = |url: &str| ConnectionSettings::Dav(DavServer { url: url.into(), username: "jo".into(), excluded: Vec::new() });
    let feed = || ConnectionSettings::Feed(FeedSettings { host: "cal.example".into(), name: String::new(), private_allowed: false });
    assert!(calendar("caldav", server("cal.example")).unwrap().is_some_and(|source| source.pace_ms().is_none()));
    assert!(calendar("ics", feed()).unwrap().is_some_and(|source| source.pace_ms() == Some(3_600_000)));
    assert!(
        calendar("google", ConnectionSettings::OAuth).unwrap().is_none()
            && calendar("todoist", ConnectionSettings::Token).unwrap().is_none()
    );
    for (integration, settings) in [("caldav", feed()), ("ics", server("cal.example")), ("caldav", server("http://cal.example"))] {
        assert!(matches!(calendar(integration, settings).err().unwrap(), ProviderError::Refused(_)), "{integration}");
    }
}

#[tokio::test]
async fn tasks_are_where_they_are_granted_or_where_the_token_leads() {
    let (sandbox, providers) = start().await;
    let tokens = sign_in(&providers, GOOGLE, GOOGLE_REDIRECT).await;
    let scopes = tokens.scopes.clone().unwrap();
    let google = providers.tasks(&connection(GOOGLE, &scopes), credentials(&tokens)).unwrap().unwrap();
    assert!(!google.one_scope() && google.lists().await.unwrap().iter().any(|l| l.default && l.can.write));
    let less = [scope::READONLY, scope::EVENTS].map(str::to_owned);
    assert!(providers.tasks(&connection(GOOGLE, &less), credentials(&tokens)).unwrap().is_none());
    let looks = [scope::TASKS_READONLY.to_owned()];
    let source = providers.tasks(&connection(GOOGLE, &looks), credentials(&tokens)).unwrap().unwrap();
    assert!(source.lists().await.unwrap().iter().all(|l| !l.can.write));
    assert!(providers.tasks(&connection("caldav", &[]), credentials(&tokens)).unwrap().is_none());

    let todoist = Connection { settings: ConnectionSettings::Token, ..connection(TODOIST, &[]) };
    let pasted = |token: String| -> Arc<dyn Credentials> { Arc::new(Pasted(token)) };
    let source = providers.tasks(&todoist, pasted(sandbox.todoist_token())).unwrap().unwrap();
    assert!(source.one_scope() && source.lists().await.unwrap().len() == 3);
    let owner = providers.owner(&todoist, pasted(sandbox.todoist_token())).await.unwrap();
    assert_eq!((owner.subject.as_str(), owner.email.as_str(), owner.name.as_str()), ("48120771", MARA, "Mara Lindqvist"));
    let wrong = providers.owner(&todoist, pasted("0000".to_owned())).await.unwrap_err();
    assert!(matches!(&wrong, ProviderError::Auth(_)) && wrong.class() == ErrorClass::Reauth, "{wrong}");
    // A token has no successor: it is tried once.
    assert_eq!(sandbox.control().count("POST", "/api/v1/sync"), 3);
    let github = Connection { settings: ConnectionSettings::Token, ..connection(GITHUB, &[]) };
    let source = providers.tasks(&github, pasted(sandbox.github_token())).unwrap().unwrap();
    assert!(source.one_scope() && source.lists().await.unwrap().len() == 2);
    let owner = providers.owner(&github, pasted(sandbox.github_token())).await.unwrap();
    assert_eq!((owner.subject.as_str(), owner.email.as_str(), owner.name.as_str()), ("583231", MARA, "Mara Lindqvist"));
    let wrong = providers.owner(&github, pasted("ghp_0".to_owned())).await.unwrap_err();
    assert!(matches!(&wrong, ProviderError::Auth(_)), "{wrong}");

    let linear = Connection { settings: ConnectionSettings::Token, ..connection(LINEAR, &[]) };
    let source = providers.tasks(&linear, pasted(sandbox.linear_key())).unwrap().unwrap();
    assert!(source.one_scope() && source.lists().await.unwrap().len() == 2);
    let owner = providers.owner(&linear, pasted(sandbox.linear_key())).await.unwrap();
    assert_eq!((owner.email.as_str(), owner.name.as_str()), (MARA, "Mara Lindqvist"));
    let wrong = providers.owner(&linear, pasted("lin_api_0".to_owned())).await.unwrap_err();
    assert!(matches!(&wrong, ProviderError::Auth(_)), "{wrong}");

    let asana = Connection { settings: ConnectionSettings::Token, ..connection(ASANA, &[]) };
    let source = providers.tasks(&asana, pasted(sandbox.asana_token())).unwrap().unwrap();
    assert!(source.one_scope() && source.lists().await.unwrap().len() == 4);
    let owner = providers.owner(&asana, pasted(sandbox.asana_token())).await.unwrap();
    assert_eq!((owner.subject.as_str(), owner.email.as_str()), ("1200000000000001", MARA));

    let trello = Connection { settings: ConnectionSettings::Token, ..connection(TRELLO, &[]) };
    let source = providers.tasks(&trello, pasted(sandbox.trello_secret())).unwrap().unwrap();
    assert!(source.one_scope() && source.lists().await.unwrap().len() == 3);
    assert_eq!(providers.owner(&trello, pasted(sandbox.trello_secret())).await.unwrap().name, "Mara Lindqvist");
    for wrong in ["nonsense", "key:token", "a\":b", ":"] {
        let wrong = providers.owner(&trello, pasted(wrong.to_owned())).await.unwrap_err();
        assert!(matches!(&wrong, ProviderError::Auth(_)), "{wrong}");
    }

    let jira = Connection { settings: ConnectionSettings::Token, ..connection(JIRA, &[]) };
    let source = providers.tasks(&jira, pasted(sandbox.jira_secret())).unwrap().unwrap();
    assert!(source.one_scope() && source.lists().await.unwrap().len() == 2);
    let owner = providers.owner(&jira, pasted(sandbox.jira_secret())).await.unwrap();
    assert_eq!((owner.subject.as_str(), owner.name.as_str()), ("nordlys/5b10ac8d82e05b22cc7d4ef5", "Mara Lindqvist (nordlys)"));

    let notion = Connection { settings: ConnectionSettings::Token, ..connection(NOTION, &[]) };
    let source = providers.tasks(&notion, pasted(sandbox.notion_token())).unwrap().unwrap();
    assert!(!source.one_scope() && source.lists().await.unwrap().len() == 3);
    assert_eq!(providers.owner(&notion, pasted(sandbox.notion_token())).await.unwrap().name, "Aurelius (Nordlys)");

    let google = providers.owner(&connection(GOOGLE, &scopes), credentials(&tokens)).await;
    assert!(matches!(google, Err(ProviderError::Unsupported(_))));
}

#[tokio::test]
async fn microsoft_from_sign_in_to_a_disconnect_that_nobody_there_hears_of() {
    let (sandbox, providers) = start().await;
    let id = IntegrationId::from(MICROSOFT);
    let row = providers.integration(&id).unwrap();
    assert_eq!((row.redirect, row.revocable), (Some(RedirectKind::Loopback), false));
    assert!(row.account_page.is_some_and(|page| page.starts_with("https://myaccount.microsoft.com")));
    let params = providers.authorize_params(&id).await.unwrap();
    assert!(params.localhost && params.issuer.is_none() && !params.iss_required);
    for long_scopes in [true, false] {
        sandbox.set_entra_switches(EntraSwitches { long_scopes, ..EntraSwitches::default() });
        let tokens = sign_in(&providers, MICROSOFT, MS_REDIRECT).await;
        assert!(row.granted(tokens.scopes.as_ref().unwrap()).1.is_empty(), "everything was granted: {:?}", tokens.scopes);
    }
    let tokens = sign_in(&providers, MICROSOFT, MS_REDIRECT).await;
    let identity = providers.identity(&id, &tokens).await.unwrap();
    assert_eq!((identity.email.as_str(), identity.name.as_str(), identity.email_verified), (MS_MARA, "Mara Lindqvist", false));
    assert_eq!(identity.subject, format!("5b0c8a1e-9d5f-4a58-8f2b-6c1d2e3f4a01.{}", sandbox::MS_TENANT));
    let scopes = tokens.scopes.clone().unwrap();
    let source = providers.mail(&connection(MICROSOFT, &scopes), credentials(&tokens)).unwrap().unwrap();
    assert!(source.scope_per_mailbox() && source.mailboxes().await.unwrap().iter().any(|m| m.role == Some(MailboxRole::Inbox)));
    assert!(providers.mail(&connection(MICROSOFT, &["User.Read".to_owned()]), credentials(&tokens)).unwrap().is_none());

    let refresh = tokens.refresh_token.clone().unwrap();
    let fresh = providers.refresh(&id, &refresh, sandbox.now()).await.unwrap();
    use domain::ExposeSecret as _;
    assert_ne!(fresh.refresh_token.unwrap().expose_secret(), refresh.expose_secret(), "another one each time");
    assert_eq!(providers.revoke(&id, &refresh).await.unwrap(), Revocation::Unsupported);
    assert_eq!(sandbox.live_grants(Provider::Microsoft, MS_MARA), 3, "nothing was ended there");
    sandbox.set_entra_switches(EntraSwitches { conditional_access: Some(sandbox::ConditionalAccess::Mfa), ..EntraSwitches::default() });
    for killed in [false, true] {
        if killed {
            sandbox.set_entra_switches(EntraSwitches::default());
            sandbox.kill_grants(Provider::Microsoft, MS_MARA);
        }
        let error = providers.refresh(&id, &refresh, sandbox.now()).await.unwrap_err();
        assert!(matches!(error, OAuthError::GrantDead(_)) && error.class() == ErrorClass::Reauth, "{error}");
    }
}
