//! Whose mail it is: the session's account, and the address that mail is sent from.

use domain::{error::ProviderError, oauth::Identity};

use super::{api::Api, send};

pub async fn owner(api: &Api) -> Result<Identity, ProviderError> {
    // Somebody is connecting: another token may do more, or less, than the one that a session was found with.
    if let Some(before) = api.known_session() {
        api.shared().forget_session(&before);
    }
    let session = api.session().await?;
    let identities = if session.can_submit { send::identities(api).await? } else { Vec::new() };
    // An address that is the user name, else the first that is one; one that stands for a whole domain is none.
    let own = identities.iter().find(|i| i.email.eq_ignore_ascii_case(&session.username));
    let first = || identities.iter().find(|i| i.email.contains('@') && !i.email.starts_with('*'));
    let identity = own.or_else(first);
    let names = || [&session.username, &session.name].into_iter().find(|text| text.contains('@')).cloned();
    Ok(Identity {
        // Account ids are the server's own.
        subject: format!("{}@{}", session.account, session.host.to_lowercase()),
        email: identity.map(|i| i.email.clone()).or_else(names).unwrap_or_default(),
        email_verified: false,
        name: identity.map(|i| i.name.clone()).unwrap_or_default(),
    })
}
