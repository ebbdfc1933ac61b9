//! `config.toml` of the home, environment variables over it, and edits from the Integrations screen back into it.
//! Edits touch one `[providers.<id>]` table: whatever else a person wrote there stays. Comments of edited files are not kept
//! by the toml crate's value model, so the file says at its top that it is rewritten.

use std::{ffi::OsString, fs, path::Path};

use domain::{
    ExposeSecret, SecretString,
    config::{Config, ProviderConfig},
};
use toml::{Table, Value};

use crate::{error::EngineError, home};

const ENV_PREFIX: &str = "AURELIUS_PROVIDERS__";
const HEADER: &str = "# Aurelius. Values set under Integrations are written here; comments are not kept then.\n";

/// One provider's row of config.toml as the Integrations screen edits it. Empty strings clear a value, None leaves it.
#[derive(Clone, Debug, Default)]
pub struct ProviderSettings {
    pub client_id: Option<String>,
    /// Write-only: reading gives `has_client_secret`.
    pub client_secret: Option<SecretString>,
    pub has_client_secret: bool,
    pub issuer: Option<String>,
    pub redirect: Option<String>,
    pub scopes: Option<String>,
    pub authorize_url: Option<String>,
    pub device_url: Option<String>,
    pub token_url: Option<String>,
    pub revoke_url: Option<String>,
    pub userinfo_url: Option<String>,
    pub gmail_url: Option<String>,
    pub calendar_url: Option<String>,
    pub tasks_url: Option<String>,
    pub drive_url: Option<String>,
    pub people_url: Option<String>,
    pub graph_url: Option<String>,
    pub api_url: Option<String>,
    /// Keys that the environment sets: what the file says about them has no effect. Only when reading.
    pub overridden: Vec<String>,
}

impl ProviderSettings {
    pub fn overrides(&self, key: &str) -> bool {
        self.overridden.iter().any(|k| k == key)
    }

