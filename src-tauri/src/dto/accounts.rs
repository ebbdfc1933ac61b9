use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IntegrationDto {
    pub id: String,
    pub label: String,
    pub description: String,
    /// `oauth`, `password`, or `token`: one that the person makes at the provider and pastes.
    pub auth: String,
    pub features: Vec<FeatureDto>,
    /// Beside the token: `device` (a code that is typed in at the provider) or `browser`.
    pub sign_in: Option<String>,
    /// A usable client id is configured (always true for password and token kinds).
    pub configured: bool,
    /// A usable client id is configured, for whoever wants to sign in.
    pub has_client: bool,
    /// Whether a disconnect can end the access at the provider.
    pub revocable: bool,
    pub account_page: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FeatureDto {
    pub id: String,
    pub label: String,
    /// What stays off without it.
    pub without: String,
    pub granted: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDto {
    pub id: String,
    pub integration: String,
    pub label: String,
    pub email: String,
    pub accounts: Vec<AccountDto>,
    pub features: Vec<FeatureDto>,
    pub status: SourceState,
    pub messages: u32,
    pub created_at: Millis,
    /// What to show beside the label: the address where the label is another, and the servers' names.
    pub detail: String,
    /// IMAP: what to fill the form with when the person signs in again.
    pub servers: Option<MailServersDto>,
    /// IMAP and JMAP: names of folders that are not synced, and the time window in days.
    pub excluded: Vec<String>,
    pub days: Option<u32>,
    /// Of a sign-in: whether a disconnect can end the access at the provider. None: it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub withdrawable: Option<bool>,
    /// Notion: how many tables are shared and are no task lists. None: there are no tables to choose from.
    pub unused_tables: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MailServersDto {
    pub username: String,
    pub imap: EndpointDto,
    /// None: receive-only.
    pub smtp: Option<EndpointDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceState {
    /// As in `SourceStatus.state`.
    pub state: String,
    pub words: String,
    pub hint: String,
    pub progress: Option<f64>,
    pub last_sync: Option<Millis>,
    pub next_sync: Option<Millis>,
    /// While `waiting`: the provider asked to be left alone until then.
    pub retry_at: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountDto {
    pub id: Id,
    pub email: String,
    pub name: String,
    /// 0…9, index into the hues.
    pub hue: u8,
    pub can_send: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectOAuthReq {
    pub integration: String,
    /// Connection to sign in again.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PendingSignIn {
    pub attempt: String,
    /// For "Copy link".
    pub url: String,
    pub expires_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSignIn {
    pub attempt: String,
    /// The person types it in.
    pub code: String,
    /// There.
    pub url: String,
    pub expires_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AttemptReq {
    pub attempt: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AutoconfigureReq {
    pub email: String,
    pub third_parties: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServerGuessDto {
    /// `autoconfig`, `well-known`, `ispdb`, `srv`, `guess`.
    pub origin: String,
    pub username: String,
    pub imap: EndpointDto,
    pub smtp: Option<EndpointDto>,
    /// Outside the address's domain: confirm.
    pub foreign: bool,
    /// Better connected as this integration.
    pub oauth: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EndpointDto {
    pub host: String,
    pub port: u16,
    /// `tls`, `starttls`, `none`.
    pub security: String,
    /// SHA-256 of a certificate that the person accepted.
    pub pinned: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ConnectJmapReq {
    /// The address of the server, its host, or the person's e-mail address.
    pub url: String,
    /// None: the secret is a token.
    pub username: Option<String>,
    /// A password, or a token of the person's own.
    pub secret: String,
    /// The connection that signs in anew.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectMailReq {
    pub email: String,
    pub name: String,
    pub username: String,
    /// None: sign in through the organisation (OIDC).
    pub password: Option<String>,
    pub imap: EndpointDto,
    pub smtp: Option<EndpointDto>,
    /// Reconnect this connection with new credentials or servers.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ConnectionReq {
    pub id: String,
}

/// Fields that are absent stay as they are.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionUpdateReq {
    pub id: String,
    pub label: Option<String>,
    /// Minutes to pause; 0 resumes; a negative number pauses until resumed.
    pub pause_minutes: Option<i32>,
    pub enabled: Option<bool>,
    pub hue: Option<u8>,
    pub excluded: Option<Vec<String>>,
    /// 0: everything.
    pub days: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DisconnectRes {
    /// What was done, in words (revoked, will be revoked when online, remove it yourself at …).
    pub words: String,
    pub account_page: Option<String>,
    pub messages_removed: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ClientConfigReq {
    pub integration: String,
}

/// Client registration of one integration. The secret is write-only.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClientConfig {
    pub integration: String,
    pub client_id: String,
    /// None on save keeps the stored one, an empty one takes it away.
    pub client_secret: Option<String>,
    pub has_secret: bool,
    pub issuer: String,
    /// `scheme` or `loopback`, as it holds where nothing is written; only for `oidc`.
    pub redirect: String,
    /// Separated by spaces; only for `oidc`. Empty: the usual ones.
    pub scopes: String,
    /// Empty, as all addresses may be: the provider's own.
    pub authorize_url: String,
    pub device_url: String,
    pub token_url: String,
    pub revoke_url: String,
    pub userinfo_url: String,
    pub gmail_url: String,
    pub calendar_url: String,
    pub tasks_url: String,
    pub drive_url: String,
    pub people_url: String,
    pub graph_url: String,
    /// Keys of config.toml that the environment overrides. What is shown is the file's.
    pub overridden: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SyncReq {
    /// None: all.
    pub connection: Option<String>,
}
