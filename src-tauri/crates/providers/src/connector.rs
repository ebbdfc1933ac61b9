//! The one door from the engine to the internet.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    SecretString,
    calendar::CalendarSource,
    config::{Config, is_loopback},
    connection::{Connection, ConnectionSettings, MailServers},
    error::ProviderError,
    files::FileSource,
    ids::IntegrationId,
    integration::{AuthKind, Integration},
    oauth::{AuthorizeParams, DeviceCode, DevicePoll, Identity, OAuthError, Revocation, TokenSet},
    people::PeopleSource,
    source::{Connector, Credentials, MailSource, Probe, RemoteImage, ServerGuess},
    tasks::TaskSource,
    time::{Clock, Timestamp},
};
use url::Url;

use crate::{
    autoconfig, caldav, github,
    google::{self, GmailSource, GoogleCalendar, GoogleDrive, GooglePeople, GoogleTasks},
    http::{Call, Http, own_token::FirstToken},
    ics,
    image::Images,
    imap, jmap,
    microsoft::{self, GraphCalendar, GraphMail, GraphPeople, GraphTasks, OneDrive},
    oauth::{Client, error},
    oidc::Discovery,
    registry::{ASANA, CALDAV, GITHUB, GOOGLE, ICS, IMAP, JIRA, JMAP, LINEAR, MICROSOFT, NOTION, Registry, TODOIST, TRELLO, missing},
    tls::TlsContext,
    unsubscribe::Unsubscriber,
};

pub(crate) mod clients;
mod tools;

/// Largest document that autoconfiguration reads.
const AUTOCONFIG_CAP: usize = 256 * 1024;
const AUTOCONFIG_TIMEOUT: Duration = Duration::from_secs(10);
const AUTOCONFIG_REDIRECTS: usize = 3;

/// Every provider, configured. Keep one per engine: it holds the connection pool and the discovery cache.
pub struct Providers {
    registry: Registry,
    http: Http,
    images: Images,
    unsubscriber: Unsubscriber,
    feeds: Arc<ics::Feeds>,
    tls: TlsContext,
    discovery: Discovery,
    google: google::Accounts,
    microsoft: microsoft::Accounts,
    jmap: jmap::Accounts,
}

impl Providers {
    /// Fails on configuration that can't work: unknown provider tables, unsafe addresses, an unreadable CA file.
    pub fn new(config: &Config, clock: Clock) -> Result<Self, OAuthError> {
        let registry = Registry::new(config)?;
        let setup = |e: ProviderError| OAuthError::Config(e.to_string());
        let tls = TlsContext::new(config.ca_file.as_deref()).map_err(setup)?;
        let client_config = tls.client_config(&[b"h2", b"http/1.1"]).map_err(setup)?;
        Ok(Self {
            registry,
            feeds: Arc::new(ics::Feeds::new(&client_config, Arc::clone(&clock)).map_err(setup)?),
            http: Http::new(&client_config, clock).map_err(setup)?,
            images: Images::new(&client_config).map_err(setup)?,
            unsubscriber: Unsubscriber::new(&client_config, own_endpoints(config)).map_err(setup)?,
            tls,
            discovery: Discovery::default(),
            google: google::Accounts::default(),
            microsoft: microsoft::Accounts::default(),
            jmap: jmap::Accounts::default(),
        })
    }

    async fn client(&self, id: &IntegrationId) -> Result<Client, OAuthError> {
        clients::resolve(&self.registry, &self.discovery, &self.http, id).await
    }

    fn graph(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<microsoft::Api, ProviderError> {
        microsoft::Api::new(self.http.clone(), credentials, &self.registry.config(MICROSOFT), &self.microsoft, &connection.id)
    }
}

#[async_trait]
impl Connector for Providers {
    fn integrations(&self) -> &[Integration] {
        self.registry.rows()
    }

