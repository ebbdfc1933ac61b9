//! All mailboxes of the stand-in, what passes between them, and limits (PROVIDERS 2.2).

use std::collections::{BTreeMap, HashMap};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    calendar::{MsSchedule, diary::Diary},
    drive::Drives,
    error::GraphError,
    mailbox::Mailbox,
    people::Circle,
    todo::Todo,
    upload::Upload,
};
use crate::rng::Rng;

/// Requests at a time for one mailbox.
pub(super) const MAX_IN_FLIGHT: u32 = 4;
/// Calls are counted over this long, milliseconds.
const WINDOW_MS: i64 = 10 * 60_000;

/// How Graph behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MsSwitches {
    /// Requests in ten minutes for one mailbox; Microsoft's number is 10,000. None: no limit.
    pub calls: Option<usize>,
    /// More than four requests at a time for one mailbox are refused. The documentation counts them for a program and a mailbox; whether a
    /// program's other mailboxes count as well is (unverified).
    pub concurrency: bool,
    /// How long every request takes, milliseconds.
    pub latency_ms: u64,
    /// Pages of delta are never longer, whatever was preferred. (unverified)
    pub delta_page: usize,
    /// A round of delta begins with an empty page.
    pub delta_gaps: bool,
    /// A page of delta begins with the last item of the one before.
    pub delta_repeats: bool,
    /// A change of the read state alone is told without anything else.
    pub sparse: bool,
    /// Drafts get a Message-ID of the server's, whatever their MIME says. (unverified: it is kept as far as is known)
    pub rewrites_message_id: bool,
    /// How long sent mail waits in the outbox, milliseconds.
    pub transport_ms: i64,
    /// While set, every call is answered with 401 and this claims challenge.
    pub claims: Option<String>,
    /// Folders say `wellKnownName`, which v1.0 does not have (it is one of the beta's).
    pub well_known_name: bool,
    /// The delta of tasks tells only what changed of one that the client knows. (unverified: it tells all, as far as is known)
    pub todo_sparse: bool,
    /// The delta of contacts tells only what changed of one that the client knows. (unverified)
    pub contacts_sparse: bool,
    /// Views of other calendars than the main one can be followed. (unverified: the documentation speaks of the main one)
    pub secondary_views: bool,
    /// A second call with the same `transactionId` is answered with the event of the first, instead of 409. (unverified)
    pub transaction_repeats: bool,
    /// Nobody's schedule can be asked for.
    pub no_schedules: bool,
    /// No calendar can make meetings on the net: an organisation without Teams, or a personal account.
    pub no_meetings: bool,
    /// Meetings that were declined stay in the calendar.
    pub keeps_declined: bool,
    /// Bytes that one OneDrive holds. None: no limit.
    pub drive_quota: Option<usize>,
    /// Pages of a folder of OneDrive are never longer.
    pub drive_page: usize,
    /// A byte of what is uploaded to OneDrive is turned over on the way.
    pub drive_damage: bool,
    /// Whether a range of a download is looked at.
    pub drive_ranges: bool,
}

impl Default for MsSwitches {
    fn default() -> Self {
        Self {
            calls: None,
            concurrency: true,
            latency_ms: 0,
            delta_page: 500,
            delta_gaps: false,
            delta_repeats: false,
            sparse: true,
            rewrites_message_id: false,
            transport_ms: 0,
            claims: None,
            well_known_name: false,
            todo_sparse: false,
            contacts_sparse: false,
            secondary_views: false,
            transaction_repeats: false,
            no_schedules: false,
            no_meetings: false,
            keeps_declined: false,
            drive_quota: None,
            drive_page: 200,
            drive_damage: false,
            drive_ranges: true,
        }
    }
}

