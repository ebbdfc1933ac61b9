//! How a workspace is pointed at the stand-ins.

use std::collections::BTreeMap;

use domain::config::ProviderConfig;
use serde_json::{Map, Value};

use crate::{GITHUB_CLIENT_ID, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, LINEAR_CLIENT_ID, MS_CLIENT_ID, OIDC_CLIENT_ID, Provider, Sandbox};

/// One `[providers.<id>]` table: keys in the order of the file.
pub type Table = Vec<(&'static str, String)>;

impl Sandbox {
    /// What `config.toml` has to say about each provider that can be configured, by its id there.
    pub fn provider_settings(&self) -> Vec<(&'static str, Table)> {
        let google = self.google_base();
        let microsoft = self.microsoft_base();
        let (github, linear) = (self.base(Provider::Github), self.base(Provider::Linear));
        let api = |base: String| vec![("api_url", base)];
        vec![
            (
                "google",
                vec![
                    ("client_id", GOOGLE_CLIENT_ID.to_owned()),
                    ("client_secret", GOOGLE_CLIENT_SECRET.to_owned()),
                    ("issuer", google.clone()),
                    ("authorize_url", format!("{google}/o/oauth2/v2/auth")),
                    ("token_url", format!("{google}/token")),
                    ("revoke_url", format!("{google}/revoke")),
                    ("userinfo_url", format!("{google}/v1/userinfo")),
                    ("gmail_url", google.clone()),
                    ("calendar_url", google.clone()),
                    ("tasks_url", google.clone()),
                    ("drive_url", google.clone()),
                    ("people_url", google),
                ],
            ),
            (
                "microsoft",
                vec![("client_id", MS_CLIENT_ID.to_owned()), ("issuer", format!("{microsoft}/common/v2.0")), ("graph_url", microsoft)],
            ),
            (
                "oidc",
                vec![
                    ("client_id", OIDC_CLIENT_ID.to_owned()),
                    ("issuer", self.oidc_base()),
                    ("redirect", self.oidc_redirect.clone()),
                    ("scopes", "openid email profile offline_access mail".to_owned()),
                ],
            ),
            ("todoist", api(self.todoist_base())),
            (
                "github",
                vec![
                    ("client_id", GITHUB_CLIENT_ID.to_owned()),
                    ("device_url", format!("{github}/login/device/code")),
                    ("token_url", format!("{github}/login/oauth/access_token")),
                    ("api_url", self.github_base()),
                ],
            ),
            (
                "linear",
                vec![
                    ("client_id", LINEAR_CLIENT_ID.to_owned()),
                    ("authorize_url", format!("{linear}/oauth/authorize")),
                    ("token_url", format!("{linear}/oauth/token")),
                    ("revoke_url", format!("{linear}/oauth/revoke")),
                    ("api_url", self.linear_base()),
                ],
            ),
            ("asana", api(self.asana_base())),
            ("trello", api(self.trello_base())),
            ("jira", api(self.jira_base())),
            ("notion", api(self.notion_base())),
        ]
    }

    /// The same as the engine reads it.
    pub fn provider_config(&self) -> BTreeMap<String, ProviderConfig> {
        let read = |(id, table): (&str, Table)| {
            let table: Map<String, Value> = table.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))).collect();
            let config = serde_json::from_value(Value::Object(table)).expect("a table of strings has only keys of ProviderConfig");
            (id.to_owned(), config)
        };
        self.provider_settings().into_iter().map(read).collect()
    }

    /// The same as the text of a `config.toml`.
    pub fn config_toml(&self) -> String {
        let line = |(key, value): &(&str, String)| format!("{key} = \"{value}\"\n");
        let table = |(id, table): (&str, Table)| format!("[providers.{id}]\n{}", table.iter().map(line).collect::<String>());
        self.provider_settings().into_iter().map(table).collect::<Vec<_>>().join("\n")
    }

    /// The same as environment variables.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let name = |id: &str, key: &str| format!("AURELIUS_PROVIDERS__{id}__{key}").to_uppercase();
        let tables = self.provider_settings().into_iter();
        tables.flat_map(|(id, table)| table.into_iter().map(move |(key, value)| (name(id, key), value))).collect()
    }
}
