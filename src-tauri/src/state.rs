//! What the window's process holds: the open engine (none while locked), the stage it shows, and the sample workspace.
//!
//! The sample workspace is another engine in a home of its own, so that sample and real data can never mix; leaving it
//! brings the real one back as it was.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::time::{Clock, system_clock};
use engine::Engine;
use host::demo::Sample;
use store::Place;
use tokio::sync::{RwLock, watch};

use crate::{
    convert,
    desktop::notify::{self, Note},
    dto::{ApiError, AppEvent, Ask, Problem, Settings, Stage},
    events::Sink,
    options::Options,
};

#[derive(Clone)]
pub struct Shell {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    home: PathBuf,
    clock: Clock,
    /// The real workspace.
    real: RwLock<Option<Open>>,
    /// Shown instead of the real one while it is there.
    sample: RwLock<Option<Sample>>,
    stage: Mutex<(Stage, Option<Problem>)>,
    settings: Mutex<Settings>,
    /// Deep links that came before the workspace was open.
    links: Mutex<Vec<String>>,
    /// Sign-ins that wait for the browser: attempt → address, for "open again".
    attempts: Mutex<HashMap<String, String>>,
    sink: Mutex<Option<Arc<dyn Sink>>>,
    /// What the window has not taken yet.
    asks: Mutex<Vec<Ask>>,
    looking: Mutex<Looking>,
    /// Counts questions for the time of guests.
    asking: watch::Sender<u64>,
}

/// What the person sees of the workspace: it sets the pace of the sync, also of a workspace that opens later.
#[derive(Clone, Copy, Default)]
struct Looking {
    focused: bool,
    list: Option<Place>,
}

/// An engine with the local socket for command lines.
pub struct Open {
    pub engine: Engine,
    /// Dropped with the engine: the socket goes away with it.
    pub holder: Option<engine::holder::HolderServer>,
}

