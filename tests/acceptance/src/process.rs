//! A Terraform command that runs, and the provider under it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::run::Run;

/// A Terraform command that was started. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    command: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Start a command whose output goes to files that begin with `output`.
    pub(crate) fn start(mut command: Command, output: &Path) -> Self {
        let stdout = output.with_extension("stdout");
        let stderr = output.with_extension("stderr");
        let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
        let words = ["terraform".to_owned()].into_iter().chain(words).collect::<Vec<_>>();
        let child = command
            .stdin(Stdio::null())
            .stdout(fs::File::create(&stdout).unwrap())
            .stderr(fs::File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        Self { child, command: words.join(" "), stdout, stderr }
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Wait for its end.
    ///
    /// # Panics
    /// When its output cannot be read.
    #[must_use]
    pub fn finish(mut self) -> Run {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        Run::new(self.command.clone(), code, &read(&self.stdout), &read(&self.stderr))
    }

    /// Press Ctrl-C: Terraform gets the signal, and the provider, which a terminal would send it to too.
    ///
    /// # Panics
    /// When a process cannot be signalled.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        for provider in self.providers() {
            signal(provider, rustix::process::Signal::INT);
        }
        signal(self.child.id(), rustix::process::Signal::INT);
    }

    /// Kill the provider without a warning, as the kernel does when memory is short.
    ///
    /// # Panics
    /// When there is no provider.
    #[cfg(unix)]
    pub fn kill_provider(&self) {
        let providers = self.providers();
        assert!(!providers.is_empty(), "no provider runs under Terraform");
        for provider in providers {
            signal(provider, rustix::process::Signal::KILL);
            while is_provider(provider) {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// The children of Terraform that are our provider.
    #[cfg(unix)]
    fn providers(&self) -> Vec<u32> {
        let parent = self.child.id().to_string();
        let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid = entry.ok()?.file_name().to_str()?.parse::<u32>().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name in parentheses may hold spaces; the state and the parent follow it.
            let parent_of = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.to_owned();
            (parent_of == parent && is_provider(pid)).then_some(pid)
        });
        children.collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(unix)]
fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    match rustix::process::kill_process(pid, signal) {
        // It ended a moment ago.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("process {pid:?} could not be signalled: {error}"),
    }
}

/// Whether a process is a provider that runs: one that was killed has no program any more.
#[cfg(unix)]
fn is_provider(pid: u32) -> bool {
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
    program
        .and_then(|program| Some(program.file_name()?.to_str()?.to_owned()))
        .is_some_and(|name| name.starts_with("terraform-provider-onprem"))
}
