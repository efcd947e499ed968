//! Users, tokens, roles and grants. API: `/access`.

use serde_json::json;

use crate::proxmox::Call;
use crate::proxmox::dispatch::names;
use crate::proxmox::error::Answer;

pub(crate) fn route(_call: &Call, method: &str, template: &str) -> Option<Answer> {
    Some(match (method, template) {
        ("GET", "/access") => Ok(names(&[
            "users", "groups", "roles", "acl", "domains", "openid", "tfa", "ticket", "password",
        ])),
        ("GET", "/access/domains") => Ok(json!([
            { "realm": "pam", "type": "pam", "comment": "Linux PAM standard authentication" },
            { "realm": "pve", "type": "pve", "comment": "Proxmox VE authentication server" },
        ])
        .into()),
        _ => return None,
    })
}
