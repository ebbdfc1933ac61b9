//! What can be connected: one row per integration. A row is words and addresses; behaviour lives in the provider's module.
//!
//! Every address can be overridden in `config.toml` (`[providers.<id>]`), because people bring their own client registration
//! and because the sandbox stands in for every provider that way.

use domain::{
    SecretString,
    config::{Config, ProviderConfig},
    ids::IntegrationId,
    integration::{AuthKind, ClientSource, Feature, Integration, RedirectKind, Service},
    oauth::OAuthError,
};

mod by_token;
pub use by_token::{ASANA, BY_TOKEN, GITHUB, JIRA, LINEAR, NOTION, TODOIST, TRELLO};

pub const GOOGLE: &str = "google";
pub const MICROSOFT: &str = "microsoft";
pub const OIDC: &str = "oidc";
pub const IMAP: &str = "imap";
pub const CALDAV: &str = "caldav";
pub const ICS: &str = "ics";
pub const JMAP: &str = "jmap";

/// What examples show in the place of a client. Never sent to a provider.
pub const PLACEHOLDER_CLIENT: &str = "put-your-client-id-here";

/// What a distributor registered, set while this crate is compiled (docs/own-client.md). Google issues a secret to desktop clients,
/// which protects nothing there.
const GOOGLE_CLIENT: Option<&str> = option_env!("AURELIUS_GOOGLE_CLIENT_ID");
const GOOGLE_SECRET: Option<&str> = option_env!("AURELIUS_GOOGLE_CLIENT_SECRET");

/// What a distributor registered at Entra: a public client, which has no secret.
const MICROSOFT_CLIENT: Option<&str> = option_env!("AURELIUS_MICROSOFT_CLIENT_ID");

pub mod ms_scope {
    //! OAuth scopes of Microsoft Graph (PROVIDERS 2.1). Their resource is the one that a scope without any belongs to.
    pub const GRAPH: &str = "https://graph.microsoft.com/";
    /// Never listed in a token reply; a refresh token proves it.
    pub const OFFLINE: &str = "offline_access";
    pub const USER_READ: &str = "User.Read";
    /// Not asked for, as the read-write one holds it; honoured where it was granted.
    pub const MAIL_READ: &str = "Mail.Read";
    pub const MAIL_WRITE: &str = "Mail.ReadWrite";
    pub const MAIL_SEND: &str = "Mail.Send";
    pub const READS_MAIL: &[&str] = &[MAIL_READ, MAIL_WRITE];
    /// Not asked for, as the read-write one holds it; honoured where it was granted.
    pub const CALENDARS_READ: &str = "Calendars.Read";
    pub const CALENDARS_WRITE: &str = "Calendars.ReadWrite";
    pub const READS_CALENDARS: &[&str] = &[CALENDARS_READ, CALENDARS_WRITE];
    /// Not asked for, as the read-write one holds it; honoured where it was granted.
    pub const TASKS_READ: &str = "Tasks.Read";
    pub const TASKS_WRITE: &str = "Tasks.ReadWrite";
    pub const READS_TASKS: &[&str] = &[TASKS_READ, TASKS_WRITE];
    /// One folder of this program's own in the person's OneDrive.
    pub const APP_FOLDER: &str = "Files.ReadWrite.AppFolder";
    /// The address book.
    pub const CONTACTS_READ: &str = "Contacts.Read";
    /// Not asked for; honoured where it was granted.
    pub const CONTACTS_WRITE: &str = "Contacts.ReadWrite";
    pub const READS_CONTACTS: &[&str] = &[CONTACTS_READ, CONTACTS_WRITE];
    /// Whom Microsoft finds relevant.
    pub const PEOPLE_READ: &str = "People.Read";
    /// In the case in which they are kept.
    pub const ALL: &[&str] = &[
        "openid",
        "profile",
        "email",
        OFFLINE,
        USER_READ,
        MAIL_READ,
        MAIL_WRITE,
        MAIL_SEND,
        CALENDARS_READ,
        CALENDARS_WRITE,
        TASKS_READ,
        TASKS_WRITE,
        APP_FOLDER,
        CONTACTS_READ,
        CONTACTS_WRITE,
        PEOPLE_READ,
    ];
}

