//! The sample workspace: the real engine and the real clients, against the sandbox in this process. Its people are invented
//! and nothing leaves the machine.

pub mod job;
mod left;

use std::path::{Path, PathBuf};

use domain::{SecretString, audit::Actor, ids::IntegrationId, time::Clock};
use engine::{
    ConnectDav, ConnectFeed, ConnectToken, Engine, EngineError,
    views::{BeginOAuth, ConnectionView, OAuthIntent},
};
use sandbox::{MARA, MARA_WORK, Provider, Sandbox, SandboxOptions};
use vault::KeySource;

use crate::{browser, home::open_sample};

/// A running sample workspace. Its key lives in memory only, so what an unclean end leaves on disk is unreadable.
pub struct Sample {
    engine: Engine,
    sandbox: Sandbox,
    home: PathBuf,
}

impl Sample {
    /// Starts the sandbox, connects the sample accounts, calendars and tasks, and begins to sync in the background.
    pub async fn start(clock: Clock) -> Result<Self, EngineError> {
        let sandbox = start_sandbox(clock.clone()).await?;
        let temporary = std::env::temp_dir();
        let home = temporary.join(format!("{}{}", left::PREFIX, random_name()));
        // Nobody waits for it.
        tokio::task::spawn_blocking(move || left::sweep(&temporary, left::SETTLED));
        write_config(&home, &sandbox)?;
        let engine = open_sample(&home, KeySource::Ephemeral, clock, true, sandbox.provider_config(), None).await?;
        let sample = Self { engine, sandbox, home };
        for email in [MARA, MARA_WORK] {
            sign_in(&sample.engine, &sample.sandbox, Provider::Google, email).await?;
        }
        connect_calendars(&sample.engine, &sample.sandbox).await?;
        connect_tasks(&sample.engine, &sample.sandbox).await?;
        sample.engine.nudge(None);
        Ok(sample)
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Stops everything and erases the home.
    pub async fn close(self) {
        self.engine.close().await;
        let Self { engine, sandbox, home } = self;
        drop(engine);
        drop(sandbox);
        if let Err(e) = tokio::fs::remove_dir_all(&home).await {
            tracing::warn!("the sample workspace could not be erased: {e}");
        }
    }
}

/// A sandbox with the sample mailboxes that consents by itself.
pub async fn start_sandbox(clock: Clock) -> Result<Sandbox, EngineError> {
    Sandbox::start(SandboxOptions { clock, ..SandboxOptions::demo() }).await.map_err(|e| {
        EngineError::new(
            "sandbox",
            format!("The sample servers could not start: {e}"),
            "Close other programs that use many ports, then try again.",
        )
    })
}

/// Points a home at a sandbox.
pub fn write_config(home: &Path, sandbox: &Sandbox) -> Result<(), EngineError> {
    let write = || {
        std::fs::create_dir_all(home)?;
        std::fs::write(home.join("config.toml"), sandbox.config_toml())
    };
    write().map_err(|e: std::io::Error| {
        EngineError::new(
            "home_unwritable",
            format!("{} can't be written: {e}", home.display()),
            "Choose another folder, or free some space.",
        )
    })
}

/// The whole sign-in of one sample account: browser, consent, loopback, tokens.
pub async fn sign_in(engine: &Engine, sandbox: &Sandbox, provider: Provider, email: &str) -> Result<ConnectionView, EngineError> {
    let integration = match provider {
        Provider::Microsoft => "microsoft",
        _ => "google",
    };
    sandbox.consent_as(provider, email);
    let start = engine
        .begin_oauth(BeginOAuth {
            integration: IntegrationId::new(integration),
            intent: OAuthIntent::New,
            login_hint: None,
            actor: Actor::Engine,
        })
        .await?;
    browser::visit(&start.authorize_url).await?;
    engine.wait_oauth(&start.attempt).await
}

/// The calendars of the same person at a server of their own, and a subscribed one.
pub async fn connect_calendars(engine: &Engine, sandbox: &Sandbox) -> Result<(), EngineError> {
    let server = ConnectDav {
        url: sandbox.caldav_base(),
        username: sandbox.caldav_user(),
        password: SecretString::from(sandbox.caldav_password()),
        reconnect: None,
        actor: Actor::Engine,
    };
    engine.connect_dav(server).await?;
    let feed = ConnectFeed {
        url: SecretString::from(sandbox.feed_url()),
        name: String::new(),
        // The sandbox is this machine.
        private_allowed: true,
        actor: Actor::Engine,
    };
    engine.connect_feed(feed).await?;
    Ok(())
}

/// The tasks of the same person at Todoist; those at Google come with the sign-in there.
pub async fn connect_tasks(engine: &Engine, sandbox: &Sandbox) -> Result<(), EngineError> {
    let todoist = ConnectToken {
        integration: IntegrationId::new("todoist"),
        token: SecretString::from(sandbox.todoist_token()),
        reconnect: None,
        actor: Actor::Engine,
    };
    engine.connect_token(todoist).await?;
    Ok(())
}

fn random_name() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    format!("{}-{:08x}", std::process::id(), RandomState::new().hash_one(0) as u32)
}
