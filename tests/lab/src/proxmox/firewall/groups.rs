//! Security groups. API: `/cluster/firewall/groups`.

use serde_json::{Value, json};

use super::{Group, check_digest, comment, digest};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};

fn digest_of(state: &Datacenter) -> String {
    let groups = &state.firewall.cluster.groups;
    digest(groups.iter().map(|(name, group)| format!("{name} {:?}", group.comment)))
}

pub(super) fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let digest = digest_of(&state);
    let rows: Vec<Value> = state
        .firewall
        .cluster
        .groups
        .iter()
        .map(|(name, group)| {
            let mut row = json!({ "group": name, "digest": digest });
            if let Some(comment) = &group.comment {
                row["comment"] = comment.as_str().into();
            }
            row
        })
        .collect();
    Ok(Value::from(rows).into())
}

/// Makes a group, or gives one another name and comment.
pub(super) fn create(call: &Call) -> Answer {
    let name = call.params.text("group").to_ascii_lowercase();
    let refused = |text: String| ApiError::parameter("group", text);
    let mut state = call.shared.state();
    let now = digest_of(&state);
    let groups = &mut state.firewall.cluster.groups;
    let taken = groups.contains_key(&name);
    let Some(old) = call.params.get("rename").map(str::to_ascii_lowercase) else {
        if taken {
            return Err(refused(format!("Security group '{name}' already exists")));
        }
        groups.insert(name, Group { comment: comment(call), ..Group::default() });
        return Ok(Value::Null.into());
    };
    check_digest(call, &now)?;
    if taken && name != old {
        return Err(refused(format!("Security group '{name}' already exists")));
    }
    let Some(mut group) = groups.remove(&old) else {
        return Err(refused(format!("Security group '{old}' does not exist")));
    };
    if call.params.get("comment").is_some() {
        group.comment = comment(call);
    }
    groups.insert(name, group);
    Ok(Value::Null.into())
}

pub(super) fn delete(call: &Call) -> Answer {
    let name = call.params.text("group").to_ascii_lowercase();
    let mut state = call.shared.state();
    let groups = &mut state.firewall.cluster.groups;
    let Some(group) = groups.get(&name) else {
        return Err(ApiError::internal(format!("no such security group '{name}'")));
    };
    if !group.rules.is_empty() {
        return Err(ApiError::internal(format!("Security group '{name}' is not empty")));
    }
    groups.remove(&name);
    Ok(Value::Null.into())
}