pub mod scope {
    //! OAuth scopes of Google (PROVIDERS 1.1).
    pub const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
    pub const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";
    pub const READONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";
    pub const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
    pub const COMPOSE: &str = "https://www.googleapis.com/auth/gmail.compose";
    pub const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
    /// Everything, deleting for ever included. Not asked for; honoured where it was granted.
    pub const FULL: &str = "https://mail.google.com/";
    pub const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
    pub const CALENDAR_LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
    /// When somebody has no time, where they let this account see it.
    pub const FREE_BUSY: &str = "https://www.googleapis.com/auth/calendar.freebusy";
    /// Not asked for, as the three below; honoured where they were granted.
    pub const EVENTS_FREE_BUSY: &str = "https://www.googleapis.com/auth/calendar.events.freebusy";
    pub const EVENTS_READONLY: &str = "https://www.googleapis.com/auth/calendar.events.readonly";
    pub const CALENDAR: &str = "https://www.googleapis.com/auth/calendar";
    pub const CALENDAR_READONLY: &str = "https://www.googleapis.com/auth/calendar.readonly";
    pub const LISTS_CALENDARS: &[&str] = &[CALENDAR_LIST, CALENDAR, CALENDAR_READONLY];
    pub const READS_EVENTS: &[&str] = &[EVENTS, EVENTS_READONLY, CALENDAR, CALENDAR_READONLY];
    pub const WRITES_EVENTS: &[&str] = &[EVENTS, CALENDAR];
    pub const ASKS_FREE_BUSY: &[&str] = &[FREE_BUSY, EVENTS_FREE_BUSY, CALENDAR, CALENDAR_READONLY];
    pub const TASKS: &str = "https://www.googleapis.com/auth/tasks";
    pub const TASKS_READONLY: &str = "https://www.googleapis.com/auth/tasks.readonly";
    pub const READS_TASKS: &[&str] = &[TASKS, TASKS_READONLY];
    /// Files that this program made or was given. Needs no review by Google.
    pub const DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";
    /// All files. Not asked for; honoured where it was granted.
    pub const DRIVE: &str = "https://www.googleapis.com/auth/drive";
    pub const SAVES_FILES: &[&str] = &[DRIVE_FILE, DRIVE];
    pub const CONTACTS_READONLY: &str = "https://www.googleapis.com/auth/contacts.readonly";
    /// Not asked for; honoured where it was granted.
    pub const CONTACTS: &str = "https://www.googleapis.com/auth/contacts";
    pub const READS_CONTACTS: &[&str] = &[CONTACTS_READONLY, CONTACTS];
    /// People whom Google noted by itself. Their names and addresses alone.
    pub const OTHER_CONTACTS: &str = "https://www.googleapis.com/auth/contacts.other.readonly";
}

const GOOGLE_FEATURES: &[Feature] = &[
    Feature {
        id: "identity",
        service: Service::Identity,
        any_scope: &["email", scope::EMAIL],
        label: "See your name and e-mail address",
        without: "Aurelius can't tell which account this is.",
    },
    Feature {
        id: "mail.read",
        service: Service::Mail,
        any_scope: &[scope::READONLY, scope::MODIFY, scope::FULL],
        label: "Read your mail and its labels",
        without: "No mail of this account is shown here.",
    },
    Feature {
        id: "mail.modify",
        service: Service::Mail,
        any_scope: &[scope::MODIFY, scope::FULL],
        label: "Archive, label, star, mark as read, and move to the bin",
        without: "The mail is read-only: archiving, labels, stars and read marks stay as they are at Google.",
    },
    Feature {
        id: "mail.send",
        service: Service::Mail,
        any_scope: &[scope::SEND, scope::COMPOSE, scope::MODIFY, scope::FULL],
        label: "Send mail in your name",
        without: "Replies and new mail can't be sent from this account.",
    },
    Feature {
        id: "mail.drafts",
        service: Service::Mail,
        any_scope: &[scope::COMPOSE, scope::MODIFY, scope::FULL],
        label: "Keep your drafts at Google too",
        without: "Drafts stay on this machine.",
    },
    Feature {
        id: "calendar.list",
        service: Service::Calendar,
        any_scope: scope::LISTS_CALENDARS,
        label: "See which calendars you have",
        without: "Only your main calendar is shown.",
    },
    Feature {
        id: "calendar.read",
        service: Service::Calendar,
        any_scope: scope::READS_EVENTS,
        label: "See your events",
        without: "No calendar of this account is shown here.",
    },
    Feature {
        id: "calendar.write",
        service: Service::Calendar,
        any_scope: scope::WRITES_EVENTS,
        label: "Make, change and delete your events, and answer invitations",
        without: "The calendars are read-only.",
    },
    Feature {
        id: "calendar.freebusy",
        service: Service::Calendar,
        any_scope: scope::ASKS_FREE_BUSY,
        label: "See when others have time, where they share it",
        without: "When your guests have time is not known.",
    },
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: scope::READS_TASKS,
        label: "See your task lists and tasks",
        without: "No tasks of this account are shown here.",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[scope::TASKS],
        label: "Make, change, tick off and delete your tasks",
        without: "The task lists are read-only.",
    },
    Feature {
        id: "files",
        service: Service::Files,
        any_scope: scope::SAVES_FILES,
        label: "Save files to Google Drive, and see those that Aurelius saved there or was given",
        without: "Attachments can't be saved to this Google Drive.",
    },
    Feature {
        id: "people.contacts",
        service: Service::People,
        any_scope: scope::READS_CONTACTS,
        label: "Suggest people from your address book",
        without: "Only people from your mail are suggested.",
    },
    Feature {
        id: "people.others",
        service: Service::People,
        any_scope: &[scope::OTHER_CONTACTS],
        label: "Suggest people whom Google noted as other contacts",
        without: "Google's other contacts are not suggested.",
    },
];

