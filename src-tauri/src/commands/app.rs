//! Opening, locking, sample data, preferences.

use domain::audit::Actor;
use engine::views::RevocationOutcome;
use vault::KeySource;

use crate::{
    boot,
    commands::preferences::sound,
    desktop::graphics,
    dto::{ApiError, AppState, Ask, Empty, GrantLeft, Settings, Stage, VaultCreateReq, VaultUnlockReq, WipeRes},
    state::Shell,
};

pub async fn app_state(shell: &Shell, _: Empty) -> Result<AppState, ApiError> {
    graphics::arrived(shell);
    let (stage, problem) = shell.stage();
    let connections = match shell.engine().await {
        Ok(engine) => engine.connections().await?.len() as u32,
        Err(_) => 0,
    };
    // A first connection turns an empty workspace into a ready one without another event.
    let stage = match stage {
        Stage::Empty if connections > 0 => Stage::Ready,
        Stage::Ready if connections == 0 => Stage::Empty,
        other => other,
    };
    Ok(AppState {
        stage,
        problem,
        sample: shell.is_sample().await,
        connections,
        version: env!("CARGO_PKG_VERSION").into(),
        platform: std::env::consts::OS.into(),
        safe_graphics: graphics::safe() && !shell.options().safe_graphics,
        settings: shell.settings(),
    })
}

/// Makes the vault: in the keyring, or under a passphrase that the person chose.
pub async fn vault_create(shell: &Shell, req: VaultCreateReq) -> Result<AppState, ApiError> {
    let key = match req.passphrase {
        Some(passphrase) => boot::new_passphrase(passphrase)?,
        None => KeySource::Keyring,
    };
    boot::try_open(shell, key).await?;
    app_state(shell, Empty {}).await
}

pub async fn vault_unlock(shell: &Shell, req: VaultUnlockReq) -> Result<AppState, ApiError> {
    boot::try_open(shell, boot::passphrase(req.passphrase)).await?;
    app_state(shell, Empty {}).await
}

/// After a damaged store or a lost key: everything is moved aside (nothing is deleted) and a new workspace begins.
pub async fn store_set_aside(shell: &Shell, _: Empty) -> Result<AppState, ApiError> {
    let (stage, problem) = shell.stage();
    if stage != Stage::Problem || !problem.is_some_and(|p| p.can_set_aside) {
        return Err(ApiError::bad_request("there is nothing to set aside"));
    }
    shell.set_real(None).await;
    host::set_aside(shell.home(), shell.clock()()).await?;
    boot::look(shell).await;
    app_state(shell, Empty {}).await
}

/// Everything of the workspace on this device, gone, and its access at the providers withdrawn. A new start begins.
pub async fn workspace_wipe(shell: &Shell, _: Empty) -> Result<WipeRes, ApiError> {
    if shell.is_sample().await {
        return Err(ApiError::bad_request("the sample workspace is erased when it is left"));
    }
    let engine = shell.engine().await?;
    let withdrawn = engine.withdraw_all(Actor::Person).await?;
    drop(engine);
    shell.set_real(None).await;
    let erased = host::erase(shell.home()).await;
    if erased.is_ok() {
        shell.forget_settings();
    }
    boot::look(shell).await;
    let erased = erased?;
    let grants = withdrawn
        .into_iter()
        .filter(|w| w.outcome != RevocationOutcome::Revoked)
        .map(|w| GrantLeft { provider: w.provider, label: w.label, account_page: w.account_page })
        .collect();
    Ok(WipeRes { app: app_state(shell, Empty {}).await?, grants, kept: erased.kept, key_left: erased.key_left })
}

pub async fn sample_start(shell: &Shell, _: Empty) -> Result<AppState, ApiError> {
    if !shell.is_sample().await {
        boot::sample(shell).await?;
    }
    app_state(shell, Empty {}).await
}

/// Back to the real workspace; the sample one is erased.
pub async fn sample_leave(shell: &Shell, _: Empty) -> Result<AppState, ApiError> {
    shell.set_sample(None).await;
    match shell.engine().await {
        Ok(engine) => boot::settle(shell, &engine).await,
        Err(_) => boot::look(shell).await,
    }
    app_state(shell, Empty {}).await
}

/// What was asked for outside the window since the last call.
pub async fn asked(shell: &Shell, _: Empty) -> Result<Vec<Ask>, ApiError> {
    Ok(shell.take_asks())
}

pub async fn settings(shell: &Shell, _: Empty) -> Result<Settings, ApiError> {
    Ok(shell.settings())
}

pub async fn settings_save(shell: &Shell, req: Settings) -> Result<Settings, ApiError> {
    let settings = sound(req);
    shell.save_settings(settings.clone())?;
    Ok(settings)
}
