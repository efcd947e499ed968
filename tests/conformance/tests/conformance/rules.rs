//! Rules across attributes: in every kind that has a configuration, until the apply.

use std::collections::BTreeMap;

use conformance::{Core, Outcome};
use tf_provider::cty::{Path, Value};
use tf_provider::{
    Action, ActionContext, Attributes, Context, DataSource, EphemeralContext, EphemeralResource,
    FromClients, ListContext, ListResource, Provider, Registry, Resource, Result, Update,
};

use super::sample::object;

struct Ruled;

/// The provider block.
#[derive(Clone, Attributes)]
#[attributes(conflicting(token, password))]
struct Config {
    /// A token.
    #[attr(optional, sensitive)]
    token: Option<String>,
    /// A password.
    #[attr(optional, sensitive)]
    password: Option<String>,
}

#[derive(Clone)]
struct Client;

impl FromClients<()> for Client {
    fn from_clients((): &()) -> Result<Self> {
        Ok(Self)
    }
}

impl Provider for Ruled {
    type Config = Config;
    type Clients = ();

    const NAME: &'static str = "ruled";
    const ADDRESS: &'static str = "registry.terraform.io/sample/ruled";
    const VERSION: &'static str = "0.0.0";
    const DESCRIPTION: &'static str = "Rules in every kind.";

    fn register(registry: &mut Registry<()>) {
        registry
            .resource::<Place>()
            .data_source::<Found>()
            .ephemeral_resource::<Key>()
            .list_resource::<Places>()
            .action::<Move>();
    }

    fn configure(_: ConfigValues) -> Result<()> {
        Ok(())
    }
}

/// A place in a network.
#[derive(Clone, Resource)]
#[resource(
    name = "place",
    import = "{id}",
    exactly_one_of(address, prefix_id, range_id),
    required_together(scope_id, scope_type)
)]
struct Place {
    /// Its number.
    #[attr(computed, identity)]
    id: i64,
    /// Its address.
    #[attr(setting)]
    address: String,
    /// Prefix to take one of.
    #[attr(creation)]
    prefix_id: Option<i64>,
    /// Range to take one of.
    #[attr(creation)]
    range_id: Option<i64>,
    /// Number of what it is for.
    #[attr(optional)]
    scope_id: Option<i64>,
    #[attr(flatten)]
    scope: Scope,
    /// What is open, by name.
    #[attr(optional)]
    doors: Option<BTreeMap<String, Door>>,
}

/// What a place is for.
#[derive(Clone, Attributes)]
struct Scope {
    /// Type of what it is for.
    #[attr(optional)]
    scope_type: Option<String>,
}

/// A door.
#[derive(Clone, Attributes)]
struct Door {
    /// Port.
    #[attr(optional, also_requires = [proto])]
    port: Option<i64>,
    /// Protocol.
    #[attr(optional)]
    proto: Option<String>,
    /// Service.
    #[attr(optional, conflicts_with = [port, proto])]
    service: Option<String>,
}

impl Resource for Place {
    type Client = Client;

    async fn create(cx: &mut Context<Self>, _: &Client, plan: PlacePlan) -> Result<Self> {
        cx.created(&PlaceIdentity { id: 1 });
        Ok(Self {
            id: 1,
            address: plan.address.unwrap_or_else(|| "10.0.0.7".to_owned()),
            prefix_id: None,
            range_id: None,
            scope_id: None,
            scope: Scope { scope_type: None },
            doors: None,
        })
    }

    async fn read(_: &mut Context<Self>, _: &Client, _: PlaceIdentity) -> Result<Option<Self>> {
        Ok(None)
    }

    async fn update(
        cx: &mut Context<Self>,
        client: &Client,
        _: PlaceIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        Self::create(cx, client, update.plan).await
    }

    async fn delete(_: &mut Context<Self>, _: &Client, _: PlaceIdentity) -> Result<()> {
        Ok(())
    }
}

/// One place.
#[derive(Clone, DataSource)]
#[data_source(name = "place", exactly_one_of(id, name))]
struct Found {
    /// Its number.
    #[attr(setting)]
    id: i64,
    /// Its name.
    #[attr(setting)]
    name: String,
}

impl DataSource for Found {
    type Client = Client;

    async fn read(_: &Client, arguments: FoundPlan) -> Result<Self> {
        let (id, name) = (arguments.id.unwrap_or(1), arguments.name.unwrap_or_default());
        Ok(Self { id, name })
    }
}

/// A key of a place.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "key", required_together(user, password))]
struct Key {
    /// Who has it.
    #[attr(optional)]
    user: Option<String>,
    /// Password.
    #[attr(optional, sensitive)]
    password: Option<String>,
}

impl EphemeralResource for Key {
    type Client = Client;

    async fn open(_: &mut EphemeralContext, _: &Client, arguments: KeyPlan) -> Result<Self> {
        Ok(Self { user: arguments.user, password: arguments.password })
    }
}

/// Finds places.
#[derive(Clone, ListResource)]
#[list_resource(at_least_one_of(prefix_id, scope_id))]
struct Places {
    /// Only those in this prefix.
    #[attr(optional)]
    prefix_id: Option<i64>,
    /// Only those of this scope.
    #[attr(optional)]
    scope_id: Option<i64>,
}

impl ListResource for Places {
    type Resource = Place;

