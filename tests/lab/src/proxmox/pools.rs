//! Pools. API: `/pools`.

use serde_json::{Value, json};

use super::Call;
use super::error::{Answer, ApiError};

pub(super) fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    Some(match (method, template) {
        ("GET", "/pools") => list(call),
        _ => return None,
    })
}

fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let wanted = call.params.get("poolid");
    if let Some(name) = wanted.filter(|name| !state.pools.contains_key(*name)) {
        return Err(ApiError::internal(format!("pool '{name}' does not exist")));
    }
    let rows: Vec<Value> = state
        .pools
        .iter()
        .filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name))
        .map(|(name, pool)| json!({ "poolid": name, "comment": pool.comment }))
        .collect();
    Ok(Value::from(rows).into())
}
