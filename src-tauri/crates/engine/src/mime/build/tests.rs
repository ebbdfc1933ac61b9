#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::format_collect)]

use domain::time::Zone;

use crate::mime::{Limits, address::parse_list, bodies, parse, part, reply};

use super::*;

fn one(text: &str) -> Addressee {
    Addressee::parse(text).unwrap()
}

fn mail() -> Outgoing {
    Outgoing {
        from: one("Mara Lindqvist <mara@lindqvist.example>"),
        reply_to: vec![],
        to: parse_list("\"Holm, Ida\" <ida@x.example>, Grüße Ünal <u@münchen.example>").unwrap(),
        cc: vec![],
        bcc: parse_list("secret@d.example").unwrap(),
        subject: HeaderText::new("Grüße 🌺 aus Bergen").unwrap(),
        text: Some("Hallo,\n\nGrüße\n.dot\nFrom here\n".into()),
        html: None,
        inline: vec![],
        attachments: vec![],
        calendar: None,
        in_reply_to: Some("parent@x.example".into()),
        references: vec!["root@x.example".into(), "bad id\r\nBcc: x@y".into(), "parent@x.example".into()],
        date: Timestamp::from_secs(1_773_045_000),
        id: Uuid::from_u128(7),
    }
}

fn built(mail: &Outgoing) -> (Built, String) {
    let built = build(mail, [3; 32]).unwrap();
    let text = String::from_utf8(built.raw.clone()).unwrap();
    (built, text)
}

/// What every mail must satisfy (PROVIDERS 4.5).
fn assert_wire(raw: &str) {
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n', '\0']), "only CRLF");
    for line in raw.split("\r\n") {
        assert!(line.len() <= 998, "{line}");
        assert!(line.is_ascii(), "{line}");
    }
    let head = raw.split("\r\n\r\n").next().unwrap();
    for line in head.split("\r\n") {
        assert!(line.len() <= 78 || !line.trim_start().contains(' '), "not folded: {line}");
    }
    for word in head.split_whitespace().filter(|w| w.starts_with("=?")) {
        assert!(word.trim_end_matches(',').len() <= 75, "{word}");
    }
}

#[test]
fn a_plain_mail_is_what_was_written() {
    let (built, raw) = built(&mail());
    assert_wire(&raw);
    assert_eq!(built.message_id, "00000000-0000-0000-0000-000000000007@lindqvist.example");
    assert_eq!(built.recipients, ["ida@x.example", "u@xn--mnchen-3ya.example", "secret@d.example"]);
    assert!(!raw.to_lowercase().contains("bcc") && !raw.contains("secret@d"), "Bcc is nowhere");
    assert!(raw.contains("\r\nMIME-Version: 1.0\r\n") && raw.contains("Date: Mon, 09 Mar 2026 08:30:00 +0000\r\n"));
    assert!(raw.contains("References: <root@x.example> <parent@x.example>\r\n"), "{raw}");
    assert!(!raw.contains("\r\n.dot") && !raw.contains("\r\nFrom here"), "dot and From at line starts are encoded");
    let read = parse(raw.as_bytes(), &Limits::default());
    assert_eq!(read.defects, Vec::<String>::new());
    assert_eq!(read.subject, "Grüße 🌺 aus Bergen");
    assert_eq!(read.to[0].name, "Holm, Ida");
    assert_eq!(read.to[1].name, "Grüße Ünal");
    assert_eq!(read.text, "Hallo,\n\nGrüße\n.dot\nFrom here");
    assert_eq!((read.message_id.as_str(), read.in_reply_to[0].as_str()), (built.message_id.as_str(), "parent@x.example"));
}

