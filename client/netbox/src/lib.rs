//! A client for the REST API of NetBox.
//!
//! [`Client::objects`] reads, makes, changes and deletes objects of every [`Kind`] in the table of
//! [`kinds`]. What the server does quietly is said aloud here: a field that it drops is an error, a
//! filter that it ignores is refused, a list is read to its end. What it has free is taken with
//! [`Client::create`] and a [`Place`], in one request.
//!
//! ```no_run
//! use onprem_netbox::{Client, Place, Query, kinds};
//! use serde_json::json;
//!
//! # async fn example() -> Result<(), onprem_netbox::Error> {
//! let client = Client::builder("https://netbox.example", "nbt_…").build()?;
//! let pools = client.objects(&kinds::PREFIX).list(&Query::new().with("tag", "pool")).await?;
//! let fields = json!({ "dns_name": "web.example" });
//! let fields = fields.as_object().cloned().unwrap_or_default();
//! let address = client.create(Place::AddressOfPrefix(pools[0].id()), fields, None).await?;
//! println!("{:?}", address.text("address"));
//! # Ok(())
//! # }
//! ```

mod batch;
mod call;
mod claim;
mod client;
mod compare;
mod create;
mod error;
mod kind;
mod names;
mod object;
mod objects;
mod version;

pub use claim::{Claim, unmarked};
pub use client::{Client, ClientBuilder};
pub use compare::same;
pub use create::Place;
pub use error::{Error, ErrorKind};
pub use kind::{Kind, Query};
pub use names::{Address, DnsName, MacAddress, NameError, Network, slug};
pub use object::{Fields, Object, integer, reference, text};
pub use objects::{Objects, Pages};
pub use version::Version;

/// The kinds of objects
pub mod kinds {
    pub use crate::kind::{
        AGGREGATE, CLUSTER, CLUSTER_TYPE, CUSTOM_FIELD, IP_ADDRESS, IP_RANGE, MAC_ADDRESS, PREFIX,
        RIR, ROLE, SERVICE, SITE, TAG, TENANT, VIRTUAL_MACHINE, VLAN, VLAN_GROUP, VM_INTERFACE,
        VRF,
    };
}
