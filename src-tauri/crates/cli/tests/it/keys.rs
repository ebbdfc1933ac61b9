//! `rekey`, `set-aside` and `wipe`: the contract. What happens to the data is tested in the root's tests/it.

use std::{fs, path::Path};

use serde_json::Value;

use super::World;

#[tokio::test(flavor = "multi_thread")]
async fn rekey_follows_its_schema() {
    let w = World::new().await;
    w.fails("vault_missing", &["rekey"]);
    w.ok("connections", &["connections"]);
    let done = w.ok("rekey", &["rekey"]);
    assert_eq!((&done["protection"], &done["unreadable"]), (&"passphrase".into(), &0.into()));
    fs::write(w.path("new"), "another horse\n").unwrap();
    w.ok("rekey", &["rekey", "--new-passphrase-file", w.path("new").to_str().unwrap()]);
    w.fails("wrong_passphrase", &["connections"]);
    fs::copy(w.path("new"), w.path("pass")).unwrap();
    w.ok("connections", &["connections"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wiping_withdraws_the_grant_and_leaves_nothing() {
    let w = World::new().await;
    w.fails("nothing_to_wipe", &["wipe", "--yes"]);
    w.connect(sandbox::MARA).await;
    w.ok("sync", &["sync"]);
    fs::write(w.path("home").join("holiday.jpg"), "mine").unwrap();
    let asked = w.fails("confirm", &["wipe"]);
    assert!(asked["message"].as_str().unwrap().contains("1 account"), "{asked}");
    assert_eq!(w.ok("connections", &["connections"])["items"].as_array().unwrap().len(), 1, "only asked");
    assert!(w.sandbox.live_grants(sandbox::Provider::Google, sandbox::MARA) > 0);
    let done = w.ok("wipe", &["wipe", "--yes"]);
    assert_eq!((&done["items"][0]["outcome"], &done["kept"]), (&"revoked".into(), &serde_json::json!(["holiday.jpg"])), "{done}");
    assert_eq!(w.sandbox.live_grants(sandbox::Provider::Google, sandbox::MARA), 0, "the provider has forgotten it");
    let left: Vec<_> = fs::read_dir(w.path("home")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["holiday.jpg"]);
    // And a new one can begin in the same place.
    assert!(w.ok("connections", &["connections"])["items"].as_array().unwrap().is_empty());
}

/// Every way in which a database can be broken: each command says so and names the next step, nothing is overwritten, and setting aside
/// leads to a workspace that works.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_store_is_told_kept_and_set_aside() {
    let plain = b"SQLite format 3\0and then something that Aurelius did not write".to_vec();
    let cut = |bytes: &[u8]| bytes[..bytes.len() / 2 + 100].to_vec();
    let flipped = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        bytes
    };
    let first = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[40] ^= 1;
        bytes
    };
    type Broken<'a> = (&'a str, &'a dyn Fn(&[u8]) -> Vec<u8>, &'a str);
    let shapes: [Broken<'_>; 6] = [
        ("emptied", &|_| Vec::new(), "store_corrupt"),
        ("cut in a page", &cut, "store_corrupt"),
        ("cut at a page", &|b| b[..4096 * 20].to_vec(), "store_corrupt"),
        ("first page", &first, "store_foreign"),
        ("plain SQLite", &|_| plain.clone(), "store_plaintext"),
        ("a bit in the middle", &flipped, "store_corrupt"),
    ];
    let w = World::new().await;
    w.connect(sandbox::MARA).await;
    w.ok("sync", &["sync"]);
    let (home, sound) = (w.path("home"), w.path("sound"));
    assert!(!home.join("store.db-wal").exists(), "a closed store is one file");
    w.fails("nothing_to_set_aside", &["set-aside", "--yes"]);
    copy(&home, &sound);
    for (name, broken, code) in shapes {
        println!("{name}");
        fs::remove_dir_all(&home).unwrap();
        copy(&sound, &home);
        let store = home.join("store.db");
        let bytes = broken(&fs::read(&store).unwrap());
        fs::write(&store, &bytes).unwrap();
        // The doctor reads every page; afterwards opening does, too.
        let doctor = w.run(&["doctor"]);
        assert!(!doctor.status.success(), "{name}");
        for args in [&["connections"][..], &["mail", "list"], &["sync"], &["search", "x"], &["outbox", "list"], &["audit"], &["rekey"]] {
            let error = w.fails(code, args);
            assert!(error["hint"].as_str().unwrap().contains("aurelius-cli set-aside"), "{name}: {args:?}: {error}");
        }
        let error = w.fails("confirm", &["set-aside"]);
        assert!(error["message"].as_str().unwrap().contains("store.db"), "{error}");
        // One that could be opened may have been written to; one that was refused is as it was.
        let kept = fs::read(&store).unwrap();
        assert!(kept == bytes || name == "a bit in the middle", "{name}: not a byte was changed");
        let done = w.ok("set-aside", &["set-aside", "--yes"]);
        assert_eq!(done["reason"], code);
        let folder = Path::new(done["folder"].as_str().unwrap());
        let aside = fs::read(folder.join("store.db")).unwrap();
        assert!(aside == kept || name == "a bit in the middle" && aside.len() >= kept.len(), "{name}: {done}");
        assert!(folder.join("vault.json").exists(), "{name}: {done}");
        assert!(done["items"].as_array().unwrap().iter().any(|i| i["id"] == "files"), "{done}");
        // And on with a new one.
        assert_eq!(w.ok("connections", &["connections"])["items"].as_array().unwrap().len(), 0);
        let audit = w.ok("audit", &["audit"]);
        let noted: Vec<&Value> = audit["items"].as_array().unwrap().iter().filter(|e| e["action"] == "store.set_aside").collect();
        assert_eq!(noted.len(), 1, "{audit}");
    }
    w.connect(sandbox::MARA).await;
    let report = w.ok("sync", &["sync"]);
    assert!(report["items"][0]["added"].as_i64().unwrap() > 100, "{report}");
    assert_eq!(w.ok("doctor", &["doctor"])["ok"], true);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// A store of no length before the first start was done is one whose making was cut short: there is nothing to lose, so it is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_cut_short_goes_on() {
    let w = World::new().await;
    w.ok("connections", &["connections"]);
    fs::write(w.path("home").join("store.db"), b"").unwrap();
    fs::remove_file(w.path("home").join("store.made")).unwrap();
    w.ok("connections", &["connections"]);
    assert_eq!(w.ok("doctor", &["doctor"])["ok"], true);
}