#[test]
fn html_images_and_files_come_back_unchanged() {
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let file = |name: &str, mime: &str, cid: Option<&str>| OutgoingPart {
        name: name.into(),
        mime: mime.into(),
        content_id: cid.map(Into::into),
        bytes: bytes.clone(),
    };
    let mut mail = mail();
    mail.text = None;
    mail.html = Some("<p>Grüße <img src=\"cid:pic@x\"></p>".into());
    mail.inline = vec![file("pic.png", "image/png", Some("pic@x"))];
    mail.attachments = vec![
        file("Rechnung März 2026 für das ganze Jahr mit einem sehr langen Namen, der nie endet.pdf", "application/pdf", None),
        file("a\"b\\c.txt", "text/plain", None),
        file("forwarded.eml", "message/rfc822", None),
        file("..\\..\\evil\r\nX: y", "not a type\r\nX: y", None),
    ];
    let (_, raw) = built(&mail);
    assert_wire(&raw);
    let read = parse(raw.as_bytes(), &Limits::default());
    assert_eq!(read.defects, Vec::<String>::new());
    assert!(read.has_html);
    assert_eq!(read.text, "Grüße", "the plain alternative is made from the HTML");
    assert!(bodies(raw.as_bytes()).html.unwrap().contains("Grüße"));
    assert_eq!(read.attachments.len(), 5);
    assert!(read.attachments[0].inline && read.attachments[0].content_id.as_deref() == Some("pic@x"));
    assert_eq!(read.attachments[1].name, mail.attachments[0].name);
    assert_eq!(read.attachments[4].mime, "application/octet-stream");
    for a in &read.attachments {
        assert_eq!(part(raw.as_bytes(), a.part).unwrap().bytes, bytes, "{a:?}");
    }
    assert!(!raw.contains("\r\nX: y"));
}

#[test]
fn nothing_can_be_injected() {
    for bad in ["x\r\nBcc: a@b", "x\nBcc: a@b", "x\rBcc", "x\0", "x\u{85}y", "x\u{2028}y", "x\u{b}y"] {
        assert_eq!(HeaderText::new(bad), Err(HeaderInjection), "{bad:?}");
    }
    for bad in [
        "a@b\r\nBcc: c@d.example",
        "a\r\n@b.example",
        "a@b.example\r\n",
        "<a@b.example>\r\nX: y",
        "a@b.example\0",
        "a b@c.example",
        "a@b c.example",
        "a@[1.2.3",
        "<a@b>@c",
    ] {
        let parsed = parse_list(bad);
        if let Ok(list) = parsed {
            assert!(list.iter().all(|a| !a.email().contains(['\r', '\n', '\0', ' ', '<', '>'])), "{bad:?}: {list:?}");
        }
    }
    // A display name from a hostile mail loses what is no text before the type exists.
    let hostile = domain::mail::Address { name: "Eve\r\nBcc: x@y.example".into(), email: "eve@x.example".into() };
    let mut mail = mail();
    mail.to = vec![Addressee::from_address(&hostile).unwrap()];
    let (_, raw) = built(&mail);
    assert_wire(&raw);
    assert!(!raw.contains("\r\nBcc"));
    assert!(Addressee::from_address(&domain::mail::Address { name: String::new(), email: "a@b\r\nX: y".into() }).is_err());
}

#[test]
fn long_and_odd_headers_fold_and_survive() {
    for subject in [
        "x".repeat(200),
        "word ".repeat(60).trim().to_owned(),
        "日本語の件名です。".repeat(20),
        "=?utf-8?Q?not_encoded?=".into(),
        "two  blanks and a trailing dot .".into(),
        String::new(),
        "🌺".repeat(100),
        format!("{} é", "a".repeat(90)),
    ] {
        let mut m = mail();
        m.subject = HeaderText::new(&subject).unwrap();
        m.to = parse_list(&(0..40).map(|i| format!("Person Nümber {i} <p{i}@x.example>")).collect::<Vec<_>>().join(", ")).unwrap();
        m.references = (0..30).map(|i| format!("{i}-{}@x.example", "r".repeat(60))).collect();
        let (_, raw) = built(&m);
        assert_wire(&raw);
        let read = parse(raw.as_bytes(), &Limits::default());
        assert_eq!(read.subject, subject.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(read.to.len(), 40);
        assert_eq!(read.to[7].name, "Person Nümber 7");
        assert_eq!(read.references.len(), 30);
    }
}

#[test]
fn any_text_survives_its_encoding() {
    let mut seed = 1u64;
    let bits = ["a", " ", "=", ".", "From ", "\n", "\r\n", "ü", "日本", "🌺", "--=_", "\t", "x".repeat(120).leak()];
    for _ in 0..300 {
        let mut text = String::new();
        for _ in 0..30 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(bits[usize::try_from(seed >> 33).unwrap() % bits.len()]);
        }
        let mut m = mail();
        m.text = Some(text.clone());
        let (_, raw) = built(&m);
        for line in raw.split("\r\n\r\n").skip(1).collect::<Vec<_>>().join("\r\n\r\n").split("\r\n") {
            assert!(line.len() <= 76 && line.is_ascii(), "{line}");
        }
        let index = 0;
        let back = String::from_utf8(part(raw.as_bytes(), index).unwrap().bytes).unwrap();
        assert_eq!(back.trim_end_matches(['\r', '\n']), text.replace("\r\n", "\n").replace('\n', "\r\n").trim_end_matches(['\r', '\n']));
    }
}

