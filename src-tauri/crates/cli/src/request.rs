//! From arguments to a request: files and standard input are read here, because they belong to this process.

mod calendar;
mod files;
mod tasks;

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use chrono::NaiveDateTime;
use domain::{
    ExposeSecret as _, SecretString,
    time::{Timestamp, Zone},
};
use engine::{
    EngineError,
    rpc::{
        ConnectDavRequest, ConnectFeedRequest, ConnectImapRequest, ConnectJmapRequest, ConnectTokenRequest, Request, SendRequest, ShowForm,
        WireSecret, endpoint,
    },
};
use zeroize::Zeroizing;

use crate::args::{Command, Connect, DavArgs, FeedArgs, Form, ImapArgs, JmapArgs, Mail, Outbox, SendArgs};

/// A body is text; what is larger belongs into an attachment.
const BODY_MAX: u64 = 20 * 1024 * 1024;

pub fn from(command: &Command) -> Result<Request, EngineError> {
    Ok(match command {
        Command::Connect(Connect::Google(_)) => sign_in("google"),
        Command::Connect(Connect::Microsoft(_)) => sign_in("microsoft"),
        Command::Connect(Connect::Oidc(_)) => sign_in("oidc"),
        Command::Connect(Connect::Imap(args)) => Request::ConnectImap(Box::new(imap(args)?)),
        Command::Connect(Connect::Jmap(args)) => Request::ConnectJmap(Box::new(jmap(args)?)),
        Command::Connect(Connect::Caldav(args)) => Request::ConnectDav(Box::new(dav(args)?)),
        Command::Connect(Connect::Ics(args)) => Request::ConnectFeed(Box::new(feed(args)?)),
        Command::Connect(Connect::Todoist(args)) => token("todoist", "", args.reconnect.as_ref())?,
        Command::Connect(Connect::Github(args)) if args.device => {
            Request::ConnectDevice { integration: "github".into(), reconnect: args.reconnect.clone() }
        }
        Command::Connect(Connect::Github(args)) => token("github", "", args.reconnect.as_ref())?,
        Command::Connect(Connect::Linear(args)) if args.sign_in => {
            Request::ConnectOauth { integration: "linear".into(), reconnect: args.reconnect.clone() }
        }
        Command::Connect(Connect::Linear(args)) => token("linear", "", args.reconnect.as_ref())?,
        Command::Connect(Connect::Asana(args)) => token("asana", "", args.reconnect.as_ref())?,
        Command::Connect(Connect::Notion(args)) => token("notion", "", args.reconnect.as_ref())?,
        Command::Connect(Connect::Trello(args)) => token("trello", &format!("{}:", args.key.trim()), args.token.reconnect.as_ref())?,
        Command::Connect(Connect::Jira(args)) => {
            let before = format!("{}/{}:", args.site.trim(), args.email.trim());
            token("jira", &before, args.token.reconnect.as_ref())?
        }
        Command::Connections => Request::Connections,
        Command::Sync { connection } => Request::Sync { connection: connection.clone() },
        Command::Mail(mail) => return of_mail(mail),
        Command::Calendar(calendar) => Request::Calendar(Box::new(calendar::from(calendar, &engine::zone::local())?)),
        Command::Tasks(tasks) => Request::Tasks(Box::new(tasks::from(tasks)?)),
        Command::Files(files) => Request::Files(Box::new(files::from(files)?)),
        Command::Search { query, limit, after, best } => {
            Request::Search { query: query.clone(), limit: *limit, after: after.clone(), best: *best }
        }
        Command::Outbox(Outbox::List) => Request::OutboxList,
        Command::Outbox(Outbox::Retry { id }) => Request::OutboxRetry { id: id.clone() },
        Command::Outbox(Outbox::Discard { id }) => Request::OutboxDiscard { id: id.clone() },
        Command::Disconnect { id } => Request::Disconnect { id: id.clone() },
        Command::Audit { limit, after } => Request::Audit { limit: *limit, after: after.clone() },
        // The others never come here: they need the home for themselves.
        Command::Doctor | Command::Demo | Command::Sandbox | Command::Rekey(_) | Command::SetAside { .. } | Command::Wipe { .. } => {
            Request::Doctor
        }
        Command::Open { url } => Request::Open { url: url.clone() },
    })
}

