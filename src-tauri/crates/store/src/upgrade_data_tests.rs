//! Released migrations never change, and mail stored under every earlier schema is still there, found and forgotten.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{AccountId, MessageId},
    search::{Query, Term},
};
use sqlx::Connection as _;
use vault::{KeySource, Vault};

use crate::{
    MessageFilter, Store, StoreError,
    commit::{forget_messages, refresh},
    open::MIGRATIONS,
    packed::Packer,
    page::index_row,
    place::Roles,
    testing::{at, mail, note, options, put},
    upgrade_tests::old_store,
};

/// SHA-384 of what was released. A new migration gets a new line; a line that is here never changes, because homes out there
/// remember these sums and would not open any more.
const RELEASED: [(i64, &str); 19] = [
    (1, "5310986eeeef12086893a1c757b3e9d9dc3990488faf8fa0ad76cc4e5bf7467e118556e97b20463559159748135b02aa"),
    (2, "b9a122b3c32c5b7a26c6a41c528f5c74ee0791dc864b5f0900d6aeb7551928013753b4127f05acaa82e279d87467c79c"),
    (3, "ea9b18a811402745a445e107e3bbf304724204e21c97f89dbff630a6ceb32ba6803414380b02d902e59580e358a6b118"),
    (4, "1b4b54a088a40068ff580a253ae13cc25388e55376c358f855708d7f3a0fdce9e2204d0cf919d2cdae01cb910084f4d8"),
    (5, "723c7d2099da1dbc8e89cebfdb51dde6fc833fceaf77e4bb522645b40bf67d7d109212641cd19b59a236a23a3d59d693"),
    (6, "07a84f72944383f9e06816597653d73b3d48df1785e3582863046071e4c17756d142793d4abb9d1030dfb1e8f34bb1a5"),
    (7, "f0b1e9c9d54396ca34f2562a159b94464fd68b15cafc4bd2a05b27581fb1aa8e91961b0e07a1a998d0f11e86a85f9ba6"),
    (8, "b96f30327d17998fae3ebb5520c16df91162c2608ee0bf7493b9387517f8e4ee78eded612b63dfa83d6257aa269ad561"),
    (9, "f2987bc0f2562b168464cee9121bfe601741805f0fc93927ff1fbdcef8c50a79ee0b602c703d95b74002a565c1772c23"),
    (10, "1b43edf956fc75d1ac0ded70198fc1f819fecb844375a909ac3895ea5227d8209cef3c553cb3984f5155c12a30a4ccac"),
    (11, "6280918d0659e14598c64e0ce1370989df45531aa40790a1f024d70c08fff3e26806ce51aaf287c20f140bce50099f98"),
    (12, "2e193f42aa3f9f0e311d691f88c8fd43b4c215994fd04350c947b5f1652ff3cd3c0f14e1a947a97c76f7ee89c0696c21"),
    (13, "2b6e8deb0603bd0d5dd581594d635cfb617b82b5332cc05743fb79094c4d977fd6b66a9812032c78f86a9b5579cef7f3"),
    (14, "2bf2cf59971894aeac8c53171fb9bcc828e1a80c4be46542ae18c102583102981f0eca12b10d7baaeab031c24b0cb206"),
    (15, "6e274d6610dc2067a6a7e8b62240319079fcd3f16677381b8fd887d8756a04451e881fe104938d4af2276cec0971a6a0"),
    (16, "6feb1c57b1b39341460443958dbfe8c3cd8e39cb2474b4422c870541547f92877d9567d078e10edca6bed3924b6118c7"),
    (17, "0360997a06180d30cd41022c410e48a9dcd357b95bc518c01e578f10be978dcba15b6d8abd234741e4ba2a8c12995d1e"),
    (18, "be155c5888c65a2c33e765222297a793913ac8a13d84f0cc9bd9d1799ef862deef74ece1baea309c6051f91b31215f62"),
    (19, "bce6ce61af61277c3a91a6d4ff9838e3c0992c52493286405400b6a496c3e8bc5c7e5cddf9d464ca8816a75ca87d8deb"),
];

