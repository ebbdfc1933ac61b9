//! The token side of OAuth 2.0 (RFC 6749, 7009, 7636). The engine owns the flow: state, PKCE, redirects, single-flight and
//! storage. Here are the requests to the provider's endpoints and a strict reading of what comes back.

use std::pin::Pin;

use domain::{
    ExposeSecret, SecretString,
    oauth::{Identity, OAuthError, Revocation, TokenSet},
    time::Timestamp,
};
use oauth2::{AuthType, AuthorizationCode, ClientId, ClientSecret, PkceCodeVerifier, RedirectUrl, RefreshToken, TokenUrl};
use reqwest::header::{ACCEPT, HeaderValue};
use url::Url;

use crate::http::{Call, Http, SMALL_CAP};

mod device;
pub mod error;
pub mod id_token;
pub mod reply;

/// A client at a provider, every address resolved.
#[derive(Clone, Debug)]
pub struct Client {
    /// Shown to the person.
    pub label: &'static str,
    pub client_id: String,
    /// Sent only where one is configured: a public client must not send any (PROVIDERS 0.1).
    pub client_secret: Option<SecretString>,
    pub authorize_url: Url,
    pub token_url: Url,
    pub revoke_url: Option<Url>,
    pub userinfo_url: Option<Url>,
    /// Accepted `iss` of id_tokens; the first is the issuer proper.
    pub issuers: Vec<String>,
    /// Whether authorization answers carry `iss` (RFC 9207).
    pub iss_required: bool,
    /// RFC 7009 section 2.1: a public client names itself. Google takes the token alone.
    pub revoke_names_client: bool,
    /// Entra: see [`id_token::Expected::entra`].
    pub entra: bool,
}

type Wire = oauth2::Client<
    reply::ErrorReply,
    reply::TokenReply,
    oauth2::StandardTokenIntrospectionResponse<oauth2::EmptyExtraTokenFields, oauth2::basic::BasicTokenType>,
    oauth2::StandardRevocableToken,
    oauth2::StandardErrorResponse<oauth2::RevocationErrorResponseType>,
>;

impl Client {
    fn wire(&self) -> Wire {
        let wire = Wire::new(ClientId::new(self.client_id.clone())).set_auth_type(AuthType::RequestBody);
        match &self.client_secret {
            Some(secret) => wire.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => wire,
        }
    }

    /// Exchanges an authorization code. `redirect_uri` must be byte-identical to the one of the authorization request. With a
    /// `nonce`, an id_token that carries it is required.
    pub async fn exchange(
        &self,
        http: &Http,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OAuthError> {
        let redirect =
            RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| OAuthError::Config("the redirect address is not a URL".into()))?;
        let wire = self.wire().set_token_uri(TokenUrl::from_url(self.token_url.clone())).set_redirect_uri(redirect);
        let reply = wire
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .request_async(&Transport(http.clone()))
            .await
            .map_err(|e| error::token(self.label, e))?;
        let tokens = self.tokens(reply, nonce, now)?;
        if nonce.is_some() && tokens.identity.is_none() {
            return Err(OAuthError::Invalid(format!("{} sent no id_token, so nobody can tell who signed in", self.label)));
        }
        Ok(tokens)
    }

    /// Refreshes. A reply without a refresh token means that the old one stays valid (Google); the caller keeps it.
    pub async fn refresh(&self, http: &Http, refresh_token: &SecretString, now: Timestamp) -> Result<TokenSet, OAuthError> {
        let wire = self.wire().set_token_uri(TokenUrl::from_url(self.token_url.clone()));
        let reply = wire
            .exchange_refresh_token(&RefreshToken::new(refresh_token.expose_secret().to_owned()))
            .request_async(&Transport(http.clone()))
            .await
            .map_err(|e| error::token(self.label, e))?;
        // OIDC Core 12.2: an id_token of a refresh need not carry the nonce.
        self.tokens(reply, None, now)
    }

    /// Revokes a token (RFC 7009).
    pub async fn revoke(&self, http: &Http, token: &SecretString) -> Result<Revocation, OAuthError> {
        let Some(url) = &self.revoke_url else { return Ok(Revocation::Unsupported) };
        let call = Call::new(reqwest::Method::POST, url.clone())
            .body(HeaderValue::from_static("application/x-www-form-urlencoded"), self.revocation_form(token))
            .timeout(std::time::Duration::from_secs(10));
        let reply = http.send(&call, None, SMALL_CAP).await.map_err(error::transport)?;
        if reply.status.is_success() {
            return Ok(Revocation::Revoked);
        }
        if let Some(error) = error::transient(&call.host(), reply.status, &reply.headers, http.now()) {
            return Err(error);
        }
        let parsed: Option<reply::ErrorReply> = serde_json::from_slice(&reply.body).ok();
        match parsed.as_ref().map(|e| e.error.as_str()) {
            // RFC 7009 answers 200 for an unknown token; Google answers 400 invalid_token, some others invalid_grant.
            Some("invalid_token" | "invalid_grant") => Ok(Revocation::AlreadyDead),
            Some("unsupported_token_type") => Ok(Revocation::Unsupported),
            Some("invalid_client" | "unauthorized_client") => Err(OAuthError::Client(error::words(self.label, parsed.as_ref()))),
            _ => Err(OAuthError::Invalid(format!("{} answered the revocation with status {}", self.label, reply.status.as_u16()))),
        }
    }

