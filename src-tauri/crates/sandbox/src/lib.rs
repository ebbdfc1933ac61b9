//! An honest local stand-in for the providers that Aurelius talks to: OAuth servers, the Gmail, Calendar, Tasks, Drive and People APIs, Microsoft Graph, a
//! CalDAV server with a calendar feed, a JMAP server, Todoist, GitHub, Linear, Asana, Trello, Jira, Notion, and the mailbox, calendars and tasks of
//! a busy person, over real HTTP on 127.0.0.1.
//!
//! A stand-in that accepts wrong input is worthless: what the real provider refuses is refused here with the provider's own
//! error shape, and nothing in the client knows that it talks to a sandbox. Tests steer it through [`Sandbox`] or over
//! `/_sbx/…`: time, faults, consent, revocation, new mail. The demo workspace runs on the same servers.
//! Every listener is bound to a loopback address; anything else refuses to start.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::Router;
use domain::time::{Clock, Timestamp, system_clock};
use thiserror::Error;
use tokio::{sync::watch, task::JoinHandle};

pub mod asana;
pub mod caldav;
pub mod clock;
pub mod control;
pub mod feed;
pub mod fixtures;
pub mod gcal;
pub mod gdrive;
pub mod github;
pub mod gmail;
pub mod gpeople;
mod graphql;
pub mod gtasks;
mod handles;
pub mod jira;
pub mod jmap;
pub mod linear;
pub mod microsoft;
pub mod notion;
pub mod oauth;
mod ranges;
pub mod rng;
mod sbx_routes;
mod serve;
mod settings;
pub mod smtp_sink;
mod text;
pub mod todoist;
pub mod trello;

pub use asana::{AsanaProject, AsanaSwitches, AsanaTask, AsanaWorkspace};
pub use caldav::{
    CALDAV_ROOT, CaldavPerson, CaldavSwitches, CalendarItem, CalendarState, Edit, HrefStyle, NewCalendar, ScheduleMethod, Scheduled,
};
pub use clock::SandboxClock;
pub use control::{Control, Fault, FaultAction, LogEntry, Provider};
pub use feed::{FEED_PATH, FeedMode};
pub use fixtures::{JMAP_MARA, MARA, MARA_WORK, MS_MARA, MS_MARA_HOME, OIDC_MARA};
pub use gcal::{GcalCalendar, GcalSwitches, Told};
pub use gdrive::{GdriveFile, GdriveSwitches};
pub use github::{GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GithubIssue, GithubRepo, GithubSwitches};
pub use gpeople::{GpeopleSwitches, Gperson};
pub use gtasks::{GtaskList, GtasksSwitches};
pub use handles::MessageState;
pub use jira::{JiraIssue, JiraProject, JiraSwitches};
pub use jmap::{JmapEmail, JmapSubmission, JmapSwitches};
pub use linear::{LINEAR_COLLEAGUE, LINEAR_USER, LinearIssue, LinearState, LinearSwitches, LinearTeam};
pub use microsoft::{
    ConditionalAccess, EntraSwitches, MS_CLIENT_ID, MS_PERSONAL_TENANT, MS_TENANT, MsCalendar, MsFile, MsMessage, MsPerson, MsSchedule,
    MsSwitches, MsTaskList, MsTold,
};
pub use notion::{NotionChange, NotionPage, NotionSwitches};
pub use todoist::{TodoistDue, TodoistProject, TodoistSwitches, TodoistTask};
pub use trello::{TrelloBoard, TrelloCard, TrelloLabel, TrelloSwitches};

use asana::world::AsanaWorld;
use caldav::world::CalWorld;
use control::locked;
use feed::Feed;
use gcal::world::GcalWorld;
use gdrive::world::GdriveWorld;
use github::world::GithubWorld;
use gmail::world::MailWorld;
use gpeople::world::GpeopleWorld;
use gtasks::world::GtasksWorld;
use jira::world::JiraWorld;
use jmap::world::JmapWorld;
use linear::world::LinearWorld;
use notion::world::NotionWorld;
use oauth::{AuthServer, GOOGLE_SCOPES, LINEAR_SCOPES, OIDC_SCOPES, Policy, RedirectPolicy, Rotation, SecretPolicy, SignIn};
use rng::Rng;
use todoist::world::TodoistWorld;
use trello::world::TrelloWorld;

