#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    connection::ConnectionStatus,
    ids::{ConnectionId, IntegrationId},
};
use sqlx::Row as _;

use crate::{
    DraftContent, MessageFilter, NewRevocation, PendingOauth, RawBody, SealedSecret,
    testing::{at, connection, home, imap, mail, note, put},
};

#[tokio::test]
async fn one_connection_per_subject() {
    let home = home().await;
    let mut new = connection("c1", "mara@x.example");
    new.secrets.push(SealedSecret { kind: "tokens".into(), version: 1, sealed: vec![1, 2, 3] });
    home.store.insert_connection(&new, &note("connection.created"), at(0)).await.unwrap();
    let twin = connection("c2", "mara@x.example");
    assert_eq!(home.store.insert_connection(&twin, &note("connection.created"), at(0)).await.unwrap_err().code(), "conflict");
    let id = ConnectionId::new("c1");
    assert_eq!(home.store.connection(&id).await.unwrap(), new.connection);
    let found = home.store.connection_by_subject(&IntegrationId::new("imap"), "mara@x.example").await.unwrap();
    assert_eq!(found.unwrap().id, id);
    home.store.set_connection_status(&id, ConnectionStatus::Expired, Some("signed out"), None, at(0)).await.unwrap();
    let fresh = SealedSecret { kind: "tokens".into(), version: 2, sealed: vec![9] };
    home.store.reconnect(&id, &["mail".into()], std::slice::from_ref(&fresh), &note("connection.renewed"), at(1)).await.unwrap();
    let c = home.store.connection(&id).await.unwrap();
    assert_eq!((c.status, c.status_reason, c.granted_scopes), (ConnectionStatus::Active, None, vec!["mail".to_owned()]));
    assert_eq!(home.store.secret(&id, "tokens").await.unwrap(), Some(fresh));
    let e = home.store.set_connection_label(&ConnectionId::new("nobody"), "x").await.unwrap_err();
    assert_eq!(e.code(), "not_found");
}

#[tokio::test]
async fn a_pending_sign_in_works_once() {
    let home = home().await;
    let state = [7_u8; 32];
    home.store.put_pending_oauth(&state, b"sealed", at(600)).await.unwrap();
    // It survives a cold start.
    let home = home.reopen().await;
    let (one, two) = tokio::join!(home.store.take_pending_oauth(&state, at(1)), home.store.take_pending_oauth(&state, at(1)));
    let mut answers = [one.unwrap(), two.unwrap()];
    answers.sort_by_key(|a| *a == PendingOauth::Unknown);
    assert_eq!(answers, [PendingOauth::Found(b"sealed".to_vec()), PendingOauth::Unknown]);
    home.store.put_pending_oauth(&state, b"sealed", at(600)).await.unwrap();
    assert_eq!(home.store.take_pending_oauth(&state, at(600)).await.unwrap(), PendingOauth::Expired);
    assert_eq!(home.store.take_pending_oauth(&state, at(1)).await.unwrap(), PendingOauth::Unknown);
    home.store.put_pending_oauth(&[8; 32], b"sealed", at(5)).await.unwrap();
    assert_eq!(home.store.purge_pending_oauth(at(6)).await.unwrap(), 1);
}

/// For both ways of forgetting the index: the smaller and the larger of two connections.
#[tokio::test]
async fn a_disconnect_leaves_nothing_and_spares_the_others() {
    for doomed in ["a", "b"] {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        let b = imap(&home.store, "b").await;
        for (who, count) in [(&a, 30_u32), (&b, 10)] {
            let word = format!("word{}", who.connection);
            let mut mails: Vec<_> = (1..=count).map(|n| mail(n, &word, &word)).collect();
            let mut sink = home.store.new_file().unwrap();
            sink.write(&vec![5; 300_000]).unwrap();
            mails[0].raw = RawBody::File(sink.finish().unwrap());
            put(&home.store, &who.inbox, who.account, mails).await;
            home.store.create_draft(who.account, &DraftContent::default(), at(0)).await.unwrap();
            let secret = SealedSecret { kind: "tokens".into(), version: 1, sealed: vec![1] };
            home.store.put_secret(&who.connection, &secret).await.unwrap();
        }
        let (gone, kept) = if doomed == "a" { (&a, &b) } else { (&b, &a) };
        let revoke = NewRevocation {
            integration: "google".into(),
            aad_connection: gone.connection.clone(),
            sealed: vec![4],
            next_at: at(5),
            give_up_at: at(500),
        };
        let erased = home.store.delete_connection(&gone.connection, Some(&revoke), &note("connection.deleted"), at(1)).await.unwrap();
        assert_eq!((erased.messages, erased.files), (if doomed == "a" { 30 } else { 10 }, 1));
        assert_eq!(std::fs::read_dir(home.dir.path().join("files")).unwrap().count(), 1);
        let mut tx = home.store.read().await.unwrap();
        // No table but the audit log and the revocation job may know the account or the connection.
        let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'")
            .fetch_all(&mut *tx)
            .await
            .unwrap();
        assert!(tables.len() > 20);
        for table in tables.iter().filter(|t| !matches!(t.as_str(), "audit" | "revocation")) {
            let columns: Vec<String> = sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA table_info({table})")))
                .fetch_all(&mut *tx)
                .await
                .unwrap()
                .iter()
                .map(|r| r.get(1))
                .collect();
            for column in columns {
                let (id, value) = match column.as_str() {
                    "account" => (gone.account.0.to_string(), true),
                    "connection" => (format!("'{}'", gone.connection), true),
                    _ => (String::new(), false),
                };
                if value {
                    let sql = format!("SELECT count(*) FROM {table} WHERE {column} = {id}");
                    let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *tx).await.unwrap();
                    assert_eq!(left, 0, "{table}.{column}");
                }
            }
        }
        for (word, hits) in
            [(format!("word{}", gone.connection), 0), (format!("word{}", kept.connection), if doomed == "a" { 10 } else { 30 })]
        {
            let n: i64 =
                sqlx::query_scalar("SELECT count(*) FROM mail_fts WHERE mail_fts MATCH ?").bind(&word).fetch_one(&mut *tx).await.unwrap();
            assert_eq!(n, hits, "{word}");
        }
        drop(tx);
        let counts = home.store.place_counts().await.unwrap();
        assert!(counts.iter().all(|c| c.account.is_none_or(|x| x == kept.account) && c.messages == hits_of(doomed)), "{counts:?}");
        assert_eq!(home.store.count_messages(&MessageFilter::default()).await.unwrap() as i64, hits_of(doomed));
        assert_eq!(home.store.due_revocations(at(5)).await.unwrap().len(), 1);
        assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
    }
}

fn hits_of(doomed: &str) -> i64 {
    if doomed == "a" { 10 } else { 30 }
}
