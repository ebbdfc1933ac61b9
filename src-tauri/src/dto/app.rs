use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{BulkJob, Id, Millis};

/// What the window should show before anything else.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AppState {
    pub stage: Stage,
    /// For `stage = problem`: what is wrong, in words, and what to do.
    pub problem: Option<Problem>,
    /// The workspace is the sample one.
    pub sample: bool,
    pub connections: u32,
    pub version: String,
    /// `linux`, `macos`, `windows`.
    pub platform: String,
    /// The last start ended before its page ran: this one draws without acceleration, unasked.
    pub safe_graphics: bool,
    pub settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Starting; nothing is known yet.
    Opening,
    /// No vault yet and the keyring works: created without asking.
    Welcome,
    /// No vault yet and no usable keyring: ask for a passphrase, with the reason.
    NeedsPassphrase,
    /// A vault protected by a passphrase.
    Locked,
    /// Open, nothing connected.
    Empty,
    /// Open, at least one connection.
    Ready,
    /// See `problem`.
    Problem,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `keyring_locked`, `key_lost`, `store_corrupt`, `store_foreign`, `home_unwritable`, `home_in_use`, `wrong_passphrase`, …
    pub code: String,
    pub message: String,
    pub hint: String,
    /// The store can be set aside and everything synced again.
    pub can_set_aside: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct VaultCreateReq {
    /// None: the OS keyring.
    pub passphrase: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct VaultUnlockReq {
    pub passphrase: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// `system`, `light`, `dark`.
    pub theme: String,
    /// `compact`, `default`, `relaxed`.
    pub density: String,
    /// Seconds in which a sent mail can be taken back, 0–30.
    pub undo_seconds: u32,
    /// Look up mail servers at third parties (the ISPDB) without asking each time.
    pub third_party_lookup: bool,
    pub system_font: bool,
    /// Single-key shortcuts (WCAG 2.1.4).
    pub single_keys: bool,
    pub list_width: u32,
    pub rail_collapsed: bool,
    pub onboarding_done: bool,
    /// Percent, 90–150.
    pub font_scale: u32,
    /// `system`, `normal`, `more`.
    pub contrast: String,
    /// `system`, `on` (no motion), `off`.
    pub reduced_motion: String,
    /// `system`, `en`, `de`, or a test locale.
    pub language: String,
    /// `gmail`, `superhuman`.
    pub key_preset: String,
    /// Command → keys, over the preset; an empty text takes the keys away.
    pub key_remaps: BTreeMap<String, String>,
    /// `ask` (blocked until the person says so) or `always`; trackers are never loaded.
    pub remote_images: String,
    /// Lightness of mails without a background of their own is turned round in the dark theme.
    pub dark_mail: bool,
    /// After archiving from the reader: `list`, `newer`, `older`.
    pub after_archive: String,
    /// Mails open as plain text.
    pub plain_text: bool,
    /// `all`, `important` (people you have written to), `none`.
    pub notify: String,
    /// Notifications say who and what.
    pub notify_content: bool,
    /// Minutes after midnight, `[from, to]`; None: never quiet.
    pub quiet_hours: Option<(u32, u32)>,
    /// `HH:MM` of "this evening", "tomorrow", and the "later today" distance in hours.
    pub later_evening: String,
    pub later_morning: String,
    pub later_hours: u32,
    /// 0 (Sunday) … 6; None: as the language says.
    pub week_start: Option<u32>,
    /// The days of work, 0 (Sunday) … 6, and its minutes after midnight, `[from, to]`: a time for a meeting is looked for in them.
    pub work_days: Vec<u32>,
    pub work_hours: (u32, u32),
    /// A closed window leaves Aurelius in the tray, where there is one: mail goes on coming in.
    pub keep_running: bool,
    /// No notifications before this time.
    pub notify_paused_until: Option<Millis>,
    /// Steps of "Getting started" that were done or put aside.
    pub start_done: Vec<String>,
    /// "Getting started" is no longer in the sidebar.
    pub start_hidden: bool,
    /// The places that are looked into now and then show in the sidebar.
    pub rail_more: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: "system".into(),
            density: "default".into(),
            undo_seconds: 10,
            third_party_lookup: false,
            system_font: false,
            single_keys: true,
            list_width: 520,
            rail_collapsed: false,
            onboarding_done: false,
            font_scale: 100,
            contrast: "system".into(),
            reduced_motion: "system".into(),
            language: "system".into(),
            key_preset: "gmail".into(),
            key_remaps: BTreeMap::new(),
            remote_images: "ask".into(),
            dark_mail: false,
            after_archive: "older".into(),
            plain_text: false,
            notify: "important".into(),
            notify_content: true,
            quiet_hours: None,
            later_evening: "18:00".into(),
            later_morning: "08:00".into(),
            later_hours: 3,
            week_start: None,
            work_days: vec![1, 2, 3, 4, 5],
            work_hours: (9 * 60, 17 * 60),
            keep_running: true,
            notify_paused_until: None,
            start_done: Vec::new(),
            start_hidden: false,
            rail_more: false,
        }
    }
}

