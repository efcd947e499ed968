//! The programs that a real NetBox takes, and where they are.

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Programs that NetBox needs.
#[derive(Clone, Debug)]
pub struct Tools {
    /// CPython 3.12 or newer, with venv.
    pub(super) python: PathBuf,
    /// Folder with `initdb`, `postgres` and `psql`.
    pub(super) postgres: PathBuf,
    pub(super) redis: PathBuf,
    /// User as whom PostgreSQL runs when we are root, which it refuses.
    pub(super) postgres_user: Option<&'static str>,
}

impl Tools {
    /// Finds them.
    ///
    /// # Errors
    /// One line that says what to install.
    pub fn find() -> Result<Self> {
        let python = python();
        let postgres = postgres();
        let redis = on_path("redis-server");
        let postgres_user = if is_root() { Some(unprivileged()?) } else { None };
        match (python, postgres, redis) {
            (Some(python), Some(postgres), Some(redis)) => {
                Ok(Self { python, postgres, redis, postgres_user })
            }
            (python, postgres, redis) => {
                let missing: Vec<&str> = [
                    (python.is_none(), "CPython 3.12 or newer with venv"),
                    (postgres.is_none(), "PostgreSQL (postgresql)"),
                    (redis.is_none(), "Redis (redis-server)"),
                ]
                .into_iter()
                .filter_map(|(missing, name)| missing.then_some(name))
                .collect();
                bail!("a real NetBox takes {}, which is not here", missing.join(", "))
            }
        }
    }

    /// A program of PostgreSQL, as the user that may run it.
    pub(super) fn postgres_command(&self, name: &str) -> Command {
        let program = self.postgres.join(name);
        let Some(user) = self.postgres_user else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", user, "--regid", &group(user), "--clear-groups", "--"])
            .arg(program)
            // Our working directory may be closed to that user.
            .current_dir("/");
        command
    }

    /// Folder for the data of PostgreSQL: beside the rest, or where its user may go.
    pub(super) fn postgres_data(&self, run: &Path) -> Result<PathBuf> {
        let Some(user) = self.postgres_user else { return Ok(run.join("postgres")) };
        let beside = run.join("postgres");
        fs::create_dir_all(&beside)?;
        give(&beside, user)?;
        let mut reaches = Command::new("setpriv");
        reaches.args(["--reuid", user, "--regid", &group(user), "--clear-groups", "--"]);
        let reaches = reaches.args(["test", "-w"]).arg(&beside).current_dir("/").status()?;
        if reaches.success() {
            return Ok(beside);
        }
        let folder = env::temp_dir().join(format!("onprem-netbox-{}", random_letters(12)?));
        fs::create_dir(&folder)?;
        give(&folder, user)?;
        Ok(folder)
    }
}

/// Letters that nobody can guess.
pub(super) fn random_letters(count: usize) -> Result<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = vec![0; count];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect())
}

fn python() -> Option<PathBuf> {
    let names = ["python3", "python3.14", "python3.13", "python3.12"];
    let mut candidates: Vec<PathBuf> = names.iter().filter_map(|name| on_path(name)).collect();
    let versions = env::home_dir().map(|home| home.join(".pyenv/versions"));
    let versions = versions.and_then(|folder| fs::read_dir(folder).ok());
    let mut installed: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/python3")))
        .filter(|python| python.is_file())
        .collect();
    installed.sort();
    candidates.extend(installed);
    candidates.into_iter().find(|python| {
        let check = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))";
        let mut command = Command::new(python);
        let status =
            command.args(["-c", check]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}

/// Folder of the newest PostgreSQL.
fn postgres() -> Option<PathBuf> {
    let complete = |folder: &Path| {
        ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file())
    };
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .collect();
    packaged.sort();
    let on_path = on_path("initdb")
        .and_then(|initdb| initdb.canonicalize().ok()?.parent().map(Path::to_path_buf));
    on_path.filter(|folder| complete(folder)).or_else(|| packaged.pop().map(|(_, folder)| folder))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A user without rights to run PostgreSQL as.
fn unprivileged() -> Result<&'static str> {
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    let known = |name: &str| users.lines().any(|line| line.split(':').next() == Some(name));
    match ["postgres", "nobody"].into_iter().find(|name| known(name)) {
        Some(user) if on_path("setpriv").is_some() => Ok(user),
        Some(_) => bail!("PostgreSQL does not run as root, and setpriv (util-linux) is not here"),
        None => bail!("PostgreSQL does not run as root, and there is no user postgres or nobody"),
    }
}

/// Number of a user's own group.
fn group(user: &str) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields: Vec<&str> = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&user))
        .unwrap_or_default();
    fields.get(3).unwrap_or(&"65534").to_string()
}

fn give(folder: &Path, user: &str) -> Result<()> {
    super::run(Command::new("chown").arg(user).arg(folder))?;
    super::run(Command::new("chmod").arg("700").arg(folder))
}
