//! Looking objects up: one, which must be the only one, and many. Kinds that are known by a name are all
//! looked up alike, so a line each makes their data sources.

#![expect(dead_code, reason = "inside a macro the shapes that the derive writes count as our own")]

use std::collections::BTreeSet;

use onprem_netbox::{Kind, Object, Query, kinds};
use tf_provider::api::{ApiFields, FromApi, Json};
use tf_provider::{Attributes, DataSource, Diagnostic, Registry, Result};

use super::NetBox;
use super::format::Rest;
use super::model::only;
use crate::Clients;

/// The fields of an object as data sources tell them.
pub(crate) fn told(object: &Object) -> ApiFields {
    let mut fields = object.fields().clone();
    fields.insert("tags".to_owned(), object.tags().into_iter().collect());
    let custom_fields = match object.get("custom_fields") {
        Json::Null => ApiFields::new().into(),
        fields => fields.clone(),
    };
    fields.insert("custom_fields_json".to_owned(), custom_fields.to_string().into());
    fields
}

/// The only object of the number, or that the query finds; `what` describes it.
pub(crate) async fn one<T: FromApi>(
    netbox: &NetBox,
    kind: &'static Kind,
    id: Option<i64>,
    query: &Query,
    what: &str,
) -> Result<T> {
    let netbox = netbox.limited();
    let objects = netbox.objects(kind);
    let found = match id {
        Some(id) => objects.read(id).await?,
        None => only(kind, objects.list(query).await?, what)?,
    };
    let found = found.ok_or_else(|| {
        Diagnostic::error(format!("There is no {} `{what}`", kind.noun))
            .hint("or the token of provider \"onprem\" -> netbox.token may not see it")
    })?;
    Ok(T::from_api::<Rest>(&told(&found))?)
}

/// Everything that the query finds.
pub(crate) async fn many<T: FromApi>(
    netbox: &NetBox,
    kind: &'static Kind,
    query: &Query,
) -> Result<Vec<T>> {
    let found = netbox.limited().objects(kind).list(query).await?;
    found.iter().map(|object| Ok(T::from_api::<Rest>(&told(object))?)).collect()
}

/// What data sources tell of every object.
#[derive(Clone, Attributes)]
pub(crate) struct Told {
    /// One line about it.
    #[attr(computed, api)]
    description: Option<String>,
    /// Names of its tags.
    #[attr(computed, api)]
    tags: BTreeSet<String>,
    /// Its custom fields as JSON, for `jsondecode`.
    #[attr(computed, api)]
    custom_fields_json: String,
}

/// An object that is known by its name.
#[derive(Clone, Attributes)]
pub(crate) struct Named {
    /// Its number.
    #[attr(computed, api)]
    id: i64,
    /// Its name.
    #[attr(computed, api)]
    name: String,
    /// Its name in URLs, if it has one.
    #[attr(computed, api)]
    slug: Option<String>,
    #[attr(flatten)]
    told: Told,
}

/// Makes the data sources of kinds that are known by a name, and the function that offers them.
macro_rules! named {
    ($($kind:ident $one:ident $one_name:tt $one_doc:tt $many:ident $many_name:tt $many_doc:tt)*) => {
        $(
            #[doc = $one_doc]
            #[derive(Clone, DataSource)]
            #[data_source(name = $one_name, group = "NetBox", exactly_one_of(id, name))]
            pub(crate) struct $one {
                /// Its number.
                #[attr(setting, api)]
                id: i64,
                /// Its name, which must be the only one of its kind.
                #[attr(setting, api)]
                name: String,
                /// Its name in URLs, if it has one.
                #[attr(computed, api)]
                slug: Option<String>,
                #[attr(flatten)]
                told: Told,
            }

            impl DataSource for $one {
                type Client = NetBox;

                async fn read(
                    netbox: &NetBox,
                    arguments: <Self as Attributes>::Plan,
                ) -> Result<Self> {
                    let what = arguments.id.map(|id| id.to_string()).or_else(|| arguments.name.clone());
                    let query = Query::new().with_some("name", arguments.name);
                    let what = what.unwrap_or_default();
                    one(netbox, &kinds::$kind, arguments.id, &query, &what).await
                }
            }

            #[doc = $many_doc]
            #[derive(Clone, DataSource)]
            #[data_source(name = $many_name, group = "NetBox")]
            pub(crate) struct $many {
                /// Only those with this tag, by its slug.
                #[attr(optional)]
                tag: Option<String>,
                /// What was found, by number.
                #[attr(computed)]
                objects: Vec<Named>,
            }

            impl DataSource for $many {
                type Client = NetBox;

                async fn read(
                    netbox: &NetBox,
                    arguments: <Self as Attributes>::Plan,
                ) -> Result<Self> {
                    let query = Query::new().with_some("tag", arguments.tag.as_ref());
                    let objects = many(netbox, &kinds::$kind, &query).await?;
                    Ok(Self { tag: arguments.tag, objects })
                }
            }
        )*

        /// Offers the data sources of the kinds that are known by a name.
        pub(crate) fn register(registry: &mut Registry<Clients>) {
            registry$(.data_source::<$one>().data_source::<$many>())*;
        }
    };
}

named! {
    CLUSTER
        ClusterLookup "netbox_cluster" "A cluster in NetBox, by its number or its name."
        Clusters "netbox_clusters" "The clusters in NetBox."
    CLUSTER_TYPE
        ClusterTypeLookup "netbox_cluster_type" "A type of clusters in NetBox, by its number or its name."
        ClusterTypes "netbox_cluster_types" "The types of clusters in NetBox."
    RIR
        RirLookup "netbox_rir" "A registry in NetBox, by its number or its name."
        Rirs "netbox_rirs" "The registries in NetBox."
    ROLE
        RoleLookup "netbox_role" "A role of prefixes and VLANs in NetBox, by its number or its name."
        Roles "netbox_roles" "The roles of prefixes and VLANs in NetBox."
    SITE
        SiteLookup "netbox_site" "A site in NetBox, by its number or its name."
        Sites "netbox_sites" "The sites in NetBox."
    TENANT
        TenantLookup "netbox_tenant" "A tenant in NetBox, by its number or its name."
        Tenants "netbox_tenants" "The tenants in NetBox."
    VIRTUAL_MACHINE
        VirtualMachineLookup "netbox_virtual_machine"
            "A virtual machine in NetBox, by its number or its name."
        VirtualMachines "netbox_virtual_machines" "The virtual machines in NetBox."
    VLAN_GROUP
        VlanGroupLookup "netbox_vlan_group" "A group of VLANs in NetBox, by its number or its name."
        VlanGroups "netbox_vlan_groups" "The groups of VLANs in NetBox."
    VRF
        VrfLookup "netbox_vrf" "A VRF in NetBox, by its number or its name."
        Vrfs "netbox_vrfs" "The VRFs in NetBox."
}
