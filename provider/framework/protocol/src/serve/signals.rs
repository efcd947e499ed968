//! What ends a process besides Terraform's word.

#[cfg(not(unix))]
use std::future::pending;
#[cfg(unix)]
use std::time::Duration;

use super::ServeError;

/// The signals of a process, handled from the moment this exists.
pub(super) struct Signals {
    /// Ctrl-C ends the process; else it is ignored, because it reaches Terraform too, which then
    /// says what is to happen.
    interruptible: bool,
    #[cfg(unix)]
    unix: Unix,
}

#[cfg(unix)]
struct Unix {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    parent: u32,
}

impl Signals {
    pub(super) fn plugin() -> Result<Self, ServeError> {
        Self::new(false)
    }

    pub(super) fn debugging() -> Result<Self, ServeError> {
        Self::new(true)
    }

    fn new(interruptible: bool) -> Result<Self, ServeError> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).map_err(ServeError::Signals);
            Ok(Self {
                interruptible,
                unix: Unix {
                    interrupt: listen(SignalKind::interrupt())?,
                    terminate: listen(SignalKind::terminate())?,
                    hang_up: listen(SignalKind::hangup())?,
                    parent: std::os::unix::process::parent_id(),
                },
            })
        }
        #[cfg(not(unix))]
        Ok(Self { interruptible })
    }

    /// Waits for a reason to end: a signal, or, while nobody is connected, that the Terraform that
    /// started this process is gone without a word.
    #[cfg(unix)]
    pub(super) async fn ended(&mut self, idle: bool) {
        loop {
            tokio::select! {
                _ = self.unix.interrupt.recv() => {
                    if self.interruptible {
                        return;
                    }
                    tracing::trace!("ignoring SIGINT, Terraform will say what to do");
                }
                _ = self.unix.terminate.recv() => return,
                _ = self.unix.hang_up.recv() => return,
                () = tokio::time::sleep(PARENT_INTERVAL), if idle && !self.interruptible => {
                    if std::os::unix::process::parent_id() != self.unix.parent {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for a reason to end.
    #[cfg(not(unix))]
    pub(super) async fn ended(&mut self, _idle: bool) {
        loop {
            if tokio::signal::ctrl_c().await.is_err() {
                pending::<()>().await;
            }
            if self.interruptible {
                return;
            }
        }
    }
}

#[cfg(unix)]
const PARENT_INTERVAL: Duration = Duration::from_secs(1);
