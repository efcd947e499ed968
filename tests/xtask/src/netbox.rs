//! `cargo xtask netbox`: a real NetBox from PyPI on PostgreSQL and Redis, on loopback, under
//! `target/netbox/`.
//!
//! The lab's NetBox is written from what is known of the real one; this is the one that it is compared
//! with, and the acceptance tests run against both. `cargo xtask test` brings it up before the tests and
//! down after them; tests find it through [`Running::environment`].

mod services;
mod tools;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::workspace;
use services::{Gunicorn, Postgres, Redis};
pub use tools::Tools;

/// The release that is installed without a wish.
pub const VERSION: &str = "4.7.3";

const SETUP: &str = include_str!("netbox/setup.py");

/// What clients need to know.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Running {
    /// Release, `4.7.3`.
    pub version: String,
    /// `https://127.0.0.1:PORT`.
    pub url: String,
    /// Token of the administrator, version 1.
    pub token: String,
    /// The same as a token of version 2.
    pub token_v2: String,
    /// File with the certificate of the authority that signed the server's.
    pub ca_certificate: PathBuf,
    postgres_port: u16,
    redis_port: u16,
    postgres_data: PathBuf,
}

impl Running {
    /// Variables by which tests find it: `ONPREM_NETBOX_URL`, `_TOKEN`, `_TOKEN_V2` and `_CA_CERTIFICATE`
    /// (a file).
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("ONPREM_NETBOX_URL", self.url.clone()),
            ("ONPREM_NETBOX_TOKEN", self.token.clone()),
            ("ONPREM_NETBOX_TOKEN_V2", self.token_v2.clone()),
            ("ONPREM_NETBOX_CA_CERTIFICATE", self.ca_certificate.display().to_string()),
        ]
    }

    /// Lines for a POSIX shell that point the provider and the tests at it.
    #[must_use]
    pub fn exports(&self) -> String {
        let own = [
            ("NETBOX_URL", self.url.clone()),
            ("NETBOX_TOKEN", self.token.clone()),
            ("NETBOX_CA_CERTIFICATE", self.ca_certificate.display().to_string()),
        ];
        let lines = own.into_iter().chain(self.environment());
        lines.map(|(name, value)| format!("export {name}='{value}'\n")).collect()
    }
}

/// Starts NetBox, or finds it running.
///
/// # Errors
/// A tool is missing, pip cannot install NetBox, or a service does not start: with the end of its log.
pub fn up(version: &str, port: Option<u16>) -> Result<Running> {
    let _lock = lock()?;
    if let Some(running) = running()? {
        ensure!(
            running.version == version,
            "NetBox {} runs already; `cargo xtask netbox down` stops it",
            running.version
        );
        return Ok(running);
    }
    let tools = Tools::find()?;
    let python = install(&tools, version)?;
    // A state without its processes is one that was killed.
    stop()?;
    let (run, root) = (run_dir(), run_dir().join("root"));
    fs::create_dir_all(root.join("conf"))?;
    let fresh = match read_state()? {
        Some(state) if state.version == version => Some(state),
        Some(_) => {
            bail!("target/netbox holds another release; `cargo xtask netbox reset` clears it")
        }
        None => None,
    };
    let port = match port {
        Some(port) => port,
        None => services::free_port()?,
    };
    let state = Running {
        version: version.to_owned(),
        url: format!("https://127.0.0.1:{port}"),
        token: String::new(),
        token_v2: String::new(),
        ca_certificate: run.join("ca.pem"),
        postgres_port: services::free_port()?,
        redis_port: services::free_port()?,
        postgres_data: match fresh {
            Some(state) => state.postgres_data,
            None => tools.postgres_data(&run)?,
        },
    };
    // Before anything runs, so that `down` finds it whatever happens.
    write_state(&state)?;
    let postgres = Postgres::new(&tools, &state.postgres_data, state.postgres_port, &run);
    progress("PostgreSQL");
    let created = postgres.start()?;
    progress("Redis");
    Redis::new(&tools, state.redis_port, &run).start()?;
    configure(&root, &state)?;
    if created {
        fill(&tools, &postgres, &python, &root, version)?;
    }
    progress("user, tokens and certificate");
    let state = set_up(&python, &root, state)?;
    write_state(&state)?;
    progress("NetBox");
    let gunicorn = Gunicorn { python: &python, root: &root, run: &run, port };
    gunicorn.start()?;
    wait(&python, &state, &gunicorn)?;
    Ok(state)
}

/// Stops NetBox, its PostgreSQL and its Redis; their data stay.
///
/// # Errors
/// One of them does not stop.
pub fn down() -> Result<()> {
    let _lock = lock()?;
    stop()
}

/// Stops NetBox and removes its data; the installation from PyPI stays.
///
/// # Errors
/// Something does not stop, or a file cannot be removed.
pub fn clear() -> Result<()> {
    let _lock = lock()?;
    stop()?;
    if let Some(state) = read_state()?
        && state.postgres_data.exists()
    {
        fs::remove_dir_all(&state.postgres_data)?;
    }
    if run_dir().exists() {
        fs::remove_dir_all(run_dir())?;
    }
    Ok(())
}

