//! Sealed chunk files: raw bodies and attachments too large for a database row, read and written in bounded memory.
//!
//! Layout: `magic (8) ‖ key slot A (60) ‖ key slot B (60) ‖ chunks`. A slot is the file's own random data key, sealed with the
//! home's files key and bound to the file's name, so that two files can't be swapped. Every chunk is 64 KiB (the last one
//! 0 to 64 KiB) plus a tag, sealed under nonce `chunk number (8, big endian) ‖ last? (4)`: a changed order or a cut at a chunk
//! border fails authentication. The nonce may count because no two files share a data key.
//!
//! There are two slots so that a key rotation can add the new wrapping without ever destroying the old one: a crash
//! between the files and the database leaves each file readable under either key. At its end the old wrapping is destroyed.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    error::VaultError,
    key::{KEY_LEN, fill_random},
    seal::{NONCE_LEN, TAG_LEN},
};

/// Plain bytes per chunk.
pub const CHUNK_LEN: usize = 64 * 1024;
const MAGIC: &[u8; 8] = b"AURFILE1";
const SLOT_LEN: usize = NONCE_LEN + KEY_LEN + TAG_LEN;
const HEADER_LEN: usize = MAGIC.len() + 2 * SLOT_LEN;
const SEALED_CHUNK: usize = CHUNK_LEN + TAG_LEN;

/// A finished file, as the database records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    /// File name inside the files folder.
    pub name: String,
    /// Plain bytes.
    pub len: u64,
    /// SHA-256 of the plain bytes.
    pub digest: [u8; 32],
}

/// Holds the files key. Cheap to clone; prints nothing.
#[derive(Clone)]
pub struct FileSealer {
    key: Arc<Zeroizing<[u8; KEY_LEN]>>,
}

impl std::fmt::Debug for FileSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileSealer")
    }
}

impl FileSealer {
    pub(crate) fn new(key: Zeroizing<[u8; KEY_LEN]>) -> Self {
        Self { key: Arc::new(key) }
    }

    /// A name for a new file: random, so that it says nothing of its content.
    pub fn random_name(&self) -> Result<String, VaultError> {
        let mut id = [0_u8; 16];
        fill_random(&mut id)?;
        Ok(domain::hex(&id))
    }

    /// Starts a new file; an existing one is refused.
    pub fn create(&self, path: &Path) -> Result<ChunkWriter, VaultError> {
        let name = file_name(path)?;
        let mut data_key = Zeroizing::new([0_u8; KEY_LEN]);
        fill_random(data_key.as_mut())?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(|e| VaultError::io(path, e))?;
        let mut header = Vec::with_capacity(HEADER_LEN);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&wrap(&self.key, &name, &data_key)?);
        let mut spare = [0_u8; SLOT_LEN];
        fill_random(&mut spare)?;
        header.extend_from_slice(&spare);
        let written = file.write_all(&header).map_err(|e| VaultError::io(path, e));
        let writer = ChunkWriter {
            file,
            path: path.to_owned(),
            name,
            cipher: Aes256Gcm::new((&*data_key).into()),
            buffer: Zeroizing::new(Vec::with_capacity(CHUNK_LEN)),
            count: 0,
            len: 0,
            digest: Sha256::new(),
            finished: false,
        };
        written.map(|()| writer)
    }

    /// Opens a file and authenticates its end, so that a cut file is refused before a byte of it is used.
    pub fn open(&self, path: &Path) -> Result<ChunkReader, VaultError> {
        let name = file_name(path)?;
        let mut file = File::open(path).map_err(|e| VaultError::io(path, e))?;
        let size = file.metadata().map_err(|e| VaultError::io(path, e))?.len();
        let (data_key, _) = unwrap_any(&self.key, &name, &read_header(&mut file, path)?)?;
        let body = size.checked_sub(HEADER_LEN as u64).ok_or_else(|| cut(&name))?;
        let chunks = body.div_ceil(SEALED_CHUNK as u64);
        let len = body.checked_sub(chunks * TAG_LEN as u64).ok_or_else(|| cut(&name))?;
        if chunks == 0 {
            return Err(cut(&name));
        }
        let mut reader =
            ChunkReader { file, path: path.to_owned(), name, cipher: Aes256Gcm::new((&*data_key).into()), chunks, len, cached: None };
        reader.chunk(chunks - 1)?;
        Ok(reader)
    }

    /// Adds the wrapping under `new` beside the one under `self`. Idempotent; the content is not touched.
    pub fn rewrap(&self, path: &Path, new: &Self) -> Result<(), VaultError> {
        let name = file_name(path)?;
        let mut file = File::options().read(true).write(true).open(path).map_err(|e| VaultError::io(path, e))?;
        let header = read_header(&mut file, path)?;
        if unwrap_any(&new.key, &name, &header).is_ok() {
            return Ok(());
        }
        let (data_key, slot) = unwrap_any(&self.key, &name, &header)?;
        let spare = MAGIC.len() + (1 - slot) * SLOT_LEN;
        let io = |e| VaultError::io(path, e);
        file.seek(SeekFrom::Start(spare as u64)).map_err(io)?;
        file.write_all(&wrap(&new.key, &name, &data_key)?).map_err(io)?;
        file.sync_all().map_err(io)
    }

    /// Destroys the wrapping under `old` where `self` opens the file too: afterwards the old key is of no use for it. Idempotent.
    pub fn retire(&self, path: &Path, old: &Self) -> Result<(), VaultError> {
        let name = file_name(path)?;
        let mut file = File::options().read(true).write(true).open(path).map_err(|e| VaultError::io(path, e))?;
        let header = read_header(&mut file, path)?;
        let (_, kept) = unwrap_any(&self.key, &name, &header)?;
        let Ok((_, slot)) = unwrap_any(&old.key, &name, &header) else { return Ok(()) };
        if slot == kept {
            return Ok(());
        }
        let mut spare = [0_u8; SLOT_LEN];
        fill_random(&mut spare)?;
        let io = |e| VaultError::io(path, e);
        file.seek(SeekFrom::Start((MAGIC.len() + slot * SLOT_LEN) as u64)).map_err(io)?;
        file.write_all(&spare).map_err(io)?;
        file.sync_all().map_err(io)
    }
}

