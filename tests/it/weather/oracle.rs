//! The judge: what was done, what the server has, what the store has. It asks the server with a client of its own over a line of its
//! own, and believes nothing that the engine says about itself.

use std::collections::BTreeMap;

use domain::outbox::OutboxState;

use super::{Expected, FOLDERS, Voyage};

/// (folder, Message-ID, flags) of every mail, sorted.
type Place = (&'static str, String, String);

impl Voyage<'_> {
    pub(super) async fn oracle(&mut self, what: &str) {
        self.judge_sends(what).await;
        let mut wanted: Vec<Place> = self
            .expected
            .iter()
            .map(|(id, e)| {
                let flags: Vec<&str> =
                    [(e.flagged, "\\Flagged"), (e.seen, "\\Seen")].iter().filter(|(on, _)| *on).map(|(_, f)| *f).collect();
                (e.folder, id.clone(), flags.join(" "))
            })
            .collect();
        wanted.sort();
        let mut there: Vec<Place> = Vec::new();
        let mut here: Vec<Place> = Vec::new();
        for folder in FOLDERS {
            there.extend(self.other.truth(folder).into_iter().map(|(id, flags)| (folder, id, flags)));
            for mail in self.local(folder).await {
                let f = mail.flags;
                let flags: Vec<&str> = [
                    (f.answered, "\\Answered"),
                    (f.deleted, "\\Deleted"),
                    (f.draft, "\\Draft"),
                    (f.flagged, "\\Flagged"),
                    (f.seen, "\\Seen"),
                ]
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, f)| *f)
                .collect();
                assert!(!mail.pending, "{what}: {} waits for a write that is over", mail.rfc_message_id);
                // To the last byte.
                let raw = self.engine.store().raw(mail.id, 1 << 20).await.unwrap();
                if let Some(Expected { raw: Some(delivered), .. }) = self.expected.get(&mail.rfc_message_id) {
                    assert!(&raw == delivered, "{what}: {} has another content here", mail.rfc_message_id);
                }
                here.push((folder, mail.rfc_message_id, flags.join(" ")));
            }
        }
        there.sort();
        here.sort();
        assert!(there == wanted, "{what}: the server is not as it should be: {}", difference(&wanted, &there));
        assert!(here == there, "{what}: the store is not as the server: {}", difference(&there, &here));
        assert_eq!(self.engine.store().integrity().await.unwrap(), Vec::<String>::new(), "{what}");
    }

    /// Every mail that was accepted for sending has arrived exactly once, and its copy lies in Sent exactly once.
    async fn judge_sends(&mut self, what: &str) {
        for (id, subject) in self.sends.clone() {
            let item = self.engine.outbox_item(id).await.unwrap();
            assert_eq!(item.state, OutboxState::Done, "{what}: {subject}");
            assert_eq!(self.arrived(&subject), 1, "{what}: {subject} arrived");
        }
        // Its copy is expected from the moment that the mail is done; from then on it is a mail like any other.
        for (_, subject) in std::mem::take(&mut self.sends) {
            let id = self.message_id(&subject);
            let word = subject.trim_start_matches("sent ").to_owned();
            self.expected.insert(id, Expected { folder: "Sent", seen: true, flagged: false, raw: None, word });
        }
    }

    /// As it arrived.
    fn message_id(&self, subject: &str) -> String {
        let line = format!("Subject: {subject}\r\n");
        let raw =
            self.sink.received().into_iter().map(|m| String::from_utf8_lossy(&m.raw).into_owned()).find(|raw| raw.contains(&line)).unwrap();
        raw.lines().find_map(|l| l.strip_prefix("Message-ID: <")).unwrap().trim_end_matches('>').to_owned()
    }

    /// The index finds every mail by a word that only it has, and nothing that is gone.
    pub(super) async fn judge_index(&self) {
        for (id, mail) in &self.expected {
            let hits = self.engine.search(&mail.word, false, None, 10).await.unwrap().items;
            let ids: Vec<&str> = hits.iter().map(|h| h.message.rfc_message_id.as_str()).collect();
            assert_eq!(ids, [id.as_str()], "searching {} in {}", mail.word, mail.folder);
        }
        for word in &self.gone {
            let hits = self.engine.search(word, false, None, 10).await.unwrap().items;
            assert!(hits.is_empty(), "{word} is gone and is still found");
        }
    }
}

fn difference(wanted: &[Place], found: &[Place]) -> String {
    let mut count: BTreeMap<&Place, i32> = BTreeMap::new();
    for place in wanted {
        *count.entry(place).or_default() -= 1;
    }
    for place in found {
        *count.entry(place).or_default() += 1;
    }
    let list = |sign: i32| -> Vec<&&Place> { count.iter().filter(|(_, n)| n.signum() == sign).map(|(p, _)| p).collect() };
    format!("missing {:?}, too many {:?}", list(-1), list(1))
}
