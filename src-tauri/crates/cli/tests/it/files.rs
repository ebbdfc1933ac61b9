//! Files from the command line; every answer keeps to its schema.

use std::fs;

use sandbox::{Fault, FaultAction, MARA};

use crate::{World, id};

impl World {
    async fn with_google() -> Self {
        let w = Self::new().await;
        w.connect(MARA).await;
        w
    }

    fn saved(&self) -> Vec<(String, Vec<u8>)> {
        self.sandbox.gdrive_files(MARA).into_iter().map(|f| (f.name, f.bytes)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_there_is_found_and_comes_back() {
    let w = World::with_google().await;
    let bytes: Vec<u8> = (0..700_000_u32).map(|n| (n % 249) as u8).collect();
    fs::write(w.path("Angebot März.pdf"), &bytes).unwrap();
    let path = w.path("Angebot März.pdf");
    // Its answer is lost once: there is one file all the same.
    w.sandbox.control().add_fault(Fault::new("/upload/drive/v3/files", FaultAction::Drop { after_commit: true }).method("PUT"));
    let put = w.ok("files-put", &["files", "put", path.to_str().unwrap()]);
    assert_eq!((&put["state"], &put["name"]), (&"done".into(), &"Angebot März.pdf".into()), "{put}");
    assert!(put["link"].as_str().unwrap().starts_with("https://"), "{put}");
    assert!(w.saved() == [("Angebot März.pdf".to_owned(), bytes.clone())]);

    // Another program's file is not there, and nobody takes the list for the whole drive.
    w.sandbox.add_gdrive_file(MARA, "Angebot of another program.pdf", "application/pdf", b"x", false);
    let found = w.ok("files-search", &["files", "search", "märz"]);
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["id"]), (1, &put["id"]), "{found}");
    assert_eq!((&found["places"][0]["reach"], &found["places"][0]["complete"]), (&"given".into(), &true.into()));
    assert_eq!(w.ok("files-search", &["files", "search"])["items"].as_array().unwrap().len(), 1);

    let back = w.path("back.pdf");
    let line = ["files", "get", id(&put), "-o", back.to_str().unwrap()];
    let got = w.ok("files-get", &line);
    assert_eq!(got["bytes"], bytes.len());
    assert!(fs::read(&back).unwrap() == bytes);
    w.fails("save_failed", &line);
    w.fails("invalid", &["files", "get", "nonsense", "-o", "x"]);
    let none = w.path("none");
    w.fails("not_found", &["files", "get", &format!("{}x", id(&put)), "-o", none.to_str().unwrap()]);
    assert!(!none.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_can_be_taken_back_and_a_refusal_is_said() {
    let w = World::with_google().await;
    fs::write(w.path("a.txt"), "a").unwrap();
    let path = w.path("a.txt");
    let path = path.to_str().unwrap();
    let put = w.ok("files-put", &["files", "put", path, "--account", MARA, "--queue"]);
    assert_eq!((&put["state"], put["id"].is_null()), (&"queued".into(), true), "{put}");
    let waiting = w.ok("outbox-list", &["outbox", "list"]);
    assert_eq!((&waiting["items"][0]["kind"], &waiting["items"][0]["subject"]), (&"put_file".into(), &"a.txt".into()), "{waiting}");
    w.ok("outbox-discard", &["outbox", "discard", put["outbox"].as_str().unwrap()]);
    assert!(w.saved().is_empty() && w.ok("outbox-list", &["outbox", "list"])["items"].as_array().unwrap().is_empty());

    w.sandbox.set_gdrive(|s| s.quota = Some(0));
    let out = w.run(&["files", "put", path]);
    assert_eq!(out.status.code(), Some(1));
    let error = String::from_utf8(out.stderr).unwrap();
    assert!(error.contains("\"wedged\"") && error.contains("no room"), "{error}");
    w.fails("no_file", &["files", "put", w.path("no such file").to_str().unwrap()]);
    w.fails("not_found", &["files", "search", "x", "--account", "nobody@x.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_for_files_it_says_so() {
    let w = World::new().await;
    fs::write(w.path("a.txt"), "a").unwrap();
    w.fails("no_files", &["files", "put", w.path("a.txt").to_str().unwrap()]);
    w.fails("no_files", &["files", "search", "x"]);
}
