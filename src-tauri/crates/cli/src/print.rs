//! Results for people; with `--json` the value itself on one line.

mod calendar;
mod files;
mod tasks;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::rpc::ShowForm;
use serde_json::Value;

use crate::{
    args::{Browser, Command, Connect, Mail, Outbox},
    emit,
    request::form_of,
    write_bytes, write_out,
};

pub struct Printer<'a> {
    command: &'a Command,
    json: bool,
}

impl<'a> Printer<'a> {
    pub const fn new(command: &'a Command, json: bool) -> Self {
        Self { command, json }
    }

    /// What has to be known before the command is done: a line of JSON for scripts; a code to type in is words on standard error, so that
    /// what is piped on is only the result.
    pub fn line(&self, line: &Value) {
        let Some(code) = line.get("user_code").and_then(Value::as_str).filter(|_| !self.json) else { return emit(line) };
        eprintln!(
            "Open {} and type in this code:\n\n    {code}\n\nWaiting until {} …",
            text(line, "/verification_uri"),
            text(line, "/expires_at")
        );
    }

    /// Opens the browser at the address that was just printed.
    pub fn invite(&self, line: &Value) {
        let Some(url) = line.get("authorize_url").and_then(Value::as_str) else { return };
        let wanted = match self.command {
            Command::Connect(
                Connect::Google(Browser { no_browser })
                | Connect::Microsoft(Browser { no_browser })
                | Connect::Oidc(Browser { no_browser }),
            ) => !no_browser,
            Command::Connect(Connect::Imap(args)) => !args.browser.no_browser,
            Command::Connect(Connect::Linear(args)) => !args.browser.no_browser,
            _ => false,
        };
        if wanted && open::that_detached(url).is_err() && !self.json {
            eprintln!("No browser could be started: open the address above yourself.");
        }
    }

    pub fn done(&self, value: &Value) {
        if self.json {
            return emit(value);
        }
        match self.command {
            Command::Connect(_) | Command::Open { .. } => write_out(&connection(value)),
            Command::Connections => write_out(&table(
                value,
                &[
                    ("ID", "/id"),
                    ("ACCOUNT", "/email"),
                    ("BY", "/integration"),
                    ("STATE", "/health"),
                    ("MESSAGES", "/messages"),
                    ("LAST SYNC", "/last_sync"),
                    ("REASON", "/reason"),
                ],
            )),
            Command::Sync { .. } => sync(value),
            Command::Mail(Mail::List { .. }) | Command::Search { .. } => messages(value),
            Command::Mail(Mail::Show { form, .. }) => show(value, form_of(form)),
            Command::Mail(Mail::Send(_)) => {
                write_out(&format!("{}: {} (outbox {})\n", text(value, "/state"), text(value, "/subject"), text(value, "/id")));
            }
            Command::Mail(Mail::Flag { .. } | Mail::Move { .. }) => {
                write_out(&format!("{} ({}): {}\n", text(value, "/action"), text(value, "/state"), text(value, "/subject")));
            }
            Command::Calendar(act) => calendar::done(act, value, &engine::zone::local()),
            Command::Tasks(act) => tasks::done(act, value, &engine::zone::local()),
            Command::Files(act) => files::done(act, value),
            Command::Outbox(Outbox::List) => write_out(&table(
                value,
                &[
                    ("ID", "/id"),
                    ("KIND", "/kind"),
                    ("STATE", "/state"),
                    ("REASON", "/reason"),
                    ("TRIES", "/attempts"),
                    ("SUBJECT", "/subject"),
                    ("DETAIL", "/detail"),
                ],
            )),
            Command::Outbox(Outbox::Retry { .. }) => write_out(&format!("{}: {}\n", text(value, "/kind"), text(value, "/outcome"))),
            Command::Outbox(Outbox::Discard { .. }) => write_out("discarded\n"),
            Command::Disconnect { .. } => {
                write_out(&format!("{}\n{} messages erased here.\n", text(value, "/message"), text(value, "/erased_messages")));
            }
            Command::Audit { .. } => write_out(&table(
                value,
                &[
                    ("ID", "/id"),
                    ("AT", "/at"),
                    ("WHO", "/actor"),
                    ("WHAT", "/action"),
                    ("TARGET", "/target"),
                    ("OUTCOME", "/outcome"),
                    ("DETAIL", "/detail"),
                ],
            )),
            Command::Doctor => {
                write_out(&table(value, &[("STATE", "/state"), ("CHECK", "/label"), ("DETAIL", "/detail"), ("WHAT TO DO", "/hint")]));
            }
            Command::Rekey(_) => write_out(&format!(
                "The key has been changed; it is protected by the {} now.\n{} secrets and {} files were put under it.\n",
                text(value, "/protection"),
                text(value, "/secrets"),
                text(value, "/files")
            )),
            Command::SetAside { .. } => write_out(&set_aside(value)),
            Command::Wipe { .. } => write_out(&wipe(value)),
            Command::Demo | Command::Sandbox => emit(value),
        }
    }
}

