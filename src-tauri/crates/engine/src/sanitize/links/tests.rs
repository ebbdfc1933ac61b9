#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn reasons(text: &str, href: &str) -> String {
    check_link(text, href).reasons.join(" | ")
}

#[test]
fn honest_links_raise_nothing() {
    for (text, href) in [
        ("Read more", "https://example.org/a"),
        ("example.org", "https://www.example.org/x"),
        ("https://example.org/very/long", "https://example.org/very/long?utm=1"),
        ("www.bbc.co.uk", "https://news.bbc.co.uk/x"),
        ("invoice.pdf", "https://files.example.org/1"),
        ("See e.g. the manual", "https://docs.example.org"),
        ("Node.js", "https://nodejs.org/en"),
        ("ada@example.org", "https://example.com/contact"),
        ("12.50", "https://shop.example/cart"),
        ("Write", "mailto:ada@example.org?subject=x"),
    ] {
        assert_eq!(reasons(text, href), "", "{text} {href}");
    }
}

#[test]
fn mismatches_are_named() {
    for (text, href, says, goes) in [
        ("https://bank.example/login", "https://evil.example/login", "bank.example", "evil.example"),
        ("bank.example", "http://bank.example.evil.test", "bank.example", "bank.example.evil.test"),
        ("Go to www.paypal.com now", "https://ppl-secure.test", "www.paypal.com", "ppl-secure.test"),
        ("ba\u{200b}nk.example", "https://evil.example", "bank.example", "evil.example"),
        ("<https://bank.example>", "https://evil.example", "bank.example", "evil.example"),
    ] {
        let r = reasons(text, href);
        assert!(r.contains(&format!("says {says} but goes to {goes}")), "{text}: {r}");
    }
}

#[test]
fn tricky_targets_are_named() {
    assert!(reasons("x", "https://bank.example@evil.example/").contains("behind an @"));
    assert!(reasons("x", "http://192.168.0.1/x").contains("bare number"));
    assert!(reasons("x", "http://0x7f000001/").contains("127.0.0.1"));
    assert!(reasons("x", "http://2130706433/").contains("127.0.0.1"));
    assert!(reasons("x", "http://[::1]/").contains("bare number"));
    assert!(reasons("x", "https://bit.ly/3x").contains("hides where"));
    // Cyrillic а in pаypal.
    assert!(reasons("x", "https://p\u{430}ypal.com").contains("mixes letters"));
    assert!(reasons("x", "https://xn--pypal-4ve.com").contains("mixes letters"));
    // Wholly Cyrillic look-alike of "apple".
    assert!(
        reasons("x", "https://\u{430}\u{440}\u{440}\u{4cf}\u{435}.com").contains("looks like"),
        "{}",
        reasons("x", "https://аррӏе.com")
    );
    assert!(reasons("x", "https://paypa1.com/login").contains("looks like paypal.com"));
    assert!(reasons("x", "https://paypall.com/login").contains("looks like"));
    assert!(reasons("x", "https://rnicrosoft.com").contains("looks like microsoft.com"));
    assert!(reasons("x", "https://paypal.com.secure.test/login").contains("begins like paypal.com"));
    assert!(reasons("x", "https://münchen.example").contains("really xn--mnchen-3ya.example"));
    for honest in ["https://paypal.com/x", "https://www.amazon.de/x", "https://apples.example"] {
        assert_eq!(reasons("x", honest), "", "{honest}");
    }
}

#[test]
fn a_way_to_a_sign_in_is_recognised() {
    for (text, href) in [
        ("Sign\n in now", "https://x.example/a"),
        ("Jetzt anmelden", "https://x.example/"),
        ("here", "https://x.example/portal/login.php?id=3"),
        ("here", "https://webmail.x.example/"),
    ] {
        assert!(leads_to_sign_in(text, href), "{text} {href}");
    }
    for (text, href) in [
        ("Read more", "https://x.example/blog/loginless?next=/login"),
        ("Verify your email address", "https://x.example/confirm/abc"),
        ("Designing", "https://x.example/authors"),
    ] {
        assert!(!leads_to_sign_in(text, href), "{text} {href}");
    }
}

#[test]
fn what_is_no_web_address_is_never_opened() {
    for href in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "aurelius://oauth",
        "blob:https://x",
        "ms-settings:",
        "relative/path",
        "",
        "https://",
    ] {
        let check = check_link("x", href);
        assert!(!check.openable && check.url.is_none() && !check.reasons.is_empty(), "{href}: {check:?}");
    }
}

#[test]
fn registrable_domains() {
    for (domain, own) in [
        ("a.b.example.com", "example.com"),
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("example.com", "example.com"),
        ("localhost", "localhost"),
        ("x.y.github.io", "y.github.io"),
        ("Foo.Example.ORG.", "example.org"),
        ("", ""),
    ] {
        assert_eq!(registrable(domain), own);
    }
}