pub(crate) struct MsWorld {
    boxes: BTreeMap<String, Mailbox>,
    /// Tasks, of accounts that have a mailbox.
    todos: BTreeMap<String, Todo>,
    /// Contacts and relevant people, of accounts that have a mailbox.
    circles: BTreeMap<String, Circle>,
    /// Calendars by address.
    diaries: BTreeMap<String, Diary>,
    /// What others of the organisation show of their time, by their addresses.
    pub(super) schedules: BTreeMap<String, MsSchedule>,
    pub switches: MsSwitches,
    pub(super) uploads: HashMap<String, Upload>,
    pub(super) drives: Drives,
    calls: BTreeMap<String, Vec<Timestamp>>,
    pub(super) in_flight: BTreeMap<String, u32>,
    /// The most requests that were under way at once for one mailbox.
    pub peak: u32,
    /// Mail in an outbox: when it goes, whose, which, and whether it is kept.
    pub(super) outgoing: Vec<(Timestamp, String, u64, bool)>,
    pub(super) rng: Rng,
}

impl MsWorld {
    pub fn new(rng: Rng) -> Self {
        Self {
            boxes: BTreeMap::new(),
            todos: BTreeMap::new(),
            circles: BTreeMap::new(),
            diaries: BTreeMap::new(),
            schedules: BTreeMap::new(),
            switches: MsSwitches::default(),
            uploads: HashMap::new(),
            drives: Drives::default(),
            calls: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            peak: 0,
            outgoing: Vec::new(),
            rng,
        }
    }

    pub(super) fn add(&mut self, email: &str, name: &str) -> &mut Mailbox {
        self.boxes.entry(email.to_owned()).or_insert_with(|| Mailbox::new(email, name))
    }

    pub(super) fn mailbox(&mut self, email: &str) -> Result<&mut Mailbox, GraphError> {
        let missing = || {
            GraphError::new(404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
        };
        self.boxes.get_mut(&email.to_ascii_lowercase()).ok_or_else(missing)
    }

    pub(super) fn todo(&mut self, email: &str) -> Result<&mut Todo, GraphError> {
        let email = self.mailbox(email)?.email.clone();
        Ok(self.todos.entry(email).or_default())
    }

    pub(super) fn circle(&mut self, email: &str) -> Result<&mut Circle, GraphError> {
        let email = self.mailbox(email)?.email.clone();
        Ok(self.circles.entry(email).or_default())
    }

    /// The calendars of a mailbox.
    pub(super) fn diary(&mut self, email: &str) -> &mut Diary {
        let email = email.to_ascii_lowercase();
        let name = self.boxes.get(&email).map(|mailbox| mailbox.name.clone()).unwrap_or_default();
        self.diaries.entry(email.clone()).or_insert_with(|| Diary::new(&email, &name))
    }

    /// Every delta token of before is too old from now on: of mail, of calendars, of contacts and of tasks.
    pub(super) fn expire_sync(&mut self, email: &str) -> Result<(), GraphError> {
        self.mailbox(email)?.expire_sync();
        self.diary(email).expire();
        self.circle(email)?.expire_sync();
        self.todo(email)?.expire_sync();
        Ok(())
    }

    /// Counts one request of this mailbox, or refuses it. Refused ones count too.
    pub(super) fn spend(&mut self, email: &str, now: Timestamp) -> Result<(), GraphError> {
        let calls = self.calls.entry(email.to_owned()).or_default();
        calls.retain(|at| (0..WINDOW_MS).contains(&now.since(*at)));
        calls.push(now);
        match self.switches.calls {
            Some(limit) if calls.len() > limit => {
                let oldest = calls.first().copied().unwrap_or(now);
                Err(GraphError::too_many(((WINDOW_MS - now.since(oldest) + 999) / 1000).clamp(1, 600) as u32))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn enter(&mut self, email: &str, weight: u32) -> u32 {
        let open = self.in_flight.entry(email.to_owned()).or_default();
        *open += weight;
        self.peak = self.peak.max(*open);
        *open
    }

    pub(super) fn leave(&mut self, email: &str, weight: u32) {
        if let Some(open) = self.in_flight.get_mut(email) {
            *open = open.saturating_sub(weight);
        }
    }

    /// Carries what has waited long enough in an outbox.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let (due, waiting) = std::mem::take(&mut self.outgoing).into_iter().partition(|(at, ..)| *at <= now);
        self.outgoing = waiting;
        let due: Vec<(Timestamp, String, u64, bool)> = due;
        for (_, email, key, keep) in due {
            super::send::carry(self, &email, key, keep, now);
        }
    }
}
