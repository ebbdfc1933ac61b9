#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::{super::frame::*, *};

/// Frames and parses everything; literals are kept.
fn responses(bytes: &[u8]) -> Vec<Result<Response, String>> {
    let mut framer = Framer::default();
    framer.buffer.extend_from_slice(bytes);
    let mut out = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    let mut literal = Vec::new();
    loop {
        match framer.next() {
            Err(why) => {
                out.push(Err(why.to_owned()));
                return out;
            }
            Ok(None) => return out,
            Ok(Some(Frame::Text { text, literal: announced })) => {
                parts.push(Part::Text(text));
                match announced {
                    None => out.push(parse(&std::mem::take(&mut parts)).map_err(str::to_owned)),
                    Some(0) => parts.push(Part::Literal(Bytes::new())),
                    Some(_) => {}
                }
            }
            Ok(Some(Frame::Data { bytes, left })) => {
                literal.extend_from_slice(&bytes);
                if left == 0 {
                    parts.push(Part::Literal(Bytes::from(std::mem::take(&mut literal))));
                }
            }
        }
    }
}

fn one(line: &str) -> Response {
    responses(format!("{line}\r\n").as_bytes()).pop().unwrap().unwrap()
}

fn set(text: &str) -> UidSet {
    UidSet::parse(text).unwrap()
}

#[test]
fn status_lines_and_codes() {
    let Response::Said(said) = one("* OK [UIDVALIDITY 67890007] same") else { panic!() };
    assert_eq!((said.status, said.code, said.text.as_str()), (Status::Ok, Some(Code::UidValidity(67_890_007)), "same"));
    let Response::Said(said) = one("* OK [HIGHESTMODSEQ 90060115205545359] hi") else { panic!() };
    assert_eq!(said.code, Some(Code::HighestModSeq(90_060_115_205_545_359)));
    let Response::Said(said) = one("* OK [PERMANENTFLAGS (\\Answered \\Seen \\*)] ok") else { panic!() };
    assert_eq!(said.code, Some(Code::PermanentFlags(vec!["\\Answered".into(), "\\Seen".into(), "\\*".into()])));
    let Response::Tagged { tag, said } = one("a6 OK [COPYUID 432432 3004 7] done") else { panic!() };
    assert_eq!((tag.as_str(), said.code), ("a6", Some(Code::CopyUid(432_432, "3004".into(), "7".into()))));
    let Response::Tagged { said, .. } = one("a7 NO [OVERQUOTA] Quota exceeded [really]") else { panic!() };
    assert_eq!((said.code, said.text.as_str()), (Some(Code::Other("OVERQUOTA".into(), String::new())), "Quota exceeded [really]"));
    let Response::Said(said) = one("* BYE Autologout {5}") else { panic!() };
    assert_eq!((said.status, said.text.as_str()), (Status::Bye, "Autologout {5}"));
    assert!(matches!(one("+ idling"), Response::Continue { .. }));
    let Response::Continue { raw, .. } = one("+ eyJzdGF0dXMiOiI0MDAifQ==") else { panic!() };
    assert_eq!(&raw[..], b"eyJzdGF0dXMiOiI0MDAifQ==");
    assert!(matches!(one("+"), Response::Continue { .. }));
}

#[test]
fn fetch_with_everything_unknown_in_it() {
    let text = "* 49 FETCH (UID 117 FLAGS (\\Seen $Forwarded) MODSEQ (90060115194045001) RFC822.SIZE 4210 INTERNALDATE \"22-Nov-2026 09:00:00 +0000\" \
        ENVELOPE (\"date\" \"a \\\"quoted\\\" subject\" ((\"n\" NIL \"u\" \"h\")) NIL) BODYSTRUCTURE ((\"text\" \"plain\" NIL)(\"x\" (\"y\" \"z\"))) X-GM-LABELS (a \"b c\") \
        BODY[HEADER.FIELDS (\"MESSAGE-ID\")] {22}\r\nMessage-ID: <a@b.c>\r\n BODY[]<0> \"ab\" EMAILID (M123))";
    let Response::Fetch(f) = one(text) else { panic!() };
    assert_eq!((f.uid, f.size, f.mod_seq), (Some(117), Some(4210), Some(90_060_115_194_045_001)));
    assert_eq!(f.flags.unwrap(), ["\\Seen", "$Forwarded"]);
    assert_eq!(f.internal_date, Some(1_795_338_000));
    assert_eq!(f.sections[0].name, "HEADER.FIELDS (\"MESSAGE-ID\")");
    assert_eq!(f.sections[0].data, Data::Bytes(Bytes::from_static(b"Message-ID: <a@b.c>\r\n ")));
    assert_eq!((f.sections[1].origin, &f.sections[1].data), (Some(0), &Data::Bytes(Bytes::from_static(b"ab"))));
}

