//! Whether the disk has room for what a build leaves: a full disk shows itself as a dozen unrelated failures, each far from its cause.

use std::{path::Path, process::Command};

use crate::shell::{capture, target};

/// What a cold run of every test leaves in the target folder, and what the tests themselves need for a while (GiB; rounded up).
const COLD: u64 = 10;
/// What a run beside an earlier one adds.
const WARM: u64 = 4;
const KIB_A_GIB: u64 = 1024 * 1024;

/// What to say when there is less room than a run of the tests takes.
pub fn scarce() -> Option<String> {
    let target = target();
    let needed = if target.join("debug/deps").is_dir() { WARM } else { COLD };
    let folder = target.ancestors().find(|p| p.is_dir())?;
    let free = free_kib(folder)?;
    (free < needed * KIB_A_GIB).then(|| {
        format!(
            "\n{:.1} GiB are free in {}, and this takes about {needed}: free some room, or set CARGO_TARGET_DIR to a folder on another disk.",
            free as f64 / KIB_A_GIB as f64,
            folder.display()
        )
    })
}

/// POSIX's `df -Pk`; None where there is none (Windows).
fn free_kib(folder: &Path) -> Option<u64> {
    available(&capture(Command::new("df").arg("-Pk").arg(folder))?)
}

/// The column "Available" of the line behind the heads.
fn available(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::available;

    #[test]
    fn the_free_room_is_the_fourth_column() {
        let df =
            "Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/sda1        263174212 58720256  37748736      61% /\n";
        assert_eq!(available(df), Some(37_748_736));
        assert_eq!(available("df: /nowhere: No such file or directory"), None);
    }
}
