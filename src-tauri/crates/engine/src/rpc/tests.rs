#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn requests_survive_the_wire_and_passwords_do_not_print() {
    let request = Request::ConnectImap(Box::new(ConnectImapRequest {
        email: "a@b.example".into(),
        display_name: String::new(),
        username: "a".into(),
        password: Some(WireSecret::new(SecretString::from("hunter2".to_owned()))),
        imap: endpoint("[::1]:993", Security::Tls).unwrap(),
        smtp: None,
        reconnect: None,
    }));
    assert!(!format!("{request:?}").contains("hunter2"));
    let wire = serde_json::to_value(&request).unwrap();
    let Request::ConnectImap(back) = serde_json::from_value(wire).unwrap() else { panic!("another command") };
    assert_eq!(back.imap.host, "::1");
    assert_eq!(back.password.unwrap().into_inner().expose_secret(), "hunter2");
    for request in [
        Request::Connections,
        Request::MailFlag { id: "1".into(), flag: FlagWord::Unstarred },
        Request::Search { query: "x".into(), limit: 5, after: None, best: true },
    ] {
        let wire = serde_json::to_value(&request).unwrap();
        assert!(wire.get("command").is_some(), "{wire}");
        assert!(serde_json::from_value::<Request>(wire).is_ok());
    }
}

#[test]
fn endpoints_are_host_and_port() {
    for (text, host, port) in
        [("imap.example.org:993", "imap.example.org", 993), ("127.0.0.1:10143", "127.0.0.1", 10143), ("[::1]:25", "::1", 25)]
    {
        let e = endpoint(text, Security::Starttls).unwrap();
        assert_eq!((e.host.as_str(), e.port), (host, port));
    }
    for bad in ["", "host", "host:", ":993", "host:0", "host:99999", "host:x", "a b:993", "http://host:1/", "host:993/x"] {
        assert_eq!(endpoint(bad, Security::Tls).unwrap_err().code, "invalid", "{bad}");
    }
}

#[test]
fn limits_are_bounded() {
    assert_eq!(checked(10_000).unwrap(), 10_000);
    for bad in [0, 10_001, u32::MAX] {
        assert!(checked(bad).unwrap_err().hint.contains("10000"));
    }
}

/// A holder of before knows nothing of `ca_file`: it must still understand the request, whatever its shape.
#[test]
fn a_handed_request_is_the_request_with_a_file_beside_it() {
    let ca = PathBuf::from("/etc/own.pem");
    for request in [Request::Connections, Request::Sync { connection: None }, Request::Open { url: "aurelius://x".into() }] {
        for ca_file in [None, Some(ca.as_path())] {
            let wire = serde_json::to_value(Handed { request: &request, ca_file }).unwrap();
            assert_eq!(wire.get("ca_file").is_some(), ca_file.is_some(), "{wire}");
            let back: Request = serde_json::from_value(wire).unwrap();
            assert_eq!(format!("{back:?}"), format!("{request:?}"));
        }
    }
}
