//! Servers as they should not be: scripted, so that each quirk is exactly what the test says. Ordinary servers are covered by
//! the tests against Dovecot.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    SecretString,
    connection::{MailAuth, Security, ServerEndpoint, SyncSelection},
    ids::{ConnectionId, RemoteId, ScopeId},
    integration::Service,
    mail::{FlagChange, Flags},
    source::{MailSink, MailWrite},
    sync::{Budget, Change, RemoteMail, SyncCursor, SyncScope},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use super::*;

/// One line of a conversation.
#[derive(Clone)]
enum Step {
    /// The server sends this; `$` is the last tag.
    Say(String),
    Raw(Vec<u8>),
    /// The client must send a line that starts with this after its tag (or without a tag).
    Hear(String),
    Close,
}

fn say(line: &str) -> Step {
    Step::Say(line.to_owned())
}
fn hear(start: &str) -> Step {
    Step::Hear(start.to_owned())
}

/// `C: …` and `S: …` lines, as in an RFC.
fn transcript(text: &str) -> Vec<Step> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|line| match line.split_once(':') {
            Some(("S", rest)) => say(rest.trim_start()),
            Some(("C", rest)) => hear(rest.trim_start()),
            _ => panic!("{line}"),
        })
        .collect()
}

struct Scripted {
    port: u16,
    /// What went wrong with the script; empty: it was followed.
    complaints: Arc<Mutex<Vec<String>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// One script per connection, in order.
    async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let complaints: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let (all_complaints, all_heard) = (Arc::clone(&complaints), Arc::clone(&heard));
        tokio::spawn(async move {
            for script in scripts {
                let (stream, _) = listener.accept().await.unwrap();
                let (complaints, heard) = (Arc::clone(&all_complaints), Arc::clone(&all_heard));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let mut tag = String::new();
                    for step in script {
                        match step {
                            Step::Say(line) => {
                                let line = format!("{}\r\n", line.replace('$', &tag));
                                if stream.get_mut().write_all(line.as_bytes()).await.is_err() {
                                    return;
                                }
                            }
                            Step::Raw(bytes) => {
                                if stream.get_mut().write_all(&bytes).await.is_err() {
                                    return;
                                }
                            }
                            Step::Close => return,
                            Step::Hear(expected) => {
                                let mut line = String::new();
                                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                                    complaints.lock().unwrap().push(format!("the client left before {expected:?}"));
                                    return;
                                }
                                let line = line.trim_end();
                                heard.lock().unwrap().push(line.to_owned());
                                let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
                                if !line.starts_with(&expected) {
                                    if !rest.starts_with(&expected) {
                                        complaints.lock().unwrap().push(format!("expected {expected:?}, heard {line:?}"));
                                        return;
                                    }
                                    first.clone_into(&mut tag);
                                }
                            }
                        }
                    }
                    // The rest of the conversation is silence.
                    let mut line = String::new();
                    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                        heard.lock().unwrap().push(line.trim_end().to_owned());
                        line.clear();
                    }
                });
            }
        });
        Self { port, complaints, heard }
    }

    fn servers(&self, security: Security, auth: MailAuth) -> MailServers {
        MailServers {
            username: "jo".into(),
            imap: ServerEndpoint { host: "127.0.0.1".into(), port: self.port, security, pinned: None },
            smtp: None,
            auth,
            selection: SyncSelection::default(),
        }
    }

    fn source(&self) -> Arc<dyn MailSource> {
        super::source(&self.servers(Security::None, MailAuth::Password), Arc::new(Keys::default()), &tls()).unwrap()
    }

    fn followed(&self) {
        let complaints = self.complaints.lock().unwrap();
        assert!(complaints.is_empty(), "{complaints:?}\nheard {:?}", self.heard.lock().unwrap());
    }

    fn heard(&self, what: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|l| l.contains(what))
    }
}

#[derive(Default)]
struct Keys {
    refreshed: AtomicU32,
}

