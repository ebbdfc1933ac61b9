//! Where Google's APIs live.

use domain::{
    config::{self, ProviderConfig},
    error::ProviderError,
};
use url::Url;

pub const ISSUER: &str = "https://accounts.google.com";
/// Google's id_tokens were long issued with the bare host, and its documentation still allows both.
pub const ISSUER_ALIAS: &str = "accounts.google.com";
pub const AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
pub const TOKEN: &str = "https://oauth2.googleapis.com/token";
pub const REVOKE: &str = "https://oauth2.googleapis.com/revoke";
pub const USERINFO: &str = "https://openidconnect.googleapis.com/v1/userinfo";
const GMAIL: &str = "https://gmail.googleapis.com";
const CALENDAR: &str = "https://www.googleapis.com";
const TASKS: &str = "https://tasks.googleapis.com";
const DRIVE: &str = "https://www.googleapis.com";
const PEOPLE: &str = "https://people.googleapis.com";

/// The Gmail API: `{root}/gmail/v1/users/me`, `{root}/upload/gmail/v1/users/me`, `{root}/batch`.
#[derive(Clone, Debug)]
pub struct GmailUrls {
    root: Url,
}

/// The resource prefix inside a batch part, which names no host.
pub const USER_PATH: &str = "/gmail/v1/users/me";

impl GmailUrls {
    /// `gmail_url` is the root, or the full base (`…/gmail/v1/users/me`) as Google's documentation prints it.
    pub fn new(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.gmail_url.as_deref().unwrap_or(GMAIL).trim_end_matches('/');
        let root = text.strip_suffix(USER_PATH).or_else(|| text.strip_suffix("/gmail/v1")).unwrap_or(text);
        let root = Url::parse(root).map_err(|_| ProviderError::Refused("gmail_url is not a web address".to_owned()))?;
        Ok(Self { root })
    }

    /// A stand-in on this machine.
    pub fn is_local(&self) -> bool {
        config::is_loopback(&self.root)
    }

    /// `segments` are escaped one by one: ids come from the provider, yet they end up in a path.
    pub fn user<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        self.join(["gmail", "v1", "users", "me"].into_iter().chain(segments))
    }

    pub fn upload<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        self.join(["upload", "gmail", "v1", "users", "me"].into_iter().chain(segments))
    }

    pub fn batch(&self) -> Url {
        self.join(["batch"])
    }

    fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.root, segments)
    }
}

/// The Calendar API: `{root}/calendar/v3`.
#[derive(Clone, Debug)]
pub struct CalendarUrls {
    root: Url,
}

impl CalendarUrls {
    /// `calendar_url` is the root, or the full base (`…/calendar/v3`) as Google's documentation prints it.
    pub fn new(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.calendar_url.as_deref().unwrap_or(CALENDAR).trim_end_matches('/');
        let root = text.strip_suffix("/calendar/v3").unwrap_or(text);
        let root = Url::parse(root).map_err(|_| ProviderError::Refused("calendar_url is not a web address".to_owned()))?;
        Ok(Self { root })
    }

    /// A stand-in on this machine.
    pub fn is_local(&self) -> bool {
        config::is_loopback(&self.root)
    }

    /// The calendars that the person sees, and one of them.
    pub fn list<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.root, ["calendar", "v3", "users", "me", "calendarList"].into_iter().chain(segments))
    }

    /// Where it is asked when others have time.
    pub fn free_busy(&self) -> Url {
        join(&self.root, ["calendar", "v3", "freeBusy"])
    }

    /// `segments` follow the calendar; ids are escaped one by one.
    pub fn events<'a>(&self, calendar: &'a str, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.root, ["calendar", "v3", "calendars", calendar, "events"].into_iter().chain(segments))
    }
}

/// The Tasks API: `{root}/tasks/v1`.
#[derive(Clone, Debug)]
pub struct TasksUrls {
    root: Url,
}