fn sign_in(integration: &str) -> Request {
    Request::ConnectOauth { integration: integration.to_owned(), reconnect: None }
}

fn of_mail(mail: &Mail) -> Result<Request, EngineError> {
    Ok(match mail {
        Mail::List { mailbox, connection, limit, after } => {
            Request::MailList { mailbox: mailbox.clone(), connection: connection.clone(), limit: *limit, after: after.clone() }
        }
        Mail::Show { id, form } => Request::MailShow { id: id.clone(), form: form_of(form) },
        Mail::Send(args) => Request::MailSend(Box::new(send(args)?)),
        Mail::Flag { id, flag } => Request::MailFlag { id: id.clone(), flag: (*flag).into() },
        Mail::Move { id, to } => Request::MailMove { id: id.clone(), to: to.clone() },
    })
}

pub fn form_of(form: &Form) -> ShowForm {
    match (form.raw, form.html, form.text) {
        (true, ..) => ShowForm::Raw,
        (_, true, _) => ShowForm::Html,
        (.., true) => ShowForm::Text,
        _ => ShowForm::Full,
    }
}

fn imap(args: &ImapArgs) -> Result<ConnectImapRequest, EngineError> {
    // Servers first: a typing mistake must not cost a typed password.
    let imap = endpoint(&args.imap, args.imap_security.into())?;
    let smtp = args.smtp.as_deref().map(|s| endpoint(s, args.smtp_security.into())).transpose()?;
    Ok(ConnectImapRequest {
        email: args.email.clone(),
        display_name: args.name.clone(),
        username: args.username.clone().unwrap_or_else(|| args.email.clone()),
        password: if args.auth.is_none() { Some(WireSecret::new(password()?)) } else { None },
        imap,
        smtp,
        reconnect: args.reconnect.clone(),
    })
}

fn jmap(args: &JmapArgs) -> Result<ConnectJmapRequest, EngineError> {
    let secret = if args.token_stdin { piped_token("jmap")? } else { password()? };
    Ok(ConnectJmapRequest {
        url: args.url.clone(),
        username: args.username.clone(),
        secret: WireSecret::new(secret),
        reconnect: args.reconnect.clone(),
    })
}

fn dav(args: &DavArgs) -> Result<ConnectDavRequest, EngineError> {
    Ok(ConnectDavRequest {
        url: args.url.clone(),
        username: args.username.clone(),
        password: WireSecret::new(password()?),
        reconnect: args.reconnect.clone(),
    })
}

fn feed(args: &FeedArgs) -> Result<ConnectFeedRequest, EngineError> {
    let url = match &args.url {
        Some(url) => SecretString::from(url.clone()),
        None => secret("address", "printf %s \"$ADDRESS\" | aurelius-cli connect ics --url-stdin")?,
    };
    Ok(ConnectFeedRequest { url: WireSecret::new(url), name: args.name.clone(), private_allowed: args.allow_private })
}

/// `before`: what belongs to the token and is no secret.
fn token(integration: &str, before: &str, reconnect: Option<&String>) -> Result<Request, EngineError> {
    let token = piped_token(integration)?;
    let token = SecretString::from(format!("{before}{}", token.expose_secret().trim()));
    let (integration, token) = (integration.to_owned(), WireSecret::new(token));
    Ok(Request::ConnectToken(Box::new(ConnectTokenRequest { integration, token, reconnect: reconnect.cloned() })))
}

fn piped_token(integration: &str) -> Result<SecretString, EngineError> {
    secret("token", &format!("printf %s \"$TOKEN\" | aurelius-cli connect {integration} … --token-stdin"))
}

fn password() -> Result<SecretString, EngineError> {
    secret("password", "printf %s \"$PASSWORD\" | aurelius-cli connect … --password-stdin")
}

/// Standard input without the end of its line.
fn secret(what: &str, example: &str) -> Result<SecretString, EngineError> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(64 * 1024).read_to_string(&mut text).map_err(|e| unreadable("standard input", &e))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(EngineError::invalid(format!("There is no {what} on standard input."), format!("Pipe it in: {example}")));
    }
    Ok(SecretString::from(secret.to_owned()))
}

