//! From registry row, configuration and discovery to a client with every address resolved.

use domain::{
    SecretString,
    config::{self, ProviderConfig},
    ids::IntegrationId,
    integration::Integration,
    oauth::OAuthError,
};
use url::Url;

use crate::{
    github,
    google::endpoints,
    http::Http,
    linear, microsoft,
    oauth::{Client, reply::parse_scopes},
    oidc::{Discovery, Metadata},
    registry::{GITHUB, GOOGLE, LINEAR, MICROSOFT, OIDC, Registry, missing},
};

/// What sign-in asks for: the row's scopes, unless the person configured others (OIDC only: what an organisation's issuer
/// knows differs).
pub fn scopes(registry: &Registry, row: &Integration) -> Vec<String> {
    let configured = (row.id.as_str() == OIDC).then(|| registry.config(OIDC).scopes).flatten();
    match configured.map(|text| parse_scopes(&text)).filter(|list| !list.is_empty()) {
        Some(mut list) => {
            // Without it this is not OpenID Connect, and nobody could tell who signed in.
            if !list.iter().any(|s| s == "openid") {
                list.insert(0, "openid".to_owned());
            }
            list
        }
        None => row.scopes.iter().map(|s| (*s).to_owned()).collect(),
    }
}

/// Further parameters of the authorization request.
pub fn extra_params(id: &IntegrationId) -> Vec<(String, String)> {
    if id.as_str() == LINEAR {
        // As the person, not as an application of its own (PROVIDERS 6.3).
        vec![("actor".to_owned(), "user".to_owned())]
    } else if [GOOGLE, MICROSOFT].contains(&id.as_str()) {
        // People have several Google accounts; without this the browser's first one is taken silently. No `prompt=consent`:
        // it burns one of the 100 refresh tokens per account and client (PROVIDERS 10, number 16).
        vec![("prompt".to_owned(), "select_account".to_owned())]
    } else {
        Vec::new()
    }
}

/// Whether a revocation says which client asks. Google's needs none, so a grant can be withdrawn after the registration was taken out.
fn revoke_names_client(id: &IntegrationId) -> bool {
    id.as_str() != GOOGLE
}

pub async fn resolve(registry: &Registry, discovery: &Discovery, http: &Http, id: &IntegrationId) -> Result<Client, OAuthError> {
    registry.oauth(id)?;
    let (client_id, client_secret) = registry.client(id.as_str())?;
    addresses(registry, discovery, http, id, client_id, client_secret).await
}

/// For withdrawing a grant: without a client where the provider asks for none.
pub async fn resolve_to_revoke(registry: &Registry, discovery: &Discovery, http: &Http, id: &IntegrationId) -> Result<Client, OAuthError> {
    if revoke_names_client(id) {
        return resolve(registry, discovery, http, id).await;
    }
    addresses(registry, discovery, http, id, String::new(), None).await
}

async fn addresses(
    registry: &Registry,
    discovery: &Discovery,
    http: &Http,
    id: &IntegrationId,
    client_id: String,
    client_secret: Option<SecretString>,
) -> Result<Client, OAuthError> {
    let row = registry.oauth(id)?;
    let config = registry.config(id.as_str());
    let (base, issuers) = match id.as_str() {
        GOOGLE => google(&config, discovery, http).await?,
        MICROSOFT => microsoft(&config)?,
        GITHUB => fixed(github::signin::ENDPOINTS)?,
        LINEAR => fixed(linear::ENDPOINTS)?,
        _ => organisation(&config, discovery, http).await?,
    };
    let given = |key: &str, value: &Option<String>| {
        value.as_deref().map(|v| config::check_url(key, v).map_err(|e| OAuthError::Config(e.to_string()))).transpose()
    };
    Ok(Client {
        label: row.label,
        client_id,
        client_secret,
        authorize_url: given("authorize_url", &config.authorize_url)?.unwrap_or(base.authorize_url),
        token_url: given("token_url", &config.token_url)?.unwrap_or(base.token_url),
        revoke_url: given("revoke_url", &config.revoke_url)?.or(base.revoke_url),
        userinfo_url: given("userinfo_url", &config.userinfo_url)?.or(base.userinfo_url),
        issuers,
        iss_required: base.iss_required,
        revoke_names_client: revoke_names_client(id),
        entra: id.as_str() == MICROSOFT,
    })
}

