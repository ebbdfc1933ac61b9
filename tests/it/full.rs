//! A disk that is really full: a small file system of its own, mounted in a namespace that only the test sees (spoiled.rs uses it).
//!
//! Linux only: macOS and Windows have no unprivileged mount of a small file system. Where Linux refuses namespaces the test fails and
//! says what is missing, because a skipped test proves nothing.
#![cfg(target_os = "linux")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A small tmpfs in a mount namespace of its own.
pub struct SmallDisk {
    root: PathBuf,
}

const POINT: &str = "AURELIUS_SMALL_DISK";
const RAN: &str = "RAN ON A SMALL DISK";

/// Runs `work` on a file system of `kib`: this test program calls itself, as its one test `name`, inside a namespace with the mount.
/// (SQLite resolves symbolic links by itself, so a way in from outside through `/proc/PID/root` does not lead there.)
pub fn on_small_disk(name: &str, kib: u64, work: impl FnOnce(&SmallDisk)) {
    if let Some(point) = std::env::var_os(POINT) {
        work(&SmallDisk { root: point.into() });
        println!("{RAN}");
        return;
    }
    let point = tempfile::tempdir().unwrap();
    // Root needs no user namespace; in one, Dovecot could not become another user.
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    let flags = if id.trim_ascii() == b"0" { "-m" } else { "-Urm" };
    let script = format!("mount -t tmpfs -o size={kib}k,mode=700 tmpfs \"${POINT}\" || exit 77; exec \"$0\" --exact {name} --nocapture");
    let output = Command::new("unshare")
        .args([flags, "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(POINT, point.path())
        .output()
        .unwrap_or_else(|e| panic!("this test needs `unshare` (util-linux): {e}"));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{text}");
    assert!(
        output.status.success() || text.contains("test result"),
        "a small file system can't be mounted in a namespace of its own. Run as root with CAP_SYS_ADMIN, or allow user namespaces \
         (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0). It said: {text}"
    );
    assert!(output.status.success() && text.contains(RAN), "on the small disk");
}

impl SmallDisk {
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Takes all of it away but `kib`.
    pub fn leave(&self, kib: u64) {
        use std::io::Write as _;
        let mut ballast = std::fs::File::create(self.path().join("ballast")).unwrap();
        let block = vec![0x55_u8; 64 * 1024];
        while ballast.write(&block).is_ok_and(|n| n > 0) {}
        let len = ballast.metadata().unwrap().len();
        ballast.set_len(len - kib * 1024).unwrap();
    }

    pub fn free(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }
}
