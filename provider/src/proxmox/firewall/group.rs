//! Groups of rules. API: `/cluster/firewall/groups`.

use onprem_proxmox::{FirewallRule, FirewallRules as List};
use tf_provider::{Context, Diagnostic, Diagnostics, PlanContext, Resource, Result, Update};

use super::rule::{Rule, RulePlan};
use super::rules::known;
use crate::proxmox::Proxmox;
use crate::proxmox::creation::made_nothing;

/// A group of rules: a rule of the type `group` puts them in its place.
///
/// The rules are all there are, in their order, and the first one that matches a packet decides. A group
/// that rules still name can be destroyed; those do nothing then.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_firewall_group",
    group = "Proxmox VE",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct FirewallGroup {
    /// The name.
    #[attr(computed)]
    id: String,
    /// Its name, 2 to 18 characters.
    #[attr(required, replace, identity)]
    name: String,
    /// Comment, one line.
    #[attr(setting)]
    comment: Option<String>,
    /// The rules, the first one first.
    #[attr(required)]
    rules: Vec<Rule>,
}

impl Resource for FirewallGroup {
    type Client = Proxmox;

    fn validate(config: &FirewallGroupValues, diagnostics: &mut Diagnostics) {
        for (path, rule) in known(&config.rules) {
            rule.validate(&path, diagnostics);
            if rule.is_group() {
                diagnostics.push(
                    Diagnostic::error("A group holds no group")
                        .hint("put its rules here, or both groups where they are used")
                        .at(path.attribute("type")),
                );
            }
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
        plan: FirewallGroupPlan,
    ) -> Result<Self> {
        let groups = pve.within(cx).cluster().firewall_groups();
        cx.created(&FirewallGroupIdentity { name: plan.name.clone() });
        if let Err(error) = groups.create(&plan.name, plan.comment.as_deref()).await {
            if made_nothing(&error) {
                cx.abandoned();
            }
            return Err(error.into());
        }
        converge(&groups.rules(&plan.name), &plan.rules).await?;
        state(cx, pve, plan.name.clone(), Some(&plan.rules)).await?.ok_or_else(|| gone(&plan.name))
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallGroupIdentity,
    ) -> Result<Option<Self>> {
        state(cx, pve, identity.name, None).await
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallGroupIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let groups = pve.within(cx).cluster().firewall_groups();
        let name = identity.name;
        if update.changes.comment.is_change() {
            let found = groups.list().await?.into_iter().find(|group| group.group == name);
            let digest = found.map(|group| group.digest).filter(|digest| !digest.is_empty());
            let comment = update.plan.comment.as_deref().unwrap_or_default();
            groups.set_comment(&name, comment, digest.as_deref()).await?;
        }
        converge(&groups.rules(&name), &update.plan.rules).await?;
        state(cx, pve, name.clone(), Some(&update.plan.rules)).await?.ok_or_else(|| gone(&name))
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallGroupIdentity,
    ) -> Result<()> {
        let groups = pve.within(cx).cluster().firewall_groups();
        if !groups.list().await?.iter().any(|group| group.group == identity.name) {
            return Ok(());
        }
        converge(&groups.rules(&identity.name), &[]).await?;
        Ok(groups.delete(&identity.name).await?)
    }
}

async fn converge(list: &List, planned: &[RulePlan]) -> Result<()> {
    let wanted: Vec<FirewallRule> = planned.iter().map(RulePlan::wanted).collect();
    list.replace(&list.list().await?, &wanted).await?;
    Ok(())
}

/// The group as the server has it; the macros of `plan`, or else of the state, as they are spelt there.
async fn state(
    cx: &Context<FirewallGroup>,
    pve: &Proxmox,
    name: String,
    plan: Option<&[RulePlan]>,
) -> Result<Option<FirewallGroup>> {
    let groups = pve.within(cx).cluster().firewall_groups();
    let found = groups.list().await?.into_iter().find(|group| group.group == name);
    let Some(group) = found else { return Ok(None) };
    let macros: Vec<Option<String>> = match plan {
        Some(rules) => rules.iter().map(|rule| rule.wanted().macro_name).collect(),
        None => {
            let rules = cx.prior().and_then(|prior| prior.rules.known()).into_iter().flatten();
            rules.map(|rule| rule.known()?.r#macro.known().cloned()).collect()
        }
    };
    let list = groups.rules(&name).list().await?;
    let rules = list.rules().into_iter().enumerate();
    let rules =
        rules.map(|(index, rule)| Rule::read(rule, macros.get(index).and_then(Option::as_deref)));
    let comment = group.comment.filter(|comment| !comment.is_empty());
    Ok(Some(FirewallGroup { id: name.clone(), name, comment, rules: rules.collect() }))
}

fn gone(name: &str) -> Diagnostic {
    Diagnostic::error(format!("The group {name} has gone"))
        .hint("did somebody delete it? plan again: it will be made anew")
}
