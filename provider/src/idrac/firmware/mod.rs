//! Firmware of a server. API: `/redfish/v1/UpdateService` and `…/Oem/Dell/Jobs`.
//!
//! `component` finds what the configuration means in the inventory and says what an update of it takes;
//! `plan` says that before the apply, `converge` does it, `state` tells what is there.

mod component;
mod converge;
mod image;
mod plan;
mod state;

use std::collections::BTreeMap;

use onprem_redfish::Deadline;
use tf_provider::cty::Path;
use tf_provider::{
    Attributes, Choice, Context, Diagnostic, Diagnostics, PlanContext, Resource, Result, Update,
    Value,
};

use super::Idrac;
use converge::Converge;
use image::Image;

/// Firmware of a server, brought to the versions that the configuration names.
///
/// An update that the host must restart for is staged and waits for the next restart, whoever does it:
/// an apply restarts no host unless `reboot` says so. Every version is verified in the iDRAC's inventory.
/// Destroying this resource leaves the firmware alone.
#[derive(Clone, Resource)]
#[resource(
    name = "idrac_firmware",
    group = "Dell iDRAC",
    import = "{server}",
    timeouts(create = "2h", read = "5m", update = "2h", delete = "5m")
)]
pub(crate) struct ServerFirmware {
    /// The name of the server.
    #[attr(computed)]
    id: String,
    /// Name of the server in the provider block.
    #[attr(required, replace, identity)]
    server: String,
    /// The components by a name of yours; others are left alone.
    #[attr(required)]
    components: BTreeMap<String, Component>,
    /// Whether the apply restarts the host: `if_needed` does for an update that needs it, `always` after
    /// every update, and `error` lets a plan fail that would need it. A host that is off stays off.
    #[attr(optional, default = RebootPolicy::Never)]
    reboot: RebootPolicy,
    /// Whether a version may be older than the installed one.
    #[attr(optional, default = false)]
    allow_downgrade: bool,
    /// `done`, or `staged` while a component waits for a restart of the host, or
    /// `needs-power-cycle` while one waits for the power to be cut.
    #[attr(computed(until = [components, reboot, allow_downgrade]))]
    state: String,
    /// Whether updates wait for a restart of the host.
    #[attr(computed(until = [components, reboot, allow_downgrade]))]
    pending_reboot: bool,
}

/// Firmware of one component.
#[derive(Clone, Attributes)]
pub(crate) struct Component {
    /// Version that it shall have, as the inventory spells it. While an update is staged this is the
    /// version that it brings.
    #[attr(required)]
    version: String,
    /// What is updated: the id of the component (`159`), its FQDD (`BIOS.Setup.1-1`) or its name
    /// (`BIOS`); the name in `components` unless set. Several devices of one component are updated
    /// together.
    #[attr(optional)]
    component: Option<String>,
    /// The update package: a URL that the iDRAC itself fetches (`http`, `https`, `nfs`, `cifs`, `tftp`),
    /// or the path of a file here, which is uploaded. Without it the component can only go back to the
    /// version before.
    #[attr(optional)]
    image: Option<String>,
    /// Version that runs now.
    #[attr(computed(until = [version, component]))]
    installed_version: String,
    /// `done`, or `staged` while it waits for a restart of the host, or `needs-power-cycle`.
    #[attr(computed(until = [version, component]))]
    state: String,
}

/// Whether an apply restarts a host.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum RebootPolicy {
    /// No: the update waits for the next restart.
    Never,
    /// When an update waits for it.
    #[choice(name = "if_needed")]
    IfNeeded,
    /// After every update, also after one that does not need it.
    Always,
    /// Not at all: a plan that may need it fails.
    Error,
    Other(String),
}

impl RebootPolicy {
    /// Whether the apply restarts a host for which updates wait.
    fn restarts(&self) -> bool {
        matches!(self, Self::Always | Self::IfNeeded)
    }
}

/// The jobs that wait for a restart, in private state: by component the job and the version that it
/// brings.
type Staged = BTreeMap<String, (String, String)>;

/// Key of [`Staged`].
const STAGED: &str = "staged";

impl Resource for ServerFirmware {
    type Client = Idrac;

    fn validate(config: &ServerFirmwareValues, diagnostics: &mut Diagnostics) {
        for (key, component) in config.components.known().into_iter().flatten() {
            let Some(component) = component.known() else { continue };
            let at = |name: &str| component_path(key).attribute(name);
            if let Some(image) = component.image.known()
                && let Err(problem) = image.parse::<Image>()
            {
                diagnostics.push(problem.at(at("image")));
            }
            if component.version.known().is_some_and(|version| version.trim().is_empty()) {
                diagnostics.push(Diagnostic::error("`version` is empty").at(at("version")));
            }
        }
    }

    async fn plan(cx: &mut PlanContext<Self>, idrac: Option<&Idrac>) -> Result<()> {
        plan::plan(cx, idrac).await
    }

    async fn create(
        cx: &mut Context<Self>,
        idrac: &Idrac,
        plan: ServerFirmwarePlan,
    ) -> Result<Self> {
        let host = idrac.host(&plan.server)?.within(cx);
        let firmware = Converge::new(cx, &host, &plan)?.run().await?;
        cx.created(&ServerFirmwareIdentity { server: plan.server });
        Ok(firmware)
    }

    async fn read(
        cx: &mut Context<Self>,
        idrac: &Idrac,
        identity: ServerFirmwareIdentity,
    ) -> Result<Option<Self>> {
        let host = idrac.host(&identity.server)?.within(cx);
        state::read(cx, &host).await.map(Some)
    }

    async fn update(
        cx: &mut Context<Self>,
        idrac: &Idrac,
        identity: ServerFirmwareIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let host = idrac.host(&identity.server)?.within(cx);
        Converge::new(cx, &host, &update.plan)?.run().await
    }

    /// Firmware cannot be taken away: the resource is forgotten.
    async fn delete(
        cx: &mut Context<Self>,
        _idrac: &Idrac,
        identity: ServerFirmwareIdentity,
    ) -> Result<()> {
        let server = identity.server;
        let mut warning = Diagnostic::warning(format!("The firmware of {server} stays as it is"))
            .detail("It is not managed any more. Nothing was flashed.");
        let staged = cx.recall::<Staged>(STAGED)?.unwrap_or_default();
        if !staged.is_empty() {
            let jobs: Vec<String> =
                staged.iter().map(|(key, (job, _))| format!("{job} ({key})")).collect();
            warning = warning.detail(format!(
                "What is staged still happens at the host's next restart: {}.",
                jobs.join(", ")
            ));
        }
        cx.warn(warning);
        Ok(())
    }
}

/// Where a component is in the configuration.
fn component_path(key: &str) -> Path {
    Path::from("components").key(key)
}

/// What the configuration calls a component.
fn word<'a>(key: &'a str, component: &'a Value<String>) -> Option<&'a str> {
    match component {
        Value::Known(word) => Some(word),
        Value::Null => Some(key),
        Value::Unknown => None,
    }
}

/// The deadline of a look that a plan takes.
fn soon() -> Deadline {
    Deadline::after(std::time::Duration::from_secs(120), "the time for a plan")
}