/// What every failing command answers. `code` is only there where the interface branches on it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    pub code: String,
    pub message: String,
    pub hint: String,
    pub retry_at: Option<Millis>,
}

/// One line at the bottom of the rail, and every source behind it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub online: bool,
    pub sources: Vec<SourceStatus>,
    pub queued: u32,
    pub wedged: u32,
    /// Local storage is full: sync waits.
    pub storage_full: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    pub connection: String,
    pub label: String,
    /// `ok`, `syncing`, `paused`, `expired`, `error`, `disabled`, `offline`, `waiting` (rate limited until `retryAt`).
    pub state: String,
    pub words: String,
    pub progress: Option<f64>,
    pub last_sync: Option<Millis>,
    pub next_sync: Option<Millis>,
    pub retry_at: Option<Millis>,
}

/// Pushed to the window as the event `aurelius://event` after commits, coalesced to one per 50 ms.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AppEvent {
    /// Rows changed. `entity`: `thread`, `message`, `mailbox`, `draft`, `calendar`, `event`, `task`; `ids` may be empty for "many".
    Changed {
        entity: String,
        ids: Vec<Id>,
        rev: f64,
    },
    Connections,
    Status {
        status: Status,
    },
    Outbox,
    /// Something that the person should hear of: `recipients_refused`, `outbox_wedged`, `expired`, `offline`, `disk_full`, …
    Attention {
        code: String,
        words: String,
    },
    /// A bulk job moved on or ended.
    Bulk {
        job: BulkJob,
    },
    /// The counts, names or order of the splits changed.
    Splits,
    /// A sign-in that was waiting for the browser ended.
    SignIn {
        attempt: String,
        ok: bool,
        connection: Option<String>,
        error: Option<ApiError>,
    },
    /// The stage changed (locked, problem, sample).
    App,
    /// A notification was clicked: show its conversation, or the inbox.
    Open {
        thread: Option<Id>,
    },
    /// Something waits to be taken with the command `asked`.
    Asked,
}

/// What was left after the workspace was erased.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WipeRes {
    pub app: AppState,
    /// Access that could not be withdrawn: the person has to remove it on the account page.
    pub grants: Vec<GrantLeft>,
    /// Files in the folder that are not of Aurelius.
    pub kept: Vec<String>,
    /// The key, which opens nothing any more, is still in the keyring.
    pub key_left: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GrantLeft {
    pub provider: String,
    pub label: String,
    pub account_page: Option<String>,
}

impl AppEvent {
    /// Its name, without what it carries.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Connections => "connections",
            Self::Status { .. } => "status",
            Self::Outbox => "outbox",
            Self::Attention { .. } => "attention",
            Self::Bulk { .. } => "bulk",
            Self::Splits => "splits",
            Self::SignIn { .. } => "signIn",
            Self::App => "app",
            Self::Open { .. } => "open",
            Self::Asked => "asked",
        }
    }
}

/// What the person asked for outside the window: in the tray, or by a link. It is kept until the window takes it, so that it
/// also works from a cold start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    /// A view: `inbox`, `settings`, `integrations`.
    Go { to: String },
    /// A new message as a `mailto:` link describes it (RFC 6068). A draft only: nothing is sent by a link.
    Compose { mailto: String },
    /// An answer to this message, below its conversation.
    Reply { thread: Id, message: Id },
}
