#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

mod hostile;

fn read_mail(raw: &str) -> ParsedMail {
    parse(raw.replace('\n', "\r\n").as_bytes(), &Limits::default())
}

const NEWSLETTER: &str = "Message-ID: <n1@shop.example>
References: <a@x> <b@x>
 <c@x>
In-Reply-To: <c@x>
From: =?utf-8?Q?Caf=C3=A9_M=C3=BCller?= <news@shop.example>
Reply-To: Help <help@shop.example>
To: \"Lindqvist, Mara\" <mara@x.example>, undisclosed-recipients:;
Cc: team: a@x.example, B <b@x.example>;
Subject: =?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?8J+Mug==?=
Date: Mon, 09 Mar 2026 09:30:00 +0100
List-Id: Shop news <news.shop.example>
List-Unsubscribe: <https://shop.example/u?1>, <mailto:u@shop.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"out\"

preamble
--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe aus =
Bergen
> old
--in
Content-Type: multipart/related; boundary=rel

--rel
Content-Type: text/html; charset=utf-8

<p>Gr&uuml;&szlig;e <img src=\"cid:logo@shop\"></p>
--rel
Content-Type: image/png; name=logo.png
Content-ID: <logo@shop>
Content-Disposition: inline
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--rel--
--in--
--out
Content-Type: application/pdf
Content-Disposition: attachment; filename*0*=UTF-8''Rech; filename*1*=nung%20%E2%82%AC.pdf
Content-Transfer-Encoding: base64

JVBERi0x
LjQK
--out
Content-Type: message/rfc822

From: inner@x.example
Subject: inner

inner text
--out--
epilogue
";

#[test]
fn a_rich_mail_is_read_whole() {
    let mail = read_mail(NEWSLETTER);
    assert_eq!(mail.message_id, "n1@shop.example");
    assert_eq!(mail.references, ["a@x", "b@x", "c@x"]);
    assert_eq!(mail.in_reply_to, ["c@x"]);
    assert_eq!(mail.from[0], domain::mail::Address { name: "Café Müller".into(), email: "news@shop.example".into() });
    assert_eq!(mail.to.len(), 1);
    assert_eq!(mail.to[0].name, "Lindqvist, Mara");
    assert_eq!(mail.cc.iter().map(|a| a.email.as_str()).collect::<Vec<_>>(), ["a@x.example", "b@x.example"]);
    assert_eq!(mail.subject, "Grüße🌺");
    assert_eq!(mail.date.unwrap().secs(), 1_773_045_000);
    assert_eq!(mail.list_id.as_deref(), Some("news.shop.example"));
    assert!(mail.list_unsubscribe_one_click && mail.has_html);
    assert_eq!(mail.text, "Grüße aus Bergen\n> old");
    assert_eq!(mail.snippet, "Grüße aus Bergen");
    let files: Vec<_> = mail.attachments.iter().map(|a| (a.part, a.name.as_str(), a.size, a.inline)).collect();
    assert_eq!(files, [(5, "logo.png", 8, true), (6, "Rechnung €.pdf", 9, false), (7, "message.eml", 51, false)]);
    assert_eq!(mail.defects, Vec::<String>::new());

    let raw = NEWSLETTER.replace('\n', "\r\n");
    assert_eq!(part(raw.as_bytes(), 6).unwrap().bytes, b"%PDF-1.4\n");
    assert!(part(raw.as_bytes(), 7).unwrap().bytes.ends_with(b"inner text"));
    assert_eq!(part(raw.as_bytes(), 0), None, "a multipart is no file");
    assert_eq!(part(raw.as_bytes(), 99), None);
    let bodies = bodies(raw.as_bytes());
    assert!(bodies.html.unwrap().contains("Gr&uuml;&szlig;e"));
    assert_eq!(bodies.inline["logo@shop"].part, 5);
    assert_eq!(header(raw.as_bytes(), "LIST-id").as_deref(), Some("Shop news <news.shop.example>"));
    let source = source(raw.as_bytes(), 100);
    assert!(source.truncated && source.structure.len() == 8 && source.raw.len() == 100);
    // The same bytes with bare line feeds are the same mail.
    assert_eq!(parse(NEWSLETTER.as_bytes(), &Limits::default()).attachments.len(), 3);
}