/// The NetBox that runs now, if one does.
///
/// # Errors
/// The state cannot be read.
pub fn running() -> Result<Option<Running>> {
    let gunicorn = services::alive(&run_dir().join("gunicorn.pid"), "gunicorn");
    Ok(read_state()?.filter(|_| gunicorn.is_some()))
}

fn stop() -> Result<()> {
    let run = run_dir();
    services::terminate(&run.join("gunicorn.pid"), "gunicorn")?;
    services::terminate(&run.join("redis.pid"), "redis-server")?;
    if let Some(state) = read_state()? {
        services::terminate(&state.postgres_data.join("postmaster.pid"), "postgres")?;
    }
    Ok(())
}

/// Python of the environment that has this release.
fn install(tools: &Tools, version: &str) -> Result<PathBuf> {
    let home = home().join(format!("venv-{version}"));
    let python = home.join("bin/python");
    let complete = home.join("complete");
    if complete.is_file() {
        return Ok(python);
    }
    progress(&format!("NetBox {version} from PyPI"));
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    run(Command::new(&tools.python).args(["-m", "venv"]).arg(&home))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args([format!("netbox=={version}").as_str(), "gunicorn"]))
    .context("building psycopg takes a C compiler, Python's headers and libpq (libpq-dev)")?;
    fs::write(&complete, version)?;
    Ok(python)
}

fn configure(root: &Path, state: &Running) -> Result<()> {
    let path = root.join("conf/configuration.py");
    let (postgres, redis) = (state.postgres_port, state.redis_port);
    let secret = |name: &str| -> Result<String> {
        let file = root.join("conf").join(name);
        if !file.is_file() {
            fs::write(&file, tools::random_letters(60)?)?;
        }
        Ok(fs::read_to_string(file)?)
    };
    let text = format!(
        "ALLOWED_HOSTS = ['127.0.0.1', 'localhost']\n\
         DATABASES = {{'default': {{'NAME': 'netbox', 'USER': 'netbox', 'PASSWORD': '', 'HOST': '127.0.0.1', 'PORT': {postgres}, 'CONN_MAX_AGE': 300}}}}\n\
         REDIS = {{name: {{'HOST': '127.0.0.1', 'PORT': {redis}, 'DATABASE': number, 'SSL': False}} for number, name in enumerate(['tasks', 'caching'])}}\n\
         SECRET_KEY = '{}'\n\
         API_TOKEN_PEPPERS = {{1: '{}'}}\n\
         CHANGELOG_RETENTION = 0\n",
        secret("secret-key")?,
        secret("pepper")?,
    );
    fs::write(path, text)?;
    Ok(())
}

/// Puts the tables into a new database: from the seed where it is at hand, else by migrating.
fn fill(
    tools: &Tools,
    postgres: &Postgres<'_>,
    python: &Path,
    root: &Path,
    version: &str,
) -> Result<()> {
    let seed = workspace::root().join(format!("../shared/apis/netbox-{version}-seed.sql.gz"));
    if seed.is_file() {
        progress("tables from the seed");
        return postgres.restore(tools, &seed);
    }
    progress("tables by migrating, which takes minutes");
    let mut command = Command::new(python.with_file_name("netbox"));
    run(command.args(["migrate", "--no-input", "--verbosity", "0"]).env("NETBOX_ROOT", root))
}

/// Makes the user, the tokens and the certificate, and learns them.
fn set_up(python: &Path, root: &Path, state: Running) -> Result<Running> {
    let output = Command::new(python)
        .args(["-c", SETUP, "set-up"])
        .arg(run_dir())
        .env("NETBOX_ROOT", root)
        .env("DJANGO_SETTINGS_MODULE", "netbox.settings")
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let mut tokens = text.lines().rev();
    let (Some(token_v2), Some(token)) = (tokens.next(), tokens.next()) else {
        bail!("no tokens were printed: {text}");
    };
    Ok(Running { token: token.to_owned(), token_v2: token_v2.to_owned(), ..state })
}

/// Waits until the API answers.
fn wait(python: &Path, state: &Running, gunicorn: &Gunicorn<'_>) -> Result<()> {
    let status = Command::new(python)
        .args(["-c", SETUP, "wait"])
        .arg(&state.ca_certificate)
        .args([&state.url, &state.token])
        .stdin(Stdio::null())
        .status()?;
    ensure!(status.success(), "NetBox does not answer: {}", gunicorn.log());
    Ok(())
}

fn progress(what: &str) {
    eprintln!("netbox: {what}");
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{}` could not be started", name.display()))?;
    ensure!(
        output.status.success(),
        "`{}` failed: {}{}",
        name.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn home() -> PathBuf {
    workspace::target().join("netbox")
}

fn run_dir() -> PathBuf {
    home().join("run")
}

/// One command at a time.
fn lock() -> Result<File> {
    fs::create_dir_all(home())?;
    let lock = File::create(home().join("lock"))?;
    lock.lock()?;
    Ok(lock)
}

fn read_state() -> Result<Option<Running>> {
    let file = run_dir().join("state.json");
    if !file.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&file)?;
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is damaged", file.display()))
}

fn write_state(state: &Running) -> Result<()> {
    fs::create_dir_all(run_dir())?;
    fs::write(run_dir().join("state.json"), serde_json::to_vec_pretty(state)?)?;
    Ok(())
}
