//! Whose word an Authentication-Results header is (RFC 8601 section 5). Anybody can write one into a mail before it is sent; only the
//! topmost counts, and only where it bears the name of the person's own provider.

use super::links::registrable;

/// Providers whose servers go by more than one domain.
const SAME_HOUSE: [&[&str]; 5] = [
    &["google.com", "gmail.com", "googlemail.com"],
    &["fastmail.com", "fastmail.fm", "messagingengine.com"],
    &["icloud.com", "me.com", "mac.com", "apple.com"],
    &["outlook.com", "office365.com", "hotmail.com", "live.com", "microsoft.com"],
    &["gmx.net", "gmx.de", "gmx.com", "web.de", "kundenserver.de", "ionos.com", "ionos.de"],
];

/// The topmost header, and whether the person's provider wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    pub header: String,
    pub ours: bool,
}

impl Results {
    /// `houses`: domains of the account's address and of its servers.
    pub fn of(headers: Vec<String>, houses: &[String]) -> Option<Self> {
        let header = headers.into_iter().next()?;
        let ours = authserv_id(&header).is_some_and(|id| houses.iter().any(|house| same_house(&id, house)));
        Some(Self { header, ours })
    }

    pub fn trusted(&self) -> Option<&str> {
        self.ours.then_some(self.header.as_str())
    }
}

/// `authserv-id [version];`. None where results come at once, as Microsoft writes it.
fn authserv_id(header: &str) -> Option<String> {
    let id = header.split(';').next()?.split_whitespace().next()?.trim_matches('"');
    let name = !id.is_empty() && !id.contains('=') && id.contains('.');
    name.then(|| id.to_ascii_lowercase())
}

fn same_house(id: &str, house: &str) -> bool {
    let (a, b) = (registrable(id), registrable(house));
    a == b || SAME_HOUSE.iter().any(|names| names.contains(&a.as_str()) && names.contains(&b.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(header: &str, houses: &[&str]) -> bool {
        let houses: Vec<String> = houses.iter().map(|h| (*h).to_owned()).collect();
        Results::of(vec![header.to_owned(), "mx.firm.example; dmarc=pass".to_owned()], &houses).is_some_and(|r| r.ours)
    }

    #[test]
    fn only_the_persons_own_provider_is_believed() {
        let firm = ["firm.example", "imap.hoster.example"];
        assert!(ours("mx1.hoster.example; dkim=pass; dmarc=pass", &firm));
        assert!(ours("mail.firm.example 1; dmarc=pass", &firm));
        assert!(ours("MX.Firm.Example; none", &firm));
        assert!(ours("mx.google.com; dmarc=pass", &["firm.example", "imap.gmail.com"]));
        assert!(ours("mx3.messagingengine.com; dmarc=pass", &["firm.example", "imap.fastmail.com"]));
        // Written by the sender, or by somebody on the way; that a later header is ours does not help.
        for forged in
            ["mx.evil.test; dmarc=pass", "mx.firm.example.evil.test; dmarc=pass", "dmarc=pass mx.firm.example", "", ";", "firm; dmarc=pass"]
        {
            assert!(!ours(forged, &firm), "{forged:?}");
        }
        assert!(!ours("mx.google.com; dmarc=pass", &firm));
    }
}
