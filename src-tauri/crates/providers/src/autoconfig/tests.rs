#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use super::*;

/// DNS and web of a small world.
#[derive(Default)]
struct World {
    services: HashMap<String, Vec<Service>>,
    exchangers: HashMap<String, Vec<String>>,
}

#[async_trait]
impl Names for World {
    async fn services(&self, name: &str) -> Vec<Service> {
        self.services.get(name).cloned().unwrap_or_default()
    }
    async fn exchangers(&self, domain: &str) -> Vec<String> {
        self.exchangers.get(domain).cloned().unwrap_or_default()
    }
}

fn xml(host: &str) -> Vec<u8> {
    format!(
        "<clientConfig><emailProvider id=\"x\"><incomingServer type=\"imap\"><hostname>imap.{host}</hostname><port>993</port>\
         <socketType>SSL</socketType><username>%EMAILADDRESS%</username></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>smtp.{host}</hostname><port>465</port><socketType>SSL</socketType></outgoingServer>\
         </emailProvider></clientConfig>"
    )
    .into_bytes()
}

type Asked = Arc<Mutex<Vec<String>>>;

fn web(pages: &[(&str, Vec<u8>)]) -> (Fetch, Asked) {
    let pages: HashMap<String, Vec<u8>> = pages.iter().map(|(url, body)| ((*url).to_owned(), body.clone())).collect();
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let fetch: Fetch = Arc::new(move |url: Url| {
        log.lock().unwrap().push(url.to_string());
        let mut bare = url.clone();
        bare.set_query(None);
        let body = pages.get(bare.as_str()).cloned();
        Box::pin(async move { Ok(body) })
    });
    (fetch, asked)
}

async fn run(email: &str, third_parties: bool, fetch: &Fetch, world: &World) -> Vec<ServerGuess> {
    search(&Address::of(email).unwrap(), third_parties, fetch, world).await
}

#[tokio::test]
async fn the_order_is_fixed_and_doubles_are_left_out() {
    let (fetch, _) = web(&[
        ("https://autoconfig.example.com/mail/config-v1.1.xml", xml("example.com")),
        ("https://example.com/.well-known/autoconfig/mail/config-v1.1.xml", xml("example.com")),
        ("https://autoconfig.thunderbird.net/v1.1/example.com", xml("host.example")),
    ]);
    let mut world = World::default();
    world.services.insert("_imaps._tcp.example.com".into(), vec![Service { host: "srv.example.com.".into(), port: 993 }]);
    let found = run("jo@example.com", true, &fetch, &world).await;
    let seen: Vec<_> = found.iter().map(|g| (g.origin.as_str(), g.servers.imap.host.as_str(), g.foreign)).collect();
    assert_eq!(seen, [("autoconfig", "imap.example.com", false), ("ispdb", "imap.host.example", true), ("srv", "srv.example.com", false)]);
    assert_eq!(found[0].servers.username, "jo@example.com");
    assert!(found[2].servers.smtp.is_none(), "receive-only is possible");
}

#[tokio::test]
async fn nobody_else_is_asked_without_leave_and_nobody_else_learns_the_address() {
    let (fetch, asked) = web(&[]);
    let mut world = World::default();
    world.exchangers.insert("example.com".into(), vec!["mx1.hoster.example.".into()]);
    assert!(run("jo@example.com", false, &fetch, &world).await.is_empty());
    let asked = asked.lock().unwrap().clone();
    assert!(!asked.iter().any(|url| url.contains("thunderbird")), "{asked:?}");
    assert!(!asked.iter().any(|url| url.contains("hoster")), "who takes in the mail is a third party too: {asked:?}");
    for url in &asked {
        assert!(url.starts_with("https://"));
        assert!(!url.contains("jo%40") || url.contains("example.com/"), "{url}");
    }
}

