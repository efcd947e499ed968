//! `cargo xtask demo`: one environment from `init` to `destroy` through the real Terraform, against the
//! lab. Proves that the second plan is empty, that the servers hold what Terraform says, and that nothing
//! is left behind.

mod holds;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::difference::difference;
use crate::interrupt::Interrupt;
use crate::lab::{Greeting, Lab};
use crate::steps::{Steps, seconds};
use crate::terraform::{Mirror, Terraform};
use crate::workspace::{self, Binaries};

/// Which of environments/ to bring up.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Environment {
    /// environments/dev
    Dev,
    /// environments/staging
    Staging,
    /// environments/prod
    Prod,
}

/// What the demo is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The environment.
    pub environment: Environment,
    /// Wait before `destroy`, with everything up, until somebody has looked around.
    pub keep: bool,
    /// How many times faster than ours the lab's clock runs.
    pub clock: u32,
}

/// Bring the environment up, prove that it is stable, and take it down.
///
/// # Errors
/// The first step that fails, with its reason. The lab, and whatever was made on it, is gone then.
pub fn run(options: Options) -> Result<()> {
    let interrupt = Interrupt::install()?;
    let folder = workspace::target().join("demo").join(options.environment.name());
    let result = demo(options, &folder, &interrupt);
    if result.is_err() {
        eprintln!(
            "\nNo lab runs any more, and what was made on it is gone with it. Its log, the configuration \
             and the state are in {}: remove that folder when done.",
            folder.display()
        );
    }
    result
}

fn demo(options: Options, folder: &Path, interrupt: &Interrupt) -> Result<()> {
    let _lock = lock(folder)?;
    let protects = options.environment.protects()?;
    let mut steps = Steps::new(if protects { 13 } else { 12 }, interrupt.clone());

    let terraform = steps.step("find terraform", || {
        let terraform = Terraform::find()?;
        println!("    {}", terraform.description());
        Ok(terraform)
    })?;
    let binaries = steps.step("build the provider and the lab", Binaries::build)?;
    let run = steps.step("prepare the environment", || {
        Run::prepare(options.environment, folder, &binaries, terraform, interrupt.clone())
    })?;
    let lab = steps.step("start the lab", || {
        let lab = Lab::start(&binaries.lab, options.clock, &folder.join("lab.log"))?;
        let Greeting { environment, clock, .. } = &lab.greeting;
        let address = |name| environment.get(name).map_or("?", String::as_str);
        println!("    Proxmox VE at {}", address("PROXMOX_VE_ENDPOINT"));
        println!("    NetBox at {}", address("NETBOX_URL"));
        for (server, endpoint) in &lab.greeting.idracs {
            println!("    iDRAC of {server} at {endpoint}");
        }
        println!("    the clock is {clock} times faster than ours");
        Ok(lab)
    })?;
    let run = run.connect(&lab.greeting)?;
    let before = lab.inventory()?;

    steps.step("terraform init", || run.terraform(&["init"]))?;
    steps.step("terraform plan", || run.terraform(&["plan", "-out=demo.tfplan"]))?;
    steps.step("terraform apply", || run.terraform(&["apply", "demo.tfplan"]))?;
    steps.step("terraform output", || run.terraform(&["output"]))?;
    steps.step("terraform plan again, which must be empty", || {
        match run.exit_code(&["plan", "-detailed-exitcode"])? {
            0 => Ok(()),
            2 => bail!("the second plan wants changes: apply and configuration disagree"),
            code => bail!("terraform plan ended with {code}"),
        }
    })?;
    let applied = lab.inventory()?;
    steps.step("compare what the servers hold with the outputs", || {
        for line in holds::check(&applied, &run.outputs()?)? {
            println!("    {line}");
        }
        Ok(())
    })?;
    if options.keep {
        look_around(&run, &lab.greeting, interrupt)?;
    }
    if protects {
        steps.step("terraform apply without the protection of templates", || {
            run.terraform(&["apply", "-auto-approve", "-var=protect_templates=false"])
        })?;
    }
    steps.step("terraform destroy", || run.terraform(&["destroy", "-auto-approve"]))?;
    steps.step("compare the lab's inventory with the one before", || {
        let after = lab.inventory()?;
        let [was, is] = [&before, &after].map(holds::without_firmware);
        let lines = difference(&was, &is);
        ensure!(lines.is_empty(), "something was left behind or lost:\n{}", lines.join("\n"));
        println!("    nothing left behind, nothing lost");
        if before["servers"] != after["servers"] {
            println!(
                "    servers keep their firmware, and what is staged: a destroy flashes nothing"
            );
        }
        Ok(())
    })?;
    println!(
        "\nThe demo of {} passed in {} (lab clock factor {}).",
        options.environment.name(),
        seconds(steps.elapsed()),
        lab.greeting.clock
    );
    Ok(())
}

