//! The text of an event.
//!
//! Graph keeps it as HTML or as plain text. What Teams writes under it has to stay: without it the meeting is none any more.

use calendar::lines::Line;
use serde_json::{Value, json};

use super::{super::model::ItemBody, model::Event};
use crate::ical::{Entry, lines::untagged};

/// Teams draws a line above what it writes.
const RULER: &str = "________________";

/// DESCRIPTION, and the same in HTML where it is kept as that. Nothing where nothing is said.
pub fn lines(body: &ItemBody) -> Vec<Line> {
    if !body.content_type.eq_ignore_ascii_case("html") {
        let text = body.content.replace("\r\n", "\n");
        return if text.trim().is_empty() { Vec::new() } else { vec![Line::text("DESCRIPTION", &text)] };
    }
    let text = untagged(&body.content);
    if text.is_empty() {
        return Vec::new();
    }
    vec![Line::text("DESCRIPTION", &text), Line::text("X-ALT-DESC", &body.content).with("FMTTYPE", "text/html")]
}

/// What the event says, as Graph's `body`. `known`: where one meets on the net as far as Graph knows it; another address goes into the text,
/// because there is no field for it.
pub fn json(entry: &Entry, known: Option<&str>) -> Value {
    let text = entry.component.text("DESCRIPTION").unwrap_or_default();
    let place = entry.component.text("LOCATION").unwrap_or_default();
    let new = |link: &&str| Some(*link) != known && !text.contains(*link) && !place.contains(*link);
    let links: Vec<&str> = entry.links().filter(new).collect();
    let html = entry.component.line("X-ALT-DESC").map(Line::unescaped);
    // An HTML version of another text is one that somebody forgot.
    if let Some(html) = html.filter(|html| untagged(html) == text) {
        let more = links.iter().fold(String::new(), |text, link| text + "<p>" + &escaped(link) + "</p>");
        return json!({ "contentType": "html", "content": format!("{html}{more}") });
    }
    let all: Vec<&str> = std::iter::once(text.as_str()).filter(|text| !text.is_empty()).chain(links).collect();
    json!({ "contentType": "text", "content": all.join("\n\n") })
}

/// A new text in the place of what `there` says, with what Teams wrote still under it.
pub fn instead(new: &Value, there: &Event) -> Value {
    let Some(old) = there.body.as_ref().filter(|_| there.is_online_meeting) else { return new.clone() };
    let said = |name: &str| new.get(name).and_then(Value::as_str).unwrap_or_default();
    let (content, html) = (said("content"), said("contentType") == "html");
    let Some(blob) = blob(&old.content).filter(|blob| !content.contains(*blob)) else { return new.clone() };
    // In what the person edited as text, Teams' part came along.
    let own = if html { content.to_owned() } else { paragraphs(content.split(RULER).next().unwrap_or_default().trim_end()) };
    json!({ "contentType": "html", "content": format!("{own}{blob}") })
}

/// From the element on that the line is in.
fn blob(html: &str) -> Option<&str> {
    let ruler = html.find(RULER)?;
    let at = html.get(..ruler)?.rfind("<div").or_else(|| html.get(..ruler)?.rfind('<')).unwrap_or(ruler);
    html.get(at..)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn paragraphs(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<div>{}</div>", escaped(text).replace('\n', "<br>")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAMS: &str =
        "<div class=\"me-email-text\"><div>________________________________________</div><a href=\"https://t.example/j\">Join</a></div>";

    fn meeting(content: &str) -> Event {
        let body = Some(ItemBody { content_type: "html".to_owned(), content: content.to_owned() });
        Event { is_online_meeting: true, body, ..Event::default() }
    }

    #[test]
    fn what_teams_wrote_stays_under_a_new_text() {
        let there = meeting(&format!("<p>Agenda</p>{TEAMS}"));
        let new =
            json!({"contentType": "text", "content": "Numbers & offers\nthen <lunch>\n\n________________________________________\nJoin"});
        let told = instead(&new, &there);
        let content = told["content"].as_str().unwrap();
        assert!(content.starts_with("<div>Numbers &amp; offers<br>then &lt;lunch&gt;</div><div>____"), "{content}");
        assert!(content.contains("https://t.example/j") && told["contentType"] == "html");
        // Whoever kept it needs no help, and an event without Teams none either.
        assert_eq!(instead(&told, &meeting(content)), told);
        assert_eq!(instead(&new, &Event { is_online_meeting: false, ..there }), new);
        assert_eq!(instead(&new, &meeting("<p>Agenda</p>")), new);
    }

    #[test]
    fn empty_texts_are_no_lines() {
        let of = |kind: &str, content: &str| lines(&ItemBody { content_type: kind.to_owned(), content: content.to_owned() }).len();
        assert_eq!(
            [of("html", "<html><head></head><body></body></html>"), of("text", "\r\n"), of("text", "x"), of("html", "<p>x</p>")],
            [0, 0, 1, 2]
        );
    }
}
