//! `cargo xtask test`: everything that must hold before a change is merged, named, timed and counted.
//!
//! A failing check does not hide the ones after it. What cannot be checked on this machine is skipped
//! visibly, and fails where `CI` is set: a machine that checks for others has to be able to.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use crate::configuration;
use crate::counts::{CargoTest, Counts};
use crate::docs;
use crate::layers;
use crate::netbox::{self, Running};
use crate::steps::seconds;
use crate::terraform::Terraform;
use crate::workspace::{Binaries, cargo};

/// Check everything, or with `quick` what needs neither Terraform nor rustdoc.
///
/// # Errors
/// When any check failed: each has then been printed.
pub fn run(quick: bool) -> Result<()> {
    let mut checks = Checks::new();
    checks.check("formatting", || {
        succeeds(cargo().args(["fmt", "--all", "--", "--check"]))?;
        Ok(Counts::passed(1))
    });
    checks.check("lints", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        succeeds(cargo().args(arguments))?;
        Ok(Counts::passed(1))
    });
    checks.check("layer rules", || layers::check().map(Counts::passed));
    checks.check("generated code is up to date", || {
        crate::codegen(true)?;
        Ok(Counts::passed(1))
    });
    let netbox = if quick { None } else { checks.netbox() };
    let mut skips = Vec::new();
    checks.check("tests of all packages", || {
        let read = cargo_test(quick, netbox.as_ref())?;
        skips = read.skips().to_vec();
        Ok(read.counts())
    });
    checks.skips.extend(skips);
    if netbox.is_some() {
        checks.check("the real NetBox stops", || netbox::down().map(|()| Counts::passed(1)));
    }
    if !quick {
        checks.check("documentation of all packages", || {
            let arguments = ["doc", "--workspace", "--no-deps"];
            succeeds(cargo().args(arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
            Ok(Counts::passed(1))
        });
        checks.configuration();
    }
    checks.finish()
}

/// The checks so far.
struct Checks {
    counts: Counts,
    failures: Vec<String>,
    skips: Vec<String>,
    strict: bool,
    started: Instant,
}

impl Checks {
    fn new() -> Self {
        Self {
            counts: Counts::default(),
            failures: Vec::new(),
            skips: Vec::new(),
            strict: env::var_os("CI").is_some_and(|value| !value.is_empty()),
            started: Instant::now(),
        }
    }

    fn check(&mut self, name: &str, work: impl FnOnce() -> Result<Counts>) {
        println!("\n==> {name}");
        let started = Instant::now();
        let counts = work().unwrap_or_else(|error| {
            println!("{error:#}");
            Counts { failed: 1, ..Counts::default() }
        });
        let took = seconds(started.elapsed());
        if counts.failed > 0 {
            self.failures.push(name.to_owned());
        }
        self.counts += counts;
        println!("    {name}: {counts} in {took}");
    }

    /// A real NetBox for the tests, or a skip that says what it takes.
    fn netbox(&mut self) -> Option<Running> {
        if let Err(error) = netbox::Tools::find() {
            self.skip("a real NetBox", &format!("{error:#}"));
            return None;
        }
        let mut running = None;
        self.check("a real NetBox runs", || {
            netbox::clear()?;
            running = Some(netbox::up(netbox::VERSION, None)?);
            Ok(Counts::passed(1))
        });
        running
    }

    /// What needs Terraform and a provider that was built.
    fn configuration(&mut self) {
        let mut binaries = None;
        self.check("the provider and the lab build", || {
            binaries = Some(Binaries::build()?);
            Ok(Counts::passed(1))
        });
        let Some(binaries) = binaries else { return };
        self.check("registry pages are up to date", || {
            docs::run(&binaries.provider, true).map(Counts::passed)
        });
        let terraform = match Terraform::find() {
            Ok(terraform) => terraform,
            Err(error) => {
                self.skip("examples, modules and environments", &format!("{error:#}"));
                return;
            }
        };
        println!("\n{}", terraform.description());
        let provider = &binaries.provider;
        self.check("formatting of the configuration", || configuration::formatted(&terraform));
        self.check("examples", || configuration::examples(&terraform, provider));
        self.check("modules", || configuration::modules(&terraform, provider));
        self.check("environments", || configuration::environments(&terraform, provider));
    }

    fn skip(&mut self, name: &str, reason: &str) {
        println!("\n==> {name}");
        println!("SKIPPED: {name}: {reason}");
        self.skips.push(format!("SKIPPED: {name}: {reason}"));
        self.counts.skipped += 1;
    }

    fn finish(mut self) -> Result<()> {
        println!("\nAll checks took {}.", seconds(self.started.elapsed()));
        for skip in &self.skips {
            println!("{skip}");
        }
        if self.strict && self.counts.skipped > 0 {
            self.failures.push("a skip is a failure where CI is set".to_owned());
        }
        println!("{}", self.counts);
        ensure!(self.failures.is_empty(), "failed: {}", self.failures.join(", "));
        Ok(())
    }
}

fn succeeds(command: &mut Command) -> Result<()> {
    let name = command.get_args().next().unwrap_or_default().to_owned();
    let status = command.status().context("cargo could not be started")?;
    ensure!(status.success(), "cargo {} failed", name.display());
    Ok(())
}

/// All tests in one invocation, so that everything is compiled with the same features once.
fn cargo_test(quick: bool, netbox: Option<&Running>) -> Result<CargoTest> {
    let mut command = cargo();
    command.envs(netbox.map(Running::environment).into_iter().flatten());
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if quick {
        command.args(["--exclude", "acceptance"]);
    }
    let mut child = command
        .args(["--", "--show-output"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo could not be started")?;
    let stdout = child.stdout.take().ok_or_else(|| anyhow!("cargo has no standard output"))?;
    let mut read = CargoTest::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if read.line(&line) {
            println!("{line}");
        }
    }
    let status = child.wait()?;
    // Without a failing test it was the compiler, or a test binary that died.
    ensure!(status.success() || read.counts().failed > 0, "cargo test failed");
    ensure!(read.counts().passed > 0, "cargo test ran no test");
    Ok(read)
}
