//! Plays the Proxmox providers of other people, as far as a `moved` block needs them: their types and the
//! shape of their states. It makes nothing and asks nobody.

use std::process::ExitCode;

use tf_provider::{Attributes, Context, Provider, Registry, Resource, Result, Update};

fn main() -> ExitCode {
    tf_provider::run::<Peers>()
}

/// Both providers, whose types have the same prefix.
struct Peers;

/// Their provider block.
#[derive(Clone, Attributes)]
struct Config {
    /// Where the server would be.
    #[attr(optional)]
    endpoint: Option<String>,
}

impl Provider for Peers {
    type Config = Config;
    type Clients = ();

    const NAME: &'static str = "proxmox";
    const ADDRESS: &'static str = "registry.terraform.io/bpg/proxmox";
    const VERSION: &'static str = "0.0.0";
    const DESCRIPTION: &'static str = "A stub.";

    fn register(registry: &mut Registry<()>) {
        registry
            .resource::<BpgVm>()
            .resource::<BpgContainer>()
            .resource::<BpgFile>()
            .resource::<TelmateVm>();
    }

    fn configure(_config: ConfigValues) -> Result<()> {
        Ok(())
    }
}

impl tf_provider::FromClients<()> for Nothing {
    fn from_clients(_clients: &()) -> Result<Self> {
        Ok(Self)
    }
}

/// Nobody is asked.
#[derive(Clone)]
struct Nothing;

/// What a guest was cloned from.
#[derive(Clone, Attributes)]
struct CloneSource {
    /// Its number.
    #[attr(required)]
    vm_id: i64,
    /// Whether it was copied.
    #[attr(optional)]
    full: Option<bool>,
}

/// A VM of bpg's.
#[derive(Clone, Resource)]
#[resource(name = "virtual_environment_vm", import = "{id}")]
struct BpgVm {
    /// Its number as text.
    #[attr(computed, identity)]
    id: String,
    /// Its number.
    #[attr(required)]
    vm_id: i64,
    /// Its node.
    #[attr(required)]
    node_name: String,
    /// What it was cloned from.
    #[attr(optional)]
    clone: Option<Vec<CloneSource>>,
    /// Whether it is restarted.
    #[attr(optional, default = true)]
    reboot_after_update: bool,
    /// Seconds to shut down.
    #[attr(optional, default = 1800)]
    timeout_shutdown_vm: i64,
}

/// What a container was made from.
#[derive(Clone, Attributes)]
struct OperatingSystem {
    /// The file.
    #[attr(required)]
    template_file_id: String,
}

/// A container of bpg's.
#[derive(Clone, Resource)]
#[resource(name = "virtual_environment_container", import = "{id}")]
struct BpgContainer {
    /// Its number as text.
    #[attr(computed, identity)]
    id: String,
    /// Its number.
    #[attr(required)]
    vm_id: i64,
    /// Its node.
    #[attr(required)]
    node_name: String,
    /// What it was made from.
    #[attr(optional)]
    operating_system: Option<Vec<OperatingSystem>>,
}

/// A file of bpg's.
#[derive(Clone, Resource)]
#[resource(name = "virtual_environment_download_file", import = "{id}")]
struct BpgFile {
    /// Its volume.
    #[attr(computed, identity)]
    id: String,
    /// Its node.
    #[attr(required)]
    node_name: String,
    /// Its storage.
    #[attr(required)]
    datastore_id: String,
    /// What it is.
    #[attr(required)]
    content_type: String,
    /// Its name.
    #[attr(required)]
    file_name: String,
    /// Where it came from.
    #[attr(required)]
    url: String,
    /// Its checksum.
    #[attr(optional)]
    checksum: Option<String>,
    /// Whether certificates were verified.
    #[attr(optional, default = true)]
    verify: bool,
}

/// A VM of Telmate's.
#[derive(Clone, Resource)]
#[resource(name = "vm_qemu", import = "{id}")]
struct TelmateVm {
    /// Node, kind and number.
    #[attr(computed, identity)]
    id: String,
    /// Its number.
    #[attr(required)]
    vmid: i64,
    /// Its node.
    #[attr(required)]
    target_node: String,
}

/// A resource that is as it was configured, and that nobody looks at again.
macro_rules! stub {
    ($name:ident, $plan:ident, $identity:ident, $make:expr) => {
        impl Resource for $name {
            type Client = Nothing;

            async fn create(
                _cx: &mut Context<Self>,
                _client: &Nothing,
                plan: $plan,
            ) -> Result<Self> {
                Ok($make(plan))
            }

            async fn read(
                cx: &mut Context<Self>,
                _client: &Nothing,
                _identity: $identity,
            ) -> Result<Option<Self>> {
                Err(tf_provider::Diagnostic::error("A stub is never asked again")
                    .detail(format!("{}", cx.prior().is_some())))
            }

            async fn update(
                _cx: &mut Context<Self>,
                _client: &Nothing,
                _identity: $identity,
                update: Update<Self>,
            ) -> Result<Self> {
                Ok($make(update.plan))
            }

            async fn delete(
                _cx: &mut Context<Self>,
                _client: &Nothing,
                _identity: $identity,
            ) -> Result<()> {
                Ok(())
            }
        }
    };
}

stub!(BpgVm, BpgVmPlan, BpgVmIdentity, |plan: BpgVmPlan| BpgVm {
    id: plan.vm_id.to_string(),
    vm_id: plan.vm_id,
    node_name: plan.node_name,
    clone: None,
    reboot_after_update: plan.reboot_after_update,
    timeout_shutdown_vm: plan.timeout_shutdown_vm,
});

stub!(BpgContainer, BpgContainerPlan, BpgContainerIdentity, |plan: BpgContainerPlan| {
    BpgContainer {
        id: plan.vm_id.to_string(),
        vm_id: plan.vm_id,
        node_name: plan.node_name,
        operating_system: None,
    }
});

stub!(BpgFile, BpgFilePlan, BpgFileIdentity, |plan: BpgFilePlan| BpgFile {
    id: format!("{}:{}/{}", plan.datastore_id, plan.content_type, plan.file_name),
    node_name: plan.node_name,
    datastore_id: plan.datastore_id,
    content_type: plan.content_type,
    file_name: plan.file_name,
    url: plan.url,
    checksum: plan.checksum,
    verify: plan.verify,
});

stub!(TelmateVm, TelmateVmPlan, TelmateVmIdentity, |plan: TelmateVmPlan| TelmateVm {
    id: format!("{}/qemu/{}", plan.target_node, plan.vmid),
    vmid: plan.vmid,
    target_node: plan.target_node,
});