    async fn list(cx: &mut ListContext<Place>, _: &Client, _: PlacesPlan) -> Result<()> {
        cx.found(&PlaceIdentity { id: 1 }, "a").await?;
        Ok(())
    }
}

/// Moves a place.
#[derive(Clone, Action)]
#[action(name = "move")]
struct Move {
    /// To where.
    #[attr(optional)]
    to: Option<String>,
    /// By so much.
    #[attr(optional, conflicts_with = [to])]
    by: Option<i64>,
}

impl Action for Move {
    type Client = Client;

    async fn invoke(cx: &mut ActionContext, _: &Client, _: MovePlan) -> Result<()> {
        cx.progress("moved");
        Ok(())
    }
}

const PLACE: &str = "ruled_place";

async fn start() -> Core {
    let core = Core::new::<Ruled>().await.expect_value();
    core.configure(&object([])).await.expect_value();
    core
}

/// The one error.
fn error<T>(outcome: &Outcome<T>) -> (String, String) {
    let error = outcome.expect_error();
    (error.path.as_ref().map(ToString::to_string).unwrap_or_default(), error.summary.clone())
}

fn said(path: &str, summary: &str) -> (String, String) {
    (path.to_owned(), summary.to_owned())
}

#[tokio::test]
async fn a_broken_rule_is_told_once_in_every_kind() {
    let core = start().await;
    let both = object([("token", "t".into()), ("password", "p".into())]);
    let outcome = core.configure(&both).await;
    // Terraform would print the line, and with it the secret.
    assert_eq!(error(&outcome), said("", "`token` and `password` are both set"));
    let outcome = core.validate_data("ruled_place", &object([])).await;
    assert_eq!(error(&outcome), said("id", "Neither `id` nor `name` is set"));
    let outcome = core.validate_ephemeral("ruled_key", &object([("user", "a".into())])).await;
    assert_eq!(error(&outcome), said("user", "`user` needs `password`"));
    let outcome = core.validate_list(PLACE, &object([])).await;
    assert_eq!(error(&outcome), said("prefix_id", "Neither `prefix_id` nor `scope_id` is set"));
    let both = object([("to", "there".into()), ("by", 2.into())]);
    let outcome = core.validate_action("ruled_move", &both).await;
    assert_eq!(error(&outcome), said("to", "`by` and `to` are both set"));
    let config = object([("prefix_id", 1.into()), ("scope_type", "site".into())]);
    let outcome = core.validate(PLACE, &config).await;
    assert_eq!(error(&outcome), said("scope_type", "`scope_type` needs `scope_id`"));
}

#[tokio::test]
async fn a_broken_rule_in_an_element_of_a_map_names_the_element() {
    let core = start().await;
    let doors = |door| object([("address", "a".into()), ("doors", Value::map([("front", door)]))]);
    let door = object([("port", 22.into())]);
    let outcome = core.validate(PLACE, &doors(door)).await;
    let error = outcome.expect_error();
    assert_eq!(error.summary, "`port` needs `proto`");
    assert_eq!(error.path, Some(Path::from("doors")), "Terraform shows no line inside");
    assert!(error.detail.contains("doors[\"front\"].port"), "{error}");
    let door = object([("port", 22.into()), ("proto", Value::unknown())]);
    core.validate(PLACE, &doors(door)).await.expect_value();
    let door = object([("proto", "tcp".into()), ("service", "ssh".into())]);
    let outcome = core.validate(PLACE, &doors(door)).await;
    assert_eq!(outcome.expect_error().summary, "`service` and `proto` are both set");
}

#[tokio::test]
async fn an_unknown_value_is_judged_when_it_is_known_before_anything_is_made() {
    let core = start().await;
    let unknown = object([("address", Value::unknown()), ("prefix_id", 1.into())]);
    core.validate(PLACE, &unknown).await.expect_value();
    let plan = core.plan(PLACE, None, &unknown).await.expect_value();
    let outcome = core.apply_with(&plan, &object([("prefix_id", 1.into())])).await;
    assert!(outcome.errors().is_empty(), "{}", outcome.complaints());

    let both = object([("address", "10.0.0.1".into()), ("prefix_id", 1.into())]);
    let outcome = core.apply_with(&plan, &both).await;
    let expected = said("prefix_id", "`address` and `prefix_id` are both set");
    assert_eq!(error(&outcome), expected);
    assert!(outcome.value.is_none(), "nothing was made");
}

#[tokio::test]
async fn a_generated_configuration_keeps_the_rules() {
    let core = start().await;
    let door = object([("port", 22.into()), ("proto", Value::Null), ("service", "ssh".into())]);
    let state = object([
        ("id", 1.into()),
        ("address", "10.0.0.7".into()),
        ("prefix_id", Value::Null),
        ("range_id", 4.into()),
        ("scope_id", 3.into()),
        ("scope_type", Value::Null),
        ("doors", Value::map([("front", door)])),
    ]);
    let generated = core.generate(PLACE, &state).await.expect_value();
    let set = |name: &str| generated.get(&Path::from(name)).is_some_and(|one| !one.is_null());
    let left = ["address", "prefix_id", "range_id", "scope_id", "scope_type"].map(set);
    assert_eq!(left, [false, false, true, false, false]);
    let door = Path::from("doors").key("front");
    let at = |name: &str| generated.get(&door.clone().attribute(name)).cloned();
    assert_eq!((at("port"), at("service")), (Some(Value::Null), Some("ssh".into())));
}
