//! Ctrl-C. The first one is noted, so that the running step can end and clean up; Terraform, being in
//! the same process group, has received it too and ends gracefully by itself.

use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// Whether somebody has asked us to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    /// SIGTERM reaches us alone, so it has to be passed on.
    terminated: Arc<AtomicBool>,
}

impl Interrupt {
    /// Note SIGINT and SIGTERM from now on instead of dying of them.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn install() -> Result<Self> {
        let interrupt = Self::default();
        #[cfg(unix)]
        {
            use signal_hook::consts::{SIGINT, SIGTERM};
            use signal_hook::flag;
            for signal in [SIGINT, SIGTERM] {
                flag::register(signal, Arc::clone(&interrupt.asked))?;
            }
            flag::register(SIGTERM, Arc::clone(&interrupt.terminated))?;
        }
        Ok(interrupt)
    }

    /// Whether a signal has come since the start.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Run a command to its end, passing on a SIGTERM as the Ctrl-C that it means.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub fn run(&self, command: &mut Command) -> Result<ExitStatus> {
        let program = command.get_program().to_owned();
        let mut child = command
            .spawn()
            .with_context(|| format!("`{}` could not be started", program.display()))?;
        let mut passed_on = false;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if self.terminated.load(Ordering::Relaxed) && !passed_on {
                passed_on = true;
                interrupt(&mut child);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(unix)]
fn interrupt(child: &mut Child) {
    use rustix::process::{Signal, kill_process};
    if let Some(pid) = pid(child) {
        // It may have ended meanwhile, which is as good.
        let _ = kill_process(pid, Signal::INT);
    }
}

#[cfg(not(unix))]
fn interrupt(child: &mut Child) {
    let _ = child.kill();
}

/// Kill a child and what it started in its process group.
#[cfg(unix)]
pub(crate) fn kill_group(child: &mut Child) {
    use rustix::process::{Signal, kill_process_group};
    if let Some(pid) = pid(child) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = child.wait();
}

/// Kill a child.
#[cfg(not(unix))]
pub(crate) fn kill_group(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
fn pid(child: &Child) -> Option<rustix::process::Pid> {
    i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
}