#[async_trait]
impl Credentials for Keys {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok("secret".to_owned().into())
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Ok("stale".to_owned().into())
    }
    async fn refreshed(&self, _: &SecretString) -> Result<SecretString, ProviderError> {
        Ok(format!("fresh{}", self.refreshed.fetch_add(1, Ordering::SeqCst)).into())
    }
}

fn tls() -> TlsContext {
    TlsContext::new(None).unwrap()
}

fn scope() -> SyncScope {
    SyncScope { id: ScopeId(1), connection: ConnectionId::new("c"), service: Service::Mail, container: Some(RemoteId::new("INBOX")) }
}

const BUDGET: Budget = Budget { items: 100, since: None };

fn cursor(uid_next: u32, mod_seq: Option<u64>, backfill: Option<u32>) -> SyncCursor {
    SyncCursor::Imap { uid_validity: 7, uid_next, mod_seq, backfill }
}

/// Greeting and sign-in with these capabilities, then the rest.
fn signed_in(capabilities: &str, rest: &str) -> Vec<Step> {
    let mut steps = transcript(&format!(
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready
         C: AUTHENTICATE PLAIN AGpvAHNlY3JldA==
         S: $ OK [CAPABILITY IMAP4rev1 {capabilities}] done"
    ));
    steps.extend(transcript(rest));
    steps
}

fn upserts(changes: &[Change<RemoteMail>]) -> Vec<(String, Option<Flags>)> {
    changes
        .iter()
        .filter_map(|c| match c {
            Change::Upsert(mail) => Some((mail.id.0.clone(), mail.flags)),
            Change::Gone(_) => None,
        })
        .collect()
}

fn gone(changes: &[Change<RemoteMail>]) -> Vec<String> {
    changes
        .iter()
        .filter_map(|c| match c {
            Change::Gone(id) => Some(id.0.clone()),
            Change::Upsert(_) => None,
        })
        .collect()
}

#[derive(Default)]
struct Kept(Vec<(RemoteMail, Vec<u8>)>, Vec<(String, String, String)>);

#[async_trait]
impl MailSink for Kept {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        self.0.push((mail, Vec::new()));
        Ok(())
    }
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.0.last_mut().unwrap().1.extend_from_slice(bytes);
        Ok(())
    }
    async fn end(&mut self) -> Result<(), ProviderError> {
        Ok(())
    }
    async fn unreadable(&mut self, mail: RemoteMail, header: &[u8], why: &str) -> Result<(), ProviderError> {
        self.1.push((mail.id.0, String::from_utf8_lossy(header).into_owned(), why.to_owned()));
        Ok(())
    }
}

fn ids(uids: &[u32]) -> Vec<RemoteId> {
    uids.iter().map(|uid| RemoteId(format!("7:{uid}"))).collect()
}

#[tokio::test]
async fn a_resync_applies_vanished_changed_and_new_mail() {
    let server = Scripted::start(vec![signed_in(
        "ENABLE CONDSTORE QRESYNC ESEARCH LITERAL+",
        "C: ENABLE QRESYNC
         S: * ENABLED QRESYNC
         S: $ OK
         C: EXAMINE \"INBOX\" (QRESYNC (7 90060115194045000))
         S: * 2991 EXISTS
         S: * OK [UIDVALIDITY 7] same
         S: * OK [UIDNEXT 3005] next
         S: * OK [HIGHESTMODSEQ 90060115205545359] hi
         S: * VANISHED (EARLIER) 41,43:46
         S: * 49 FETCH (UID 117 FLAGS (\\Seen) MODSEQ (90060115194045001))
         S: * 2991 FETCH (UID 3004 FLAGS () MODSEQ (90060115194045009))
         S: $ OK [READ-ONLY] done
         C: UID SEARCH RETURN (ALL) UID 3000:*
         S: * ESEARCH (TAG \"x\") UID ALL 3004
         S: $ OK
         C: UID FETCH 3004 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])
         S: * 12 FETCH (UID 9 FLAGS (\\Draft))
         S: * 2991 FETCH (FLAGS () INTERNALDATE \"22-Nov-2026 09:00:00 +0000\" RFC822.SIZE 4210 BODY[HEADER.FIELDS (MESSAGE-ID)] {20}
         S: Message-ID: <ü@x>
         S: UID 3004)
         S: $ OK",
    )])
    .await;
    // The literal above: 20 bytes with a two-byte letter, CRLF included; what follows belongs to the response.
    let batch = server.source().changes(&scope(), Some(&cursor(3000, Some(90_060_115_194_045_000), None)), BUDGET).await.unwrap();
    server.followed();
    assert_eq!(gone(&batch.changes), ["7:41", "7:43", "7:44", "7:45", "7:46"]);
    let listed = upserts(&batch.changes);
    assert_eq!(listed.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["7:3004", "7:117"]);
    assert!(listed[1].1.unwrap().seen);
    assert_eq!(batch.next, cursor(3005, Some(90_060_115_205_545_359), None));
    assert!(!batch.more && batch.present.is_none() && !batch.reset);
}

