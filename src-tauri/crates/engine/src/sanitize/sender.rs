//! Is the sender who the mail says? Words for the bar above a message; the address itself is always shown.

use domain::mail::Address;

use super::{
    confusables, hosts,
    links::{imitation, registrable},
};

/// What is known about a message's sender.
#[derive(Clone, Copy, Debug)]
pub struct SenderFacts<'a> {
    pub from: &'a Address,
    pub reply_to: &'a [Address],
    /// Domains of the person's own addresses.
    pub own_domains: &'a [String],
    /// Domains that the person has written to.
    pub known_domains: &'a [String],
    /// The topmost Authentication-Results header: the only one that the person's own server wrote (RFC 8601 section 5).
    pub authentication_results: Option<&'a str>,
    /// The same, written by a server that is not known to be the person's own: believed only where it speaks against the mail.
    pub foreign_results: Option<&'a str>,
    /// Nobody with this address has written before, and the person never wrote there.
    pub first_contact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Warning,
    Danger,
}

impl Level {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// `sender`, `lookalike`, `replyTo`, `auth`, `firstContact`.
    pub kind: &'static str,
    pub level: Level,
    pub words: String,
}

/// Most serious first.
pub fn check(facts: &SenderFacts<'_>) -> Vec<Warning> {
    let mut out = Vec::new();
    let domain = facts.from.email.rsplit_once('@').map(|(_, d)| d.to_lowercase()).unwrap_or_default();
    name_checks(facts, &domain, &mut out);
    lookalike(facts, &domain, &mut out);
    reply_to(facts, &domain, &mut out);
    authentication(facts, &domain, &mut out);
    // A notice of its own (UI brief section 14): a stranger's honest mail may still be a stranger's.
    if facts.first_contact {
        out.push(Warning {
            kind: "firstContact",
            level: Level::Info,
            words: format!("{} has not written to you before.", facts.from.email),
        });
    }
    out.sort_by_key(|w| std::cmp::Reverse(w.level));
    out
}

fn name_checks(facts: &SenderFacts<'_>, domain: &str, out: &mut Vec<Warning>) {
    let name = facts.from.name.to_lowercase();
    let mut named = name.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '"' | ',' | ';' | '|' | '[' | ']'));
    if let Some(address) = named.clone().find(|w| w.split_once('@').is_some_and(|(l, d)| !l.is_empty() && d.contains('.'))) {
        if !address.eq_ignore_ascii_case(&facts.from.email) {
            out.push(Warning {
                kind: "sender",
                level: Level::Danger,
                words: format!("The name says {address}, but the mail comes from {}.", facts.from.email),
            });
        }
        return;
    }
    let claimed = named.find(|w| {
        let mut labels = w.trim_matches('.').rsplit('.');
        let tld = labels.next().unwrap_or_default();
        labels.next().is_some_and(|l| l.chars().count() >= 2)
            && (hosts::brand_domains().any(|b| b == *w)
                || matches!(tld, "com" | "org" | "net" | "de" | "eu" | "io" | "uk" | "fr" | "gov" | "example"))
    });
    if let Some(claimed) = claimed
        && registrable(claimed) != registrable(domain)
    {
        out.push(Warning {
            kind: "sender",
            level: Level::Warning,
            words: format!("The name says {claimed}, but the mail comes from {}.", facts.from.email),
        });
        return;
    }
    if let Some((brand, domains)) = hosts::brand_in(&name) {
        let own = registrable(domain);
        let known = facts.known_domains.iter().chain(facts.own_domains).any(|k| registrable(k) == own);
        if !domains.contains(&own.as_str()) && !known {
            out.push(Warning {
                kind: "sender",
                level: Level::Warning,
                words: format!("The name mentions {}, but the mail comes from {}.", brand.trim(), facts.from.email),
            });
        }
    }
}

