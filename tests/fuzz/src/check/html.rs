//! Hostile HTML: what comes out is checked by a reader of its own, not by the cleaner.

use engine::sanitize::{self, FIRST_BYTES, Images, Options};

/// Tags of the output, split by hand: the output is canonical (html5ever wrote it), so `<` outside of tags is always `&lt;`, and a tag
/// ends at the first `>` outside of double quotes.
fn tags(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut tag: Option<String> = None;
    let mut quoted = false;
    for c in html.chars() {
        match (&mut tag, c) {
            (None, '<') => tag = Some(String::new()),
            (None, _) => {}
            (Some(_), '>') if !quoted => out.extend(tag.take()),
            (Some(text), _) => {
                quoted ^= c == '"';
                text.push(c.to_ascii_lowercase());
            }
        }
    }
    assert!(tag.is_none(), "a tag without an end");
    out
}

/// What may come out, stated here once more and by name: a list of what is forbidden would lack what nobody thought of.
const TAGS: &str = " a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details \
    dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp \
    section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr ";
const ATTRIBUTES: &str = " style dir lang title width height align valign bgcolor color border class href rel target src alt hspace vspace \
    cellpadding cellspacing role rules frame colspan rowspan nowrap headers scope abbr span face size start type reversed value noshade \
    datetime open ";
/// The only functions in a value: colours.
const FUNCTIONS: [&str; 4] = ["rgb", "rgba", "hsl", "hsla"];

fn listed(list: &str, word: &str) -> bool {
    !word.is_empty() && list.contains(&format!(" {word} "))
}

fn judge(html: &str, remote: bool) {
    for tag in tags(html) {
        let inner = tag.trim_start_matches('/');
        let (name, mut rest) = inner.split_at(inner.find([' ', '/']).unwrap_or(inner.len()));
        assert!(listed(TAGS, name), "<{tag}>");
        // Canonical: a space, a name, and a value in double quotes.
        while let Some((key, after)) = rest.trim_start().split_once("=\"") {
            let (value, next) = after.split_once('"').unwrap_or((after, ""));
            rest = next;
            let key = key.trim();
            assert!(listed(ATTRIBUTES, key) || (key == "data-host" && name == "a"), "{key} in <{tag}>");
            match key {
                "src" => {
                    let ours = value.starts_with("aurelius-img://cid/") || (remote && value.starts_with("aurelius-img://remote/"));
                    assert!(ours || value.is_empty() || value.starts_with("data:image/"), "<{tag}>");
                }
                "href" => assert!(["http://", "https://", "mailto:"].iter().any(|s| value.starts_with(s)), "<{tag}>"),
                "style" => css(value, &tag),
                _ => {}
            }
        }
        assert!(rest.trim_matches([' ', '/']).is_empty(), "{rest} in <{tag}>");
    }
}

/// Declarations as the serialiser writes them: no address, no function but colours, no escape that hides one.
fn css(value: &str, tag: &str) {
    assert!(!value.contains(['@', '\\', '{', '}', '<']), "<{tag}>");
    let quoted = value.replace("&quot;", "\"").replace("&amp;", "&");
    // What is in strings is a name of a font, not a function.
    let plain: String = quoted.split('"').step_by(2).collect();
    for (at, _) in plain.match_indices('(') {
        let before = plain.get(..at).unwrap_or_default();
        let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or_default();
        assert!(FUNCTIONS.contains(&name), "{name}() in <{tag}>");
    }
    // Whole words: `width: asticky` says nothing to anybody.
    for word in plain.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        assert!(!["expression", "fixed", "sticky", "absolute", "behavior", "-moz-binding"].contains(&word), "<{tag}>");
    }
}

pub fn check(bytes: &[u8]) {
    let Ok(html) = std::str::from_utf8(bytes) else { return };
    let cid = |id: &str| (id.len() < 40).then(|| format!("aurelius-img://cid/{}", id.len()));
    let shown = |url: &str| format!("aurelius-img://remote/{}", url.len());
    for images in [Images::Blocked, Images::Shown(&shown), Images::Dropped] {
        let out = sanitize::sanitise(html, &Options { cid: &cid, images, max_bytes: FIRST_BYTES });
        judge(&out.html, matches!(images, Images::Shown(_)));
    }
    // A quotation goes into the composer: no pictures at all.
    judge(&sanitize::for_quote(html), false);
    let _ = sanitize::for_sending(html);
}