impl TasksUrls {
    /// `tasks_url` is the root, or the full base (`…/tasks/v1`) as Google's documentation prints it.
    pub fn new(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.tasks_url.as_deref().unwrap_or(TASKS).trim_end_matches('/');
        let root = text.strip_suffix("/tasks/v1").unwrap_or(text);
        let root = Url::parse(root).map_err(|_| ProviderError::Refused("tasks_url is not a web address".to_owned()))?;
        Ok(Self { root })
    }

    /// A stand-in on this machine.
    pub fn is_local(&self) -> bool {
        config::is_loopback(&self.root)
    }

    /// The person's lists, and one of them.
    pub fn lists<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.root, ["tasks", "v1", "users", "@me", "lists"].into_iter().chain(segments))
    }

    /// `segments` follow the list; ids are escaped one by one.
    pub fn tasks<'a>(&self, list: &'a str, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.root, ["tasks", "v1", "lists", list, "tasks"].into_iter().chain(segments))
    }
}

/// The Drive API: `{root}/drive/v3`, and `{root}/upload/drive/v3` for bytes.
#[derive(Clone, Debug)]
pub struct DriveUrls {
    root: Url,
}

impl DriveUrls {
    /// `drive_url` is the root, or the full base (`…/drive/v3`) as Google's documentation prints it.
    pub fn new(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.drive_url.as_deref().unwrap_or(DRIVE).trim_end_matches('/');
        let root = text.strip_suffix("/drive/v3").unwrap_or(text);
        let root = Url::parse(root).map_err(|_| ProviderError::Refused("drive_url is not a web address".to_owned()))?;
        Ok(Self { root })
    }

    /// A stand-in on this machine.
    pub fn is_local(&self) -> bool {
        config::is_loopback(&self.root)
    }

    /// All files, and one of them.
    pub fn files<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.root, ["drive", "v3", "files"].into_iter().chain(segments))
    }

    /// Where uploads begin.
    pub fn upload(&self) -> Url {
        join(&self.root, ["upload", "drive", "v3", "files"])
    }

    /// The address of an upload out of a reply, to which a token is sent: only where the API itself is.
    pub fn session(&self, text: &str) -> Option<Url> {
        Url::parse(text).ok().filter(|url| url.origin() == self.root.origin() && url.username().is_empty())
    }
}

/// The People API: `{root}/v1`.
#[derive(Clone, Debug)]
pub struct PeopleUrls {
    root: Url,
}

impl PeopleUrls {
    /// `people_url` is the root, or the full base (`…/v1`) as Google's documentation prints it.
    pub fn new(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.people_url.as_deref().unwrap_or(PEOPLE).trim_end_matches('/');
        let root = text.strip_suffix("/v1").unwrap_or(text);
        let root = Url::parse(root).map_err(|_| ProviderError::Refused("people_url is not a web address".to_owned()))?;
        Ok(Self { root })
    }

    /// A stand-in on this machine.
    pub fn is_local(&self) -> bool {
        config::is_loopback(&self.root)
    }

    /// The address book.
    pub fn connections(&self) -> Url {
        join(&self.root, ["v1", "people", "me", "connections"])
    }

    /// Whom Google noted by itself.
    pub fn other_contacts(&self) -> Url {
        join(&self.root, ["v1", "otherContacts"])
    }
}