fn lookalike(facts: &SenderFacts<'_>, domain: &str, out: &mut Vec<Warning>) {
    let own = registrable(domain);
    if own.is_empty() {
        return;
    }
    let known = || facts.known_domains.iter().chain(facts.own_domains).map(|d| registrable(d));
    if known().any(|k| k == own) {
        return;
    }
    let shown = url::quirks::domain_to_unicode(&own);
    let looks = confusables::skeleton(&shown);
    let close = known().find(|k| {
        let (a, b) = (k.split('.').next().unwrap_or_default(), shown.split('.').next().unwrap_or_default());
        k.contains('.') && (confusables::skeleton(k) == looks || a.chars().count() >= 6 && confusables::one_slip(a, b))
    });
    if let Some(target) = close.or_else(|| imitation(&shown).map(str::to_owned)) {
        out.push(Warning {
            kind: "lookalike",
            level: Level::Danger,
            words: format!("{shown} looks like {target}, but is another domain."),
        });
    } else if shown.split('.').any(confusables::mixes_scripts) {
        out.push(Warning {
            kind: "lookalike",
            level: Level::Danger,
            words: format!("The sender's domain {shown} mixes letters of different alphabets (really {own})."),
        });
    }
}

fn reply_to(facts: &SenderFacts<'_>, domain: &str, out: &mut Vec<Warning>) {
    let other = facts.reply_to.iter().find(|a| {
        a.email.rsplit_once('@').is_some_and(|(_, d)| registrable(d) != registrable(domain))
            && !a.email.eq_ignore_ascii_case(&facts.from.email)
    });
    if let Some(other) = other {
        let known = facts.known_domains.iter().any(|k| other.email.rsplit_once('@').is_some_and(|(_, d)| registrable(d) == registrable(k)));
        out.push(Warning {
            kind: "replyTo",
            level: if known { Level::Info } else { Level::Warning },
            words: format!("Answers go to {}, not to the sender.", other.email),
        });
    }
}

/// What an Authentication-Results value says of one method, in lower case.
pub fn result_of(header: &str, method: &str) -> Option<String> {
    strip_comments(header).split(';').skip(1).find_map(|part| {
        let first = part.split_whitespace().next()?;
        let (name, value) = first.split_once('=')?;
        name.split('/').next()?.eq_ignore_ascii_case(method).then(|| value.to_ascii_lowercase())
    })
}

/// RFC 8601: `authserv-id; method=result …; …`.
fn authentication(facts: &SenderFacts<'_>, domain: &str, out: &mut Vec<Warning>) {
    if let Some(header) = facts.foreign_results
        && result_of(header, "dmarc").is_some_and(|r| matches!(r.as_str(), "fail" | "permerror"))
    {
        out.push(Warning {
            kind: "auth",
            level: Level::Warning,
            words: format!(
                "It is not verified that this mail comes from {domain}: a server on its way, which is not known to be your provider's, found that it does not (DMARC failed)."
            ),
        });
    }
    let Some(header) = facts.authentication_results else { return };
    let result = |method: &str| result_of(header, method);
    let failed = |r: &Option<String>| matches!(r.as_deref(), Some("fail" | "permerror" | "hardfail"));
    let (dmarc, dkim, spf) = (result("dmarc"), result("dkim"), result("spf"));
    if failed(&dmarc) {
        out.push(Warning {
            kind: "auth",
            level: Level::Danger,
            words: format!("Your mail server found that this mail does not come from {domain} (DMARC failed)."),
        });
    } else if dmarc.as_deref() != Some("pass") && failed(&spf) && dkim.as_deref() != Some("pass") {
        out.push(Warning {
            kind: "auth",
            level: Level::Warning,
            words: format!("Your mail server could not confirm that this mail comes from {domain} (SPF failed)."),
        });
    } else if dmarc.as_deref() != Some("pass") && failed(&dkim) {
        out.push(Warning {
            kind: "auth",
            level: Level::Warning,
            words: "The mail's signature is not valid: it may have been changed on its way (DKIM failed).".to_owned(),
        });
    }
}

/// Comments may hold semicolons and equals signs.
fn strip_comments(header: &str) -> String {
    let mut depth = 0u32;
    let mut out = String::with_capacity(header.len());
    for c in header.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests;