const MICROSOFT_FEATURES: &[Feature] = &[
    Feature {
        id: "identity",
        service: Service::Identity,
        any_scope: &[ms_scope::USER_READ, "openid"],
        label: "See your name and e-mail address",
        without: "Aurelius can't tell which account this is.",
    },
    Feature {
        id: "offline",
        service: Service::Identity,
        any_scope: &[ms_scope::OFFLINE],
        label: "Stay signed in",
        without: "You have to sign in again every hour.",
    },
    Feature {
        id: "mail.read",
        service: Service::Mail,
        any_scope: ms_scope::READS_MAIL,
        label: "Read your mail and its folders",
        without: "No mail of this account is shown here.",
    },
    Feature {
        id: "mail.modify",
        service: Service::Mail,
        any_scope: &[ms_scope::MAIL_WRITE],
        label: "File, flag, mark as read, and move to the deleted items",
        without: "The mail is read-only: folders, flags and read marks stay as they are at Microsoft.",
    },
    Feature {
        id: "mail.send",
        service: Service::Mail,
        any_scope: &[ms_scope::MAIL_SEND],
        label: "Send mail in your name",
        without: "Replies and new mail can't be sent from this account.",
    },
    Feature {
        id: "mail.drafts",
        service: Service::Mail,
        any_scope: &[ms_scope::MAIL_WRITE],
        label: "Keep your drafts at Microsoft too",
        without: "Drafts stay on this machine.",
    },
    Feature {
        id: "calendar.read",
        service: Service::Calendar,
        any_scope: ms_scope::READS_CALENDARS,
        label: "See your calendars and events",
        without: "No calendar of this account is shown here.",
    },
    Feature {
        id: "calendar.write",
        service: Service::Calendar,
        any_scope: &[ms_scope::CALENDARS_WRITE],
        label: "Make, change and delete your events, and answer invitations",
        without: "The calendars are read-only.",
    },
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: ms_scope::READS_TASKS,
        label: "See your task lists and tasks",
        without: "No tasks of this account are shown here.",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[ms_scope::TASKS_WRITE],
        label: "Make, change, tick off and delete your tasks",
        without: "The task lists are read-only.",
    },
    Feature {
        id: "files",
        service: Service::Files,
        any_scope: &[ms_scope::APP_FOLDER],
        label: "Save files to a folder of its own in your OneDrive",
        without: "Attachments can't be saved to this OneDrive.",
    },
    Feature {
        id: "people.contacts",
        service: Service::People,
        any_scope: ms_scope::READS_CONTACTS,
        label: "Suggest people from your address book",
        without: "Only people from your mail are suggested.",
    },
    Feature {
        id: "people.others",
        service: Service::People,
        any_scope: &[ms_scope::PEOPLE_READ],
        label: "Suggest people whom you work with",
        without: "People whom only Microsoft connects with you are not suggested.",
    },
];

const OIDC_FEATURES: &[Feature] = &[
    Feature {
        id: "identity",
        service: Service::Identity,
        any_scope: &[],
        label: "Sign in, and see your name and e-mail address",
        without: "Aurelius can't tell which account this is.",
    },
    Feature {
        id: "offline",
        service: Service::Identity,
        any_scope: &["offline_access"],
        label: "Stay signed in, for IMAP and SMTP at your organisation",
        without: "You may have to sign in again when the session ends.",
    },
];