#[derive(Debug, Error)]
pub enum SandboxError {
    #[error("the sandbox only listens on this machine, not on {0}")]
    NotLoopback(IpAddr),
    #[error("the sandbox can't listen: {0}")]
    Bind(#[source] std::io::Error),
}

/// Which mailboxes there are at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// Two Google accounts without mail.
    #[default]
    Empty,
    /// A few messages in each account, for tests that count.
    Small,
    /// The demo workspace: some 300 threads of Mara, a small second account.
    Demo,
    /// This many plain messages in Mara's account.
    Bulk(usize),
}

/// Gmail's quota per user and minute (PROVIDERS 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quota {
    #[default]
    Off,
    /// 6,000 units a minute and at most 10 requests at a time.
    Standard,
    /// This many units a minute.
    Small(u32),
}

/// Answers the consent page without a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoConsent {
    /// E-mail of the account, where the request has no `login_hint`. None: the first.
    pub account: Option<String>,
    /// Only these scopes are granted. None: all that are asked for.
    pub scopes: Option<Vec<String>>,
    /// Say no.
    pub deny: bool,
}

#[derive(Clone)]
pub struct SandboxOptions {
    pub seed: u64,
    pub clock: Clock,
    pub fill: Fill,
    pub quota: Quota,
    /// Consent without a page; None: the person decides.
    pub auto_consent: Option<AutoConsent>,
    /// Mail to `echo@…` is answered at once.
    pub echo: bool,
    /// Single-use refresh tokens of the OIDC provider: grace for a repeated use, seconds. 0: none.
    pub oidc_grace_secs: i64,
    /// Lifetime of access tokens, seconds.
    pub access_secs: i64,
    /// Must be a loopback address.
    pub bind: IpAddr,
    /// What `provider_settings()` asks for at the OIDC provider: `scheme` or `loopback`.
    pub oidc_redirect: String,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            seed: 7,
            clock: system_clock(),
            fill: Fill::default(),
            quota: Quota::default(),
            auto_consent: Some(AutoConsent::default()),
            echo: true,
            oidc_grace_secs: 0,
            access_secs: 3599,
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            oidc_redirect: "loopback".to_owned(),
        }
    }
}

impl SandboxOptions {
    /// The demo workspace's mailbox.
    pub fn demo() -> Self {
        Self { fill: Fill::Demo, ..Self::default() }
    }
    /// A few messages, for tests that count.
    pub fn small() -> Self {
        Self { fill: Fill::Small, ..Self::default() }
    }
}

pub const GOOGLE_CLIENT_ID: &str = "aurelius-sandbox.apps.googleusercontent.example";
pub const GOOGLE_CLIENT_SECRET: &str = "GOCSPX-sandbox-not-a-secret";
pub const OIDC_CLIENT_ID: &str = "aurelius-desktop";
pub const LINEAR_CLIENT_ID: &str = "b1946ac92492d2347c6235b4d2611184";
pub const LINEAR_CLIENT_SECRET: &str = "linear-sandbox-not-a-secret";
/// Redirects registered at the OIDC provider; a loopback one stands for any port.
pub const OIDC_REDIRECTS: [&str; 3] = ["aurelius://oauth/callback", "http://127.0.0.1/cb/oidc", "http://[::1]/cb/oidc"];

/// What the handlers share.
pub(crate) struct Shared {
    pub clock: SandboxClock,
    pub control: Control,
    google: Mutex<AuthServer>,
    oidc: Mutex<AuthServer>,
    linear_auth: Mutex<AuthServer>,
    pub entra: Mutex<microsoft::entra::Entra>,
    pub microsoft: Mutex<microsoft::world::MsWorld>,
    /// CalDAV and JMAP sign in with a password, Todoist with a token of the person's own: an authorization server that knows nobody.
    nobody: Mutex<AuthServer>,
    pub mail: Mutex<MailWorld>,
    pub calendars: Mutex<CalWorld>,
    pub gcal: Mutex<GcalWorld>,
    pub gtasks: Mutex<GtasksWorld>,
    pub gdrive: Mutex<GdriveWorld>,
    pub gpeople: Mutex<GpeopleWorld>,
    pub feed: Mutex<Feed>,
    pub todoist: Mutex<TodoistWorld>,
    pub github: Mutex<GithubWorld>,
    pub linear: Mutex<LinearWorld>,
    pub asana: Mutex<AsanaWorld>,
    pub trello: Mutex<TrelloWorld>,
    pub jira: Mutex<JiraWorld>,
    pub jmap: Mutex<JmapWorld>,
    pub notion: Mutex<NotionWorld>,
    consent: Mutex<BTreeMap<Provider, AutoConsent>>,
    /// Lists that were left by one click.
    pub(crate) left: Mutex<Vec<String>>,
}

