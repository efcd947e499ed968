//! A provider with every feature of the framework, over a server in memory.

mod cluster;
mod functions;
mod inventory;
mod kept;
pub(crate) mod rack;
mod restart;
mod server;
mod servers;
mod session;
mod volume;
mod world;

use std::sync::Arc;

use conformance::Core;
use tf_provider::cty::{Type, Value};
use tf_provider::{Attributes, Diagnostic, FromClients, Provider, Registry, Result};
use tf_provider_protocol::proto::DynamicValue;

pub(crate) use world::{Fault, World};

/// The sample provider.
pub(crate) struct Sample;

/// The provider block.
#[derive(Clone, Attributes)]
pub(crate) struct Config {
    /// Name of the world.
    #[attr(optional)]
    endpoint: Option<String>,
    /// How it is reached.
    #[attr(block)]
    proxy: Vec<Proxy>,
}

/// How something is reached.
#[derive(Clone, Attributes)]
pub(crate) struct Proxy {
    /// Where.
    #[attr(required)]
    url: String,
}

/// What the provider block leads to.
pub(crate) struct Clients {
    endpoint: tf_provider::Value<String>,
}

/// Talks to the server.
#[derive(Clone)]
pub(crate) struct Client(Arc<World>);

impl FromClients<Clients> for Client {
    fn from_clients(clients: &Clients) -> Result<Self> {
        match &clients.endpoint {
            tf_provider::Value::Known(name) => Ok(Self(World::named(name))),
            tf_provider::Value::Unknown => {
                Err(Diagnostic::error("`endpoint` of provider \"sample\" is not known yet"))
            }
            tf_provider::Value::Null => {
                Err(Diagnostic::error("The sample system is not configured")
                    .hint("set `endpoint` in provider \"sample\""))
            }
        }
    }

    fn unknown(clients: &Clients) -> bool {
        clients.endpoint.is_unknown()
    }
}

impl Provider for Sample {
    type Config = Config;
    type Clients = Clients;

    const NAME: &'static str = "sample";
    const ADDRESS: &'static str = "registry.terraform.io/sample/sample";
    const VERSION: &'static str = "0.0.0";
    const DESCRIPTION: &'static str = "Everything that the framework can do.";

    fn register(registry: &mut Registry<Clients>) {
        registry
            .resource::<server::Server>()
            .resource::<volume::Volume>()
            .resource::<cluster::Cluster>()
            .data_source::<inventory::Inventory>()
            .data_source::<cluster::members::Members>()
            .ephemeral_resource::<session::Session>()
            .ephemeral_resource::<cluster::members::Key>()
            .list_resource::<servers::Servers>()
            .list_resource::<cluster::members::Clusters>()
            .action::<restart::Restart>()
            .action::<cluster::members::Drain>()
            .function::<functions::Join>()
            .function::<functions::Known>();
    }

    fn configure(config: ConfigValues) -> Result<Clients> {
        let proxies = config.proxy.known().into_iter().flatten();
        for proxy in proxies.filter_map(tf_provider::Value::known) {
            if proxy.url.known().is_some_and(|url| url == "closed") {
                return Err(Diagnostic::error("The proxy lets nobody through").at("proxy"));
            }
        }
        Ok(Clients { endpoint: config.endpoint })
    }
}

/// The type of the sample resource.
pub(crate) const SERVER: &str = "sample_server";

/// Core beside a configured sample provider, and the world that it manages.
pub(crate) async fn start() -> (Core, Arc<World>) {
    let world = World::create();
    let core = Core::new::<Sample>().await.expect_value();
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    (core, world)
}

/// The provider block as a message.
pub(crate) fn provider_block(endpoint: Value) -> DynamicValue {
    let proxy = Type::list(Type::object([("url", Type::String)]));
    let ty = Type::object([("endpoint", Type::String), ("proxy", proxy)]);
    let block = object([("endpoint", endpoint), ("proxy", list([]))]);
    DynamicValue::encode_value(&block, &ty).unwrap()
}

/// An object of a configuration.
pub(crate) fn object<const N: usize>(attributes: [(&str, Value); N]) -> Value {
    Value::object(attributes)
}

/// The configuration of a server that sets no more than it must, and `more`.
pub(crate) fn server<const N: usize>(more: [(&str, Value); N]) -> Value {
    let least = [("name", "Web-1".into()), ("zone", "north".into()), ("image", "debian".into())];
    Value::object(least.into_iter().chain(more))
}

/// A list.
pub(crate) fn list<const N: usize>(elements: [&str; N]) -> Value {
    Value::List(elements.map(Value::from).to_vec())
}