fn join<'a>(root: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = root.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn builds_urls_from_any_spelling_of_the_base_and_escapes_ids() {
        for base in
            ["http://127.0.0.1:9/g", "http://127.0.0.1:9/g/", "http://127.0.0.1:9/g/gmail/v1/users/me", "http://127.0.0.1:9/g/gmail/v1/"]
        {
            let urls = GmailUrls::new(&ProviderConfig { gmail_url: Some(base.to_owned()), ..ProviderConfig::default() }).unwrap();
            assert_eq!(urls.user(["messages", "18c1"]).as_str(), "http://127.0.0.1:9/g/gmail/v1/users/me/messages/18c1");
            assert_eq!(urls.batch().as_str(), "http://127.0.0.1:9/g/batch");
        }
        let urls = GmailUrls::new(&ProviderConfig::default()).unwrap();
        assert_eq!(urls.user(["messages", "../x?y"]).as_str(), "https://gmail.googleapis.com/gmail/v1/users/me/messages/..%2Fx%3Fy");
        assert_eq!(urls.upload(["messages", "send"]).as_str(), "https://gmail.googleapis.com/upload/gmail/v1/users/me/messages/send");
    }

    #[test]
    fn calendars_are_at_the_same_place_for_any_spelling_and_their_ids_escape() {
        for base in ["http://127.0.0.1:9/g", "http://127.0.0.1:9/g/calendar/v3/"] {
            let urls = CalendarUrls::new(&ProviderConfig { calendar_url: Some(base.to_owned()), ..ProviderConfig::default() }).unwrap();
            assert_eq!(urls.events("a@b", ["x", "move"]).as_str(), "http://127.0.0.1:9/g/calendar/v3/calendars/a@b/events/x/move");
        }
        let urls = CalendarUrls::new(&ProviderConfig::default()).unwrap();
        assert_eq!(urls.list([]).as_str(), "https://www.googleapis.com/calendar/v3/users/me/calendarList");
        assert_eq!(urls.free_busy().as_str(), "https://www.googleapis.com/calendar/v3/freeBusy");
        let odd = urls.events("de#holiday@group.v.calendar.google.com/..", ["a?b"]);
        assert_eq!(
            odd.as_str(),
            "https://www.googleapis.com/calendar/v3/calendars/de%23holiday@group.v.calendar.google.com%2F../events/a%3Fb"
        );
    }

    #[test]
    fn tasks_are_at_the_same_place_for_any_spelling_and_their_ids_escape() {
        for base in ["http://127.0.0.1:9/g", "http://127.0.0.1:9/g/tasks/v1/"] {
            let urls = TasksUrls::new(&ProviderConfig { tasks_url: Some(base.to_owned()), ..ProviderConfig::default() }).unwrap();
            assert_eq!(urls.lists(["@default"]).as_str(), "http://127.0.0.1:9/g/tasks/v1/users/@me/lists/@default");
        }
        let urls = TasksUrls::new(&ProviderConfig::default()).unwrap();
        assert_eq!(urls.tasks("../l?", ["t", "move"]).as_str(), "https://tasks.googleapis.com/tasks/v1/lists/..%2Fl%3F/tasks/t/move");
    }

    #[test]
    fn people_are_at_the_same_place_for_any_spelling() {
        for base in ["http://127.0.0.1:9/g", "http://127.0.0.1:9/g/v1/"] {
            let urls = PeopleUrls::new(&ProviderConfig { people_url: Some(base.to_owned()), ..ProviderConfig::default() }).unwrap();
            assert_eq!(urls.connections().as_str(), "http://127.0.0.1:9/g/v1/people/me/connections");
        }
        let urls = PeopleUrls::new(&ProviderConfig::default()).unwrap();
        assert_eq!(urls.other_contacts().as_str(), "https://people.googleapis.com/v1/otherContacts");
    }

    #[test]
    fn files_are_at_the_same_place_for_any_spelling_and_uploads_stay_there() {
        for base in ["http://127.0.0.1:9/g", "http://127.0.0.1:9/g/drive/v3/"] {
            let urls = DriveUrls::new(&ProviderConfig { drive_url: Some(base.to_owned()), ..ProviderConfig::default() }).unwrap();
            assert_eq!(urls.files(["../x?"]).as_str(), "http://127.0.0.1:9/g/drive/v3/files/..%2Fx%3F");
            assert_eq!(urls.upload().as_str(), "http://127.0.0.1:9/g/upload/drive/v3/files");
        }
        let urls = DriveUrls::new(&ProviderConfig::default()).unwrap();
        assert!(urls.session("https://www.googleapis.com/upload/drive/v3/files?uploadType=resumable&upload_id=x").is_some());
        for bad in ["https://www.googleapis.com.evil.example/x", "http://www.googleapis.com/x", "https://me@www.googleapis.com/x", "x"] {
            assert!(urls.session(bad).is_none(), "{bad}");
        }
    }
}