#[test]
fn a_released_migration_is_never_edited() {
    let now: Vec<(i64, String)> =
        MIGRATIONS.iter().map(|m| (m.version, m.checksum.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat())).collect();
    let pinned: Vec<(i64, String)> = RELEASED.iter().map(|(v, sum)| (*v, (*sum).to_owned())).collect();
    assert_eq!(now, pinned, "write a new migration instead, and pin it here");
}

#[tokio::test]
async fn a_schema_of_another_build_is_named_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let mut conn = old_store(dir.path(), &vault, 3).await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let before = std::fs::read(dir.path().join("store.db")).unwrap();
    let error = Store::open(options(dir.path(), &vault)).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherBuild(2)) && error.code() == "store_other_build", "{error}");
    assert!(!error.is_damage(), "nobody is told to set it aside");
    assert_eq!(std::fs::read(dir.path().join("store.db")).unwrap(), before);
}

async fn hits(store: &Store, word: &str) -> usize {
    let query = Query::Term(Term::Word { text: word.into(), prefix: false });
    store.search(&query, None, 100).await.unwrap().items.len()
}

/// The schema from which on the index is in the order in which hits are shown, and the one from which on its rowids are dense.
const NEWEST_FIRST: i64 = 8;
const DENSE: i64 = 10;
/// What rowids were counted back from in between.
const LAST_ID: i64 = (8_500_000_000 << 20) | 0xf_ffff;

fn raw(n: i64) -> String {
    format!("Message-ID: <m{n}@x>\r\nSubject: subject{n}\r\n\r\nkept{n} shared")
}

/// Three unread mails as a program of that version left them: raw bytes, text, full-text rows, lists.
async fn fill(conn: &mut sqlx::SqliteConnection, version: i64) {
    sqlx::raw_sql("INSERT INTO scope (connection, service) VALUES ('c', 'mail')").execute(&mut *conn).await.unwrap();
    for n in 1..=3_i64 {
        let id = (n << 20) + 7;
        let row = match version {
            DENSE.. => index_row(id),
            NEWEST_FIRST.. => LAST_ID - id,
            _ => id,
        };
        let (subject, body) = (format!("subject{n}"), format!("kept{n} shared"));
        let one = async |conn: &mut sqlx::SqliteConnection, sql: &str| {
            sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
        };
        one(conn, &format!("INSERT INTO thread (id, account) VALUES ({n}, 1)")).await;
        one(
            conn,
            &format!(
                "INSERT INTO mail (id, account, thread, size, digest, date, received, subject, from_name, from_email, snippet) \
                 VALUES ({id}, 1, {n}, {len}, x'0{n}', {n}000, {n}000, '{subject}', 'Jonas Weber', 'jonas@firm.example', 'kept{n}')",
                len = raw(n).len()
            ),
        )
        .await;
        one(
            conn,
            &format!(
                "INSERT INTO mail_fts (rowid, subject, sender, recipients, copied, files, body) \
                 VALUES ({row}, '{subject}', 'Jonas Weber jonas@firm.example', 'mara@x.example', '', '', '{body}')"
            ),
        )
        .await;
        // From the fourth schema on a mail and its text lie in one frame; the last one does so then.
        let frame = if version >= 4 && n == 3 { Packer::new().unwrap().pack(raw(n).repeat(20).as_bytes(), &body).unwrap() } else { None };
        let text = if frame.is_some() { "" } else { body.as_str() };
        one(conn, &format!("INSERT INTO mail_text VALUES ({id}, 'mara@x.example', '', '', '{text}')")).await;
        if let Some(frame) = frame {
            sqlx::query("INSERT INTO raw (mail, data, len, packed) VALUES (?, ?, ?, ?)")
                .bind(id)
                .bind(frame)
                .bind(raw(n).len() as i64 * 20)
                .bind(body.len() as i64)
                .execute(&mut *conn)
                .await
                .unwrap();
        } else {
            sqlx::query("INSERT INTO raw (mail, data, len) VALUES (?, ?, ?)")
                .bind(id)
                .bind(raw(n).into_bytes())
                .bind(raw(n).len() as i64)
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        one(conn, &format!("INSERT INTO message (id, mail, thread, account, scope, remote) VALUES ({id}, {id}, {n}, 1, 1, 'r{n}')")).await;
        one(conn, &format!("INSERT INTO thread_in SELECT {n}, value, {id}, 1, 1, 0 FROM json_each('[-15, -31, -2, -18, -3, -19]')")).await;
    }
    let count = "INSERT INTO place_count SELECT place, count(*), count(*), 0, count(*), count(*) FROM thread_in GROUP BY place";
    sqlx::query(count).execute(conn).await.unwrap();
}

/// A store that a program of that version filled, opened by this one.
async fn filled(version: i64) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let mut conn = old_store(dir.path(), &vault, version).await;
    fill(&mut conn, version).await;
    conn.close().await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    (dir, store)
}