    async fn authorize_params(&self, id: &IntegrationId) -> Result<AuthorizeParams, OAuthError> {
        let row = self.registry.oauth(id)?;
        let client = self.client(id).await?;
        let redirect = row.redirect.ok_or_else(|| missing(id.as_str(), "redirect"))?;
        Ok(AuthorizeParams {
            authorize_url: client.authorize_url.to_string(),
            client_id: client.client_id,
            // Entra's answers carry no `iss`, and where one stands for several tenants there would be nothing to compare it with.
            issuer: client.issuers.into_iter().next().filter(|_| id.as_str() != MICROSOFT),
            iss_required: client.iss_required,
            redirect,
            localhost: id.as_str() == MICROSOFT,
            scopes: clients::scopes(&self.registry, row),
            commas: id.as_str() == LINEAR,
            oidc: row.auth == AuthKind::OAuth,
            extra: clients::extra_params(id),
        })
    }

    async fn device_begin(&self, id: &IntegrationId, now: Timestamp) -> Result<DeviceCode, OAuthError> {
        let row = self.registry.oauth(id)?;
        if id.as_str() != GITHUB {
            return Err(OAuthError::Config(format!("{} has no sign-in with a code.", row.label)));
        }
        let url = github::signin::device_url(&self.registry.config(GITHUB))?;
        self.client(id).await?.device_begin(&self.http, &url, &clients::scopes(&self.registry, row), now).await
    }

    async fn device_poll(&self, id: &IntegrationId, device_code: &SecretString, now: Timestamp) -> Result<DevicePoll, OAuthError> {
        self.client(id).await?.device_poll(&self.http, device_code, now).await
    }

