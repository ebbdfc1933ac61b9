#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn kinds(name: &str, email: &str, reply_to: &[&str], auth: Option<&str>) -> Vec<&'static str> {
    let from = Address { name: name.into(), email: email.into() };
    let reply_to: Vec<Address> = reply_to.iter().map(|e| Address { name: String::new(), email: (*e).into() }).collect();
    let facts = SenderFacts {
        from: &from,
        reply_to: &reply_to,
        own_domains: &["mycompany.example".to_owned()],
        known_domains: &["partner.example".to_owned(), "greatbakery.example".to_owned()],
        authentication_results: auth,
        foreign_results: None,
        first_contact: false,
    };
    check(&facts).into_iter().map(|w| w.kind).collect()
}

#[test]
fn honest_senders_raise_nothing() {
    let pass = Some("mx.example; dkim=pass header.d=example.org; spf=pass; dmarc=pass (p=none dis=none)");
    for (name, email) in [
        ("Ada Lovelace", "ada@example.org"),
        ("ada@example.org", "ada@example.org"),
        ("PayPal", "service@paypal.com"),
        ("Amazon.de", "bestellung@amazon.de"),
        ("", "x@partner.example"),
        ("Great Bakery", "hello@greatbakery.example"),
        ("Dr. Grace B. Hopper", "grace@navy.example"),
        ("Purchase department", "buy@example.org"),
    ] {
        assert_eq!(kinds(name, email, &[], pass), Vec::<&str>::new(), "{name} {email}");
    }
    assert_eq!(kinds("A", "a@lists.example.org", &["a@example.org"], pass), Vec::<&str>::new());
}

#[test]
fn false_names_and_domains_are_named() {
    assert_eq!(kinds("boss@mycompany.example", "x@evil.test", &[], None), ["sender"]);
    assert_eq!(kinds("\"Boss (boss@mycompany.example)\"", "x@evil.test", &[], None), ["sender"]);
    assert_eq!(kinds("paypal.com", "x@evil.test", &[], None), ["sender"]);
    assert_eq!(kinds("PayPal Service", "x@evil.test", &[], None), ["sender"]);
    assert_eq!(kinds("Service", "x@paypa1.com", &[], None), ["lookalike"]);
    assert_eq!(kinds("Bakery", "x@greatbakery.example", &[], None), Vec::<&str>::new());
    assert_eq!(kinds("Bakery", "x@greatbakerry.example", &[], None), ["lookalike"]);
    assert_eq!(kinds("Me", "x@mycompаny.example", &[], None), ["lookalike"]);
    assert_eq!(kinds("A", "a@example.org", &["a@evil.test"], None), ["replyTo"]);
}

#[test]
fn failed_authentication_is_named_and_comments_cannot_forge_it() {
    assert_eq!(kinds("A", "a@example.org", &[], Some("mx; spf=fail; dkim=fail; dmarc=fail (p=reject)")), ["auth"]);
    assert_eq!(kinds("A", "a@example.org", &[], Some("mx; spf=fail smtp.mailfrom=x")), ["auth"]);
    assert_eq!(kinds("A", "a@example.org", &[], Some("mx; spf=softfail; dkim=pass; dmarc=pass")), Vec::<&str>::new());
    assert_eq!(kinds("A", "a@example.org", &[], Some("mx; spf=fail; dkim=pass")), Vec::<&str>::new());
    assert_eq!(kinds("A", "a@example.org", &[], Some("mx; spf=pass (x; dmarc=fail); dmarc=pass")), Vec::<&str>::new());
    assert_eq!(kinds("A", "a@example.org", &[], Some("")), Vec::<&str>::new());
}

#[test]
fn a_stranger_is_believed_only_against_a_mail() {
    let from = Address { name: "A".into(), email: "a@example.org".into() };
    let said = |foreign| {
        let facts = SenderFacts {
            from: &from,
            reply_to: &[],
            own_domains: &[],
            known_domains: &[],
            authentication_results: None,
            foreign_results: Some(foreign),
            first_contact: false,
        };
        check(&facts).into_iter().map(|w| (w.kind, w.level, w.words.contains("not verified"))).collect::<Vec<_>>()
    };
    assert_eq!(said("mx.evil.test; dmarc=pass; dkim=pass"), []);
    assert_eq!(said("mx.else.test; dmarc=fail"), [("auth", Level::Warning, true)]);
}

#[test]
fn a_first_contact_is_said_even_where_nothing_else_is_wrong() {
    let from = Address { name: "Ada Lovelace".into(), email: "ada@example.org".into() };
    let facts = SenderFacts {
        from: &from,
        reply_to: &[],
        own_domains: &[],
        known_domains: &[],
        authentication_results: None,
        foreign_results: None,
        first_contact: true,
    };
    let said = check(&facts);
    assert_eq!(said.iter().map(|w| (w.kind, w.level)).collect::<Vec<_>>(), [("firstContact", Level::Info)]);
    assert!(said[0].words.contains("ada@example.org"));
    assert!(check(&SenderFacts { first_contact: false, ..facts }).is_empty());
}
