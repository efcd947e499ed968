//! The provider: its configuration, its clients and the list of what it offers.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::Future;

use crate::cty::{Path, Value as CtyValue};
use crate::erased::{
    AnyAction, AnyDataSource, AnyEphemeralResource, AnyFunction, AnyListResource, AnyResource,
    TypedAction, TypedDataSource, TypedEphemeralResource, TypedFunction, TypedListResource,
    TypedResource,
};
use crate::schema::Object;
use crate::{
    Action, Attributes, DataSource, Diagnostic, Diagnostics, EphemeralResource, Function,
    ListResource, Resource, ResourceModel, Result,
};

/// A provider.
pub trait Provider: Send + Sync + Sized + 'static {
    /// The provider block.
    type Config: Attributes;
    /// What a configured provider gives to its resources.
    type Clients: Send + Sync + 'static;

    /// The prefix of its types, for example `onprem`.
    const NAME: &'static str;
    /// Where the registry has it, for example `registry.terraform.io/onprem/onprem`.
    const ADDRESS: &'static str;
    /// Its version, for example `0.1.0`.
    const VERSION: &'static str;
    /// What it is, in Markdown.
    const DESCRIPTION: &'static str;

    /// Lists what it offers.
    fn register(registry: &mut Registry<Self::Clients>);

    /// Reports what is wrong with a provider block. Values may be unknown.
    fn validate(config: &<Self::Config as Attributes>::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Makes the clients. It does no I/O; what is unknown is kept until an operation needs it.
    ///
    /// # Errors
    /// A configuration that no client can be made of.
    fn configure(config: <Self::Config as Attributes>::Values) -> Result<Self::Clients>;

    /// Explains an error of one of its systems to the person at the terminal.
    fn explain(error: &(dyn StdError + 'static), situation: &Situation) -> Option<Diagnostic> {
        let _ = (error, situation);
        None
    }

    /// Ends sessions and the like before the process exits; it has 1.5 seconds.
    fn shutdown(clients: &Self::Clients) -> impl Future<Output = ()> + Send {
        let _ = clients;
        async {}
    }
}

/// Something that a resource needs of the configured provider.
pub trait FromClients<C>: Sized {
    /// Takes it.
    ///
    /// # Errors
    /// The system is not configured: what to add to the provider block.
    fn from_clients(clients: &C) -> Result<Self>;

    /// Whether it cannot be told before the apply, because the provider's configuration is unknown.
    fn unknown(clients: &C) -> bool {
        let _ = clients;
        false
    }
}

/// What a provider offers.
pub struct Registry<C> {
    prefix: &'static str,
    pub(crate) resources: BTreeMap<String, Box<dyn AnyResource<C>>>,
    pub(crate) data_sources: BTreeMap<String, Box<dyn AnyDataSource<C>>>,
    pub(crate) ephemeral_resources: BTreeMap<String, Box<dyn AnyEphemeralResource<C>>>,
    pub(crate) list_resources: BTreeMap<String, Box<dyn AnyListResource<C>>>,
    pub(crate) actions: BTreeMap<String, Box<dyn AnyAction<C>>>,
    pub(crate) functions: BTreeMap<String, Box<dyn AnyFunction>>,
}

impl<C: Send + Sync + 'static> Registry<C> {
    pub(crate) fn of<P: Provider<Clients = C>>() -> Self {
        let mut registry = Self {
            prefix: P::NAME,
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            ephemeral_resources: BTreeMap::new(),
            list_resources: BTreeMap::new(),
            actions: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        P::register(&mut registry);
        registry
    }

    /// Offers a resource.
    pub fn resource<R: Resource<Client: FromClients<C>>>(&mut self) -> &mut Self {
        let name = format!("{}_{}", self.prefix, R::NAME);
        self.resources.insert(name.clone(), Box::new(TypedResource::<R>::new(name)));
        self
    }

    /// Offers a data source.
    pub fn data_source<D: DataSource<Client: FromClients<C>>>(&mut self) -> &mut Self {
        let name = format!("{}_{}", self.prefix, D::NAME);
        self.data_sources.insert(name, Box::new(TypedDataSource::<D>::new()));
        self
    }

    /// Offers an ephemeral resource.
    pub fn ephemeral_resource<E: EphemeralResource<Client: FromClients<C>>>(
        &mut self,
    ) -> &mut Self {
        let name = format!("{}_{}", self.prefix, E::NAME);
        self.ephemeral_resources.insert(name, Box::new(TypedEphemeralResource::<E>::new()));
        self
    }

    /// Offers to list the objects of a resource, which is offered, too.
    pub fn list_resource<L>(&mut self) -> &mut Self
    where
        L: ListResource<Resource: Resource<Client: FromClients<C>>>,
    {
        let name = format!("{}_{}", self.prefix, <L::Resource as ResourceModel>::NAME);
        self.list_resources.insert(name, Box::new(TypedListResource::<L>::new()));
        self
    }

    /// Offers an action.
    pub fn action<A: Action<Client: FromClients<C>>>(&mut self) -> &mut Self {
        let name = format!("{}_{}", self.prefix, A::NAME);
        self.actions.insert(name, Box::new(TypedAction::<A>::new()));
        self
    }

    /// Offers a function.
    pub fn function<F: Function>(&mut self) -> &mut Self {
        self.functions.insert(F::NAME.to_owned(), Box::new(TypedFunction::<F>::new()));
        self
    }
}

impl<C> std::fmt::Debug for Registry<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("resources", &self.resources.keys())
            .field("data_sources", &self.data_sources.keys())
            .field("ephemeral_resources", &self.ephemeral_resources.keys())
            .field("list_resources", &self.list_resources.keys())
            .field("actions", &self.actions.keys())
            .field("functions", &self.functions.keys())
            .finish()
    }
}

