//! `config.toml` of the home, environment variables over it, and edits from the Integrations screen back into it.
//! Edits touch one `[providers.<id>]` table: whatever else a person wrote there stays. Comments of edited files are not kept
//! by the toml crate's value model, so the file says at its top that it is rewritten.

use std::{fs, path::Path};

use domain::{
    ExposeSecret, SecretString,
    config::{Config, ProviderConfig},
};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::{error::EngineError, home};

const ENV_PREFIX: &str = "AURELIUS_PROVIDERS__";
const HEADER: &str = "# Aurelius. Values set under Integrations are written here; comments are not kept then.\n";

/// One provider's row as the Integrations screen edits it. Empty strings clear a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProviderSettings {
    #[serde(default)]
    pub client_id: Option<String>,
    /// Write-only: reading gives `has_client_secret`.
    #[serde(default, skip_serializing)]
    pub client_secret: Option<SecretString>,
    #[serde(default)]
    pub has_client_secret: bool,
    #[serde(default)]
    pub issuer: Option<String>,
    #[serde(default)]
    pub redirect: Option<String>,
    #[serde(default)]
    pub scopes: Option<String>,
}

impl From<&ProviderConfig> for ProviderSettings {
    fn from(c: &ProviderConfig) -> Self {
        Self {
            client_id: c.client_id.clone(),
            client_secret: None,
            has_client_secret: c.client_secret.is_some(),
            issuer: c.issuer.clone(),
            redirect: c.redirect.clone(),
            scopes: c.scopes.clone(),
        }
    }
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
        set(row, "client_id", edit.client_id.as_deref());
        set(row, "client_secret", edit.client_secret.as_ref().map(ExposeSecret::expose_secret));
        set(row, "issuer", edit.issuer.as_deref());
        set(row, "redirect", edit.redirect.as_deref());
        set(row, "scopes", edit.scopes.as_deref());
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
        let Some((id, key)) = name.strip_prefix(ENV_PREFIX).and_then(|rest| rest.split_once("__")) else { continue };
        let row = sub_table(sub_table(table, "providers"), &id.to_ascii_lowercase());
        row.insert(key.to_ascii_lowercase(), Value::String(value));
    }
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
        let view = ProviderSettings::from(&again.providers["oidc"]);
        assert!(view.has_client_secret);
        assert!(!serde_json::to_string(&view).unwrap().contains("s3"));
        let before = fs::read(&path).unwrap();
        let bad = ProviderSettings { issuer: Some("http://plain.example".into()), ..Default::default() };
        assert_eq!(save(dir.path(), "oidc", &bad, env(&[])).unwrap_err().code, "config");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(save(dir.path(), "../x", &edit, env(&[])).is_err());
    }
}
