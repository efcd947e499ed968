//! Options of a firewall. API: `…/firewall/options`.

use serde_json::{Map, Value};

use super::{Scope, check_digest, digest};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::{Param, split_list};
use crate::proxmox::schema::{Properties, Schema, property_value};

/// Parameters that are no options.
const NOT_OPTIONS: &[&str] = &["node", "vmid", "delete", "digest"];

/// What `PUT` on that path takes.
fn known(template: &str) -> Option<&'static Properties> {
    Schema::get().find("PUT", template).map(|found| &found.method.parameters)
}

fn digest_of(state: &Datacenter, scope: &Scope) -> String {
    let file = state.firewall.file(scope);
    let options = file.into_iter().flat_map(|file| &file.options);
    digest(options.map(|(name, value)| format!("{name}: {value}")))
}

pub(super) fn get(call: &Call, scope: &Scope, template: &str) -> Answer {
    let state = call.shared.state();
    let properties = known(template);
    let mut object = Map::new();
    for (name, text) in state.firewall.file(scope).into_iter().flat_map(|file| &file.options) {
        let property = properties.and_then(|known| known.get(name));
        object.insert(name.clone(), property_value(property, text));
    }
    object.insert("digest".to_owned(), digest_of(&state, scope).into());
    Ok(Value::from(object).into())
}

pub(super) fn update(call: &Call, scope: &Scope, template: &str) -> Answer {
    let mut state = call.shared.state();
    check_digest(call, &digest_of(&state, scope))?;
    let delete = split_list(call.params.get("delete").unwrap_or_default());
    let properties = known(template);
    for name in &delete {
        let option = !NOT_OPTIONS.contains(&name.as_str())
            && properties.is_some_and(|known| known.contains_key(name));
        if !option {
            return Err(ApiError::parameter("delete", format!("no such option '{name}'")));
        }
    }
    let unix = call.shared.clock.unix();
    let options = &mut state.firewall.file_mut(scope).options;
    for name in &delete {
        options.remove(name);
    }
    for (name, param) in &call.params.0 {
        let Param::Text(text) = param else { continue };
        if NOT_OPTIONS.contains(&name.as_str()) {
            continue;
        }
        // The cluster remembers since when it is on, where it is told more than yes or no.
        let since = name == "enable" && text.parse::<u64>().is_ok_and(|number| number > 1);
        options.insert(name.clone(), if since { unix.to_string() } else { text.clone() });
    }
    Ok(Value::Null.into())
}
