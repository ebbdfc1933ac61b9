//! Answers and forwards: who gets them, what they are called, and the quotation below.

use domain::{
    mail::{Address, ParsedMail},
    time::Zone,
};

use super::{Bodies, quote, text_to_html};
use crate::sanitize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    Reply,
    ReplyAll,
    Forward,
}

/// What the composer starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplySeed {
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    /// Without brackets; None for forwards, which begin a thread of their own.
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// Clean: no remote images, no scripts, no forms. A forward keeps the pictures that came with the mail, as `cid:`.
    pub quoted_html: String,
    pub quoted_text: String,
}

/// `own` holds the person's addresses: an answer never goes back to oneself, except to a note to self. The date of the quotation is
/// told as the clock of `zone` showed it then.
pub fn seed(kind: ReplyKind, mail: &ParsedMail, bodies: &Bodies, own: &[String], zone: &Zone) -> ReplySeed {
    let (to, cc) = recipients(kind, mail, own);
    let forward = kind == ReplyKind::Forward;
    let head = if forward { forward_head(mail, zone) } else { vec![attribution(mail, zone)] };
    let body = match &bodies.html {
        Some(html) if forward => sanitize::for_forward(html, &|cid| bodies.inline.contains_key(cid)),
        Some(html) => sanitize::for_quote(html),
        None => text_to_html(&bodies.text),
    };
    let head_html = head.iter().map(|l| escape(l)).collect::<Vec<_>>().join("<br>");
    let head_text = head.join("\n");
    let (quoted_html, quoted_text) = if forward {
        (format!("<div>{head_html}<br></div><div>{body}</div>"), format!("{head_text}\n\n{}", bodies.text))
    } else {
        let lines: Vec<String> = bodies.text.lines().map(|l| if l.starts_with('>') { format!(">{l}") } else { format!("> {l}") }).collect();
        (format!("<div>{head_html}</div><blockquote type=\"cite\">{body}</blockquote>"), format!("{head_text}\n{}", lines.join("\n")))
    };
    ReplySeed {
        to,
        cc,
        subject: subject(&mail.subject, forward),
        in_reply_to: (!forward && !mail.message_id.is_empty()).then(|| mail.message_id.clone()),
        references: if forward { Vec::new() } else { references(mail) },
        quoted_html,
        quoted_text,
    }
}

/// RFC 5322 section 3.6.4: the parent's References (else its one In-Reply-To) and the parent itself. Long chains keep their
/// beginning and their end.
pub fn references(mail: &ParsedMail) -> Vec<String> {
    let mut out = mail.references.clone();
    if let ([], [one]) = (out.as_slice(), mail.in_reply_to.as_slice()) {
        out.push(one.clone());
    }
    if !mail.message_id.is_empty() {
        out.retain(|id| *id != mail.message_id);
        out.push(mail.message_id.clone());
    }
    if out.len() > 30 {
        let tail = out.split_off(out.len() - 29);
        out.truncate(1);
        out.extend(tail);
    }
    out
}

fn recipients(kind: ReplyKind, mail: &ParsedMail, own: &[String]) -> (Vec<Address>, Vec<Address>) {
    let is_own = |a: &Address| own.iter().any(|o| o.eq_ignore_ascii_case(&a.email));
    let author: &[Address] = if mail.reply_to.is_empty() { &mail.from } else { &mail.reply_to };
    if kind == ReplyKind::Forward {
        return (Vec::new(), Vec::new());
    }
    // Answering one's own mail goes on writing to the same people.
    let mine = mail.from.iter().any(is_own) && !mail.from.is_empty();
    let mut to: Vec<Address> = Vec::new();
    let first: &[Address] = if mine && !mail.to.is_empty() { &mail.to } else { author };
    extend(&mut to, first.iter().filter(|a| mine || !is_own(a)));
    if to.is_empty() {
        extend(&mut to, author.iter());
    }
    let mut cc = Vec::new();
    if kind == ReplyKind::ReplyAll {
        let rest = mail.to.iter().chain(&mail.cc).filter(|a| !is_own(a) && !to.iter().any(|t| t.email.eq_ignore_ascii_case(&a.email)));
        extend(&mut cc, rest);
    }
    (to, cc)
}

fn extend<'a>(list: &mut Vec<Address>, more: impl Iterator<Item = &'a Address>) {
    for a in more {
        if !a.email.is_empty() && !list.iter().any(|l| l.email.eq_ignore_ascii_case(&a.email)) {
            list.push(a.clone());
        }
    }
}

const REPLY: [&str; 10] = ["re", "aw", "sv", "antw", "odp", "vs", "ref", "rif", "rép", "回复"];
const FORWARD: [&str; 10] = ["fwd", "fw", "wg", "tr", "vl", "doorst", "rv", "enc", "i", "转发"];

/// One prefix, whatever stood there before (`Re: AW: Re[2]: x` becomes `Re: x`).
pub fn subject(original: &str, forward: bool) -> String {
    let base = base_subject(original);
    let prefix = if forward { "Fwd: " } else { "Re: " };
    format!("{prefix}{base}").trim_end().to_owned()
}

/// The subject without reply and forward prefixes; what threads by subject compares.
pub fn base_subject(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((prefix, after)) = rest.split_once([':', '：']) {
        let word = prefix.split(['[', '(']).next().unwrap_or(prefix).trim().to_lowercase();
        if !(REPLY.contains(&word.as_str()) || FORWARD.contains(&word.as_str())) {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

fn shown(a: &Address) -> String {
    if a.name.is_empty() { a.email.clone() } else { format!("{} <{}>", a.name, a.email) }
}

fn when(mail: &ParsedMail, zone: &Zone) -> String {
    let shown = mail.date.and_then(|d| chrono::DateTime::from_timestamp(zone.wall_secs(d), 0));
    shown.map(|d| d.format("%-d %b %Y at %H:%M").to_string()).unwrap_or_default()
}

fn attribution(mail: &ParsedMail, zone: &Zone) -> String {
    let who = mail.from.first().map_or_else(|| "somebody".to_owned(), shown);
    match when(mail, zone) {
        when if when.is_empty() => format!("{who} wrote:"),
        when => format!("On {when}, {who} wrote:"),
    }
}

fn forward_head(mail: &ParsedMail, zone: &Zone) -> Vec<String> {
    let people = |list: &[Address]| list.iter().map(shown).collect::<Vec<_>>().join(", ");
    let mut out = vec!["---------- Forwarded message ----------".to_owned(), format!("From: {}", people(&mail.from))];
    out.push(format!("Date: {}", when(mail, zone)));
    out.push(format!("Subject: {}", mail.subject));
    out.push(format!("To: {}", people(&mail.to)));
    if !mail.cc.is_empty() {
        out.push(format!("Cc: {}", people(&mail.cc)));
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The answer's own part of a text, for previews of drafts.
pub fn own_text(text: &str) -> String {
    quote::fold(text).visible
}
