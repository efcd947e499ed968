//! The firmware of a server as it is.

use std::collections::BTreeMap;
use std::time::Duration;

use onprem_redfish::{Firmware, Phase};
use tf_provider::{Context, Diagnostic, Result};

use super::component::Found;
use super::{Component, RebootPolicy, STAGED, ServerFirmware, Staged, component_path, word};
use crate::idrac::Host;

/// How long the inventory may take to show what a job did.
pub(super) const INVENTORY_LAG: Duration = Duration::from_secs(60);

/// Reads what the state holds, or everything after an import.
pub(super) async fn read(cx: &Context<ServerFirmware>, host: &Host) -> Result<ServerFirmware> {
    let inventory = host.firmware_inventory().await?;
    let components = cx.prior().and_then(|prior| prior.components.known());
    let words: BTreeMap<String, String> = match components {
        Some(components) => components
            .iter()
            .filter_map(|(key, component)| {
                let word = word(key, &component.known()?.component)?;
                Some((key.clone(), word.to_owned()))
            })
            .collect(),
        None => everything(&inventory),
    };
    observe(cx, host, &words, &inventory).await
}

/// Every component that can be updated, under its FQDD.
fn everything(inventory: &[Firmware]) -> BTreeMap<String, String> {
    let installed = inventory.iter().filter(|one| one.is_installed() && one.updateable);
    let named = installed.filter(|one| !one.fqdd.is_empty());
    named.map(|one| (one.fqdd.clone(), one.fqdd.clone())).collect()
}

/// What is there of the components that `words` name; one that is gone is left out.
pub(super) async fn observe(
    cx: &Context<ServerFirmware>,
    host: &Host,
    words: &BTreeMap<String, String>,
    inventory: &[Firmware],
) -> Result<ServerFirmware> {
    let mut staged = cx.recall::<Staged>(STAGED)?.unwrap_or_default();
    let remembered = staged.clone();
    let mut components = BTreeMap::new();
    for (key, word) in words {
        let Some(found) = Found::find(inventory, word) else { continue };
        let waits = match staged.get(key) {
            Some((job, version)) => look(cx, host, key, &found, (job, version)).await?,
            None => None,
        };
        // A component that several devices have in different versions shows one that is not wanted.
        let prior = prior_version(cx, key);
        let installed = found.version(prior.as_deref().unwrap_or_default()).to_owned();
        let (version, state) = match (&waits, staged.get(key)) {
            (Some(state), Some((_, version))) => (version.clone(), *state),
            _ => {
                staged.remove(key);
                (installed.clone(), "done")
            }
        };
        let component = Component {
            version,
            component: None,
            image: None,
            installed_version: installed,
            state: state.to_owned(),
        };
        components.insert(key.clone(), component);
    }
    staged.retain(|key, _| components.contains_key(key));
    if staged != remembered {
        cx.remember(STAGED, &staged)?;
    }
    let any = |state: &str| components.values().any(|component| component.state == state);
    let state = match () {
        () if any("needs-power-cycle") => "needs-power-cycle",
        () if any("staged") => "staged",
        () => "done",
    };
    Ok(ServerFirmware {
        id: host.name.clone(),
        server: host.name.clone(),
        state: state.to_owned(),
        pending_reboot: any("staged"),
        components,
        reboot: RebootPolicy::Never,
        allow_downgrade: false,
    })
}

/// What a staged update waits for; nothing when it waits no more.
async fn look(
    cx: &Context<ServerFirmware>,
    host: &Host,
    key: &str,
    found: &Found,
    (id, version): (&str, &str),
) -> Result<Option<&'static str>> {
    if found.is_at(version) {
        return Ok(None);
    }
    let Some(job) = host.job(id).await? else { return Ok(None) };
    Ok(match job.phase() {
        Phase::Running | Phase::Staged => Some("staged"),
        Phase::UserIntervention => Some("needs-power-cycle"),
        // The inventory is collected after the host's start, which is later.
        Phase::Done => {
            let ready = host.lifecycle_status().await?.is_none_or(|status| status.is_ready());
            (!ready).then_some("staged")
        }
        _ => {
            cx.warn(
                Diagnostic::warning(format!("The staged update of {} failed", found.name()))
                    .detail(format!("The job {id} {}.", job.ending()))
                    .hint("apply again to try again")
                    .at(component_path(key)),
            );
            None
        }
    })
}

fn prior_version(cx: &Context<ServerFirmware>, key: &str) -> Option<String> {
    let values = cx.config().or_else(|| cx.prior())?;
    values.components.known()?.get(key)?.known()?.version.known().cloned()
}