#[tokio::test]
async fn a_server_without_uidnext_and_its_last_message_quirk() {
    let script = |search: &str| {
        signed_in(
            "",
            &format!(
                "C: EXAMINE \"INBOX\"
                 S: * 2 EXISTS
                 S: * OK [UIDVALIDITY 7] x
                 S: $ OK
                 C: UID FETCH * (UID)
                 S: * 2 FETCH (UID 12)
                 S: $ OK
                 {search}
                 C: UID SEARCH ALL
                 S: * SEARCH 12 5
                 S: $ OK
                 C: UID FETCH 5,12 (UID FLAGS)
                 S: * 1 FETCH (UID 5 FLAGS (\\Seen))
                 S: * 2 FETCH (FLAGS (\\Flagged) UID 12)
                 S: $ OK
                 C: UID SEARCH ALL
                 S: * SEARCH 5 12
                 S: $ OK"
            ),
        )
    };
    let server = Scripted::start(vec![script("")]).await;
    let batch = server.source().changes(&scope(), Some(&cursor(13, None, None)), BUDGET).await.unwrap();
    server.followed();
    assert_eq!(upserts(&batch.changes).len(), 2);
    assert_eq!(batch.present, Some(ids(&[5, 12])));
    assert_eq!((batch.next, batch.more), (cursor(13, None, None), false));

    // 13:* names message 12 because there is nothing newer: it is not new.
    let quirk = signed_in(
        "",
        "C: EXAMINE \"INBOX\"
         S: * 2 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: * OK [UIDNEXT 20] x
         S: $ OK
         C: UID SEARCH UID 13:*
         S: * SEARCH 12
         S: $ OK
         C: UID SEARCH ALL
         S: * SEARCH 5 12
         S: $ OK
         C: UID FETCH 5,12 (UID FLAGS)
         S: * 1 FETCH (UID 5 FLAGS (\\Seen))
         S: * 2 FETCH (FLAGS (\\Flagged) UID 12)
         S: $ OK
         C: UID SEARCH ALL
         S: * SEARCH 5 12
         S: $ OK",
    );
    let server = Scripted::start(vec![quirk]).await;
    let batch = server.source().changes(&scope(), Some(&cursor(13, None, None)), BUDGET).await.unwrap();
    server.followed();
    assert_eq!(batch.next, cursor(20, None, None));
}