/// In which situation an error came up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Situation {
    /// The type, for example `onprem_proxmox_image`.
    pub type_name: String,
    /// What was attempted, for example `create onprem_proxmox_image (vm_id = 9000)`.
    pub attempt: String,
    /// The values that were at work: the plan, else the state, else the configuration.
    pub values: Object,
}

impl Situation {
    /// The first attribute called `name`, at any depth, that has the value `text`.
    pub fn attribute(&self, name: &str, text: &str) -> Option<Path> {
        find(&self.values, &Path::default(), &mut |key, value| {
            key == name && plain(value).as_deref() == Some(text)
        })
    }

    /// The first attribute called `name`, at any depth, that has a value.
    pub fn attribute_named(&self, name: &str) -> Option<Path> {
        find(&self.values, &Path::default(), &mut |key, value| key == name && !value.is_null())
    }

    /// The text of the attribute `name` at the top level.
    pub fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).and_then(plain)
    }
}

fn plain(value: &CtyValue) -> Option<String> {
    let number = || value.as_number().map(ToString::to_string);
    value.as_str().map(str::to_owned).or_else(number)
}

fn find(
    object: &Object,
    path: &Path,
    matches: &mut impl FnMut(&str, &CtyValue) -> bool,
) -> Option<Path> {
    // Shallow places first: the attribute that the user wrote at the top is the likelier culprit.
    if let Some((name, _)) = object.iter().find(|(name, value)| matches(name, value)) {
        return Some(path.clone().attribute(name));
    }
    object.iter().find_map(|(name, value)| {
        let path = path.clone().attribute(name);
        match value {
            CtyValue::Object(inner) => find(inner, &path, matches),
            CtyValue::Map(inner) => inner
                .iter()
                .find_map(|(key, value)| find(value.as_object()?, &path.clone().key(key), matches)),
            CtyValue::List(inner) => (0..).zip(inner).find_map(|(index, value)| {
                find(value.as_object()?, &path.clone().index(index), matches)
            }),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_attribute_that_holds_the_culprit() {
        let disk = CtyValue::object([("storage", CtyValue::string("nope"))]);
        let values = Object::from([
            ("node".to_owned(), CtyValue::string("pve1")),
            ("disks".to_owned(), CtyValue::map([("scsi0", disk)])),
        ]);
        let situation = Situation { type_name: String::new(), attempt: String::new(), values };
        let found = situation.attribute("storage", "nope").unwrap();
        assert_eq!(found.to_string(), r#"disks["scsi0"].storage"#);
        assert!(situation.attribute("storage", "local").is_none());
    }
}
