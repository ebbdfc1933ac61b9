#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::sync::Arc;

use reqwest::header::HeaderValue;

use super::{bearer::Bearer, *};
use crate::scripted::{Scripted, Tokens, answer, http, json};

#[tokio::test]
async fn a_401_refreshes_once_and_replays_the_same_request() {
    let server = Scripted::start().await;
    server.next_json(401, "{}").next_json(200, r#"{"ok":1}"#);
    let tokens = Arc::new(Tokens::default());
    let bearer = Bearer::new(http(), tokens.clone(), "Google");
    let call = Call::new(Method::POST, server.url("/x")).body(HeaderValue::from_static("application/json"), r#"{"a":1}"#);
    let reply = bearer.send(&call, 1000).await.unwrap();
    assert_eq!(reply.body.as_ref(), br#"{"ok":1}"#);
    let asked = server.asked();
    assert_eq!(asked.iter().map(|a| a.header("authorization").unwrap()).collect::<Vec<_>>(), ["Bearer token-0", "Bearer token-1"]);
    assert_eq!((asked[0].text(), asked[0].method.as_str()), (asked[1].text(), "POST"));
    assert_eq!(*tokens.refreshes.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_second_401_is_no_third_request_and_three_of_them_are_the_end() {
    let server = Scripted::start().await;
    let tokens = Arc::new(Tokens::default());
    let bearer = Bearer::new(http(), tokens.clone(), "Google");
    let mut errors = Vec::new();
    for _ in 0..2 {
        server.next_json(401, "{}").next_json(401, "{}");
        errors.push(bearer.send(&Call::get(server.url("/x")), 1000).await.unwrap_err());
    }
    assert!(errors.iter().all(|e| matches!(e, ProviderError::Server { .. })), "tried again later: {errors:?}");
    assert_eq!((server.asked().len(), *tokens.refreshes.lock().unwrap(), server.unused()), (4, 2, 0));
    // One that is accepted begins the count anew.
    server.next_json(200, "{}");
    bearer.send(&Call::get(server.url("/x")), 1000).await.unwrap();
    for n in 1..=3 {
        server.next_json(401, "{}").next_json(401, "{}");
        let error = bearer.send(&Call::get(server.url("/x")), 1000).await.unwrap_err();
        assert_eq!(matches!(error, ProviderError::Auth(_)), n == 3, "{n}: {error:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_successor_is_refused_once() {
    let server = Scripted::start().await;
    server.next_json(401, "{}");
    let tokens = Tokens { fixed: Some("own".to_owned()), ..Tokens::default() };
    let error = Bearer::new(http(), Arc::new(tokens), "Todoist").send(&Call::get(server.url("/x")), 1000).await.unwrap_err();
    assert!(matches!(error, ProviderError::Auth(_)), "{error:?}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn follows_no_redirect_so_that_no_token_travels() {
    let server = Scripted::start().await;
    let elsewhere = Scripted::on("127.0.0.2").await;
    let target = elsewhere.base.clone();
    server.next(move |_| {
        let mut response = answer(302, "text/plain", "");
        response.headers_mut().insert("location", target.parse().unwrap());
        response
    });
    let reply = Bearer::new(http(), Arc::new(Tokens::default()), "Google").send(&Call::get(server.url("/x")), 1000).await.unwrap();
    assert_eq!(reply.status.as_u16(), 302);
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn bodies_are_capped_with_and_without_a_length_and_after_decompression() {
    let server = Scripted::start().await;
    server.next(|_| answer(200, "text/plain", vec![b'x'; 5000]));
    server.next(|_| {
        let chunks = futures_util::stream::iter((0..50).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 100])));
        answer(200, "text/plain", axum::body::Body::from_stream(chunks))
    });
    // 100,000 zero bytes, compressed.
    server.next(|_| {
        let mut response = answer(200, "text/plain", GZIP_ZEROS.to_vec());
        response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        response
    });
    server.next(|_| answer(200, "text/plain", vec![b'x'; 4999]));
    let http = http();
    for _ in 0..3 {
        let error = http.send(&Call::get(server.url("/")), None, 4999).await.unwrap_err();
        assert!(matches!(error, ProviderError::Protocol { .. }), "{error:?}");
    }
    assert_eq!(http.send(&Call::get(server.url("/")), None, 4999).await.unwrap().body.len(), 4999);
}

/// `gzip -9` of 100,000 zero bytes.
const GZIP_ZEROS: &[u8] = include_bytes!("zeros.gz");

#[tokio::test]
async fn plain_http_only_to_this_machine_and_errors_name_the_host_alone() {
    let secret = SecretString::from("very-secret-token");
    let url = Url::parse("http://mail.example/path?access_token=abc").unwrap();
    let error = http().send(&Call::get(url), Some(&secret), 10).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)));
    assert!(!format!("{error} {error:?}").contains("abc"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = Url::parse(&format!("http://127.0.0.1:{port}/path?q=private")).unwrap();
    let error = http().send(&Call::get(url), Some(&secret), 10).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, ProviderError::Unreachable { .. }) && text.contains("127.0.0.1"), "{text}");
    assert!(!text.contains("private") && !text.contains("very-secret"), "{text}");
}

#[tokio::test]
async fn silence_ends_in_a_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let call = Call::get(url).timeout(Duration::from_millis(200));
    let error = http().send(&call, None, 10).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unreachable { reason, .. } if reason == "no answer in time"), "{error:?}");
    drop(listener);
}

#[tokio::test]
async fn a_token_with_line_breaks_becomes_no_header() {
    let server = Scripted::start().await;
    server.next(|_| json(200, "{}"));
    let tokens = Tokens { fixed: Some("a\r\nX-Evil: 1".to_owned()), ..Tokens::default() };
    let error = Bearer::new(http(), Arc::new(tokens), "Google").send(&Call::get(server.url("/")), 10).await.unwrap_err();
    assert!(matches!(error, ProviderError::Auth(_)));
    assert!(server.asked().is_empty());
}

/// A certificate for 127.0.0.1 that nobody signed, with its key. Protects nothing.
const LOOPBACK_PEM: &[u8] = include_bytes!("loopback.pem");

/// Answers every TLS connection with `hi`.
async fn https() -> Url {
    use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let chain = CertificateDer::pem_slice_iter(LOOPBACK_PEM).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(LOOPBACK_PEM).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi").await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

#[tokio::test]
async fn an_unknown_certificate_is_named_as_such_and_the_ca_file_makes_it_known() {
    let url = https().await;
    let error = http().send(&Call::get(url.clone()), None, 100).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Certificate { reason, .. } if reason.contains("self-signed")), "{error:?}");

    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, LOOPBACK_PEM).unwrap();
    let tls = crate::tls::TlsContext::new(Some(file.path())).unwrap();
    let trusting = Http::new(&tls.client_config(&[b"h2", b"http/1.1"]).unwrap(), domain::time::system_clock()).unwrap();
    assert_eq!(trusting.send(&Call::get(url), None, 100).await.unwrap().body.as_ref(), b"hi");
}
