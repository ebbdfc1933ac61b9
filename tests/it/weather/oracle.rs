//! The judge: what was done, what the server has, what the store has. It asks the server with a client of its own over a line of its
//! own, and believes nothing that the engine says about itself.

use std::collections::BTreeMap;

use domain::{mail::MessageSummary, outbox::OutboxState};

use super::{
    Voyage,
    berth::{Berth, Expected},
    server::{self, Places, Seen},
};

impl Voyage {
    pub(super) async fn oracle(&mut self, what: &str) {
        if let Err(why) = self.judge().await {
            panic!("{what}: {why}");
        }
    }

    /// None of the accounts differs from what was done, nor from its server, nor is a mail in the wrong one.
    pub(super) async fn judge(&mut self) -> Result<(), String> {
        for berth in &mut self.berths {
            judge_sends(&self.engine, berth).await?;
            let mut wanted: Vec<Seen> =
                berth.expected.iter().map(|(id, e)| (server::shown(&e.places), id.clone(), server::flags(e.seen, e.flagged))).collect();
            wanted.sort();
            let mut here: Vec<Seen> = Vec::new();
            for mail in berth.local(&self.engine).await {
                let f = mail.flags;
                let mut flags = server::flags(f.seen, f.flagged);
                for (on, name) in [(f.answered, " \\Answered"), (f.deleted, " \\Deleted"), (f.draft, " \\Draft")] {
                    flags.push_str(if on { name } else { "" });
                }
                if mail.pending {
                    return Err(format!("{} waits for a write that is over", mail.rfc_message_id));
                }
                // To the last byte.
                let raw = self.engine.store().raw(mail.id, 1 << 20).await.map_err(|e| format!("{}: {e}", mail.rfc_message_id))?;
                if let Some(Expected { raw: Some(delivered), .. }) = berth.expected.get(&mail.rfc_message_id)
                    && raw != **delivered
                {
                    return Err(format!("{} has another content here", mail.rfc_message_id));
                }
                here.push((places_of(berth, &mail), mail.rfc_message_id, flags));
            }
            here.sort();
            let there = berth.server.truth();
            if there != wanted {
                return Err(format!("{}: the server is not as it should be: {}", berth.email, difference(&wanted, &there)));
            }
            if here != there {
                return Err(format!("{}: the store is not as the server: {}", berth.email, difference(&there, &here)));
            }
        }
        let broken = self.engine.store().integrity().await.map_err(|e| e.to_string())?;
        if broken.is_empty() { Ok(()) } else { Err(format!("{broken:?}")) }
    }

    /// The index holds exactly the words of the stored texts. It finds every mail by a word that only it has, and nothing that is gone:
    /// what is stored is what was written.
    pub(super) async fn judge_index(&self) -> Result<(), String> {
        let differs = self.engine.store().index_differences().await.map_err(|e| e.to_string())?;
        if !differs.is_empty() {
            return Err(format!("{differs:?}"));
        }
        for berth in &self.berths {
            for (id, mail) in &berth.expected {
                let hits = self.engine.search(&mail.word, false, None, 10).await.map_err(|e| e.to_string())?.items;
                let ids: Vec<&str> = hits.iter().map(|h| h.message.rfc_message_id.as_str()).collect();
                if ids != [id.as_str()] {
                    return Err(format!("searching {} finds {ids:?} instead of {id}", mail.word));
                }
            }
            for word in &berth.gone {
                if !self.engine.search(word, false, None, 10).await.map_err(|e| e.to_string())?.items.is_empty() {
                    return Err(format!("{word} is gone and is still found"));
                }
            }
        }
        Ok(())
    }
}

/// Every mail that was accepted for sending has arrived exactly once, and its copy lies in Sent exactly once.
async fn judge_sends(engine: &engine::Engine, berth: &mut Berth) -> Result<(), String> {
    // Its copy is expected from the moment that the mail is done; from then on it is a mail like any other.
    for (id, subject) in std::mem::take(&mut berth.sends) {
        let item = engine.outbox_item(id).await.map_err(|e| e.to_string())?;
        if item.state != OutboxState::Done {
            return Err(format!("{subject} is {:?}", item.state));
        }
        let arrived = berth.server.sent(&subject);
        let [id] = arrived.as_slice() else { return Err(format!("{subject} arrived {} times", arrived.len())) };
        let word = subject.trim_start_matches("sent ").to_owned();
        berth.expected.insert(id.clone(), Expected { places: Places::from(["Sent"]), seen: true, flagged: false, raw: None, word });
    }
    Ok(())
}

/// Where a mail lies here, in the words of the server. Gmail's "All Mail" is no label: it holds what is not in the bin, and nothing else.
pub(super) fn places_of(berth: &Berth, mail: &MessageSummary) -> String {
    let name = |id| berth.folders.iter().find(|(_, m)| **m == id).map_or("nowhere", |(name, _)| *name);
    let mut places: Places = mail.mailboxes.iter().map(|id| name(*id)).collect();
    if berth.server.is_gmail() && places.remove("Archive") == places.contains("Trash") {
        return format!("{}, in the bin and in All Mail or in neither", server::shown(&places));
    }
    server::shown(&places)
}

fn difference(wanted: &[Seen], found: &[Seen]) -> String {
    let mut count: BTreeMap<&Seen, i32> = BTreeMap::new();
    for place in wanted {
        *count.entry(place).or_default() -= 1;
    }
    for place in found {
        *count.entry(place).or_default() += 1;
    }
    let list = |sign: i32| -> Vec<&&Seen> { count.iter().filter(|(_, n)| n.signum() == sign).map(|(p, _)| p).collect() };
    format!("missing {:?}, too many {:?}", list(-1), list(1))
}
