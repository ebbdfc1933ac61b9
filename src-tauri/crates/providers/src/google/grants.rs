//! What the person granted. Google's consent page lets people untick scopes, so every feature asks here first and says what is
//! missing (PROVIDERS 1.1, "Granular consent").

use domain::error::ProviderError;

use crate::registry::scope;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    pub read: bool,
    pub modify: bool,
    pub send: bool,
    pub drafts: bool,
    /// Deleting for ever.
    pub delete: bool,
    /// Which calendars there are.
    pub calendar_list: bool,
    pub calendar_read: bool,
    pub calendar_write: bool,
    /// When others have time.
    pub free_busy: bool,
    pub tasks_read: bool,
    pub tasks_write: bool,
    /// Files that this program made or was given.
    pub files: bool,
    /// The address book.
    pub contacts: bool,
    /// Whom Google noted by itself.
    pub other_contacts: bool,
}

impl Grants {
    pub fn new(scopes: &[String]) -> Self {
        let any = |wanted: &[&str]| scopes.iter().any(|s| wanted.contains(&s.as_str()));
        Self {
            read: any(&[scope::READONLY, scope::MODIFY, scope::FULL]),
            modify: any(&[scope::MODIFY, scope::FULL]),
            send: any(&[scope::SEND, scope::COMPOSE, scope::MODIFY, scope::FULL]),
            drafts: any(&[scope::COMPOSE, scope::MODIFY, scope::FULL]),
            delete: any(&[scope::FULL]),
            calendar_list: any(scope::LISTS_CALENDARS),
            calendar_read: any(scope::READS_EVENTS),
            calendar_write: any(scope::WRITES_EVENTS),
            free_busy: any(scope::ASKS_FREE_BUSY),
            tasks_read: any(scope::READS_TASKS),
            tasks_write: any(&[scope::TASKS]),
            files: any(scope::SAVES_FILES),
            contacts: any(scope::READS_CONTACTS),
            other_contacts: any(&[scope::OTHER_CONTACTS]),
        }
    }

    pub const fn any_mail(self) -> bool {
        self.read || self.send
    }

    pub fn require_read(self) -> Result<(), ProviderError> {
        need(self.read, "Reading mail", scope::READONLY)
    }
    pub fn require_modify(self) -> Result<(), ProviderError> {
        need(self.modify, "Changing mail (labels, read marks, stars, archive, bin)", scope::MODIFY)
    }
    pub fn require_send(self) -> Result<(), ProviderError> {
        need(self.send, "Sending mail", scope::SEND)
    }
    pub fn require_drafts(self) -> Result<(), ProviderError> {
        need(self.drafts, "Keeping drafts at Google", scope::COMPOSE)
    }
    pub fn require_calendar_write(self) -> Result<(), ProviderError> {
        need(self.calendar_write, "Changing events", scope::EVENTS)
    }
    pub fn require_tasks_read(self) -> Result<(), ProviderError> {
        need(self.tasks_read, "Reading tasks", scope::TASKS_READONLY)
    }
    pub fn require_tasks_write(self) -> Result<(), ProviderError> {
        need(self.tasks_write, "Changing tasks", scope::TASKS)
    }
    pub fn require_files(self) -> Result<(), ProviderError> {
        need(self.files, "Saving files to Google Drive", scope::DRIVE_FILE)
    }
    pub fn require_contacts(self) -> Result<(), ProviderError> {
        need(self.contacts, "Reading contacts", scope::CONTACTS_READONLY)
    }
    pub fn require_other_contacts(self) -> Result<(), ProviderError> {
        need(self.other_contacts, "Reading other contacts", scope::OTHER_CONTACTS)
    }
    pub fn require_delete(self) -> Result<(), ProviderError> {
        need(self.delete, "Deleting for ever (the bin empties itself after 30 days)", scope::FULL)
    }
}

fn need(granted: bool, what: &str, scope: &str) -> Result<(), ProviderError> {
    if granted {
        return Ok(());
    }
    Err(ProviderError::Unsupported(format!(
        "{what} was not granted by Google for this account (scope {scope}). Reconnect it and allow that."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_grant_switches_off_exactly_what_it_lacks() {
        let grants = |list: &[&str]| Grants::new(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        let read_only = grants(&["openid", scope::READONLY]);
        assert!(read_only.require_read().is_ok() && read_only.any_mail());
        assert!(matches!(read_only.require_modify(), Err(ProviderError::Unsupported(why)) if why.contains("gmail.modify")));
        assert!(read_only.require_send().is_err() && read_only.require_drafts().is_err());
        let read_send = grants(&[scope::READONLY, scope::SEND]);
        assert!(read_send.require_send().is_ok() && read_send.require_modify().is_err());
        let modify = grants(&[scope::MODIFY]);
        assert!(modify.read && modify.modify && modify.send && modify.drafts && !modify.delete);
        assert!(grants(&[scope::FULL]).delete);
        assert!(!grants(&["openid", "email"]).any_mail());
        assert!(!grants(&[scope::FULL, scope::MODIFY]).calendar_read, "mail is no calendar");
        let look = grants(&[scope::EVENTS_READONLY]);
        assert!(look.calendar_read && !look.calendar_list && !look.any_mail());
        assert!(matches!(look.require_calendar_write(), Err(ProviderError::Unsupported(why)) if why.contains("calendar.events")));
        assert!(grants(&[scope::EVENTS, scope::CALENDAR_LIST]).require_calendar_write().is_ok());
        assert!(!look.free_busy && grants(&[scope::FREE_BUSY]).free_busy && grants(&[scope::CALENDAR_READONLY]).free_busy);
        let tasks = grants(&[scope::TASKS_READONLY]);
        assert!(tasks.require_tasks_read().is_ok() && !tasks.calendar_read && !look.tasks_read);
        assert!(matches!(tasks.require_tasks_write(), Err(ProviderError::Unsupported(why)) if why.contains("auth/tasks)")));
        assert!(matches!(tasks.require_files(), Err(ProviderError::Unsupported(why)) if why.contains("auth/drive.file)")));
        assert!(grants(&[scope::DRIVE_FILE]).require_files().is_ok());
        let book = grants(&[scope::CONTACTS]);
        assert!(book.require_contacts().is_ok() && !tasks.contacts && !grants(&[scope::OTHER_CONTACTS]).contacts);
        assert!(
            matches!(book.require_other_contacts(), Err(ProviderError::Unsupported(why)) if why.contains("auth/contacts.other.readonly)"))
        );
        assert!(grants(&[scope::TASKS]).tasks_read && grants(&[scope::TASKS]).tasks_write);
    }
}