fn unreadable(what: &str, e: &std::io::Error) -> EngineError {
    EngineError::new("no_file", format!("{what} can't be read: {e}"), "Check the path, its permissions, and that it is UTF-8 text.")
}

/// A file of text, or standard input for `-`. `too_large`: what to do instead.
fn text_file(path: &Path, max: u64, too_large: &str) -> Result<String, EngineError> {
    let piped = path == Path::new("-");
    let shown = if piped { "standard input".to_owned() } else { path.display().to_string() };
    let mut text = String::new();
    // One more than is allowed, so that nothing is cut off silently.
    let read = if piped {
        std::io::stdin().take(max + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(max + 1).read_to_string(&mut text))
    };
    match read {
        Ok(length) if length as u64 <= max => Ok(text),
        Ok(_) => Err(EngineError::new("too_large", format!("{shown} has more than {} MB.", max >> 20), too_large)),
        Err(e) => Err(unreadable(&shown, &e)),
    }
}

fn body(path: &Path) -> Result<String, EngineError> {
    text_file(path, BODY_MAX, "Attach it with --attach.")
}

/// The engine may run in another process with another working folder.
fn absolute(path: &Path) -> Result<PathBuf, EngineError> {
    std::path::absolute(path).map_err(|e| unreadable(&path.display().to_string(), &e))
}

fn send(args: &SendArgs) -> Result<SendRequest, EngineError> {
    if args.to.is_empty() && args.cc.is_empty() && args.bcc.is_empty() {
        return Err(EngineError::new("no_recipient", "There is no recipient.", "Give at least one of --to, --cc and --bcc."));
    }
    Ok(SendRequest {
        from: args.from.clone(),
        to: args.to.clone(),
        cc: args.cc.clone(),
        bcc: args.bcc.clone(),
        subject: args.subject.clone(),
        text: body(&args.body_file)?,
        html: args.html_file.as_deref().map(body).transpose()?,
        attachments: args.attach.iter().map(|p| absolute(p)).collect::<Result<_, _>>()?,
        in_reply_to: args.in_reply_to.clone(),
        send_at: args.send_at.as_deref().map(|at| time(at, &engine::zone::local())).transpose()?,
        queue: args.queue,
    })
}

/// An instant, or a time of this zone; one that comes twice or never is as [`Zone::instant`] says.
fn time(text: &str, zone: &Zone) -> Result<Timestamp, EngineError> {
    if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp(at.timestamp_millis()));
    }
    let local = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"].iter().find_map(|f| NaiveDateTime::parse_from_str(text, f).ok());
    local.map(|at| zone.instant(at.and_utc().timestamp())).ok_or_else(|| {
        EngineError::invalid(format!("“{text}” is not a time."), "Write it like 2026-03-09T08:00:00Z, or 2026-03-09T08:00 for local time.")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_instants_or_local() {
        // Berlin in 2026: summer time from 29 March to 25 October, 01:00 UTC.
        let berlin = Zone::new(|at| if (1_774_746_000..1_792_890_000).contains(&at.secs()) { 7_200 } else { 3_600 });
        let time = |text: &str| time(text, &berlin);
        assert_eq!(time("2026-03-09T08:00:00Z").unwrap(), Timestamp::from_secs(1_773_043_200));
        assert_eq!(time("2026-03-09T10:00:00+02:00").unwrap(), Timestamp::from_secs(1_773_043_200));
        for (local, utc) in [
            ("2026-03-09 08:00", "2026-03-09T07:00:00Z"),
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            // Never comes: half past three.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
            ("2026-07-03 08:00", "2026-07-03T06:00:00Z"),
            // Comes twice: the first.
            ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),
            ("2026-10-25 03:00", "2026-10-25T02:00:00Z"),
        ] {
            assert_eq!(time(local).unwrap(), time(utc).unwrap(), "{local}");
        }
        for bad in ["", "tomorrow", "2026-03-09", "2026-02-30T08:00:00Z", "8:00"] {
            assert_eq!(time(bad).unwrap_err().code, "invalid", "{bad}");
        }
    }
}