/// A field as text; nothing for null.
fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(s)) => printable(s),
        Some(other) => other.to_string(),
    }
}

/// Mail is hostile: no control character of a subject may reach the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The same, line by line.
fn printable_lines(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect()
}

fn items(value: &Value) -> &[Value] {
    value.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn table(value: &Value, columns: &[(&str, &str)]) -> String {
    let rows: Vec<Vec<String>> = items(value).iter().map(|item| columns.iter().map(|(_, p)| text(item, p)).collect()).collect();
    let heads: Vec<&str> = columns.iter().map(|c| c.0).collect();
    grid(&heads, rows) + &more(value)
}

/// Columns of one width each, whatever is in them.
fn grid(heads: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return "nothing\n".to_owned();
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.iter().map(|cell| clip(cell, 60)).collect()).collect();
    let width = |i: usize| {
        let head = heads.get(i).map_or(0, |h| h.chars().count());
        rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).chain([head]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut out = String::new();
        for (cell, width) in cells.zip(&widths) {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 2));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    };
    let mut out = line(&mut heads.iter().copied());
    for row in &rows {
        out.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    out
}

fn more(value: &Value) -> String {
    value.get("next").and_then(Value::as_str).map(|next| format!("more: --after {next}\n")).unwrap_or_default()
}

fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max { text.to_owned() } else { text.chars().take(max - 1).chain(['…']).collect() }
}

fn person(value: &Value, pointer: &str) -> String {
    let (name, email) = (text(value, &format!("{pointer}/name")), text(value, &format!("{pointer}/email")));
    if name.is_empty() { email } else { name }
}

fn messages(value: &Value) {
    let mut out = String::new();
    for m in items(value) {
        let mark = |field: &str, sign: char| if m.get(field).and_then(Value::as_bool) == Some(true) { sign } else { ' ' };
        out.push_str(&format!(
            "{:<18} {}  {}{}{}  {:<24} {}\n",
            text(m, "/id"),
            text(m, "/date"),
            mark("unread", '•'),
            mark("starred", '*'),
            mark("has_attachments", '@'),
            clip(&person(m, "/from"), 24),
            clip(&text(m, "/subject"), 80),
        ));
    }
    if out.is_empty() {
        out.push_str("nothing\n");
    }
    out.push_str(&more(value));
    write_out(&out);
}

fn connection(value: &Value) -> String {
    let send = match value.get("integration").and_then(Value::as_str) {
        Some("caldav" | "ics") => "calendars; `sync` fetches them",
        Some("todoist" | "github" | "linear" | "asana" | "trello" | "jira") => "tasks; `sync` fetches them",
        _ if value.get("can_send").and_then(Value::as_bool) == Some(true) => "reads and sends",
        _ => "receive-only",
    };
    let mut out = format!("{} connected by {} ({send})\nid {}\n", text(value, "/email"), text(value, "/integration"), text(value, "/id"));
    for note in value.get("notes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        out.push_str(&format!("{}\n", printable(note.as_str().unwrap_or_default())));
    }
    out
}

