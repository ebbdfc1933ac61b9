#![allow(clippy::unwrap_used)]
use super::*;
use crate::{
    scripted::{Scripted, answer},
    tls::TlsContext,
};

/// Lets exactly one loopback address through, so that 127.0.0.2 can play the private network.
fn images() -> Images {
    let tls = TlsContext::new(None).unwrap().client_config(&[]).unwrap();
    Images::with_policy(&tls, |ip| ip == IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap()
}

fn real() -> Images {
    Images::new(&TlsContext::new(None).unwrap().client_config(&[]).unwrap()).unwrap()
}

#[tokio::test]
async fn fetches_an_image_and_gives_nothing_away() {
    let server = Scripted::start().await;
    server.next(|_| answer(200, "Image/PNG; charset=binary", &b"png"[..]));
    let image = images().fetch(&format!("{}/p.png?id=1", server.base), 1000).await.unwrap();
    assert_eq!((image.mime.as_str(), image.bytes.as_slice()), ("image/png", &b"png"[..]));
    let asked = server.asked();
    let headers = &asked.first().unwrap().headers;
    assert!(headers.get("cookie").is_none() && headers.get("referer").is_none() && headers.get("authorization").is_none());
    assert_eq!(headers.get("user-agent").unwrap(), "Mozilla/5.0");
}

#[tokio::test]
async fn a_redirect_into_the_private_network_is_refused_before_it_is_asked() {
    let (server, inside) = (Scripted::start().await, Scripted::on("127.0.0.2").await);
    let target = format!("{}/secret", inside.base);
    server.next(move |_| {
        let mut response = answer(302, "text/plain", "");
        response.headers_mut().insert("location", target.parse().unwrap());
        response
    });
    let error = images().fetch(&server.base, 1000).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("127.0.0.2")), "{error}");
    assert!(inside.asked().is_empty());
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_no_more() {
    let server = Scripted::start().await;
    for n in 0..8 {
        server.next(move |_| {
            let mut response = answer(if n == 3 { 200 } else { 302 }, "image/gif", "gif");
            response.headers_mut().insert("location", "/next".parse().unwrap());
            response
        });
    }
    assert!(images().fetch(&server.base, 1000).await.is_ok(), "the fourth answer is the image");
    let error = images().fetch(&server.base, 1000).await.unwrap_err();
    assert!(error.to_string().contains("too often"), "{error}");
    assert_eq!(server.asked().len(), 8);
}

#[tokio::test]
async fn only_images_and_only_small_ones() {
    let server = Scripted::start().await;
    for kind in ["text/html", "image/svg+xml", "IMAGE/SVG+XML", "image/", "application/octet-stream"] {
        server.next(move |_| answer(200, kind, "x"));
        assert!(matches!(images().fetch(&server.base, 1000).await, Err(ProviderError::Refused(_))), "{kind}");
    }
    server.next(|_| answer(200, "image/png", vec![0; 1001]));
    assert!(images().fetch(&server.base, 1000).await.is_err());
    server.next(|_| answer(404, "image/png", "x"));
    assert!(matches!(images().fetch(&server.base, 1000).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test]
async fn refuses_private_addresses_in_every_spelling() {
    let server = Scripted::start().await;
    let port = server.base.rsplit(':').next().unwrap().to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0x7f000001",
        "2130706433",
        "127.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let error = real().fetch(&format!("http://{host}:{port}/x"), 1000).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains("inside this machine")), "{host}: {error}");
    }
    for url in ["file:///etc/passwd", "data:image/png;base64,AA", "ftp://x.example/a", "http://user:pw@x.example/a", "x"] {
        assert!(matches!(real().fetch(url, 1000).await, Err(ProviderError::Refused(_))), "{url}");
    }
    assert!(server.asked().is_empty());
}

#[test]
fn public_addresses_are_public() {
    for ip in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "2002:0808:0808::"] {
        assert!(is_public(ip.parse().unwrap()), "{ip}");
    }
    for ip in ["2001:db8::1", "2001::1", "3fff::1", "ff02::1", "::", "fec0::1", "198.18.0.1", "192.0.2.1", "203.0.113.9"] {
        assert!(!is_public(ip.parse().unwrap()), "{ip}");
    }
}