    async fn exchange(
        &self,
        id: &IntegrationId,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OAuthError> {
        let tokens = self.client(id).await?.exchange(&self.http, code, verifier, redirect_uri, nonce, now).await?;
        Ok(one_spelling(id, tokens))
    }

    async fn refresh(&self, id: &IntegrationId, refresh_token: &SecretString, now: Timestamp) -> Result<TokenSet, OAuthError> {
        let tokens = self.client(id).await?.refresh(&self.http, refresh_token, now).await?;
        Ok(one_spelling(id, tokens))
    }

    async fn revoke(&self, id: &IntegrationId, token: &SecretString) -> Result<Revocation, OAuthError> {
        if !self.registry.oauth(id)?.withdrawable() {
            // No endpoint, and so no need for a client either: the row names the page where the person can do it.
            return Ok(Revocation::Unsupported);
        }
        clients::resolve_to_revoke(&self.registry, &self.discovery, &self.http, id).await?.revoke(&self.http, token).await
    }

    async fn identity(&self, id: &IntegrationId, tokens: &TokenSet) -> Result<Identity, OAuthError> {
        if id.as_str() == MICROSOFT {
            return microsoft::identity(&self.http, &self.registry.config(MICROSOFT), tokens).await;
        }
        let first = Arc::new(FirstToken(tokens.access_token.clone()));
        let whose = match id.as_str() {
            GITHUB => self.github(&ConnectionSettings::OAuth, first).map_err(error::asked)?.owner().await,
            LINEAR => self.linear(&ConnectionSettings::OAuth, first).map_err(error::asked)?.owner().await,
            _ => return self.client(id).await?.identity(&self.http, tokens).await,
        };
        whose.map_err(error::asked)
    }

    fn mail(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn MailSource>>, ProviderError> {
        match (connection.integration.as_str(), &connection.settings) {
            (GOOGLE, _) => {
                let grants = google::Grants::new(&connection.granted_scopes);
                if !grants.any_mail() {
                    return Ok(None);
                }
                let source =
                    GmailSource::new(self.http.clone(), credentials, &self.registry.config(GOOGLE), grants, &self.google, &connection.id)?;
                Ok(Some(Arc::new(source)))
            }
            (MICROSOFT, _) => {
                let grants = microsoft::Grants::new(&connection.granted_scopes);
                if !grants.any_mail() {
                    return Ok(None);
                }
                Ok(Some(Arc::new(GraphMail::new(self.graph(connection, credentials)?, grants))))
            }
            (JMAP, ConnectionSettings::Jmap(_)) => Ok(Some(Arc::new(self.jmap(connection, credentials)?))),
            (IMAP, ConnectionSettings::Mail(servers)) => imap::source(servers, credentials, &self.tls).map(Some),
            (IMAP, ConnectionSettings::OAuth) => {
                Err(ProviderError::Refused("This connection has no mail servers; set it up again.".to_owned()))
            }
            _ => Ok(None),
        }
    }

    fn calendar(
        &self,
        connection: &Connection,
        credentials: Arc<dyn Credentials>,
    ) -> Result<Option<Arc<dyn CalendarSource>>, ProviderError> {
        match (connection.integration.as_str(), &connection.settings) {
            (GOOGLE, _) => {
                let grants = google::Grants::new(&connection.granted_scopes);
                if !grants.calendar_read {
                    return Ok(None);
                }
                let config = self.registry.config(GOOGLE);
                let source = GoogleCalendar::new(self.http.clone(), credentials, &config, grants, &self.google, connection)?;
                Ok(Some(Arc::new(source)))
            }
            (MICROSOFT, _) => {
                let grants = microsoft::Grants::new(&connection.granted_scopes);
                if !grants.calendar_read {
                    return Ok(None);
                }
                let api = self.graph(connection, credentials)?;
                Ok(Some(Arc::new(GraphCalendar::new(api, grants, connection.email.clone()))))
            }
            (CALDAV, ConnectionSettings::Dav(server)) => caldav::source(server, credentials, self.http.clone()).map(Some),
            (ICS, ConnectionSettings::Feed(feed)) => Ok(Some(ics::source(feed, credentials, Arc::clone(&self.feeds)))),
            (CALDAV | ICS, _) => {
                Err(ProviderError::Refused("This connection does not say where its calendars are; set it up again.".to_owned()))
            }
            _ => Ok(None),
        }
    }

    fn tasks(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn TaskSource>>, ProviderError> {
        match connection.integration.as_str() {
            GOOGLE => {
                let grants = google::Grants::new(&connection.granted_scopes);
                if !grants.tasks_read {
                    return Ok(None);
                }
                let config = self.registry.config(GOOGLE);
                let source = GoogleTasks::new(self.http.clone(), credentials, &config, grants, &self.google, connection)?;
                Ok(Some(Arc::new(source)))
            }
            MICROSOFT => {
                let grants = microsoft::Grants::new(&connection.granted_scopes);
                if !grants.tasks_read {
                    return Ok(None);
                }
                Ok(Some(Arc::new(GraphTasks::new(self.graph(connection, credentials)?, grants))))
            }
            CALDAV => match &connection.settings {
                ConnectionSettings::Dav(server) => caldav::tasks(server, credentials, self.http.clone()).map(Some),
                _ => Ok(None),
            },
            TODOIST => Ok(Some(Arc::new(self.todoist(credentials)?))),
            GITHUB => Ok(Some(Arc::new(self.github(&connection.settings, credentials)?))),
            LINEAR => Ok(Some(Arc::new(self.linear(&connection.settings, credentials)?))),
            ASANA => Ok(Some(Arc::new(self.asana(credentials)?))),
            TRELLO => Ok(Some(Arc::new(self.trello(credentials)?))),
            JIRA => Ok(Some(Arc::new(self.jira(credentials)?))),
            NOTION => Ok(Some(Arc::new(self.notion(connection, credentials)?))),
            _ => Ok(None),
        }
    }

    fn files(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn FileSource>>, ProviderError> {
        match connection.integration.as_str() {
            GOOGLE => {
                let grants = google::Grants::new(&connection.granted_scopes);
                if !grants.files {
                    return Ok(None);
                }
                let config = self.registry.config(GOOGLE);
                let source = GoogleDrive::new(self.http.clone(), credentials, &config, grants, &self.google, connection)?;
                Ok(Some(Arc::new(source)))
            }
            MICROSOFT => {
                let grants = microsoft::Grants::new(&connection.granted_scopes);
                if !grants.files {
                    return Ok(None);
                }
                Ok(Some(Arc::new(OneDrive::new(self.graph(connection, credentials)?, grants))))
            }
            _ => Ok(None),
        }
    }

    fn people(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn PeopleSource>>, ProviderError> {
        match connection.integration.as_str() {
            GOOGLE => {
                let grants = google::Grants::new(&connection.granted_scopes);
                if !grants.contacts && !grants.other_contacts {
                    return Ok(None);
                }
                let config = self.registry.config(GOOGLE);
                let source = GooglePeople::new(self.http.clone(), credentials, &config, grants, &self.google, connection)?;
                Ok(Some(Arc::new(source)))
            }
            MICROSOFT => {
                let grants = microsoft::Grants::new(&connection.granted_scopes);
                if !grants.contacts && !grants.people {
                    return Ok(None);
                }
                Ok(Some(Arc::new(GraphPeople::new(self.graph(connection, credentials)?, grants))))
            }
            _ => Ok(None),
        }
    }

    async fn owner(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Identity, ProviderError> {
        match connection.integration.as_str() {
            TODOIST => self.todoist(credentials)?.owner().await,
            GITHUB => self.github(&connection.settings, credentials)?.owner().await,
            LINEAR => self.linear(&connection.settings, credentials)?.owner().await,
            ASANA => self.asana(credentials)?.owner().await,
            TRELLO => self.trello(credentials)?.owner().await,
            JIRA => self.jira(credentials)?.owner().await,
            NOTION => self.notion(connection, credentials)?.owner().await,
            JMAP => self.jmap(connection, credentials)?.owner().await,
            other => Err(ProviderError::Unsupported(format!("{other} is not connected by a token."))),
        }
    }

    async fn probe(&self, servers: &MailServers, credentials: Arc<dyn Credentials>) -> Result<Probe, ProviderError> {
        imap::probe(servers, credentials, &self.tls).await
    }

    async fn autoconfigure(&self, email: &str, third_parties: bool) -> Result<Vec<ServerGuess>, ProviderError> {
        let http = self.http.clone();
        let fetch: autoconfig::Fetch = Arc::new(move |url| {
            let http = http.clone();
            Box::pin(async move { document(&http, url).await }) as Pin<Box<dyn Future<Output = _> + Send>>
        });
        autoconfig::autoconfigure(email, third_parties, &fetch, &self.tls).await
    }

    async fn fetch_image(&self, url: &str, max: usize) -> Result<RemoteImage, ProviderError> {
        self.images.fetch(url, max).await
    }

    async fn unsubscribe(&self, url: &str) -> Result<(), ProviderError> {
        self.unsubscriber.post(url).await
    }
}

/// Scopes as they are kept: Microsoft spells them in several ways.
fn one_spelling(id: &IntegrationId, tokens: TokenSet) -> TokenSet {
    if id.as_str() != MICROSOFT {
        return tokens;
    }
    let scopes = tokens.scopes.map(|list| microsoft::canonical(&list, tokens.refresh_token.is_some()));
    TokenSet { scopes, ..tokens }
}

/// Endpoints that the configuration itself names.
fn own_endpoints(config: &Config) -> Vec<Url> {
    let urls = config
        .providers
        .values()
        .flat_map(|p| [&p.gmail_url, &p.calendar_url, &p.tasks_url, &p.drive_url, &p.people_url, &p.graph_url, &p.api_url, &p.issuer]);
    urls.flatten().filter_map(|u| Url::parse(u).ok()).collect()
}

/// Fetches an autoconfiguration document. Web hosts love to redirect (to `www.`, to a new host), and no credential is at
/// stake yet, so a few redirects are followed, each checked like the first address.
async fn document(http: &Http, mut url: Url) -> Result<Option<Vec<u8>>, ProviderError> {
    for _ in 0..=AUTOCONFIG_REDIRECTS {
        let reply = http.send(&Call::get(url.clone()).timeout(AUTOCONFIG_TIMEOUT), None, AUTOCONFIG_CAP).await?;
        if reply.status.is_success() {
            return Ok(Some(reply.body.to_vec()));
        }
        let next = reply.headers.get(reqwest::header::LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
        match next {
            // Nobody's web server gets to send us to a service of this machine.
            Some(next) if reply.status.is_redirection() && (!is_loopback(&next) || is_loopback(&url)) => url = next,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

#[cfg(test)]
pub(crate) mod tests;