const IMAP_FEATURES: &[Feature] = &[
    Feature {
        id: "mail.read",
        service: Service::Mail,
        any_scope: &[],
        label: "Read your folders, and file, flag and move mail in them",
        without: "",
    },
    Feature { id: "mail.send", service: Service::Mail, any_scope: &[], label: "Send through the SMTP server you name", without: "" },
];

const JMAP_FEATURES: &[Feature] = &[
    Feature {
        id: "mail.read",
        service: Service::Mail,
        any_scope: &[],
        label: "Read your folders, and file, flag and move mail in them",
        without: "",
    },
    Feature { id: "mail.send", service: Service::Mail, any_scope: &[], label: "Send mail as the addresses of the account", without: "" },
];

const CALDAV_FEATURES: &[Feature] = &[
    Feature {
        id: "calendar.read",
        service: Service::Calendar,
        any_scope: &[],
        label: "Read your calendars and the events in them",
        without: "",
    },
    Feature {
        id: "calendar.write",
        service: Service::Calendar,
        any_scope: &[],
        label: "Make, change and delete events in the calendars you may write to",
        without: "",
    },
    Feature { id: "tasks.read", service: Service::Tasks, any_scope: &[], label: "Read your task lists and the tasks in them", without: "" },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[],
        label: "Make, change, tick off and delete tasks in the lists you may write to",
        without: "",
    },
];

const ICS_FEATURES: &[Feature] = &[Feature {
    id: "calendar.read",
    service: Service::Calendar,
    any_scope: &[],
    label: "Read one published calendar, again from time to time",
    without: "",
}];

fn google() -> Integration {
    Integration {
        id: GOOGLE.into(),
        label: "Google",
        description: "Gmail, Google Calendar, Google Tasks and Google Drive: inbox, labels, search, drafts, sending, your events, your tasks, and saving \
                      files.",
        auth: AuthKind::OAuth,
        sign_in: None,
        // Google refuses custom schemes for desktop clients (PROVIDERS 0.1).
        redirect: Some(RedirectKind::Loopback),
        services: &[Service::Identity, Service::Mail, Service::Calendar, Service::Tasks, Service::Files, Service::People],
        // `gmail.modify` alone would do; the narrower ones are asked for as well, so that the consent page lets a person grant
        // reading and sending without write access. All in one grant: Google adds nothing to an installed program's later on
        // (PROVIDERS 1.1).
        scopes: &[
            "openid",
            "email",
            "profile",
            scope::READONLY,
            scope::MODIFY,
            scope::SEND,
            scope::EVENTS,
            scope::CALENDAR_LIST,
            scope::FREE_BUSY,
            scope::TASKS,
            scope::DRIVE_FILE,
            scope::CONTACTS_READONLY,
            scope::OTHER_CONTACTS,
        ],
        features: GOOGLE_FEATURES,
        revocable: true,
        account_page: Some("https://myaccount.google.com/connections"),
        builtin_client: GOOGLE_CLIENT,
        client: ClientSource::Missing,
    }
}

fn microsoft() -> Integration {
    Integration {
        id: MICROSOFT.into(),
        label: "Microsoft",
        description: "Outlook.com and Microsoft 365: mail, calendars, Microsoft To Do, and saving files to OneDrive.",
        auth: AuthKind::OAuth,
        sign_in: None,
        // Spelled localhost there (PROVIDERS 0.1); see `AuthorizeParams::localhost`.
        redirect: Some(RedirectKind::Loopback),
        services: &[Service::Identity, Service::Mail, Service::Calendar, Service::Tasks, Service::Files, Service::People],
        // Microsoft's consent has nothing to untick, so each scope is asked for once, in its widest form that is needed.
        scopes: &[
            "openid",
            "profile",
            "email",
            ms_scope::OFFLINE,
            ms_scope::USER_READ,
            ms_scope::MAIL_WRITE,
            ms_scope::MAIL_SEND,
            ms_scope::CALENDARS_WRITE,
            ms_scope::TASKS_WRITE,
            ms_scope::APP_FOLDER,
            ms_scope::CONTACTS_READ,
            ms_scope::PEOPLE_READ,
        ],
        features: MICROSOFT_FEATURES,
        // There is no endpoint for it (PROVIDERS 2.1).
        revocable: false,
        // Work and school accounts; personal ones are sent on from there.
        account_page: Some("https://myaccount.microsoft.com"),
        builtin_client: MICROSOFT_CLIENT,
        client: ClientSource::Missing,
    }
}

