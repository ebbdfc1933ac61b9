//! Commands that need the home for themselves: no engine runs meanwhile, so they are never handed to a holder.

use std::path::Path;

use domain::audit::Actor;
use engine::{EngineError, RekeyOptions};
use serde_json::{Value, json};
use vault::KeySource;

use crate::{
    args::{Cli, Rekey},
    ask::{clock, home, key},
    print::Printer,
};

pub async fn rekey(cli: &Cli, to: &Rekey) -> Result<(), EngineError> {
    let current = key(cli)?;
    let to = match (&to.new_passphrase_file, to.to_keyring) {
        (Some(file), _) => KeySource::Passphrase(host::read_passphrase(file)?),
        (None, true) => KeySource::Keyring,
        (None, false) => current.clone(),
    };
    let report = engine::rekey(RekeyOptions { home: home(cli), current, to, actor: Actor::Cli, clock: clock() }).await;
    let report = report.map_err(|e| if e.is("home_in_use") { in_use(&e, "Changing the key") } else { e })?;
    Printer::new(&cli.command, cli.json).done(&serde_json::to_value(report).unwrap_or_default());
    Ok(())
}

fn in_use(e: &EngineError, what: &str) -> EngineError {
    EngineError::new("home_in_use", e.message.clone(), format!("{what} needs the home for itself: close the window, then run it again."))
}

pub async fn set_aside(cli: &Cli, yes: bool) -> Result<(), EngineError> {
    let home = home(cli);
    let why = trouble(cli, &home).await?;
    let parts = host::set_aside_parts(&home);
    if !yes {
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        return Err(EngineError::new(
            "confirm",
            format!(
                "{}. {} would be moved into a folder inside {}; nothing would be deleted.",
                why.message,
                names.join(", "),
                home.display()
            ),
            "Add --yes to do it.",
        ));
    }
    let aside =
        host::set_aside(&home, clock()()).await.map_err(|e| if e.is("home_in_use") { in_use(&e, "Setting it aside") } else { e })?;
    let items: Vec<Value> = aside.moved.iter().map(|(name, bytes)| json!({"id": name, "bytes": bytes})).collect();
    Printer::new(&cli.command, cli.json).done(&json!({
        "folder": aside.folder,
        "reason": why.code,
        "items": items,
        "next": null,
        "next_step": "Connect your accounts again (aurelius-cli connect …), then run aurelius-cli sync: everything that lies at the providers \
                      comes back. What was only here (drafts, queued mail) is in the folder, under its old key.",
    }));
    Ok(())
}

pub async fn wipe(cli: &Cli, yes: bool) -> Result<(), EngineError> {
    let home = home(cli);
    if vault::state(&home)? == vault::VaultState::Missing {
        return Err(EngineError::new(
            "nothing_to_wipe",
            format!("there is no workspace in {}", home.display()),
            "Check --home. A folder with a damaged workspace can be deleted as it is.",
        ));
    }
    let ours = |e: EngineError| if e.is("home_in_use") { in_use(&e, "Erasing it") } else { e };
    let engine = host::open_engine_with_ca(&home, key(cli)?, clock(), false, cli.ca_file.clone()).await.map_err(ours)?;
    if !yes {
        let (connections, waiting) = (engine.connections().await?.len(), engine.outbox(None).await?.len());
        engine.close().await;
        return Err(EngineError::new(
            "confirm",
            format!(
                "everything in {} would be erased: {connections} account(s), their mail on this device, drafts, settings and the key; {waiting} \
                 item(s) in the outbox would never be sent. This can't be undone. Mail at the providers stays.",
                home.display()
            ),
            "Add --yes to do it.",
        ));
    }
    let withdrawn = engine.withdraw_all(Actor::Cli).await?;
    engine.close().await;
    drop(engine);
    let erased = host::erase(&home).await.map_err(ours)?;
    let items: Vec<Value> = withdrawn
        .iter()
        .map(|w| json!({"id": w.label, "provider": w.provider, "outcome": w.outcome, "account_page": w.account_page}))
        .collect();
    Printer::new(&cli.command, cli.json).done(&json!({
        "items": items,
        "next": null,
        "bytes": erased.bytes,
        "kept": erased.kept,
        "key_left": erased.key_left,
    }));
    Ok(())
}

/// Why this workspace can be set aside; an error where it is in order, or where something else helps.
async fn trouble(cli: &Cli, home: &Path) -> Result<EngineError, EngineError> {
    if host::set_aside_parts(home).iter().all(|(name, _)| name == "files") {
        return Err(EngineError::new(
            "nothing_to_set_aside",
            format!("there is no workspace in {}", home.display()),
            "Check --home; to begin, connect an account.",
        ));
    }
    let engine = match host::open_engine_with_ca(home, key(cli)?, clock(), false, cli.ca_file.clone()).await {
        Ok(engine) => engine,
        Err(e) if host::can_set_aside(&e.code) => return Ok(e),
        Err(e) if e.is("home_in_use") => return Err(in_use(&e, "Setting it aside")),
        Err(e) => return Err(e),
    };
    let found = engine.store().integrity().await;
    engine.close().await;
    match found {
        Ok(problems) => problems.first().map(|p| store::StoreError::Corrupt(p.clone()).into()).ok_or_else(|| {
            EngineError::new(
                "nothing_to_set_aside",
                "the workspace is sound: it was opened and every page of it could be read".to_owned(),
                "Use it as it is. To begin a second one, give another folder with --home.",
            )
        }),
        Err(e) if e.is_damage() => Ok(e.into()),
        Err(e) => Err(e.into()),
    }
}
