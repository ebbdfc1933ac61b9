//! OneDrive against the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use domain::error::ErrorClass;
use sandbox::{Fault, FaultAction, MS_MARA, Sandbox, SandboxOptions};

use super::{super::tests::graph, *};
use crate::{
    Providers,
    connector::tests::{MS_REDIRECT, sign_in, vault},
    registry::ms_scope,
    scripted::{half, moving},
    transfer::tests::{Kept, Memory, bytes},
};

const ADDRESS: &str = "/api/v2.0/drive";
const NAME: &str = "Rechnung März.pdf";
/// Of one piece.
const PIECE: usize = 10 * 320 * 1024;

struct Fixture {
    sandbox: Sandbox,
    source: OneDrive,
    scopes: Vec<String>,
}

impl Fixture {
    async fn start() -> Self {
        let sandbox = Sandbox::start(SandboxOptions { access_secs: 30 * 86_400, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
        let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
        let tokens = sign_in(&providers, "microsoft", MS_REDIRECT).await;
        let credentials = vault(&providers, "microsoft", &tokens, sandbox.clock().as_clock());
        let scopes = tokens.scopes.unwrap();
        assert!(scopes.iter().any(|s| s == ms_scope::APP_FOLDER), "the registry asks for it");
        let api = graph(&sandbox, credentials, moving(sandbox.clock(), &Arc::default()), half());
        let source = OneDrive::new(api, Grants::new(&scopes));
        Self { sandbox, source, scopes }
    }

    fn fault(&self, fault: Fault) {
        self.sandbox.control().add_fault(fault);
    }

    async fn put(&self, content: &[u8], tried: bool, reserved: &RemoteId) -> Result<RemoteFile, ProviderError> {
        let put = FilePut {
            reserved: reserved.clone(),
            name: NAME.to_owned(),
            mime: "application/pdf".to_owned(),
            size: content.len() as u64,
            tried,
        };
        self.source.put(&put, &mut Memory(content.to_vec())).await
    }

    /// Once, under a name that is free, and as it is there afterwards.
    async fn made(&self, content: &[u8]) -> Result<RemoteFile, ProviderError> {
        let name = self.source.reserve(NAME).await?;
        let file = self.put(content, false, &name).await?;
        assert_eq!((file.name.as_str(), file.size), (name.as_str(), Some(content.len() as u64)));
        self.only(content);
        Ok(file)
    }

    fn names(&self) -> Vec<String> {
        self.sandbox.ms_files(MS_MARA).into_iter().map(|f| f.name).collect()
    }

    fn only(&self, content: &[u8]) {
        let files = self.sandbox.ms_files(MS_MARA);
        assert!(files.len() == 1 && files[0].bytes == content && files[0].name == NAME);
    }

    fn sessions(&self) -> usize {
        self.sandbox.control().log().iter().filter(|e| e.path.ends_with("/createUploadSession") && e.status == 200).count()
    }
}

#[tokio::test]
async fn files_of_every_size_arrive_whole() {
    for size in [0, 1, PIECE, PIECE * 2 + 77] {
        let fixture = Fixture::start().await;
        let content = bytes(size);
        let file = fixture.made(&content).await.unwrap();
        assert!(file.link.is_some() && !file.version.is_empty() && file.modified_at.is_some());
        let mut kept = Kept::default();
        let got = fixture.source.get(&file.id, &mut kept).await.unwrap();
        assert!(kept.0 == content && got.name == NAME, "{size}");
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_file() {
    let content = bytes(PIECE + 5);
    // The last piece was taken, and nobody heard of it; the session is over by then.
    let fixture = Fixture::start().await;
    fixture.fault(Fault::new(ADDRESS, FaultAction::Drop { after_commit: true }).method("PUT").nth(2));
    fixture.made(&content).await.unwrap();
    assert_eq!(fixture.sessions(), 1);
    // The same for a file without bytes.
    let fixture = Fixture::start().await;
    let name = fixture.source.reserve(NAME).await.unwrap();
    fixture.fault(Fault::new("*/content", FaultAction::Drop { after_commit: true }).method("PUT"));
    assert_eq!(fixture.put(&[], false, &name).await.unwrap_err().class(), ErrorClass::Retry);
    fixture.put(&[], true, &name).await.unwrap();
    fixture.only(&[]);
    // The program ended in between: the name that was kept leads to it.
    let fixture = Fixture::start().await;
    let name = fixture.source.reserve(NAME).await.unwrap();
    let first = fixture.put(&content, false, &name).await.unwrap();
    assert_eq!(fixture.put(&content, true, &name).await.unwrap().id, first.id);
    fixture.only(&content);
}

#[tokio::test]
async fn another_file_of_the_name_is_left_alone() {
    let fixture = Fixture::start().await;
    fixture.sandbox.add_ms_file(MS_MARA, "rechnung märz.pdf", b"another", false);
    let name = fixture.source.reserve(NAME).await.unwrap();
    assert_eq!(name.as_str(), "Rechnung März (1).pdf");
    fixture.put(b"mine", false, &name).await.unwrap();
    assert_eq!(fixture.names(), ["rechnung märz.pdf", "Rechnung März (1).pdf"]);
    // Taken by somebody between the choice and the first attempt.
    let name = fixture.source.reserve(NAME).await.unwrap();
    fixture.sandbox.add_ms_file(MS_MARA, name.as_str(), b"another", false);
    let error = fixture.put(b"mine", false, &name).await.unwrap_err();
    assert!(error.class() == ErrorClass::Wedge && error.to_string().contains("another file"), "{error}");
    assert_eq!(fixture.source.reserve("a:b?.txt").await.unwrap().as_str(), "a_b_.txt");
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let content = bytes(PIECE * 2 + 1);
    let fixture = Fixture::start().await;
    fixture.fault(Fault::new(ADDRESS, FaultAction::Drop { after_commit: false }).method("PUT").nth(2));
    fixture.fault(Fault::status(ADDRESS, 503, "serviceNotAvailable").method("PUT").nth(4));
    fixture.made(&content).await.unwrap();
    assert_eq!(fixture.sessions(), 1, "never from the start");
    // A piece was taken, and nobody heard of it.
    let fixture = Fixture::start().await;
    fixture.fault(Fault::new(ADDRESS, FaultAction::Drop { after_commit: true }).method("PUT").nth(1));
    fixture.made(&content).await.unwrap();
    // The session is lost in the middle: another one is begun.
    let fixture = Fixture::start().await;
    fixture.fault(Fault::status(ADDRESS, 404, "itemNotFound").method("PUT").nth(2));
    fixture.fault(Fault::status(ADDRESS, 404, "itemNotFound").method("GET"));
    fixture.made(&content).await.unwrap();
    assert_eq!(fixture.sessions(), 2);
}

#[tokio::test]
async fn what_microsoft_refuses_is_said_in_words() {
    let fixture = Fixture::start().await;
    fixture.sandbox.set_ms_switches(|s| s.drive_quota = Some(3));
    let error = fixture.made(b"four").await.unwrap_err();
    assert!(error.class() == ErrorClass::Wedge && error.to_string().contains("no room"), "{error}");
    fixture.sandbox.set_ms_switches(|s| (s.drive_quota, s.drive_damage) = (None, true));
    let error = fixture.made(b"four").await.unwrap_err();
    assert!(error.class() == ErrorClass::Wedge && error.to_string().contains("not what was sent"), "{error}");
    // SharePoint writes into documents of Office: that is no damage.
    let put = FilePut { reserved: RemoteId::new("a.docx"), name: "a.docx".into(), mime: String::new(), size: 4, tried: false };
    fixture.source.put(&put, &mut Memory(b"four".to_vec())).await.unwrap();
    let without: Vec<String> = fixture.scopes.iter().filter(|s| *s != ms_scope::APP_FOLDER).cloned().collect();
    assert!(!Grants::new(&without).files && Grants::new(&without).read);
}

#[tokio::test]
async fn the_folder_is_read_to_its_end_and_a_download_asks_only_for_the_rest() {
    let fixture = Fixture::start().await;
    fixture.sandbox.set_ms_switches(|s| s.drive_page = 2);
    for n in 0..5 {
        fixture.sandbox.clock().advance(1000);
        fixture.sandbox.add_ms_file(MS_MARA, &format!("Invoice {n}.pdf"), b"x", false);
    }
    fixture.sandbox.add_ms_file(MS_MARA, "Invoice elsewhere.pdf", b"x", true);
    let found = fixture.source.find("VOICE", 3).await.unwrap();
    let names: Vec<&str> = found.files.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        (names.as_slice(), found.left_out, found.complete),
        (["Invoice 4.pdf", "Invoice 3.pdf", "Invoice 2.pdf"].as_slice(), 2, true)
    );
    assert_eq!(fixture.source.reach(), FileReach::OwnFolder);
    let content = bytes(300_000);
    for ranges in [true, false] {
        fixture.sandbox.set_ms_switches(|s| s.drive_ranges = ranges);
        let id = RemoteId(fixture.sandbox.add_ms_file(MS_MARA, "a.bin", &content, false));
        fixture.sandbox.control().clear_log();
        fixture.fault(Fault::new(ADDRESS, FaultAction::Truncate { keep: 100_000 }).method("GET"));
        let mut kept = Kept::default();
        fixture.source.get(&id, &mut kept).await.unwrap();
        assert!(kept.0 == content, "ranges {ranges}");
        assert_eq!(fixture.sandbox.control().log().iter().filter(|e| e.path == ADDRESS).count(), 2);
    }
    let missing = fixture.source.get(&RemoteId::new("nothing"), &mut Kept::default()).await.unwrap_err();
    assert!(matches!(missing, ProviderError::NotFound(_)));
}
