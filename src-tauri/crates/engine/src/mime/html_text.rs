//! HTML to plain text for the index, the snippet and the text view: one linear pass, no tree, so that 10,000 newsletters are
//! indexed in seconds and no nesting can hurt. Not a sanitiser: its output is only ever used as text.

use mail_parser::decoders::html::add_html_token;

/// Elements whose content is not text.
const SKIPPED: [&str; 8] = ["script", "style", "title", "template", "noscript", "svg", "math", "object"];
/// Elements that begin and end a line.
const BLOCKS: [&str; 34] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "html",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
    "caption",
];

/// At most `max` bytes of text.
pub(crate) fn html_to_text(html: &str, max: usize) -> String {
    let mut out = Text { out: String::new(), blank: false, lines: 0, quote: 0, at_line_start: true, max };
    let mut rest = html;
    let mut pre = 0usize;
    while !rest.is_empty() && !out.full() {
        let Some(open) = rest.find('<') else {
            out.text(rest, pre > 0);
            break;
        };
        let (before, tag) = rest.split_at(open);
        out.text(before, pre > 0);
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some(name) = tag_name(tag) else {
            // A `<` that begins no tag is text, unless it is a declaration.
            if tag.starts_with("<!") || tag.starts_with("<?") {
                rest = tag.split_once('>').map_or("", |(_, after)| after);
            } else {
                out.text("<", false);
                rest = tag.strip_prefix('<').unwrap_or_default();
            }
            continue;
        };
        let (attributes, after) = end_of_tag(tag);
        rest = after;
        let closing = name.starts_with('/');
        let name = name.trim_start_matches('/').to_ascii_lowercase();
        let name = name.as_str();
        if !closing && SKIPPED.contains(&name) && !attributes.ends_with('/') {
            rest = skip_element(rest, name);
            continue;
        }
        match name {
            "br" => out.line(),
            "blockquote" => {
                out.block();
                out.quote = if closing { out.quote.saturating_sub(1) } else { (out.quote + 1).min(20) };
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "pre" => {
                out.paragraph();
                if name == "pre" {
                    pre = if closing { pre.saturating_sub(1) } else { pre + 1 };
                }
            }
            "li" if !closing => {
                out.block();
                out.text("- ", false);
                out.blank = false;
            }
            "td" | "th" => out.blank = true,
            "hr" => {
                out.block();
                out.text("---", false);
                out.block();
            }
            "img" => {
                if let Some(alt) = attribute(attributes, "alt").filter(|a| !a.trim().is_empty()) {
                    out.text(alt, false);
                }
            }
            _ if BLOCKS.contains(&name) => out.block(),
            _ => {}
        }
    }
    out.finish()
}

/// Name of the tag with its leading `/`, if `tag` begins one.
fn tag_name(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('<')?;
    let start = inner.strip_prefix('/').unwrap_or(inner);
    if !start.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = inner.char_indices().skip(1).find(|(_, c)| c.is_whitespace() || matches!(c, '>' | '/')).map_or(inner.len(), |(i, _)| i);
    inner.get(..end)
}

/// Splits `<tag attributes>rest` into attributes and rest, minding quotes.
fn end_of_tag(tag: &str) -> (&str, &str) {
    let mut quote = None;
    let mut value = false;
    for (i, c) in tag.char_indices().skip(1) {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') if value => quote = Some(c),
            (None, '>') => return (tag.get(1..i).unwrap_or_default(), tag.get(i + 1..).unwrap_or_default()),
            _ => {}
        }
        if !c.is_whitespace() {
            value = c == '=';
        }
    }
    (tag, "")
}

/// First value of a quoted or bare attribute; good enough for `alt`.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.match_indices(name).find(|(i, _)| {
        let before = lower.get(..*i).is_some_and(|b| b.ends_with(char::is_whitespace));
        before && lower.get(i + name.len()..).is_some_and(|a| a.trim_start().starts_with('='))
    })?;
    let value = tag.get(at.0 + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
    match value.chars().next()? {
        q @ ('"' | '\'') => value.get(1..)?.split(q).next(),
        _ => value.split(|c: char| c.is_whitespace() || c == '>').next(),
    }
}

/// What follows `</name>`.
fn skip_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(i) = rest.get(from..).and_then(|r| r.find("</")).map(|i| i + from) {
        let after = rest.get(i + 2..).unwrap_or_default();
        if after.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return after.split_once('>').map_or("", |(_, r)| r);
        }
        from = i + 2;
    }
    ""
}

struct Text {
    out: String,
    /// A blank is due before the next word.
    blank: bool,
    /// Line ends at the end of `out`.
    lines: usize,
    quote: usize,
    at_line_start: bool,
    max: usize,
}

impl Text {
    fn full(&self) -> bool {
        self.out.len() >= self.max
    }
    fn text(&mut self, text: &str, pre: bool) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if self.full() {
                return;
            }
            if c == '&'
                && let Some(entity) = entity(rest)
            {
                let mut decoded = String::new();
                add_html_token(&mut decoded, entity.as_bytes(), false);
                // An unknown entity comes back as it was.
                for d in decoded.chars() {
                    self.char(d, pre);
                }
                rest = rest.get(entity.len()..).unwrap_or_default();
                continue;
            }
            self.char(c, pre);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    fn char(&mut self, c: char, pre: bool) {
        match c {
            '\n' if pre => self.line(),
            // Invisible padding of preheaders.
            '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{ad}' | '\u{34f}' | '\u{2060}' | '\0' => {}
            ' ' | '\t' if pre && !self.at_line_start => self.out.push(c),
            c if c.is_whitespace() => self.blank = true,
            c if c.is_control() => {}
            c => {
                if self.at_line_start {
                    for _ in 0..self.quote {
                        self.out.push_str("> ");
                    }
                } else if self.blank {
                    self.out.push(' ');
                }
                self.blank = false;
                self.at_line_start = false;
                self.lines = 0;
                self.out.push(c);
            }
        }
    }
    /// Ends the line and, where it was empty, leaves an empty one.
    fn line(&mut self) {
        if !self.out.is_empty() && self.lines < 2 {
            self.out.push('\n');
            self.lines += 1;
        }
        self.at_line_start = true;
        self.blank = false;
    }
    fn block(&mut self) {
        if self.lines == 0 {
            self.line();
        }
        self.blank = false;
    }
    fn paragraph(&mut self) {
        self.block();
        if self.lines == 1 {
            self.line();
        }
    }
    fn finish(self) -> String {
        let mut out = self.out;
        out.truncate(out.trim_end().len());
        out
    }
}

/// `&name;` or `&#123;` at the start of `text`.
fn entity(text: &str) -> Option<&str> {
    let end = text.char_indices().skip(1).take(33).find(|(_, c)| !(c.is_ascii_alphanumeric() || *c == '#'))?;
    (end.1 == ';' && end.0 > 1).then(|| text.get(..=end.0)).flatten()
}
