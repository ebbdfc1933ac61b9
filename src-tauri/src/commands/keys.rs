//! The workspace's key: how it is protected, and changing it.

use std::time::{Duration, Instant};

use domain::audit::Actor;
use engine::{EngineError, RekeyOptions};
use vault::{KeySource, Vault, VaultState};

use crate::{
    boot,
    commands::app_state,
    dto::{ApiError, AppState, Empty, RekeyTo, Stage, VaultInfo, VaultRekeyReq},
    state::Shell,
};

/// What still works in the closed engine (a request of the window, a command beside it) gets this long to let go of the home.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

pub async fn vault_info(shell: &Shell, _: Empty) -> Result<VaultInfo, ApiError> {
    let protection = match vault::state(shell.home()).map_err(EngineError::from)? {
        _ if shell.is_sample().await => "memory",
        VaultState::Missing => "memory",
        VaultState::Keyring => "keyring",
        VaultState::Passphrase => "passphrase",
    };
    let keyring_usable = matches!(tokio::time::timeout(Duration::from_secs(5), vault::probe_keyring()).await, Ok(Ok(())));
    Ok(VaultInfo { protection: protection.to_owned(), keyring_usable })
}

/// Closes the workspace, puts everything under a new key, opens it again. Refused, nothing has changed.
pub async fn vault_rekey(shell: &Shell, req: VaultRekeyReq) -> Result<AppState, ApiError> {
    if shell.is_sample().await || !shell.has_real().await {
        return Err(ApiError::bad_request("only an open workspace of one's own has a key to change"));
    }
    let current = match vault::state(shell.home()).map_err(EngineError::from)? {
        VaultState::Passphrase => boot::passphrase(req.current.unwrap_or_default()),
        _ => KeySource::Keyring,
    };
    let to = match (req.to, req.passphrase) {
        (RekeyTo::Same, _) => current.clone(),
        (RekeyTo::Keyring, _) => KeySource::Keyring,
        (RekeyTo::Passphrase, passphrase) => boot::new_passphrase(passphrase.unwrap_or_default())?,
    };
    // Asked for again although the workspace is open: whoever finds an unlocked window must not lock its owner out.
    if let Err(e) = Vault::open(shell.home(), current.clone()).await.map_err(EngineError::from) {
        let engine = shell.engine().await?;
        engine.audit_refused("vault.rekey", e.code.clone()).await;
        return Err(e.into());
    }
    if matches!(to, KeySource::Keyring) {
        vault::probe_keyring().await.map_err(EngineError::from)?;
    }
    shell.set_stage(Stage::Opening, None);
    shell.set_real(None).await;
    let outcome = rotate(shell, &current, &to).await;
    // Whether it was changed is the vault's to say: a failure may have come before or after.
    let reopened = match boot::try_open(shell, to.clone()).await {
        Err(e) if outcome.is_err() && (e.code == "wrong_passphrase" || e.code == "wrong_key_source") => {
            boot::try_open(shell, current).await
        }
        other => other,
    };
    if let Err(e) = reopened {
        shell.set_stage(Stage::Problem, Some(boot::problem(&e)));
    }
    outcome?;
    app_state(shell, Empty {}).await
}

async fn rotate(shell: &Shell, current: &KeySource, to: &KeySource) -> Result<(), EngineError> {
    let started = Instant::now();
    loop {
        let options = RekeyOptions {
            home: shell.home().clone(),
            current: current.clone(),
            to: to.clone(),
            actor: Actor::Person,
            clock: shell.clock(),
        };
        match engine::rekey(options).await {
            Err(e) if e.code == "home_in_use" && started.elapsed() < LOCK_PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
            other => return other.map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use crate::{Options, headless::Headless};

    const FIRST: &str = "violet kettle orbit";
    const SECOND: &str = "granite lemon anchor";

    async fn stage(shell: &Headless) -> String {
        shell.call("app_state", json!({})).await.unwrap()["stage"].as_str().unwrap().to_owned()
    }

    fn rekey(current: &str, to: &str, passphrase: Option<&str>) -> Value {
        json!({"current": current, "to": to, "passphrase": passphrase})
    }

    #[test]
    fn the_open_workspace_lets_go_of_its_home_and_takes_it_again_under_the_new_key() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let shell = || Headless::new(Options { home: Some(home.clone()), ..Options::default() }, |_| {});
        Headless::block_on(async {
            let first = shell();
            first.call("vault_create", json!({"passphrase": FIRST})).await.unwrap();
            assert_eq!(first.call("vault_rekey", rekey("something else", "same", None)).await.unwrap_err().code, "wrong_passphrase");
            assert_eq!(
                first.call("vault_rekey", rekey(FIRST, "passphrase", Some("elevenchars"))).await.unwrap_err().code,
                "weak_passphrase"
            );
            assert_eq!(stage(&first).await, "empty", "refused, nothing has changed");
            first.call("vault_rekey", rekey(FIRST, "passphrase", Some(SECOND))).await.unwrap();
            first.call("vault_rekey", rekey(SECOND, "same", None)).await.unwrap();
            assert_eq!(stage(&first).await, "empty");
            first.close().await;

            let second = shell();
            second.boot().await;
            assert_eq!(stage(&second).await, "locked");
            assert_eq!(second.call("vault_unlock", json!({"passphrase": FIRST})).await.unwrap_err().code, "wrong_passphrase");
            second.call("vault_unlock", json!({"passphrase": SECOND})).await.unwrap();
            assert_eq!(stage(&second).await, "empty");
            second.close().await;
        });
    }
}
