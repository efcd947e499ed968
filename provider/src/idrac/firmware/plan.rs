//! What a plan of firmware says beyond the classes of its attributes: from which version to which, and
//! what the host has to do for it.

use std::collections::BTreeMap;

use onprem_redfish::Firmware;
use tf_provider::{Diagnostic, PlanContext, Result, Value};

use super::component::{Found, Source, Step};
use super::{
    ComponentValues, RebootPolicy, STAGED, ServerFirmware, ServerFirmwareValues, Staged,
    component_path, soon, word,
};
use crate::idrac::Idrac;

pub(super) async fn plan(
    cx: &mut PlanContext<ServerFirmware>,
    idrac: Option<&Idrac>,
) -> Result<()> {
    let Some(planned) = cx.planned().cloned() else { return Ok(()) };
    let policy = planned.reboot.known().cloned().unwrap_or(RebootPolicy::Never);
    waiting(cx, &policy, &planned, idrac).await?;
    if cx.prior().is_some() && !cx.changes("components") {
        return Ok(());
    }
    let (Some(idrac), Some(server), Some(components)) =
        (idrac, planned.server.known(), planned.components.known())
    else {
        return Ok(());
    };
    let host = idrac.host(server)?;
    let host = host.until(&soon());
    let inventory = host.firmware_inventory().await?;
    let Steps { steps, staged } = steps(cx, &planned, components, &inventory).await?;
    if steps.is_empty() {
        return Ok(());
    }
    let (mut cold, mut cplds, mut others) = (vec![], false, vec![]);
    for (found, step) in &steps {
        if found.needs_reboot() {
            cold.push(format!("{} {}", found.name(), step.to));
        }
    }
    // One that is staged already bars everything, one that comes only what it would meet.
    let barred = staged.iter().any(Found::is_cpld);
    for found in steps.iter().map(|(found, _)| found).chain(&staged) {
        match found.is_cpld() {
            true => cplds = true,
            false if barred || found.waits_with_others() => others.push(found.name()),
            false => {}
        }
    }
    let lines: Vec<String> =
        steps.iter().map(|(found, step)| format!("  {}", step.describe(found))).collect();
    let notice = Diagnostic::warning(format!("Firmware of {server} will be updated"))
        .detail(lines.join("\n"));
    let alone = !cplds || others.is_empty();
    if policy == RebootPolicy::Always {
        let why = "The host will be restarted after it, as `reboot` says.";
        cx.report(notice.detail(why).at("reboot"));
        return Ok(());
    }
    if cold.is_empty() && alone {
        cx.report(notice.detail("No restart of the host is needed."));
        return Ok(());
    }
    if policy == RebootPolicy::Error && !cold.is_empty() {
        cx.report(
            Diagnostic::error("The update needs a restart of the host")
                .detail(lines.join("\n"))
                .hint("`reboot` is `error`: set it to `never` or `if_needed`")
                .at("reboot"),
        );
        return Ok(());
    }
    if policy == RebootPolicy::IfNeeded {
        cx.report(notice.detail("The host will be restarted, as `reboot` says.").at("reboot"));
        return Ok(());
    }
    if !alone {
        cx.report(
            Diagnostic::error("A CPLD is updated alone")
                .detail(format!("Beside it there would be: {}.", others.join(", ")))
                .hint(
                    "update the CPLD in an apply of its own, or set `reboot = \"if_needed\"`, which \
                     restarts the host in between",
                )
                .at("components"),
        );
    }
    let service = host.update_service().await?;
    if !service.can_wait_for_reset() && !cold.is_empty() {
        cx.report(no_waiting(server, &cold.join(", ")).at("reboot"));
    }
    cx.report(
        notice
            .detail(
                "What needs a restart of the host is staged and waits for one; the host is not \
                 restarted.",
            )
            .hint("`state` tells what waits; `reboot = \"if_needed\"` has it done"),
    );
    Ok(())
}