    fn revocation_form(&self, token: &SecretString) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token.expose_secret());
        if self.revoke_names_client {
            form.append_pair("client_id", &self.client_id);
            if let Some(secret) = &self.client_secret {
                form.append_pair("client_secret", secret.expose_secret());
            }
        }
        form.finish()
    }

    /// Who signed in: the id_token's claims, completed by the userinfo endpoint where they do not say the address.
    pub async fn identity(&self, http: &Http, tokens: &TokenSet) -> Result<Identity, OAuthError> {
        let known = tokens.identity.clone();
        if let Some(identity) = &known
            && !identity.email.is_empty()
        {
            return Ok(identity.clone());
        }
        let Some(url) = &self.userinfo_url else {
            return known.ok_or_else(|| OAuthError::Invalid(format!("{} does not say who signed in", self.label)));
        };
        let call = Call::get(url.clone()).header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply = http.send(&call, Some(&tokens.access_token), SMALL_CAP).await.map_err(error::transport)?;
        if let Some(error) = error::transient(&call.host(), reply.status, &reply.headers, http.now()) {
            return Err(error);
        }
        if !reply.status.is_success() {
            return Err(OAuthError::Invalid(format!("{} answered {} when asked who signed in", self.label, reply.status.as_u16())));
        }
        let info: id_token::UserInfo = serde_json::from_slice(&reply.body)
            .map_err(|_| OAuthError::Invalid(format!("{} answered with something that is not a user", self.label)))?;
        let from_userinfo = info.identity().ok_or_else(|| OAuthError::Invalid(format!("{} sent a user without an id", self.label)))?;
        match known {
            // OIDC Core 5.3.2: the subjects must be the same, else the claims must not be used.
            Some(known) if known.subject != from_userinfo.subject => {
                Err(OAuthError::Invalid(format!("{} named two different people for one sign-in", self.label)))
            }
            _ => Ok(from_userinfo),
        }
    }

    fn tokens(&self, reply: reply::TokenReply, nonce: Option<&str>, now: Timestamp) -> Result<TokenSet, OAuthError> {
        let identity = match reply.id_token() {
            Some(token) => Some(
                id_token::check(
                    token,
                    &id_token::Expected { issuers: &self.issuers, client_id: &self.client_id, nonce, entra: self.entra },
                    now,
                )
                .map_err(|why| OAuthError::Invalid(format!("{}: {why}", self.label)))?,
            ),
            None => None,
        };
        reply.into_tokens(identity, now).map_err(|why| OAuthError::Invalid(format!("{}: {why}", self.label)))
    }
}

/// Carries oauth2's requests over our HTTP. Overload and outages are answered here, before oauth2 tries to read them.
struct Transport(Http);

impl<'c> oauth2::AsyncHttpClient<'c> for Transport {
    type Error = OAuthError;
    type Future = Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse, OAuthError>> + Send>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        let http = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let url = Url::parse(&parts.uri.to_string()).map_err(|_| OAuthError::Config("the token endpoint is not a URL".to_owned()))?;
            let mut call = Call::new(parts.method, url);
            call.headers = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            call.body = body.into();
            let reply = http.send(&call, None, SMALL_CAP).await.map_err(error::transport)?;
            if let Some(error) = error::transient(&call.host(), reply.status, &reply.headers, http.now()) {
                return Err(error);
            }
            let mut response = oauth2::HttpResponse::new(reply.body.to_vec());
            // GitHub refuses with 200 (PROVIDERS 6.2): what says that it is an error is read as one.
            let refused = reply.status.is_success() && serde_json::from_slice::<reply::ErrorReply>(&reply.body).is_ok();
            *response.status_mut() = if refused { reqwest::StatusCode::BAD_REQUEST } else { reply.status };
            *response.headers_mut() = reply.headers;
            Ok(response)
        })
    }
}

/// What a sign-in server's bytes mean, for tests/fuzz: as a token reply, its refusal, claims, and a discovery document.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz(bytes: &[u8], issuer: &str, now: Timestamp) -> crate::fuzz::SignIn {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut out = crate::fuzz::SignIn::default();
    let issuers = [issuer.to_owned()];
    let expected = id_token::Expected { issuers: &issuers, client_id: "me", nonce: None, entra: false };
    let token = String::from_utf8_lossy(bytes);
    let claims = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(bytes));
    let person = id_token::check(&claims, &expected, now).or_else(|_| id_token::check(&token, &expected, now)).ok();
    out.person = person.map(|p| (p.subject, p.email, p.name));
    if let Ok(reply) = serde_json::from_slice::<reply::TokenReply>(bytes) {
        let _ = reply.id_token().map(|token| id_token::check(token, &expected, now));
        if let Ok(tokens) = reply.into_tokens(None, now) {
            out.access_token = Some(tokens.access_token.expose_secret().to_owned());
            out.expires_at = tokens.expires_at;
        }
    }
    let refusal: Option<reply::ErrorReply> = serde_json::from_slice(bytes).ok();
    out.error = Some(error::words("Provider", refusal.as_ref()));
    match crate::oidc::parse(issuer, bytes) {
        Ok(metadata) => {
            out.addresses = [Some(metadata.authorize_url), Some(metadata.token_url), metadata.revoke_url, metadata.userinfo_url]
                .into_iter()
                .flatten()
                .collect();
        }
        Err(why) => assert!(why.to_string().chars().count() < 1_000, "{why}"),
    }
    out
}

#[cfg(test)]
mod tests;
