//! Known services: who counts opens, who counts clicks, who hides a target, who is often imitated.

use url::Url;

/// Suffixes of hosts that serve open-tracking images only.
const TRACKING_HOSTS: [&str; 43] = [
    "mailtrack.io",
    "mltrk.io",
    "getnotify.com",
    "bananatag.com",
    "yesware.com",
    "t.yesware.com",
    "sidekickopen.com",
    "t.sidekickopen01.com",
    "t.hubspotemail.net",
    "track.hubspot.com",
    "mandrillapp.com",
    "list-manage.com",
    "open.convertkit-mail.com",
    "open.mkt.dynamics.com",
    "trk.klclick.com",
    "trk.klclick1.com",
    "ctrk.klclick.com",
    "email.mg.substack.com",
    "pixel.wp.com",
    "google-analytics.com",
    "googletagmanager.com",
    "doubleclick.net",
    "adservice.google.com",
    "facebook.com/tr",
    "px.ads.linkedin.com",
    "bat.bing.com",
    "beacon.krxd.net",
    "pixel.mathtag.com",
    "pixel.tapad.com",
    "open.mailgun.net",
    "opens.mailgun.org",
    "email.sparkpostmail.com",
    "emltrk.com",
    "litmus.com",
    "demdex.net",
    "omtrdc.net",
    "exct.net",
    "cl.exct.net",
    "track.customer.io",
    "e.customeriomail.com",
    "mixpanel.com",
    "pstmrk.it",
    "track.pstmrk.it",
];

/// Beginnings or parts of paths that belong to open counters of software that runs on customers' own hosts.
const TRACKING_PATHS: [&str; 18] = [
    "/wf/open",
    "/track/open",
    "/open.php",
    "/open.aspx",
    "/o/open",
    "/e/open",
    "/trk/open",
    "/email/open",
    "/pixel.gif",
    "/pixel.png",
    "/tracking-pixel",
    "/tracking_pixel",
    "/beacon.gif",
    "/spacer.gif?",
    "/1x1.gif",
    "/blank.gif?",
    "/imp?",
    "/read-receipt",
];

const CLICK_HOSTS: [&str; 21] = [
    "list-manage.com",
    "sendgrid.net",
    "ct.sendgrid.net",
    "mandrillapp.com",
    "hubspotlinks.com",
    "hubspotemail.net",
    "klclick.com",
    "klclick1.com",
    "mailgun.org",
    "sparkpostmail.com",
    "exct.net",
    "customeriomail.com",
    "convertkit-mail.com",
    "mlsend.com",
    "createsend.com",
    "cmail19.com",
    "cmail20.com",
    "awstrack.me",
    "pstmrk.it",
    "trk.email",
    "mjt.lu",
];
const CLICK_PATHS: [&str; 8] = ["/ls/click", "/track/click", "/wf/click", "/e/click", "/trk/click", "/cl0/", "/email/click", "/link/click"];

const SHORTENERS: [&str; 30] = [
    "bit.ly",
    "t.co",
    "goo.gl",
    "tinyurl.com",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "shorturl.at",
    "rb.gy",
    "t.ly",
    "tiny.cc",
    "lnkd.in",
    "soo.gd",
    "s.id",
    "v.gd",
    "bl.ink",
    "short.io",
    "qr.ae",
    "adf.ly",
    "clck.ru",
    "u.to",
    "dlvr.it",
    "trib.al",
    "snip.ly",
    "bit.do",
    "surl.li",
    "shorturl.gg",
    "urlz.fr",
];

