//! Signatures, snippets, templates and earlier versions of drafts.

use domain::{
    audit::{Actor, Outcome},
    ids::DraftId,
    mail::Address,
};
use store::{DraftVersion, Signature, TextBlock};

use crate::{
    Engine, EngineError, Entity,
    core::audit,
    views::{DraftView, ReplyKind},
};

/// HTML of a signature, snippet or template at most, bytes: they lie in every draft that uses them.
const HTML_MAX: usize = 256 * 1024;

/// Values of variables for one draft; a variable without one stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(pub Vec<(&'static str, String)>);

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Every `{name}` of a known variable, replaced. `html`: values are escaped. Names without value come second.
    pub fn expand(&self, text: &str, html: bool) -> (String, Vec<String>) {
        let mut out = String::with_capacity(text.len());
        let mut missing: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) if NAMES.contains(&name) => {
                    match self.get(name) {
                        Some(value) if html => out.push_str(&crate::mime::escape_html(value)),
                        Some(value) => out.push_str(value),
                        None => {
                            out.extend(["{", name, "}"]);
                            if !missing.iter().any(|m| m == name) {
                                missing.push(name.to_owned());
                            }
                        }
                    }
                    rest = tail;
                }
                _ => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        (out, missing)
    }
}

const NAMES: [&str; 8] = ["first_name", "name", "email", "my_first_name", "my_name", "my_email", "date", "subject"];

/// The name one is addressed by: of "Weber, Jonas" that is Jonas.
pub fn first_name(name: &str) -> &str {
    let name = name.trim();
    let given = name.split_once(',').map_or(name, |(_, given)| given.trim());
    given.split_whitespace().next().unwrap_or_default()
}

fn variables(to: Option<&Address>, me: &domain::connection::Account, subject: &str, date: String) -> Variables {
    let (name, email) = to.map_or(("", ""), |a| (a.name.as_str(), a.email.as_str()));
    Variables(vec![
        ("first_name", first_name(name).to_owned()),
        ("name", name.to_owned()),
        ("email", email.to_owned()),
        ("my_first_name", first_name(&me.display_name).to_owned()),
        ("my_name", me.display_name.clone()),
        ("my_email", me.email.clone()),
        ("date", date),
        ("subject", subject.to_owned()),
    ])
}

fn check(name: &str, html: &str) -> Result<(), EngineError> {
    if name.trim().is_empty() {
        return Err(EngineError::invalid("It needs a name.", "Write one."));
    }
    if html.len() > HTML_MAX {
        return Err(EngineError::new("too_large", "The text is larger than 256 KB.", "Leave images out, or attach them."));
    }
    Ok(())
}

impl Engine {
    pub async fn signatures(&self) -> Result<Vec<Signature>, EngineError> {
        Ok(self.store().signatures().await?)
    }

    /// Cleans and saves; returns it as stored.
    pub async fn save_signature(&self, mut signature: Signature, actor: Actor) -> Result<Signature, EngineError> {
        check(&signature.name, &signature.html)?;
        self.store().account(signature.account).await?;
        signature.html = crate::sanitize::for_sending(&signature.html);
        signature.id = self.store().save_signature(&signature).await?;
        self.audit_only(audit(actor, "signature.saved", format!("signature:{}", signature.id), Outcome::Ok, "")).await;
        Ok(signature)
    }

    pub async fn delete_signature(&self, id: i64, actor: Actor) -> Result<(), EngineError> {
        self.store().delete_signature(id).await?;
        self.audit_only(audit(actor, "signature.deleted", format!("signature:{id}"), Outcome::Ok, "")).await;
        Ok(())
    }

    /// Puts the account's signature into a fresh draft: below an empty paragraph, above the quotation (which is kept apart).
    pub async fn sign_draft(&self, id: DraftId, answer: Option<ReplyKind>) -> Result<DraftView, EngineError> {
        let draft = self.store().draft(id).await?;
        let fits = |s: &&Signature| s.account == draft.account && if answer.is_some() { s.for_reply } else { s.for_new };
        if draft.content.html.is_empty()
            && draft.content.text.is_empty()
            && let Some(signature) = self.store().signatures().await?.iter().find(fits)
        {
            let mut content = draft.content.clone();
            content.html = format!("<p><br></p><div class=\"signature\" data-signature=\"{}\">{}</div>", signature.id, signature.html);
            self.store().save_draft(id, None, &content, self.now()).await?;
            self.emit().changed(Entity::Draft, [id.0]);
        }
        self.draft(id).await
    }

