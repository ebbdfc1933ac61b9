//! A move without MOVE is a copy and a deletion. Where the line is lost after the copy, trying again must not copy a second time.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use domain::{audit::Actor, ids::RemoteId, mail::MailboxRole, source::MailWrite};
use engine::views::{Action, OutboxOutcome};
use store::Place;

use crate::{
    dovecot::{CONDSTORE_ONLY, Dovecot, Mailbox, PLAIN_IMAP4REV1, RawImap},
    mail_mirror::source,
    writes::Desk,
};

/// Stands between client and server. Once armed, the next UID COPY reaches the server, and its answer reaches nobody.
struct Cutter {
    port: u16,
    armed: Arc<AtomicBool>,
    copies: Arc<AtomicUsize>,
}

impl Cutter {
    fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (armed, copies): (Arc<AtomicBool>, Arc<AtomicUsize>) = Default::default();
        let cutter = Self { port, armed: Arc::clone(&armed), copies: Arc::clone(&copies) };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let doomed: Arc<AtomicBool> = Arc::default();
                let (up, down) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client));
                let (armed, copies, cut) = (Arc::clone(&armed), Arc::clone(&copies), Arc::clone(&doomed));
                std::thread::spawn(move || upwards(up.0, &up.1, &armed, &copies, &cut));
                std::thread::spawn(move || downwards(down.0, &down.1, &doomed));
            }
        });
        cutter
    }
}

fn upwards(client: TcpStream, mut server: &TcpStream, armed: &AtomicBool, copies: &AtomicUsize, doomed: &AtomicBool) {
    let mut client = BufReader::new(client);
    let mut line = Vec::new();
    while client.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
        if String::from_utf8_lossy(&line).contains("UID COPY") {
            copies.fetch_add(1, Ordering::SeqCst);
            doomed.fetch_or(armed.swap(false, Ordering::SeqCst), Ordering::SeqCst);
        }
        if server.write_all(&line).is_err() {
            break;
        }
        line.clear();
    }
    let _ = server.shutdown(Shutdown::Both);
}

fn downwards(mut server: TcpStream, mut client: &TcpStream, doomed: &AtomicBool) {
    let mut piece = [0; 16 * 1024];
    while let Ok(n @ 1..) = server.read(&mut piece) {
        // What comes now is the answer to the copy: it has been done.
        if doomed.load(Ordering::SeqCst) || client.write_all(&piece[..n]).is_err() {
            break;
        }
    }
    let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_whose_answer_was_lost_is_not_made_twice() {
    for extra in [CONDSTORE_ONLY, PLAIN_IMAP4REV1] {
        let boxes = [Mailbox::generate("INBOX", 5, 1_795_176_000), Mailbox::generate("Archive", 0, 1_795_176_000)];
        let server = Dovecot::start(&boxes, extra);
        let mut other = server.other_client();
        // Nothing but size and date tells these apart from others, and nothing but the subject from each other.
        for subject in ["one", "two"] {
            other.append("INBOX", format!("From: a@b.example\r\nSubject: {subject}\r\n\r\nno id\r\n").as_bytes());
        }
        // One of ours is there in another version: that is not the copy.
        other.append("Archive", b"Message-ID: <inbox.1@corpus.example>\r\n\r\nAn older version.\r\n");
        let cutter = Cutter::start(server.port);
        let desk = Desk::at(cutter.port, None).await;
        let all: Vec<_> = desk.inbox().await.iter().map(|m| m.id).collect();
        assert_eq!(all.len(), 7);

        cutter.armed.store(true, Ordering::SeqCst);
        desk.engine.act(Action::Archive, Desk::target(&all), Actor::Person).await.unwrap();
        let first = desk.settle().await;
        assert!(first.iter().any(|r| r.outcome == OutboxOutcome::Later), "{extra}: {first:?}");
        assert_eq!(count(&mut other, "Archive"), 8, "{extra}: the server has copied");

        for report in desk.settle_all().await {
            assert_eq!(report.outcome, OutboxOutcome::Done, "{extra}: {report:?}");
        }
        assert_eq!(count(&mut other, "Archive"), 8, "{extra}: nothing is there twice");
        assert_eq!(cutter.copies.load(Ordering::SeqCst), 1, "{extra}: one copy of each");
        let left = other.truth("INBOX");
        assert_eq!(left.is_empty(), count(&mut other, "INBOX") == 0);
        assert!(left.iter().all(|(_, flags)| flags.contains("Deleted")), "{extra}: {left:?}");
        assert_eq!(left.is_empty(), extra == CONDSTORE_ONLY, "{extra}");
        for _ in 0..2 {
            desk.sync().await;
            assert_eq!((desk.inbox().await.len(), desk.list(Place::Role(MailboxRole::Archive)).await.len()), (0, 8), "{extra}");
        }
    }
}

/// Several messages of one write: what was copied is found, what was not is copied.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_copies_only_what_is_missing() {
    for extra in [CONDSTORE_ONLY, PLAIN_IMAP4REV1] {
        let boxes = [Mailbox::generate("INBOX", 4, 1_795_176_000), Mailbox::generate("Archive", 0, 1_795_176_000)];
        let server = Dovecot::start(&boxes, extra);
        let mut other = server.other_client();
        for subject in ["one", "two"] {
            other.append("INBOX", format!("From: a@b.example\r\nSubject: {subject}\r\n\r\nno id\r\n").as_bytes());
        }
        other.run("SELECT INBOX");
        // An earlier attempt came so far.
        other.run("COPY 2,5 Archive");
        let validity: String = other.run("STATUS INBOX (UIDVALIDITY)").concat().chars().filter(char::is_ascii_digit).collect();
        let ids: Vec<RemoteId> = (1..=6).map(|uid| RemoteId(format!("{validity}:{uid}"))).collect();
        let source = source(&server);
        let write = MailWrite::Move { from: Some("INBOX".into()), to: "Archive".into(), ids, again: true };
        let written = source.write(&write).await.unwrap();
        assert_eq!(count(&mut other, "Archive"), 6, "{extra}");
        let mut there: Vec<String> = other.truth("Archive").into_iter().map(|(id, _)| id).collect();
        there.dedup();
        assert_eq!(there.len(), 4, "{extra}: {there:?}");
        assert_eq!(written.renamed.len(), 6, "{extra}: those that were found are known by their new ids too: {written:?}");
        source.close().await;
    }
}

/// Also those that have no Message-ID.
fn count(client: &mut RawImap, mailbox: &str) -> usize {
    let status = client.run(&format!("STATUS {mailbox} (MESSAGES)")).concat();
    status.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}