/// (what a display name says, domains that may say it).
const BRANDS: [(&str, &[&str]); 34] = [
    ("paypal", &["paypal.com", "paypal.de", "paypal.co.uk", "paypal.fr"]),
    ("amazon", &["amazon.com", "amazon.de", "amazon.co.uk", "amazon.fr", "amazon.it", "amazon.es", "amazon.co.jp", "amazonses.com"]),
    ("apple", &["apple.com", "icloud.com", "me.com"]),
    ("icloud", &["apple.com", "icloud.com"]),
    ("microsoft", &["microsoft.com", "outlook.com", "office.com", "live.com", "hotmail.com", "microsoftonline.com"]),
    ("office 365", &["microsoft.com", "office.com"]),
    ("google", &["google.com", "gmail.com", "googlemail.com", "youtube.com"]),
    ("netflix", &["netflix.com"]),
    ("facebook", &["facebook.com", "facebookmail.com", "meta.com"]),
    ("instagram", &["instagram.com", "facebookmail.com"]),
    ("whatsapp", &["whatsapp.com"]),
    ("linkedin", &["linkedin.com"]),
    ("dropbox", &["dropbox.com", "dropboxmail.com"]),
    ("docusign", &["docusign.com", "docusign.net"]),
    ("adobe", &["adobe.com", "adobesign.com"]),
    ("dhl", &["dhl.com", "dhl.de", "dhl.fr"]),
    ("fedex", &["fedex.com"]),
    ("ups ", &["ups.com"]),
    ("usps", &["usps.com", "usps.gov"]),
    ("hermes", &["myhermes.de", "hermesworld.com"]),
    ("chase", &["chase.com"]),
    ("wells fargo", &["wellsfargo.com"]),
    ("bank of america", &["bankofamerica.com", "bofa.com"]),
    ("hsbc", &["hsbc.com", "hsbc.co.uk"]),
    ("barclays", &["barclays.com", "barclays.co.uk"]),
    ("sparkasse", &["sparkasse.de"]),
    ("volksbank", &["volksbank.de", "vr.de"]),
    ("ing bank", &["ing.com", "ing.de", "ing.nl"]),
    ("revolut", &["revolut.com"]),
    ("coinbase", &["coinbase.com"]),
    ("binance", &["binance.com"]),
    ("steam", &["steampowered.com", "valvesoftware.com"]),
    ("spotify", &["spotify.com"]),
    ("stripe", &["stripe.com"]),
];

fn under(host: &str, suffix: &str) -> bool {
    host == suffix || host.strip_suffix(suffix).is_some_and(|h| h.ends_with('.'))
}

/// The address without scheme: `host/path?query`, lower case.
fn tail(url: &Url) -> (String, String) {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    (host, format!("{}{query}", url.path()).to_ascii_lowercase())
}

pub(super) fn is_tracking_image(url: &Url) -> bool {
    let (host, path) = tail(url);
    TRACKING_HOSTS.iter().any(|h| match h.split_once('/') {
        Some((h, p)) => under(&host, h) && path.trim_start_matches('/').starts_with(p),
        // Campaign services serve pictures too: there only their counters are meant.
        None if matches!(*h, "list-manage.com" | "mandrillapp.com" | "litmus.com" | "exct.net") => under(&host, h) && path.contains("open"),
        None => under(&host, h),
    }) || TRACKING_PATHS.iter().any(|p| path.contains(p))
}

pub(super) fn is_click_counter(url: &Url) -> bool {
    let (host, path) = tail(url);
    CLICK_HOSTS.iter().any(|h| under(&host, h)) || CLICK_PATHS.iter().any(|p| path.contains(p))
}

pub(super) fn is_shortener(host: &str) -> bool {
    SHORTENERS.contains(&host.strip_prefix("www.").unwrap_or(host))
}

/// A brand that `words` (lower case) names, with its domains.
pub(super) fn brand_in(words: &str) -> Option<(&'static str, &'static [&'static str])> {
    let padded = format!(" {} ", words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" "));
    BRANDS.iter().find(|(name, _)| padded.contains(&format!(" {} ", name.trim()))).copied()
}

/// Domains that look-alikes imitate.
pub(super) fn brand_domains() -> impl Iterator<Item = &'static str> {
    BRANDS.iter().flat_map(|(_, domains)| domains.iter().copied())
}
