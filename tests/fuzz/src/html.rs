//! Hostile HTML: what comes out is checked by a reader of its own, not by the cleaner.
#![no_main]

use engine::sanitize::{self, FIRST_BYTES, Images, Options};

/// Tags of the output, split by hand: the output is canonical (html5ever wrote it), so `<` outside of tags is always `&lt;`.
fn tags(html: &str) -> impl Iterator<Item = String> + '_ {
    html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default().to_ascii_lowercase())
}

libfuzzer_sys::fuzz_target!(|html: &str| {
    let cid = |id: &str| (id.len() < 40).then(|| format!("aurelius-img://cid/{}", id.len()));
    let shown = |url: &str| format!("aurelius-img://remote/{}", url.len());
    for images in [Images::Blocked, Images::Shown(&shown), Images::Dropped] {
        let out = sanitize::sanitise(html, &Options { cid: &cid, images, max_bytes: FIRST_BYTES });
        for tag in tags(&out.html) {
            let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(
                !matches!(name.as_str(), "script" | "style" | "iframe" | "object" | "embed" | "form" | "input" | "button" | "meta" | "base" | "link" | "svg" | "math" | "template" | "noscript" | "textarea" | "video" | "audio"),
                "<{tag}>"
            );
            if let Some((_, attributes)) = tag.split_once(' ') {
                for attribute in attributes.split("\" ") {
                    let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
                    let key = key.trim();
                    assert!(!key.starts_with("on") && key != "srcset" && key != "srcdoc" && key != "background" && key != "formaction", "<{tag}>");
                    let value = value.trim_start_matches('"').trim_start();
                    if key == "src" {
                        assert!(value.starts_with("aurelius-img://") || value.trim_end_matches('"').is_empty(), "<{tag}>");
                    }
                    if key == "href" {
                        assert!(!value.starts_with("javascript:") && !value.starts_with("data:") && !value.starts_with("vbscript:"), "<{tag}>");
                    }
                    if key == "style" {
                        assert!(!value.contains("url(") && !value.contains("expression") && !value.contains("@import"), "<{tag}>");
                    }
                }
            }
        }
    }
    let _ = sanitize::for_quote(html);
    let _ = sanitize::for_sending(html);
});