/// A poisoned lock only means that a thread panicked while it held plain data.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shell {
    pub fn new(options: Options) -> Self {
        let home = options.home.clone().unwrap_or_else(host::default_home);
        let settings = fs::read(home.join("window.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self {
            inner: Arc::new(Inner {
                options,
                home,
                clock: system_clock(),
                real: RwLock::new(None),
                sample: RwLock::new(None),
                stage: Mutex::new((Stage::Opening, None)),
                settings: Mutex::new(settings),
                links: Mutex::default(),
                attempts: Mutex::default(),
                sink: Mutex::new(None),
                asks: Mutex::default(),
                looking: Mutex::default(),
                asking: watch::Sender::new(0),
            }),
        }
    }

    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    pub fn home(&self) -> &PathBuf {
        &self.inner.home
    }

    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// Ends the question for the time of guests that is under way. What is returned changes when that of the caller is to end.
    pub fn ask_anew(&self) -> watch::Receiver<u64> {
        self.inner.asking.send_modify(|n| *n += 1);
        self.inner.asking.subscribe()
    }

    /// The workspace on screen.
    pub async fn engine(&self) -> Result<Engine, ApiError> {
        if let Some(sample) = self.inner.sample.read().await.as_ref() {
            return Ok(sample.engine().clone());
        }
        self.inner.real.read().await.as_ref().map(|open| open.engine.clone()).ok_or_else(ApiError::closed)
    }

    pub async fn is_sample(&self) -> bool {
        self.inner.sample.read().await.is_some()
    }

    pub async fn set_real(&self, open: Option<Open>) {
        if let Some(open) = &open {
            self.show_to(&open.engine);
        }
        let old = std::mem::replace(&mut *self.inner.real.write().await, open);
        if let Some(old) = old {
            drop(old.holder);
            old.engine.close().await;
        }
    }

    pub async fn has_real(&self) -> bool {
        self.inner.real.read().await.is_some()
    }

    pub async fn set_sample(&self, sample: Option<Sample>) {
        // Its lists are other lists: what was on screen is not in this workspace.
        lock(&self.inner.looking).list = None;
        if let Some(sample) = &sample {
            self.show_to(sample.engine());
        }
        if let Some(real) = self.inner.real.read().await.as_ref() {
            real.engine.set_focused(sample.is_none() && lock(&self.inner.looking).focused);
            real.engine.set_visible(None);
        }
        let old = std::mem::replace(&mut *self.inner.sample.write().await, sample);
        if let Some(old) = old {
            old.close().await;
        }
    }

    fn show_to(&self, engine: &Engine) {
        let looking = *lock(&self.inner.looking);
        engine.set_focused(looking.focused);
        engine.set_visible(looking.list);
    }

    /// The window came to the front, or left it.
    pub async fn set_focused(&self, focused: bool) {
        lock(&self.inner.looking).focused = focused;
        if let Ok(engine) = self.engine().await {
            engine.set_focused(focused);
        }
    }

    /// This list is on screen.
    pub fn look_at(&self, engine: &Engine, list: Place) {
        lock(&self.inner.looking).list = Some(list);
        engine.set_visible(Some(list));
    }

    /// Address of the sample workspace's own servers.
    pub async fn sandbox(&self) -> Option<String> {
        self.inner.sample.read().await.as_ref().map(|sample| sample.sandbox().google_base())
    }

    pub async fn close(&self) {
        self.set_sample(None).await;
        self.set_real(None).await;
    }

    pub fn stage(&self) -> (Stage, Option<Problem>) {
        lock(&self.inner.stage).clone()
    }

    pub fn set_stage(&self, stage: Stage, problem: Option<Problem>) {
        *lock(&self.inner.stage) = (stage, problem);
        self.send(AppEvent::App);
    }

    pub fn settings(&self) -> Settings {
        lock(&self.inner.settings).clone()
    }

    /// Window preferences hold nothing private and are needed before the store is open, so they lie beside it.
    pub fn save_settings(&self, settings: Settings) -> Result<(), ApiError> {
        let save = || -> std::io::Result<()> {
            fs::create_dir_all(self.home())?;
            let temporary = self.home().join("window.json.new");
            fs::write(&temporary, serde_json::to_vec_pretty(&settings).unwrap_or_default())?;
            fs::rename(temporary, self.home().join("window.json"))
        };
        // The sample workspace leaves nothing behind, and its window keeps preferences in memory only.
        if !self.options().demo {
            save().map_err(|e| {
                ApiError::new(
                    "home_unwritable",
                    format!("The settings could not be saved: {e}"),
                    "Check that the folder of Aurelius is writable and that the disk has space.",
                )
            })?;
        }
        self.use_settings(settings);
        Ok(())
    }

    /// The workspace that they belonged to is gone.
    pub fn forget_settings(&self) {
        self.use_settings(Settings::default());
    }

    fn use_settings(&self, settings: Settings) {
        *lock(&self.inner.settings) = settings;
        let sink = lock(&self.inner.sink).clone();
        if let Some(sink) = sink {
            sink.settings_changed();
        }
    }

    /// How long no notification is shown yet; None: they are.
    pub fn notifications_paused(&self) -> Option<Duration> {
        let until = self.settings().notify_paused_until?;
        u64::try_from(until.0 - self.clock()().millis()).ok().filter(|left| *left > 0).map(Duration::from_millis)
    }

    /// `30` and `60` are minutes, `tomorrow` the morning of the settings, anything else ends the pause.
    pub fn pause_notifications(&self, span: &str) -> Result<(), ApiError> {
        let settings = self.settings();
        let now = self.clock()();
        let until = match span {
            "30" => Some(now.plus_secs(30 * 60)),
            "60" => Some(now.plus_secs(60 * 60)),
            "tomorrow" => Some(notify::tomorrow(now, &settings.later_morning, &engine::zone::local())),
            _ => None,
        };
        self.save_settings(Settings { notify_paused_until: until.map(convert::millis), ..settings })?;
        self.send(AppEvent::App);
        Ok(())
    }

    /// Asked for outside the window: kept until the window takes it.
    pub fn ask(&self, ask: Ask) {
        let mut asks = lock(&self.inner.asks);
        // A flood of links is not a flood of drafts.
        if asks.len() < 8 {
            asks.push(ask);
        }
        drop(asks);
        self.send(AppEvent::Asked);
    }

    pub fn take_asks(&self) -> Vec<Ask> {
        std::mem::take(&mut *lock(&self.inner.asks))
    }

    pub fn theme(&self) -> String {
        self.settings().theme
    }

    pub fn connect_window(&self, sink: Arc<dyn Sink>) {
        *lock(&self.inner.sink) = Some(sink);
    }

    pub fn send(&self, event: AppEvent) {
        let sink = lock(&self.inner.sink).clone();
        if let Some(sink) = sink {
            sink.send(event);
        }
    }

    pub fn focused(&self) -> bool {
        lock(&self.inner.sink).clone().is_some_and(|sink| sink.focused())
    }

    /// `engine` is that of the workspace which it is about.
    pub fn notify(&self, note: Note, engine: Option<&Engine>) {
        let sink = lock(&self.inner.sink).clone();
        if let Some(sink) = sink {
            sink.notify(self, note, engine.cloned());
        }
    }

    pub fn print(&self) -> Result<(), String> {
        let sink = lock(&self.inner.sink).clone();
        sink.ok_or_else(|| "there is no window".to_owned())?.print()
    }

    pub fn remember_attempt(&self, attempt: &str, url: &str) {
        lock(&self.inner.attempts).insert(attempt.to_owned(), url.to_owned());
    }

    pub fn forget_attempt(&self, attempt: &str) {
        lock(&self.inner.attempts).remove(attempt);
    }

    pub fn attempt_url(&self, attempt: &str) -> Option<String> {
        lock(&self.inner.attempts).get(attempt).cloned()
    }

    /// A link from outside: used as soon as the workspace is open.
    pub fn deep_link(&self, url: &str) {
        lock(&self.inner.links).push(url.to_owned());
        let shell = self.clone();
        tauri::async_runtime::spawn(async move { shell.take_links().await });
    }

    pub async fn take_links(&self) {
        // The person's own workspace first, also while the sample is on screen: a sign-in that was begun before is not lost for it.
        let real = self.inner.real.read().await.as_ref().map(|real| real.engine.clone());
        let sample = self.inner.sample.read().await.as_ref().map(|sample| sample.engine().clone());
        let engines: Vec<Engine> = real.into_iter().chain(sample).collect();
        if engines.is_empty() {
            return;
        }
        let links = std::mem::take(&mut *lock(&self.inner.links));
        for link in links {
            for engine in &engines {
                // Accepted or refused: both are in the audit log, and the waiting sign-in tells the window.
                match engine.oauth_callback(&link, domain::audit::Actor::Outside).await {
                    Ok(_) => break,
                    Err(e) => {
                        tracing::info!(code = %e.code, "a deep link was refused");
                        // Asked for by this one, but refused: nobody else has anything to do with it.
                        if e.code != "invalid_answer" {
                            break;
                        }
                    }
                }
            }
            self.send(AppEvent::Connections);
        }
    }
}