/// What waits for a restart may be done by the time of the apply, or is done by it.
async fn waiting(
    cx: &mut PlanContext<ServerFirmware>,
    policy: &RebootPolicy,
    planned: &ServerFirmwareValues,
    idrac: Option<&Idrac>,
) -> Result<()> {
    let Some(prior) = cx.prior().cloned() else { return Ok(()) };
    if prior.state.known().is_none_or(|state| state == "done") {
        return Ok(());
    }
    let mut overdue = prior.pending_reboot.known() == Some(&true) && policy.restarts();
    if overdue && let (Some(idrac), Some(server)) = (idrac, planned.server.known()) {
        // A host that is off is left off, by every apply.
        let system = idrac.host(server)?.until(&soon()).system().await?;
        overdue = system.power_state.as_deref() == Some("On");
    }
    let touched = ["components", "reboot", "allow_downgrade", "timeouts"];
    if !overdue && !touched.iter().any(|name| cx.changes(name)) {
        return Ok(());
    }
    cx.unknown("state");
    cx.unknown("pending_reboot");
    for (key, component) in prior.components.known().into_iter().flatten() {
        let state = component.known().and_then(|component| component.state.known());
        if state.is_some_and(|state| state != "done") {
            cx.unknown(component_path(key).attribute("state"));
            cx.unknown(component_path(key).attribute("installed_version"));
        }
    }
    if overdue {
        cx.report(
            Diagnostic::warning("The host will be restarted")
                .detail("Updates were staged before that wait for it, and `reboot` says so.")
                .hint("with `reboot = \"never\"` they wait on")
                .at("reboot"),
        );
    }
    Ok(())
}

/// What a plan finds.
struct Steps {
    /// What has to be done.
    steps: Vec<(Found, Step)>,
    /// What is staged already.
    staged: Vec<Found>,
}

/// What has to be done, with every obstacle reported.
async fn steps(
    cx: &mut PlanContext<ServerFirmware>,
    planned: &ServerFirmwareValues,
    components: &BTreeMap<String, Value<ComponentValues>>,
    inventory: &[Firmware],
) -> Result<Steps> {
    let staged = cx.recall::<Staged>(STAGED)?.unwrap_or_default();
    let allow_downgrade = planned.allow_downgrade.known() == Some(&true);
    let (mut steps, mut waiting) = (vec![], vec![]);
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for (key, component) in components {
        let Some(component) = component.known() else { continue };
        let (Some(word), Some(version)) =
            (word(key, &component.component), component.version.known())
        else {
            continue;
        };
        let path = component_path(key);
        let Some(found) = Found::find(inventory, word) else {
            cx.report(missing(inventory, key, word));
            continue;
        };
        let twice = found.devices().find_map(|device| seen.insert(device.id.clone(), key));
        if let Some(other) = twice.filter(|other| *other != key) {
            cx.report(
                Diagnostic::error(format!("`{other}` and `{key}` are the same component"))
                    .detail(format!("Both are {}.", found.name()))
                    .at(path),
            );
            continue;
        }
        if staged.get(key).is_some_and(|(_, staged)| staged == version) {
            waiting.push(found);
            continue;
        }
        let image = match &component.image {
            Value::Null => Value::Null,
            Value::Unknown => Value::Unknown,
            Value::Known(image) => match image.parse() {
                Ok(image) => Value::Known(image),
                // The validation has said it.
                Err(_) => continue,
            },
        };
        match found.step(inventory, version, image, allow_downgrade) {
            Ok(None) => {}
            Ok(Some(step)) => {
                if let Some(Source::Image(image)) = &step.source
                    && let Some(manifest) = image.manifest().await
                    && let Err(problem) = found.check(&manifest, version)
                {
                    cx.report(problem.at(path.attribute("image")));
                    continue;
                }
                steps.push((found, step));
            }
            Err(problem) => cx.report(problem.at(path.attribute("version"))),
        }
    }
    Ok(Steps { steps, staged: waiting })
}

/// That an iDRAC cannot be told to leave the host alone.
pub(super) fn no_waiting(server: &str, what: &str) -> Diagnostic {
    Diagnostic::error(format!("The iDRAC of {server} might restart the host by itself"))
        .detail(format!(
            "It does not offer to let an update wait for a restart (`OnReset`), which {what} needs."
        ))
        .hint("update the iDRAC itself first, or allow the restart: reboot = \"if_needed\"")
}

/// That there is no such component, with those that there are.
pub(super) fn missing(inventory: &[Firmware], key: &str, word: &str) -> Diagnostic {
    let installed = inventory.iter().filter(|one| one.is_installed() && one.updateable);
    let names: Vec<String> = installed
        .map(|one| match &one.component_id {
            Some(id) => format!("  {} ({id}, {})", one.name, one.fqdd),
            None => format!("  {} ({})", one.name, one.fqdd),
        })
        .collect();
    Diagnostic::error(format!("The server has no component `{word}`"))
        .detail(format!("It has:\n{}", names.join("\n")))
        .hint("name it by id, FQDD or name in `component`")
        .at(component_path(key))
}