#[tokio::test]
async fn bodies_from_sloppy_servers() {
    let server = Scripted::start(vec![signed_in(
        "",
        "C: EXAMINE \"INBOX\"
         S: * 9 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: $ OK
         C: UID FETCH 1:4,9 (UID RFC822.SIZE)
         S: * 1 FETCH (UID 1 RFC822.SIZE 5)
         S: * 2 FETCH (UID 2 RFC822.SIZE 5)
         S: * 3 FETCH (UID 3 RFC822.SIZE 5)
         S: * 4 FETCH (UID 4 RFC822.SIZE 300000)
         S: $ OK
         C: UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
         S: * 1 FETCH (BODY[] {5}
         S: first UID 1 FLAGS (\\Seen) RFC822.SIZE 5)
         S: * 7 EXPUNGE
         S: * 2 FETCH (UID 2 BODY[] NIL FLAGS ())
         S: $ NO Some messages could not be FETCHed
         C: UID FETCH 3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
         S: $ NO really not
         C: UID FETCH 3 (UID BODY.PEEK[HEADER])
         S: * 3 FETCH (UID 3 BODY[HEADER] \"Subject: lost\")
         S: $ OK
         C: UID FETCH 4 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.262144>)
         C: UID FETCH 4 (UID BODY.PEEK[]<262144.262144>)
         S: * 4 FETCH (UID 4 FLAGS () BODY[] \"all of it, partial fetches are not known here\")
         S: a7 OK
         S: * 4 FETCH (UID 4 BODY[] \"all of it, partial fetches are not known here\")
         S: $ OK",
    )])
    .await;
    let mut sink = Kept::default();
    server.source().fetch(&scope(), &ids(&[1, 2, 3, 4, 9]), &mut sink).await.unwrap();
    server.followed();
    let seen: Vec<_> = sink.0.iter().map(|(m, raw)| (m.id.0.as_str(), String::from_utf8_lossy(raw).into_owned())).collect();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!(seen[0], ("7:1", "first".to_owned()));
    assert_eq!(seen[1], ("7:2", String::new()));
    assert_eq!(seen[2].1, "all of it, partial fetches are not known here");
    assert_eq!(sink.1, [("7:3".to_owned(), "Subject: lost".to_owned(), "127.0.0.1 says: really not".to_owned())]);
}

/// The person MUST see an alert; once, and as text.
#[tokio::test]
async fn an_alert_is_handed_on_once_and_cleaned() {
    let look = |alert: &str| {
        format!("C: EXAMINE \"INBOX\"\nS: * OK [ALERT] {alert}\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 1] x\nS: $ OK")
    };
    let long = format!("\u{202e}Mailbox\u{7} is almost full. {}", "x".repeat(5_000));
    let script = signed_in("", &[look("Maintenance at noon"), look("Maintenance at noon"), look(&long)].join("\n"));
    let server = Scripted::start(vec![script]).await;
    let source = server.source();
    assert_eq!(source.take_alert(), None);
    for expected in [Some("Maintenance at noon"), None] {
        source.changes(&scope(), Some(&cursor(1, None, None)), BUDGET).await.unwrap();
        assert_eq!(source.take_alert().as_deref(), expected);
    }
    source.changes(&scope(), Some(&cursor(1, None, None)), BUDGET).await.unwrap();
    let text = source.take_alert().unwrap();
    assert!(text.starts_with("Mailbox is almost full.") && text.chars().count() <= 300, "{text}");
    server.followed();
}

/// One message that is refused, one that is too large: told of, and the others come.
#[tokio::test]
async fn a_message_that_cannot_be_read_does_not_keep_the_others() {
    let server = Scripted::start(vec![signed_in(
        "",
        "C: EXAMINE \"INBOX\"
         S: * 3 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: $ OK
         C: UID FETCH 1:3 (UID RFC822.SIZE)
         S: * 1 FETCH (UID 1 RFC822.SIZE 5)
         S: * 2 FETCH (UID 2 RFC822.SIZE 300000)
         S: * 3 FETCH (UID 3 RFC822.SIZE 9000000000)
         S: $ OK
         C: UID FETCH 3 (UID BODY.PEEK[HEADER])
         S: $ NO nor this
         C: UID FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
         S: * 1 FETCH (UID 1 FLAGS () BODY[] \"first\")
         S: $ OK
         C: UID FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.262144>)
         C: UID FETCH 2 (UID BODY.PEEK[]<262144.262144>)
         S: a6 BAD internal\u{7} error
         S: $ OK
         C: UID FETCH 2 (UID BODY.PEEK[HEADER])
         S: * 2 FETCH (UID 2 BODY[HEADER] \"Subject: second\")
         S: $ OK",
    )])
    .await;
    let mut sink = Kept::default();
    server.source().fetch(&scope(), &ids(&[1, 2, 3]), &mut sink).await.unwrap();
    server.followed();
    assert_eq!(sink.0.iter().map(|(m, _)| m.id.0.as_str()).collect::<Vec<_>>(), ["7:1"]);
    let told: Vec<(&str, &str)> = sink.1.iter().map(|(id, header, _)| (id.as_str(), header.as_str())).collect();
    assert_eq!(told, [("7:3", ""), ("7:2", "Subject: second")]);
    assert!(sink.1[0].2.contains("500 MB") && sink.1[1].2.ends_with("internal error"), "{:?}", sink.1);
}

/// A server that hangs up over one message names none. It is found, tried again, and given up in the end.
#[tokio::test]
async fn a_message_that_breaks_off_every_time_is_given_up() {
    let opened = "C: EXAMINE \"INBOX\"
         S: * 2 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: $ OK
         C: UID FETCH 1:2 (UID RFC822.SIZE)
         S: * 1 FETCH (UID 1 RFC822.SIZE 5)
         S: * 2 FETCH (UID 2 RFC822.SIZE 5)
         S: $ OK";
    let items = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])";
    let cut = |more: String| {
        let mut script = signed_in("", &format!("{opened}\n{more}"));
        script.extend([Step::Raw(b"* 1 FETCH (UID 1 FLAGS () BODY[] {50}\r\nonly so".to_vec()), Step::Close]);
        script
    };
    let first = cut(format!("C: UID FETCH 1:2 {items}"));
    let second_comes = format!("C: UID FETCH 2 {items}\n S: * 2 FETCH (UID 2 FLAGS () BODY[] second)\n S: $ OK");
    let mut scripts = vec![first, cut(format!("C: UID FETCH 1 {items}"))];
    scripts.extend((0..2).map(|_| cut(format!("{second_comes}\nC: UID FETCH 1 {items}"))));
    let last = format!("{second_comes}\nC: UID FETCH 1 (UID BODY.PEEK[HEADER])\n S: * 1 FETCH (UID 1 BODY[HEADER] subject)\n S: $ OK");
    scripts.push(signed_in("", &format!("{opened}\n{last}")));
    let server = Scripted::start(scripts).await;
    let source = server.source();
    for _ in 0..4 {
        assert!(source.fetch(&scope(), &ids(&[1, 2]), &mut Kept::default()).await.is_err());
    }
    let mut sink = Kept::default();
    source.fetch(&scope(), &ids(&[1, 2]), &mut sink).await.unwrap();
    server.followed();
    assert_eq!(sink.0.iter().map(|(m, _)| m.id.0.as_str()).collect::<Vec<_>>(), ["7:2"]);
    assert_eq!((sink.1.len(), sink.1[0].0.as_str(), sink.1[0].1.as_str()), (1, "7:1", "subject"));
    assert!(sink.1[0].2.contains("breaks off"), "{:?}", sink.1);
}

#[tokio::test]
async fn a_ten_megabyte_message_id_costs_the_id_and_nothing_else() {
    let mut script = signed_in(
        "ESEARCH",
        "C: EXAMINE \"INBOX\"
         S: * 1 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: * OK [UIDNEXT 2] x
         S: $ OK
         C: UID SEARCH RETURN (ALL) ALL
         S: * ESEARCH (TAG \"x\") UID ALL 1
         S: $ OK
         C: UID FETCH 1 ",
    );
    script.push(Step::Raw(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 10000100 BODY[HEADER.FIELDS (MESSAGE-ID)] {10000000}\r\n".to_vec()));
    script.push(Step::Raw(vec![b'm'; 10_000_000]));
    script.extend(transcript(
        "S: )
         S: $ OK
         C: UID SEARCH RETURN (ALL) ALL
         S: * ESEARCH (TAG \"x\") UID ALL 1
         S: $ OK",
    ));
    let server = Scripted::start(vec![script]).await;
    let batch = server.source().changes(&scope(), None, BUDGET).await.unwrap();
    server.followed();
    let [Change::Upsert(mail)] = batch.changes.as_slice() else { panic!("{:?}", batch.changes) };
    assert_eq!((mail.message_id.clone(), mail.size), (None, Some(10_000_100)));
}

#[tokio::test]
async fn hostile_answers_are_protocol_errors_and_cost_no_memory() {
    let after_select = |lines: &str| {
        signed_in(
            "ESEARCH",
            &format!(
                "C: EXAMINE \"INBOX\"
                 S: * 3 EXISTS
                 S: * OK [UIDVALIDITY 7] x
                 S: * OK [UIDNEXT 4] x
                 S: $ OK
                 C: UID SEARCH RETURN (ALL) ALL
                 {lines}"
            ),
        )
    };
    let scripts = vec![
        vec![say("HTTP/1.1 400 Bad Request")],
        vec![Step::Raw(vec![b'x'; 3_000_000])],
        vec![Step::Raw((0..=255u8).cycle().take(100_000).collect())],
        after_select("S: * ESEARCH (TAG \"x\") UID ALL 1:4294967295"),
        after_select("S: * ESEARCH (TAG \"x\") UID ALL 3:1,,"),
        after_select("S: a99 OK"),
        after_select("S: * 1 FETCH (UID 1 BODY[] {99999999999999}"),
    ];
    for (n, script) in scripts.into_iter().enumerate() {
        let server = Scripted::start(vec![script]).await;
        let error = server.source().changes(&scope(), None, BUDGET).await.unwrap_err();
        assert_eq!(error.code(), "protocol", "{n}: {error}");
    }
}

#[tokio::test]
async fn goodbyes_and_refusals_keep_their_reasons() {
    for (line, code) in [
        ("* BYE [UNAVAILABLE] maintenance", "server"),
        ("* BYE Too many simultaneous connections", "rate_limited"),
        ("* NO [THROTTLED] slow down", "rate_limited"),
    ] {
        let server = Scripted::start(vec![vec![say(line)]]).await;
        assert_eq!(server.source().mailboxes().await.unwrap_err().code(), code, "{line}");
    }
    for (line, code) in [
        ("$ NO [AUTHENTICATIONFAILED] wrong", "auth"),
        ("$ NO [UNAVAILABLE] backend down", "server"),
        ("$ NO [CONTACTADMIN] locked", "refused"),
        ("$ NO [THROTTLED] wait", "rate_limited"),
        ("$ NO no", "auth"),
        ("$ BAD what", "refused"),
    ] {
        let script = vec![say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi"), hear("AUTHENTICATE"), say(line)];
        let server = Scripted::start(vec![script]).await;
        assert_eq!(server.source().mailboxes().await.unwrap_err().code(), code, "{line}");
    }
    // The alert is what the person must read.
    let script = vec![
        say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi"),
        hear("AUTHENTICATE"),
        say("* NO [ALERT] Application-specific password required"),
        say("$ NO Lookup failed"),
    ];
    let error = Scripted::start(vec![script]).await.source().mailboxes().await.unwrap_err();
    assert!(error.to_string().contains("Application-specific"), "{error}");
    // A goodbye in the middle of a command explains the loss.
    let mut script = signed_in("", "C: LIST \"\" \"*\"\n S: * BYE Server shutting down");
    script.push(Step::Close);
    let error = Scripted::start(vec![script]).await.source().mailboxes().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Server { detail, .. } if detail.contains("shutting down")), "{error:?}");
}

#[tokio::test]
async fn no_password_leaves_where_it_must_not() {
    let scripts = [
        // Claims to be signed in before STARTTLS.
        ("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi", vec![]),
        // Offers no STARTTLS.
        ("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi", transcript("C: CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: $ OK")),
        // Slips bytes in behind the answer to STARTTLS.
        (
            "* OK hi",
            [
                transcript("C: CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: $ OK\nC: STARTTLS"),
                vec![Step::Raw(b"a2 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n".to_vec())],
            ]
            .concat(),
        ),
    ];
    for (greeting, rest) in scripts {
        let server = Scripted::start(vec![[vec![say(greeting)], rest].concat()]).await;
        let servers = server.servers(Security::Starttls, MailAuth::Password);
        let error = probe(&servers, Arc::new(Keys::default()), &tls()).await.unwrap_err();
        assert!(matches!(error.code(), "protocol" | "refused"), "{error:?}");
        assert!(!server.heard("LOGIN") && !server.heard("AUTHENTICATE"), "{greeting}");
    }
    let disabled = Scripted::start(vec![vec![say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi")]]).await;
    assert_eq!(disabled.source().mailboxes().await.unwrap_err().code(), "refused");
    assert!(!disabled.heard("LOGIN"));
    let elsewhere = MailServers {
        imap: ServerEndpoint { host: "mail.example".into(), port: 143, security: Security::None, pinned: None },
        ..disabled.servers(Security::None, MailAuth::Password)
    };
    assert_eq!(probe(&elsewhere, Arc::new(Keys::default()), &tls()).await.unwrap_err().code(), "refused");
}

#[tokio::test]
async fn a_scram_server_that_proves_nothing_is_refused() {
    let script = vec![
        say("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=PLAIN SASL-IR] hi"),
        hear("AUTHENTICATE SCRAM-SHA-256"),
        say("$ OK welcome without proof"),
    ];
    let server = Scripted::start(vec![script]).await;
    let error = server.source().mailboxes().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("prove")), "{error:?}");
    assert!(!server.heard("PLAIN"));
}

#[tokio::test]
async fn a_dead_token_is_refreshed_once() {
    let failing = |mechanism: &str, answer: &str| {
        format!(
            "C: AUTHENTICATE {mechanism} 
             S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0=
             C: {answer}
             S: $ NO [AUTHENTICATIONFAILED] token"
        )
    };
    for (mechanism, answer) in [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")] {
        for second_works in [true, false] {
            let mut script = vec![say(&format!("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH={mechanism}] hi"))];
            script.extend(transcript(&failing(mechanism, answer)));
            if second_works {
                script.extend(transcript(&format!("C: AUTHENTICATE {mechanism} \nS: $ OK [CAPABILITY IMAP4rev1] in\nC: LIST \nS: $ OK")));
            } else {
                script.extend(transcript(&failing(mechanism, answer)));
            }
            let server = Scripted::start(vec![script]).await;
            let keys = Arc::new(Keys::default());
            let auth = MailAuth::Oidc { connection: ConnectionId::new("o") };
            let source = super::source(&server.servers(Security::None, auth), Arc::clone(&keys) as Arc<dyn Credentials>, &tls()).unwrap();
            let result = source.mailboxes().await;
            server.followed();
            assert_eq!(keys.refreshed.load(Ordering::SeqCst), 1);
            if second_works {
                assert!(result.unwrap().is_empty());
            } else {
                assert_eq!(result.unwrap_err().code(), "server", "tried again: it may have been made stale on its way");
            }
        }
        // A connection after the other, each with a token of its own: the third ends the sign-in.
        let mut script = vec![say(&format!("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH={mechanism}] hi"))];
        script.extend([failing(mechanism, answer), failing(mechanism, answer)].iter().flat_map(|t| transcript(t)));
        let server = Scripted::start(vec![script.clone(), script.clone(), script.clone(), script]).await;
        let auth = MailAuth::Oidc { connection: ConnectionId::new("o") };
        let servers = server.servers(Security::None, auth);
        assert_eq!(
            probe(&servers, Arc::new(Keys::default()), &tls()).await.unwrap_err().code(),
            "auth",
            "who is connecting is told at once"
        );
        let source = super::source(&servers, Arc::new(Keys::default()), &tls()).unwrap();
        let mut codes = Vec::new();
        for _ in 0..3 {
            codes.push(source.mailboxes().await.unwrap_err().code());
        }
        assert_eq!(codes, ["server", "server", "auth"]);
        server.followed();
    }
}

#[tokio::test]
async fn repeated_exists_is_no_news_and_a_real_change_is() {
    let server = Scripted::start(vec![signed_in(
        "IDLE",
        "C: EXAMINE \"INBOX\"
         S: * 3 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: * OK [UIDNEXT 4] x
         S: $ OK
         C: IDLE
         S: + idling
         S: * 3 EXISTS
         S: * OK Still here
         C: DONE
         S: $ OK
         C: EXAMINE \"INBOX\"
         S: * 3 EXISTS
         S: * OK [UIDVALIDITY 7] x
         S: $ OK
         C: IDLE
         S: + idling
         S: * 2 FETCH (FLAGS (\\Seen))
         C: DONE
         S: $ OK",
    )])
    .await;
    let source = server.source();
    let started = std::time::Instant::now();
    source.wait(&scope(), Duration::from_millis(400)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(390));
    let started = std::time::Instant::now();
    source.wait(&scope(), Duration::from_secs(20)).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    server.followed();
}

#[tokio::test]
async fn flags_that_a_folder_does_not_keep() {
    let script = || {
        signed_in(
            "",
            "C: SELECT \"INBOX\"
             S: * 1 EXISTS
             S: * OK [UIDVALIDITY 7] x
             S: * OK [PERMANENTFLAGS (\\Seen \\Deleted)] limited
             S: $ OK [READ-WRITE]
             C: UID STORE 5 +FLAGS.SILENT (\\Seen)
             S: $ OK",
        )
    };
    let write = |add| MailWrite::Flags {
        mailbox: Some(RemoteId::new("INBOX")),
        ids: ids(&[5]),
        change: FlagChange { add, remove: Flags::default() },
    };
    // A keyword is left out, a system flag is an error.
    let server = Scripted::start(vec![script()]).await;
    server.source().write(&write(Flags { seen: true, forwarded: true, ..Flags::default() })).await.unwrap();
    server.followed();
    let server = Scripted::start(vec![script()]).await;
    let error = server.source().write(&write(Flags { flagged: true, ..Flags::default() })).await.unwrap_err();
    assert_eq!(error.code(), "unsupported");
    // Ids of an earlier life of the folder can't be written to.
    let server = Scripted::start(vec![script()]).await;
    let old = MailWrite::Flags { mailbox: Some(RemoteId::new("INBOX")), ids: vec![RemoteId::new("6:5")], change: FlagChange::read(true) };
    assert_eq!(server.source().write(&old).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn a_refused_literal_and_a_missing_folder() {
    let server = Scripted::start(vec![signed_in(
        "UIDPLUS",
        "C: APPEND \"Sent\" (\\Seen) {8}
         S: $ NO [TRYCREATE] no such folder
         C: CREATE \"Sent\"
         S: $ OK
         C: APPEND \"Sent\" (\\Seen) {8}
         S: + go
         C: a: b
         C: 
         C: 
         S: $ OK [APPENDUID 38505 3955] done",
    )])
    .await;
    // The last tagged answer belongs to the APPEND.
    let append = MailWrite::Append {
        mailbox: RemoteId::new("Sent"),
        raw: b"a: b\r\n\r\n".to_vec(),
        message_id: "m@x".into(),
        flags: Flags { seen: true, ..Flags::default() },
        replaces: None,
    };
    let written = server.source().write(&append).await.unwrap();
    assert_eq!(written.appended, Some(RemoteId::new("38505:3955")));
    let full = Scripted::start(vec![signed_in("", "C: APPEND \"Sent\" (\\Seen) {8}\nS: $ NO [OVERQUOTA] full")]).await;
    let error = full.source().write(&append).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("full")), "{error:?}");
}

#[tokio::test]
async fn a_lost_connection_is_replaced_and_a_cancelled_call_harms_nobody() {
    let list = "C: LIST \nS: * LIST () \"/\" INBOX\nS: $ OK";
    let server = Scripted::start(vec![
        [signed_in("", list), vec![Step::Close]].concat(),
        // The second connection answers only half.
        signed_in("", "C: LIST \nS: * LIST () \"/\" INBOX"),
        signed_in("", list),
    ])
    .await;
    let source = server.source();
    assert_eq!(source.mailboxes().await.unwrap().len(), 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    // The pooled connection has died meanwhile: noticed, reported as retryable, and not kept.
    let error = source.mailboxes().await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert!(tokio::time::timeout(Duration::from_millis(300), source.mailboxes()).await.is_err());
    assert_eq!(source.mailboxes().await.unwrap().len(), 1);
}