async fn forget(store: &Store, message: MessageId) {
    let mut tx = store.write().await.unwrap();
    let threads: Vec<i64> = forget_messages(&mut tx, &[message.0], at(0)).await.unwrap().into_iter().collect();
    let roles = Roles::load(&mut tx, AccountId(1)).await.unwrap();
    refresh(&mut tx, AccountId(1), &roles, &threads).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn mail_of_every_earlier_schema_is_read_found_and_forgotten() {
    for version in 1..=MIGRATIONS.iter().map(|m| m.version).max().unwrap() {
        let (_dir, store) = filled(version).await;
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "from {version}");
        // Read.
        let page = store.messages(&MessageFilter::default(), None, 10).await.unwrap().items;
        let subjects: Vec<&str> = page.iter().map(|m| m.subject.as_str()).collect();
        assert_eq!(subjects, ["subject3", "subject2", "subject1"], "from {version}");
        for (message, n) in page.iter().zip([3, 2, 1]) {
            let whole = if version >= 4 && n == 3 { raw(n).repeat(20) } else { raw(n) };
            assert_eq!(store.raw(message.id, 1 << 20).await.unwrap(), whole.into_bytes(), "from {version}: {n}");
        }
        // Not found until the index has learnt it again, and the person is told so.
        assert_eq!(store.relearning().await.unwrap(), version < DENSE);
        if version < DENSE {
            assert_eq!(hits(&store, "shared").await, 0);
        }
        store.erase_left().await.unwrap();
        assert!(!store.relearning().await.unwrap() && !store.unsettled().await.unwrap());
        assert_eq!(store.index_differences().await.unwrap(), Vec::<String>::new(), "from {version}");
        // Found: by text, by subject, by the sender's name (whose words the fifth schema began to keep).
        for (word, wanted) in [("kept1", 1), ("kept3", 1), ("subject2", 1), ("shared", 3), ("weber", 3), ("nothing", 0)] {
            assert_eq!(hits(&store, word).await, wanted, "from {version}: {word}");
        }
        // Forgotten, words and all: one mail, then, with its account, the rest.
        for gone in [&page[0], &page[1]] {
            forget(&store, gone.id).await;
        }
        store.purge_orphans(AccountId(1), at(1_000)).await.unwrap();
        for (word, wanted) in [("kept3", 0), ("kept2", 0), ("kept1", 1), ("shared", 1)] {
            assert_eq!(hits(&store, word).await, wanted, "from {version}, forgotten: {word}");
        }
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "from {version}, forgotten");
        store.delete_connection(&"c".into(), None, &note("connection.disconnected"), at(2)).await.unwrap();
        assert_eq!((hits(&store, "shared").await, store.stats().await.unwrap().messages), (0, 0), "from {version}");
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "from {version}, gone");
    }
}