    pub async fn texts(&self, kind: Option<&str>) -> Result<Vec<TextBlock>, EngineError> {
        Ok(self.store().texts(kind).await?)
    }

    /// Cleans and saves a snippet or template. Error `shortcut_taken`.
    pub async fn save_text(&self, mut text: TextBlock, actor: Actor) -> Result<TextBlock, EngineError> {
        check(&text.name, &text.html)?;
        if text.kind != "snippet" && text.kind != "template" {
            return Err(EngineError::invalid("This is neither a snippet nor a template.", ""));
        }
        if !text.shortcut.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') || text.shortcut.chars().count() > 32 {
            return Err(EngineError::invalid("A shortcut is one word.", "Use letters, digits, - and _."));
        }
        text.html = crate::sanitize::for_sending(&text.html);
        text.id = self.store().save_text(&text).await.map_err(|e| match e {
            store::StoreError::Conflict(message) => EngineError::new("shortcut_taken", message, "Choose another word."),
            other => other.into(),
        })?;
        self.audit_only(audit(actor, "text.saved", format!("text:{}", text.id), Outcome::Ok, "")).await;
        Ok(self.store().text(text.id).await?)
    }

    pub async fn delete_text(&self, id: i64, actor: Actor) -> Result<(), EngineError> {
        self.store().delete_text(id).await?;
        self.audit_only(audit(actor, "text.deleted", format!("text:{id}"), Outcome::Ok, "")).await;
        Ok(())
    }

    /// A snippet or template with its variables filled from a draft: (html, subject, variables without value).
    pub async fn use_text(&self, id: i64, draft: DraftId) -> Result<(String, String, Vec<String>), EngineError> {
        let text = self.store().text(id).await?;
        let draft = self.store().draft(draft).await?;
        let me = self.store().account(draft.account).await?;
        let known = variables(draft.content.to.first(), &me, &draft.content.subject, self.today());
        let (html, mut missing) = known.expand(&text.html, true);
        let (subject, more) = known.expand(&text.subject, false);
        missing.extend(more.into_iter().filter(|m| !missing.contains(m)).collect::<Vec<_>>());
        self.store().count_text_use(id).await?;
        Ok((html, subject, missing))
    }

    /// The date here, as `2026-11-23`: readable in every language.
    fn today(&self) -> String {
        chrono::DateTime::from_timestamp(crate::zone::local().wall_secs(self.now()), 0)
            .map(|d| d.format("%Y-%m-%d").to_string())
            .unwrap_or_default()
    }

    /// Earlier versions of a draft, latest first.
    pub async fn draft_versions(&self, id: DraftId) -> Result<Vec<DraftVersion>, EngineError> {
        self.store().draft(id).await?;
        Ok(self.store().draft_versions(id).await?)
    }

    /// Makes an earlier version the draft's text again; what it replaces is kept as a version.
    pub async fn restore_version(&self, id: DraftId, version: i64, actor: Actor) -> Result<DraftView, EngineError> {
        let found = self.store().draft_versions(id).await?.into_iter().find(|v| v.version == version);
        let content = found.ok_or_else(|| crate::read::gone("version"))?.content;
        self.store().keep_version(id, self.now()).await?;
        self.store().save_draft(id, None, &content, self.now()).await?;
        self.audit_only(audit(actor, "draft.version_restored", format!("draft:{id}"), Outcome::Ok, "")).await;
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_escaped_and_unknown_braces_stay() {
        let v = Variables(vec![("first_name", "A<b>".into()), ("name", String::new())]);
        let (out, missing) = v.expand("Hi {first_name}, {name} {x} {name} { {{first_name}", true);
        assert_eq!(out, "Hi A&lt;b&gt;, {name} {x} {name} { {A&lt;b&gt;");
        assert_eq!(missing, ["name"]);
        assert_eq!(v.expand("{first_name}", false).0, "A<b>");
    }

    #[test]
    fn first_names() {
        assert_eq!((first_name("Weber, Jonas"), first_name("Ana María López"), first_name("  ")), ("Jonas", "Ana", ""));
    }
}
