//! The home: one folder with everything of one workspace, readable by its owner only, and one engine in it at a time.
//! The operating system holds the lock, so a crash or a kill frees it and no stale lock file can lock a person out.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::error::EngineError;

pub const CONFIG: &str = "config.toml";
pub const DATABASE: &str = "store.db";
pub const FILES: &str = "files";
/// Beginning of the names of folders inside a home into which a workspace was moved that could not be opened; milliseconds follow.
pub const ASIDE: &str = "set-aside-";
/// There while a damaged page was met in the store: the next open reads every page before it goes on.
pub const DAMAGED: &str = "store.damaged";
/// There once the store was set up: an empty file in its place is damage then, and not a first start that was cut short.
pub const MADE: &str = "store.made";
pub const LOCK: &str = "engine.lock";

/// A home whose lock this process holds. Dropping it frees the lock.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    _lock: File,
}

impl Home {
    /// Creates the folder where it is missing, narrows its permissions, checks that it can be written and takes the lock.
    /// `home_in_use` when another engine holds it.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        prepare(path)?;
        let lock = lock_file(path)?;
        match patient_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EngineError::new(
                    "home_in_use",
                    format!("another Aurelius is using {}", path.display()),
                    "Use the running window or command, or close it first.",
                ));
            }
            Err(TryLockError::Error(e)) => return Err(io_error(path, "can't be locked", e)),
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
    pub fn files(&self) -> PathBuf {
        self.path.join(FILES)
    }
}

/// A look by [`is_locked`], or a process that is just ending, holds the lock for an instant only.
fn patient_lock(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..5 {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(40)),
            other => return other,
        }
    }
    lock.try_lock()
}

/// Whether an engine runs in this home now.
pub fn is_locked(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).write(true).open(path.join(LOCK)) else { return false };
    match file.try_lock() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
    }
}

/// Names of the folders with workspaces that were moved out of the way, oldest first.
pub fn set_aside(home: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).filter(|n| n.starts_with(ASIDE)).collect();
    names.sort();
    names
}

/// Creates the folder with owner-only permissions and proves that it can be written, without locking it.
pub fn prepare(path: &Path) -> Result<(), EngineError> {
    if path.exists() && !path.is_dir() {
        return Err(EngineError::new(
            "home_unwritable",
            format!("{} is not a folder", path.display()),
            "Choose another folder with --home, or move the file away.",
        ));
    }
    fs::create_dir_all(path).map_err(|e| io_error(path, "can't be created", e))?;
    restrict(path, 0o700).map_err(|e| io_error(path, "can't be made private", e))?;
    fs::create_dir_all(path.join(FILES)).map_err(|e| io_error(path, "can't be written", e))?;
    restrict(&path.join(FILES), 0o700).map_err(|e| io_error(path, "can't be made private", e))?;
    // A name of its own: commands that start at the same moment must not remove each other's probe.
    static PROBES: AtomicU64 = AtomicU64::new(0);
    let probe = path.join(format!(".write-check-{}-{}", std::process::id(), PROBES.fetch_add(1, Ordering::Relaxed)));
    let written = fs::write(&probe, b"x");
    let removed = fs::remove_file(&probe);
    match written.and(removed) {
        // What is there can be read and tidied up all the same; what needs room says so when it does.
        Err(e) if e.kind() == io::ErrorKind::StorageFull && path.join(DATABASE).exists() => Ok(()),
        done => done.map_err(|e| io_error(path, "can't be written", e)),
    }
}

fn lock_file(path: &Path) -> Result<File, EngineError> {
    let at = path.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&at)
        .map_err(|e| io_error(path, "can't be locked", e))?;
    restrict(&at, 0o600).map_err(|e| io_error(path, "can't be made private", e))?;
    Ok(file)
}

/// Writes a private file so that a crash leaves the old or the new one, never half of one.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    restrict(&temporary, 0o600)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)
}

/// Unix permission bits; on Windows the profile folder's own list of rights applies.
pub fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

/// Bytes that this person may still write where `path` lies; None where the system does not say.
pub fn free_space(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::statvfs(path).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

fn io_error(path: &Path, what: &str, e: io::Error) -> EngineError {
    let hint = match e.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "Choose a folder that you own with --home, or correct its permissions."
        }
        io::ErrorKind::StorageFull => "Free some disk space, then try again.",
        _ => "Check the folder, or choose another with --home.",
    };
    let code = if e.kind() == io::ErrorKind::StorageFull { "disk_full" } else { "home_unwritable" };
    EngineError::new(code, format!("the folder {} {what}: {e}", path.display()), hint).with_source(e)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn many_at_once_prepare_one_home() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| (0..200).for_each(|_| prepare(&path).unwrap()));
            }
        });
        let left: Vec<_> = fs::read_dir(&path).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, [FILES], "no probe is left behind");
    }

    #[test]
    fn one_engine_per_home_and_the_lock_dies_with_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("deep/home");
        assert!(!is_locked(&home));
        let first = Home::open(&home).unwrap();
        assert!(is_locked(&home));
        assert_eq!(Home::open(&home).unwrap_err().code, "home_in_use");
        drop(first);
        assert!(!is_locked(&home));
        Home::open(&home).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("h");
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
        let _held = Home::open(&home).unwrap();
        assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(home.join(LOCK)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, b"mine").unwrap();
        let e = Home::open(&path).unwrap_err();
        assert_eq!(e.code, "home_unwritable");
        assert!(e.message.contains("not a folder"), "{}", e.message);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
