//! What a grant lets us do. Microsoft's consent is all or nothing, yet a tenant may grant less than was asked for.

use domain::error::ProviderError;

use crate::registry::ms_scope as scope;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    pub read: bool,
    pub modify: bool,
    pub send: bool,
    pub tasks_read: bool,
    pub tasks_write: bool,
    pub calendar_read: bool,
    pub calendar_write: bool,
    /// A folder of this program's own.
    pub files: bool,
    /// The address book.
    pub contacts: bool,
    /// Whom Microsoft finds relevant.
    pub people: bool,
}

impl Grants {
    /// `scopes` as [`canonical`] writes them.
    pub fn new(scopes: &[String]) -> Self {
        let any = |wanted: &[&str]| scopes.iter().any(|s| wanted.contains(&s.as_str()));
        Self {
            read: any(scope::READS_MAIL),
            modify: any(&[scope::MAIL_WRITE]),
            send: any(&[scope::MAIL_SEND]),
            tasks_read: any(scope::READS_TASKS),
            tasks_write: any(&[scope::TASKS_WRITE]),
            calendar_read: any(scope::READS_CALENDARS),
            calendar_write: any(&[scope::CALENDARS_WRITE]),
            files: any(&[scope::APP_FOLDER]),
            contacts: any(scope::READS_CONTACTS),
            people: any(&[scope::PEOPLE_READ]),
        }
    }

    pub const fn any_mail(self) -> bool {
        self.read || self.send
    }

    pub fn require_read(self) -> Result<(), ProviderError> {
        need(self.read, "Reading mail", scope::MAIL_READ)
    }
    pub fn require_modify(self) -> Result<(), ProviderError> {
        need(self.modify, "Changing mail (read marks, flags, folders, drafts)", scope::MAIL_WRITE)
    }
    pub fn require_files(self) -> Result<(), ProviderError> {
        need(self.files, "Saving files to OneDrive", scope::APP_FOLDER)
    }
    pub fn require_contacts(self) -> Result<(), ProviderError> {
        need(self.contacts, "Reading contacts", scope::CONTACTS_READ)
    }
    pub fn require_people(self) -> Result<(), ProviderError> {
        need(self.people, "Reading relevant people", scope::PEOPLE_READ)
    }
    pub fn require_send(self) -> Result<(), ProviderError> {
        need(self.send, "Sending mail", scope::MAIL_SEND)?;
        need(self.modify, "Making the draft that is sent", scope::MAIL_WRITE)
    }
    pub fn require_tasks_read(self) -> Result<(), ProviderError> {
        need(self.tasks_read, "Reading tasks", scope::TASKS_READ)
    }
    pub fn require_tasks_write(self) -> Result<(), ProviderError> {
        need(self.tasks_write, "Changing tasks", scope::TASKS_WRITE)
    }
    pub fn require_calendar_write(self) -> Result<(), ProviderError> {
        need(self.calendar_write, "Making and changing events", scope::CALENDARS_WRITE)
    }
}

fn need(granted: bool, what: &str, scope: &str) -> Result<(), ProviderError> {
    if granted {
        return Ok(());
    }
    Err(ProviderError::Unsupported(format!(
        "{what} was not granted by Microsoft for this account (scope {scope}). Reconnect it and allow that."
    )))
}

/// Scopes of a token reply in the one spelling that is kept: without Graph's prefix, in the case in which they are asked for.
/// `offline_access` is never listed; a refresh token proves it.
pub fn canonical(scopes: &[String], refreshable: bool) -> Vec<String> {
    let one = |given: &String| {
        let bare = given.get(..scope::GRAPH.len()).filter(|p| p.eq_ignore_ascii_case(scope::GRAPH));
        let short = bare.map_or(given.as_str(), |p| given.get(p.len()..).unwrap_or_default());
        scope::ALL.iter().find(|known| known.eq_ignore_ascii_case(short)).map_or_else(|| short.to_owned(), |known| (*known).to_owned())
    };
    let mut out: Vec<String> = scopes.iter().map(one).collect();
    if refreshable && !out.iter().any(|s| s == scope::OFFLINE) {
        out.push(scope::OFFLINE.to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_scope_is_the_same_scope() {
        let given =
            ["https://graph.microsoft.com/mail.readwrite", "HTTPS://GRAPH.MICROSOFT.COM/Mail.Send", "user.read", "openid", "Other.Thing"];
        let all = canonical(&given.map(str::to_owned), true);
        assert_eq!(all, ["Mail.ReadWrite", "Mail.Send", "User.Read", "openid", "Other.Thing", "offline_access"]);
        let grants = Grants::new(&all);
        assert!(grants.read && grants.modify && grants.send && !grants.calendar_read);
        let calendars = Grants::new(&canonical(&["calendars.read".to_owned()], false));
        assert!(calendars.calendar_read && !calendars.any_mail());
        assert!(matches!(calendars.require_calendar_write(), Err(ProviderError::Unsupported(why)) if why.contains("Calendars.ReadWrite")));
        let reader = Grants::new(&canonical(&["mail.read".to_owned()], false));
        assert!(reader.require_read().is_ok() && reader.any_mail());
        assert!(matches!(reader.require_modify(), Err(ProviderError::Unsupported(why)) if why.contains("Mail.ReadWrite")));
        assert!(
            !reader.tasks_read
                && matches!(reader.require_tasks_write(), Err(ProviderError::Unsupported(why)) if why.contains("Tasks.ReadWrite"))
        );
        let tasks = Grants::new(&canonical(&["tasks.read".to_owned()], false));
        assert!(tasks.require_tasks_read().is_ok() && !tasks.tasks_write && !tasks.any_mail());
        let sender = Grants::new(&["Mail.Send".to_owned()]);
        assert!(sender.require_send().is_err(), "a draft can't be made");
        assert!(matches!(sender.require_files(), Err(ProviderError::Unsupported(why)) if why.contains("Files.ReadWrite.AppFolder")));
        let people = Grants::new(&canonical(&["people.read".to_owned(), "contacts.readwrite".to_owned()], false));
        assert!(people.require_contacts().is_ok() && people.require_people().is_ok() && !people.any_mail());
        assert!(matches!(sender.require_contacts(), Err(ProviderError::Unsupported(why)) if why.contains("Contacts.Read")));
        assert!(Grants::new(&canonical(&["files.readwrite.appfolder".to_owned()], false)).require_files().is_ok());
    }
}
