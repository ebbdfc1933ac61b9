//! The mark by which a system knows that a file came from the internet, so that it warns before it runs or opens it: SmartScreen
//! and Office's protected view on Windows, Gatekeeper on macOS. Linux has none; there a file is merely never executable.
//!
//! The mark names no sender and no address: whoever gets the file next is not told where it came from. A file system that can't
//! hold the mark (FAT, some network drives) is no reason to refuse the save: the warning in the window has been given by then.

use std::{io, path::Path};

use domain::time::Timestamp;

/// Marks a file that was just written. Errors are the file system's.
#[cfg_attr(not(any(windows, target_os = "macos")), allow(clippy::unnecessary_wraps))]
pub fn mark(path: &Path, now: Timestamp) -> io::Result<()> {
    #[cfg(windows)]
    {
        let _ = now;
        // An alternate data stream of the same file. Zone 3 is the internet ([MS-FSCC] §5.6.1).
        let mut stream = path.as_os_str().to_owned();
        stream.push(":Zone.Identifier");
        std::fs::write(stream, ZONE)
    }
    #[cfg(target_os = "macos")]
    {
        rustix::fs::setxattr(path, "com.apple.quarantine", quarantine(now).as_bytes(), rustix::fs::XattrFlags::empty())
            .map_err(io::Error::from)
    }
    #[cfg(not(any(windows, target_os = "macos")))]
    {
        let _ = (path, now);
        Ok(())
    }
}

#[cfg_attr(not(windows), allow(dead_code))]
const ZONE: &str = "[ZoneTransfer]\r\nZoneId=3\r\n";

/// Flags (downloaded, not yet approved by the person), seconds in hexadecimal, program; no event id, which would point to a record
/// of addresses.
#[cfg_attr(not(target_os = "macos"), allow(dead_code))]
fn quarantine(now: Timestamp) -> String {
    format!("0081;{:x};Aurelius;", now.millis() / 1000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn marks_say_internet_and_nothing_about_the_mail() {
        assert_eq!(quarantine(Timestamp(1_700_000_000_000)), "0081;6553f100;Aurelius;");
        assert!(ZONE.contains("ZoneId=3") && !ZONE.contains("Url"));
    }

    #[test]
    fn a_saved_file_can_be_marked_where_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf");
        std::fs::write(&path, b"1").unwrap();
        mark(&path, Timestamp(0)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1");
        #[cfg(windows)]
        assert_eq!(std::fs::read_to_string(dir.path().join("a.pdf:Zone.Identifier")).unwrap(), ZONE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0, "nobody may run it");
        }
    }
}