impl Shared {
    pub(crate) const fn auth(&self, provider: Provider) -> &Mutex<AuthServer> {
        match provider {
            Provider::Google => &self.google,
            Provider::Oidc => &self.oidc,
            Provider::Linear => &self.linear_auth,
            // GitHub's codes are its own ([`github`]). CalDAV, JMAP and what is connected by a token sign nobody in here; Microsoft's server is `entra`: see `sign_in`.
            _ => &self.nobody,
        }
    }

    /// Whichever server signs people in there.
    pub(crate) fn sign_in(&self, provider: Provider) -> &Mutex<dyn SignIn + Send> {
        match provider {
            Provider::Microsoft => &self.entra,
            _ => self.auth(provider),
        }
    }

    pub(crate) fn auto_consent(&self, provider: Provider) -> Option<AutoConsent> {
        locked(&self.consent).get(&provider).cloned()
    }

    pub(crate) fn set_auto_consent(&self, provider: Provider, consent: Option<AutoConsent>) {
        let mut all = locked(&self.consent);
        match consent {
            Some(consent) => all.insert(provider, consent),
            None => all.remove(&provider),
        };
    }
}

/// Where each stand-in listens.
type Bases = BTreeMap<Provider, SocketAddr>;

/// `http://127.0.0.1:PORT`, no slash at the end.
fn base(bases: &Bases, provider: Provider) -> String {
    format!("http://{}", bases[&provider])
}

/// What one stand-in serves, at its `base`.
fn routes(provider: Provider, shared: &Arc<Shared>, base: &str) -> Router {
    let shared = || shared.clone();
    match provider {
        Provider::Google => {
            let apis = gmail::routes(shared()).merge(gcal::routes(shared())).merge(gtasks::routes(shared()));
            oauth::http::google(shared()).merge(apis).merge(gdrive::routes(shared())).merge(gpeople::routes(shared()))
        }
        Provider::Oidc => oauth::http::oidc(shared()),
        Provider::Caldav => caldav::routes(shared(), base).merge(feed::routes(shared())),
        Provider::Todoist => todoist::routes(shared()),
        Provider::Github => github::routes(shared()),
        Provider::Linear => oauth::http::linear(shared()).merge(linear::routes(shared())),
        Provider::Asana => asana::routes(shared()),
        Provider::Trello => trello::routes(shared()),
        Provider::Jira => jira::routes(shared()),
        Provider::Notion => notion::routes(shared()),
        Provider::Jmap => jmap::routes(shared()),
        Provider::Microsoft => microsoft::routes(shared()),
    }
}

