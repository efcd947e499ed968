//! PostgreSQL, Redis and gunicorn: started with pid files, stopped by pid.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::run;
use super::tools::Tools;

/// Longest that a service may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A PostgreSQL with one database, `netbox`. Nothing of it must survive a power cut, so it never syncs.
pub(super) struct Postgres<'a> {
    tools: &'a Tools,
    data: &'a Path,
    port: u16,
    log: PathBuf,
}

impl<'a> Postgres<'a> {
    pub(super) fn new(tools: &'a Tools, data: &'a Path, port: u16, _run: &Path) -> Self {
        Self { tools, data, port, log: data.join("server.log") }
    }

    /// Starts it; `true` when the database is new and empty.
    pub(super) fn start(&self) -> Result<bool> {
        if !self.data.join("PG_VERSION").is_file() {
            let mut initdb = self.tools.postgres_command("initdb");
            initdb.arg("--pgdata").arg(self.data);
            run(initdb.args([
                "--username=netbox",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]))?;
        }
        let mut server = self.tools.postgres_command("postgres");
        server.arg("-D").arg(self.data);
        for setting in [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "fsync=off".to_owned(),
            "synchronous_commit=off".to_owned(),
            "full_page_writes=off".to_owned(),
            "logging_collector=on".to_owned(),
            "log_directory=.".to_owned(),
            "log_filename=server.log".to_owned(),
        ] {
            server.args(["-c", &setting]);
        }
        detached(&mut server)?;
        let until = Instant::now() + PATIENCE;
        while self.query("postgres", "SELECT 1").is_err() {
            ensure!(Instant::now() < until, "PostgreSQL does not start: {}", tail(&self.log));
            thread::sleep(Duration::from_millis(100));
        }
        let found = self.query("postgres", "SELECT 1 FROM pg_database WHERE datname = 'netbox'")?;
        if found.trim() == "1" {
            let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'ipam_prefix'";
            return Ok(self.query("netbox", tables)?.trim() == "0");
        }
        self.query("postgres", "CREATE DATABASE netbox")?;
        Ok(true)
    }

    /// Fills the database from a packed dump.
    pub(super) fn restore(&self, tools: &Tools, dump: &Path) -> Result<()> {
        const UNPACK: &str = "import gzip, shutil, sys; shutil.copyfileobj(gzip.open(sys.argv[1]), sys.stdout.buffer)";
        let mut unpack = Command::new(&tools.python)
            .args(["-c", UNPACK])
            .arg(dump)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let dump = unpack.stdout.take().context("no standard output")?;
        let output = self.psql("netbox").stdin(dump).output()?;
        ensure!(unpack.wait()?.success(), "the seed cannot be unpacked");
        ensure!(output.status.success(), "the seed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn query(&self, database: &str, sql: &str) -> Result<String> {
        let output = self.psql(database).args(["-c", sql]).stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.tools.postgres.join("psql"));
        command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
            ])
            .args(["--host=127.0.0.1", "--username=netbox"])
            .arg(format!("--port={}", self.port))
            .arg(format!("--dbname={database}"))
            .env("PGCONNECT_TIMEOUT", "5");
        command
    }
}

/// A Redis that keeps everything in memory.
pub(super) struct Redis<'a> {
    tools: &'a Tools,
    port: u16,
    run: &'a Path,
}

impl<'a> Redis<'a> {
    pub(super) fn new(tools: &'a Tools, port: u16, run: &'a Path) -> Self {
        Self { tools, port, run }
    }

    pub(super) fn start(&self) -> Result<()> {
        let log = self.run.join("redis.log");
        let mut server = Command::new(&self.tools.redis);
        server
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "yes"])
            .arg("--pidfile")
            .arg(self.run.join("redis.pid"))
            .arg("--logfile")
            .arg(&log)
            .arg("--dir")
            .arg(self.run);
        run(&mut server)?;
        let until = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            ensure!(Instant::now() < until, "Redis does not start: {}", tail(&log));
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// The server of NetBox's application.
pub(super) struct Gunicorn<'a> {
    pub(super) python: &'a Path,
    pub(super) root: &'a Path,
    pub(super) run: &'a Path,
    pub(super) port: u16,
}

impl Gunicorn<'_> {
    pub(super) fn start(&self) -> Result<()> {
        let mut server = Command::new(self.python);
        server
            .args(["-m", "gunicorn", "--daemon", "--bind", &format!("127.0.0.1:{}", self.port)])
            .args(["--workers", "2", "--threads", "4", "--worker-class", "gthread"])
            .args(["--timeout", "120", "--graceful-timeout", "2", "--keep-alive", "60"])
            .arg("--certfile")
            .arg(self.run.join("server.pem"))
            .arg("--keyfile")
            .arg(self.run.join("server.key"))
            .arg("--pid")
            .arg(self.run.join("gunicorn.pid"))
            .arg("--log-file")
            .arg(self.run.join("gunicorn.log"))
            .arg("netbox.wsgi")
            .env("NETBOX_ROOT", self.root)
            .current_dir(self.run);
        run(&mut server)
    }

    /// End of its log.
    pub(super) fn log(&self) -> String {
        tail(&self.run.join("gunicorn.log"))
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The process of a pid file, when it runs and is the one that we mean.
pub(super) fn alive(pid_file: &Path, program: &str) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?)?;
    test_kill_process(pid).ok()?;
    // A pid is given away again; Linux says what has it now.
    let command = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero()));
    match command {
        Ok(command) if !String::from_utf8_lossy(&command).contains(program) => None,
        _ => Some(pid),
    }
}

/// Stops the process of a pid file and waits for its end.
pub(super) fn terminate(pid_file: &Path, program: &str) -> Result<()> {
    let Some(pid) = alive(pid_file, program) else { return Ok(()) };
    // PostgreSQL takes INT for: end now, whoever is connected.
    let signal = if program == "postgres" { Signal::INT } else { Signal::TERM };
    let _ = kill_process(pid, signal);
    let until = Instant::now() + PATIENCE;
    while alive(pid_file, program).is_some() {
        if Instant::now() > until {
            bail!("{program} (pid {}) does not stop", pid.as_raw_nonzero());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Starts a server that outlives us.
fn detached(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let name = command.get_program().to_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .with_context(|| format!("`{}` could not be started", name.display()))?;
    Ok(())
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
