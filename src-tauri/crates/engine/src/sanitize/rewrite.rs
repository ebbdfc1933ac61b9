//! The pass between the two allow-lists: CSS inlined, images and links judged and counted.
//!
//! Works on the text that ammonia wrote, so tags are balanced, names are lower case and attribute values quoted.

use std::collections::HashSet;

use url::Url;

use super::{
    Images, LinkInfo, Options, Sanitised, Sources, Tracker, TrackerKind,
    css::{self, Declaration, Element, Sheet},
    hosts, links,
    markup::{VOID, attributes, escape, split_tag, tag_name, unescape},
};

pub(super) struct Rewritten {
    pub out: Sanitised,
    pub sources: Sources,
}

struct Node {
    tag: String,
    id: Option<String>,
    classes: Vec<String>,
    body: bool,
    hidden: bool,
}

impl Element for Node {
    fn is(&self, tag: &str) -> bool {
        self.tag == tag || self.body && matches!(tag, "body" | "html")
    }
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn has_class(&self, class: &str) -> bool {
        self.classes.iter().any(|c| c == class)
    }
}

struct Pass<'a> {
    sheet: &'a Sheet,
    options: &'a Options<'a>,
    out: Sanitised,
    html: String,
    sources: Sources,
    path: Vec<Node>,
    /// Open link: href and its text so far.
    link: Option<(String, String)>,
    /// Hosts of redirecting links that are already listed.
    redirects: HashSet<String>,
    /// Inlined CSS must not multiply the mail.
    room: usize,
}

pub(super) fn rewrite(html: &str, sheet: &Sheet, options: &Options<'_>) -> Rewritten {
    let mut pass = Pass {
        sheet,
        options,
        out: Sanitised::default(),
        html: String::with_capacity(html.len() * 2),
        sources: Sources::new(),
        path: Vec::new(),
        link: None,
        redirects: HashSet::new(),
        room: html.len() * 4 + 512 * 1024,
    };
    pass.html.push_str("<div>");
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (text, tag) = rest.split_at(open);
        pass.text(text);
        let Some((inner, after)) = split_tag(tag) else {
            pass.html.push_str("&lt;");
            rest = tag.strip_prefix('<').unwrap_or_default();
            continue;
        };
        rest = after;
        match inner.strip_prefix('/') {
            Some(name) => pass.close(name.trim()),
            None => pass.open(inner),
        }
    }
    pass.text(rest);
    pass.end_link();
    pass.html.push_str("</div>");
    pass.out.html = pass.html;
    Rewritten { out: pass.out, sources: pass.sources }
}