#[test]
fn a_fetch_is_readable_before_its_literal() {
    let parts = [Part::Text(Bytes::from_static(b"* 3 FETCH (UID 9 FLAGS () BODY[] "))];
    let f = peek_fetch(&parts).unwrap();
    assert_eq!((f.uid, &f.sections[0].data), (Some(9), &Data::Pending));
    let parts = [parts[0].clone(), Part::Streamed(70_000), Part::Text(Bytes::from_static(b" RFC822.SIZE 70000)"))];
    let Response::Fetch(f) = parse(&parts).unwrap() else { panic!() };
    assert_eq!((f.size, &f.sections[0].data), (Some(70_000), &Data::Streamed(70_000)));
}

#[test]
fn lists_statuses_searches_and_vanishing() {
    let Response::List(l) = one("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"") else { panic!() };
    assert_eq!((l.attributes.len(), l.delimiter, l.name.as_slice()), (2, Some('/'), &b"Sent Items"[..]));
    let Response::List(l) = one("* LIST (\\Noselect) NIL {5}\r\na\"b\\c") else { panic!() };
    assert_eq!((l.delimiter, l.name.as_slice()), (None, &b"a\"b\\c"[..]));
    let Response::List(l) = one("* LIST () \"\\\\\" INBOX") else { panic!() };
    assert_eq!(l.delimiter, Some('\\'));
    let Response::Status(name, items) = one("* STATUS \"a b\" (MESSAGES 231 UIDNEXT 44292 MAILBOXID (F123) HIGHESTMODSEQ 7)") else {
        panic!()
    };
    assert_eq!((name.as_slice(), items.len(), items[2].clone()), (&b"a b"[..], 3, ("HIGHESTMODSEQ".to_owned(), 7)));
    assert_eq!(one("* SEARCH 2 84 882"), Response::Search(vec![2, 84, 882]));
    assert_eq!(one("* SEARCH"), Response::Search(vec![]));
    assert_eq!(one("* SEARCH 2 (MODSEQ 917162500)"), Response::Search(vec![2]));
    assert_eq!(one("* ESEARCH (TAG \"a5\") UID COUNT 3 ALL 4:18,21"), Response::ESearch(set("4:18,21")));
    assert_eq!(one("* ESEARCH (TAG \"a5\") UID"), Response::ESearch(UidSet::default()));
    assert_eq!(one("* VANISHED (EARLIER) 41,43:46"), Response::Vanished { earlier: true, uids: set("41,43:46") });
    assert_eq!(one("* VANISHED 3004"), Response::Vanished { earlier: false, uids: set("3004") });
    assert_eq!(one("* 2991 EXISTS"), Response::Exists(2991));
    assert_eq!(
        one("* CAPABILITY IMAP4rev1 idle  LITERAL+"),
        Response::Capability(vec!["IMAP4REV1".into(), "IDLE".into(), "LITERAL+".into()])
    );
    assert_eq!(one("* NAMESPACE ((\"\" \"/\")) NIL NIL"), Response::Other);
}

#[test]
fn what_would_invent_mail_is_refused() {
    for bad in [
        "* 1 FETCH (UID x)",
        "* 1 FETCH (UID 0)",
        "* 1 FETCH (UID 4294967296)",
        "* 1 FETCH (FLAGS (a",
        "* SEARCH 1 x",
        "* VANISHED 1:",
        "hello world",
        "",
        "* 1 FETCH (BODY[ x",
    ] {
        assert!(responses(format!("{bad}\r\n").as_bytes()).pop().unwrap().is_err(), "{bad}");
    }
}

#[test]
fn a_body_structure_of_any_depth_is_skipped() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{} UID 5)", "(".repeat(100_000), ")".repeat(100_000));
    let Response::Fetch(f) = one(&deep) else { panic!() };
    assert_eq!(f.uid, Some(5));
}