fn oidc(redirect: RedirectKind) -> Integration {
    Integration {
        id: OIDC.into(),
        label: "Organisation (OpenID Connect)",
        description: "Single sign-on of your organisation, for its IMAP and SMTP servers.",
        auth: AuthKind::OAuth,
        sign_in: None,
        redirect: Some(redirect),
        services: &[Service::Identity],
        scopes: &["openid", "email", "profile", "offline_access"],
        features: OIDC_FEATURES,
        // Where the issuer offers none, `revoke` answers `Unsupported`.
        revocable: true,
        account_page: None,
        // Every organisation has its own.
        builtin_client: None,
        client: ClientSource::Missing,
    }
}

fn imap() -> Integration {
    Integration {
        id: IMAP.into(),
        label: "Mail server (IMAP and SMTP)",
        description: "Any mail account by server name and password, or by your organisation's sign-in.",
        auth: AuthKind::Password,
        sign_in: None,
        redirect: None,
        services: &[Service::Mail],
        scopes: &[],
        features: IMAP_FEATURES,
        revocable: false,
        account_page: None,
        builtin_client: None,
        client: ClientSource::Missing,
    }
}

fn jmap() -> Integration {
    Integration {
        id: JMAP.into(),
        label: "JMAP",
        description: "Mail at Fastmail, Stalwart, Cyrus or any server with JMAP, by user name and password or by a token of your own.",
        auth: AuthKind::Password,
        sign_in: None,
        redirect: None,
        services: &[Service::Mail],
        scopes: &[],
        features: JMAP_FEATURES,
        revocable: false,
        account_page: None,
        builtin_client: None,
        client: ClientSource::Missing,
    }
}

fn caldav() -> Integration {
    Integration {
        id: CALDAV.into(),
        label: "CalDAV",
        description: "Calendars and task lists at any CalDAV server by user name and password: iCloud, Fastmail, Nextcloud, your own.",
        auth: AuthKind::Password,
        sign_in: None,
        redirect: None,
        services: &[Service::Calendar, Service::Tasks],
        scopes: &[],
        features: CALDAV_FEATURES,
        revocable: false,
        account_page: None,
        builtin_client: None,
        client: ClientSource::Missing,
    }
}

fn ics() -> Integration {
    Integration {
        id: ICS.into(),
        label: "Calendar subscription",
        description: "A calendar that somebody publishes as an .ics file: holidays, fixtures, a colleague's. Read-only.",
        auth: AuthKind::Password,
        sign_in: None,
        redirect: None,
        services: &[Service::Calendar],
        scopes: &[],
        features: ICS_FEATURES,
        revocable: false,
        account_page: None,
        builtin_client: None,
        client: ClientSource::Missing,
    }
}

/// The rows, with what the configuration says about each.
#[derive(Debug)]
pub struct Registry {
    rows: Vec<Integration>,
    config: Config,
}

impl Registry {
    /// Refuses tables for providers that do not exist (a typo would otherwise be silent) and unsafe addresses.
    pub fn new(config: &Config) -> Result<Self, OAuthError> {
        config.check().map_err(|e| OAuthError::Config(e.to_string()))?;
        for id in config.providers.keys() {
            if ![GOOGLE, MICROSOFT, OIDC].contains(&id.as_str()) && !BY_TOKEN.contains(&id.as_str()) {
                return Err(OAuthError::Config(format!(
                    "config.toml has [providers.{id}], but there is no such provider to configure: known are google, microsoft, oidc, {}",
                    BY_TOKEN.join(", ")
                )));
            }
        }
        by_token::check(config)?;
        check_microsoft(config)?;
        if let Some(table) = config.providers.get(GOOGLE) {
            // Its redirect is the loopback address whatever is written, and its scopes follow from the features.
            for (key, senseless) in [("redirect", table.redirect.as_deref() == Some("scheme")), ("scopes", table.scopes.is_some())] {
                if senseless {
                    return Err(OAuthError::Config(format!(
                        "[providers.google] {key} can't be chosen at Google: remove it (it is for [providers.oidc] only)"
                    )));
                }
            }
        }
        let scheme = config.providers.get(OIDC).and_then(|p| p.redirect.as_deref()) != Some("loopback");
        let redirect = if scheme { RedirectKind::Scheme } else { RedirectKind::Loopback };
        let mut rows = vec![google(), microsoft(), oidc(redirect), imap(), jmap(), caldav(), ics()];
        rows.extend(by_token::rows());
        Ok(Self::of(rows, config))
    }

