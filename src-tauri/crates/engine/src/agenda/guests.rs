//! Guests are told of what the person does with their own meetings: by the server that schedules (RFC 6638), else by a mail from the address
//! that calls the meeting (RFC 6047).

use calendar::{
    Event, Lasts, When,
    edit::{Context, Notice, NoticeKind, notices},
};
use chrono::{DateTime, TimeDelta};
use domain::{audit::Actor, connection::Account, ids::OutboxId, mail::Address};
use store::CalendarRow;

use super::{
    data::{events, line, series_of},
    respond::UNDO_SECS,
};
use crate::{
    Engine, EngineError,
    mime::build::CalendarPart,
    read::on_pool,
    views::{SendMail, SendOptions, UndoItem, UndoToken},
};

const DAY_SECS: i64 = 86_400;

/// The text of an item before and after; None: it was or is not there.
pub(super) type Change = (Option<String>, Option<String>);

/// What became of telling them.
#[derive(Default)]
pub(super) struct Told {
    /// One for each mail, while it waits.
    pub mails: Vec<UndoToken>,
    /// How many people a mail goes to.
    pub guests: usize,
    /// The address that calls the meeting, where no connected account can send from it.
    pub no_sender: Option<String>,
}

impl Told {
    /// What was done, and what became of telling it.
    pub fn behind(&self, said: String) -> String {
        match (&self.no_sender, self.guests) {
            (Some(address), _) => format!("{said}; its guests were not told: no connected account can send from {address}"),
            (None, 0) => said,
            (None, 1) => format!("{said}; a mail tells one guest"),
            (None, n) => format!("{said}; a mail tells {n} guests"),
        }
    }
}

impl Engine {
    /// Queues the mails about these changes, where the calendar's server sends none. They can be taken back for a moment.
    pub(super) async fn tell_guests(&self, calendar: &CalendarRow, changes: Vec<Change>, actor: Actor) -> Result<Told, EngineError> {
        if calendar.schedules {
            return Ok(Told::default());
        }
        let reader = self.item_reader().await?;
        let now = self.now();
        let found = on_pool(move || {
            let context = Context { now, viewer: &reader.viewer, me: None };
            let mut out: Vec<(Notice, Event)> = Vec::new();
            for (before, after) in changes {
                // A text that can't be read has no guests that anybody knows of.
                let about = notices(before.as_deref(), after.as_deref(), &reader.own, &context).unwrap_or_default();
                let shown = after.or(before).and_then(|ics| series_of(&ics, &reader.viewer)).and_then(|(_, s)| events(&s).next().cloned());
                out.extend(about.into_iter().zip(std::iter::repeat(shown)).filter_map(|(notice, event)| Some((notice, event?))));
            }
            out
        })
        .await?;
        let mut told = Told::default();
        let accounts = self.store().accounts().await?;
        for (notice, event) in found {
            let Some(caller) = event.organizer.as_ref().map(|o| o.address.clone()).or_else(|| caller(&notice)) else { continue };
            match accounts.iter().find(|a| a.can_send && a.email.eq_ignore_ascii_case(&caller)) {
                Some(account) => {
                    told.guests += notice.to.len();
                    told.mails.push(self.send_notice(account, notice, &event, actor).await?);
                }
                None => told.no_sender = Some(caller),
            }
        }
        Ok(told)
    }

    async fn send_notice(&self, account: &Account, notice: Notice, event: &Event, actor: Actor) -> Result<UndoToken, EngineError> {
        let who = if account.display_name.is_empty() { &account.email } else { &account.display_name };
        let (subject, text) = letter(notice.kind, who, event);
        let mail = SendMail {
            from: Some(account.email.clone()),
            to: notice.to.into_iter().map(|p| Address { name: p.name, email: p.address }).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject,
            text,
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            options: SendOptions { undo_seconds: if actor == Actor::Cli { 0 } else { UNDO_SECS }, send_at: None },
            actor,
        };
        let part = CalendarPart { method: notice.kind.method().to_owned(), text: notice.ics };
        let outbox: OutboxId = self.send_mail_with(mail, Some(part)).await?;
        self.emit().outbox(&account.connection, outbox);
        let items = vec![UndoItem { outbox, account: account.id, inverse: None }];
        Ok(UndoToken { items, label: String::new(), count: 1, undoable: true })
    }
}

/// Of a message about an event that has no organizer any more.
fn caller(notice: &Notice) -> Option<String> {
    let (_, series) = series_of(&notice.ics, &domain::time::Zone::fixed(0))?;
    events(&series).find_map(|e| e.organizer.as_ref()).map(|o| o.address.clone())
}

/// Subject and text, for whoever's mail program shows no invitations. In English, like the answers: nobody knows what a guest reads.
fn letter(kind: NoticeKind, who: &str, event: &Event) -> (String, String) {
    let title = line(&event.summary);
    let title = if title.is_empty() { "a meeting" } else { &title };
    let (subject, first) = match kind {
        NoticeKind::Invited => ("Invitation", format!("{who} invites you to {title}.")),
        NoticeKind::Changed => ("Changed", format!("{who} has changed {title}.")),
        NoticeKind::Cancelled => ("Cancelled", format!("{who} has cancelled {title}, or does not expect you there any more.")),
    };
    let mut text = format!("{first}\n\nWhen: {}\n", when(event));
    let place = line(&event.location);
    if !place.is_empty() {
        text.push_str(&format!("Where: {place}\n"));
    }
    if let Some(join) = &event.join {
        text.push_str(&format!("Join: {join}\n"));
    }
    if kind != NoticeKind::Cancelled && !event.description.trim().is_empty() {
        text.push_str(&format!("\n{}\n", event.description.trim()));
    }
    (format!("{subject}: {title}").chars().filter(|c| !c.is_control()).collect(), text)
}

/// "Thursday 3 December 2026, 10:00 to 11:00 (Europe/Berlin)"; of a series its first.
fn when(event: &Event) -> String {
    const DAY: &str = "%A %-d %B %Y";
    let again = if event.rule.is_some() { ", and again" } else { "" };
    let (days, secs) = match event.lasts {
        Lasts::Exactly(secs) => (secs.div_euclid(DAY_SECS), secs),
        Lasts::Nominally { days, secs } => (days, days.saturating_mul(DAY_SECS).saturating_add(secs)),
    };
    if let When::Date(day) = event.start {
        let last = TimeDelta::try_days(days - 1).and_then(|more| day.checked_add_signed(more)).filter(|last| *last > day);
        return match last {
            Some(last) => format!("{} to {}{again}", day.format(DAY), last.format(DAY)),
            None => format!("{}{again}", day.format(DAY)),
        };
    }
    let start = event.start.wall();
    // By the clock of its own zone, which may be put on or back meanwhile.
    let end = match event.start.zone() {
        Some(zone) => {
            let wall = zone.zone().wall_secs(event.start.instant(zone.zone()).plus_secs(secs));
            DateTime::from_timestamp(wall, 0).map(|at| at.naive_utc())
        }
        None => TimeDelta::try_seconds(secs).and_then(|more| start.checked_add_signed(more)),
    };
    let zone = event.start.zone().map(|z| format!(" ({})", z.name())).unwrap_or_default();
    let until = match end.filter(|end| *end > start) {
        Some(end) if end.date() == start.date() => format!(" to {}", end.format("%H:%M")),
        Some(end) => format!(" to {}", end.format("%A %-d %B %Y, %H:%M")),
        None => String::new(),
    };
    format!("{}{until}{zone}{again}", start.format("%A %-d %B %Y, %H:%M"))
}
