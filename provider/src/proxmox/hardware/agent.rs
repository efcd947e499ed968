//! The QEMU guest agent of a VM. API: `agent` of `/nodes/{node}/qemu/{vmid}/config`.

use onprem_proxmox::GuestConfig;
use tf_provider::api::{ApiChanges, ApiError, Json};
use tf_provider::{Attributes, Choice};

use super::super::format;

/// The QEMU guest agent.
#[derive(Clone, Attributes)]
pub(crate) struct Agent {
    /// Talks to the agent.
    #[attr(setting, api, absent = false)]
    enabled: bool,
    /// Trims the disks after a clone or a move.
    #[attr(setting, api = "fstrim_cloned_disks", absent = false)]
    trim_cloned_disks: bool,
    /// How the agent is reached.
    #[attr(setting, api, absent = AgentType::Virtio)]
    r#type: AgentType,
}

impl Agent {
    pub(super) fn off() -> Self {
        Self { enabled: false, trim_cloned_disks: false, r#type: AgentType::Virtio }
    }

    /// Has a change of the agent name only what changes: what is not managed here stays, and what means
    /// no more than its absence is not written.
    pub(super) fn narrow(changes: &mut ApiChanges, config: &GuestConfig) -> Result<(), ApiError> {
        let Some(Some(Json::Object(planned))) = changes.get("agent") else { return Ok(()) };
        let current = config.text("agent").unwrap_or_default();
        let current = format::properties(&current, "enabled").unwrap_or_default();
        let managed = ["enabled", "fstrim_cloned_disks", "type"];
        match format::brought_to::<Self>(&current, planned, &managed)? {
            Some(fields) => {
                let text = format::property_string(&fields, "");
                changes
                    .insert("agent".to_owned(), Some(text.into()).filter(|_| !fields.is_empty()));
            }
            None => {
                changes.remove("agent");
            }
        }
        Ok(())
    }
}

/// How a guest agent is reached.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AgentType {
    Virtio,
    Isa,
    Other(String),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Switching the trimming on wrote `type=virtio`, which nobody had asked for, and dropped what is not
    /// managed here.
    #[test]
    fn a_change_of_the_agent_names_what_changes() {
        let narrowed = |current: &str, planned: Json| {
            let config = BTreeMap::from([("agent".to_owned(), Json::from(current))]);
            let mut changes = ApiChanges::from([("agent".to_owned(), Some(planned))]);
            Agent::narrow(&mut changes, &config.into()).unwrap();
            changes.remove("agent").map(|agent| agent.map(|agent| format::text(&agent)))
        };
        let planned = |enabled: bool, trim: bool| {
            let mut fields = tf_provider::api::ApiFields::new();
            fields.insert("enabled".to_owned(), enabled.into());
            fields.insert("fstrim_cloned_disks".to_owned(), trim.into());
            fields.insert("type".to_owned(), "virtio".into());
            Json::Object(fields)
        };
        assert_eq!(
            narrowed("1,freeze-fs-on-backup=0", planned(true, true)),
            Some(Some("enabled=1,freeze-fs-on-backup=0,fstrim_cloned_disks=1".to_owned()))
        );
        assert_eq!(narrowed("1", planned(true, false)), None);
        assert_eq!(narrowed("1", planned(false, false)), Some(None));
    }
}
