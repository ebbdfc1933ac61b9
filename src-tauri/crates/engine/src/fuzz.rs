//! Doors for tests/fuzz to parsers that nobody else calls directly. Exists only in builds with `cfg(fuzzing)`.

use crate::EngineError;

/// `config.toml` with this text, and an environment with this value in it.
pub fn config(text: &str, value: &str) -> Result<domain::config::Config, EngineError> {
    let env =
        [("AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID".to_owned(), value.to_owned()), (format!("AURELIUS_PROVIDERS__{value}"), text.to_owned())];
    crate::config::from_text(text, env)
}

/// What the sign-in's listener makes of the head of a request: query and state of the one that it takes, or a status.
pub fn loopback(head: &str, path: &str, port: u16) -> Result<(String, String), u16> {
    crate::oauth::loopback::judge(head, path, port)
}
