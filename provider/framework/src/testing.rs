//! A provider without a process around it, for programs that play Terraform against it.

use tf_provider_protocol::proto::provider_server::Provider as Service;

use crate::Provider;
use crate::server::{Server, json};

/// The provider `P` as the service that Terraform calls.
pub fn service<P: Provider>() -> impl Service {
    Server::<P>::new()
}

/// The schemas of the provider `P` as `terraform providers schema -json` prints them.
pub fn schema<P: Provider>() -> serde_json::Value {
    json::schema(&Server::<P>::new())
}
