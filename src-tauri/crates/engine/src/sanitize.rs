//! Hostile HTML to HTML that may be shown.
//!
//! Two passes of ammonia with an own pass between them. The first makes the input well-formed and drops every element and
//! attribute that is not on the list; on that canonical text the own pass can see an element's attributes together: it filters
//! and inlines CSS, judges images and links, and counts what it took away. The last pass is the gate: whatever the own pass did,
//! only listed elements, attributes and image addresses leave it. No element whose content is parsed differently
//! (script, style, svg, math, textarea, noscript, …) survives the first pass, which is what mutation attacks need.
//!
//! The window cleans once more (DOMPurify) and shows the result in a frame without scripts.

pub mod authserv;
mod clean;
mod confusables;
mod css;
mod forms;
mod hosts;
pub mod links;
mod markup;
mod rewrite;
pub mod sender;

use std::collections::HashSet;

pub use forms::{form_hosts, with_forms};
pub use links::{LinkCheck, LinkInfo, check_link, leads_to_sign_in};

/// What to do with images that lie at a remote server.
#[derive(Clone, Copy)]
pub enum Images<'a> {
    /// Leave them out and count them.
    Blocked,
    /// Address of the proxy for a remote address.
    Shown(&'a (dyn Fn(&str) -> String + Sync)),
    /// No images at all: quotations.
    Dropped,
}

#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Address for a content id that the message has; None removes the image.
    pub cid: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub images: Images<'a>,
    /// Input beyond this is cut.
    pub max_bytes: usize,
}

/// First part of a large mail that is shown at once (UI brief section 10: 500 KB, then the whole on request).
pub const FIRST_BYTES: usize = 500 * 1024;
/// The most that is shown at all.
pub const WHOLE_BYTES: usize = 4 * 1024 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sanitised {
    /// A fragment in one `div`.
    pub html: String,
    /// Remote images that were left out (trackers not counted).
    pub blocked_images: u32,
    pub trackers: Vec<Tracker>,
    pub links: Vec<LinkInfo>,
    pub had_form: bool,
    /// Some element sets a background other than white: no dark inversion.
    pub uses_own_background: bool,
    /// The input was cut, or too entangled to be shown as HTML and turned into text.
    pub truncated: bool,
}

/// Something that reports back that the mail was read. Never loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracker {
    pub host: String,
    pub kind: TrackerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackerKind {
    /// At most 2×2, or hidden.
    Pixel,
    /// Host or path of a known tracking service.
    Known,
    /// Links that go through a click counter.
    Redirect,
}

impl TrackerKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pixel => "pixel",
            Self::Known => "known",
            Self::Redirect => "redirect",
        }
    }
}

/// Cleans `html`. Linear in its size for all practical purposes; never fails.
pub fn sanitise(html: &str, options: &Options<'_>) -> Sanitised {
    let (html, cut) = cut(html, options.max_bytes);
    let scan = markup::scan(html);
    if scan.entangled {
        // html5ever rebuilds open formatting elements for each block: thousands of them are quadratic.
        let text = crate::mime::html_to_text(html, 1024 * 1024);
        return Sanitised { html: crate::mime::text_to_html(&text), truncated: true, had_form: scan.forms > 0, ..Sanitised::default() };
    }
    let first = clean::first_pass(&scan.html);
    let sheet = css::Sheet::parse(&scan.styles);
    let mut done = rewrite::rewrite(&first, &sheet, options);
    done.out.html = clean::last_pass(&done.out.html, &done.sources);
    done.out.had_form = scan.forms > 0;
    done.out.truncated = cut;
    done.out
}

/// HTML for a quotation in a mail of our own: no images, nothing that reports back.
pub fn for_quote(html: &str) -> String {
    sanitise(html, &Options { cid: &|_| None, images: Images::Dropped, max_bytes: FIRST_BYTES }).html
}

/// HTML of a mail that is passed on: as [`for_quote`], but the pictures that came with it stay, because they go along.
pub fn for_forward(html: &str, has: &(dyn Fn(&str) -> bool + Sync)) -> String {
    let keep = |cid: &str| has(cid).then(|| format!("cid:{cid}"));
    sanitise(html, &Options { cid: &keep, images: Images::Dropped, max_bytes: FIRST_BYTES }).html
}

/// HTML written in our composer, before it is sent: the same list, `cid:` images kept.
pub fn for_sending(html: &str) -> String {
    let keep = |cid: &str| Some(format!("cid:{cid}"));
    sanitise(html, &Options { cid: &keep, images: Images::Dropped, max_bytes: WHOLE_BYTES }).html
}

fn cut(html: &str, max: usize) -> (&str, bool) {
    if html.len() <= max {
        return (html, false);
    }
    let mut at = max;
    while !html.is_char_boundary(at) {
        at -= 1;
    }
    (html.get(..at).unwrap_or_default(), true)
}

/// Addresses that the own pass put into `src`; nothing else may stand there.
type Sources = HashSet<String>;

#[cfg(test)]
mod tests;
