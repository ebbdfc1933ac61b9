//! A small IMAP server with three mails. Honest, it serves a first listing and every later round; what it announces to be able to do is
//! drawn by the seed, because each capability is another road through the client.

use super::peer::{Manners, Talk};

const CAPABILITIES: [&str; 11] = [
    "ESEARCH",
    "CONDSTORE",
    "QRESYNC",
    "LIST-EXTENDED",
    "SPECIAL-USE",
    "LIST-STATUS",
    "UIDPLUS",
    "LITERAL+",
    "ID",
    "UTF8=ACCEPT",
    "AUTH=SCRAM-SHA-256",
];
const UIDS: std::ops::RangeInclusive<u32> = 1..=3;

pub fn serve(talk: &mut Talk) -> std::io::Result<()> {
    let mut capabilities = vec!["IMAP4rev1", "ENABLE", "AUTH=PLAIN", "SASL-IR"];
    match talk.manners {
        Manners::Seed(_) => {
            let chosen = talk.rng.next();
            capabilities.extend(CAPABILITIES.iter().enumerate().filter(|(n, _)| chosen >> n & 1 == 1).map(|(_, c)| c));
        }
        Manners::Bomb(name) if name.contains("windowed") => {}
        _ => capabilities.extend(&CAPABILITIES[..10]),
    }
    let capabilities = capabilities.join(" ");
    if talk.bomb() == Some("endless greeting") {
        return talk.flood(|_| b"* OK hello hello hello".to_vec());
    }
    talk.say(format!("* OK [CAPABILITY {capabilities}] ready\r\n").as_bytes())?;
    loop {
        let line = talk.line()?;
        let mut words = line.split(' ');
        let tag = words.next().unwrap_or_default().to_owned();
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        let rest = words.collect::<Vec<_>>().join(" ");
        if let Some(bomb) = talk.bomb() {
            explode(talk, bomb, &tag, &verb, &rest)?;
        }
        let ok = format!("{tag} OK done\r\n");
        let reply = match verb.as_str() {
            "CAPABILITY" => format!("* CAPABILITY {capabilities}\r\n{ok}"),
            "AUTHENTICATE" if rest.starts_with("SCRAM") => {
                // A challenge that can't fit, then no: the client goes on with PLAIN or gives up.
                talk.say(b"+ cj1hYWFhLHM9QUFBQSxpPTQwOTY=\r\n")?;
                let _ = talk.line()?;
                format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n")
            }
            "LIST" if rest.contains("STATUS") => format!(
                "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3 UNSEEN 1)\r\n* LIST (\\Sent) \"/\" \"Gesendet &APw-\"\r\n{ok}"
            ),
            "LIST" => format!("* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Sent) \"/\" {{4}}\r\nSent\r\n{ok}"),
            "EXAMINE" | "SELECT" => {
                let exists = if talk.bomb().is_some_and(|b| b.contains("four billion")) { u32::MAX } else { 3 };
                format!(
                    "* FLAGS (\\Seen \\Flagged)\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n* OK [HIGHESTMODSEQ 11] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n{tag} OK [READ-ONLY] done\r\n"
                )
            }
            "UID" if rest.starts_with("SEARCH RETURN") => format!("* ESEARCH (TAG \"{tag}\") UID ALL 1:3\r\n{ok}"),
            "UID" if rest.starts_with("SEARCH") => format!("* SEARCH 1 2 3\r\n{ok}"),
            "UID" if talk.now() == Manners::Bomb(SPOILED) && rest.contains("BODY.PEEK[]") && names(&rest, 2) => {
                let out = if rest.starts_with("FETCH 2 ") { Vec::new() } else { fetch(&rest.replace("1:3", "1")) };
                talk.say(&out)?;
                format!("{tag} NO the file of a message is damaged\r\n")
            }
            "UID" if rest.starts_with("FETCH") => {
                let out = fetch(&rest);
                talk.say(&out)?;
                ok
            }
            "LOGOUT" => {
                talk.say(format!("* BYE bye\r\n{ok}").as_bytes())?;
                return Ok(());
            }
            _ => ok,
        };
        talk.say(reply.as_bytes())?;
    }
}

fn raw(uid: u32) -> String {
    format!(
        "From: a@x.example\r\nMessage-ID: <m{uid}@x.example>\r\nSubject: number {uid}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nkumquat {uid}\r\n"
    )
}

/// Manners of a server that has lost the body of its second mail.
pub const SPOILED: &str = "one body is lost";

