//! What a file's own bytes say about opening it. Name and type are the sender's claims; a program called `invoice.pdf` and an
//! archive whose password stands in the mail (so that no scanner on the way could look inside) are found only here.
//!
//! Nothing is unpacked: headers are read, with every offset checked, and what does not parse is simply not judged.

use super::attach::Risk;

/// The risk that the bytes show; [`Risk::None`] where they show none.
pub fn inside(bytes: &[u8]) -> Risk {
    if is_program(bytes) {
        Risk::Executable
    } else if zip_is_locked(bytes) || rar_is_locked(bytes) || seven_zip_is_locked(bytes) || office_is_locked(bytes) {
        Risk::Locked
    } else {
        Risk::None
    }
}

/// Windows, Linux and macOS programs. A script is none here: under a harmless name it opens in an editor.
fn is_program(bytes: &[u8]) -> bool {
    const MACH_O: [[u8; 4]; 5] =
        [[0xfe, 0xed, 0xfa, 0xce], [0xfe, 0xed, 0xfa, 0xcf], [0xce, 0xfa, 0xed, 0xfe], [0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]];
    let windows = bytes.starts_with(b"MZ")
        && u32_at(bytes, 0x3c)
            .and_then(|at| slice(bytes, at as usize, 2))
            .is_some_and(|sign| matches!(sign, b"PE" | b"NE" | b"LE" | b"LX"));
    windows || bytes.starts_with(b"\x7fELF") || MACH_O.iter().any(|magic| bytes.starts_with(magic))
}

/// General purpose flag bit 0 (encrypted) or 13 (masked headers) of any entry. APPNOTE.TXT §4.3.7, §4.3.12, §4.3.16, §4.4.4.
fn zip_is_locked(bytes: &[u8]) -> bool {
    const LOCKED: u16 = 1 | 1 << 13;
    // A self-extracting archive has a program before the first entry, so the directory at the end leads, and the first local
    // header only where there is none (cut off, or written to fool).
    let first = || bytes.starts_with(b"PK\x03\x04") && u16_at(bytes, 6).is_some_and(|flags| flags & LOCKED != 0);
    let Some(end) = zip_end(bytes) else { return first() };
    let (Some(count), Some(mut at)) = (u16_at(bytes, end + 10), u32_at(bytes, end + 16).map(|at| at as usize)) else { return first() };
    for _ in 0..count {
        if slice(bytes, at, 4) != Some(b"PK\x01\x02") {
            return first();
        }
        if u16_at(bytes, at + 8).is_some_and(|flags| flags & LOCKED != 0) {
            return true;
        }
        let lengths: Option<usize> = [28, 30, 32].iter().map(|o| u16_at(bytes, at + o).map(usize::from)).sum();
        let Some(lengths) = lengths else { return first() };
        at += 46 + lengths;
    }
    first()
}

/// Where the end of the central directory begins: in the last 22 bytes and a comment of up to 65,535.
fn zip_end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(22 + 65_535);
    bytes.get(from..)?.windows(4).rposition(|w| w == b"PK\x05\x06").map(|at| from + at)
}

/// RAR 4: encrypted headers (main header flag 0x80) or an encrypted file (file header flag 0x04). RAR 5: an encryption header
/// (type 4), or a file header whose extra area has an encryption record (type 1). Source: RAR technical notes.
fn rar_is_locked(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"Rar!\x1a\x07\x01\x00") {
        return rar5_is_locked(bytes).unwrap_or(false);
    }
    if !bytes.starts_with(b"Rar!\x1a\x07\x00") {
        return false;
    }
    let mut at = 7;
    for _ in 0..MOST_BLOCKS {
        let (Some(&kind), Some(flags), Some(size)) = (bytes.get(at + 2), u16_at(bytes, at + 3), u16_at(bytes, at + 5)) else {
            return false;
        };
        if (kind == 0x73 && flags & 0x80 != 0) || (kind == 0x74 && flags & 0x04 != 0) {
            return true;
        }
        let body = if flags & 0x8000 == 0 { 0 } else { u32_at(bytes, at + 7).unwrap_or(0) as usize };
        at += usize::from(size).max(7) + body;
    }
    false
}

