//! A link of a mail, judged with what is known about who sent it.

use domain::ids::MessageId;

use crate::{
    Engine, EngineError,
    sanitize::{LinkCheck, check_link, leads_to_sign_in},
};

impl Engine {
    /// As [`check_link`]; where the mail is known, a way to a sign-in is asked about too if its sender has never written before:
    /// that is what stolen passwords begin with.
    pub async fn check_link(&self, message: Option<MessageId>, text: &str, href: &str) -> Result<LinkCheck, EngineError> {
        let mut check = check_link(text, href);
        if check.openable
            && leads_to_sign_in(text, href)
            && let Some(id) = message
        {
            let from = self.message(id).await?.from.email;
            if self.store().is_first_contact(id, &from).await? {
                check.reasons.push(format!("{from} has not written to you before, and this link leads to a sign-in."));
            }
        }
        Ok(check)
    }
}
