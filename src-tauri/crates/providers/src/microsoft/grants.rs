//! What a grant lets us do. Microsoft's consent is all or nothing, yet a tenant may grant less than was asked for.

use domain::error::ProviderError;

use crate::registry::ms_scope as scope;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    pub read: bool,
    pub modify: bool,
    pub send: bool,
    /// A folder of this program's own.
    pub files: bool,
}

impl Grants {
    /// `scopes` as [`canonical`] writes them.
    pub fn new(scopes: &[String]) -> Self {
        let any = |wanted: &[&str]| scopes.iter().any(|s| wanted.contains(&s.as_str()));
        Self {
            read: any(scope::READS_MAIL),
            modify: any(&[scope::MAIL_WRITE]),
            send: any(&[scope::MAIL_SEND]),
            files: any(&[scope::APP_FOLDER]),
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
    pub fn require_send(self) -> Result<(), ProviderError> {
        need(self.send, "Sending mail", scope::MAIL_SEND)?;
        need(self.modify, "Making the draft that is sent", scope::MAIL_WRITE)
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
        assert!(grants.read && grants.modify && grants.send);
        let reader = Grants::new(&canonical(&["mail.read".to_owned()], false));
        assert!(reader.require_read().is_ok() && reader.any_mail());
        assert!(matches!(reader.require_modify(), Err(ProviderError::Unsupported(why)) if why.contains("Mail.ReadWrite")));
        let sender = Grants::new(&["Mail.Send".to_owned()]);
        assert!(sender.require_send().is_err(), "a draft can't be made");
        assert!(matches!(sender.require_files(), Err(ProviderError::Unsupported(why)) if why.contains("Files.ReadWrite.AppFolder")));
        assert!(Grants::new(&canonical(&["files.readwrite.appfolder".to_owned()], false)).require_files().is_ok());
    }
}
