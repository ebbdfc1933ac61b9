//! Names and risks of attached files. A name comes from the sender and ends up in a save dialog, so it is made harmless here.

use super::{headers::clean, walk::Node};

/// Why opening a file deserves a warning; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    None,
    /// Hides its content from scanners.
    Archive,
    /// Runs in the browser with a look of its own.
    Html,
    /// Archive or document with a password: no scanner on the way could look inside. Only its bytes say so ([`super::inside`]).
    Locked,
    /// Office file that has, or in the old formats can have, macros.
    Macro,
    /// Runs when opened.
    Executable,
}

impl Risk {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Executable => "executable",
            Self::Macro => "macro",
            Self::Html => "html",
            Self::Locked => "locked",
            Self::Archive => "archive",
        }
    }
}

const EXECUTABLE: [&str; 52] = [
    "exe",
    "msi",
    "msp",
    "msix",
    "appx",
    "com",
    "scr",
    "pif",
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "vbs",
    "vbe",
    "js",
    "jse",
    "wsf",
    "wsh",
    "hta",
    "cpl",
    "dll",
    "jar",
    "jnlp",
    "lnk",
    "url",
    "reg",
    "inf",
    "gadget",
    "application",
    "chm",
    "apk",
    "app",
    "dmg",
    "pkg",
    "command",
    "sh",
    "run",
    "bin",
    "desktop",
    "appimage",
    "deb",
    "rpm",
    "flatpakref",
    "py",
    "pl",
    "rb",
    "xll",
    "iso",
    "img",
    "vhd",
    "vhdx",
    "scpt",
];
const MACRO: [&str; 15] =
    ["docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppsm", "ppam", "sldm", "one", "doc", "xls", "ppt"];
const HTML: [&str; 7] = ["html", "htm", "xhtml", "shtml", "mht", "mhtml", "svg"];
const ARCHIVE: [&str; 12] = ["zip", "rar", "7z", "gz", "tgz", "bz2", "xz", "tar", "cab", "arj", "lzh", "ace"];

/// The worse of what the name says (its last extension: `invoice.pdf.exe` is an exe) and what the declared type says: the sender
/// chose both.
pub fn risk(name: &str, mime: &str) -> Risk {
    by_name(name).max(by_type(&mime.to_ascii_lowercase()))
}

fn by_name(name: &str) -> Risk {
    let extension = name.trim_end_matches([' ', '.']).rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    let e = extension.as_str();
    if EXECUTABLE.contains(&e) {
        Risk::Executable
    } else if MACRO.contains(&e) {
        Risk::Macro
    } else if HTML.contains(&e) {
        Risk::Html
    } else if ARCHIVE.contains(&e) {
        Risk::Archive
    } else {
        Risk::None
    }
}

fn by_type(mime: &str) -> Risk {
    match mime {
        "application/x-msdos-program"
        | "application/javascript"
        | "text/javascript"
        | "application/java-archive"
        | "application/vnd.android.package-archive" => Risk::Executable,
        m if ["x-msdownload", "x-executable", "x-sh"].iter().any(|program| m.contains(program)) => Risk::Executable,
        m if m.contains("macroenabled") => Risk::Macro,
        "text/html" | "application/xhtml+xml" | "image/svg+xml" => Risk::Html,
        "application/zip" | "application/x-rar-compressed" | "application/x-7z-compressed" | "application/gzip" => Risk::Archive,
        _ => Risk::None,
    }
}

/// A name fit for a file: no path, no control or direction characters, at most 200 characters, never empty.
pub(crate) fn name(node: &Node, index: u32) -> String {
    let cleaned = safe_name(&node.filename);
    if cleaned.is_empty() { default_name(node, index) } else { cleaned }
}

/// See [`name`]; empty where nothing usable is left.
pub(crate) fn safe_name(given: &str) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or(given);
    let text: String = clean(base, 1_000)
        .chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let text = text.trim().trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    // Windows opens a device under these names, whatever their extension.
    let stem = text.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |word: &str| stem.strip_prefix(word).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    let text = if device { format!("_{text}") } else { text.to_owned() };
    if text.chars().count() <= 200 {
        return text;
    }
    // Keep the extension: it says what the file is.
    let (stem, extension) = text.rsplit_once('.').unwrap_or((&text, ""));
    let extension: String = extension.chars().take(20).collect();
    let stem: String = stem.chars().take(195 - extension.chars().count()).collect();
    if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
}

fn default_name(node: &Node, index: u32) -> String {
    match node.mime.as_str() {
        "message/rfc822" | "message/global" => "message.eml".into(),
        "message/delivery-status" => "delivery-status.txt".into(),
        "text/calendar" | "application/ics" => "invite.ics".into(),
        "text/plain" => format!("part-{index}.txt"),
        "text/html" => format!("part-{index}.html"),
        "text/rfc822-headers" => "headers.txt".into(),
        "application/pgp-signature" => "signature.asc".into(),
        "application/pgp-encrypted" => "version.asc".into(),
        "application/pgp-keys" => "public-key.asc".into(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s".into(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".into(),
        "application/ms-tnef" => "winmail.dat".into(),
        "application/octet-stream" => format!("part-{index}.bin"),
        "image/jpeg" => format!("image-{index}.jpg"),
        "image/svg+xml" => format!("image-{index}.svg"),
        mime => {
            let (kind, sub) = mime.split_once('/').unwrap_or(("part", "bin"));
            let ok = !sub.is_empty() && sub.len() <= 5 && sub.bytes().all(|b| b.is_ascii_alphanumeric());
            let stem = if matches!(kind, "image" | "audio" | "video") { kind } else { "part" };
            format!("{stem}-{index}.{}", if ok { sub } else { "bin" })
        }
    }
}
