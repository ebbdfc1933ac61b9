//! Google Drive against the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{ExposeSecret as _, error::ErrorClass};
use sandbox::{Fault, FaultAction, MARA, Sandbox, SandboxOptions};

use super::*;
use crate::{
    Providers,
    connector::tests::{GOOGLE_REDIRECT, connection, sign_in},
    http::patience::real_jitter,
    registry::scope,
    scripted::{Tokens, http_at, moving},
    transfer::tests::{Kept, Memory, bytes},
};

const UPLOAD: &str = "*/upload/drive/v3/files";
const PIECE: usize = 4 * 1024 * 1024;

struct Fixture {
    sandbox: Sandbox,
    source: GoogleDrive,
}

impl Fixture {
    async fn start() -> Self {
        let sandbox = Sandbox::start(SandboxOptions { access_secs: 30 * 86_400, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
        let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
        let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
        let scopes = tokens.scopes.unwrap();
        assert!(scopes.iter().any(|s| s == scope::DRIVE_FILE), "the registry asks for it");
        let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
        let source = source(&sandbox, credentials, &scopes);
        Self { sandbox, source }
    }

    fn fault(&self, fault: Fault) {
        self.sandbox.control().add_fault(fault);
    }

    async fn put(&self, content: &[u8], tried: bool, reserved: &RemoteId) -> Result<RemoteFile, ProviderError> {
        let put = FilePut {
            reserved: reserved.clone(),
            name: "Rechnung März.pdf".to_owned(),
            mime: "application/pdf".to_owned(),
            size: content.len() as u64,
            tried,
        };
        self.source.put(&put, &mut Memory(content.to_vec())).await
    }

    /// Once, under a fresh id, and as it is there afterwards.
    async fn made(&self, content: &[u8]) -> Result<RemoteFile, ProviderError> {
        let id = self.source.reserve("a").await.unwrap();
        let file = self.put(content, false, &id).await?;
        assert_eq!((&file.id, file.size), (&id, Some(content.len() as u64)));
        self.only(content);
        Ok(file)
    }

    /// There is this file, and no other.
    fn only(&self, content: &[u8]) {
        let files = self.sandbox.gdrive_files(MARA);
        assert_eq!(files.len(), 1);
        assert!(files[0].bytes == content && files[0].name == "Rechnung März.pdf" && files[0].mime == "application/pdf");
    }

    fn uploads(&self, method: &str) -> usize {
        let log = self.sandbox.control().log();
        log.iter().filter(|e| e.method == method && e.path.starts_with("/upload/drive")).count()
    }
}

fn source(sandbox: &Sandbox, credentials: Arc<dyn Credentials>, scopes: &[String]) -> GoogleDrive {
    let accounts = Accounts::waiting_by(moving(sandbox.clock(), &Arc::default()), real_jitter());
    let config = sandbox.provider_config().remove("google").unwrap();
    let http = http_at(sandbox.clock().as_clock());
    GoogleDrive::new(http, credentials, &config, Grants::new(scopes), &accounts, &connection("google", scopes)).unwrap()
}

#[tokio::test]
async fn files_of_every_size_arrive_whole() {
    for size in [0, 1, PIECE, PIECE * 2 + 77] {
        let fixture = Fixture::start().await;
        let content = bytes(size);
        let file = fixture.made(&content).await.unwrap();
        assert!(file.link.unwrap().contains(file.id.as_str()) && !file.version.is_empty() && file.modified_at.is_some());
        let mut kept = Kept::default();
        let got = fixture.source.get(&file.id, &mut kept).await.unwrap();
        assert!(kept.0 == content && got.name == "Rechnung März.pdf", "{size}");
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_file() {
    // The last piece was taken, and nobody heard of it.
    let fixture = Fixture::start().await;
    let content = bytes(PIECE + 5);
    fixture.fault(Fault::new(UPLOAD, FaultAction::Drop { after_commit: true }).method("PUT").nth(2));
    fixture.made(&content).await.unwrap();
    // The same, and the session is gone as well: the file is found by its id.
    let fixture = Fixture::start().await;
    fixture.fault(Fault::new(UPLOAD, FaultAction::Drop { after_commit: true }).method("PUT").nth(2));
    fixture.fault(Fault::status(UPLOAD, 404, "notFound").method("PUT").nth(3));
    fixture.made(&content).await.unwrap();
    assert_eq!(fixture.uploads("POST"), 1);
    // The same, and the program ended: the next attempt is told that there was one.
    for tried in [true, false] {
        let fixture = Fixture::start().await;
        let id = fixture.source.reserve("a").await.unwrap();
        fixture.put(&content, false, &id).await.unwrap();
        let again = fixture.put(&content, tried, &id).await.unwrap();
        assert_eq!(again.id, id);
        fixture.only(&content);
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let fixture = Fixture::start().await;
    let content = bytes(PIECE * 2 + 1);
    fixture.fault(Fault::new(UPLOAD, FaultAction::Drop { after_commit: false }).method("PUT").nth(2));
    fixture.fault(Fault::status(UPLOAD, 503, "backendError").method("PUT").nth(4));
    fixture.made(&content).await.unwrap();
    assert_eq!(fixture.uploads("POST"), 1, "never from the start");
    // The server keeps less than it was sent.
    let fixture = Fixture::start().await;
    fixture.sandbox.set_gdrive(|s| s.keep = Some(3 * 256 * 1024));
    fixture.made(&content).await.unwrap();
    // The session is lost in the middle: another one is begun.
    let fixture = Fixture::start().await;
    fixture.fault(Fault::status(UPLOAD, 410, "gone").method("PUT").nth(2));
    fixture.made(&content).await.unwrap();
    assert_eq!(fixture.uploads("POST"), 2);
    // And again and again: that ends, and nothing is there.
    let fixture = Fixture::start().await;
    fixture.fault(Fault::status(UPLOAD, 404, "notFound").method("PUT").nth(2).times(0));
    let error = fixture.made(&content).await.unwrap_err();
    assert_eq!((error.class(), fixture.sandbox.gdrive_files(MARA).len()), (ErrorClass::Retry, 0));
}

#[tokio::test]
async fn what_google_refuses_is_said_in_words() {
    let fixture = Fixture::start().await;
    fixture.sandbox.set_gdrive(|s| s.quota = Some(3));
    let error = fixture.made(b"four").await.unwrap_err();
    assert!(error.class() == ErrorClass::Wedge && error.to_string().contains("no room"), "{error}");
    let fixture = Fixture::start().await;
    fixture.sandbox.set_gdrive(|s| s.damage = true);
    let error = fixture.made(b"four").await.unwrap_err();
    assert!(error.class() == ErrorClass::Wedge && error.to_string().contains("not what was sent"), "{error}");
    let ungranted = source(&fixture.sandbox, Arc::new(Tokens::default()), &["openid".to_owned()]);
    let error = ungranted.find("", 10).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unsupported(why) if why.contains("drive.file")), "{error}");
}

#[tokio::test]
async fn only_what_was_given_is_found_and_pages_are_read_to_their_end() {
    let fixture = Fixture::start().await;
    fixture.sandbox.set_gdrive(|s| s.page = Some(2));
    for n in 0..5 {
        fixture.sandbox.clock().advance(1000);
        fixture.sandbox.add_gdrive_file(MARA, &format!("Invoice {n}.pdf"), "application/pdf", b"x", true);
    }
    fixture.sandbox.add_gdrive_file(MARA, "Invoice of another program.pdf", "application/pdf", b"x", false);
    fixture.sandbox.add_gdrive_file(MARA, "Invoices", "application/vnd.google-apps.folder", b"", true);
    let gone = fixture.sandbox.add_gdrive_file(MARA, "Invoice thrown away.pdf", "application/pdf", b"x", true);
    fixture.sandbox.trash_gdrive_file(MARA, &gone);
    // In the middle of a word, in any case.
    let found = fixture.source.find("VOICE", 3).await.unwrap();
    let names: Vec<&str> = found.files.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        (names.as_slice(), found.left_out, found.complete),
        (["Invoice 4.pdf", "Invoice 3.pdf", "Invoice 2.pdf"].as_slice(), 2, true)
    );
    assert_eq!(fixture.source.find("nothing", 3).await.unwrap().files.len(), 0);
    // More pages than anybody reads: said, not hidden.
    fixture.sandbox.set_gdrive(|s| s.page = Some(1));
    for n in 5..22 {
        fixture.sandbox.add_gdrive_file(MARA, &format!("Invoice {n}.pdf"), "application/pdf", b"x", true);
    }
    let found = fixture.source.find("", 5).await.unwrap();
    assert_eq!((found.files.len(), found.left_out, found.complete), (5, 15, false));
    assert_eq!(fixture.source.reach(), FileReach::Given);
}

#[tokio::test]
async fn a_download_asks_only_for_the_rest_and_is_compared() {
    let content = bytes(300_000);
    for ranges in [true, false] {
        let fixture = Fixture::start().await;
        fixture.sandbox.set_gdrive(|s| s.ranges = ranges);
        let id = RemoteId(fixture.sandbox.add_gdrive_file(MARA, "a.bin", "application/x-a", &content, true));
        // The second call for the file: the first one asks about it.
        fixture.fault(Fault::new("/drive/v3/files/*", FaultAction::Truncate { keep: 100_000 }).nth(2));
        let mut kept = Kept::default();
        fixture.source.get(&id, &mut kept).await.unwrap();
        assert!(kept.0 == content, "ranges {ranges}");
        let asked = fixture.sandbox.control().log().iter().filter(|e| e.query.contains("alt=media")).count();
        assert_eq!(asked, 2);
    }
    // A document of Google's has no bytes, and another program's file is not there.
    let fixture = Fixture::start().await;
    let document = fixture.sandbox.add_gdrive_file(MARA, "Plan", "application/vnd.google-apps.document", b"", true);
    let error = fixture.source.get(&RemoteId(document), &mut Kept::default()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unsupported(why) if why.contains("browser")), "{error}");
    let hidden = fixture.sandbox.add_gdrive_file(MARA, "b.bin", "application/x-a", &content, false);
    let error = fixture.source.get(&RemoteId(hidden), &mut Kept::default()).await.unwrap_err();
    assert!(matches!(error, ProviderError::NotFound(_)));
}
