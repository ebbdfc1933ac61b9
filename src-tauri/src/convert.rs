//! From the engine's words to the window's, and back.

use domain::{
    connection::{ConnectionSettings, Security, ServerEndpoint},
    ids::{AccountId, MailboxId, ThreadId},
    integration::{AuthKind, SignInWay},
    mail::{Address, Attachment, Mailbox, MailboxRole, MessageSummary, ThreadSummary},
    source::ServerGuess,
    time::Timestamp,
};
use engine::{
    GuestView, InviteView, RepeatsView,
    views::{ConnectionView, FeatureView, Health, IntegrationView},
};
use store::{Place, ThreadFilter as StoreFilter};

use crate::dto::{
    AccountDto, AddressDto, ApiError, AttachmentDto, ConnectionDto, EndpointDto, FeatureDto, GuestDto, Id, IntegrationDto, InviteDto,
    MailServersDto, MailboxDto, MessageDto, Millis, RepeatsDto, ServerGuessDto, SourceState, ThreadFilter, ThreadRow, ThreadState,
};

pub fn millis(at: Timestamp) -> Millis {
    Millis(at.millis())
}

pub fn integration(view: IntegrationView) -> IntegrationDto {
    let has_client = view.client != domain::integration::ClientSource::Missing;
    let configured = view.auth != AuthKind::OAuth || has_client;
    IntegrationDto {
        id: view.id.to_string(),
        label: view.label,
        description: view.description,
        auth: match view.auth {
            AuthKind::OAuth => "oauth",
            AuthKind::Password => "password",
            AuthKind::Token => "token",
        }
        .into(),
        features: view.features.into_iter().map(feature).collect(),
        sign_in: view.sign_in.map(|way| {
            match way {
                SignInWay::Device => "device",
                SignInWay::Browser => "browser",
            }
            .into()
        }),
        configured,
        has_client,
        revocable: view.revocable,
        account_page: view.account_page,
    }
}

fn feature(view: FeatureView) -> FeatureDto {
    FeatureDto { id: view.id, label: view.label, without: view.why, granted: view.granted }
}

pub fn source_state(view: &ConnectionView) -> SourceState {
    let state = match view.health {
        // Asked to be left alone: nothing is wrong, and nothing happens until then.
        Health::Active | Health::Syncing | Health::Error if view.waits_until.is_some() => "waiting",
        Health::Active => "ok",
        Health::Syncing => "syncing",
        Health::Paused => "paused",
        Health::Offline => "offline",
        Health::Expired => "expired",
        Health::Error => "error",
        Health::Disabled => "disabled",
    };
    SourceState {
        state: state.into(),
        words: view.reason.clone().unwrap_or_default(),
        hint: view.hint.clone().unwrap_or_default(),
        progress: view.progress.filter(|(_, total)| *total > 0).map(|(done, total)| done as f64 / total as f64),
        last_sync: view.last_sync.map(millis),
        next_sync: view.next_sync.map(millis),
        retry_at: view.waits_until.map(millis),
    }
}

