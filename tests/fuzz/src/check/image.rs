//! Remote images by the type that a header promises and the address that a stranger wrote, and files by their own bytes.

use std::net::IpAddr;

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(mime) = providers::fuzz::image_type(text) {
        assert!(mime.starts_with("image/") && !mime.contains("svg") && !mime.contains("xml"), "{mime}");
        assert!(mime.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.')), "{mime}");
    }
    for url in [text.to_owned(), format!("http://{text}/"), format!("https://[{text}]/")] {
        match providers::fuzz::image_address(&url) {
            Some(IpAddr::V4(ip)) => {
                assert!(
                    !ip.is_loopback() && !ip.is_private() && !ip.is_link_local() && !ip.is_unspecified() && !ip.is_broadcast(),
                    "{url}"
                );
            }
            Some(IpAddr::V6(ip)) => {
                assert!(
                    !ip.is_loopback() && !ip.is_unspecified() && ip.segments()[0] & 0xfe00 != 0xfc00 && ip.segments()[0] & 0xffc0 != 0xfe80,
                    "{url}"
                );
                if let Some(v4) = ip.to_ipv4_mapped() {
                    assert!(!v4.is_loopback() && !v4.is_private(), "{url}");
                }
            }
            None => {}
        }
    }
}
