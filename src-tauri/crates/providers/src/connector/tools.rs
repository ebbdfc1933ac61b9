//! The clients of what has one address, as the configuration has it: task tools, and a JMAP server.

use std::sync::Arc;

use domain::{
    connection::{Connection, ConnectionSettings},
    error::ProviderError,
    source::Credentials,
};

use super::Providers;
use crate::{
    asana::{self, AsanaTasks},
    github::{self, GithubIssues},
    http::own_token::OwnToken,
    jira::JiraIssues,
    jmap::JmapMail,
    linear::{self, LinearIssues},
    notion::{self, NotionTasks},
    registry::{ASANA, GITHUB, JIRA, LINEAR, NOTION, TODOIST, TRELLO},
    todoist::{self, TodoistTasks},
    trello::{self, TrelloCards},
};

impl Providers {
    pub(super) fn todoist(&self, credentials: Arc<dyn Credentials>) -> Result<TodoistTasks, ProviderError> {
        let config = self.registry.config(TODOIST);
        let base = config.api_url.as_deref().unwrap_or(todoist::BASE);
        TodoistTasks::new(self.http.clone(), Arc::new(OwnToken(credentials)), base)
    }

    /// `settings`: how the connection came about.
    pub(super) fn github(&self, settings: &ConnectionSettings, credentials: Arc<dyn Credentials>) -> Result<GithubIssues, ProviderError> {
        let config = self.registry.config(GITHUB);
        let base = config.api_url.as_deref().unwrap_or(github::BASE);
        GithubIssues::new(self.http.clone(), signed_in_or_own(settings, credentials), base)
    }

    pub(super) fn asana(&self, credentials: Arc<dyn Credentials>) -> Result<AsanaTasks, ProviderError> {
        let config = self.registry.config(ASANA);
        let base = config.api_url.as_deref().unwrap_or(asana::BASE);
        AsanaTasks::new(self.http.clone(), Arc::new(OwnToken(credentials)), base)
    }

    pub(super) fn trello(&self, credentials: Arc<dyn Credentials>) -> Result<TrelloCards, ProviderError> {
        let config = self.registry.config(TRELLO);
        TrelloCards::new(self.http.clone(), credentials, config.api_url.as_deref().unwrap_or(trello::BASE))
    }

    pub(super) fn jira(&self, credentials: Arc<dyn Credentials>) -> Result<JiraIssues, ProviderError> {
        JiraIssues::new(self.http.clone(), credentials, self.registry.config(JIRA).api_url.as_deref())
    }

    pub(super) fn notion(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<NotionTasks, ProviderError> {
        let config = self.registry.config(NOTION);
        let base = config.api_url.as_deref().unwrap_or(notion::BASE);
        NotionTasks::new(self.http.clone(), Arc::new(OwnToken(credentials)), base, connection.settings.tables())
    }

    pub(super) fn jmap(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<JmapMail, ProviderError> {
        let ConnectionSettings::Jmap(server) = &connection.settings else {
            return Err(ProviderError::Unsupported(format!("{} names no JMAP server.", connection.label)));
        };
        JmapMail::new(self.http.clone(), credentials, server, &self.jmap, &connection.id)
    }

    /// `settings`: how the connection came about.
    pub(super) fn linear(&self, settings: &ConnectionSettings, credentials: Arc<dyn Credentials>) -> Result<LinearIssues, ProviderError> {
        let config = self.registry.config(LINEAR);
        let base = config.api_url.as_deref().unwrap_or(linear::BASE);
        let signed_in = matches!(settings, ConnectionSettings::OAuth);
        LinearIssues::new(self.http.clone(), credentials, signed_in, base)
    }
}

/// What a person pasted is kept as the connection's password; what a sign-in gave is renewed.
fn signed_in_or_own(settings: &ConnectionSettings, credentials: Arc<dyn Credentials>) -> Arc<dyn Credentials> {
    match settings {
        ConnectionSettings::OAuth => credentials,
        _ => Arc::new(OwnToken(credentials)),
    }
}