fn names(rest: &str, uid: u32) -> bool {
    let set = rest.trim_start_matches("FETCH ").split(' ').next().unwrap_or_default();
    set.split(',').any(|range| {
        let (low, high) = range.split_once(':').unwrap_or((range, range));
        low.parse().is_ok_and(|low: u32| low <= uid) && high.parse().is_ok_and(|high: u32| uid <= high)
    })
}

/// Everything that was asked for, of every mail that is in the set.
fn fetch(rest: &str) -> Vec<u8> {
    let (set, items) = rest.trim_start_matches("FETCH ").split_once(' ').unwrap_or((rest, ""));
    let wanted = |uid: u32| {
        set.split(',').any(|range| {
            let (low, high) = range.split_once(':').unwrap_or((range, range));
            let number = |text: &str| if text == "*" { u32::MAX } else { text.parse().unwrap_or(0) };
            number(low) <= uid && uid <= number(high) || (set == "*" && uid == *UIDS.end())
        })
    };
    let mut out = Vec::new();
    for uid in UIDS.filter(|uid| wanted(*uid)) {
        let mail = raw(uid);
        let mut said = format!("* {uid} FETCH (UID {uid}");
        if items.contains("FLAGS") {
            said.push_str(" FLAGS (\\Seen)");
        }
        if items.contains("INTERNALDATE") {
            said.push_str(" INTERNALDATE \"23-Nov-2026 10:00:00 +0000\"");
        }
        if items.contains("RFC822.SIZE") {
            said.push_str(&format!(" RFC822.SIZE {}", mail.len()));
        }
        if items.contains("HEADER.FIELDS") {
            let header = format!("Message-ID: <m{uid}@x.example>\r\n\r\n");
            said.push_str(&format!(" BODY[HEADER.FIELDS (MESSAGE-ID)] {{{}}}\r\n{header}", header.len()));
        }
        if items.contains("BODY.PEEK[HEADER])") {
            let header = mail.split_inclusive("\r\n\r\n").next().unwrap_or_default();
            said.push_str(&format!(" BODY[HEADER] {{{}}}\r\n{header}", header.len()));
        }
        if items.contains("BODY.PEEK[]") {
            said.push_str(&format!(" BODY[] {{{}}}\r\n{mail}", mail.len()));
        }
        said.push_str(")\r\n");
        out.extend_from_slice(said.as_bytes());
    }
    out
}

/// Every way to say too much that a client must survive, by name and with the command at which it goes off.
pub const BOMBS: [&str; 20] = [
    "endless greeting",
    "endless capabilities",
    "endless line in a list",
    "endless untagged lines",
    "endless goodbyes",
    "endless folders with long names",
    "folders with ten thousand attributes",
    "endless enabled extensions",
    "four billion mails, named in one range",
    "four billion mails, windowed",
    "endless vanished",
    "endless changed flags in select",
    "endless answers nobody asked for",
    "many flags for every mail",
    "many literals for every mail",
    "a thousand literals in one answer",
    "a literal without an end",
    "bodies far larger than announced",
    "sizes and dates beyond numbers",
    "the highest number there is",
];

