//! A tolerant scanner over tags: over the raw input to find what must be known before it is cleaned, and over canonical HTML to
//! rewrite it. Nothing that it decides about raw input is relied on for safety.

/// What the raw input holds.
pub(super) struct Scan {
    /// The input with `<body …>` turned into `<div data-mail-body …>`: a fragment parser drops body and its colours.
    pub html: String,
    /// Content of all style elements.
    pub styles: String,
    pub forms: u32,
    pub entangled: bool,
}

/// Elements that html5ever keeps in its list of active formatting elements.
const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const MAX_FORMATTING: i64 = 400;
const MAX_DEPTH: i64 = 3_000;
const MAX_STYLES: usize = 256 * 1024;

pub(super) fn scan(html: &str) -> Scan {
    let mut out = Scan { html: String::with_capacity(html.len() + 32), styles: String::new(), forms: 0, entangled: false };
    let (mut formatting, mut depth) = (0i64, 0i64);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (before, tag) = rest.split_at(open);
        out.html.push_str(before);
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some((inner, after)) = split_tag(tag) else {
            if begins_tag(tag) {
                // A tag without an end swallows the rest, here as in a browser; looking further would be quadratic.
                rest = "";
                break;
            }
            out.html.push('<');
            rest = tag.strip_prefix('<').unwrap_or_default();
            continue;
        };
        let whole = tag.get(..tag.len() - after.len()).unwrap_or(tag);
        let name = tag_name(inner).to_ascii_lowercase();
        rest = after;
        match name.as_str() {
            "style" => {
                let lower = find_close(rest, "style");
                if out.styles.len() < MAX_STYLES {
                    out.styles.push_str(rest.get(..lower).unwrap_or(rest));
                    out.styles.push('\n');
                }
                rest = rest.get(lower..).unwrap_or_default();
                rest = rest.split_once('>').map_or("", |(_, a)| a);
                continue;
            }
            "script" | "title" | "textarea" | "xmp" | "noscript" => {
                let end = find_close(rest, &name);
                rest = rest.get(end..).unwrap_or_default().split_once('>').map_or("", |(_, a)| a);
                continue;
            }
            "body" => {
                out.html.push_str("<div data-mail-body=\"\" ");
                out.html.push_str(whole.get("<body".len()..).unwrap_or(">"));
                continue;
            }
            "form" | "input" | "select" | "button" if !inner.starts_with('/') => out.forms += u32::from(name == "form" || name == "input"),
            n if FORMATTING.contains(&n) => formatting += 1,
            n if n.strip_prefix('/').is_some_and(|n| FORMATTING.contains(&n)) => formatting -= 1,
            _ => {}
        }
        if name.starts_with('/') {
            depth = (depth - 1).max(0);
        } else if !VOID.contains(&name.as_str()) && !inner.ends_with('/') {
            depth += 1;
        }
        out.entangled |= formatting > MAX_FORMATTING || depth > MAX_DEPTH;
        out.html.push_str(whole);
    }
    out.html.push_str(rest);
    out
}

pub(super) const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Byte offset of `</name`, or the end.
fn find_close(rest: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(i) = rest.get(from..).and_then(|r| r.find("</")).map(|i| i + from) {
        if rest.get(i + 2..i + 2 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return i;
        }
        from = i + 2;
    }
    rest.len()
}

fn begins_tag(tag: &str) -> bool {
    let inner = tag.strip_prefix('<').unwrap_or_default();
    inner.strip_prefix('/').unwrap_or(inner).starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Splits `<inner>after`, minding quoted attribute values; None where this `<` begins no tag.
pub(super) fn split_tag(tag: &str) -> Option<(&str, &str)> {
    let inner = tag.strip_prefix('<')?;
    let first = inner.strip_prefix('/').unwrap_or(inner).chars().next()?;
    if !first.is_ascii_alphabetic() {
        return None;
    }
    let mut quote = None;
    let mut value = false;
    for (i, c) in inner.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') if value => quote = Some(c),
            (None, '>') => return Some((inner.get(..i)?, inner.get(i + 1..)?)),
            _ => {}
        }
        if !c.is_whitespace() {
            value = c == '=';
        }
    }
    None
}

/// Name with its leading `/`.
pub(super) fn tag_name(inner: &str) -> &str {
    let end = inner.char_indices().skip(1).find(|(_, c)| c.is_whitespace() || matches!(c, '/' | '>')).map_or(inner.len(), |(i, _)| i);
    inner.get(..end).unwrap_or_default()
}

/// Attributes of a canonical tag (`a="v"`, quotes escaped), values decoded.
pub(super) fn attributes(inner: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = inner.get(tag_name(inner).len()..).unwrap_or_default().trim_start();
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        out.push((name.trim().to_ascii_lowercase(), unescape(value)));
        rest = after.trim_start();
    }
    out
}

/// The entities that the serialiser writes.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}
