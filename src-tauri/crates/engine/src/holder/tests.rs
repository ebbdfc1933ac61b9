#![allow(clippy::unwrap_used)]
use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;

struct Echo;

#[async_trait]
impl Handler for Echo {
    async fn handle(&self, request: Value, replies: Replies) {
        assert_ne!(request, json!("die"), "asked to");
        for i in 0..3 {
            replies.send(json!({"i": i, "request": request})).await.unwrap();
        }
    }
}

fn key(byte: u8) -> HandshakeKey {
    HandshakeKey::new([byte; 32])
}

async fn ask(home: &Path, request: Value) -> Vec<Value> {
    let mut client = connect(home, &key(7)).await.unwrap();
    let mut stream = client.call(&request).await.unwrap();
    let mut out = vec![];
    while let Some(v) = stream.next().await.unwrap() {
        out.push(v);
    }
    out
}

#[tokio::test]
async fn owner_asks_and_gets_frames_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), key(7), Arc::new(Echo)).unwrap();
    let answers = ask(dir.path(), json!({"x": 1})).await;
    assert_eq!(answers.len(), 3);
    assert_eq!(answers.last().unwrap(), &json!({"i": 2, "request": {"x": 1}}));
    // Two requests over one connection, and a handler that dies says so.
    let mut client = connect(dir.path(), &key(7)).await.unwrap();
    let mut stream = client.call(&json!("die")).await.unwrap();
    assert_eq!(stream.next().await.unwrap_err().code, "internal");
    drop(server);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(connect(dir.path(), &key(7)).await.err().unwrap().code, "holder_absent");
}

/// More than a socket takes in at once; says when it has handed everything over.
struct Large(Arc<tokio::sync::Notify>);

#[async_trait]
impl Handler for Large {
    async fn handle(&self, _: Value, replies: Replies) {
        for i in 0..8 {
            replies.send(json!({"i": i, "text": "x".repeat(400_000)})).await.unwrap();
        }
        self.0.notify_one();
    }
}

#[tokio::test]
async fn an_answer_that_is_done_is_read_to_its_end_although_the_server_stops() {
    let dir = tempfile::tempdir().unwrap();
    let done = Arc::new(tokio::sync::Notify::new());
    let server = serve(dir.path(), key(7), Arc::new(Large(Arc::clone(&done)))).unwrap();
    let mut client = connect(dir.path(), &key(7)).await.unwrap();
    let mut stream = client.call(&json!(1)).await.unwrap();
    done.notified().await;
    let stopping = tokio::spawn(server.finish());
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(connect(dir.path(), &key(7)).await.is_err(), "nobody new comes in");
    for i in 0..8 {
        assert_eq!(stream.next().await.unwrap().unwrap()["i"], i);
    }
    assert!(stream.next().await.unwrap().is_none(), "the end was said");
    stopping.await.unwrap();
}

#[tokio::test]
async fn another_key_is_turned_away() {
    let dir = tempfile::tempdir().unwrap();
    let _server = serve(dir.path(), key(7), Arc::new(Echo)).unwrap();
    assert_eq!(connect(dir.path(), &key(8)).await.err().unwrap().code, "holder_refused");
    assert_eq!(ask(dir.path(), json!(1)).await.len(), 3, "and the server goes on");
}

#[cfg(unix)]
#[tokio::test]
async fn a_squatter_is_found_out_and_the_socket_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let squatter = serve(dir.path(), key(1), Arc::new(Echo)).unwrap();
    assert_eq!(connect(dir.path(), &key(7)).await.err().unwrap().code, "holder_refused");
    let mode = std::fs::metadata(dir.path().join("engine.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(squatter);
}

#[cfg(unix)]
#[tokio::test]
async fn deep_homes_get_a_short_address() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let _server = serve(&deep, key(7), Arc::new(Echo)).unwrap();
    assert!(!deep.join("engine.sock").exists());
    assert_eq!(ask(&deep, json!(1)).await.len(), 3);
}
