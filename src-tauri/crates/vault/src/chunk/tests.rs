#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use zeroize::Zeroizing;

use super::*;

fn sealer(n: u8) -> FileSealer {
    FileSealer::new(Zeroizing::new([n; KEY_LEN]))
}

fn write(sealer: &FileSealer, path: &Path, len: usize) -> Vec<u8> {
    let body: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
    let mut out = sealer.create(path).unwrap();
    for piece in body.chunks(777) {
        out.write(piece).unwrap();
    }
    let done = out.finish().unwrap();
    assert_eq!(done.len, len as u64);
    assert_eq!(done.digest, <[u8; 32]>::from(Sha256::digest(&body)));
    body
}

/// Reads everything in whatever way finds a fault first.
fn read(sealer: &FileSealer, path: &Path) -> Result<Vec<u8>, VaultError> {
    sealer.open(path)?.read_all(u64::MAX)
}

#[test]
fn sizes_around_the_chunk_border_come_back() {
    let dir = tempfile::tempdir().unwrap();
    for len in [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 2 * CHUNK_LEN, 3 * CHUNK_LEN + 17] {
        let path = dir.path().join(len.to_string());
        let body = write(&sealer(1), &path, len);
        let mut reader = sealer(1).open(&path).unwrap();
        assert_eq!(reader.len(), len as u64);
        assert_eq!(reader.read_all(u64::MAX).unwrap(), body, "{len}");
        let mut copy = Vec::new();
        reader.copy_to(&mut copy).unwrap();
        assert_eq!(copy, body);
        let from = len.saturating_sub(10);
        assert_eq!(reader.read_at(from as u64, 100).unwrap(), body[from..]);
        assert!(reader.read_at(len as u64 + 5, 10).unwrap().is_empty());
        if len > 1 {
            assert_eq!(reader.read_all(len as u64 - 1).unwrap_err().code(), "too_large");
        }
    }
}

#[test]
fn cut_reordered_swapped_or_changed_files_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("one");
    write(&sealer(1), &path, 3 * CHUNK_LEN + 100);
    let good = std::fs::read(&path).unwrap();
    let header = HEADER_LEN;
    let check = |bytes: &[u8], why: &str| {
        std::fs::write(&path, bytes).unwrap();
        let e = read(&sealer(1), &path).unwrap_err();
        assert_eq!(e.code(), "tampered", "{why}: {e}");
        assert!(e.to_string().contains("one"), "{why}: {e}");
    };
    for len in [0, 5, header - 1, header, header + 10, header + SEALED_CHUNK, header + 2 * SEALED_CHUNK, good.len() - 1, good.len() - 101] {
        check(&good[..len], &format!("cut to {len}"));
    }
    let mut swapped = good.clone();
    let (a, b) = swapped[header..].split_at_mut(SEALED_CHUNK);
    a.swap_with_slice(&mut b[..SEALED_CHUNK]);
    check(&swapped, "chunks reordered");
    let mut doubled = good.clone();
    doubled.extend_from_slice(&good[header..header + SEALED_CHUNK]);
    check(&doubled, "a chunk appended");
    for at in [3, 20, header + 5, good.len() - 3] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        check(&flipped, &format!("byte {at} flipped"));
    }
    // A whole other file under this name, and a chunk of it at the same position.
    let other = dir.path().join("two");
    write(&sealer(1), &other, 3 * CHUNK_LEN + 100);
    let other = std::fs::read(other).unwrap();
    check(&other, "files swapped");
    let mut mixed = good.clone();
    mixed[header..header + SEALED_CHUNK].copy_from_slice(&other[header..header + SEALED_CHUNK]);
    check(&mixed, "chunk of another file");
    std::fs::write(&path, &good).unwrap();
    assert_eq!(read(&sealer(2), &path).unwrap_err().code(), "tampered", "another key");
    read(&sealer(1), &path).unwrap();
}

#[test]
fn rewrapped_files_open_under_both_keys_and_keep_their_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let body = write(&sealer(1), &path, 100_000);
    let before = std::fs::read(&path).unwrap();
    sealer(1).rewrap(&path, &sealer(2)).unwrap();
    sealer(1).rewrap(&path, &sealer(2)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[HEADER_LEN..], before[HEADER_LEN..]);
    assert_eq!(read(&sealer(1), &path).unwrap(), body, "a crash before the rest changes nothing");
    assert_eq!(read(&sealer(2), &path).unwrap(), body);
    sealer(2).rewrap(&path, &sealer(3)).unwrap();
    assert_eq!(read(&sealer(1), &path).unwrap_err().code(), "tampered", "the oldest wrapping is gone");
    assert_eq!(read(&sealer(3), &path).unwrap(), body);
}

#[test]
fn an_unfinished_file_is_removed_and_an_existing_one_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let mut out = sealer(1).create(&path).unwrap();
    out.write(b"half").unwrap();
    drop(out);
    assert!(!path.exists());
    write(&sealer(1), &path, 10);
    assert!(sealer(1).create(&path).is_err());
    assert!(path.exists());
}