#[test]
fn bodies_of_every_shape() {
    let text = |raw: &str| read_mail(raw).text;
    assert_eq!(text("Subject: x\n\nplain\n"), "plain");
    assert_eq!(text("Content-Type: text/html\n\n<p>a</p><p>b<br>c</p>"), "a\n\nb\nc");
    assert_eq!(text("Content-Type: text/plain; format=flowed\n\nlong \nline\n> quo \n> ted\n-- \nsig\n"), "long line\n> quo ted\n-- \nsig");
    let mixed = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\n<b>two</b>\n--b\nContent-Type: text/plain; name=notes.txt\n\nthree\n--b--\n";
    let mail = read_mail(mixed);
    assert_eq!(mail.text, "one\n\ntwo");
    assert_eq!(mail.attachments.len(), 1);
    assert!(bodies(mixed.as_bytes()).html.unwrap().contains("one"));
    // An empty plain alternative is no reason to show nothing.
    assert_eq!(
        text("Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>real</p>\n--b--\n"),
        "real"
    );
    let invite = "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--b--\n";
    let mail = read_mail(invite);
    assert!(mail.has_calendar);
    assert_eq!(mail.attachments[0].name, "invite.ics");
    assert!(bodies(invite.as_bytes()).calendar.unwrap().starts_with("BEGIN:VCALENDAR"));
}

