//! Any bytes: never a panic, bounded time and bounded results.

use std::time::{Duration, Instant};

use super::*;

/// Everything that reads a message, with the bounds that `domain::mail` promises.
fn read_all(raw: &[u8]) {
    let mail = read(raw, &Limits::default());
    assert!(mail.subject.len() <= 2 * 1024 && mail.text.len() <= 1024 * 1024);
    assert!(mail.snippet.chars().count() <= 200, "{}", mail.snippet);
    for list in [&mail.from, &mail.to, &mail.cc, &mail.bcc, &mail.reply_to] {
        assert!(list.len() <= 1_000 && list.iter().all(|a| !a.email.is_empty()));
    }
    assert!(!mail.text.contains('\0') && !mail.subject.contains('\0') && mail.defects.len() <= 60);
    for file in &mail.attachments {
        assert!(!file.name.is_empty());
        let content = part(raw, file.part).unwrap();
        assert_eq!(content.bytes.len() as u64, file.size, "{file:?}");
    }
    bodies(raw);
    source(raw, 1_000);
    let reply = reply::seed(
        reply::ReplyKind::ReplyAll,
        &mail,
        &Bodies { text: mail.text.clone(), ..Bodies::default() },
        &[],
        &domain::time::Zone::fixed(0),
    );
    assert!(!reply.subject.contains(['\r', '\n']));
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![NEWSLETTER.replace('\n', "\r\n").into_bytes(), NEWSLETTER.as_bytes().to_vec()];
    for text in [
        "From: =?utf-8?B?8J+Mug==?= <a@b>\nSubject: =?x?Q?=\nDate: Thu, 99 Foo 0000 99:99:99 +9999\n\nx",
        "Content-Type: text/html; charset=\"utf-16\"\nContent-Transfer-Encoding: base64\n\n//48AGEAPgA=",
        "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\na\n--d\n\nSubject: two\n\nb\n--d--",
        "From: (((a))) <x@y> (c), \"q\\\"q\" <z@y>, group: a@b, c@d;, @route:e@f\nReceived: from a by b with c; d\n\n",
        "Content-Disposition: attachment; filename=\"=?utf-8?Q?a=2E?=\"; filename*1=x; filename*0*=utf-8'en'%ff%\nContent-Type: a/b; name*=\n\n",
        "References: <a><b> <c <d> e@f <>\nMessage-ID: no brackets\nIn-Reply-To: \"x\" <y@z> of Monday\n\n",
        "Content-Type: text/plain; charset=iso-2022-jp\n\n\u{1b}$B%F%9%H\u{1b}(B",
        "From \u{1}mbox line\n>From x\nSubject: y\n \n z\n\nbody",
    ] {
        all.push(text.as_bytes().to_vec());
    }
    all
}

#[test]
fn truncation_at_every_byte() {
    for mail in corpus() {
        for end in 0..=mail.len() {
            read_all(&mail[..end]);
        }
    }
}

#[test]
fn seeded_mutations() {
    let corpus = corpus();
    let bits: [&[u8]; 18] = [
        b"\r\n",
        b"\n\n",
        b"--out",
        b"--in--",
        b"=?utf-8?B?",
        b"?=",
        b"\"",
        b"(",
        b"<",
        b">",
        b";",
        b"boundary=",
        b"=\r\n",
        b"\xff\xfe",
        b"\0",
        b"Content-Type: ",
        b"multipart/mixed; boundary=\"out\"",
        b"message/rfc822",
    ];
    let mut dice = Dice(0x5eed);
    let rounds = if std::env::var_os("AURELIUS_LONG").is_some() { 200_000 } else { 6_000 };
    for _ in 0..rounds {
        let mut mail = corpus[dice.roll(corpus.len())].clone();
        for _ in 0..=dice.roll(8) {
            let at = dice.roll(mail.len());
            match dice.roll(5) {
                0 if !mail.is_empty() => mail[at] = dice.roll(256) as u8,
                1 => {
                    let end = (at + dice.roll(40)).min(mail.len());
                    mail.drain(at..end);
                }
                2 => {
                    let other = &corpus[dice.roll(corpus.len())];
                    let from = dice.roll(other.len());
                    let piece = other[from..(from + dice.roll(80)).min(other.len())].to_vec();
                    mail.splice(at..at, piece);
                }
                _ => {
                    mail.splice(at..at, bits[dice.roll(bits.len())].iter().copied());
                }
            }
        }
        read_all(&mail);
    }
}