/// Writes one sealed file. Dropped unfinished, it removes the file.
pub struct ChunkWriter {
    file: File,
    path: PathBuf,
    name: String,
    cipher: Aes256Gcm,
    buffer: Zeroizing<Vec<u8>>,
    count: u64,
    len: u64,
    digest: Sha256,
    finished: bool,
}

impl ChunkWriter {
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), VaultError> {
        self.digest.update(bytes);
        self.len += bytes.len() as u64;
        while !bytes.is_empty() {
            // A full buffer is only sealed once more bytes follow: the last chunk must carry the end mark.
            if self.buffer.len() == CHUNK_LEN {
                self.flush(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_LEN - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the end and waits for the disk, so that a database row never points to a file that a power cut took away.
    pub fn finish(mut self) -> Result<SealedFile, VaultError> {
        self.flush(true)?;
        self.file.sync_all().map_err(|e| VaultError::io(&self.path, e))?;
        self.finished = true;
        Ok(SealedFile { name: self.name.clone(), len: self.len, digest: self.digest.clone().finalize().into() })
    }

    fn flush(&mut self, last: bool) -> Result<(), VaultError> {
        let sealed = self
            .cipher
            .encrypt(&chunk_nonce(self.count, last), Payload { msg: &self.buffer, aad: MAGIC })
            .map_err(|_| VaultError::Derive("a chunk can't be sealed".to_owned()))?;
        self.file.write_all(&sealed).map_err(|e| VaultError::io(&self.path, e))?;
        self.buffer.clear();
        self.count += 1;
        Ok(())
    }
}

impl Drop for ChunkWriter {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads one sealed file; holds at most one chunk.
pub struct ChunkReader {
    file: File,
    path: PathBuf,
    name: String,
    cipher: Aes256Gcm,
    chunks: u64,
    len: u64,
    cached: Option<(u64, Zeroizing<Vec<u8>>)>,
}

impl ChunkReader {
    /// Plain bytes.
    pub fn len(&self) -> u64 {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// At most `max` bytes from `offset`; fewer only at the end.
    pub fn read_at(&mut self, offset: u64, max: usize) -> Result<Vec<u8>, VaultError> {
        let end = self.len.min(offset.saturating_add(max as u64));
        let mut out = Vec::with_capacity(end.saturating_sub(offset) as usize);
        let mut at = offset;
        while at < end {
            let start = (at % CHUNK_LEN as u64) as usize;
            let chunk = self.chunk(at / CHUNK_LEN as u64)?;
            let want = ((end - at) as usize).min(chunk.len().saturating_sub(start));
            let Some(part) = chunk.get(start..start + want).filter(|p| !p.is_empty()) else {
                return Err(cut(&self.name));
            };
            out.extend_from_slice(part);
            at += part.len() as u64;
        }
        Ok(out)
    }

    /// Everything, refused when it is more than `max` bytes.
    pub fn read_all(&mut self, max: u64) -> Result<Vec<u8>, VaultError> {
        if self.len > max {
            return Err(VaultError::TooLarge { what: "this message or file".to_owned(), max });
        }
        self.read_at(0, self.len as usize)
    }

    /// Streams everything into `to`, one chunk at a time.
    pub fn copy_to(&mut self, to: &mut dyn Write) -> Result<(), VaultError> {
        for i in 0..self.chunks {
            let path = self.path.clone();
            let chunk = self.chunk(i)?;
            to.write_all(chunk).map_err(|e| VaultError::io(path, e))?;
        }
        Ok(())
    }

    fn chunk(&mut self, index: u64) -> Result<&[u8], VaultError> {
        let hit = matches!(&self.cached, Some((i, _)) if *i == index);
        if !hit {
            let last = index + 1 == self.chunks;
            let mut sealed = Vec::with_capacity(SEALED_CHUNK);
            let io = |e| VaultError::io(&self.path, e);
            self.file.seek(SeekFrom::Start(HEADER_LEN as u64 + index * SEALED_CHUNK as u64)).map_err(io)?;
            (&mut self.file).take(SEALED_CHUNK as u64).read_to_end(&mut sealed).map_err(io)?;
            let plain = self
                .cipher
                .decrypt(&chunk_nonce(index, last), Payload { msg: &sealed, aad: MAGIC })
                .map_err(|_| VaultError::tampered(format!("chunk {index} of the sealed file {}", self.name)))?;
            self.cached = Some((index, Zeroizing::new(plain)));
        }
        Ok(self.cached.as_ref().map_or(&[], |(_, c)| c.as_slice()))
    }
}

fn chunk_nonce(index: u64, last: bool) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0_u8; NONCE_LEN];
    let (number, flag) = nonce.split_at_mut(8);
    number.copy_from_slice(&index.to_be_bytes());
    flag.copy_from_slice(&u32::from(last).to_be_bytes());
    Nonce::from(nonce)
}

fn file_name(path: &Path) -> Result<String, VaultError> {
    path.file_name()
        .and_then(|n| n.to_str())
        .map(str::to_owned)
        .ok_or_else(|| VaultError::Format { path: path.to_owned(), reason: "a sealed file needs a plain name".to_owned() })
}

fn cut(name: &str) -> VaultError {
    VaultError::tampered(format!("the end of the sealed file {name}"))
}

fn wrap(key: &[u8; KEY_LEN], name: &str, data_key: &[u8; KEY_LEN]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0_u8; NONCE_LEN];
    fill_random(&mut nonce)?;
    let sealed = Aes256Gcm::new(key.into())
        .encrypt(&Nonce::from(nonce), Payload { msg: data_key, aad: name.as_bytes() })
        .map_err(|_| VaultError::Derive("a file key can't be sealed".to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn read_header(file: &mut File, path: &Path) -> Result<Vec<u8>, VaultError> {
    let mut header = Vec::with_capacity(HEADER_LEN);
    file.take(HEADER_LEN as u64).read_to_end(&mut header).map_err(|e| VaultError::io(path, e))?;
    if header.len() != HEADER_LEN || !header.starts_with(MAGIC) {
        return Err(VaultError::tampered(format!("the header of the sealed file {}", path.display())));
    }
    Ok(header)
}

/// The data key and the slot (0 or 1) that opened.
fn unwrap_any(key: &[u8; KEY_LEN], name: &str, header: &[u8]) -> Result<(Zeroizing<[u8; KEY_LEN]>, usize), VaultError> {
    let cipher = Aes256Gcm::new(key.into());
    for (i, slot) in header.get(MAGIC.len()..).unwrap_or_default().chunks_exact(SLOT_LEN).enumerate() {
        let (nonce, sealed) = slot.split_at(NONCE_LEN);
        let Ok(nonce) = <[u8; NONCE_LEN]>::try_from(nonce) else { continue };
        if let Ok(plain) = cipher.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: name.as_bytes() }) {
            let plain = Zeroizing::new(plain);
            if let Ok(bytes) = <[u8; KEY_LEN]>::try_from(plain.as_slice()) {
                return Ok((Zeroizing::new(bytes), i));
            }
        }
    }
    Err(VaultError::tampered(format!("the key of the sealed file {name}")))
}

#[cfg(test)]
mod tests;