fn explode(talk: &mut Talk, bomb: &str, tag: &str, verb: &str, rest: &str) -> std::io::Result<()> {
    let list = verb == "LIST";
    let select = verb == "EXAMINE";
    let search = verb == "UID" && rest.starts_with("SEARCH");
    let details = verb == "UID" && rest.contains("HEADER.FIELDS");
    let bodies = verb == "UID" && rest.contains("BODY.PEEK[]");
    match bomb {
        "endless capabilities" if verb == "AUTHENTICATE" => {
            talk.flood(|n| format!("* CAPABILITY X{n} {}\r\n", "ABCDEFG ".repeat(900)).into_bytes())
        }
        "endless line in a list" if list => {
            talk.flood(|n| if n == 0 { b"* LIST () \"/\" \"".to_vec() } else { b"folder folder folder ".to_vec() })
        }
        "endless untagged lines" if list => talk.flood(|_| b"* OK still here\r\n".to_vec()),
        "endless goodbyes" if list => talk.flood(|_| b"* BYE soon\r\n".to_vec()),
        "endless folders with long names" if list => {
            talk.flood(|n| format!("* LIST () \"/\" \"{n} {}\"\r\n", "long name ".repeat(6_000)).into_bytes())
        }
        "folders with ten thousand attributes" if list => {
            talk.flood(|n| format!("* LIST ({}) \"/\" {n}\r\n", "\\A ".repeat(9_999)).into_bytes())
        }
        "endless enabled extensions" if verb == "ENABLE" => {
            talk.flood(|n| format!("* ENABLED {}\r\n", numbers("X", n * 900, 900)).into_bytes())
        }
        "four billion mails, named in one range" if search => {
            talk.say(format!("* ESEARCH (TAG \"{tag}\") UID ALL 1:4294967295\r\n{tag} OK\r\n").as_bytes())
        }
        "four billion mails, windowed" if search => {
            // Every window of sequence numbers names another fifty thousand.
            let from: u64 = rest.split([' ', ':']).nth(1).and_then(|n| n.parse().ok()).unwrap_or(1);
            let uids = numbers("", from, 50_000);
            talk.say(format!("* SEARCH {uids}\r\n{tag} OK\r\n").as_bytes())
        }
        "endless vanished" if select => talk.flood(|n| {
            let uids: Vec<String> = (0..500).map(|i| (2 * (n * 500 + i) % 4_294_967_290 + 1).to_string()).collect();
            format!("* VANISHED (EARLIER) {}\r\n", uids.join(",")).into_bytes()
        }),
        "endless changed flags in select" if select => {
            talk.flood(|n| format!("* {} FETCH (UID {} MODSEQ (12) FLAGS (\\Seen kw))\r\n", n % 3 + 1, n % 4_294_967_294 + 1).into_bytes())
        }
        "endless answers nobody asked for" if bodies => {
            talk.flood(|n| format!("* {} FETCH (UID {} FLAGS (\\Seen))\r\n", n % 3 + 1, 1_000 + n % 1_000_000).into_bytes())
        }
        "many flags for every mail" | "many literals for every mail" | "sizes and dates beyond numbers" if search => {
            talk.say(format!("* ESEARCH (TAG \"{tag}\") UID ALL 1:1000\r\n{tag} OK\r\n").as_bytes())
        }
        "many flags for every mail" if details => {
            let flags = "kw ".repeat(9_000);
            for uid in 1..=1000 {
                talk.say(format!("* {uid} FETCH (UID {uid} FLAGS ({flags}) RFC822.SIZE 10)\r\n").as_bytes())?;
            }
            talk.say(format!("{tag} OK\r\n").as_bytes())
        }
        "many literals for every mail" if details => {
            let section = format!(" BODY[HEADER.FIELDS (MESSAGE-ID)] {{65000}}\r\n{}", "x".repeat(65_000));
            for uid in 1..=1000 {
                talk.say(format!("* {uid} FETCH (UID {uid} FLAGS (){})\r\n", section.repeat(32)).as_bytes())?;
            }
            talk.say(format!("{tag} OK\r\n").as_bytes())
        }
        "a thousand literals in one answer" if list => talk.flood(|n| {
            if n == 0 { b"* LIST () \"/\" {65000}\r\n".to_vec() } else { format!("{} {{65000}}\r\n", "y".repeat(65_000)).into_bytes() }
        }),
        "a literal without an end" if bodies => {
            talk.flood(|n| if n == 0 { b"* 3 FETCH (UID 3 BODY[] {1073741824}\r\n".to_vec() } else { vec![b'z'; 60_000] })
        }
        "bodies far larger than announced" if search => {
            talk.say(format!("* ESEARCH (TAG \"{tag}\") UID ALL 1:100\r\n{tag} OK\r\n").as_bytes())
        }
        "bodies far larger than announced" if details => {
            for uid in 1..=100 {
                talk.say(format!("* {uid} FETCH (UID {uid} FLAGS () RFC822.SIZE 100)\r\n").as_bytes())?;
            }
            talk.say(format!("{tag} OK\r\n").as_bytes())
        }
        "bodies far larger than announced" if bodies => {
            let text = "word after word \r\n".repeat(500_000);
            for uid in 1..=100 {
                talk.say(format!("* {uid} FETCH (UID {uid} FLAGS () BODY[] {{{}}}\r\n{text})\r\n", text.len()).as_bytes())?;
            }
            talk.say(format!("{tag} OK\r\n").as_bytes())
        }
        "sizes and dates beyond numbers" if details => {
            for uid in 1..=1000 {
                let said = format!(
                    "* {uid} FETCH (UID {uid} FLAGS () INTERNALDATE \"31-Dec-9999 23:59:60 -9223372036854775807\" RFC822.SIZE 18446744073709551615)\r\n"
                );
                talk.say(said.as_bytes())?;
            }
            talk.say(format!("{tag} OK\r\n").as_bytes())
        }
        "the highest number there is" if search => {
            talk.say(format!("* ESEARCH (TAG \"{tag}\") UID ALL 4294967294:4294967295\r\n{tag} OK\r\n").as_bytes())
        }
        _ => Ok(()),
    }
}

/// Counted words, a blank between them.
fn numbers(before: &str, from: u64, count: u64) -> String {
    let words: Vec<String> = (from..from + count).map(|n| format!("{before}{n}")).collect();
    words.join(" ")
}
