//! Where the socket lives. Unix socket paths are limited to about 104 bytes (sun_path), and homes in test folders or deep
//! profiles are longer; then the socket gets a short name in the runtime folder and the home records it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::HandshakeKey;
use crate::{error::EngineError, home};

pub const SOCKET: &str = "engine.sock";
/// In the home, when the socket is elsewhere: one line with its path (Unix) or name (Windows).
pub const ADDRESS: &str = "engine.addr";
#[cfg(unix)]
const LONGEST: usize = 100;

/// Short and unguessable-enough name for this home: from the handshake key, so that two homes never meet.
fn short_name(key: &HandshakeKey) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest([key.as_slice(), b"address"].concat());
    format!("aurelius-{}", domain::hex(digest.first_chunk::<12>().unwrap_or(&[0; 12])))
}

/// Path or pipe name that the holder of this home listens on.
pub fn recorded(home: &Path) -> PathBuf {
    match fs::read_to_string(home.join(ADDRESS)) {
        Ok(line) if !line.trim().is_empty() => PathBuf::from(line.trim()),
        _ => home.join(SOCKET),
    }
}

#[cfg(unix)]
pub use unix::{Stream, bind, dial};

#[cfg(unix)]
mod unix {
    use super::{ADDRESS, EngineError, HandshakeKey, LONGEST, Path, PathBuf, SOCKET, fs, home, io, recorded, short_name};
    use tokio::net::{UnixListener, UnixStream};

    pub type Stream = UnixStream;

    pub struct Listener {
        socket: UnixListener,
        path: PathBuf,
        record: PathBuf,
    }

    impl Listener {
        pub async fn accept(&mut self) -> io::Result<Stream> {
            self.socket.accept().await.map(|(stream, _)| stream)
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(&self.record);
        }
    }

    pub fn bind(at: &Path, key: &HandshakeKey) -> Result<Listener, EngineError> {
        let failed = |e: io::Error| {
            EngineError::new("holder_socket", format!("the local socket can't be opened: {e}"), "Check the permissions of the home folder.")
                .with_source(e)
        };
        let record = at.join(ADDRESS);
        let mut path = at.join(SOCKET);
        if path.as_os_str().len() > LONGEST {
            let folder = runtime_folder().map_err(failed)?;
            path = folder.join(format!("{}.sock", short_name(key)));
            home::write_private(&record, path.as_os_str().as_encoded_bytes()).map_err(failed)?;
        } else {
            let _ = fs::remove_file(&record);
        }
        // We hold the home's lock, so whoever left this file is gone.
        let _ = fs::remove_file(&path);
        let socket = UnixListener::bind(&path).map_err(failed)?;
        home::restrict(&path, 0o600).map_err(failed)?;
        Ok(Listener { socket, path, record })
    }

    /// `XDG_RUNTIME_DIR` is private by definition; else a folder of our own in the temporary one, private or refused.
    fn runtime_folder() -> io::Result<PathBuf> {
        if let Some(dir) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
            && dir.is_dir()
            && dir.as_os_str().len() < 50
        {
            return Ok(dir);
        }
        use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
        let dir = PathBuf::from("/tmp").join(format!("aurelius-{}", own_uid()?));
        match fs::DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let meta = fs::symlink_metadata(&dir)?;
                if !meta.is_dir() || meta.uid() != own_uid()? || meta.permissions().mode() & 0o077 != 0 {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} belongs to someone else", dir.display())));
                }
            }
            Err(e) => return Err(e),
        }
        Ok(dir)
    }

    /// The owner of a file that we make is us: no libc call needed.
    fn own_uid() -> io::Result<u32> {
        use std::os::unix::fs::MetadataExt as _;
        let probe = std::env::temp_dir().join(format!(".aurelius-uid-{}", std::process::id()));
        let meta = fs::OpenOptions::new().create_new(true).write(true).open(&probe).and_then(|f| f.metadata());
        let _ = fs::remove_file(&probe);
        meta.map(|m| m.uid())
    }

    pub async fn dial(at: &Path) -> io::Result<Stream> {
        UnixStream::connect(recorded(at)).await
    }
}

#[cfg(windows)]
pub use windows::{Stream, bind, dial};

#[cfg(windows)]
mod windows {
    use super::{ADDRESS, EngineError, HandshakeKey, Path, PathBuf, SOCKET, fs, home, io, recorded, short_name};
    use tokio::{
        io::{AsyncRead, AsyncWrite, ReadBuf},
        net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions},
    };

    /// Both ends of a pipe as one type.
    pub enum Stream {
        Server(NamedPipeServer),
        Client(NamedPipeClient),
    }

    pub struct Listener {
        next: Option<NamedPipeServer>,
        name: String,
        record: PathBuf,
    }

    fn create(name: &str, first: bool) -> io::Result<NamedPipeServer> {
        ServerOptions::new().first_pipe_instance(first).reject_remote_clients(true).create(name)
    }

    impl Listener {
        pub async fn accept(&mut self) -> io::Result<Stream> {
            let server = match self.next.take() {
                Some(server) => server,
                None => create(&self.name, false)?,
            };
            server.connect().await?;
            self.next = Some(create(&self.name, false)?);
            Ok(Stream::Server(server))
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.record);
        }
    }

    pub fn bind(at: &Path, key: &HandshakeKey) -> Result<Listener, EngineError> {
        let failed = |e: io::Error| {
            EngineError::new("holder_socket", format!("the named pipe can't be opened: {e}"), "Close other instances of Aurelius.")
                .with_source(e)
        };
        let name = format!(r"\\.\pipe\{}", short_name(key));
        let record = at.join(ADDRESS);
        let first = create(&name, true).map_err(failed)?;
        home::write_private(&record, name.as_bytes()).map_err(failed)?;
        Ok(Listener { next: Some(first), name, record })
    }

    pub async fn dial(at: &Path) -> io::Result<Stream> {
        let name = recorded(at);
        if name == at.join(SOCKET) {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        for _ in 0..20 {
            match ClientOptions::new().open(&name) {
                Ok(client) => return Ok(Stream::Client(client)),
                // ERROR_PIPE_BUSY: the next instance is being made.
                Err(e) if e.raw_os_error() == Some(231) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                Err(e) => return Err(e),
            }
        }
        Err(io::Error::from(io::ErrorKind::TimedOut))
    }

    macro_rules! each {
        ($self:ident, $s:ident => $e:expr) => {
            match $self.get_mut() {
                Stream::Server($s) => $e,
                Stream::Client($s) => $e,
            }
        };
    }

    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    impl AsyncRead for Stream {
        fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            each!(self, s => Pin::new(s).poll_read(cx, buf))
        }
    }

    impl AsyncWrite for Stream {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            each!(self, s => Pin::new(s).poll_write(cx, buf))
        }
        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            each!(self, s => Pin::new(s).poll_flush(cx))
        }
        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            each!(self, s => Pin::new(s).poll_shutdown(cx))
        }
    }
}
