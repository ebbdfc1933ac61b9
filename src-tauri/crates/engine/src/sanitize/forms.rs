//! A mail with its forms, for the person who asked to open it in the browser.
//!
//! Cleaned like everything else, by an allow-list that knows form controls and nothing that runs. Forms keep an address only where
//! it is https; the page's own policy (no scripts, no frames, no connections) is sent by whoever serves it.

use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::markup::attributes;

const CONTROLS: [&str; 10] = ["form", "input", "button", "select", "option", "optgroup", "textarea", "label", "fieldset", "legend"];

/// Hosts that the forms of this HTML send to, each once, at most 20. A form without an address goes nowhere.
pub fn form_hosts(html: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for action in values(html, "form", "action") {
        let host = Url::parse(action.trim()).ok().and_then(|u| u.host_str().map(str::to_owned));
        if let Some(host) = host
            && !out.contains(&host)
            && out.len() < 20
        {
            out.push(host);
        }
    }
    out
}

/// Values of one attribute of one element, in order. The HTML is written anew first: only then are attributes where they can be found.
fn values(html: &str, tag: &'static str, attribute: &'static str) -> Vec<String> {
    let mut b = Builder::empty();
    b.tags(HashSet::from([tag])).tag_attributes(HashMap::from([(tag, HashSet::from([attribute]))]));
    b.clean_content_tags(HashSet::from(["script", "style"]));
    b.url_schemes(HashSet::from(["http", "https", "cid", "data"])).url_relative(UrlRelative::Deny).link_rel(None);
    let written = b.clean(html).to_string();
    let inner = written.split('<').filter_map(|p| p.split_once('>')).map(|(inner, _)| inner).filter(|i| i.starts_with(tag));
    inner.filter_map(|i| attributes(i).into_iter().find(|(n, _)| n == attribute).map(|(_, v)| v)).take(1_000).collect()
}

/// The HTML with its forms and without anything that runs. `image`: the address to show for an `src`, None to leave it out.
pub fn with_forms(html: &str, image: &(dyn Fn(&str) -> Option<String> + Sync)) -> String {
    let mut b = Builder::default();
    b.add_tags(CONTROLS)
        .add_tags(["font", "center", "section", "main"])
        .rm_clean_content_tags(["form"])
        .add_generic_attributes([
            "style", "class", "align", "valign", "bgcolor", "width", "height", "border", "color", "dir", "lang", "title",
        ])
        .add_tag_attributes("form", ["action", "method"])
        .add_tag_attributes("input", ["type", "name", "value", "placeholder", "checked", "required", "maxlength", "size"])
        .add_tag_attributes("button", ["type", "name", "value"])
        .add_tag_attributes("select", ["name", "multiple", "required"])
        .add_tag_attributes("option", ["value", "selected"])
        .add_tag_attributes("optgroup", ["label"])
        .add_tag_attributes("textarea", ["name", "rows", "cols", "placeholder", "required"])
        .add_tag_attributes("label", ["for"])
        .add_tag_attributes("table", ["cellpadding", "cellspacing"])
        .add_tag_attributes("font", ["face", "size"])
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"));
    let shown: HashMap<String, String> =
        values(html, "img", "src").into_iter().filter_map(|src| Some((src.clone(), image(&src)?))).collect();
    b.attribute_filter(move |element, attribute, value| match (element, attribute) {
        ("img", "src") => shown.get(value).cloned().map(Into::into),
        (_, "src" | "background") => None,
        // Filing a password over an open line, or a file of this machine, is nothing that a mail may ask for.
        ("form", "action") => value.get(..8).is_some_and(|s| s.eq_ignore_ascii_case("https://")).then(|| value.into()),
        ("input", "type") => (!matches!(value.to_ascii_lowercase().as_str(), "file" | "image")).then(|| value.into()),
        ("a", "href") => {
            let ok = ["http://", "https://", "mailto:"].iter().any(|s| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s)));
            ok.then(|| value.into())
        }
        _ => Some(value.into()),
    });
    b.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_stay_and_nothing_runs() {
        let html = "<form action=\"https://vote.example/x\" method=post onsubmit=alert(1)><input name=a value=1 autofocus onfocus=alert(1)>\
            <input type=file name=f><textarea name=t></textarea><button formaction=\"javascript:alert(1)\">Go</button></form>\
            <FORM ACTION='http://open.example/'><input type=password name=p></FORM><form action=\"//rel.example/\"></form>\
            <script>alert(1)</script><meta http-equiv=refresh content=\"0;url=https://evil.example\"><iframe src=\"https://evil.example\"></iframe>\
            <img src=\"https://t.example/1.gif\"><img src=\"cid:a\"><svg onload=alert(1)><base href=\"https://evil.example/\">";
        let clean = with_forms(html, &|src| (src == "cid:a").then(|| "data:image/png;base64,AA==".to_owned()));
        for gone in [
            "script",
            "alert",
            "evil.example",
            "http-equiv",
            "iframe",
            "t.example",
            "open.example",
            "rel.example",
            "type=\"file\"",
            "svg",
            "formaction",
        ] {
            assert!(!clean.contains(gone), "{gone}: {clean}");
        }
        for kept in ["action=\"https://vote.example/x\"", "name=\"a\"", "<textarea", "data:image/png"] {
            assert!(clean.contains(kept), "{kept}: {clean}");
        }
        assert_eq!(form_hosts(html), ["vote.example", "open.example"]);
    }
}
