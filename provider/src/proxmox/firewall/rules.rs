//! The rules of a guest's firewall. API: `…/firewall/rules`.
//!
//! The list is changed in small steps, none of which lets a packet through or keeps one out that both
//! the old and the new list treat otherwise; see the client.

use onprem_proxmox::{FirewallRule, RuleEntry, RuleList, VmId};
use tf_provider::cty::Path;
use tf_provider::{Context, Diagnostic, Diagnostics, PlanContext, Resource, Result, Update, Value};

use super::rule::{Rule, RulePlan, RuleValues};
use crate::proxmox::{Proxmox, fingerprint};

/// The rules of the firewall of a VM or container, all of them, in their order.
///
/// The first rule that matches a packet decides. A rule that is not in the list is removed; a change
/// keeps the rules that stay in force all the time. A guest that has rules already, for example because
/// its template has, is imported. A guest that is destroyed takes its rules with it.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_firewall_rules",
    group = "Proxmox VE",
    import = "{vm_id}",
    timeouts(create = "10m", read = "5m", update = "10m", delete = "10m")
)]
pub(crate) struct FirewallRules {
    /// The number as text, for example `9100`.
    #[attr(computed)]
    id: String,
    /// Number of the guest, a VM or a container.
    #[attr(required, replace, identity, range(100, 999_999_999))]
    vm_id: i64,
    /// The rules, the first one first.
    #[attr(required)]
    rules: Vec<Rule>,
}

impl Resource for FirewallRules {
    type Client = Proxmox;

    fn validate(config: &FirewallRulesValues, diagnostics: &mut Diagnostics) {
        for (path, rule) in known(&config.rules) {
            rule.validate(&path, diagnostics);
        }
    }

    async fn plan(cx: &mut PlanContext<Self>, _pve: Option<&Proxmox>) -> Result<()> {
        let Some(config) = cx.config().cloned() else { return Ok(()) };
        for (path, rule) in known(&config.rules) {
            rule.plan(&path, cx);
        }
        Ok(())
    }

    async fn create(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        plan: FirewallRulesPlan,
    ) -> Result<Self> {
        let vm_id = VmId::new(plan.vm_id)?;
        let rules = super::expect(cx, &pve.within(cx), vm_id).await?.rules();
        let wanted = wanted(&plan.rules);
        let current = rules.list().await?;
        // What a killed create left is part of what is wanted.
        if !current.rules().iter().all(|rule| wanted.iter().any(|wanted| resembles(rule, wanted))) {
            return Err(occupied(vm_id, current.entries.len()));
        }
        cx.created(&FirewallRulesIdentity { vm_id: plan.vm_id });
        match rules.replace(&current, &wanted).await {
            Ok(list) => Ok(state(vm_id, &list, &macros(&plan.rules))),
            Err(error) => {
                if rules.list().await.is_ok_and(|now| now.rules() == current.rules()) {
                    cx.abandoned();
                }
                Err(error.into())
            }
        }
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallRulesIdentity,
    ) -> Result<Option<Self>> {
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(firewall) = super::find(cx, &pve.within(cx), vm_id).await? else {
            return Ok(None);
        };
        let list = firewall.rules().list().await?;
        for warning in list.entries.iter().filter(|entry| !entry.errors.is_empty()).map(broken) {
            cx.warn(warning);
        }
        Ok(Some(state(vm_id, &list, &known_macros(cx))))
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallRulesIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let vm_id = VmId::new(identity.vm_id)?;
        let rules = super::expect(cx, &pve.within(cx), vm_id).await?.rules();
        let current = rules.list().await?;
        fingerprint::ensure_unmoved(cx, vm_id, &state(vm_id, &current, &known_macros(cx)))?;
        let list = rules.replace(&current, &wanted(&update.plan.rules)).await?;
        Ok(state(vm_id, &list, &macros(&update.plan.rules)))
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallRulesIdentity,
    ) -> Result<()> {
        let vm_id = VmId::new(identity.vm_id)?;
        if let Some(firewall) = super::find(cx, &pve.within(cx), vm_id).await? {
            let rules = firewall.rules();
            rules.replace(&rules.list().await?, &[]).await?;
        }
        Ok(())
    }
}

/// The rules of a configuration that are known to be there, each with its place.
pub(super) fn known(
    rules: &Value<Vec<Value<RuleValues>>>,
) -> impl Iterator<Item = (Path, &RuleValues)> {
    let rules = rules.known().into_iter().flatten();
    (0..)
        .zip(rules)
        .filter_map(|(index, rule)| Some((Path::from("rules").index(index), rule.known()?)))
}

fn wanted(rules: &[RulePlan]) -> Vec<FirewallRule> {
    rules.iter().map(RulePlan::wanted).collect()
}

/// The macros of planned rules, as they are spelt.
fn macros(rules: &[RulePlan]) -> Vec<Option<String>> {
    rules.iter().map(|rule| rule.wanted().macro_name).collect()
}

/// The macros of the state, as they are spelt.
fn known_macros(cx: &Context<FirewallRules>) -> Vec<Option<String>> {
    let rules = cx.prior().and_then(|prior| prior.rules.known());
    let rules = rules.into_iter().flatten();
    rules.map(|rule| rule.known()?.r#macro.known().cloned()).collect()
}

/// Whether a rule is a wanted one, or was about to become it.
fn resembles(rule: &FirewallRule, wanted: &FirewallRule) -> bool {
    let bare = |rule: &FirewallRule| FirewallRule {
        enabled: true,
        macro_name: rule.macro_name.as_ref().map(|name| name.to_ascii_lowercase()),
        ..rule.clone()
    };
    bare(rule) == bare(wanted)
}

fn state(vm_id: VmId, list: &RuleList, macros: &[Option<String>]) -> FirewallRules {
    let rules = list.rules().into_iter().enumerate();
    let known = |index: usize| macros.get(index).and_then(Option::as_deref);
    FirewallRules {
        id: vm_id.to_string(),
        vm_id: vm_id.number().into(),
        rules: rules.map(|(index, rule)| Rule::read(rule, known(index))).collect(),
    }
}

/// A rule that the server keeps and cannot carry out.
fn broken(entry: &RuleEntry) -> Diagnostic {
    let errors = entry.errors.iter().map(|(name, text)| format!("`{name}`: {}.", text.trim_end()));
    Diagnostic::warning(format!("Rule {} of the firewall does not work", entry.pos))
        .detail(errors.collect::<Vec<_>>().join("\n"))
        .hint("what it names may have been removed from the datacenter's firewall")
        .at(Path::from("rules").index(entry.pos.into()))
}

fn occupied(vm_id: VmId, count: usize) -> Diagnostic {
    Diagnostic::error(format!("Guest {vm_id} has firewall rules already"))
        .detail(format!(
            "There are {count}, not made by this resource, and it would remove them. They are left alone."
        ))
        .hint(format!(
            "to manage them: terraform import onprem_proxmox_firewall_rules.NAME {vm_id}, and plan again"
        ))
        .at("vm_id")
}
