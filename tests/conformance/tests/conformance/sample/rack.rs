//! A resource with a block of every nesting, answered by hand: what is judged of blocks does not depend on
//! how the framework makes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tf_provider::cty::{Type, Value};
use tf_provider_protocol::proto::provider_server::Provider;
use tf_provider_protocol::proto::schema::nested_block::NestingMode;
use tf_provider_protocol::proto::schema::{Attribute, Block, NestedBlock};
use tf_provider_protocol::proto::{self, DynamicValue, ResourceIdentityData};
use tonic::{Request, Response, Status};

use super::object;

/// The type of the resource.
pub(crate) const RACK: &str = "sample_rack";

/// The service.
#[derive(Debug, Default)]
pub(crate) struct Racks {
    /// What came as private state of an earlier plan, in order.
    pub(crate) planned_private: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// The type of a rack.
pub(crate) fn rack_type() -> Type {
    Type::object([
        ("id", Type::String),
        ("name", Type::String),
        ("location", Type::object([("row", Type::String)])),
        ("cooling", Type::object([("fans", Type::Number)])),
        ("shelf", Type::list(Type::object([("height", Type::Number), ("label", Type::String)]))),
        ("port", Type::map(Type::object([("speed", Type::Number)]))),
        ("tag", Type::set(Type::object([("key", Type::String), ("color", Type::String)]))),
    ])
}

/// A rack with some of each.
pub(crate) fn rack<const N: usize>(more: [(&str, Value); N]) -> Value {
    let shelf = |height: i64| object([("height", height.into())]);
    let tag = |key: &str| object([("key", key.into())]);
    let usual = [
        ("name", "r1".into()),
        ("location", object([("row", "a".into())])),
        ("cooling", object([("fans", 2.into())])),
        ("shelf", Value::List(vec![shelf(1), shelf(2)])),
        ("port", Value::map([("eth0", object([("speed", 10.into())]))])),
        ("tag", Value::List(vec![tag("a"), tag("b")])),
    ];
    Value::object(usual.into_iter().chain(more))
}

/// A rack without any.
pub(crate) fn bare_rack() -> Value {
    object([
        ("name", "r0".into()),
        ("cooling", object([])),
        ("shelf", Value::List(vec![])),
        ("port", Value::map::<String>([])),
        ("tag", Value::List(vec![])),
    ])
}

fn attribute(name: &str, ty: &Type, (required, optional, computed): Class) -> Attribute {
    let (name, r#type) = (name.to_owned(), ty.to_json_bytes());
    Attribute { name, r#type, required, optional, computed, ..Default::default() }
}

type Class = (bool, bool, bool);
const REQUIRED: Class = (true, false, false);
const OPTIONAL: Class = (false, true, false);
const COMPUTED: Class = (false, false, true);
const SETTING: Class = (false, true, true);

fn nested(name: &str, nesting: NestingMode, attributes: Vec<Attribute>) -> NestedBlock {
    NestedBlock {
        type_name: name.to_owned(),
        nesting: nesting.into(),
        block: Some(Block { attributes, ..Default::default() }),
        ..Default::default()
    }
}

fn block() -> Block {
    let (text, number) = (&Type::String, &Type::Number);
    Block {
        attributes: vec![attribute("id", text, COMPUTED), attribute("name", text, REQUIRED)],
        block_types: vec![
            nested("location", NestingMode::Single, vec![attribute("row", text, OPTIONAL)]),
            nested("cooling", NestingMode::Group, vec![attribute("fans", number, OPTIONAL)]),
            nested(
                "shelf",
                NestingMode::List,
                vec![attribute("height", number, REQUIRED), attribute("label", text, SETTING)],
            ),
            nested("port", NestingMode::Map, vec![attribute("speed", number, OPTIONAL)]),
            nested(
                "tag",
                NestingMode::Set,
                vec![attribute("key", text, REQUIRED), attribute("color", text, SETTING)],
            ),
        ],
        ..Default::default()
    }
}

fn encoded(value: &Value) -> Option<DynamicValue> {
    Some(DynamicValue::encode_value(value, &rack_type()).unwrap())
}

fn decoded(field: Option<&DynamicValue>) -> Value {
    DynamicValue::decode_field(field, &rack_type()).unwrap()
}

fn identity(id: Value) -> Option<ResourceIdentityData> {
    let ty = Type::object([("id", Type::String)]);
    let data = DynamicValue::encode_value(&object([("id", id)]), &ty).unwrap();
    Some(ResourceIdentityData { identity_data: Some(data) })
}

/// The rack with `fill` in place of every computed part that `hole` is true of.
fn computed(rack: &Value, hole: fn(&Value) -> bool, fill: &dyn Fn(&str) -> Value) -> Value {
    let element = |element: &Value, name: &str| match element {
        Value::Object(parts) => {
            let mut parts = parts.clone();
            if parts.get(name).is_some_and(hole) {
                parts.insert(name.to_owned(), fill(name));
            }
            Value::Object(parts)
        }
        other => other.clone(),
    };
    let Value::Object(mut parts) = element(rack, "id") else { return rack.clone() };
    for (name, inner) in [("shelf", "label"), ("tag", "color")] {
        let filled = match &parts[name] {
            Value::List(all) => Value::List(all.iter().map(|one| element(one, inner)).collect()),
            Value::Set(all) => Value::set(all.iter().map(|one| element(one, inner)).collect()),
            other => other.clone(),
        };
        parts.insert(name.to_owned(), filled);
    }
    Value::Object(parts)
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Provider for Racks {
    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        let schema = |block| proto::Schema { version: 0, block: Some(block) };
        Ok(Response::new(proto::get_provider_schema::Response {
            provider: Some(schema(Block::default())),
            resource_schemas: BTreeMap::from([(RACK.to_owned(), schema(block()))]),
            server_capabilities: Some(proto::ServerCapabilities {
                plan_destroy: true,
                get_provider_schema_optional: true,
                move_resource_state: true,
                generate_resource_config: true,
            }),
            ..Default::default()
        }))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        let id = proto::resource_identity_schema::IdentityAttribute {
            name: "id".to_owned(),
            r#type: Type::String.to_json_bytes(),
            required_for_import: true,
            ..Default::default()
        };
        let schema = proto::ResourceIdentitySchema { version: 0, identity_attributes: vec![id] };
        let identity_schemas = BTreeMap::from([(RACK.to_owned(), schema)]);
        let diagnostics = vec![];
        let answer =
            proto::get_resource_identity_schemas::Response { identity_schemas, diagnostics };
        Ok(Response::new(answer))
    }

    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        let rack = proto::get_metadata::ResourceMetadata { type_name: RACK.to_owned() };
        let resources = vec![rack];
        Ok(Response::new(proto::get_metadata::Response { resources, ..Default::default() }))
    }

    async fn validate_provider_config(
        &self,
        _: Request<proto::validate_provider_config::Request>,
    ) -> Answer<proto::validate_provider_config::Response> {
        Ok(Response::new(Default::default()))
    }

    async fn configure_provider(
        &self,
        _: Request<proto::configure_provider::Request>,
    ) -> Answer<proto::configure_provider::Response> {
        Ok(Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        _: Request<proto::validate_resource_config::Request>,
    ) -> Answer<proto::validate_resource_config::Response> {
        Ok(Response::new(Default::default()))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        let json = request.into_inner().raw_state.unwrap_or_default().json;
        let upgraded_state = encoded(&Value::from_json_lenient(&json, &rack_type()).unwrap());
        let diagnostics = vec![];
        let answer = proto::upgrade_resource_state::Response { upgraded_state, diagnostics };
        Ok(Response::new(answer))
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        let request = request.into_inner();
        Ok(Response::new(proto::read_resource::Response {
            new_state: request.current_state,
            private: request.private,
            new_identity: request.current_identity,
            ..Default::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let planned = decoded(request.proposed_new_state.as_ref());
        let planned = computed(&planned, Value::is_null, &|_| Value::unknown());
        if !request.planned_private.is_empty() {
            self.planned_private.lock().unwrap().push(request.planned_private);
        }
        Ok(Response::new(proto::plan_resource_change::Response {
            planned_state: encoded(&planned),
            planned_private: b"thought of in the plan".to_vec(),
            planned_identity: request.prior_identity,
            ..Default::default()
        }))
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let planned = decoded(request.planned_state.as_ref());
        let made = computed(&planned, Value::is_unknown, &|name| match name {
            "id" => "rack-1".into(),
            other => other.into(),
        });
        let id = made.get(&"id".into()).cloned();
        Ok(Response::new(proto::apply_resource_change::Response {
            new_state: encoded(&made),
            private: request.planned_private,
            new_identity: id.and_then(identity),
            ..Default::default()
        }))
    }
}
