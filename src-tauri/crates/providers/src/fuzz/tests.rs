//! The fuzz targets' own checks over their seeds, so that a target that no longer holds is noticed without a fuzzer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

#[path = "../../../../../tests/fuzz/src/check/autoconfig.rs"]
mod autoconfig;
#[path = "../../../../../tests/fuzz/src/check/gmail.rs"]
mod gmail;
#[path = "../../../../../tests/fuzz/src/check/image.rs"]
mod image;
#[path = "../../../../../tests/fuzz/src/check/imap.rs"]
mod imap;
#[path = "../../../../../tests/fuzz/src/check/sign_in.rs"]
mod sign_in;
#[path = "../../../../../tests/fuzz/src/check/smtp.rs"]
mod smtp;

fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fuzz/seeds").join(target);
    let mut count = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(seed.unwrap().path()).unwrap();
        check(&bytes);
        // Cut anywhere and changed a little, each seed is some more of them.
        for n in 1..=64 {
            let mut other = bytes.get(..bytes.len() * n / 64).unwrap_or_default().to_vec();
            check(&other);
            let at = bytes.len() * (n - 1) / 64;
            if let Some(byte) = other.get_mut(at) {
                *byte ^= 1 << (n % 7);
            }
            check(&other);
        }
        count += 1;
    }
    assert!(count > 0, "{target} has no seeds");
}

#[test]
fn autoconfig_holds_over_its_seeds() {
    replay("autoconfig", autoconfig::check);
}

#[test]
fn gmail_holds_over_its_seeds() {
    replay("gmail", gmail::check);
}

#[test]
fn image_holds_over_its_seeds() {
    replay("image", image::check);
}

#[test]
fn imap_holds_over_its_seeds() {
    replay("imap", imap::check);
}

#[test]
fn sign_in_holds_over_its_seeds() {
    replay("sign_in", sign_in::check);
}

#[test]
fn smtp_holds_over_its_seeds() {
    replay("smtp", smtp::check);
}
