#![allow(clippy::unwrap_used)]

use crate::{
    AuditVerdict,
    testing::{at, home, note},
};

#[tokio::test]
async fn the_chain_shows_every_kind_of_tampering() {
    for (damage, first_bad) in [
        ("UPDATE audit SET detail = 'count=1' WHERE id = 4", 4),
        ("UPDATE audit SET at = at + 1 WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 5", 6),
        ("UPDATE audit SET action = 'mail.sent', target = 'x' WHERE id = 10", 10),
        ("UPDATE audit SET hash = replace(hash, 'a', 'b') WHERE id = 2", 2),
    ] {
        let home = home().await;
        for n in 0..10 {
            home.store.append_audit(&note("mail.flagged"), at(n)).await.unwrap();
        }
        assert_eq!(home.store.verify_audit().await.unwrap(), AuditVerdict::Intact { entries: 10 });
        let (mut conn, turn) = home.store.exclusive().await.unwrap();
        let refused = sqlx::query(damage).execute(&mut *conn).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
        sqlx::query("DROP TRIGGER audit_no_update").execute(&mut *conn).await.unwrap();
        sqlx::query("DROP TRIGGER audit_no_delete").execute(&mut *conn).await.unwrap();
        sqlx::query(damage).execute(&mut *conn).await.unwrap();
        drop((conn, turn));
        assert_eq!(home.store.verify_audit().await.unwrap(), AuditVerdict::Broken { id: first_bad }, "{damage}");
    }
}

#[tokio::test]
async fn pages_go_back_in_time() {
    let home = home().await;
    for n in 0..10 {
        home.store.append_audit(&note(if n % 2 == 0 { "oauth.started" } else { "mail.sent" }), at(n)).await.unwrap();
    }
    let first = home.store.audit(None, 4, None).await.unwrap();
    assert_eq!(first.items.iter().map(|e| e.id).collect::<Vec<_>>(), [10, 9, 8, 7]);
    let second = home.store.audit(first.next.as_ref(), 100, None).await.unwrap();
    assert_eq!((second.items.len(), second.next), (6, None));
    assert_eq!(home.store.audit(None, 100, Some("oauth.")).await.unwrap().items.len(), 5);
}