#[test]
fn signed_and_encrypted_mail_is_named() {
    let kind = |head: &str, body: &str| read_mail(&format!("{head}\n\n{body}")).crypto;
    let signed = "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b";
    let body = "--b\n\nx\n--b\nContent-Type: application/pgp-signature\n\nsig\n--b--\n";
    assert_eq!(kind(signed, body), Some(CryptoKind::PgpSigned));
    assert_eq!(read_mail(&format!("{signed}\n\n{body}")).attachments[0].name, "signature.asc");
    assert_eq!(
        kind("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b", body),
        Some(CryptoKind::SmimeSigned)
    );
    assert_eq!(
        kind("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b", body),
        Some(CryptoKind::PgpEncrypted)
    );
    assert_eq!(kind("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "x"), Some(CryptoKind::SmimeEncrypted));
    assert_eq!(kind("Content-Type: application/pkcs7-mime; smime-type=signed-data", "x"), Some(CryptoKind::SmimeSigned));
    assert_eq!(kind("X: y", "-----BEGIN PGP MESSAGE-----\nx"), Some(CryptoKind::PgpEncrypted));
    assert_eq!(kind("X: y", "hello"), None);
}

#[test]
fn lies_and_gaps_are_read_and_named() {
    let defects = |raw: &[u8]| parse(raw, &Limits::default()).defects.join(" | ");
    let text = |raw: &[u8]| parse(raw, &Limits::default()).text;
    // Latin-1 sent as UTF-8, UTF-8 as Latin-1, nothing said, unknown charset.
    for raw in [
        b"Content-Type: text/plain; charset=utf-8\n\nGr\xfc\xdfe".as_slice(),
        b"Content-Type: text/plain; charset=iso-8859-1\n\nGr\xc3\xbc\xc3\x9fe",
        b"\nGr\xfc\xdfe",
        b"Content-Type: text/plain; charset=x-nonsense\n\nGr\xc3\xbc\xc3\x9fe",
    ] {
        assert_eq!(text(raw), "Grüße");
        assert!(defects(raw).contains("character set"), "{}", defects(raw));
    }
    assert_eq!(text(b"Content-Type: text/plain; charset=us-ascii\n\nGr\xc3\xbc\xc3\x9fe"), "Grüße");
    assert_eq!(text(b"Content-Type: text/plain; charset=shift_jis\n\n\x93\xfa\x96\x7b"), "日本");
    assert_eq!(text(b"Content-Type: text/plain; charset=utf-7\n\nGr+APwA3w-e"), "Grüße");
    assert!(defects(b"Content-Transfer-Encoding: base64\n\nSGVs*bG8=").contains("encoding is broken"));
    assert_eq!(text(b"Content-Transfer-Encoding: base64\n\nSGVs*bG8="), "Hello");
    assert_eq!(text(b"Content-Transfer-Encoding: quoted-printable\n\na=zz=41=\n b="), "a=zzA b");
    assert!(defects(b"Content-Transfer-Encoding: rot13\n\nx").contains("unknown transfer encoding"));
    assert_eq!(parse(b"Subject: Gr\xfc\xdfe\n\nx", &Limits::default()).subject, "Grüße");
    assert!(defects(b"Subject: Gr\xfc\xdfe\n\nx").contains("8-bit"));
    let two = b"From: a@x\nFrom: b@x\nTo: c@x\nTo: d@x\nDate: nonsense\n\nx";
    assert!(defects(two).contains("From appears 2 times") && defects(two).contains("date makes no sense"));
    let mail = parse(two, &Limits::default());
    assert_eq!((mail.from[0].email.as_str(), mail.to.len(), mail.date), ("a@x", 2, None));
    assert!(defects(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx").contains("end of the message is missing"));
    assert_eq!(text(b"Content-Type: multipart/mixed; boundary=b\n\nno parts"), "no parts");
    assert_eq!(text(b"Content-Type: multipart/mixed\n\nno boundary"), "no boundary");
    assert_eq!(text(b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n--a\n\nsecond\n--a--"), "second");
}

#[test]
fn names_of_files_are_harmless() {
    for (given, safe) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ("a\u{0}b\r\nc.txt", "a bc.txt"),
        (".bashrc", "bashrc"),
        ("what?.pdf", "what_.pdf"),
        ("...", ""),
        ("con ", "con"),
    ] {
        let cleaned = attach::safe_name(given);
        assert!(cleaned == safe || !cleaned.contains(['\r', '\n', '\0', '/', '\\']), "{given:?} became {cleaned:?}");
    }
    assert_eq!(attach::safe_name("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
    let long = attach::safe_name(&format!("{}.pdf", "x".repeat(500)));
    assert!(long.ends_with(".pdf") && long.chars().count() <= 200);
    for (name, mime, expected) in [
        ("a.pdf.exe", "application/pdf", Risk::Executable),
        ("a.docm", "", Risk::Macro),
        ("a.HTML", "", Risk::Html),
        ("x", "image/svg+xml", Risk::Html),
        ("a.zip", "", Risk::Archive),
        ("a.pdf", "application/pdf", Risk::None),
        ("a.exe. ", "", Risk::Executable),
    ] {
        assert_eq!(risk(name, mime), expected, "{name}");
    }
}

#[test]
fn quotations_are_folded_only_at_the_end() {
    let f = |text: &str| quote::fold(text);
    let folded = f("Yes.\n\nOn 9 Mar 2026 at 10:00, Ada <a@x> wrote:\n> old\n>> older\n\n");
    assert_eq!(folded.visible, "Yes.");
    assert!(folded.quoted.starts_with("On 9 Mar") && folded.quoted.contains("older"));
    assert_eq!(f("> asked\nanswered below\n").quoted, "", "an answer below is never folded");
    assert_eq!(f("> only a quotation").visible, "> only a quotation");
    assert_eq!(f("Hi\n\n-----Original Message-----\nFrom: x\n\nold").visible, "Hi");
    assert_eq!(f("Hallo\n\nVon: Ada\nGesendet: heute\nAn: mich\nBetreff: x\n\nalt").visible, "Hallo");
    assert_eq!(f("From: here to there\nis a way").quoted, "");
    assert_eq!(f("No quotation here.").visible, "No quotation here.");
}