fn set_aside(value: &Value) -> String {
    let mut out = format!("Moved to {}; nothing was deleted:\n", text(value, "/folder"));
    for item in items(value) {
        out.push_str(&format!("  {} ({} bytes)\n", text(item, "/id"), text(item, "/bytes")));
    }
    out.push_str(&format!("{}\n", text(value, "/next_step")));
    out
}

fn wipe(value: &Value) -> String {
    let mut out = format!("Everything of this workspace is erased ({} bytes).\n", text(value, "/bytes"));
    for item in items(value) {
        let words = match item.get("outcome").and_then(Value::as_str) {
            Some("revoked") => "the access was withdrawn",
            _ => "the access could not be withdrawn: remove it on the account page",
        };
        out.push_str(&format!("  {} {}: {words} {}\n", text(item, "/provider"), text(item, "/id"), text(item, "/account_page")));
    }
    if value.get("key_left").and_then(Value::as_bool) == Some(true) {
        out.push_str("The keyring did not answer: a key that opens nothing any more is still in it, under the name aurelius.\n");
    }
    for name in value.get("kept").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        out.push_str(&format!("  {name} is not of Aurelius and was left\n"));
    }
    out
}

fn sync(value: &Value) {
    let mut out = table(
        value,
        &[
            ("SCOPE", "/scope"),
            ("ADDED", "/added"),
            ("UPDATED", "/updated"),
            ("REMOVED", "/removed"),
            ("BYTES", "/bytes"),
            ("MS", "/ms"),
            ("ERROR", "/error/message"),
        ],
    );
    for item in value.get("outbox").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        out.push_str(&format!(
            "outbox {} {}: {} {}\n",
            text(item, "/id"),
            text(item, "/kind"),
            text(item, "/outcome"),
            text(item, "/detail")
        ));
    }
    write_out(&out);
}

fn show(value: &Value, form: ShowForm) {
    let raw = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match form {
        ShowForm::Raw if raw("/encoding") == "base64" => write_bytes(&STANDARD.decode(raw("/raw")).unwrap_or_default()),
        ShowForm::Raw => write_bytes(raw("/raw").as_bytes()),
        ShowForm::Html => write_out(&format!("{}\n", printable_lines(raw("/html")))),
        ShowForm::Text => write_out(&format!("{}\n", printable_lines(raw("/text")))),
        ShowForm::Full => {
            let people = |field: &str| {
                let list = value.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                list.iter().map(address).collect::<Vec<_>>().join(", ")
            };
            let mut out = format!(
                "From:    {}\nTo:      {}\nDate:    {}\nSubject: {}\n",
                value.get("from").map(address).unwrap_or_default(),
                people("to"),
                text(value, "/date"),
                text(value, "/subject")
            );
            if !people("cc").is_empty() {
                out.push_str(&format!("Cc:      {}\n", people("cc")));
            }
            for a in value.get("attachments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
                out.push_str(&format!("File:    {} ({}, {} bytes)\n", text(a, "/name"), text(a, "/mime"), text(a, "/size")));
            }
            for w in value.get("warnings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
                out.push_str(&format!("Note:    {}\n", text(w, "/message")));
            }
            out.push_str(&format!("\n{}\n", printable_lines(raw("/text"))));
            if !raw("/quoted").is_empty() {
                out.push_str(&format!("\n{}\n", printable_lines(raw("/quoted"))));
            }
            write_out(&out);
        }
    }
}

fn address(a: &Value) -> String {
    let (name, email) = (text(a, "/name"), text(a, "/email"));
    if name.is_empty() { email } else { format!("{name} <{email}>") }
}