impl Pass<'_> {
    fn text(&mut self, text: &str) {
        if let Some((_, shown)) = &mut self.link
            && shown.len() < 1_000
        {
            shown.push_str(&unescape(text));
        }
        self.html.push_str(text);
    }

    fn close(&mut self, name: &str) {
        if name == "a" {
            self.end_link();
        }
        if self.path.last().is_some_and(|n| n.tag == name) {
            self.path.pop();
        }
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
    }

    fn end_link(&mut self) {
        let Some((href, text)) = self.link.take() else { return };
        if self.out.links.len() < 2_000 {
            let check = links::check_link(&text, &href);
            self.out.links.push(LinkInfo {
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                href,
                host: check.host,
                suspicious: check.reasons.into_iter().next(),
            });
        }
    }

    fn open(&mut self, inner: &str) {
        let tag = tag_name(inner).trim_end_matches('/').to_owned();
        let mut attrs = attributes(inner);
        let take = |attrs: &mut Vec<(String, String)>, name: &str| attrs.iter().position(|(n, _)| n == name).map(|i| attrs.remove(i).1);
        let id = take(&mut attrs, "id");
        let body = take(&mut attrs, "data-mail-body").is_some();
        let background = take(&mut attrs, "background");
        let class = attrs.iter().find(|(n, _)| n == "class").map(|(_, v)| v.clone()).unwrap_or_default();
        let style = take(&mut attrs, "style").unwrap_or_default();
        self.path.push(Node {
            tag: tag.clone(),
            id,
            classes: class.split_ascii_whitespace().take(20).map(str::to_owned).collect(),
            body,
            hidden: false,
        });
        let style = self.style(&style);
        let hidden = is_hidden(&style) || self.path.iter().rev().skip(1).take(1).any(|n| n.hidden);
        if let Some(node) = self.path.last_mut() {
            node.hidden = hidden;
        }
        self.own_background(&style, &attrs, background.is_some());
        if background.as_deref().is_some_and(is_remote) && !matches!(self.options.images, Images::Dropped) {
            // A background image is never shown, so it is neither offered nor counted as one that could be.
            self.tracker_of(background.as_deref().unwrap_or_default(), false);
        }
        let keep = match tag.as_str() {
            "img" => self.image(&mut attrs, &style, hidden),
            "a" => {
                self.anchor(&mut attrs);
                true
            }
            _ => true,
        };
        let void = VOID.contains(&tag.as_str());
        if keep {
            self.html.push('<');
            self.html.push_str(&tag);
            for (name, value) in &attrs {
                self.attribute(name, value);
            }
            if !style.is_empty() {
                let value = css::to_attribute(&style);
                self.attribute("style", &value);
            }
            self.html.push('>');
        }
        if void {
            self.path.pop();
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.html.push(' ');
        self.html.push_str(name);
        self.html.push_str("=\"");
        escape(value, &mut self.html);
        self.html.push('"');
    }

    /// The cascade: sheet by specificity, then the attribute; important ones last. Later ones replace earlier ones.
    fn style(&mut self, own: &str) -> Vec<Declaration> {
        let mut all = Vec::new();
        if self.room > 0
            && let Some(node) = self.path.last()
        {
            let mut keys = vec!["*".to_owned(), node.tag.clone()];
            if node.body {
                keys.extend(["body".to_owned(), "html".to_owned()]);
            }
            keys.extend(node.classes.iter().map(|c| format!(".{c}")));
            keys.extend(node.id.iter().map(|i| format!("#{i}")));
            all = self.sheet.matching(&self.path, &keys);
        }
        all.extend(css::declarations(own));
        all.sort_by_key(|d| d.important);
        let mut out: Vec<Declaration> = Vec::with_capacity(all.len());
        for d in all {
            out.retain(|o| o.property != d.property);
            out.push(d);
        }
        self.room = self.room.saturating_sub(out.iter().map(|d| d.property.len() + d.value.len() + 2).sum());
        out
    }

    fn own_background(&mut self, style: &[Declaration], attrs: &[(String, String)], image: bool) {
        let attribute = attrs.iter().find(|(n, _)| n == "bgcolor").map(|(_, v)| v.as_str());
        let css = style.iter().rev().find(|d| d.property.starts_with("background")).map(|d| d.value.as_str());
        self.out.uses_own_background |= image || css.or(attribute).is_some_and(|v| !is_white(v));
    }

    fn tracker(&mut self, host: &str, kind: TrackerKind) {
        // Each pixel counts; a redirecting host is named once.
        let new = kind != TrackerKind::Redirect || self.redirects.insert(host.to_owned());
        if new && self.out.trackers.len() < 500 {
            self.out.trackers.push(Tracker { host: host.to_owned(), kind });
        }
    }

    /// Whether this image only reports back.
    fn tracker_of(&mut self, src: &str, tiny: bool) -> bool {
        let Some(url) = absolute(src) else { return false };
        let host = url.host_str().unwrap_or_default().to_owned();
        let kind = if hosts::is_tracking_image(&url) {
            TrackerKind::Known
        } else if tiny {
            TrackerKind::Pixel
        } else {
            return false;
        };
        self.tracker(&host, kind);
        true
    }

    /// Rewrites `src`; false where the whole element goes.
    fn image(&mut self, attrs: &mut Vec<(String, String)>, style: &[Declaration], hidden: bool) -> bool {
        let Some(at) = attrs.iter().position(|(n, _)| n == "src") else { return true };
        let src = attrs.remove(at).1;
        let src = src.trim();
        let scheme = src.get(..5).map(str::to_ascii_lowercase).unwrap_or_default();
        let shown = if scheme.starts_with("cid:") {
            let id = src.get(4..).unwrap_or_default();
            let decoded = percent_decode(id);
            (self.options.cid)(id).or_else(|| (self.options.cid)(&decoded))
        } else if scheme == "data:" {
            data_image(src).then(|| src.to_owned())
        } else if is_remote(src) {
            if self.tracker_of(src, hidden || is_tiny(attrs, style)) {
                return false;
            }
            match self.options.images {
                Images::Dropped => None,
                Images::Blocked => {
                    self.out.blocked_images += 1;
                    None
                }
                Images::Shown(proxy) => absolute(src).map(|url| proxy(url.as_str())),
            }
        } else {
            None
        };
        if matches!(self.options.images, Images::Dropped) && shown.is_none() {
            return false;
        }
        if let Some(shown) = shown {
            self.sources.insert(shown.clone());
            attrs.push(("src".to_owned(), shown));
        }
        true
    }

    fn anchor(&mut self, attrs: &mut Vec<(String, String)>) {
        // A title would show as a tooltip and could name another host.
        attrs.retain(|(n, _)| n != "title");
        let Some(at) = attrs.iter().position(|(n, _)| n == "href") else { return };
        let given = attrs.remove(at).1;
        self.end_link();
        let check = links::check_link("", &given);
        if let Some(url) = check.url.filter(|_| check.openable) {
            if let Ok(parsed) = Url::parse(&url)
                && hosts::is_click_counter(&parsed)
            {
                let host = parsed.host_str().unwrap_or_default().to_owned();
                self.tracker(&host, TrackerKind::Redirect);
            }
            attrs.push(("href".to_owned(), url.clone()));
            attrs.push(("data-host".to_owned(), check.host));
            self.link = Some((url, String::new()));
        } else {
            self.link = Some((given, String::new()));
        }
    }
}

