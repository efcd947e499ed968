//! The attributes that a message is about, by what the request names; none where nothing has that name.

use super::Server;
use crate::Provider;
use crate::schema::Attribute;

impl<P: Provider> Server<P> {
    pub(super) fn resource_attributes(&self, name: &str) -> &[Attribute] {
        let found = self.registry().resources.get(name);
        found.map_or(&[], |found| &found.description().schema.attributes)
    }

    pub(super) fn data_source_attributes(&self, name: &str) -> &[Attribute] {
        let found = self.registry().data_sources.get(name);
        found.map_or(&[], |found| &found.description().schema.attributes)
    }

    pub(super) fn ephemeral_attributes(&self, name: &str) -> &[Attribute] {
        let found = self.registry().ephemeral_resources.get(name);
        found.map_or(&[], |found| &found.description().schema.attributes)
    }

    pub(super) fn list_attributes(&self, name: &str) -> &[Attribute] {
        let found = self.registry().list_resources.get(name);
        found.map_or(&[], |found| &found.description().schema.attributes)
    }

    pub(super) fn action_attributes(&self, name: &str) -> &[Attribute] {
        let found = self.registry().actions.get(name);
        found.map_or(&[], |found| &found.description().schema.attributes)
    }
}
