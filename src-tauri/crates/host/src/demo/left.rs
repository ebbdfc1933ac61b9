//! Sample workspaces that an unclean end left behind. Their keys are gone with their processes: nobody can open them again.

use std::{fs, path::Path, time::Duration};

use engine::home::{LOCK, is_locked};

/// Beginning of the names of their folders.
pub const PREFIX: &str = "aurelius-sample-";
/// A younger one may be in the making, not locked yet.
pub const SETTLED: Duration = Duration::from_secs(60);

/// Erases those in `folder` that no process holds and that are older than `settled`. What can't be erased stays: it is tried again at the
/// next start.
pub fn sweep(folder: &Path, settled: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let home = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) || is_locked(&home) {
            continue;
        }
        // One that never came to its lock has nothing in it that would take room.
        let age = fs::metadata(home.join(LOCK)).and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age >= settled)
            && let Err(e) = fs::remove_dir_all(&home)
        {
            tracing::debug!("an old sample workspace could not be erased: {e}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use engine::home::{Home, LOCK};

    use super::{PREFIX, SETTLED, sweep};

    #[test]
    fn only_what_nobody_holds_goes() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name: &str| {
            let home = dir.path().join(name);
            fs::create_dir_all(&home).unwrap();
            fs::write(home.join(LOCK), b"").unwrap();
            home
        };
        let (left, held, other) = (made(&format!("{PREFIX}1")), made(&format!("{PREFIX}2")), made("somebody-else"));
        let _home = Home::open(&held).unwrap();

        sweep(dir.path(), SETTLED);
        assert!(left.exists(), "it may be in the making");
        sweep(dir.path(), Duration::ZERO);
        assert!(!left.exists());
        assert!(held.exists() && other.exists());
    }
}