/// Running stand-ins. Dropping it stops the servers.
pub struct Sandbox {
    shared: Arc<Shared>,
    bases: Bases,
    oidc_redirect: String,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

impl Sandbox {
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let mut listeners = Vec::new();
        let mut bases = Bases::new();
        for provider in Provider::ALL {
            let (listener, address) = serve::bind(SocketAddr::new(options.bind, 0)).await?;
            listeners.push((provider, listener));
            bases.insert(provider, address);
        }
        let base = |provider| base(&bases, provider);
        let rng = Rng::new(options.seed);
        let clock = SandboxClock::new(options.clock.clone());
        let google_policy = Policy {
            issuer: base(Provider::Google),
            client_id: GOOGLE_CLIENT_ID.to_owned(),
            secret: SecretPolicy::Required(GOOGLE_CLIENT_SECRET.to_owned()),
            redirect: RedirectPolicy::LoopbackLiteral,
            rotation: Rotation::Keep,
            access_secs: options.access_secs,
            offline_scope: false,
            refresh_once: false,
            revoke_all: true,
            separator: ' ',
            scopes: GOOGLE_SCOPES,
        };
        let oidc_policy = Policy {
            issuer: base(Provider::Oidc),
            client_id: OIDC_CLIENT_ID.to_owned(),
            secret: SecretPolicy::Forbidden,
            redirect: RedirectPolicy::Registered(OIDC_REDIRECTS.iter().map(|&r| r.to_owned()).collect()),
            rotation: Rotation::SingleUse { grace_secs: options.oidc_grace_secs },
            access_secs: options.access_secs,
            offline_scope: true,
            refresh_once: false,
            revoke_all: false,
            separator: ' ',
            scopes: OIDC_SCOPES,
        };
        let mut world = MailWorld::new(rng.fork("mail"), options.quota, options.echo);
        fixtures::fill(&mut world, options.fill, &rng, clock.now());
        let nobody = Policy { client_id: String::new(), issuer: String::new(), scopes: &[], ..oidc_policy.clone() };
        let linear_policy = Policy {
            client_id: LINEAR_CLIENT_ID.to_owned(),
            // Whether the real one wants it is not known (PROVIDERS 6.3): none has to be sent, a wrong one is refused.
            secret: SecretPolicy::Optional(LINEAR_CLIENT_SECRET.to_owned()),
            redirect: RedirectPolicy::Registered(vec!["http://127.0.0.1/cb/linear".to_owned()]),
            rotation: Rotation::SingleUse { grace_secs: 0 },
            access_secs: 86_399,
            offline_scope: false,
            separator: ',',
            scopes: LINEAR_SCOPES,
            ..nobody.clone()
        };
        let now = clock.now();
        let consent = options.auto_consent.map(|c| (Provider::Google, c));
        let consent = consent.iter().cloned().chain(consent.iter().flat_map(|(_, c)| {
            [Provider::Oidc, Provider::Microsoft, Provider::Linear].map(|provider| (provider, AutoConsent { account: None, ..c.clone() }))
        }));
        let shared = Arc::new(Shared {
            clock,
            control: Control::default(),
            google: Mutex::new(AuthServer::new(google_policy, fixtures::google_users(), rng.fork("google"))),
            entra: Mutex::new(microsoft::entra::Entra::new(
                base(Provider::Microsoft),
                microsoft::entra::users(),
                options.access_secs,
                rng.fork("entra"),
            )),
            oidc: Mutex::new(AuthServer::new(oidc_policy, fixtures::oidc_users(), rng.fork("oidc"))),
            linear_auth: Mutex::new(AuthServer::new(linear_policy, linear::users(), rng.fork("linear-auth"))),
            nobody: Mutex::new(AuthServer::new(nobody, Vec::new(), rng.fork("nobody"))),
            mail: Mutex::new(world),
            calendars: Mutex::new(fixtures::calendar::world(options.fill, now)),
            gcal: Mutex::new(gcal::world(options.fill, options.quota, now)),
            gtasks: Mutex::new(gtasks::world(options.fill, options.quota, now)),
            gpeople: Mutex::new(gpeople::world(options.fill)),
            gdrive: Mutex::new(GdriveWorld::new(rng.fork("gdrive"))),
            feed: Mutex::new(Feed::new(fixtures::calendar::feed(now), now)),
            todoist: Mutex::new(todoist::world(options.fill, rng.fork("todoist"), now)),
            github: Mutex::new(github::world(options.fill, rng.fork("github"), now)),
            linear: Mutex::new(linear::world(options.fill, rng.fork("linear"), now)),
            asana: Mutex::new(asana::world(options.fill, rng.fork("asana"), now)),
            trello: Mutex::new(trello::world(options.fill, rng.fork("trello"), now)),
            jira: Mutex::new(jira::world(options.fill, rng.fork("jira"), now)),
            jmap: Mutex::new(jmap::new_world(options.fill, rng.fork("jmap"), now)),
            notion: Mutex::new(notion::world(options.fill, rng.fork("notion"), now)),
            microsoft: Mutex::new(microsoft::new_world(options.fill, rng.fork("microsoft"), now)),
            consent: Mutex::new(consent.collect()),
            left: Mutex::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let servers = listeners.into_iter().map(|(provider, listener)| {
            let routes = routes(provider, &shared, &base(provider)).merge(sbx_routes::routes(shared.clone()));
            serve::spawn(listener, provider, shared.clone(), routes, stopped.clone())
        });
        let servers = servers.collect();
        Ok(Self { shared, bases, oidc_redirect: options.oidc_redirect, stop, servers })
    }

    pub(crate) fn base(&self, provider: Provider) -> String {
        base(&self.bases, provider)
    }

    /// `http://127.0.0.1:PORT`, no slash at the end.
    pub fn google_base(&self) -> String {
        self.base(Provider::Google)
    }

    pub fn oidc_base(&self) -> String {
        self.base(Provider::Oidc)
    }

    /// Where Entra's endpoints and Graph are.
    pub fn microsoft_base(&self) -> String {
        self.base(Provider::Microsoft)
    }

    pub fn clock(&self) -> &SandboxClock {
        &self.shared.clock
    }

    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Faults and the request log.
    pub fn control(&self) -> &Control {
        &self.shared.control
    }

    /// Stops the servers and waits until open requests are done.
    pub async fn stop(mut self) {
        // Events have no end of their own.
        locked(&self.shared.jmap).close();
        let _ = self.stop.send(true);
        for server in self.servers.drain(..) {
            let _ = server.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        locked(&self.shared.jmap).close();
        let _ = self.stop.send(true);
    }
}

#[cfg(test)]
mod test_client;
#[cfg(test)]
mod tests;