#[test]
fn noise() {
    let mut dice = Dice(7);
    for _ in 0..400 {
        let bytes: Vec<u8> = (0..dice.roll(2_000)).map(|_| dice.roll(256) as u8).collect();
        read_all(&bytes);
    }
}

fn nested(levels: usize, kind: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..levels {
        if i > 0 {
            out.extend(format!("--b{}\r\n", i - 1).bytes());
        }
        out.extend(format!("Content-Type: {kind}; boundary=b{i}\r\n\r\n").bytes());
    }
    out.extend(format!("--b{}\r\n\r\nthe deepest words\r\n", levels - 1).bytes());
    for i in (0..levels).rev() {
        out.extend(format!("--b{i}--\r\n").bytes());
    }
    out
}

#[test]
fn a_thousand_nested_parts_are_read_to_the_deepest() {
    for kind in ["multipart/mixed", "multipart/alternative"] {
        let raw = nested(1_000, kind);
        let mail = parse(&raw, &Limits::default());
        assert_eq!(mail.text, "the deepest words");
        read_all(&raw);
    }
    let raw = nested(20_000, "multipart/mixed");
    let mail = parse(&raw, &Limits::default());
    assert!(mail.defects.iter().any(|d| d.contains("deep")), "{:?}", mail.defects);
    // Messages in messages, in every encoding, stay closed.
    let rfc822 = "Content-Type: message/rfc822\r\n\r\n".repeat(300_000);
    assert_eq!(parse(rfc822.as_bytes(), &Limits::default()).attachments.len(), 1);
}

#[test]
fn size_costs_no_more_than_its_bytes() {
    let started = Instant::now();
    // 10 MB header: in one field, in many, in one line, without any line.
    let folded = format!("Subject: x\r\n{}\r\n\r\nbody", " yyyyyyyyyyyyyyyy\r\n".repeat(600_000));
    let many = format!("{}\r\nbody", "X-Spam: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(280_000));
    let line = format!("To: {}\r\n\r\nbody", "a@b.example, ".repeat(800_000));
    let comments = format!("From: {}\r\n\r\nbody", "(".repeat(10_000_000));
    let words = format!("Subject: {}\r\n\r\nbody", "=?utf-8?Q?a?= ".repeat(700_000));
    for raw in [&folded, &many, &line, &comments, &words] {
        let mail = parse(raw.as_bytes(), &Limits::default());
        assert_eq!(mail.text, "body");
        assert!(mail.defects.iter().any(|d| d.contains("too long")), "{:?}", mail.defects);
    }
    // Boundaries that never come, parts without end, dashes.
    let hopeless = format!(
        "Content-Type: multipart/mixed; boundary=p\r\n\r\n{}",
        "--p\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\n".repeat(200_000)
    );
    let mail = parse(hopeless.as_bytes(), &Limits::default());
    assert!(mail.defects.iter().any(|d| d.contains("too many parts")));
    let dashes = format!("Content-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\n{}", "--q\r\n".repeat(1_000_000));
    parse(dashes.as_bytes(), &Limits::default());
    // 50 MB of attachment: counted, not held.
    let attachment = format!(
        "Content-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\nhi\r\n--p\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--p--\r\n",
        format!("{}\r\n", "QUJD".repeat(19)).repeat(640_000)
    );
    let mail = parse(attachment.as_bytes(), &Limits::default());
    assert_eq!((mail.text.as_str(), mail.attachments[0].size), ("hi", 57 * 640_000));
    // HTML that never closes.
    for html in [
        "<div ".repeat(400_000),
        "<!-- ".repeat(400_000),
        "&amp".repeat(400_000),
        "<script>".repeat(300_000),
        "<blockquote>".repeat(200_000),
    ] {
        parse(format!("Content-Type: text/html\r\n\r\n{html}").as_bytes(), &Limits::default());
    }
    // A debug build on a shared machine; anything quadratic needs hours.
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
}
