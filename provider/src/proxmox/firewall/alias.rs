//! Names for addresses. API: `…/firewall/aliases`.

use onprem_proxmox::FirewallAlias as Found;
use tf_provider::{Context, Diagnostics, Resource, Result, Text, Update};

use super::scope::{Address, Scope};
use crate::proxmox::Proxmox;
use crate::proxmox::creation::made_nothing;

/// A name for an address or network, which rules and address sets of the firewall use in its stead.
///
/// Destroying it does not look for rules that use it: those stop working, and say so.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_firewall_alias",
    group = "Proxmox VE",
    import = "{scope}:{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct FirewallAlias {
    /// Scope and name, for example `cluster:office`.
    #[attr(computed)]
    id: String,
    /// What it is for: `cluster`, or `guest/` and the number of a VM or container.
    #[attr(required, replace, identity)]
    scope: Text<Scope>,
    /// Its name; rules may write it in any case.
    #[attr(required, replace, identity)]
    name: String,
    /// Address or network, for example `10.20.0.0/24`.
    #[attr(required)]
    cidr: Text<Address>,
    /// Comment, one line.
    #[attr(setting)]
    comment: Option<String>,
}

impl Resource for FirewallAlias {
    type Client = Proxmox;

    fn validate(config: &FirewallAliasValues, diagnostics: &mut Diagnostics) {
        if let Some(error) = config.scope.known().and_then(|scope| scope.without_nodes("aliases")) {
            diagnostics.push(error);
        }
        if config.cidr.known().is_some_and(|cidr| cidr.is_name()) {
            diagnostics.push(
                tf_provider::Diagnostic::error("An alias stands for an address or a network")
                    .hint("write it in numbers, for example `10.20.0.0/24`")
                    .at("cidr"),
            );
        }
    }

    async fn create(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        plan: FirewallAliasPlan,
    ) -> Result<Self> {
        let firewall = plan.scope.expect(cx, &pve.within(cx)).await?;
        let identity = FirewallAliasIdentity { scope: plan.scope, name: plan.name };
        cx.created(&identity);
        let comment = plan.comment.as_deref();
        if let Err(error) =
            firewall.create_alias(&identity.name, &plan.cidr.to_string(), comment).await
        {
            if made_nothing(&error) {
                cx.abandoned();
            }
            return Err(error.into());
        }
        state(identity.clone(), firewall.alias(&identity.name).await?)
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallAliasIdentity,
    ) -> Result<Option<Self>> {
        let Some(firewall) = identity.scope.find(cx, &pve.within(cx)).await? else {
            return Ok(None);
        };
        match firewall.alias(&identity.name).await {
            Ok(found) => state(identity, found).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallAliasIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let firewall = identity.scope.expect(cx, &pve.within(cx)).await?;
        let plan = &update.plan;
        let all = firewall.aliases().await?;
        let digest =
            all.iter().map(|alias| alias.digest.as_str()).find(|digest| !digest.is_empty());
        // What is not given again is taken away.
        firewall
            .update_alias(&identity.name, &plan.cidr.to_string(), plan.comment.as_deref(), digest)
            .await?;
        state(identity.clone(), firewall.alias(&identity.name).await?)
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallAliasIdentity,
    ) -> Result<()> {
        match identity.scope.find(cx, &pve.within(cx)).await? {
            Some(firewall) => Ok(firewall.delete_alias(&identity.name, None).await?),
            None => Ok(()),
        }
    }
}

fn state(identity: FirewallAliasIdentity, found: Found) -> Result<FirewallAlias> {
    let FirewallAliasIdentity { scope, name } = identity;
    let wrong = |error: String| tf_provider::Diagnostic::error(error).at("cidr");
    Ok(FirewallAlias {
        id: format!("{scope}:{name}"),
        scope,
        name,
        cidr: found.cidr.parse().map_err(wrong)?,
        comment: found.comment,
    })
}
