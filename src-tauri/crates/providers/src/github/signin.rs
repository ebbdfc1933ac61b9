//! Where GitHub signs people in (PROVIDERS 6.2): with a code, because its web flow wants the secret of the client.

use domain::{
    config::{ProviderConfig, check_url},
    oauth::OAuthError,
};
use url::Url;

use crate::connector::clients::Endpoints;

const DEVICE: &str = "https://github.com/login/device/code";

/// Nothing can be revoked there without the client's secret.
pub const ENDPOINTS: Endpoints =
    Endpoints { authorize: "https://github.com/login/oauth/authorize", token: "https://github.com/login/oauth/access_token", revoke: None };

/// Where codes are given out.
pub fn device_url(config: &ProviderConfig) -> Result<Url, OAuthError> {
    let at = config.device_url.as_deref().unwrap_or(DEVICE);
    check_url("providers.github.device_url", at).map_err(|e| OAuthError::Config(e.to_string()))
}
