//! Finding objects for `terraform query`: a struct of filters and a line for each kind.

use onprem_netbox::{Object, Query};
use tf_provider::{Attributes, ListContext, ListResource, Registry, Result};

use super::NetBox;
use super::ip_address::IpAddress;
use super::ip_addresses::AddressFilter;
use super::ip_range::IpRange;
use super::ip_ranges::RangeFilter;
use super::model::{Model, identity_of};
use super::prefix::Prefix;
use super::prefixes::PrefixFilter;
use super::tag::Tag;
use super::tenant::Tenant;
use super::vlan::Vlan;
use super::vrf::Vrf;
use crate::Clients;

/// Finds IP addresses in NetBox, whoever made them. Without arguments it is all of them.
#[derive(Clone, ListResource)]
pub(crate) struct IpAddressList {
    #[attr(flatten)]
    filter: AddressFilter,
}

/// Finds IP ranges in NetBox, whoever made them. Without arguments it is all of them.
#[derive(Clone, ListResource)]
pub(crate) struct IpRangeList {
    #[attr(flatten)]
    filter: RangeFilter,
}

/// Finds prefixes in NetBox, whoever made them. Without arguments it is all of them.
#[derive(Clone, ListResource)]
pub(crate) struct PrefixList {
    #[attr(flatten)]
    filter: PrefixFilter,
}

/// Finds the tags of NetBox, whoever made them.
#[derive(Clone, ListResource)]
pub(crate) struct TagList {
    /// Only the one with this name.
    #[attr(optional)]
    name: Option<String>,
}

/// Finds tenants in NetBox, whoever made them.
#[derive(Clone, ListResource)]
pub(crate) struct TenantList {
    #[attr(flatten)]
    filter: ByName,
}

/// Finds VLANs in NetBox, whoever made them.
#[derive(Clone, ListResource)]
pub(crate) struct VlanList {
    /// Only those in the VLAN group with this number.
    #[attr(optional)]
    group_id: Option<i64>,
    /// Only those in the site with this number.
    #[attr(optional)]
    site_id: Option<i64>,
    /// Only those of the tenant with this number.
    #[attr(optional)]
    tenant_id: Option<i64>,
    #[attr(flatten)]
    filter: ByName,
}

/// Finds VRFs in NetBox, whoever made them.
#[derive(Clone, ListResource)]
pub(crate) struct VrfList {
    /// Only those of the tenant with this number.
    #[attr(optional)]
    tenant_id: Option<i64>,
    #[attr(flatten)]
    filter: ByName,
}

/// Filters of what is known by its name.
#[derive(Clone, Attributes)]
pub(crate) struct ByName {
    /// Only those with this name.
    #[attr(optional)]
    name: Option<String>,
    /// Only those with this tag, by its slug.
    #[attr(optional)]
    tag: Option<String>,
}

impl ByNamePlan {
    fn query(&self) -> Query {
        Query::new().with_some("name", self.name.as_ref()).with_some("tag", self.tag.as_ref())
    }
}

/// Makes the listings of kinds out of the query that their arguments mean, and the function that offers
/// them.
macro_rules! lists {
    ($($list:ident of $resource:ident: |$arguments:ident| $query:expr;)*) => {
        $(
            impl ListResource for $list {
                type Resource = $resource;

                async fn list(
                    cx: &mut ListContext<$resource>,
                    netbox: &NetBox,
                    $arguments: <Self as Attributes>::Plan,
                ) -> Result<()> {
                    find(cx, netbox, &$query).await
                }
            }
        )*

        /// Offers the listings.
        pub(crate) fn register(registry: &mut Registry<Clients>) {
            registry$(.list_resource::<$list>())*;
        }
    };
}

lists! {
    IpAddressList of IpAddress: |arguments| arguments.filter.query();
    IpRangeList of IpRange: |arguments| arguments.filter.query();
    PrefixList of Prefix: |arguments| arguments.filter.query();
    TagList of Tag: |arguments| Query::new().with_some("name", arguments.name);
    TenantList of Tenant: |arguments| arguments.filter.query();
    VlanList of Vlan: |arguments| arguments.filter.query()
        .with_some("group_id", arguments.group_id)
        .with_some("site_id", arguments.site_id)
        .with_some("tenant_id", arguments.tenant_id);
    VrfList of Vrf: |arguments| arguments.filter.query().with_some("tenant_id", arguments.tenant_id);
}

/// Says what the query finds.
async fn find<R: Model>(cx: &mut ListContext<R>, netbox: &NetBox, query: &Query) -> Result<()> {
    let netbox = netbox.until(cx.deadline(), cx.time_limit(), "the time limit of a listing");
    let mut pages = netbox.objects(R::KIND).pages(query)?;
    while let Some(page) = pages.next().await? {
        for object in page {
            // An error where nobody wants more, so that no further page is asked for.
            cx.found(&identity_of::<R>(object.id())?, called(&object)).await?;
        }
    }
    Ok(())
}

/// What an object is called, as it is imported: with `@` and its VRF, where it is in one.
fn called(object: &Object) -> String {
    let name = object.text("display").or_else(|| object.text("name"));
    let name = name.unwrap_or_else(|| object.id().to_string());
    match object.get("vrf")["name"].as_str() {
        Some(vrf) => format!("{name}@{vrf}"),
        None => name,
    }
}
