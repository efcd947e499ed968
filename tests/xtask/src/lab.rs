//! The lab as a child process: started, asked for its inventory, and stopped with us.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::interrupt::kill_group;

/// A running lab. It is stopped when this is dropped, and when this process dies.
#[derive(Debug)]
pub struct Lab {
    child: Child,
    /// What the lab said about itself.
    pub greeting: Greeting,
}

/// The one line that the lab prints once it serves.
#[derive(Clone, Debug, Deserialize)]
pub struct Greeting {
    /// The variables that point the provider at the lab.
    pub environment: BTreeMap<String, String>,
    /// The servers' iDRACs: addresses by name.
    #[serde(default)]
    pub idracs: BTreeMap<String, String>,
    /// Base of the admin API.
    pub admin: String,
    /// The web server with the images.
    pub web: String,
    /// How many times faster than ours the lab's clock runs.
    pub clock: Value,
}

impl Lab {
    /// Start the lab with its clock `clock` times faster, its log going to the file `log`.
    ///
    /// # Errors
    /// When it cannot be started, or ends before it serves.
    pub fn start(binary: &Path, clock: u32, log: &Path) -> Result<Self> {
        let errors =
            File::create(log).with_context(|| format!("`{}` cannot be written", log.display()))?;
        let mut child = command(binary)
            .args(["serve", "--format", "json", "--clock", &clock.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .with_context(|| format!("`{}` could not be started", binary.display()))?;
        let stdout = child.stdout.take();
        let greeting = stdout
            .ok_or_else(|| anyhow!("the lab has no standard output"))
            .and_then(|stdout| read_greeting(BufReader::new(stdout)))
            .with_context(|| format!("the lab did not start: see `{}`", log.display()));
        match greeting {
            Ok(greeting) => Ok(Self { child, greeting }),
            Err(error) => {
                kill_group(&mut child);
                Err(error)
            }
        }
    }

    /// Everything that is on the data centre, in an order that does not change.
    ///
    /// # Errors
    /// When the lab does not answer, or not in JSON.
    pub fn inventory(&self) -> Result<Value> {
        let url = format!("{}/inventory", self.greeting.admin.trim_end_matches('/'));
        let body = get(&url).with_context(|| format!("GET {url}"))?;
        serde_json::from_slice(&body).with_context(|| format!("{url} did not answer in JSON"))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Its standard input closes: that is what the wrapper waits for.
        drop(self.child.stdin.take());
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            if !cfg!(unix) || matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        kill_group(&mut self.child);
    }
}

/// The lab under a shell that ends it once our side of its standard input is gone: the system closes
/// that whatever we die of. In a process group of its own, so that Ctrl-C reaches Terraform but not
/// the data centre that it is still talking to.
#[cfg(unix)]
fn command(binary: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    const UNTIL_STDIN_CLOSES: &str =
        r#""$0" "$@" & lab=$!; exec >&-; read -r line; kill "$lab" 2>/dev/null; wait "$lab""#;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(UNTIL_STDIN_CLOSES).arg(binary).process_group(0);
    command
}

#[cfg(not(unix))]
fn command(binary: &Path) -> Command {
    Command::new(binary)
}

fn read_greeting(mut stdout: impl BufRead) -> Result<Greeting> {
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    ensure!(!line.trim().is_empty(), "it ended without a word");
    serde_json::from_str(&line).with_context(|| format!("it said `{}`", line.trim()))
}

/// A GET over plain HTTP on loopback, which is all that the admin API needs.
fn get(url: &str) -> Result<Vec<u8>> {
    let rest = url.strip_prefix("http://").ok_or_else(|| anyhow!("not a plain http address"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // HTTP/1.0: the body is everything up to the end of the connection.
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    body_of(&answer)
}

fn body_of(answer: &[u8]) -> Result<Vec<u8>> {
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or_else(|| anyhow!("the answer has no end of headers"))?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.lines().next().unwrap_or_default();
    if status.split_whitespace().nth(1) != Some("200") {
        bail!("answered `{status}`");
    }
    Ok(answer[end + 4..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_follows_the_headers() {
        let answer = b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(body_of(answer).unwrap(), b"{}");
    }

    #[test]
    fn a_refusal_is_an_error_that_quotes_it() {
        let error = body_of(b"HTTP/1.0 404 Not Found\r\n\r\n").unwrap_err();
        assert!(error.to_string().contains("404 Not Found"), "{error}");
    }

    #[test]
    fn a_lab_that_says_nothing_did_not_start() {
        assert!(read_greeting(&b""[..]).is_err());
        assert!(read_greeting(&b"no json\n"[..]).is_err());
    }

    #[cfg(unix)]
    mod with_a_stand_in {
        use super::*;
        use crate::workspace;
        use std::fs;
        use std::path::PathBuf;

        fn stand_in(name: &str) -> (PathBuf, PathBuf) {
            let binary = workspace::root().join("tests/xtask/testdata").join(name);
            let dir = workspace::target().join("xtask").join("unit");
            fs::create_dir_all(&dir).unwrap();
            (binary, dir.join(format!("{name}.log")))
        }

        #[test]
        fn the_lab_ends_when_it_is_dropped() {
            let (binary, log) = stand_in("lab-that-serves");
            let lab = Lab::start(&binary, 7, &log).unwrap();
            assert_eq!(lab.greeting.environment["A"], "b");
            let group = rustix::process::Pid::from_raw(lab.child.id().cast_signed()).unwrap();
            assert!(rustix::process::test_kill_process_group(group).is_ok(), "it runs");

            drop(lab);
            assert!(rustix::process::test_kill_process_group(group).is_err(), "it is left behind");
        }

        #[test]
        fn a_lab_that_dies_at_once_names_its_log() {
            let (binary, log) = stand_in("lab-that-dies");
            let error = Lab::start(&binary, 1, &log).unwrap_err();
            assert!(format!("{error:#}").contains(&log.display().to_string()), "{error:#}");
            assert_eq!(fs::read_to_string(log).unwrap(), "no port\n");
        }
    }
}
