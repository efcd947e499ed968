//! One rule among others. API: `…/firewall/rules`.
//!
//! A rule has nothing but its place, which others move. So it carries its name at the beginning of its
//! comment.

use onprem_proxmox::{FirewallRule as Found, RuleEntry, RuleList};
use tf_provider::cty::Path;
use tf_provider::{Context, Diagnostic, Diagnostics, Resource, Result, Text, Update, Value};

use super::rule::{Rule, RulePlan};
use super::scope::Scope;
use crate::proxmox::Proxmox;
use crate::proxmox::creation::made_nothing;

/// One rule of a firewall, beside rules that others make.
///
/// On the server its comment begins with its name. It is put in front of the rules that are there and stays
/// in its place then; where the order matters `onprem_proxmox_firewall_rules` has all rules of a guest in
/// one list. The two do not go together.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_firewall_rule",
    group = "Proxmox VE",
    import = "{scope}:{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct FirewallRule {
    /// Scope and name, for example `guest/9100:ssh`.
    #[attr(computed)]
    id: String,
    /// What it is for: `cluster`, `node/` and the name of a node, or `guest/` and the number of a VM or
    /// container.
    #[attr(required, replace, identity)]
    scope: Text<Scope>,
    /// Its name, which no other rule of the scope has. It is the beginning of the comment.
    #[attr(required, replace, identity)]
    name: String,
    #[attr(flatten)]
    rule: Rule,
}

impl Resource for FirewallRule {
    type Client = Proxmox;

    fn validate(config: &FirewallRuleValues, diagnostics: &mut Diagnostics) {
        config.rule.validate(&Path::default(), diagnostics);
        if let Value::Known(name) = &config.name
            && (name.is_empty() || name.contains([':', '\n']) || name.trim() != name)
        {
            diagnostics.push(
                Diagnostic::error(format!("`{name}` is no name for a rule"))
                    .detail("It is one line without a colon, and without blanks around it.")
                    .at("name"),
            );
        }
    }

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: FirewallRulePlan) -> Result<Self> {
        let rules = plan.scope.expect(cx, &pve.within(cx)).await?.rules();
        let identity = FirewallRuleIdentity { scope: plan.scope, name: plan.name };
        if find(&rules.list().await?, &identity.name).is_some() {
            return Err(taken(&identity));
        }
        cx.created(&identity);
        if let Err(error) = rules.create(&wanted(&plan.rule, &identity.name)).await {
            if made_nothing(&error) {
                cx.abandoned();
            }
            return Err(error.into());
        }
        let entry = find(&rules.list().await?, &identity.name).ok_or_else(|| gone(&identity))?;
        Ok(state(identity, entry.rule, plan.rule.wanted().macro_name.as_deref()))
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallRuleIdentity,
    ) -> Result<Option<Self>> {
        let Some(firewall) = identity.scope.find(cx, &pve.within(cx)).await? else {
            return Ok(None);
        };
        let entry = find(&firewall.rules().list().await?, &identity.name);
        let known = cx.prior().and_then(|prior| prior.rule.r#macro.known());
        Ok(entry.map(|entry| state(identity, entry.rule, known.map(String::as_str))))
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallRuleIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let rules = identity.scope.expect(cx, &pve.within(cx)).await?.rules();
        let list = rules.list().await?;
        let entry = find(&list, &identity.name).ok_or_else(|| gone(&identity))?;
        let wanted = wanted(&update.plan.rule, &identity.name);
        rules.update(place(&entry), &entry.rule, &wanted, list.digest()).await?;
        let entry = find(&rules.list().await?, &identity.name).ok_or_else(|| gone(&identity))?;
        Ok(state(identity, entry.rule, update.plan.rule.wanted().macro_name.as_deref()))
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallRuleIdentity,
    ) -> Result<()> {
        let Some(firewall) = identity.scope.find(cx, &pve.within(cx)).await? else {
            return Ok(());
        };
        let list = firewall.rules().list().await?;
        match find(&list, &identity.name) {
            Some(entry) => Ok(firewall.rules().delete(place(&entry), list.digest()).await?),
            None => Ok(()),
        }
    }
}

fn place(entry: &RuleEntry) -> usize {
    usize::try_from(entry.pos).unwrap_or(usize::MAX)
}

/// The rule as the client writes it, with its name.
fn wanted(rule: &RulePlan, name: &str) -> Found {
    let rule = rule.wanted();
    let comment = match &rule.comment {
        Some(comment) => format!("{name}: {comment}"),
        None => name.to_owned(),
    };
    Found { comment: Some(comment), ..rule }
}

/// The rule of a name.
fn find(list: &RuleList, name: &str) -> Option<RuleEntry> {
    let named = |entry: &&RuleEntry| {
        let comment = entry.rule.comment.as_deref().unwrap_or_default();
        comment.split_once(": ").map_or(comment, |(first, _)| first) == name
    };
    list.entries.iter().find(named).cloned()
}

fn state(
    identity: FirewallRuleIdentity,
    mut rule: Found,
    macro_name: Option<&str>,
) -> FirewallRule {
    let FirewallRuleIdentity { scope, name } = identity;
    rule.comment =
        rule.comment.and_then(|text| text.split_once(": ").map(|(_, text)| text.to_owned()));
    FirewallRule { id: format!("{scope}:{name}"), scope, name, rule: Rule::read(rule, macro_name) }
}

fn taken(identity: &FirewallRuleIdentity) -> Diagnostic {
    let FirewallRuleIdentity { scope, name } = identity;
    Diagnostic::error(format!("The firewall of {scope} has a rule `{name}` already"))
        .detail("It was not made by this resource, so it is left alone.")
        .hint(format!(
            "to manage it: terraform import onprem_proxmox_firewall_rule.NAME '{scope}:{name}'; else \
             choose another `name`"
        ))
        .at("name")
}

fn gone(identity: &FirewallRuleIdentity) -> Diagnostic {
    let FirewallRuleIdentity { scope, name } = identity;
    Diagnostic::error(format!("The rule `{name}` of {scope} has gone"))
        .hint("did somebody delete it? plan again: it will be made anew")
}
