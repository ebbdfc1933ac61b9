//! Whose account it is, from Graph: the sign-in name need not be an address that takes mail.

use domain::{
    config::ProviderConfig,
    oauth::{Identity, OAuthError, TokenSet},
};
use serde::Deserialize;

use super::endpoints::{GraphUrls, with_query};
use crate::{
    http::{Call, Http, SMALL_CAP},
    oauth::error,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    id: String,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    mail: Option<String>,
    #[serde(default)]
    user_principal_name: Option<String>,
}

/// The subject is the id_token's (object id and tenant); address and name are Graph's.
pub(crate) async fn identity(http: &Http, config: &ProviderConfig, tokens: &TokenSet) -> Result<Identity, OAuthError> {
    let urls = GraphUrls::new(config).map_err(|e| OAuthError::Config(e.to_string()))?;
    let call = Call::get(with_query(urls.me([]), &[("$select", "id,displayName,mail,userPrincipalName")]));
    let reply = http.send(&call, Some(&tokens.access_token), SMALL_CAP).await.map_err(error::transport)?;
    if let Some(error) = error::transient(&call.host(), reply.status, &reply.headers, http.now()) {
        return Err(error);
    }
    let known = tokens.identity.clone();
    if !reply.status.is_success() {
        // Without User.Read the id_token has to do.
        let invalid = || OAuthError::Invalid(format!("Microsoft answered {} when asked who signed in", reply.status.as_u16()));
        return known.filter(|k| !k.email.is_empty()).ok_or_else(invalid);
    }
    let me: Me = serde_json::from_slice(&reply.body)
        .map_err(|_| OAuthError::Invalid("Microsoft answered with something that is not a user".to_owned()))?;
    let clean = |text: Option<String>| text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(320).collect::<String>();
    let address = |text: Option<String>| Some(clean(text)).filter(|t| t.contains('@'));
    let known = known.unwrap_or_default();
    let email = address(me.mail).or_else(|| address(me.user_principal_name)).unwrap_or(known.email);
    let name = Some(clean(me.display_name)).filter(|n| !n.is_empty()).unwrap_or(known.name);
    let subject = if known.subject.is_empty() { me.id } else { known.subject };
    // Nobody vouches for it: an account is known by its subject.
    Ok(Identity { subject, email, email_verified: false, name })
}
