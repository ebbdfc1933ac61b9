//! A configuration document from the network: no server in this machine or network may come out, and none without TLS.

pub fn check(bytes: &[u8]) {
    for (host, tls) in providers::fuzz::autoconfig(bytes) {
        assert!(tls, "{host} in the clear");
        assert!(!host.eq_ignore_ascii_case("localhost") && host.parse::<std::net::IpAddr>().is_err(), "{host}");
    }
}
