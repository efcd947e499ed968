//! Finding things: by links and by what is advertised, never by a table of versions.

use std::sync::Arc;

use serde_json::Value;

use crate::{Client, Error, ErrorKind, json};

const ROOT: &str = "/redfish/v1/";

impl Client {
    /// The service root. API: `GET /redfish/v1/`
    pub(crate) async fn root(&self) -> Result<Arc<Value>, Error> {
        self.directory(ROOT).await
    }

    /// Path of the system that this controller manages
    pub(crate) async fn system_path(&self) -> Result<String, Error> {
        self.only_member("Systems").await
    }

    /// The controller itself
    pub(crate) async fn manager(&self) -> Result<Arc<Value>, Error> {
        let path = self.only_member("Managers").await?;
        self.directory(&path).await
    }

    /// Path of the controller itself
    pub(crate) async fn manager_path(&self) -> Result<String, Error> {
        self.only_member("Managers").await
    }

    /// The first member of a collection of the root; a controller in a server has one
    async fn only_member(&self, collection: &str) -> Result<String, Error> {
        let path = self.linked(collection).await?;
        let members = json::members(&*self.directory(&path).await?);
        members.into_iter().next().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("the service lists nothing in `{collection}`"),
            )
        })
    }

    /// Where a link of the root leads
    pub(crate) async fn linked(&self, name: &str) -> Result<String, Error> {
        json::link(&*self.root().await?, &format!("/{name}")).ok_or_else(|| {
            let text = format!("the service at {} offers no `{name}`", self.endpoint());
            Error::new(ErrorKind::Unsupported, text)
        })
    }
}

/// The target of an action that a resource advertises, such as `#ComputerSystem.Reset`
pub(crate) fn action_target(resource: &Value, name: &str) -> Option<String> {
    action(resource, name).and_then(|action| json::link(action, "/target"))
}

/// An action that a resource advertises, standard or the vendor's
pub(crate) fn action<'a>(resource: &'a Value, name: &str) -> Option<&'a Value> {
    let actions = resource.get("Actions")?;
    let hashed = format!("#{name}");
    let matches = |key: &str| key == hashed || key.ends_with(&hashed);
    let standard = actions.as_object()?.iter().find(|(key, _)| matches(key));
    let vendor = || actions.get("Oem")?.as_object()?.iter().find(|(key, _)| matches(key));
    standard.or_else(vendor).map(|(_, action)| action)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actions_are_found_whatever_their_schema_is_called() {
        let service = json!({ "Actions": {
            "#UpdateService.SimpleUpdate": { "target": "/a" },
            "Oem": { "DellUpdateService.v1_1_0#DellUpdateService.Install": { "target": "/b" } },
        }});
        assert_eq!(action_target(&service, "UpdateService.SimpleUpdate").as_deref(), Some("/a"));
        assert_eq!(action_target(&service, "DellUpdateService.Install").as_deref(), Some("/b"));
        assert_eq!(action_target(&service, "UpdateService.StartUpdate"), None);
    }
}
