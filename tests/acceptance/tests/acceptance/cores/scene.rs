//! The shortest way to have a Terraform make a call.

use acceptance::Run;

use super::play::Play;

/// What Terraform is given, and the command that reaches the call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene {
    /// The schemas are loaded, for something else than a server.
    Schema,
    /// A server is validated.
    Validate,
    /// A server is planned, that is not there yet.
    Plan,
    /// A server is planned and created.
    Apply,
    /// A server is created; then an honest refresh and a plan.
    ApplyPlan,
    /// A server that is there is read, and planned.
    Refresh,
    /// A server that is there is planned to change.
    Update,
    /// The same, and changed.
    UpdateApply,
    /// A server that nobody manages yet is imported.
    Import,
    /// The same, and Terraform writes its configuration.
    Generate,
    /// The same, and the configuration that it wrote is planned.
    GeneratePlan,
    /// A data source is read.
    Data,
    /// A function is called, with these arguments.
    Call(&'static str),
    /// The same for an attribute, in a plan and in its apply.
    CallApply(&'static str),
    /// An ephemeral resource is opened and closed.
    Open,
    /// An ephemeral resource is opened for a write-only attribute.
    OpenWriteOnly,
    /// An ephemeral resource is renewed while it is open.
    Renew,
    /// What there is is listed.
    List,
    /// The same, with the whole objects.
    ListWhole,
    /// An action is planned.
    PlanAction,
    /// An action is run.
    Invoke,
    /// Another provider's resource becomes a server.
    Move,
    /// A server that is there is destroyed.
    Destroy,
    /// A rack, whose blocks are of every nesting, is planned.
    Rack,
    /// A rack is planned of which some blocks are not known yet.
    RackUnknown,
    /// A rack is created.
    RackApply,
    /// A rack is created; then it is read, and planned.
    RackRefresh,
    /// A server is read whose identity was written by an older version.
    UpgradeIdentity,
}

impl Scene {
    /// The scene for the answers to a call.
    pub(super) fn of(rpc: &str) -> Self {
        match rpc {
            "GetProviderSchema" | "GetResourceIdentitySchemas" | "GetMetadata" => Self::Schema,
            "ValidateResourceConfig" | "ValidateProviderConfig" => Self::Validate,
            "PlanResourceChange" | "ConfigureProvider" | "StopProvider" => Self::Plan,
            "ApplyResourceChange" => Self::Apply,
            "ReadResource" | "UpgradeResourceState" => Self::Refresh,
            "ImportResourceState" => Self::Import,
            "GenerateResourceConfig" => Self::Generate,
            "ReadDataSource" => Self::Data,
            "CallFunction" => Self::Call(r#""-", "a""#),
            "OpenEphemeralResource" => Self::Open,
            "RenewEphemeralResource" => Self::Renew,
            "ListResource" => Self::List,
            "PlanAction" => Self::PlanAction,
            "InvokeAction" => Self::Invoke,
            "MoveResourceState" => Self::Move,
            "UpgradeResourceIdentity" => Self::UpgradeIdentity,
            other => panic!("no scene reaches {other}"),
        }
    }

    /// Plays it, broken as `case` says from the command on that matters. `created` is an honest server's state, and
    /// the world with it.
    pub(super) fn play(self, play: &mut Play<'_>, case: Option<&str>, created: &Created) -> Run {
        let there = || {
            play.write("world.json", &created.world);
        };
        let managed = || {
            there();
            play.write("terraform.tfstate", &created.state);
            play.write("main.tf", FULL);
        };
        let command: &[&str] = match self {
            Self::Schema => {
                play.write("main.tf", DATA);
                VALIDATE
            }
            Self::Validate => {
                play.write("main.tf", FULL);
                VALIDATE
            }
            Self::Plan => {
                play.write("main.tf", FULL);
                PLAN
            }
            Self::Apply | Self::ApplyPlan => {
                play.write("main.tf", FULL);
                APPLY
            }
            Self::Refresh => {
                managed();
                PLAN
            }
            Self::Update | Self::UpdateApply => {
                managed();
                play.write("main.tf", FULL.replace("= 64", "= 65"));
                if matches!(self, Self::Update) { PLAN } else { APPLY }
            }
            Self::Import => {
                there();
                play.write("main.tf", format!("{IMPORT}{FULL}"));
                PLAN
            }
            Self::Generate | Self::GeneratePlan => {
                there();
                play.write("main.tf", IMPORT);
                &["plan", "-no-color", "-generate-config-out=generated.tf"]
            }
            Self::Data => {
                there();
                play.write("main.tf", DATA);
                PLAN
            }
            Self::Call(arguments) => {
                let call = format!("provider::sample::join({arguments})");
                play.write("main.tf", format!("output \"joined\" {{\n  value = {call}\n}}\n"));
                PLAN
            }
            Self::CallApply(arguments) => {
                let call = format!("= provider::sample::join({arguments})");
                play.write("main.tf", FULL.replace("= \"Web-1\"", &call));
                APPLY
            }
            Self::Open => {
                there();
                play.write("main.tf", session(30));
                PLAN
            }
            Self::OpenWriteOnly => {
                let password = "= ephemeral.sample_session.this.token";
                let server = FULL.replace("= \"pa55\"", password);
                play.write("main.tf", format!("{SESSION}{server}"));
                PLAN
            }
            Self::Renew => {
                there();
                play.write("main.tf", session(0));
                PLAN
            }
            Self::List => {
                there();
                play.write("all.tfquery.hcl", LIST);
                QUERY
            }
            Self::ListWhole => {
                there();
                let whole = LIST.replace("limit    = 1", "include_resource = true");
                play.write("all.tfquery.hcl", whole);
                QUERY
            }
            Self::PlanAction => {
                there();
                play.write("main.tf", ACTION);
                &["plan", "-no-color", "-invoke=action.sample_restart.this"]
            }
            Self::Invoke => {
                there();
                play.write("main.tf", ACTION);
                &["apply", "-no-color", "-auto-approve", "-invoke=action.sample_restart.this"]
            }
            Self::Move => {
                there();
                play.write("terraform.tfstate", CLOUD);
                play.write("main.tf", format!("{MOVED}{FULL}"));
                PLAN
            }
            Self::Destroy => {
                managed();
                &["apply", "-no-color", "-auto-approve", "-destroy"]
            }
            Self::Rack | Self::RackApply | Self::RackUnknown | Self::RackRefresh => {
                play.write("provider.tf", "provider \"sample\" {}\n");
                play.breaks("racks");
                if matches!(self, Self::RackUnknown) {
                    let shelf = "  shelf {\n    height = 1\n  }\n  shelf {\n    height = 2\n  }\n";
                    play.write("main.tf", format!("{DATUM}{}", RACK.replace(shelf, UNKNOWN_SHELF)));
                } else {
                    play.write("main.tf", RACK);
                }
                if matches!(self, Self::RackRefresh) {
                    let _ = play.run(APPLY).succeeded();
                }
                if matches!(self, Self::RackApply) { APPLY } else { PLAN }
            }
            Self::UpgradeIdentity => {
                managed();
                let older = created
                    .state
                    .replace("\"identity_schema_version\": 1", "\"identity_schema_version\": 0");
                play.write("terraform.tfstate", older);
                PLAN
            }
        };
        if let Some(case) = case {
            play.breaks(case);
        }
        let run = play.run(command);
        match self {
            Self::ApplyPlan | Self::GeneratePlan if run.code() == 0 => play.run(PLAN),
            _ => run,
        }
    }
}

/// What an honest apply of [`SERVER`] leaves.
pub(super) struct Created {
    pub(super) state: String,
    pub(super) world: String,
}

impl Created {
    /// By that apply.
    pub(super) fn new(play: &mut Play<'_>) -> Self {
        let nothing = Self { state: String::new(), world: String::new() };
        let _ = Scene::Apply.play(play, None, &nothing).succeeded();
        Self { state: play.read("terraform.tfstate"), world: play.read("world.json") }
    }
}

const VALIDATE: &[&str] = &["validate", "-no-color"];
const PLAN: &[&str] = &["plan", "-no-color"];
const APPLY: &[&str] = &["apply", "-no-color", "-auto-approve"];
const QUERY: &[&str] = &["query", "-no-color"];

pub(super) const SERVER: &str = r#"
resource "sample_server" "this" {
  name     = "Web-1"
  zone     = "north"
  image    = "debian"
  memory   = 64
  password = "pa55"
  disks    = { scsi0 = { size = 8 } }
}
"#;

/// The same with a value of every kind.
const FULL: &str = r#"
resource "sample_server" "this" {
  name             = "Web-1"
  zone             = "north"
  image            = "debian"
  memory           = 64
  password         = "pa55"
  password_version = 9007199254740993
  tags             = ["a", "b"]
  disks            = { scsi0 = { size = 8 } }
  rules            = [{ port = 22 }]
  peers            = [{ name = "a", port = 22 }]
  agent            = { enabled = true, secret = "s3cret" }
}
"#;

const RACK: &str = r#"
resource "sample_rack" "this" {
  name = "r1"

  location {
    row = "a"
  }
  cooling {
    fans = 2
  }
  shelf {
    height = 1
  }
  shelf {
    height = 2
  }
  port "eth0" {
    speed = 10
  }
  tag {
    key = "a"
  }
  tag {
    key = "b"
  }
}
"#;

const DATUM: &str = r#"
resource "terraform_data" "shelves" {
  input = { low = 1 }
}
"#;

const UNKNOWN_SHELF: &str = r#"  dynamic "shelf" {
    for_each = terraform_data.shelves.output
    content {
      height = shelf.value
    }
  }
"#;

const IMPORT: &str = r#"
import {
  to = sample_server.this
  id = "1"
}
"#;

const DATA: &str = r#"
data "sample_inventory" "this" {
  zone = "north"
}
"#;

const ACTION: &str = r#"
action "sample_restart" "this" {
  config {
    id = 1
  }
}
"#;

const MOVED: &str = r"
moved {
  from = cloud_machine.this
  to   = sample_server.this
}
";

/// A state in which another provider has a machine.
const CLOUD: &str = r#"{
  "version": 4,
  "terraform_version": "1.11.0",
  "serial": 1,
  "lineage": "00000000-0000-0000-0000-000000000000",
  "outputs": {},
  "resources": [
    {
      "mode": "managed",
      "type": "cloud_machine",
      "name": "this",
      "provider": "provider[\"registry.terraform.io/other/cloud\"]",
      "instances": [{ "schema_version": 0, "attributes": { "number": 1 } }]
    }
  ],
  "check_results": null
}
"#;

const LIST: &str = r#"
list "sample_server" "all" {
  provider = sample
  limit    = 1
}
"#;

pub(super) const SESSION: &str = r#"
ephemeral "sample_session" "this" {
  user    = "ops"
  minutes = 30
}
"#;

/// A session that another provider uses, which is started and asked while it is open.
fn session(minutes: u32) -> String {
    let session = SESSION.replace("30", &minutes.to_string());
    format!(
        "{session}\nprovider \"sample\" {{\n  alias    = \"other\"\n  endpoint = \
         ephemeral.sample_session.this.token == \"\" ? \"\" : \"world.json\"\n}}\n\ndata \
         \"sample_inventory\" \"this\" {{\n  provider = sample.other\n  zone     = \"north\"\n}}\n"
    )
}
