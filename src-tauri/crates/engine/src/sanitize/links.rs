//! What a link says and where it goes. Run when a mail is opened (for the list) and again when a link is opened: only Rust opens
//! links, after this check.

use url::{Host, Url, quirks::domain_to_unicode};

use super::{confusables, hosts};

/// One link of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    pub text: String,
    /// Normalised; for links that were removed, what stood there.
    pub href: String,
    /// In the script of its owner; empty for mail addresses and removed links.
    pub host: String,
    /// The first reason to ask before opening, in words.
    pub suspicious: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkCheck {
    /// Normalised address (host in punycode); None where it is not an address.
    pub url: Option<String>,
    pub host: String,
    /// In words; empty: open without asking.
    pub reasons: Vec<String>,
    /// False: never opened, whatever the person says (`javascript:`, `data:`, `file:` …).
    pub openable: bool,
}

/// `text` is what the person sees; empty where that is not known.
pub fn check_link(text: &str, href: &str) -> LinkCheck {
    // Browsers drop tabs, line ends and leading control characters; so does the URL parser below.
    let href = href.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let absolute = if href.starts_with("//") { format!("https:{href}") } else { href.to_owned() };
    let Ok(url) = Url::parse(&absolute) else {
        return LinkCheck { reasons: vec!["This link has no valid address.".into()], ..LinkCheck::default() };
    };
    match url.scheme() {
        "http" | "https" => web(text, &url),
        "mailto" => LinkCheck { url: Some(url.to_string()), host: String::new(), reasons: Vec::new(), openable: true },
        other => LinkCheck {
            url: None,
            host: String::new(),
            reasons: vec![format!("This link is not a web address ({other}:) and is not opened.")],
            openable: false,
        },
    }
}

fn web(text: &str, url: &Url) -> LinkCheck {
    let ascii = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
    let host = match url.host() {
        Some(Host::Domain(d)) => domain_to_unicode(d),
        _ => ascii.clone(),
    };
    let mut reasons = Vec::new();
    if let Some(said) = host_in_text(text)
        && registrable(&said) != registrable(&ascii)
    {
        reasons.push(format!("This link says {} but goes to {host}.", domain_to_unicode(&said)));
    }
    if !url.username().is_empty() || url.password().is_some() {
        reasons.push(format!("This address hides its target behind an @: it goes to {host}."));
    }
    match url.host() {
        Some(Host::Domain(domain)) => domain_reasons(domain, &host, &mut reasons),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => reasons.push(format!("This link goes to a bare number ({host}) and not to a name.")),
        None => reasons.push("This link has no host.".into()),
    }
    LinkCheck { url: Some(url.to_string()), host, reasons, openable: true }
}

fn domain_reasons(domain: &str, shown: &str, reasons: &mut Vec<String>) {
    if domain.split('.').any(|l| l.starts_with("xn--")) {
        let looks = confusables::skeleton(shown);
        let imitated = hosts::brand_domains().find(|b| confusables::skeleton(b) == confusables::skeleton(registrable_str(shown)));
        if shown.split('.').any(confusables::mixes_scripts) {
            reasons.push(format!("The name {shown} mixes letters of different alphabets (really {domain})."));
        } else if let Some(b) = imitated {
            reasons.push(format!("The name {shown} looks like {b} but is {domain}."));
        } else if looks.is_ascii() && !shown.is_ascii() && looks != *shown {
            reasons.push(format!("The name {shown} has letters that can be mistaken for others (really {domain})."));
        } else {
            reasons.push(format!("The name {shown} is written with special letters (really {domain})."));
        }
    } else if let Some(b) = imitation(domain) {
        reasons.push(format!("The name {domain} looks like {b}."));
    }
    if hosts::is_shortener(domain) {
        reasons.push(format!("{domain} hides where the link really goes."));
    }
    let own = registrable(domain);
    let front = domain.strip_suffix(own.as_str()).unwrap_or_default();
    if let Some(fake) = front
        .split_once(".com.")
        .or_else(|| front.split_once(".org."))
        .or_else(|| front.split_once(".net."))
        .or_else(|| front.split_once(".gov."))
    {
        reasons.push(format!("The address begins like {}.com but belongs to {own}.", fake.0.rsplit('.').next().unwrap_or(fake.0)));
    }
}

/// Whether the words of a link or its address speak of signing in. Confirming an address one has just typed somewhere
/// ("verify your email") is not meant: every honest registration sends that.
pub fn leads_to_sign_in(text: &str, href: &str) -> bool {
    const SAID: [&str; 22] = [
        "log in",
        "login",
        "log on",
        "sign in",
        "signin",
        "password",
        "verify your account",
        "verify your identity",
        "confirm your account",
        "confirm your identity",
        "unlock your account",
        "anmelden",
        "einloggen",
        "passwort",
        "kennwort",
        "konto bestätigen",
        "identität bestätigen",
        "connexion",
        "mot de passe",
        "iniciar sesión",
        "contraseña",
        "logga in",
    ];
    const IN_ADDRESS: [&str; 9] = ["login", "logon", "signin", "password", "passwort", "webmail", "owa", "sso", "auth"];
    // Whole words: "designing" says nothing.
    let text = text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let text = format!(" {text} ");
    let address = href.to_ascii_lowercase();
    // What follows the host's first slash and the host itself; never the query, where trackers put anything.
    let place = address.split(['?', '#']).next().unwrap_or_default();
    SAID.iter().any(|word| text.contains(&format!(" {word} ")))
        || place.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| IN_ADDRESS.contains(&part))
}

