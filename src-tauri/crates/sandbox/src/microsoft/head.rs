//! What lists, filters and resources need to know of a message, read once.

use mail_parser::{Address, HeaderValue, MessageParser};

/// (name, address).
pub(crate) type Person = (String, String);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub subject: String,
    pub from: Vec<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub bcc: Vec<Person>,
    pub reply_to: Vec<Person>,
    /// Without brackets, as all ids here.
    pub message_id: String,
    pub references: Vec<String>,
    /// At most 255 characters.
    pub preview: String,
    pub html: bool,
    pub body: String,
    /// False where there are only inline ones.
    pub has_attachments: bool,
    /// (name, value) of all header fields.
    pub fields: Vec<(String, String)>,
}

impl Head {
    pub fn of(raw: &[u8]) -> Self {
        let Some(mail) = MessageParser::default().parse(raw) else { return Self::default() };
        let ids = |value: &HeaderValue<'_>| match value {
            HeaderValue::Text(one) => vec![one.to_string()],
            HeaderValue::TextList(many) => many.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let mut references = ids(mail.references());
        references.extend(ids(mail.in_reply_to()));
        let text = mail.body_text(0).unwrap_or_default();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let html = mail.html_body.first().and_then(|n| mail.parts.get(*n as usize)).is_some_and(mail_parser::MessagePart::is_text_html);
        let body = if html { mail.body_html(0) } else { mail.body_text(0) };
        let files = super::mime::files(raw);
        Self {
            subject: mail.subject().unwrap_or_default().to_owned(),
            from: people(mail.from()),
            to: people(mail.to()),
            cc: people(mail.cc()),
            bcc: people(mail.bcc()),
            reply_to: people(mail.reply_to()),
            message_id: mail.message_id().unwrap_or_default().to_owned(),
            references,
            preview: words.chars().take(255).collect(),
            html,
            body: body.unwrap_or_default().into_owned(),
            has_attachments: files.iter().any(|f| !f.inline),
            fields: mail.headers_raw().map(|(n, v)| (n.to_owned(), v.split_whitespace().collect::<Vec<_>>().join(" "))).collect(),
        }
    }

    pub fn recipients(&self) -> impl Iterator<Item = &Person> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

fn people(list: Option<&Address<'_>>) -> Vec<Person> {
    let person = |a: &mail_parser::Addr<'_>| (a.name().unwrap_or_default().to_owned(), a.address().unwrap_or_default().to_owned());
    list.into_iter().flat_map(Address::iter).map(person).collect()
}