#[tokio::test]
async fn the_exchanger_tells_the_service() {
    let (fetch, _) = web(&[("https://autoconfig.thunderbird.net/v1.1/hoster.example", xml("hoster.example"))]);
    let mut world = World::default();
    world.exchangers.insert("firm.example".into(), vec!["aspmx.l.google.com.".into()]);
    world.exchangers.insert("shop.example".into(), vec!["mx1.hoster.example.".into()]);
    world.exchangers.insert("office.example".into(), vec!["office-example.mail.protection.outlook.com.".into()]);
    let microsoft = run("jo@office.example", false, &fetch, &world).await;
    assert_eq!((microsoft[0].origin.as_str(), microsoft[0].oauth.clone()), ("mx", Some(IntegrationId::new("microsoft"))));
    let google = run("jo@firm.example", false, &fetch, &world).await;
    assert_eq!((google[0].origin.as_str(), google[0].oauth.clone(), google[0].foreign), ("mx", Some(IntegrationId::new("google")), true));
    let hoster = run("jo@shop.example", true, &fetch, &world).await;
    assert_eq!((hoster[0].origin.as_str(), hoster[0].servers.imap.host.as_str(), hoster[0].foreign), ("mx", "imap.hoster.example", true));
}

#[tokio::test]
async fn with_leave_the_exchangers_document_is_read_and_a_useless_one_is_no_end() {
    let useless = b"<clientConfig><emailProvider id=\"x\"></emailProvider></clientConfig>".to_vec();
    let mut world = World::default();
    world.exchangers.insert("shop.example".into(), vec!["mx1.hoster.example.".into()]);
    let (fetch, asked) = web(&[("https://autoconfig.hoster.example/mail/config-v1.1.xml", xml("hoster.example"))]);
    let found = run("jo@shop.example", true, &fetch, &world).await;
    assert_eq!((found[0].origin.as_str(), found[0].servers.imap.host.as_str()), ("mx", "imap.hoster.example"));
    assert!(!asked.lock().unwrap().iter().any(|url| url.contains("hoster") && url.contains("jo%40")));

    for document in [useless, b"not XML".to_vec()] {
        let (fetch, _) = web(&[
            ("https://autoconfig.hoster.example/mail/config-v1.1.xml", document),
            ("https://autoconfig.thunderbird.net/v1.1/hoster.example", xml("database.example")),
        ]);
        let found = run("jo@shop.example", true, &fetch, &world).await;
        assert_eq!((found[0].origin.as_str(), found[0].servers.imap.host.as_str()), ("mx", "imap.database.example"));
    }
}

#[tokio::test]
async fn known_services_need_no_network() {
    let (fetch, asked) = web(&[]);
    let found = run("jo@GMAIL.com", true, &fetch, &World::default()).await;
    assert_eq!((found.len(), found[0].foreign, found[0].oauth.clone()), (1, false, Some(IntegrationId::new("google"))));
    let found = run("jo@hotmail.com", true, &fetch, &World::default()).await;
    assert_eq!(found[0].oauth, Some(IntegrationId::new("microsoft")));
    let found = run("jo@icloud.com", true, &fetch, &World::default()).await;
    assert_eq!((found[0].servers.imap.host.as_str(), found[0].foreign), ("imap.mail.me.com", false));
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn services_prefer_tls_and_skip_what_points_inwards() {
    let (fetch, _) = web(&[]);
    let mut world = World::default();
    let at = |host: &str, port| vec![Service { host: host.into(), port }];
    world.services.insert("_imaps._tcp.a.example".into(), at("127.0.0.1", 993));
    world.services.insert("_imap._tcp.a.example".into(), at("mail.a.example", 143));
    world.services.insert("_submission._tcp.a.example".into(), at("mail.a.example", 587));
    let found = run("jo@a.example", false, &fetch, &world).await;
    assert_eq!((found[0].servers.imap.security, found[0].servers.imap.port), (Security::Starttls, 143));
    assert_eq!(found[0].servers.smtp.as_ref().unwrap().security, Security::Starttls);
}

#[test]
fn addresses_are_checked_and_domains_compared() {
    for bad in
        ["", "x", "@x.example", "a@", "a@localhost", "a@127.0.0.1", "a b@x.example", "a@x y.example", "a@x.example/path", "a\r\n@x.example"]
    {
        assert!(Address::of(bad).is_err(), "{bad:?}");
    }
    assert_eq!(Address::of("jo@Bücher.example").unwrap().domain, "xn--bcher-kva.example");
    assert_eq!(registrable("imap.mail.firm.co.uk"), "firm.co.uk");
    assert_eq!(registrable("mail.example.com"), "example.com");
}
