//! The judge can find fault.

use super::{
    Voyage, Weather,
    berth::Expected,
    server::{self, Change, Flag, Places},
};

/// One thing wrong at a time, of every kind that the judge says it looks for, in an account of each kind.
#[tokio::test(flavor = "multi_thread")]
async fn the_judge_sees_what_is_wrong() {
    let seed = (0..10_000).find(|seed| super::fleet(*seed, Weather::Fine).1 == (1, true)).unwrap();
    let harbour = server::Harbour::build();
    let homes = tempfile::tempdir().unwrap();
    let mut voyage = Voyage::prepare(&harbour, seed, seed, Weather::Fine, homes.path()).await;
    voyage.settle().await;
    for b in 0..2 {
        // Two mails of one subject, of which one is known of.
        let letter = voyage.berths[b].outgoing(&mut voyage.rng);
        let subject = letter.subject.clone();
        let first = voyage.engine.send_mail(letter.clone()).await.unwrap();
        voyage.berths[b].sends.push((first, subject));
        voyage.settle().await;
        assert_eq!(voyage.judge().await, Ok(()), "nothing is wrong");
        assert_eq!(voyage.judge_index().await, Ok(()), "nothing is wrong");
        let id = voyage.berths[b].expected.iter().find(|(_, e)| e.places.contains("INBOX")).unwrap().0.clone();
        let healthy = voyage.berths[b].expected.clone();

        type Spoil = fn(&mut Expected);
        let spoils: [(&str, Spoil); 5] = [
            ("server is not as it should be", |e| e.seen = !e.seen),
            ("server is not as it should be", |e| e.flagged = !e.flagged),
            ("server is not as it should be", |e| e.places = Places::from(["Work"])),
            ("another content", |e| {
                let raw = std::sync::Arc::make_mut(e.raw.as_mut().unwrap());
                let last = raw.len() - 3;
                raw[last] ^= 1;
            }),
            ("finds [", |e| e.word.push('x')),
        ];
        for (n, (words, spoil)) in spoils.into_iter().enumerate() {
            spoil(voyage.berths[b].expected.get_mut(&id).unwrap());
            let found = voyage.judge().await.and(voyage.judge_index().await);
            assert!(found.as_ref().is_err_and(|why| why.contains(words)), "{n}: {found:?}");
            voyage.berths[b].expected = healthy.clone();
        }
        // Too few and too many.
        let one = voyage.berths[b].expected.remove(&id).unwrap();
        assert!(voyage.judge().await.is_err_and(|why| why.contains("too many")));
        voyage.berths[b].expected.insert("nobody@x.example".into(), Expected { raw: None, ..one.clone() });
        assert!(voyage.judge().await.is_err_and(|why| why.contains("missing")));
        voyage.berths[b].expected = healthy.clone();
        voyage.berths[b].gone.push(one.word.clone());
        assert!(voyage.judge_index().await.is_err_and(|why| why.contains("still found")));
        voyage.berths[b].gone.clear();

        // The server moves on, and the store does not know.
        let changes = [
            Change::Flag { id: id.clone(), within: "INBOX", flag: Flag::Flagged, on: !one.flagged },
            Change::Move { id: id.clone(), from: "INBOX", to: "Work" },
            voyage.berths[b].letter(&mut voyage.rng, "INBOX"),
            Change::Delete { id: id.clone(), from: "Work" },
        ];
        for change in changes {
            voyage.berths[b].change(&change);
            let found = voyage.judge().await;
            assert!(found.as_ref().is_err_and(|why| why.contains("the store is not as the server")), "{change:?}: {found:?}");
            voyage.settle().await;
            assert_eq!(voyage.judge().await, Ok(()), "{change:?}");
        }
        // A write that was accepted and has not left.
        let mail = voyage.berths[b].local(&voyage.engine).await.remove(0);
        let star = engine::views::Action::Star { on: !mail.flags.flagged };
        let target = engine::views::Target::Messages { ids: vec![mail.id] };
        voyage.engine.act(star.clone(), target, domain::audit::Actor::Person).await.unwrap();
        voyage.berths[b].acted(&mail.rfc_message_id, &star);
        assert!(voyage.judge().await.is_err_and(|why| why.contains("waits for a write")));
        voyage.settle().await;
        assert_eq!(voyage.judge().await, Ok(()));
        // The same mail once more, and one that never went out.
        let second = voyage.engine.send_mail(letter.clone()).await.unwrap();
        voyage.berths[b].sends.push((second, letter.subject.clone()));
        assert!(voyage.judge().await.is_err_and(|why| why.contains("is Queued")));
        voyage.berths[b].sends.push((second, letter.subject.clone()));
        voyage.settle().await;
        assert!(voyage.judge().await.is_err_and(|why| why.contains("arrived 2 times")));
        voyage.berths[b].sends.clear();
        voyage.berths[b].sends.push((second, "sent by nobody".into()));
        assert!(voyage.judge().await.is_err_and(|why| why.contains("arrived 0 times")));
        // Both of them are mails like any other, and the index finds two where one is known; then the second goes.
        let ids = voyage.berths[b].server.sent(&letter.subject);
        let word = letter.subject.trim_start_matches("sent ").to_owned();
        for id in &ids {
            let copy = Expected { places: Places::from(["Sent"]), seen: true, flagged: false, raw: None, word: word.clone() };
            voyage.berths[b].expected.entry(id.clone()).or_insert(copy);
        }
        assert_eq!(voyage.judge().await, Ok(()));
        assert!(voyage.judge_index().await.is_err_and(|why| why.contains("finds [")));
        voyage.berths[b].change(&Change::Delete { id: ids[0].clone(), from: "Sent" });
        voyage.berths[b].gone.clear();
        voyage.settle().await;
    }
    voyage.engine.close().await;
}