impl Environment {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }

    fn folder(self) -> PathBuf {
        workspace::root().join("environments").join(self.name())
    }

    /// Whether Proxmox VE refuses to remove its templates until that is taken back.
    fn protects(self) -> Result<bool> {
        let folder = self.folder();
        ensure!(folder.is_dir(), "there is no environments/{} yet", self.name());
        Ok(declared_variables(&folder)?.iter().any(|name| name == "protect_templates"))
    }
}

/// A copy of an environment under target/, and the terraform that runs in it.
#[derive(Debug)]
struct Run {
    terraform: Terraform,
    mirror: Mirror,
    /// The root module.
    dir: PathBuf,
    environment: BTreeMap<String, String>,
    interrupt: Interrupt,
}

impl Run {
    fn prepare(
        environment: Environment,
        folder: &Path,
        binaries: &Binaries,
        terraform: Terraform,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let name = environment.name();
        let source = environment.folder();
        for child in ["environments", "modules", "mirror"] {
            let old = folder.join(child);
            if old.exists() {
                fs::remove_dir_all(&old)?;
            }
        }
        let mirror = Mirror::install(&binaries.provider, folder)?;
        // The same two levels as in the checkout: environments refer to ../../modules.
        let dir = folder.join("environments").join(name);
        copy_configuration(&source, &dir)?;
        copy_configuration(&workspace::root().join("modules"), &folder.join("modules"))?;
        fs::write(
            dir.join("override.tf"),
            "# The demo keeps its state beside it.\nterraform {\n  backend \"local\" {}\n}\n",
        )?;
        println!("    {}", dir.display());
        Ok(Self { terraform, mirror, dir, environment: BTreeMap::new(), interrupt })
    }

    /// Point the environment at the lab: addresses in a file that wins over terraform.tfvars, so that a
    /// demo never reaches a real system, and secrets in variables.
    fn connect(mut self, greeting: &Greeting) -> Result<Self> {
        let declared = declared_variables(&self.dir)?;
        let mut addresses = Map::new();
        for (name, text) in &greeting.environment {
            let (variable, value) = input_variable(name, text);
            // What an environment does not ask for it has to do without.
            if !declared.contains(&variable) {
                continue;
            }
            self.environment.insert(name.clone(), text.clone());
            if is_secret(name) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.environment.insert(format!("TF_VAR_{variable}"), text);
            } else {
                addresses.insert(variable, value);
            }
        }
        if declared.iter().any(|name| name == "idrac_servers") {
            let server = |(name, endpoint): (&String, &String)| {
                (name.clone(), json!({ "endpoint": endpoint }))
            };
            let servers: Map<String, Value> = greeting.idracs.iter().map(server).collect();
            addresses.insert("idrac_servers".to_owned(), servers.into());
        }
        let file = self.dir.join("zz-lab.auto.tfvars.json");
        fs::write(file, format!("{:#}\n", Value::Object(addresses)))?;
        Ok(self)
    }

    /// A terraform command; only a terminal gets colours.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.terraform.command(&self.dir, self.mirror.cli_config());
        command.args(arguments).envs(&self.environment);
        if !arguments.is_empty() && !io::stdout().is_terminal() {
            command.arg("-no-color");
        }
        command
    }

    fn exit_code(&self, arguments: &[&str]) -> Result<i32> {
        let status = self.interrupt.run(&mut self.command(arguments))?;
        status.code().ok_or_else(|| anyhow!("terraform was killed: {status}"))
    }

    fn terraform(&self, arguments: &[&str]) -> Result<()> {
        match self.exit_code(arguments)? {
            0 => Ok(()),
            code => bail!("terraform {} ended with {code}", arguments.join(" ")),
        }
    }

    /// The outputs, as `terraform output -json` tells them.
    fn outputs(&self) -> Result<Value> {
        let output = self.command(&["output", "-json"]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).context("terraform output is not JSON")
    }

    /// A file for the user's shell, so that terraform run by hand sees what ours sees.
    fn write_shell_file(&self) -> Result<PathBuf> {
        let command = self.command(&[]);
        let mut text = String::new();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
                text.push_str(&format!("export {name}='{}'\n", value.replace('\'', r"'\''")));
            }
        }
        let path = self.dir.join("lab.env");
        fs::write(&path, text)?;
        Ok(path)
    }
}

