//! The document `config-v1.1.xml` (draft-ietf-mailmaint-autoconfig; Mozilla's format), read from hostile input.
//!
//! Only what we can use is taken: IMAP and SMTP over TLS or STARTTLS at a host name. `plain` is refused whatever a document
//! says, and so are addresses that point into this machine or network.

use domain::connection::{Security, ServerEndpoint};
use quick_xml::{Reader, events::Event};

const MAX_DOCUMENT: usize = 256 * 1024;

/// One usable server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub endpoint: ServerEndpoint,
    /// With placeholders, as in the document; None: not said.
    pub username: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub imap: Vec<Found>,
    pub smtp: Vec<Found>,
}

#[derive(Default)]
struct Server {
    incoming: bool,
    host: String,
    port: String,
    socket: String,
    username: String,
}

/// None where it is not such a document or holds nothing usable.
pub(super) fn parse(bytes: &[u8]) -> Option<Document> {
    if bytes.len() > MAX_DOCUMENT {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader::from_str(text);
    let mut out = Document::default();
    let mut path: Vec<String> = Vec::new();
    let mut server: Option<Server> = None;
    let mut value = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).to_ascii_lowercase();
                if path.len() > 32 {
                    return None;
                }
                if name == "incomingserver" || name == "outgoingserver" {
                    let kind = tag.try_get_attribute("type").ok().flatten().map(|a| String::from_utf8_lossy(&a.value).to_ascii_lowercase());
                    let incoming = name == "incomingserver";
                    let wanted = if incoming { "imap" } else { "smtp" };
                    server = (kind.as_deref() == Some(wanted)).then(|| Server { incoming, ..Server::default() });
                }
                path.push(name);
                value.clear();
            }
            Event::End(_) => {
                let name = path.pop()?;
                if let Some(server) = &mut server {
                    let field = match name.as_str() {
                        "hostname" => Some(&mut server.host),
                        "port" => Some(&mut server.port),
                        "sockettype" => Some(&mut server.socket),
                        "username" => Some(&mut server.username),
                        _ => None,
                    };
                    if let Some(field) = field
                        && field.is_empty()
                    {
                        value.trim().clone_into(field);
                    }
                }
                if (name == "incomingserver" || name == "outgoingserver")
                    && let Some(server) = server.take()
                {
                    keep(&server, &mut out);
                }
                value.clear();
            }
            Event::Text(text) => value.push_str(&text.decode().ok()?),
            Event::CData(text) => value.push_str(&text.decode().ok()?),
            // Entities belong in no host name; a value with one is made useless rather than expanded.
            Event::GeneralRef(_) => value.push('\u{fffd}'),
            Event::Eof => break,
            _ => {}
        }
        if value.len() > 4096 {
            return None;
        }
    }
    (!out.imap.is_empty()).then_some(out)
}

fn keep(server: &Server, out: &mut Document) {
    let security = match server.socket.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => Security::Tls,
        "STARTTLS" => Security::Starttls,
        _ => return,
    };
    let (Some(host), Ok(port)) = (public_name(&server.host), server.port.parse::<u16>()) else { return };
    if port == 0 {
        return;
    }
    let found = Found {
        endpoint: ServerEndpoint { host, port, security, pinned: None },
        username: (!server.username.is_empty()).then(|| server.username.clone()),
    };
    let list = if server.incoming { &mut out.imap } else { &mut out.smtp };
    if list.len() < 16 {
        list.push(found);
    }
}

/// A host name in ASCII that is not an address and not this machine.
pub(super) fn public_name(host: &str) -> Option<String> {
    match url::Host::parse(host.trim().trim_end_matches('.')).ok()? {
        url::Host::Domain(name)
            if name.contains('.')
                && name.len() <= 253
                && !name.ends_with(".localhost")
                && !name.ends_with(".local")
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// `%EMAILADDRESS%` and its kin; None where something else is left over.
pub(super) fn expand(pattern: &str, local: &str, domain: &str) -> Option<String> {
    let out =
        pattern.replace("%EMAILADDRESS%", &format!("{local}@{domain}")).replace("%EMAILLOCALPART%", local).replace("%EMAILDOMAIN%", domain);
    let clean = !out.is_empty() && out.len() <= 320 && !out.contains(|c: char| c.is_control() || c == '%' || c == '\u{fffd}');
    clean.then_some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="example.com"><domain>example.com</domain>
 <incomingServer type="pop3"><hostname>pop.example.com</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
 <incomingServer type="imap"><hostname>plain.example.com</hostname><port>143</port><socketType>plain</socketType></incomingServer>
 <incomingServer type="imap"><hostname> imap.example.com </hostname><port>993</port><socketType>SSL</socketType>
   <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
 <outgoingServer type="smtp"><hostname>smtp.example.com</hostname><port>587</port><socketType>STARTTLS</socketType>
   <username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"#;

    #[test]
    fn takes_what_is_encrypted_and_leaves_the_rest() {
        let found = parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(found.imap.len(), 1);
        assert_eq!(
            (found.imap[0].endpoint.host.as_str(), found.imap[0].endpoint.port, found.imap[0].endpoint.security),
            ("imap.example.com", 993, Security::Tls)
        );
        assert_eq!(found.smtp[0].endpoint.security, Security::Starttls);
        assert_eq!(expand(found.imap[0].username.as_deref().unwrap(), "jo", "example.com").as_deref(), Some("jo"));
        assert_eq!(expand("%EMAILADDRESS%", "jo", "example.com").as_deref(), Some("jo@example.com"));
        assert_eq!(expand("%REALNAME%", "jo", "example.com"), None);
    }

    #[test]
    fn hostile_documents_yield_nothing() {
        let with_host = |host: &str| SAMPLE.replace(" imap.example.com ", host);
        for host in
            ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "evil.example&amp;x", "a b.example", "printer.local", "x\r\ny.example", ""]
        {
            assert!(parse(with_host(host).as_bytes()).is_none(), "{host:?}");
        }
        assert!(parse(SAMPLE.replace("993", "0").as_bytes()).is_none());
        assert!(parse(SAMPLE.replace("993", "70000").as_bytes()).is_none());
        for bad in ["", "<html><body>Not found</body></html>", "<a", "\u{0}", "{}"] {
            assert!(parse(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(parse(&vec![b'<'; MAX_DOCUMENT + 1]).is_none());
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><clientConfig><incomingServer type="imap"><hostname>&b;</hostname></incomingServer></clientConfig>"#;
        assert!(parse(bomb.as_bytes()).is_none());
        assert!(parse("<a>".repeat(10_000).as_bytes()).is_none());
    }

    #[test]
    fn any_cut_or_change_of_a_document_comes_back() {
        for at in 0..SAMPLE.len() {
            let _ = parse(SAMPLE.as_bytes().get(..at).unwrap());
            let mut bytes = SAMPLE.as_bytes().to_vec();
            bytes[at] ^= 0x5a;
            let _ = parse(&bytes);
        }
    }
}