pub fn connection(view: ConnectionView) -> ConnectionDto {
    let status = source_state(&view);
    let mut detail = Vec::new();
    // Said once: a label that is the address needs no second line of it.
    if !view.connection.label.eq_ignore_ascii_case(&view.connection.email) {
        detail.push(view.connection.email.clone());
    }
    let days = view.connection.settings.selection().days;
    let servers = match &view.connection.settings {
        ConnectionSettings::OAuth | ConnectionSettings::Token | ConnectionSettings::Tables(_) => None,
        ConnectionSettings::Dav(server) => {
            detail.extend(Some(server.url.clone()).filter(|url| !url.is_empty()));
            None
        }
        ConnectionSettings::Jmap(server) => {
            detail.extend(Some(server.url.clone()).filter(|url| !url.is_empty()));
            None
        }
        ConnectionSettings::Feed(feed) => {
            detail.push(feed.host.clone());
            None
        }
        ConnectionSettings::Mail(servers) => {
            detail.push(servers.imap.to_string());
            detail.push(servers.smtp.as_ref().map_or_else(|| "receive-only".to_owned(), ToString::to_string));
            let dto = MailServersDto {
                username: servers.username.clone(),
                imap: endpoint(servers.imap.clone()),
                smtp: servers.smtp.clone().map(endpoint),
            };
            Some(dto)
        }
    };
    // Before the first listing nothing is known of them.
    let unused_tables = matches!(view.connection.settings, ConnectionSettings::Tables(_)).then(|| view.connection.settings.tables().unused);
    ConnectionDto {
        id: view.id.to_string(),
        integration: view.connection.integration.to_string(),
        label: view.connection.label,
        email: view.connection.email,
        accounts: view
            .accounts
            .into_iter()
            .map(|a| AccountDto { id: Id(a.id.0), email: a.email, name: a.display_name, hue: a.hue, can_send: a.can_send })
            .collect(),
        features: view.features.into_iter().map(feature).collect(),
        status,
        messages: view.messages as u32,
        created_at: millis(view.connection.created_at),
        detail: detail.join(" · "),
        servers,
        excluded: view.excluded,
        days,
        withdrawable: view.withdrawable,
        unused_tables,
    }
}

pub fn endpoint(endpoint: ServerEndpoint) -> EndpointDto {
    let security = match endpoint.security {
        Security::Tls => "tls",
        Security::Starttls => "starttls",
        Security::None => "none",
    };
    EndpointDto { host: endpoint.host, port: endpoint.port, security: security.into(), pinned: endpoint.pinned }
}

pub fn endpoint_in(dto: EndpointDto) -> Result<ServerEndpoint, ApiError> {
    let host = dto.host.trim().to_owned();
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return Err(ApiError::new(
            "bad_host",
            format!("{host:?} is not a host name."),
            "Enter a name such as imap.example.org, without a path.",
        ));
    }
    let security = match dto.security.as_str() {
        "tls" => Security::Tls,
        "starttls" => Security::Starttls,
        "none" => Security::None,
        other => return Err(ApiError::bad_request(&format!("security {other}"))),
    };
    Ok(ServerEndpoint { host, port: dto.port, security, pinned: dto.pinned })
}

pub fn guess(guess: ServerGuess) -> ServerGuessDto {
    ServerGuessDto {
        origin: guess.origin,
        username: guess.servers.username,
        imap: endpoint(guess.servers.imap),
        smtp: guess.servers.smtp.map(endpoint),
        foreign: guess.foreign,
        oauth: guess.oauth.map(|id| id.to_string()),
    }
}

pub fn address(address: Address) -> AddressDto {
    AddressDto { name: address.name, email: address.email }
}

pub fn address_in(dto: AddressDto) -> Address {
    Address { name: dto.name, email: dto.email }
}

pub fn mailbox(mailbox: Mailbox) -> MailboxDto {
    MailboxDto {
        pending: mailbox.is_pending(),
        id: Id(mailbox.id.0),
        name: mailbox.name,
        role: mailbox.role.map(|r| r.as_str().to_owned()),
        total: mailbox.total.max(0) as u32,
        unread: mailbox.unread.max(0) as u32,
    }
}

pub fn filter(dto: &ThreadFilter) -> Result<StoreFilter, ApiError> {
    let mut starred = false;
    let place = match (&dto.role, dto.mailbox) {
        (_, None) if dto.split.is_some() => Place::Split(dto.split.map_or(0, |Id(id)| id)),
        (_, Some(Id(id))) => Place::Mailbox(MailboxId(id)),
        (Some(role), None) if role == "starred" => {
            starred = true;
            Place::All
        }
        (Some(role), None) if role == "all" => Place::All,
        (Some(role), None) if role == "snoozed" => Place::Snoozed,
        (Some(role), None) if role == "muted" => Place::Muted,
        (Some(role), None) if role == "reminders" => Place::Reminders,
        (Some(role), None) => {
            Place::Role(MailboxRole::parse(role).ok_or_else(|| ApiError::bad_request(&format!("there is no mailbox role {role}")))?)
        }
        (None, None) => Place::Role(MailboxRole::Inbox),
    };
    Ok(StoreFilter { account: dto.account.map(|Id(id)| AccountId(id)), place, unread_only: dto.unread, starred })
}