fn rar5_is_locked(bytes: &[u8]) -> Option<bool> {
    let mut at = 8;
    for _ in 0..MOST_BLOCKS {
        // CRC, then variable-length numbers: size (of what follows it), type, flags, and sizes of extra and data areas if flagged.
        let mut read = at + 4;
        let size = vint(bytes, &mut read)?;
        let body = read;
        let kind = vint(bytes, &mut read)?;
        let flags = vint(bytes, &mut read)?;
        if kind == 4 {
            return Some(true);
        }
        let extra = if flags & 1 == 0 { 0 } else { vint(bytes, &mut read)? };
        let data = if flags & 2 == 0 { 0 } else { vint(bytes, &mut read)? };
        let end = body.checked_add(size)?;
        if kind == 2 {
            let mut record = end.checked_sub(extra)?;
            while record < end {
                let length = vint(bytes, &mut record)?;
                let mut inner = record;
                if vint(bytes, &mut inner)? == 1 {
                    return Some(true);
                }
                record = record.checked_add(length.max(1))?;
            }
        }
        at = end.checked_add(data)?;
    }
    None
}

/// The AES coder's id (06 F1 07 01) in the header at the end. Where the header itself is packed without a password the coders of
/// the files cannot be seen without unpacking: such a file stays a plain archive. Source: 7zFormat.txt, Methods.txt.
fn seven_zip_is_locked(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"7z\xbc\xaf\x27\x1c") {
        return false;
    }
    let header =
        u64_at(bytes, 12).and_then(|offset| usize::try_from(offset).ok()).and_then(|offset| bytes.get(32usize.checked_add(offset)?..));
    header.is_some_and(|h| h.get(..h.len().min(1 << 20)).is_some_and(|h| h.windows(4).any(|w| w == [0x06, 0xf1, 0x07, 0x01])))
}

/// A Word, Excel or PowerPoint file with a password is a compound file around an `EncryptedPackage` ([MS-OFFCRYPTO] §2.3.4).
fn office_is_locked(bytes: &[u8]) -> bool {
    const NAME: [u8; 32] = *b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
    bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) && bytes.windows(NAME.len()).any(|w| w == NAME)
}

/// A file of endless empty blocks is not gone through for ever.
const MOST_BLOCKS: usize = 10_000;

