//! Sets of addresses. API: `…/firewall/ipset`.

use std::collections::BTreeMap;

use onprem_proxmox::{Firewall, IpSetEntry};
use tf_provider::{
    Attributes, Context, Diagnostic, Diagnostics, Resource, Result, Text, Update, Value,
};

use super::scope::{Address, Scope};
use crate::proxmox::Proxmox;
use crate::proxmox::creation::made_nothing;

/// A set of addresses, which rules of the firewall name as `+name`. Its entries are all there are.
///
/// The set `management` of the datacenter may always reach the nodes; `ipfilter-net0` of a guest holds the
/// addresses that its device may use. Destroying a set does not look for rules that use it.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_firewall_ipset",
    group = "Proxmox VE",
    import = "{scope}:{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct FirewallIpset {
    /// Scope and name, for example `cluster:management`.
    #[attr(computed)]
    id: String,
    /// What it is for: `cluster`, or `guest/` and the number of a VM or container.
    #[attr(required, replace, identity)]
    scope: Text<Scope>,
    /// Its name, in lower case.
    #[attr(required, replace, identity)]
    name: String,
    /// Comment, one line.
    #[attr(setting)]
    comment: Option<String>,
    /// The entries, by address, network or name of an alias.
    #[attr(required)]
    entries: BTreeMap<Address, Entry>,
}

/// An entry of a set of addresses.
#[derive(Clone, Attributes)]
pub(crate) struct Entry {
    /// Comment, one line.
    #[attr(setting)]
    comment: Option<String>,
    /// Takes the addresses out of the set.
    #[attr(setting)]
    nomatch: bool,
}

impl Resource for FirewallIpset {
    type Client = Proxmox;

    fn validate(config: &FirewallIpsetValues, diagnostics: &mut Diagnostics) {
        if let Some(error) = config.scope.known().and_then(|scope| scope.without_nodes("sets")) {
            diagnostics.push(error);
        }
        if config.name.known().is_some_and(|name| *name != name.to_ascii_lowercase()) {
            diagnostics.push(
                Diagnostic::error("The server keeps names of sets in lower case")
                    .hint("write it so: `lower` does that")
                    .at("name"),
            );
        }
    }

    /// A comment that the configuration leaves out is none.
    async fn plan(cx: &mut tf_provider::PlanContext<Self>, _pve: Option<&Proxmox>) -> Result<()> {
        let Some(config) = cx.config().cloned() else { return Ok(()) };
        for (address, entry) in config.entries.known().into_iter().flatten() {
            let Value::Known(entry) = entry else { continue };
            let path = tf_provider::cty::Path::from("entries").key(address.to_string());
            if entry.nomatch.is_null() {
                cx.foresee(path.attribute("nomatch"), &false);
            }
        }
        Ok(())
    }

    async fn create(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        plan: FirewallIpsetPlan,
    ) -> Result<Self> {
        let firewall = plan.scope.expect(cx, &pve.within(cx)).await?;
        let identity = FirewallIpsetIdentity { scope: plan.scope, name: plan.name };
        let set = firewall.ipset(&identity.name);
        cx.created(&identity);
        if let Err(error) = set.create(plan.comment.as_deref()).await {
            if made_nothing(&error) {
                cx.abandoned();
            }
            return Err(error.into());
        }
        converge(&firewall, &identity.name, &plan.entries).await?;
        expect(&firewall, identity).await
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallIpsetIdentity,
    ) -> Result<Option<Self>> {
        match identity.scope.find(cx, &pve.within(cx)).await? {
            Some(firewall) => state(&firewall, identity).await,
            None => Ok(None),
        }
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallIpsetIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let firewall = identity.scope.expect(cx, &pve.within(cx)).await?;
        if update.changes.comment.is_change() {
            let sets = firewall.ipsets().await?;
            let digest = sets.iter().find(|set| set.name == identity.name);
            let digest = digest.map(|set| set.digest.as_str()).filter(|digest| !digest.is_empty());
            let comment = update.plan.comment.as_deref().unwrap_or_default();
            firewall.ipset(&identity.name).set_comment(comment, digest).await?;
        }
        converge(&firewall, &identity.name, &update.plan.entries).await?;
        expect(&firewall, identity).await
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallIpsetIdentity,
    ) -> Result<()> {
        let Some(firewall) = identity.scope.find(cx, &pve.within(cx)).await? else {
            return Ok(());
        };
        match firewall.ipset(&identity.name).delete(true).await {
            Err(error) if error.is_not_found() => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}

/// Makes the entries of a set those that are planned: what comes is there before what goes is not.
async fn converge(
    firewall: &Firewall,
    name: &str,
    planned: &BTreeMap<Address, EntryPlan>,
) -> Result<()> {
    let set = firewall.ipset(name);
    let mut current = BTreeMap::new();
    for entry in set.entries().await? {
        current.insert(address(&entry.cidr)?, entry);
    }
    for (address, plan) in planned {
        let wanted = IpSetEntry {
            cidr: address.to_string(),
            comment: plan.comment.clone(),
            nomatch: plan.nomatch.unwrap_or_default(),
            digest: String::new(),
        };
        match current.get(address) {
            None => set.add(&wanted).await?,
            Some(found) if found.comment != wanted.comment || found.nomatch != wanted.nomatch => {
                let wanted = IpSetEntry { cidr: found.cidr.clone(), ..wanted };
                set.update(&wanted, None).await?;
            }
            Some(_) => {}
        }
    }
    for (_, entry) in current.iter().filter(|(address, _)| !planned.contains_key(address)) {
        set.remove(&entry.cidr, None).await?;
    }
    Ok(())
}

fn address(cidr: &str) -> Result<Address> {
    cidr.parse().map_err(|error: String| Diagnostic::error(error).at("entries"))
}

async fn expect(firewall: &Firewall, identity: FirewallIpsetIdentity) -> Result<FirewallIpset> {
    let gone = format!("The set {} of {} has gone", identity.name, identity.scope);
    state(firewall, identity).await?.ok_or_else(|| {
        Diagnostic::error(gone).hint("did somebody delete it? plan again: it will be made anew")
    })
}

async fn state(
    firewall: &Firewall,
    identity: FirewallIpsetIdentity,
) -> Result<Option<FirewallIpset>> {
    let FirewallIpsetIdentity { scope, name } = identity;
    let sets = firewall.ipsets().await?;
    let Some(set) = sets.into_iter().find(|set| set.name == name) else { return Ok(None) };
    let mut entries = BTreeMap::new();
    for entry in firewall.ipset(&name).entries().await? {
        let IpSetEntry { cidr, comment, nomatch, .. } = entry;
        entries.insert(address(&cidr)?, Entry { comment, nomatch });
    }
    let comment = set.comment.filter(|comment| !comment.is_empty());
    Ok(Some(FirewallIpset { id: format!("{scope}:{name}"), scope, name, comment, entries }))
}