/// What changes between the opening and the learning: a mail is forgotten that the new index never had, one comes that is older than
/// those it has yet to learn, and the account leaves halfway.
#[tokio::test]
async fn mail_comes_and_goes_before_the_new_index_knows_it() {
    let (_dir, store) = filled(DENSE - 1).await;
    let newest = store.messages(&MessageFilter::default(), None, 1).await.unwrap().items.remove(0);
    forget(&store, newest.id).await;
    store.purge_orphans(AccountId(1), at(1_000)).await.unwrap();
    let scope = store.ensure_scope(&"c".into(), domain::integration::Service::Mail, None).await.unwrap();
    let mut late = mail(9, "Late", "shared late");
    late.remote.received = Some(at(0));
    late.parsed.date = Some(at(0));
    put(&store, &scope, AccountId(1), vec![late]).await;
    assert_eq!((hits(&store, "late").await, hits(&store, "shared").await), (1, 1), "what comes is found at once");
    store.erase_left().await.unwrap();
    assert_eq!((hits(&store, "kept3").await, hits(&store, "shared").await), (0, 3));
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.index_differences().await.unwrap(), Vec::<String>::new());

    let (_dir, store) = filled(DENSE - 1).await;
    store.hide_connection(&"c".into(), None, &note("connection.disconnected"), at(2)).await.unwrap();
    assert!(store.erase_step().await.unwrap() && store.relearning().await.unwrap(), "the first step learns");
    let learnt: i64 = sqlx::query_scalar("SELECT count(*) FROM mail_fts_docsize").fetch_one(&store.inner.readers).await.unwrap();
    assert_eq!(learnt, 0, "but nothing of an account that leaves");

    let (_dir, store) = filled(DENSE - 1).await;
    store.delete_connection(&"c".into(), None, &note("connection.disconnected"), at(2)).await.unwrap();
    assert_eq!((hits(&store, "shared").await, store.stats().await.unwrap().messages), (0, 0));
    assert!(!store.unsettled().await.unwrap());
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
}

/// Mail in places that there are no more moves on in its order, with its text, its bytes, its files and its placements.
#[tokio::test]
async fn mail_of_a_crowded_second_moves_on() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let mut conn = old_store(dir.path(), &vault, DENSE - 1).await;
    fill(&mut conn, DENSE - 1).await;
    // 200 more in the second of the first mail, which is followed by the other two a second apart.
    for sql in [
        "INSERT INTO mail (id, account, thread, size, digest, date, received, subject) \
         SELECT (1 << 20) + 10 + value, 1, 1, 1, x'00', 1000, 1000, 'crowd' || value FROM json_each(?)",
        "INSERT INTO mail_text SELECT (1 << 20) + 10 + value, '', '', '', 'text' || value FROM json_each(?)",
        "INSERT INTO raw (mail, data, len) SELECT (1 << 20) + 10 + value, CAST('bytes' || value AS BLOB), 5 FROM json_each(?)",
        "INSERT INTO attachment (mail, part, name, mime, size, inline) SELECT (1 << 20) + 10 + value, 1, 'file' || value, '', 1, 0 FROM json_each(?)",
        "INSERT INTO message (id, mail, thread, account, scope, remote) \
         SELECT (1 << 20) + 10 + value, (1 << 20) + 10 + value, 1, 1, 1, 'crowd' || value FROM json_each(?)",
    ] {
        sqlx::query(sql).bind(crate::rows::json_ids(0..200)).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM mail ORDER BY id").fetch_all(&mut *tx).await.unwrap();
    assert_eq!(ids.len(), 203);
    assert!(ids.iter().all(|id| crate::page::mail_of(index_row(*id)) == *id), "each has a row of its own");
    assert_eq!(ids.iter().filter(|id| **id >> 20 == 1).count(), 55, "from the eighth place to the last");
    // In their order, and everything with them.
    let subjects: Vec<String> = sqlx::query_scalar("SELECT subject FROM mail ORDER BY id").fetch_all(&mut *tx).await.unwrap();
    let crowd: Vec<&String> = subjects.iter().filter(|s| s.starts_with("crowd")).collect();
    assert_eq!(crowd, (0..200).map(|n| format!("crowd{n}")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    let whole: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM mail m JOIN mail_text t ON t.mail = m.id JOIN raw r ON r.mail = m.id JOIN attachment a ON a.mail = m.id \
         JOIN message p ON p.mail = m.id WHERE m.subject = 'crowd' || substr(t.body, 5) AND CAST(r.data AS TEXT) = 'bytes' || substr(t.body, 5) \
         AND a.name = 'file' || substr(t.body, 5) AND p.remote = m.subject",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(whole, 200);
    let broken: i64 = sqlx::query_scalar("SELECT count(*) FROM pragma_foreign_key_check").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(broken, 0);
    drop(tx);
    store.erase_left().await.unwrap();
    assert_eq!(store.index_differences().await.unwrap(), Vec::<String>::new());
    for word in ["crowd0", "text199", "kept2", "kept3"] {
        assert_eq!(hits(&store, word).await, 1, "{word}");
    }
}