/// A well-known domain that this one could be taken for.
pub(super) fn imitation(domain: &str) -> Option<&'static str> {
    let own = registrable(domain);
    if hosts::brand_domains().any(|b| b == own) {
        return None;
    }
    let skeleton = confusables::skeleton(&own);
    let name = own.split('.').next().unwrap_or_default();
    hosts::brand_domains().find(|b| {
        let brand = b.split('.').next().unwrap_or_default();
        brand.len() >= 5
            && (confusables::skeleton(b) == skeleton
                || confusables::skeleton(brand) == confusables::skeleton(name) && name != brand
                || brand.len() >= 6 && confusables::one_slip(brand, name))
    })
}

/// The host that a text claims, if it reads like an address: `https://bank.example/x`, `www.bank.example`, `bank.example`.
fn host_in_text(text: &str) -> Option<String> {
    let cleaned: String = text.chars().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' | '\u{feff}')).collect();
    let cleaned = cleaned.trim();
    for word in cleaned.split_whitespace() {
        let word = word.trim_matches(|c: char| {
            matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\'' | '“' | '”' | '»' | '«' | ',' | '.' | ':' | ';' | '!' | '?' | '→')
        });
        let low = word.to_lowercase();
        let after_scheme = low.strip_prefix("https://").or_else(|| low.strip_prefix("http://"));
        let candidate = after_scheme.unwrap_or(&low);
        let host = candidate.split(['/', '?', '#', ':']).next().unwrap_or_default();
        // A mail address names a person, not a target.
        if host.contains('@') {
            continue;
        }
        // One word that reads like a host, or anything with a scheme or www: a sentence with "e.g." in it says nothing.
        if (after_scheme.is_some() || low.starts_with("www.") || cleaned == word || host.len() >= 8) && is_host(host) {
            let ascii = url::quirks::domain_to_ascii(host);
            return Some(if ascii.is_empty() { host.to_owned() } else { ascii });
        }
    }
    None
}

/// Endings that file names and abbreviations have too are only believed with a scheme or `www`, which the caller knows.
const NOT_TLDS: [&str; 30] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "jpg", "jpeg", "png", "gif", "zip", "html", "htm", "php", "csv", "ics",
    "md", "js", "rs", "py", "exe", "mp3", "mp4", "mov", "json", "xml", "eml", "svg",
];

fn is_host(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let Some(tld) = labels.last().filter(|_| labels.len() >= 2) else { return false };
    let word = |l: &&str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let letters = tld.chars().all(char::is_alphabetic) && tld.chars().count() >= 2 || tld.starts_with("xn--");
    letters && labels.iter().all(word) && !NOT_TLDS.contains(tld)
}

/// Second-level names under which others register, for the countries where that is common. A full public suffix list would be
/// exact; the error here is on the cautious side (two sites of one operator look different, never the reverse for these).
const SHARED: [&str; 14] = ["co", "com", "org", "net", "gov", "edu", "ac", "or", "ne", "go", "gob", "gouv", "asso", "nom"];
/// Hosting suffixes whose subdomains belong to strangers.
const HOSTED: [&str; 12] = [
    "github.io",
    "gitlab.io",
    "pages.dev",
    "workers.dev",
    "web.app",
    "firebaseapp.com",
    "herokuapp.com",
    "netlify.app",
    "vercel.app",
    "blogspot.com",
    "weebly.com",
    "azurewebsites.net",
];

/// The part of a domain that one owner registered.
pub(crate) fn registrable(domain: &str) -> String {
    registrable_str(&domain.trim_end_matches('.').to_ascii_lowercase()).to_owned()
}

fn registrable_str(domain: &str) -> &str {
    let labels: Vec<&str> = domain.split('.').collect();
    let second = labels.len().checked_sub(2).and_then(|i| labels.get(i)).copied().unwrap_or_default();
    let top = labels.last().copied().unwrap_or_default();
    let hosted = HOSTED.iter().any(|h| domain.ends_with(h));
    let keep = if hosted || top.len() == 2 && SHARED.contains(&second) { 3 } else { 2 };
    let mut start = domain.len();
    for label in labels.iter().rev().take(keep) {
        start = start.saturating_sub(label.len() + 1);
    }
    let part = domain.get(start..).unwrap_or(domain);
    part.strip_prefix('.').unwrap_or(part)
}

#[cfg(test)]
mod tests;