/// Where a provider signs people in, where that does not move.
pub struct Endpoints {
    pub authorize: &'static str,
    pub token: &'static str,
    pub revoke: Option<&'static str>,
}

/// Neither is OpenID Connect: the API says who signed in.
fn fixed(at: Endpoints) -> Result<(Metadata, Vec<String>), OAuthError> {
    let parse = |text: &str| Url::parse(text).map_err(|_| OAuthError::Config("a built-in address is not valid".to_owned()));
    let base = Metadata {
        authorize_url: parse(at.authorize)?,
        token_url: parse(at.token)?,
        revoke_url: at.revoke.map(parse).transpose()?,
        userinfo_url: None,
        iss_required: false,
    };
    Ok((base, Vec::new()))
}

/// Google's addresses do not move, so no discovery is asked for; a stand-in with another issuer either names every address
/// or publishes them.
async fn google(config: &ProviderConfig, discovery: &Discovery, http: &Http) -> Result<(Metadata, Vec<String>), OAuthError> {
    let ours = || OAuthError::Config("a built-in address is not valid".to_owned());
    let fixed = |text: &str| Url::parse(text).map_err(|_| ours());
    let issuer = config.issuer.as_deref().unwrap_or(endpoints::ISSUER);
    if issuer != endpoints::ISSUER {
        let issuers = vec![issuer.to_owned()];
        return if config.authorize_url.is_some() && config.token_url.is_some() {
            let base = Metadata {
                authorize_url: fixed(endpoints::AUTHORIZE)?,
                token_url: fixed(endpoints::TOKEN)?,
                revoke_url: None,
                userinfo_url: None,
                iss_required: false,
            };
            Ok((base, issuers))
        } else {
            Ok((discovery.metadata(http, issuer).await?, issuers))
        };
    }
    let base = Metadata {
        authorize_url: fixed(endpoints::AUTHORIZE)?,
        token_url: fixed(endpoints::TOKEN)?,
        revoke_url: Some(fixed(endpoints::REVOKE)?),
        userinfo_url: Some(fixed(endpoints::USERINFO)?),
        iss_required: false,
    };
    Ok((base, vec![endpoints::ISSUER.to_owned(), endpoints::ISSUER_ALIAS.to_owned()]))
}

/// The same for every tenant, so nothing is discovered. There is nothing to revoke at, and Graph says who signed in.
fn microsoft(config: &ProviderConfig) -> Result<(Metadata, Vec<String>), OAuthError> {
    let issuer = config.issuer.as_deref().unwrap_or(microsoft::endpoints::ISSUER);
    let bad = || OAuthError::Config("[providers.microsoft] issuer must be like https://login.microsoftonline.com/TENANT/v2.0".to_owned());
    let authority = microsoft::endpoints::authority(issuer).ok_or_else(bad)?;
    let parse = |text: &str| config::check_url("providers.microsoft.issuer", text).map_err(|e| OAuthError::Config(e.to_string()));
    let base = Metadata {
        authorize_url: parse(&authority.authorize)?,
        token_url: parse(&authority.token)?,
        revoke_url: None,
        userinfo_url: None,
        iss_required: false,
    };
    Ok((base, vec![authority.issuer]))
}

async fn organisation(config: &ProviderConfig, discovery: &Discovery, http: &Http) -> Result<(Metadata, Vec<String>), OAuthError> {
    let issuer = config.issuer.as_deref().map(str::trim).filter(|i| !i.is_empty()).ok_or_else(|| missing(OIDC, "issuer"))?;
    Ok((discovery.metadata(http, issuer).await?, vec![issuer.to_owned()]))
}