#[test]
fn boundaries_are_random_and_absent() {
    let mut m = mail();
    m.html = Some("<p>x</p>".into());
    let boundary = |seed: u8| {
        let raw = String::from_utf8(build(&m, [seed; 32]).unwrap().raw).unwrap();
        raw.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_ne!(boundary(1), boundary(2));
    // Content that holds the first candidate gets the next one.
    let first = boundary(9);
    let leaf = [Tree::Leaf { headers: vec![], body: format!("--{first}\r\nx").into_bytes() }];
    assert_ne!(Boundaries { seed: [9; 32], next: 0 }.absent_from(&leaf), first);
}

#[test]
fn errors_say_what_to_do() {
    let mut m = mail();
    (m.to, m.bcc) = (vec![], vec![]);
    assert_eq!(build(&m, [0; 32]).unwrap_err(), BuildError::NoRecipient);
    m.bcc = parse_list("x@y.example").unwrap();
    assert!(String::from_utf8(build(&m, [0; 32]).unwrap().raw).unwrap().contains("To: undisclosed-recipients:;"));
    m.attachments = vec![OutgoingPart { name: "big".into(), mime: "a/b".into(), content_id: None, bytes: vec![0; 40 * 1024 * 1024] }];
    assert_eq!(build(&m, [0; 32]).unwrap_err().code(), "too_large");
}

#[test]
fn addresses_as_people_type_them() {
    let list = |t: &str| parse_list(t).unwrap().iter().map(|a| (a.name().to_owned(), a.email())).collect::<Vec<_>>();
    let pair = |n: &str, e: &str| (n.to_owned(), e.to_owned());
    assert_eq!(list("\"A, B\" <a@b>; c@d"), [pair("A, B", "a@b"), pair("", "c@d")]);
    assert_eq!(list(" a@b.example ,\n c@d.example,, "), [pair("", "a@b.example"), pair("", "c@d.example")]);
    assert_eq!(list("Ada Lovelace <ADA@B.Example>"), [pair("Ada Lovelace", "ADA@b.example")]);
    assert_eq!(list("a@b.example, a@B.example").len(), 1);
    assert_eq!(list("x@bücher.example")[0].1, "x@xn--bcher-kva.example");
    assert_eq!(list("\"odd name\"@b.example")[0].1, "\"odd name\"@b.example");
    assert_eq!(list("a@[127.0.0.1]")[0].1, "a@[127.0.0.1]");
    assert_eq!(list("a+tag@sub.b.example")[0].1, "a+tag@sub.b.example");
    assert_eq!(list(""), []);
    assert!(one("jörg@x.example").needs_smtputf8());
    assert_eq!(one("x@bücher.example").shown(), "x@bücher.example");
    for (bad, at, words) in [
        ("ada", 0, "no @"),
        ("a@b.example, ada", 13, "no @"),
        ("@b.example", 0, "nothing before"),
        ("a@", 0, "no valid domain"),
        ("a@b..c", 0, "no valid domain"),
        ("a@-b.example", 0, "no valid domain"),
        ("a@1.2.3.4", 0, "no valid domain"),
        ("a..b@c.example", 0, "not allowed"),
        (".a@c.example", 0, "not allowed"),
        ("\"Ada <a@b.example>", 0, "not closed"),
        ("Ada <a@b.example", 4, "not closed"),
        ("Ada <a@b.example> x", 4, "something after"),
    ] {
        let e = parse_list(bad).unwrap_err();
        assert!(e.message.contains(words) && e.at == at && !e.hint.is_empty(), "{bad}: {e:?}");
    }
    assert!(parse_list(&format!("{}@b.example", "a".repeat(65))).unwrap_err().message.contains("too long"));
    assert!(parse_list(&(0..1_001).map(|i| format!("a{i}@b.example,")).collect::<String>()).unwrap_err().message.contains("More than"));
}

#[test]
fn a_quotation_tells_the_time_as_the_clock_showed_it_then() {
    // Berlin in 2026: summer time from 29 March to 25 October, 01:00 UTC.
    let berlin = Zone::new(|at| if (1_774_746_000..1_792_890_000).contains(&at.secs()) { 7_200 } else { 3_600 });
    for (date, shown) in [
        ("Sun, 29 Mar 2026 00:59:00 +0000", "29 Mar 2026 at 01:59"),
        ("Sun, 29 Mar 2026 01:00:00 +0000", "29 Mar 2026 at 03:00"),
        ("Fri, 03 Jul 2026 12:00:00 +0000", "3 Jul 2026 at 14:00"),
        ("Sun, 25 Oct 2026 00:30:00 +0000", "25 Oct 2026 at 02:30"),
        ("Sun, 25 Oct 2026 01:30:00 +0000", "25 Oct 2026 at 02:30"),
        ("Sat, 28 Nov 2026 12:00:00 +0000", "28 Nov 2026 at 13:00"),
    ] {
        let raw = format!("From: Ada <ada@x.example>\r\nDate: {date}\r\n\r\nHi");
        let (parsed, bodies) = (parse(raw.as_bytes(), &Limits::default()), bodies(raw.as_bytes()));
        let seed = |kind| reply::seed(kind, &parsed, &bodies, &[], &berlin).quoted_text;
        assert!(seed(reply::ReplyKind::Reply).starts_with(&format!("On {shown}, Ada <ada@x.example> wrote:")), "{date}");
        assert!(seed(reply::ReplyKind::Forward).contains(&format!("\nDate: {shown}\n")), "{date}");
    }
}

#[test]
fn answers_go_to_the_right_people_and_keep_the_thread() {
    let raw = "Message-ID: <m@x>\r\nReferences: <r@x>\r\nFrom: Ada <ada@x.example>\r\nReply-To: list@x.example\r\nTo: me@own.example, bob@x.example\r\n\
               Cc: carl@x.example\r\nSubject: AW: Re: RE[2]: Plan: Monday\r\nDate: Mon, 09 Mar 2026 09:30:00 +0100\r\nContent-Type: text/html\r\n\r\n\
               <p onclick=x>Hi</p><script>y</script><img src=\"https://t.example/p.png\">";
    let (parsed, bodies) = (parse(raw.as_bytes(), &Limits::default()), bodies(raw.as_bytes()));
    let own = ["me@own.example".to_owned()];
    let emails = |l: &[domain::mail::Address]| l.iter().map(|a| a.email.clone()).collect::<Vec<_>>();
    let all = reply::seed(reply::ReplyKind::ReplyAll, &parsed, &bodies, &own, &Zone::fixed(3_600));
    assert_eq!(
        (emails(&all.to), emails(&all.cc)),
        (vec!["list@x.example".into()], vec!["bob@x.example".to_owned(), "carl@x.example".into()])
    );
    assert_eq!(all.subject, "Re: Plan: Monday");
    assert_eq!((all.in_reply_to.as_deref(), all.references.as_slice()), (Some("m@x"), &["r@x".to_owned(), "m@x".to_owned()][..]));
    assert!(
        all.quoted_html.contains("<blockquote type=\"cite\">")
            && all.quoted_html.contains("On 9 Mar 2026 at 09:30, Ada &lt;ada@x.example&gt; wrote:")
    );
    for bad in ["script", "onclick", "t.example", "<img"] {
        assert!(!all.quoted_html.contains(bad), "{}", all.quoted_html);
    }
    assert!(all.quoted_text.contains("> Hi"));
    let forward = reply::seed(reply::ReplyKind::Forward, &parsed, &bodies, &own, &Zone::fixed(0));
    assert_eq!((forward.subject.as_str(), forward.to.len(), forward.in_reply_to.clone()), ("Fwd: Plan: Monday", 0, None));
    assert!(forward.quoted_text.contains("Forwarded message") && forward.quoted_html.contains("carl@x.example"));
    // Answering one's own mail goes on to the same people.
    let mine = reply::seed(
        reply::ReplyKind::Reply,
        &parse(b"From: me@own.example\r\nTo: bob@x.example\r\n\r\nx", &Limits::default()),
        &bodies,
        &own,
        &Zone::fixed(0),
    );
    assert_eq!(emails(&mine.to), ["bob@x.example"]);
    assert_eq!(reply::base_subject("Re: Fwd: WG: x"), "x");
    assert_eq!(reply::base_subject("Research: x"), "Research: x");
}
