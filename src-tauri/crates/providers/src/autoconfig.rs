//! Finds the servers of an address (PROVIDERS 4.1).
//!
//! Sources are asked at the same time and answered in a fixed order: what this program knows, what the domain says itself
//! (autoconfig, well-known), what the ISPDB says, the provider of the mail exchanger (both only when the person agreed to ask
//! third parties), service records, and last the usual names, tried. Everything found is a *guess*: shown to the person before a password
//! goes anywhere, marked as foreign where it leads outside the address's domain. No unencrypted server is ever offered.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::BytesMut;
use domain::{
    connection::{MailAuth, MailServers, Security, ServerEndpoint, SyncSelection},
    error::ProviderError,
    ids::IntegrationId,
    source::ServerGuess,
};
use url::Url;

use crate::{mailnet::Link, tls::TlsContext};

mod document;
pub(crate) mod names;

use document::{Document, Found, expand, public_name};
use names::{Dns, Names, Service};

/// Fetches a document over https: `Ok(None)` for 404 and other refusals. The implementation bounds size (256 KiB) and time
/// (10 s) and follows no redirect away from https.
pub type Fetch = Arc<dyn Fn(Url) -> Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, ProviderError>> + Send>> + Send + Sync>;

const ISPDB: &str = "https://autoconfig.thunderbird.net/v1.1/";