/// The variable of an environment that one of the lab's environment variables fills:
/// `PROXMOX_VE_API_TOKEN` is `proxmox_api_token`, and the endpoint becomes a list of one.
fn input_variable(name: &str, value: &str) -> (String, Value) {
    let variable = name.replace("PROXMOX_VE_", "PROXMOX_").to_lowercase();
    if variable == "proxmox_endpoint" {
        let endpoints = value.split(',').map(str::trim).collect::<Vec<_>>();
        return ("proxmox_endpoints".to_owned(), json!(endpoints));
    }
    (variable, json!(value))
}

fn is_secret(name: &str) -> bool {
    name.contains("TOKEN") || name.contains("PASSWORD")
}

/// The names in the `variable "…"` blocks of a root module.
fn declared_variables(dir: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tf") {
            let text = fs::read_to_string(&path)?;
            names.extend(text.lines().filter_map(|line| {
                let rest = line.trim_start().strip_prefix("variable")?.trim_start();
                rest.strip_prefix('"')?.split_once('"').map(|(name, _)| name.to_owned())
            }));
        }
    }
    Ok(names)
}

/// Copy a folder of configuration, leaving out what a developer's own runs leave in it: state, locks,
/// installed providers, and files with somebody's credentials.
pub(crate) fn copy_configuration(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let entries =
        fs::read_dir(from).with_context(|| format!("`{}` cannot be read", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_local(&name) {
            continue;
        }
        let (source, copy) = (entry.path(), to.join(&name));
        if source.is_dir() {
            copy_configuration(&source, &copy)?;
        } else {
            fs::copy(&source, &copy)
                .with_context(|| format!("`{}` could not be copied", source.display()))?;
        }
    }
    Ok(())
}

fn is_local(name: &str) -> bool {
    name.starts_with('.')
        || name.contains(".tfstate")
        || name.contains(".auto.tfvars")
        || name.ends_with("override.tf")
        || name == "backend.hcl"
}

/// One demo at a time in a folder.
fn lock(folder: &Path) -> Result<File> {
    fs::create_dir_all(folder)?;
    let file = File::create(folder.join("lock"))?;
    file.try_lock().with_context(|| format!("another demo runs in `{}`", folder.display()))?;
    Ok(file)
}

fn look_around(run: &Run, greeting: &Greeting, interrupt: &Interrupt) -> Result<()> {
    let shell = run.write_shell_file()?;
    println!("\nEverything is up. In another terminal:");
    println!("    cd {}", run.dir.display());
    println!("    . ./{}", shell.file_name().unwrap_or_default().display());
    println!("    {} state list", run.terraform.command_line());
    println!("    curl {}/inventory", greeting.admin.trim_end_matches('/'));
    println!("    curl {}    # the web server with the images", greeting.web);
    println!("Enter destroys it and ends the demo; Ctrl-C stops the lab at once.");
    let (entered, enter) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        // Without a terminal there is no Enter: then a signal ends it.
        if matches!(io::stdin().read_line(&mut line), Ok(read) if read > 0) {
            let _ = entered.send(());
        }
    });
    while !interrupt.asked() {
        match enter.recv_timeout(Duration::from_millis(50)) {
            Ok(()) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(50)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labs_values_reach_the_variables_of_an_environment() {
        assert_eq!(
            input_variable("PROXMOX_VE_ENDPOINT", "https://a:1, https://b:2"),
            ("proxmox_endpoints".to_owned(), json!(["https://a:1", "https://b:2"]))
        );
        assert_eq!(
            input_variable("PROXMOX_VE_API_TOKEN", "x"),
            ("proxmox_api_token".to_owned(), json!("x"))
        );
        assert_eq!(input_variable("NETBOX_URL", "u"), ("netbox_url".to_owned(), json!("u")));
        assert!(is_secret("NETBOX_TOKEN") && is_secret("IDRAC_PASSWORD"));
        assert!(!is_secret("PROXMOX_VE_CA_CERTIFICATE"));
    }

    #[test]
    fn a_copy_leaves_state_and_credentials_where_they_are() {
        for name in [".terraform", ".terraform.lock.hcl", "terraform.tfstate.backup"] {
            assert!(is_local(name), "{name}");
        }
        for name in ["backend.hcl", "mine.auto.tfvars", "local_override.tf", "override.tf"] {
            assert!(is_local(name), "{name}");
        }
        for name in ["main.tf", "terraform.tfvars", "backend.tf", "backend.hcl.example", "tests"] {
            assert!(!is_local(name), "{name}");
        }
    }
}
