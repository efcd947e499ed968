//! The example provider as a process of its own, started the way Terraform does it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};
use std::{env, thread};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::connection::{Channel, Credentials, Stream, Tls, connector, plain, secured};

/// How to start it.
pub(crate) struct Start {
    command: Command,
}

impl Start {
    /// As Terraform starts it, without TLS; its sockets go below `temporary`.
    pub(crate) fn as_plugin(temporary: &Path) -> Self {
        let cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
        Self::by_hand(temporary)
            .variable("TF_PLUGIN_MAGIC_COOKIE", cookie)
            .variable("PLUGIN_PROTOCOL_VERSIONS", "5,6")
    }

    /// As somebody at a shell starts it.
    pub(crate) fn by_hand(temporary: &Path) -> Self {
        let mut command = Command::new(example());
        command.env_clear().env("TMPDIR", temporary);
        Self { command }
    }

    /// The same below a shell, which is then what gets killed.
    pub(crate) fn below_a_shell(self) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "\"$0\" & wait"]).arg(self.command.get_program()).env_clear();
        for (name, value) in self.command.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        Self { command }
    }

    pub(crate) fn client(self, credentials: &Credentials) -> Self {
        self.variable("PLUGIN_CLIENT_CERT", &credentials.pem)
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn current_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn spawn(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Running { child, stdout }
    }

    /// Runs it to its end with another standard output.
    pub(crate) fn told_to(mut self, stdout: impl Into<Stdio>) -> (ExitStatus, String) {
        let output =
            self.command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).output();
        let output = output.unwrap();
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Starts it and reads where it listens.
    pub(crate) fn handshake(self) -> Plugin {
        let mut running = self.spawn();
        let line = running.line();
        let fields: Vec<&str> = line.trim_end().split('|').collect();
        let ["1", "6", network, address, "grpc", certificate] = fields[..] else {
            panic!("the handshake line is {line:?}");
        };
        let certificate = (!certificate.is_empty())
            .then(|| CertificateDer::from(STANDARD_NO_PAD.decode(certificate).unwrap()));
        Plugin { network: network.to_owned(), address: address.to_owned(), certificate, running }
    }
}

/// A process, killed when dropped.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for the end; what was printed is the rest of standard output, then standard error.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String, String) {
        until(|| self.child.try_wait().unwrap().is_some());
        let status = self.child.wait().unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (status, stdout, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that listens.
pub(crate) struct Plugin {
    pub(crate) network: String,
    pub(crate) address: String,
    pub(crate) certificate: Option<CertificateDer<'static>>,
    pub(crate) running: Running,
}

impl Plugin {
    pub(crate) async fn stream(&self) -> Box<dyn Stream> {
        open(&self.network, &self.address).await
    }

    /// Connects the way Terraform does.
    pub(crate) async fn connect(&self, credentials: &Credentials) -> Channel {
        self.try_connect(Some(credentials.clone()), Tls::V13).await.unwrap()
    }

    pub(crate) async fn try_connect(
        &self,
        credentials: Option<Credentials>,
        version: Tls,
    ) -> Result<Channel, String> {
        let certificate = self.certificate.as_ref().unwrap();
        secured(self.stream().await, &connector(certificate, credentials, version)).await
    }

    pub(crate) async fn connect_plain(&self) -> Channel {
        plain(self.stream().await).await.unwrap()
    }

    /// The private folder of the socket.
    pub(crate) fn folder(&self) -> PathBuf {
        assert_eq!(self.network, "unix");
        PathBuf::from(&self.address).parent().unwrap().to_owned()
    }
}

pub(crate) async fn open(network: &str, address: &str) -> Box<dyn Stream> {
    match network {
        "unix" => Box::new(tokio::net::UnixStream::connect(address).await.unwrap()),
        "tcp" => Box::new(TcpStream::connect(address).await.unwrap()),
        _ => panic!("a network called {network:?}"),
    }
}

/// Waits for something that must come, and fails where it never does.
pub(crate) fn until(mut come: impl FnMut() -> bool) {
    let start = Instant::now();
    while !come() {
        assert!(start.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The example provider. `cargo test` builds it beside the tests, but not where only some tests are
/// asked for, so this makes sure that it is not an old one that is tested.
fn example() -> &'static Path {
    static EXAMPLE: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLE.get_or_init(|| {
        let tests = env::current_exe().unwrap();
        let profile = tests.parent().unwrap().parent().unwrap();
        let example = profile.join(format!("examples/minimal{}", env::consts::EXE_SUFFIX));
        let built = example.metadata().and_then(|found| found.modified());
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let written = newest(&package.join("src")).max(newest(&package.join("examples")));
        if built.ok() < written {
            build(profile);
        }
        example
    })
}

fn build(profile: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--example", "minimal"]);
    cargo.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the example cannot be built");
}

/// When the newest file below a folder was written.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = folder.read_dir().ok()?.flatten();
    let times = entries.filter_map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        _ => entry.metadata().ok()?.modified().ok(),
    });
    times.max()
}

/// Long enough for the slowest machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);
