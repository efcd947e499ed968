//! Where a provider listens: a Unix socket in a folder of its own, or loopback TCP.
//!
//! The folder holds a lock file beside the socket. A process that was killed leaves both behind but
//! not the lock, and so the next one can tell and sweep them away.

use std::io;
use std::net::Ipv4Addr;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::ServeError;

/// Where to listen.
pub(super) enum Listen {
    /// In a fresh folder inside this one, which nobody but this user may enter, and this group, by name
    /// or number.
    Unix { directory: PathBuf, group: Option<String> },
    /// On the first free port of a range.
    Loopback { first: u16, last: u16 },
}

/// A connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An open socket. Dropping it removes what it left in the file system.
pub(super) enum Listener {
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        path: PathBuf,
        _home: unix::Home,
    },
    Loopback(TcpListener, u16),
}

impl Listener {
    pub(super) fn bind(listen: &Listen) -> Result<Self, ServeError> {
        match listen {
            #[cfg(unix)]
            Listen::Unix { directory, group } => {
                let home = unix::Home::create(directory)?;
                let path = home.socket();
                let listener = tokio::net::UnixListener::bind(&path).map_err(|source| {
                    ServeError::Listen { address: path.display().to_string(), source }
                })?;
                if let Some(group) = group {
                    home.admit(group)?;
                }
                Ok(Self::Unix { listener, path, _home: home })
            }
            #[cfg(not(unix))]
            Listen::Unix { directory, .. } => Err(ServeError::SocketDirectory {
                directory: directory.clone(),
                source: io::ErrorKind::Unsupported.into(),
            }),
            Listen::Loopback { first, last } => {
                let (port, listener) = (*first..=*last)
                    .find_map(|port| {
                        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port));
                        Some((port, listener.ok()?))
                    })
                    .ok_or(ServeError::NoFreePort(*first, *last))?;
                let failed =
                    |source| ServeError::Listen { address: format!("127.0.0.1:{port}"), source };
                listener.set_nonblocking(true).map_err(failed)?;
                let port = listener.local_addr().map_err(failed)?.port();
                Ok(Self::Loopback(TcpListener::from_std(listener).map_err(failed)?, port))
            }
        }
    }

    /// The kind of address, as the handshake names it.
    pub(super) const fn network(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Self::Unix { .. } => "unix",
            Self::Loopback(..) => "tcp",
        }
    }

    pub(super) fn address(&self) -> String {
        match self {
            #[cfg(unix)]
            Self::Unix { path, .. } => path.display().to_string(),
            Self::Loopback(_, port) => format!("127.0.0.1:{port}"),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            #[cfg(unix)]
            Self::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
            Self::Loopback(listener, _) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirEntry, File, Permissions, TryLockError};
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::time::Duration;

    use nix::unistd::Group;
    use tempfile::TempDir;

    use super::{Path, PathBuf, ServeError, io};

    /// The private folder of a socket, removed when dropped.
    pub(in super::super) struct Home {
        directory: TempDir,
        _lock: File,
    }

    impl Home {
        pub(super) fn create(base: &Path) -> Result<Self, ServeError> {
            let failed = |source| ServeError::SocketDirectory { directory: base.into(), source };
            // Absolute, because Terraform connects from a folder of its own.
            let base = std::path::absolute(base).map_err(failed)?;
            let base = if fits(&base) { base } else { PathBuf::from(SHORT_BASE) };
            let failed = |source| ServeError::SocketDirectory { directory: base.clone(), source };
            let directory = tempfile::Builder::new()
                .prefix(&format!("{PREFIX}{}-", std::process::id()))
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(&base)
                .map_err(failed)?;
            // Locked before it has its name: a process that sweeps would take it for abandoned.
            let unnamed = directory.path().join(NEW_LOCK);
            let lock = File::create_new(&unnamed).map_err(failed)?;
            lock.try_lock().map_err(|error| failed(error.into()))?;
            fs::rename(&unnamed, directory.path().join(LOCK)).map_err(failed)?;
            let home = Self { directory, _lock: lock };
            home.sweep(&base);
            Ok(home)
        }

        pub(super) fn socket(&self) -> PathBuf {
            self.directory.path().join(SOCKET)
        }

        /// Lets the members of a group, by name or number, connect to the socket.
        pub(super) fn admit(&self, group: &str) -> Result<(), ServeError> {
            let failed = |source| ServeError::SocketGroup { group: group.to_owned(), source };
            let number = group_number(group).map_err(failed)?;
            let give = |path: &Path, mode| {
                chown(path, None, Some(number))?;
                fs::set_permissions(path, Permissions::from_mode(mode))
            };
            // The folder last: until then nobody comes as far as the socket. They may pass through it,
            // and see and change nothing in it.
            give(&self.socket(), 0o660).map_err(failed)?;
            give(self.directory.path(), 0o710).map_err(failed)
        }

        /// Removes what killed processes of this user left. Nobody waits for it, so errors are only
        /// worth a line in the log.
        fn sweep(&self, base: &Path) {
            let (Ok(own), Ok(entries)) = (self.directory.path().metadata(), base.read_dir()) else {
                return;
            };
            for entry in entries.flatten() {
                if entry.path() != self.directory.path()
                    && is_ours(&entry, own.uid())
                    && is_abandoned(&entry.path())
                    && let Err(error) = remove(&entry.path())
                {
                    tracing::debug!(%error, "cannot remove the folder of an ended provider");
                }
            }
        }
    }

    fn group_number(group: &str) -> io::Result<u32> {
        if let Ok(number) = group.parse() {
            return Ok(number);
        }
        let found = Group::from_name(group)?;
        found
            .map(|group| group.gid.as_raw())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no such group"))
    }

    fn fits(base: &Path) -> bool {
        let longest = base.join(format!("{PREFIX}{}-xxxxxx", u32::MAX)).join(SOCKET);
        longest.as_os_str().as_bytes().len() <= MAX_PATH
    }

    fn is_ours(entry: &DirEntry, user: u32) -> bool {
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let process = name.and_then(|name| name.split_once('-')).map(|(process, _)| process);
        process.is_some_and(|process| process.parse::<u32>().is_ok())
            // The entry itself: a link is never followed.
            && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == user)
    }

    fn is_abandoned(directory: &Path) -> bool {
        match File::open(directory.join(LOCK)) {
            Ok(lock) => match lock.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
            },
            // Between making the folder and the lock file there is a moment; an hour is not it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => directory
                .metadata()
                .and_then(|found| found.modified())
                .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > GRACE)),
            Err(_) => false,
        }
    }

    /// Removes the files that belong there and the folder; anything else in it stops that.
    fn remove(directory: &Path) -> io::Result<()> {
        for name in [SOCKET, LOCK, NEW_LOCK] {
            match fs::remove_file(directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        fs::remove_dir(directory)
    }

    const PREFIX: &str = "tf-provider-";
    const SOCKET: &str = "plugin.sock";
    const LOCK: &str = "lock";
    const NEW_LOCK: &str = "lock.new";
    /// Where sockets go when the path would be too long for one.
    const SHORT_BASE: &str = "/tmp";
    /// Bytes that a socket's path may have: 108 on Linux with the final zero, 104 on macOS.
    const MAX_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
    const GRACE: Duration = Duration::from_secs(3600);
}