    fn texts(&self) -> [(&'static str, &Option<String>); 16] {
        [
            ("client_id", &self.client_id),
            ("issuer", &self.issuer),
            ("redirect", &self.redirect),
            ("scopes", &self.scopes),
            ("authorize_url", &self.authorize_url),
            ("device_url", &self.device_url),
            ("token_url", &self.token_url),
            ("revoke_url", &self.revoke_url),
            ("userinfo_url", &self.userinfo_url),
            ("gmail_url", &self.gmail_url),
            ("calendar_url", &self.calendar_url),
            ("tasks_url", &self.tasks_url),
            ("drive_url", &self.drive_url),
            ("people_url", &self.people_url),
            ("graph_url", &self.graph_url),
            ("api_url", &self.api_url),
        ]
    }
}

impl From<ProviderConfig> for ProviderSettings {
    fn from(c: ProviderConfig) -> Self {
        Self {
            has_client_secret: c.client_secret.is_some(),
            client_secret: None,
            client_id: c.client_id,
            issuer: c.issuer,
            redirect: c.redirect,
            scopes: c.scopes,
            authorize_url: c.authorize_url,
            device_url: c.device_url,
            token_url: c.token_url,
            revoke_url: c.revoke_url,
            userinfo_url: c.userinfo_url,
            gmail_url: c.gmail_url,
            calendar_url: c.calendar_url,
            tasks_url: c.tasks_url,
            drive_url: c.drive_url,
            people_url: c.people_url,
            graph_url: c.graph_url,
            api_url: c.api_url,
            overridden: Vec::new(),
        }
    }
}

/// What the file says about one provider, without the environment, which is only named.
pub fn edited(home: &Path, id: &str, env: &[(String, String)]) -> Result<ProviderSettings, EngineError> {
    let mut config = parse(read_table(home)?)?;
    let mut settings = config.providers.remove(id).map(ProviderSettings::from).unwrap_or_default();
    settings.overridden = env.iter().filter_map(|(name, _)| variable(name)).filter(|(of, _)| of == id).map(|(_, key)| key).collect();
    settings.overridden.sort();
    Ok(settings)
}

/// What of this process's environment overlays the configuration. Other variables may hold any bytes, and are nobody's business here.
pub fn environment() -> Vec<(String, String)> {
    of_interest(std::env::vars_os())
}

fn of_interest(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(String, String)> {
    let ours = all.into_iter().filter_map(|(name, value)| Some((name.into_string().ok().filter(|n| n.starts_with(ENV_PREFIX))?, value)));
    ours.filter_map(|(name, value)| {
        let value = value.into_string();
        if value.is_err() {
            tracing::warn!(name, "is not text and was passed over");
        }
        Some((name, value.ok()?))
    })
    .collect()
}

/// Reads and checks the configuration of a home. `env` is the process environment (an argument, so that tests have their own).
pub fn load(home: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Config, EngineError> {
    let mut table = read_table(home)?;
    overlay(&mut table, env);
    parse(table)
}

/// What [`load`] does, with the file's text in hand.
#[cfg(fuzzing)]
pub fn from_text(text: &str, env: impl IntoIterator<Item = (String, String)>) -> Result<Config, EngineError> {
    let mut table = text.parse::<Table>().map_err(|e| bad_config(&e.to_string()))?;
    overlay(&mut table, env);
    parse(table)
}

/// Writes the edits of one provider and returns the new configuration, environment included.
pub fn save(
    home: &Path,
    id: &str,
    edit: &ProviderSettings,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, EngineError> {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Err(EngineError::not_found("This integration"));
    }
    let mut table = read_table(home)?;
    {
        let providers = sub_table(&mut table, "providers");
        let row = sub_table(providers, id);
        set(row, "client_secret", edit.client_secret.as_ref().map(ExposeSecret::expose_secret));
        for (key, value) in edit.texts() {
            set(row, key, value.as_deref());
        }
        if row.is_empty() {
            providers.remove(id);
        }
    }
    let text = toml::to_string_pretty(&table).map_err(|e| bad_config(&e.to_string()))?;
    let mut merged = table;
    overlay(&mut merged, env);
    let config = parse(merged)?;
    home::write_private(&home.join(home::CONFIG), format!("{HEADER}{text}").as_bytes()).map_err(|e| {
        EngineError::new("home_unwritable", format!("config.toml can't be written: {e}"), "Check the folder's permissions.").with_source(e)
    })?;
    Ok(config)
}

fn read_table(home: &Path) -> Result<Table, EngineError> {
    let path = home.join(home::CONFIG);
    match fs::read_to_string(&path) {
        Ok(text) => text.parse::<Table>().map_err(|e| bad_config(&e.to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Table::new()),
        Err(e) => Err(bad_config(&format!("can't be read: {e}"))),
    }
}

fn parse(table: Table) -> Result<Config, EngineError> {
    let config: Config = Value::Table(table).try_into().map_err(|e: toml::de::Error| bad_config(e.message()))?;
    config.check()?;
    Ok(config)
}

/// `AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID=x` is `[providers.google] client_id = "x"`. Never printed: it may be a secret.
fn overlay(table: &mut Table, env: impl IntoIterator<Item = (String, String)>) {
    for (name, value) in env {
        let Some((id, key)) = variable(&name) else { continue };
        sub_table(sub_table(table, "providers"), &id).insert(key, Value::String(value));
    }
}

/// Provider and key that a variable names.
fn variable(name: &str) -> Option<(String, String)> {
    let (id, key) = name.strip_prefix(ENV_PREFIX)?.split_once("__")?;
    Some((id.to_ascii_lowercase(), key.to_ascii_lowercase()))
}

fn sub_table<'a>(table: &'a mut Table, key: &str) -> &'a mut Table {
    let slot = table.entry(key).or_insert_with(|| Value::Table(Table::new()));
    if !slot.is_table() {
        *slot = Value::Table(Table::new());
    }
    match slot {
        Value::Table(t) => t,
        _ => unreachable!("made a table just above"),
    }
}

fn set(row: &mut Table, key: &str, value: Option<&str>) {
    match value.map(str::trim) {
        Some("") => {
            row.remove(key);
        }
        Some(v) => {
            row.insert(key.to_owned(), Value::String(v.to_owned()));
        }
        None => {}
    }
}

fn bad_config(detail: &str) -> EngineError {
    EngineError::new(
        "config",
        format!("config.toml is not usable: {detail}"),
        "Correct config.toml (docs/own-client.md lists its keys), then try again.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn environment_wins_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), "[providers.google]\nclient_id = \"file\"\nissuer = \"https://g.example\"\n").unwrap();
        let c = load(dir.path(), env(&[("AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID", "env"), ("AURELIUS_HOME", "x"), ("PATH", "y")])).unwrap();
        assert_eq!(c.providers["google"].client_id.as_deref(), Some("env"));
        assert_eq!(c.providers["google"].issuer.as_deref(), Some("https://g.example"));
    }

    #[test]
    fn an_editor_sees_the_file_and_only_the_names_of_what_the_environment_sets() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, "[providers.google]\nclient_id = \"file\"\ntoken_url = \"https://t.example/\"\n").unwrap();
        let all = env(&[
            ("AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID", "env"),
            ("AURELIUS_PROVIDERS__GOOGLE__CLIENT_SECRET", "env-secret"),
            ("AURELIUS_PROVIDERS__OIDC__ISSUER", "https://id.example"),
        ]);
        let seen = edited(dir.path(), "google", &all).unwrap();
        assert_eq!((seen.client_id.as_deref(), seen.has_client_secret), (Some("file"), false));
        assert_eq!(seen.overridden, ["client_id", "client_secret"]);
        assert!(seen.overrides("client_id") && !seen.overrides("issuer"));
        // Saved as it was read, the file is what it was: nothing of the environment gets into it.
        let config = save(dir.path(), "google", &seen, all.clone()).unwrap();
        assert_eq!(config.providers["google"].client_id.as_deref(), Some("env"), "which still wins");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"file\"") && text.contains("https://t.example/") && !text.contains("env"), "{text}");
        // And everything can be cleared, every address included.
        let empty = || Some(String::new());
        let clear = ProviderSettings {
            client_id: empty(),
            client_secret: Some(String::new().into()),
            token_url: empty(),
            ..ProviderSettings::default()
        };
        save(dir.path(), "google", &clear, env(&[])).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains("google"));
        let urls = ProviderSettings {
            authorize_url: Some("https://a.example/".into()),
            revoke_url: Some("https://r.example/".into()),
            userinfo_url: Some("https://u.example/".into()),
            gmail_url: Some("https://m.example/".into()),
            calendar_url: Some("https://c.example/".into()),
            tasks_url: Some("https://k.example/".into()),
            drive_url: Some("https://d.example/".into()),
            people_url: Some("https://p.example/".into()),
            ..ProviderSettings::default()
        };
        save(dir.path(), "google", &urls, env(&[])).unwrap();
        let seen = edited(dir.path(), "google", &[]).unwrap();
        for ((key, wanted), (_, got)) in urls.texts().iter().zip(seen.texts()) {
            assert_eq!(*wanted, got, "{key}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_environment_with_bytes_that_are_no_text_is_read_all_the_same() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = || OsString::from_vec(vec![b'x', 0xFF]);
        let all = [
            (odd(), "1".into()),
            ("PATH".into(), odd()),
            ("AURELIUS_PROVIDERS__OIDC__ISSUER".into(), odd()),
            ("AURELIUS_PROVIDERS__OIDC__CLIENT_ID".into(), "me".into()),
            ("HOME".into(), "/h".into()),
        ];
        assert_eq!(of_interest(all), env(&[("AURELIUS_PROVIDERS__OIDC__CLIENT_ID", "me")]));
    }

    #[test]
    fn refuses_nonsense_in_words() {
        let dir = tempfile::tempdir().unwrap();
        for (text, word) in [
            ("providers = 3", "config.toml"),
            ("[providers.google]\nclientid = \"x\"", "clientid"),
            ("[providers.google]\ntoken_url = \"http://evil.example/\"", "https"),
            ("= broken", "config.toml"),
        ] {
            fs::write(dir.path().join("config.toml"), text).unwrap();
            let e = load(dir.path(), env(&[])).unwrap_err();
            assert_eq!(e.code, "config");
            assert!(e.message.contains(word), "{text}: {}", e.message);
        }
    }

    #[test]
    fn edits_keep_the_rest_and_are_refused_before_they_are_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, "ca_file = \"/x.pem\"\n[providers.oidc]\nissuer = \"https://a.example\"\ntoken_url = \"https://a.example/t\"\n")
            .unwrap();
        let edit = ProviderSettings { client_id: Some("me".into()), client_secret: Some("s3".to_owned().into()), ..Default::default() };
        let c = save(dir.path(), "oidc", &edit, env(&[])).unwrap();
        assert_eq!(c.providers["oidc"].token_url.as_deref(), Some("https://a.example/t"));
        let again = load(dir.path(), env(&[])).unwrap();
        assert_eq!(again.providers["oidc"].client_id.as_deref(), Some("me"));
        assert!(again.ca_file.is_some());
        let view = edited(dir.path(), "oidc", &[]).unwrap();
        assert!(view.has_client_secret && view.client_secret.is_none());
        let before = fs::read(&path).unwrap();
        let bad = ProviderSettings { issuer: Some("http://plain.example".into()), ..Default::default() };
        assert_eq!(save(dir.path(), "oidc", &bad, env(&[])).unwrap_err().code, "config");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(save(dir.path(), "../x", &edit, env(&[])).is_err());
    }
}