    fn of(mut rows: Vec<Integration>, config: &Config) -> Self {
        for row in &mut rows {
            let own = config.providers.get(row.id.as_str()).and_then(|c| usable(c.client_id.as_deref()));
            row.client = match (own, usable(row.builtin_client)) {
                (Some(_), _) => ClientSource::Own,
                (None, Some(_)) => ClientSource::BuiltIn,
                (None, None) => ClientSource::Missing,
            };
        }
        Self { rows, config: config.clone() }
    }

    pub fn rows(&self) -> &[Integration] {
        &self.rows
    }

    /// The row of an OAuth provider.
    pub fn oauth(&self, id: &IntegrationId) -> Result<&Integration, OAuthError> {
        let row = self.rows.iter().find(|row| &row.id == id).ok_or_else(|| {
            let known: Vec<_> = self.rows.iter().map(|row| row.id.as_str()).collect();
            OAuthError::Config(format!("there is no integration {id:?}; known are {}", known.join(", "), id = id.as_str()))
        })?;
        if row.auth == AuthKind::OAuth || row.sign_in.is_some() {
            Ok(row)
        } else {
            Err(OAuthError::Config(format!("{} does not sign in through the browser", row.label)))
        }
    }

    /// What the person configured for a provider; empty where there is nothing.
    pub fn config(&self, id: &str) -> ProviderConfig {
        self.config.providers.get(id).cloned().unwrap_or_default()
    }

    /// Client id and secret: the person's own, else the built-in ones, else words on where to put one. The two always come from one
    /// registration.
    pub fn client(&self, id: &str) -> Result<(String, Option<SecretString>), OAuthError> {
        let config = self.config(id);
        if let Some(own) = usable(config.client_id.as_deref()) {
            return Ok((own.to_owned(), config.client_secret));
        }
        let row = self.rows.iter().find(|row| row.id.as_str() == id);
        let builtin = row.and_then(|row| usable(row.builtin_client)).ok_or_else(|| missing(id, "client_id"))?;
        let secret = (id == GOOGLE).then(|| GOOGLE_SECRET.map(SecretString::from)).flatten();
        Ok((builtin.to_owned(), secret))
    }
}

/// The keys that mean something for Microsoft, and nowhere else.
fn check_microsoft(config: &Config) -> Result<(), OAuthError> {
    const KEYS: [&str; 5] = ["client_id", "issuer", "authorize_url", "token_url", "graph_url"];
    for (id, table) in &config.providers {
        if id != MICROSOFT && table.graph_url.is_some() {
            return Err(OAuthError::Config(format!(
                "[providers.{id}] graph_url means nothing there: it is for [providers.microsoft] only"
            )));
        }
    }
    let Some(table) = config.providers.get(MICROSOFT) else { return Ok(()) };
    // Its redirect is the loopback address whatever is written; an earlier form wrote it.
    let written_before = |key: &str| key == "redirect" && table.redirect.as_deref() == Some("loopback");
    let senseless = |key: &&str| !KEYS.contains(key) && !written_before(key);
    if let Some(key) = table.keys().find(senseless) {
        let why = if key == "client_secret" {
            "a public client has none, and Microsoft refuses one that it is sent"
        } else {
            "it means nothing there"
        };
        return Err(OAuthError::Config(format!("[providers.microsoft] {key}: remove it ({why})")));
    }
    let issuer = table.issuer.as_deref().unwrap_or(crate::microsoft::endpoints::ISSUER);
    if crate::microsoft::endpoints::authority(issuer).is_none() {
        return Err(OAuthError::Config(format!(
            "[providers.microsoft] issuer must be like https://login.microsoftonline.com/TENANT/v2.0, not {issuer}"
        )));
    }
    Ok(())
}

fn usable(client: Option<&str>) -> Option<&str> {
    client.map(str::trim).filter(|c| !c.is_empty() && *c != PLACEHOLDER_CLIENT)
}

/// Words for a key that only the person can supply.
pub fn missing(id: &str, key: &str) -> OAuthError {
    OAuthError::Config(format!(
        "{key} is missing: put it under [providers.{id}] in config.toml, or set AURELIUS_PROVIDERS__{}__{} \
         (docs/own-client.md says where to get it)",
        id.to_uppercase(),
        key.to_uppercase()
    ))
}

#[cfg(test)]
mod tests;