fn slice(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(slice(bytes, at, 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(slice(bytes, at, 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(slice(bytes, at, 8)?.try_into().ok()?))
}

/// RAR 5's number: seven bits a byte, lowest first, at most ten bytes.
fn vint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0u64;
    for n in 0..10u32 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(7 * n)?;
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    /// Made by Info-ZIP: one file; and one plain file before one with a password.
    const PLAIN: &[u8] = b"PK\x03\x04\x0a\x00\x00\x00\x00\x00\xd9-w]zzo\xed\x03\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00a.txthi\x0aPK\x01\x02\x1e\x03\x0a\x00\x00\x00\x00\x00\xd9-w]zzo\xed\x03\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\xa4\x81\x00\x00\x00\x00a.txtPK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x003\x00\x00\x00&\x00\x00\x00\x00\x00";
    const MIXED: &[u8] = b"PK\x03\x04\x0a\x00\x00\x00\x00\x00\xd9-w]zzo\xed\x03\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00a.txthi\x0aPK\x03\x04\x0a\x00\x09\x00\x00\x00\xd9-w]zzo\xed\x0f\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00b.txt\xdc_\x86T\xb6\xa4\x87ig\xeb\x9drT\xef\x03PK\x07\x08zzo\xed\x0f\x00\x00\x00\x03\x00\x00\x00PK\x01\x02\x1e\x03\x0a\x00\x00\x00\x00\x00\xd9-w]zzo\xed\x03\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\xa4\x81\x00\x00\x00\x00a.txtPK\x01\x02\x1e\x03\x0a\x00\x09\x00\x00\x00\xd9-w]zzo\xed\x0f\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\xa4\x81&\x00\x00\x00b.txtPK\x05\x06\x00\x00\x00\x00\x02\x00\x02\x00f\x00\x00\x00h\x00\x00\x00\x00\x00";

    fn joined(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn a_password_on_any_entry_of_a_zip_is_seen() {
        assert_eq!(inside(PLAIN), Risk::None);
        assert_eq!(inside(MIXED), Risk::Locked);
        // A comment behind the end, and a file cut off before its directory.
        assert_eq!(inside(&joined(&[MIXED, b"a comment"])), Risk::Locked);
        let mut cut = MIXED[38..90].to_vec();
        assert_eq!(inside(&cut), Risk::Locked, "only the first header is left, and it says so");
        cut[6] = 0;
        assert_eq!(inside(&cut), Risk::None);
    }

    #[test]
    fn other_archives_and_documents_with_a_password() {
        let rar4 = |main: u16, file: u16| {
            let block = |kind: u8, flags: u16, size: u16| {
                let mut b = vec![0, 0, kind];
                b.extend(flags.to_le_bytes());
                b.extend(size.to_le_bytes());
                b.resize(usize::from(size), 0);
                b
            };
            joined(&[b"Rar!\x1a\x07\x00", &block(0x73, main, 13), &block(0x74, file, 40)])
        };
        assert_eq!(inside(&rar4(0, 0)), Risk::None);
        assert_eq!(inside(&rar4(0x80, 0)), Risk::Locked);
        assert_eq!(inside(&rar4(0, 0x04)), Risk::Locked);

        // Main header, then a file whose extra area of four bytes is one record of length 3: encryption (1), or time (3).
        let rar5 = |record: u8| joined(&[b"Rar!\x1a\x07\x01\x00", &[0, 0, 0, 0, 2, 1, 0], &[0, 0, 0, 0, 8, 2, 1, 4, 9, 3, record, 0, 0]]);
        assert_eq!(inside(&rar5(1)), Risk::Locked);
        assert_eq!(inside(&rar5(3)), Risk::None);
        assert_eq!(inside(&joined(&[b"Rar!\x1a\x07\x01\x00", &[0, 0, 0, 0, 2, 4, 0]])), Risk::Locked, "even the names are hidden");

        let seven = |coder: &[u8]| joined(&[b"7z\xbc\xaf\x27\x1c\x00\x04", &[0; 4], &2u64.to_le_bytes(), &[0; 12], b"xx", coder]);
        assert_eq!(inside(&seven(&[0x17, 0x24, 0x06, 0xf1, 0x07, 0x01])), Risk::Locked);
        assert_eq!(inside(&seven(&[0x17, 0x23, 0x03, 0x01, 0x01])), Risk::None);

        let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
        assert_eq!(inside(&joined(&[compound, &[0; 100], b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"])), Risk::Locked);
        assert_eq!(inside(&joined(&[compound, &[0; 100]])), Risk::None);
    }

    #[test]
    fn a_program_under_any_name() {
        let mut windows = vec![0; 0x84];
        windows[..2].copy_from_slice(b"MZ");
        windows[0x3c] = 0x80;
        assert_eq!(inside(&windows), Risk::None, "a text may begin with these letters");
        windows[0x80..0x82].copy_from_slice(b"PE");
        assert_eq!(inside(&windows), Risk::Executable);
        assert_eq!(inside(b"\x7fELF\x02"), Risk::Executable);
        assert_eq!(inside(b"%PDF-1.7"), Risk::None);
    }

    #[test]
    fn nothing_that_is_cut_or_twisted_breaks_it() {
        for whole in [PLAIN, MIXED] {
            for at in 0..whole.len() {
                let _ = inside(&whole[..at]);
                let mut bent = whole.to_vec();
                bent[at] = 0xff;
                let _ = inside(&bent);
            }
        }
        let _ = inside(&joined(&[b"Rar!\x1a\x07\x01\x00", &[0xff; 64]]));
        let _ = inside(&joined(&[b"Rar!\x1a\x07\x00", &[0xff; 64]]));
        let _ = inside(&joined(&[b"7z\xbc\xaf\x27\x1c", &[0xff; 64]]));
    }
}