/// None: nothing special.
pub fn thread_state(state: domain::mail::ThreadState) -> Option<ThreadState> {
    (!state.is_plain()).then(|| ThreadState {
        snoozed_until: state.snoozed_until.map(millis),
        returned: state.returned.map(|r| r.as_str().to_owned()),
        muted: state.muted,
        remind_at: state.remind_at.map(millis),
    })
}

pub fn thread_row(row: ThreadSummary) -> ThreadRow {
    ThreadRow {
        id: Id(row.id.0),
        account: Id(row.account.0),
        senders: row.senders.into_iter().map(address).collect(),
        count: row.count.max(0) as u32,
        subject: row.subject,
        snippet: row.snippet,
        date: millis(row.date),
        unread: row.unread > 0,
        starred: row.starred,
        attachments: row.has_attachments,
        labels: row.labels,
        pending: row.pending,
        state: thread_state(row.state),
    }
}

pub fn message(summary: MessageSummary, attachments: Vec<AttachmentDto>, mailboxes: Vec<String>) -> MessageDto {
    MessageDto {
        id: Id(summary.id.0),
        from: address(summary.from),
        to: summary.to.into_iter().map(address).collect(),
        cc: summary.cc.into_iter().map(address).collect(),
        date: millis(summary.date),
        snippet: summary.snippet,
        unread: !summary.flags.seen,
        starred: summary.flags.flagged,
        draft: summary.flags.draft,
        mailboxes,
        attachments,
        size: summary.size as f64,
    }
}

pub fn attachment(attachment: Attachment) -> AttachmentDto {
    let risk = risk(&attachment.part.name, &attachment.part.mime);
    AttachmentDto {
        id: Id(attachment.id.0),
        name: attachment.part.name,
        mime: attachment.part.mime,
        size: attachment.part.size as f64,
        inline: attachment.part.inline,
        risk: risk.into(),
    }
}

/// What opening a file could do, as the window names it.
pub fn risk(name: &str, mime: &str) -> &'static str {
    engine::mime::risk(name, mime).as_str()
}

pub fn thread_ids(ids: &[Id]) -> Vec<ThreadId> {
    ids.iter().map(|id| ThreadId(id.0)).collect()
}

pub fn guest(g: GuestView) -> GuestDto {
    GuestDto { name: g.name, email: g.email, answer: g.answer, optional: g.optional }
}

pub fn repeats(r: RepeatsView) -> RepeatsDto {
    RepeatsDto {
        every: r.every,
        interval: r.interval as u32,
        weekdays: r.weekdays,
        count: r.count.map(|n| n as u32),
        until: r.until.map(Millis),
    }
}

pub fn invite(view: InviteView) -> InviteDto {
    InviteDto {
        kind: view.kind,
        summary: view.summary,
        location: view.location,
        start: Millis(view.start),
        end: Millis(view.end),
        days: view.days,
        zone: view.zone,
        there: view.there,
        zone_unknown: view.zone_unknown,
        repeats: view.repeats.map(repeats),
        more: view.more as u32,
        organizer: view.organizer.map(guest),
        guests: view.guests.into_iter().map(guest).collect(),
        guest_count: view.guest_count as u32,
        mine: view.mine,
        noted: view.noted,
        join: view.join,
        over: view.over,
        foreign: view.foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::risk;

    #[test]
    fn risks_follow_the_worse_of_name_and_type() {
        assert_eq!(risk("invoice.pdf.exe", "application/pdf"), "executable");
        assert_eq!(risk("invoice.exe. ", "application/pdf"), "executable");
        assert_eq!(risk("report.docm", "application/octet-stream"), "macro");
        assert_eq!(risk("page.pdf", "text/html"), "html");
        assert_eq!(risk("a.zip", "application/zip"), "archive");
        assert_eq!(risk("photo.jpeg", "image/jpeg"), "none");
        assert_eq!(risk("", ""), "none");
    }
}