/// Services that many addresses live at and that are known to stay where they are (PROVIDERS 4.1):
/// (domains of addresses, domains of exchangers, IMAP, SMTP, integration to offer instead).
struct Known {
    domains: &'static [&'static str],
    exchangers: &'static [&'static str],
    imap: (&'static str, u16),
    smtp: (&'static str, u16, Security),
    oauth: Option<&'static str>,
}

const KNOWN: [Known; 5] = [
    Known {
        domains: &["gmail.com", "googlemail.com"],
        exchangers: &["google.com", "googlemail.com"],
        imap: ("imap.gmail.com", 993),
        smtp: ("smtp.gmail.com", 465, Security::Tls),
        oauth: Some("google"),
    },
    Known {
        domains: &["outlook.com", "hotmail.com", "live.com", "msn.com"],
        exchangers: &["outlook.com"],
        imap: ("outlook.office365.com", 993),
        smtp: ("smtp.office365.com", 587, Security::Starttls),
        // No password is taken there any more.
        oauth: Some("microsoft"),
    },
    Known {
        domains: &["icloud.com", "me.com", "mac.com"],
        exchangers: &["icloud.com"],
        imap: ("imap.mail.me.com", 993),
        smtp: ("smtp.mail.me.com", 587, Security::Starttls),
        oauth: None,
    },
    Known {
        domains: &["yahoo.com", "ymail.com", "rocketmail.com"],
        exchangers: &["yahoodns.net"],
        imap: ("imap.mail.yahoo.com", 993),
        smtp: ("smtp.mail.yahoo.com", 465, Security::Tls),
        oauth: None,
    },
    Known {
        domains: &["fastmail.com", "fastmail.fm"],
        exchangers: &["messagingengine.com"],
        imap: ("imap.fastmail.com", 993),
        smtp: ("smtp.fastmail.com", 465, Security::Tls),
        oauth: None,
    },
];

/// Guesses for `email`, best first. Third parties (the ISPDB, the mail exchanger's provider) are only asked when `third_parties`.
pub async fn autoconfigure(email: &str, third_parties: bool, fetch: &Fetch, tls: &TlsContext) -> Result<Vec<ServerGuess>, ProviderError> {
    let address = Address::of(email)?;
    let guesses = search(&address, third_parties, fetch, &Dns::new()).await;
    if guesses.is_empty() { Ok(try_usual_names(&address, tls).await.into_iter().collect()) } else { Ok(guesses) }
}

/// A checked address, domain in ASCII.
struct Address {
    local: String,
    domain: String,
}

impl Address {
    fn of(email: &str) -> Result<Self, ProviderError> {
        let bad = || ProviderError::Refused(format!("{email:?} is not a mail address."));
        let (local, domain) = email.trim().rsplit_once('@').ok_or_else(bad)?;
        if local.is_empty() || local.len() > 128 || local.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(bad());
        }
        Ok(Self { local: local.to_owned(), domain: public_name(domain).ok_or_else(bad)? })
    }

    fn email(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    fn guess(&self, origin: &str, imap: ServerEndpoint, smtp: Option<ServerEndpoint>, username: String) -> ServerGuess {
        let home = registrable(&self.domain);
        let foreign = std::iter::once(&imap).chain(&smtp).any(|server| registrable(&server.host) != home);
        let known = KNOWN.iter().find(|k| k.imap.0 == imap.host);
        ServerGuess {
            origin: origin.to_owned(),
            foreign: foreign && !known.is_some_and(|k| k.domains.contains(&self.domain.as_str())),
            oauth: known.and_then(|k| k.oauth).map(IntegrationId::new),
            servers: MailServers { username, imap, smtp, auth: MailAuth::Password, selection: SyncSelection::default() },
        }
    }

    fn known(&self, origin: &str, known: &Known) -> ServerGuess {
        let imap = ServerEndpoint { host: known.imap.0.to_owned(), port: known.imap.1, security: Security::Tls, pinned: None };
        let smtp = ServerEndpoint { host: known.smtp.0.to_owned(), port: known.smtp.1, security: known.smtp.2, pinned: None };
        self.guess(origin, imap, Some(smtp), self.email())
    }

    fn read_document(&self, origin: &str, document: Document) -> Option<ServerGuess> {
        let Found { endpoint: imap, username } = document.imap.into_iter().next()?;
        let username = match username {
            Some(pattern) => expand(&pattern, &self.local, &self.domain)?,
            None => self.email(),
        };
        Some(self.guess(origin, imap, document.smtp.into_iter().next().map(|s| s.endpoint), username))
    }
}

/// Everything but trying names.
async fn search(address: &Address, third_parties: bool, fetch: &Fetch, names: &dyn Names) -> Vec<ServerGuess> {
    let domain = &address.domain;
    if let Some(known) = KNOWN.iter().find(|k| k.domains.contains(&domain.as_str())) {
        return vec![address.known("known", known)];
    }
    let own = async {
        let email = Some(address.email());
        let (first, second) = (
            format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
            format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
        );
        let (sub, well_known) = tokio::join!(document(fetch, &first, email.as_deref()), document(fetch, &second, email.as_deref()),);
        [sub.and_then(|d| address.read_document("autoconfig", d)), well_known.and_then(|d| address.read_document("well-known", d))]
    };
    let database = async {
        if !third_parties {
            return None;
        }
        document(fetch, &format!("{ISPDB}{domain}"), None).await.and_then(|d| address.read_document("ispdb", d))
    };
    let (own, database, exchanger, services) =
        tokio::join!(own, database, by_exchanger(address, third_parties, fetch, names), by_services(address, names));
    let mut guesses: Vec<ServerGuess> = Vec::new();
    for guess in own.into_iter().flatten().chain(database).chain(exchanger).chain(services) {
        if !guesses.iter().any(|g| g.servers == guess.servers) {
            guesses.push(guess);
        }
    }
    guesses
}

async fn document(fetch: &Fetch, url: &str, email: Option<&str>) -> Option<Document> {
    let mut url = Url::parse(url).ok()?;
    if let Some(email) = email {
        url.query_pairs_mut().append_pair("emailaddress", email);
    }
    document::parse(&fetch(url).await.ok()??)
}

/// The domain's mail is taken in by a host of another domain: its configuration, without telling it the address.
async fn by_exchanger(address: &Address, third_parties: bool, fetch: &Fetch, names: &dyn Names) -> Option<ServerGuess> {
    let exchanger = names.exchangers(&address.domain).await.into_iter().next()?;
    let provider = registrable(&public_name(&exchanger)?);
    if let Some(known) = KNOWN.iter().find(|k| k.exchangers.contains(&provider.as_str())) {
        return Some(address.known("mx", known));
    }
    if provider == registrable(&address.domain) {
        return None;
    }
    // Who takes in the mail of a domain is not the domain: contacting it tells it that somebody sets up such an account.
    if !third_parties {
        return None;
    }
    for url in [format!("https://autoconfig.{provider}/mail/config-v1.1.xml"), format!("{ISPDB}{provider}")] {
        if let Some(guess) = document(fetch, &url, None).await.and_then(|found| address.read_document("mx", found)) {
            return Some(guess);
        }
    }
    None
}

async fn by_services(address: &Address, names: &dyn Names) -> Option<ServerGuess> {
    let ask = |service: &'static str| {
        let name = format!("{service}._tcp.{}", address.domain);
        async move { names.services(&name).await }
    };
    let (imaps, imap, submissions, submission) = tokio::join!(ask("_imaps"), ask("_imap"), ask("_submissions"), ask("_submission"));
    let best = |tls: Vec<Service>, starttls: Vec<Service>| {
        let tls = tls.into_iter().map(|s| (s, Security::Tls));
        let starttls = starttls.into_iter().map(|s| (s, Security::Starttls));
        tls.chain(starttls)
            .find_map(|(s, security)| public_name(&s.host).map(|host| ServerEndpoint { host, port: s.port, security, pinned: None }))
    };
    let imap = best(imaps, imap)?;
    Some(address.guess("srv", imap, best(submissions, submission), address.email()))
}