#[test]
fn dates() {
    assert_eq!(internal_date(b" 7-Feb-1994 22:43:04 -0800"), Some(760_689_784));
    assert_eq!(internal_date(b"01-Jan-1970 00:00:00 +0000"), Some(0));
    assert_eq!(internal_date(b"29-Feb-2024 12:00:00 +0530"), Some(1_709_188_200));
    for bad in [&b""[..], b"x", b"99-Feb-1994 22:43:04 -0800", b"1-Foo-1994 22:43:04 -0800", b"\xff\xff"] {
        assert_eq!(internal_date(bad), None);
    }
    // A zone that is none is no reason to lose the mail, and no number may run over.
    assert_eq!(internal_date(b"01-Jan-1970 00:00:00 +9223372036854775807"), Some(0));
    assert_eq!(internal_date(b"01-Jan-1970 00:00:00 --9223372036854775808"), Some(0));
    for secs in [0, 951_782_400, 1_709_188_200, 1_795_338_000, 4_102_444_799] {
        let date = search_date(secs);
        let back = internal_date(format!("{date} 00:00:00 +0000").as_bytes()).unwrap();
        assert_eq!(back, secs.div_euclid(86_400) * 86_400, "{date}");
    }
}

/// xorshift: the same garbage on every run.
struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn garbage_never_panics_and_always_ends() {
    let seeds: [&[u8]; 6] = [
        b"* 49 FETCH (UID 117 FLAGS (\\Seen) BODY[HEADER.FIELDS (X)]<0> {5}\r\nabcde MODSEQ (5))\r\n",
        b"* LIST (\\A \"q\") \"/\" \"x\\\"y\"\r\na1 OK [COPYUID 1 2:3 4:5] x\r\n",
        b"* ESEARCH (TAG \"a\") UID ALL 1:5,7 COUNT (1 (2 3))\r\n* VANISHED (EARLIER) 1:9\r\n",
        b"* STATUS {3}\r\nabc (MESSAGES 1 UIDNEXT (x \"y\"))\r\n* SEARCH 1 2 3\r\n",
        b"* OK [PERMANENTFLAGS (\\*)] {3}\r\n+ [ALERT] x\r\n* 3 EXISTS\r\n",
        b"* 1 FETCH (ENVELOPE ((((NIL \"a\" {2}\r\nxx)))) INTERNALDATE \" 1-Jan-2020 00:00:00 +0000\")\r\n",
    ];
    const SPICE: &[u8] = b"()[]<>{}\"\\*+ \r\n0123456789NILUIDBODYFETCH:,~\0\xff";
    let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
    for round in 0..30_000usize {
        let mut bytes = seeds[round % seeds.len()].to_vec();
        for _ in 0..=(rng.next() % 8) {
            let at = (rng.next() as usize) % bytes.len().max(1);
            let spice = SPICE[(rng.next() as usize) % SPICE.len()];
            match rng.next() % 4 {
                0 | 2 if bytes.is_empty() => {}
                0 => bytes[at] = spice,
                1 => bytes.insert(at, spice),
                2 => {
                    bytes.remove(at);
                }
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes.extend_from_slice(b"\r\n");
        // Any verdict is fine; coming back is the test. Prefixes too, as when a literal is announced.
        let _ = responses(&bytes);
        let _ = peek_fetch(&[Part::Text(Bytes::from(bytes))]);
    }
    for _ in 0..3_000 {
        let bytes: Vec<u8> = (0..(rng.next() % 300)).map(|_| SPICE[(rng.next() as usize) % SPICE.len()]).collect();
        let _ = responses(&bytes);
    }
}
