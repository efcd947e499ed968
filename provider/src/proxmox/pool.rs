//! Pools. API: `/pools`.

use std::collections::BTreeSet;

use onprem_proxmox::{ErrorKind, PoolInfo, StorageName};
use tf_provider::{Context, Diagnostic, Resource, Result, Text, Update};

use super::Proxmox;
use super::creation::made_nothing;

/// A pool of guests and storages, which permissions can be given on.
///
/// Guests say themselves which pool they are in, by `pool` of a VM or container. A pool is destroyed only
/// when it is empty.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_pool",
    group = "Proxmox VE",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Pool {
    /// The name.
    #[attr(computed)]
    id: String,
    /// Its name; a pool in a pool is `outer/inner`, up to three levels.
    #[attr(required, replace, identity)]
    name: String,
    /// Comment.
    #[attr(setting)]
    comment: Option<String>,
    /// Storages that are in it. Where this is set, these are all there are.
    #[attr(setting, absent = BTreeSet::<Text<StorageName>>::new())]
    storages: BTreeSet<Text<StorageName>>,
}

impl Resource for Pool {
    type Client = Proxmox;

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: PoolPlan) -> Result<Self> {
        let pool = pve.within(cx).pool(&plan.name);
        cx.created(&PoolIdentity { name: plan.name });
        if let Err(error) = pool.create(plan.comment.as_deref()).await {
            if made_nothing(&error) {
                cx.abandoned();
            }
            return Err(error.into());
        }
        for storage in plan.storages.iter().flatten() {
            pool.add_storage(storage).await?;
        }
        Ok(state(&pool.get().await?))
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: PoolIdentity,
    ) -> Result<Option<Self>> {
        match pve.within(cx).pool(&identity.name).get().await {
            Ok(found) => Ok(Some(state(&found))),
            Err(error) if *error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: PoolIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let pool = pve.within(cx).pool(&identity.name);
        if update.changes.comment.is_change() {
            pool.set_comment(update.plan.comment.as_deref().unwrap_or_default()).await?;
        }
        if update.changes.storages.is_change() {
            let wanted = update.plan.storages.unwrap_or_default();
            let current = state(&pool.get().await?).storages;
            for storage in wanted.difference(&current) {
                pool.add_storage(storage).await?;
            }
            for storage in current.difference(&wanted) {
                pool.remove_storage(storage).await?;
            }
        }
        Ok(state(&pool.get().await?))
    }

    async fn delete(cx: &mut Context<Self>, pve: &Proxmox, identity: PoolIdentity) -> Result<()> {
        let pool = pve.within(cx).pool(&identity.name);
        let found = match pool.get().await {
            Ok(found) => found,
            Err(error) if *error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let guests: Vec<String> = found.guests().map(|vm_id| vm_id.to_string()).collect();
        if !guests.is_empty() {
            return Err(Diagnostic::error(format!("The pool {} is not empty", identity.name))
                .detail(format!("These guests are in it: {}. Nothing was done.", guests.join(", ")))
                .hint("destroy them first, or put them into another pool"));
        }
        for storage in &state(&found).storages {
            pool.remove_storage(storage).await?;
        }
        Ok(pool.delete().await?)
    }
}

fn state(found: &PoolInfo) -> Pool {
    let storages = found.members.iter().filter_map(|member| member.storage.clone());
    Pool {
        id: found.poolid.clone(),
        name: found.poolid.clone(),
        comment: found.comment.clone().filter(|comment| !comment.is_empty()),
        storages: storages.map(Text::from).collect(),
    }
}