fn is_remote(src: &str) -> bool {
    let low = src.trim().get(..8).unwrap_or(src.trim()).to_ascii_lowercase();
    low.starts_with("http://") || low.starts_with("https://") || low.starts_with("//")
}

fn absolute(src: &str) -> Option<Url> {
    let src = src.trim();
    let url = if src.starts_with("//") { Url::parse(&format!("https:{src}")) } else { Url::parse(src) }.ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Raster images only: SVG is a document.
fn data_image(src: &str) -> bool {
    let Some((head, data)) = src.get("data:".len()..).and_then(|s| s.split_once(',')) else { return false };
    let head = head.to_ascii_lowercase();
    let kind = head.strip_suffix(";base64").unwrap_or_default();
    matches!(kind, "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" | "image/bmp")
        && src.len() <= 2 * 1024 * 1024
        && data.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=%\r\n ".contains(&b))
}

/// Pixels of a length such as `1`, `1px` or `0.5pt`; None for percentages and words.
fn pixels(value: &str) -> Option<f32> {
    let value = value.trim().to_ascii_lowercase();
    value.strip_suffix("px").or_else(|| value.strip_suffix("pt")).unwrap_or(&value).trim().parse().ok()
}

/// At most 2×2; one side of at most 2 is enough where the other is unknown, because a line is no picture either.
fn is_tiny(attrs: &[(String, String)], style: &[Declaration]) -> bool {
    let side = |name: &str| {
        let css = style.iter().rev().find(|d| d.property == name || d.property == format!("max-{name}")).and_then(|d| pixels(&d.value));
        css.or_else(|| attrs.iter().find(|(n, _)| n == name).and_then(|(_, v)| pixels(v)))
    };
    match (side("width"), side("height")) {
        (Some(w), Some(h)) => w <= 2.0 && h <= 2.0 || w <= 0.0 || h <= 0.0,
        (Some(one), None) | (None, Some(one)) => one <= 2.0,
        (None, None) => false,
    }
}

fn is_hidden(style: &[Declaration]) -> bool {
    style.iter().any(|d| match d.property.as_str() {
        "display" => d.value == "none",
        "visibility" => d.value == "hidden" || d.value == "collapse",
        "opacity" => d.value.parse::<f32>().is_ok_and(|o| o < 0.05),
        _ => false,
    })
}

fn is_white(value: &str) -> bool {
    let v: String = value.to_ascii_lowercase().split_whitespace().collect();
    matches!(
        v.as_str(),
        "#fff"
            | "#ffffff"
            | "white"
            | "transparent"
            | "none"
            | "inherit"
            | "initial"
            | "unset"
            | "ffffff"
            | "rgb(255,255,255)"
            | "rgba(0,0,0,0)"
    ) || v.starts_with("#fffff") && v.len() == 7
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        if b == b'%'
            && let [h, l, after @ ..] = tail
            && let (Some(h), Some(l)) = (char::from(*h).to_digit(16), char::from(*l).to_digit(16))
        {
            out.push((h << 4 | l) as u8);
            rest = after;
        } else {
            out.push(b);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