/// The usual names, really dialled: TLS with a valid certificate and a greeting. Sends nothing.
async fn try_usual_names(address: &Address, tls: &TlsContext) -> Option<ServerGuess> {
    let endpoint =
        |prefix: &str, port, security| ServerEndpoint { host: format!("{prefix}.{}", address.domain), port, security, pinned: None };
    let first = async |candidates: Vec<ServerEndpoint>, greeting: &'static [u8]| {
        let tries = candidates.iter().map(|c| greets(c, greeting, tls));
        let answers = futures_util::future::join_all(tries).await;
        candidates.iter().zip(answers).find(|(_, answered)| *answered).map(|(c, _)| c.clone())
    };
    let (imap, smtp) = tokio::join!(
        first(vec![endpoint("imap", 993, Security::Tls), endpoint("mail", 993, Security::Tls)], b"* OK"),
        first(
            vec![
                endpoint("smtp", 465, Security::Tls),
                endpoint("mail", 465, Security::Tls),
                endpoint("smtp", 587, Security::Starttls),
                endpoint("mail", 587, Security::Starttls),
            ],
            b"220"
        ),
    );
    Some(address.guess("guess", imap?, smtp, address.email()))
}

async fn greets(endpoint: &ServerEndpoint, greeting: &[u8], tls: &TlsContext) -> bool {
    let attempt = async {
        let mut link = Link::connect(endpoint, tls).await.ok()?;
        let mut buffer = BytesMut::new();
        while buffer.len() < greeting.len() {
            link.read(&mut buffer, std::time::Duration::from_secs(5)).await.ok()?;
        }
        Some(buffer.starts_with(greeting))
    };
    tokio::time::timeout(std::time::Duration::from_secs(8), attempt).await.ok().flatten() == Some(true)
}

/// The part of a name that someone registered, near enough for telling "same house" from "elsewhere": two labels, three
/// under the common second-level registries (`co.uk`). A wrong answer only asks the person once more.
fn registrable(host: &str) -> String {
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let registry = |l: &str| matches!(l, "co" | "com" | "org" | "net" | "ac" | "gov" | "edu" | "or" | "ne" | "go" | "gob" | "nom");
    let keep = match labels.as_slice() {
        [.., second, top] if top.len() == 2 && registry(second) => 3,
        _ => 2,
    };
    labels.get(labels.len().saturating_sub(keep)..).unwrap_or_default().join(".").to_ascii_lowercase()
}

/// (host, whether TLS protects it) of every server that a document would make us use.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz(bytes: &[u8]) -> Vec<(String, bool)> {
    let Some(document) = document::parse(bytes) else { return Vec::new() };
    document.imap.into_iter().chain(document.smtp).map(|f| (f.endpoint.host, f.endpoint.security != Security::None)).collect()
}

#[cfg(test)]
mod tests;
