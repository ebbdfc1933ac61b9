//! What a server's NO, BAD or BYE means for the engine: response codes first (RFC 5530, 9051), the moment second, and only
//! for connection limits the words, because no code is in use for them.

use domain::error::ProviderError;

use super::parse::{Code, Said, Status};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum During {
    Greeting,
    Login,
    Read,
    Write,
    Goodbye,
}

pub(crate) fn error(host: &str, said: &Said, during: During) -> ProviderError {
    let text = if said.text.is_empty() { "no reason given" } else { said.text.as_str() };
    let code = match &said.code {
        Some(Code::Other(name, _)) => name.as_str(),
        Some(Code::Alert) => "ALERT",
        _ => "",
    };
    let server = || ProviderError::Server { provider: host.to_owned(), detail: text.to_owned() };
    match code {
        "AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" => {
            return ProviderError::Auth(format!("{host} did not accept the sign-in: {text}"));
        }
        "THROTTLED" | "LIMIT" => return ProviderError::RateLimited { provider: host.to_owned(), retry_at: None },
        "UNAVAILABLE" | "INUSE" | "SERVERBUG" | "CORRUPTION" => return server(),
        "OVERQUOTA" => return ProviderError::Refused(format!("The mailbox at {host} is full: {text}")),
        "NONEXISTENT" | "TRYCREATE" => return ProviderError::NotFound("This folder".to_owned()),
        "PRIVACYREQUIRED" => return ProviderError::Refused(format!("{host} wants an encrypted connection: {text}")),
        "CONTACTADMIN" => return ProviderError::Refused(format!("{host} asks you to contact its administrator: {text}")),
        "NOPERM" | "CANNOT" | "ALREADYEXISTS" | "TOOBIG" | "BADCHARSET" | "CLIENTBUG" => {
            return ProviderError::Refused(format!("{host} refused this: {text}"));
        }
        _ => {}
    }
    if is_connection_limit(&said.text) {
        return ProviderError::RateLimited { provider: host.to_owned(), retry_at: None };
    }
    match (said.status, during) {
        (Status::Bad, During::Login) => ProviderError::Refused(format!("{host} does not understand this sign-in: {text}")),
        (Status::Bad, _) => {
            ProviderError::Protocol { host: host.to_owned(), protocol: "IMAP", detail: format!("it called a command wrong: {text}") }
        }
        (_, During::Login) => ProviderError::Auth(format!("{host} did not accept the sign-in: {text}")),
        (_, During::Write) => ProviderError::Refused(format!("{host} refused this: {text}")),
        (_, During::Greeting | During::Read | During::Goodbye) => server(),
    }
}

/// "Too many simultaneous connections" (Gmail), "Maximum number of connections from user+IP exceeded" (Dovecot), ….
pub(crate) fn is_connection_limit(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("connection") && (text.contains("too many") || text.contains("maximum number") || text.contains("exceed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no(code: Option<&str>, text: &str, during: During) -> &'static str {
        let code = code.map(|c| Code::Other(c.to_owned(), String::new()));
        error("h", &Said { status: Status::No, code, text: text.to_owned() }, during).code()
    }

    #[test]
    fn codes_win_over_the_moment() {
        assert_eq!(no(Some("AUTHENTICATIONFAILED"), "x", During::Read), "auth");
        assert_eq!(no(Some("UNAVAILABLE"), "x", During::Login), "server");
        assert_eq!(no(Some("THROTTLED"), "x", During::Read), "rate_limited");
        assert_eq!(no(Some("OVERQUOTA"), "x", During::Write), "refused");
        assert_eq!(no(Some("NONEXISTENT"), "x", During::Read), "not_found");
        assert_eq!(no(None, "x", During::Login), "auth");
        assert_eq!(no(None, "x", During::Read), "server");
        assert_eq!(no(None, "x", During::Write), "refused");
        assert_eq!(no(None, "Maximum number of connections from user+IP exceeded", During::Login), "rate_limited");
    }
}
