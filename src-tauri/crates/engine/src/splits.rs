//! Splits of the inbox: saving them, sorting the inbox by them, and suggesting some from the mail that is there.

use domain::{
    audit::{Actor, Outcome},
    ids::AccountId,
    search,
};
use store::{Split, SplitCount, SplitRule};

use crate::{Engine, EngineError, core::audit};

/// Suggestions are made from the newest so many conversations of the inbox.
const LOOK_AT: u32 = 1_000;
/// A sender's domain with so many conversations is worth a split.
const FREQUENT: u32 = 12;
/// Names longer than this do not fit a tab.
const NAME_MAX: usize = 40;

/// A rule as the window says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleText {
    People,
    News,
    Calendar,
    Query(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub name: String,
    pub rule: RuleText,
    pub threads: u64,
}

impl Engine {
    /// In order, each with its counts; the last is 0, what no split takes.
    pub async fn splits(&self, account: Option<AccountId>) -> Result<(Vec<Split>, Vec<SplitCount>), EngineError> {
        Ok((self.store().splits().await?, self.store().split_counts(account).await?))
    }

    fn rule(&self, rule: RuleText) -> Result<SplitRule, EngineError> {
        Ok(match rule {
            RuleText::People => SplitRule::People,
            RuleText::News => SplitRule::News,
            RuleText::Calendar => SplitRule::Calendar,
            RuleText::Query(text) => {
                let text = text.trim().to_owned();
                if text.is_empty() {
                    return Err(EngineError::new(
                        "split_query",
                        "The search is empty.",
                        "Write what belongs here, such as from:github.com.",
                    ));
                }
                let query = search::parse(&text, self.now(), &crate::zone::local())
                    .map_err(|e| EngineError::new("split_query", e.message, e.hint))?;
                if store::depends_on_state(&query) {
                    return Err(EngineError::new(
                        "split_query",
                        "A split can't ask for in: or is:.",
                        "It is a part of the inbox and sorts mail when it comes; use from:, to:, subject:, has:, label: or words.",
                    ));
                }
                SplitRule::Query { text, query }
            }
        })
    }

    /// New (`id` None) or changed; the inbox is sorted by it in the background.
    pub async fn save_split(&self, id: Option<i64>, name: &str, rule: RuleText, actor: Actor) -> Result<i64, EngineError> {
        let name: String = name.trim().chars().take(NAME_MAX).collect();
        if name.is_empty() {
            return Err(EngineError::invalid("A split needs a name.", "Write one."));
        }
        let rule = self.rule(rule)?;
        let entry = audit(actor, "split.saved", "split:", Outcome::Ok, "");
        let id = self.store().save_split(id, &name, &rule, &entry, self.now()).await?;
        self.sort_later();
        Ok(id)
    }

    pub async fn delete_split(&self, id: i64, actor: Actor) -> Result<(), EngineError> {
        let entry = audit(actor, "split.deleted", format!("split:{id}"), Outcome::Ok, "");
        self.store().delete_split(id, &entry, self.now()).await?;
        // What it took belongs to later splits now.
        self.sort_later();
        Ok(())
    }

    pub async fn order_splits(&self, ids: &[i64], actor: Actor) -> Result<(), EngineError> {
        self.store().order_splits(ids, &audit(actor, "split.ordered", "split:", Outcome::Ok, ""), self.now()).await?;
        self.sort_later();
        Ok(())
    }

    fn sort_later(&self) {
        let me = self.clone();
        self.spawn(async move {
            if let Err(e) = me.sort_splits().await {
                tracing::warn!(code = %e.code, "the inbox could not be sorted into its splits");
            }
        });
    }

    /// Sorts the whole inbox by the splits as they are now.
    pub async fn sort_splits(&self) -> Result<u64, EngineError> {
        let n = self.store().sort_splits().await?;
        self.emit().splits();
        self.emit().changed_many(crate::Entity::Thread);
        Ok(n)
    }

    /// Splits that would take something, without those that are there.
    pub async fn suggest_splits(&self) -> Result<Vec<Suggestion>, EngineError> {
        let have: Vec<SplitRule> = self.store().splits().await?.into_iter().map(|s| s.rule).collect();
        let mut out = Vec::new();
        let fixed = [
            ("Important", RuleText::People, SplitRule::People),
            ("News", RuleText::News, SplitRule::News),
            ("Calendar", RuleText::Calendar, SplitRule::Calendar),
        ];
        for (name, text, rule) in fixed {
            if have.contains(&rule) {
                continue;
            }
            let threads = self.store().count_rule(&rule, LOOK_AT).await?;
            if threads > 0 {
                out.push(Suggestion { name: name.to_owned(), rule: text, threads });
            }
        }
        for (domain, threads) in self.store().frequent_domains(LOOK_AT, FREQUENT).await? {
            let text = format!("from:{domain}");
            let known = have.iter().any(|r| matches!(r, SplitRule::Query { text: t, .. } if t.contains(&domain)));
            if !known {
                out.push(Suggestion { name: title(&domain), rule: RuleText::Query(text), threads });
            }
        }
        Ok(out)
    }
}

/// `mail.github.com` → `Github`.
fn title(domain: &str) -> String {
    let mut parts: Vec<&str> = domain.split('.').collect();
    parts.pop();
    let word = parts.pop().unwrap_or(domain);
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
