//! The allow-lists.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};

use super::Sources;

const TAGS: [&str; 76] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Removed with everything inside: what is in them is not text of the mail.
const WITH_CONTENT: [&str; 24] = [
    "script",
    "style",
    "title",
    "head",
    "template",
    "noscript",
    "svg",
    "math",
    "iframe",
    "frame",
    "frameset",
    "noframes",
    "noembed",
    "object",
    "embed",
    "applet",
    "audio",
    "video",
    "canvas",
    "textarea",
    "select",
    "option",
    "xmp",
    "plaintext",
];

const GENERIC: [&str; 12] = ["style", "dir", "lang", "title", "width", "height", "align", "valign", "bgcolor", "color", "border", "class"];

fn tag_attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    HashMap::from([
        ("a", HashSet::from(["href"])),
        ("img", HashSet::from(["src", "alt", "hspace", "vspace"])),
        ("table", HashSet::from(["cellpadding", "cellspacing", "role", "rules", "frame"])),
        ("td", HashSet::from(["colspan", "rowspan", "nowrap", "headers", "scope"])),
        ("th", HashSet::from(["colspan", "rowspan", "nowrap", "headers", "scope", "abbr"])),
        ("col", HashSet::from(["span"])),
        ("colgroup", HashSet::from(["span"])),
        ("font", HashSet::from(["face", "size"])),
        ("ol", HashSet::from(["start", "type", "reversed"])),
        ("ul", HashSet::from(["type"])),
        ("li", HashSet::from(["value", "type"])),
        ("hr", HashSet::from(["size", "noshade"])),
        ("blockquote", HashSet::from(["type"])),
        ("time", HashSet::from(["datetime"])),
        ("details", HashSet::from(["open"])),
    ])
}

/// Classes by which the window finds quoted history; all others have done their work once CSS is inlined.
pub(super) const QUOTE_CLASSES: [&str; 8] = [
    "gmail_quote",
    "gmail_attr",
    "gmail_signature",
    "yahoo_quoted",
    "moz-cite-prefix",
    "moz-signature",
    "protonmail_quote",
    "tutanota_quote",
];

fn base<'a>() -> Builder<'a> {
    let mut b = Builder::default();
    b.tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(WITH_CONTENT))
        .tag_attributes(tag_attributes())
        .generic_attributes(HashSet::from(GENERIC))
        .strip_comments(true)
        .link_rel(None);
    b
}

static FIRST: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut b = base();
    // id for matching selectors, background for counting; both end with the own pass.
    b.add_generic_attributes(["id", "background", "data-mail-body"]);
    b.url_schemes(HashSet::from(["http", "https", "mailto", "cid", "data"])).url_relative(UrlRelative::PassThrough);
    // A removed link must still be counted and named.
    b.add_url_schemes(["javascript", "vbscript", "file", "tel", "ftp", "sms"]);
    b
});

pub(super) fn first_pass(html: &str) -> String {
    FIRST.clean(html).to_string()
}

pub(super) fn last_pass(html: &str, sources: &Sources) -> String {
    let mut b = base();
    let schemes = sources.iter().filter_map(|s| s.split_once(':').map(|(scheme, _)| scheme));
    b.url_schemes(HashSet::from(["http", "https", "mailto", "data"])).add_url_schemes(schemes).url_relative(UrlRelative::Deny);
    b.add_tag_attributes("a", ["data-host"]);
    let sources = sources.clone();
    b.attribute_filter(move |element, attribute, value| match (element, attribute) {
        ("img", "src") => sources.contains(value).then_some(Cow::Borrowed(value)),
        // Everything else with an address in it.
        (_, "src" | "background" | "data-mail-body" | "id") => None,
        ("a", "href") => {
            let ok = ["http://", "https://", "mailto:"].iter().any(|s| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s)));
            ok.then_some(Cow::Borrowed(value))
        }
        (_, "class") => {
            let kept: Vec<&str> = value.split_ascii_whitespace().filter(|c| QUOTE_CLASSES.contains(c)).collect();
            (!kept.is_empty()).then(|| Cow::Owned(kept.join(" ")))
        }
        ("table", "role") => matches!(value, "presentation" | "none").then_some(Cow::Borrowed(value)),
        ("blockquote", "type") => (value == "cite").then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    });
    b.clean(html).to_string()
}
