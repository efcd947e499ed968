//! A service whose answers are changed on the way out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use conformance::Core;
use futures_util::TryStreamExt;
use tf_provider::cty::{Path, Type, Value};
use tf_provider_protocol::proto::{self, DynamicValue, provider_server::Provider};
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::sample::SERVER;
use crate::sample::rack::rack_type;

/// An answer on its way out; or a request on its way in, where a decoder is to be the broken one.
#[derive(Debug)]
pub(super) enum Answer<'a> {
    /// A request before which nobody has asked for the schema.
    Cold(&'static str),
    AskedValidate(&'a mut proto::validate_resource_config::Request),
    AskedPlan(&'a mut proto::plan_resource_change::Request),
    AskedUpgrade(&'a mut proto::upgrade_resource_state::Request),
    Configure(&'a mut proto::configure_provider::Response),
    Stop(&'a mut proto::stop_provider::Response),
    Schema(&'a mut proto::get_provider_schema::Response),
    Identities(&'a mut proto::get_resource_identity_schemas::Response),
    Validate(&'a mut proto::validate_resource_config::Response),
    Plan(&'a mut proto::plan_resource_change::Response),
    Apply(&'a mut proto::apply_resource_change::Response),
    Read(&'a mut proto::read_resource::Response),
    Import(&'a mut proto::import_resource_state::Response),
    Upgrade(&'a mut proto::upgrade_resource_state::Response),
    Data(&'a mut proto::read_data_source::Response),
    Metadata(&'a mut proto::get_metadata::Response),
    Open(&'a mut proto::open_ephemeral_resource::Response),
    Renew(&'a mut proto::renew_ephemeral_resource::Response),
    Call(&'a mut proto::call_function::Response),
    PlanAction(&'a mut proto::plan_action::Response),
    Invoke(&'a mut Vec<proto::invoke_action::Event>),
    List(&'a mut Vec<proto::list_resource::Event>),
    Generate(&'a mut proto::generate_resource_config::Response),
    Move(&'a mut proto::move_resource_state::Response),
    UpgradeIdentity(&'a mut proto::upgrade_resource_identity::Response),
}

/// Changes an answer, the how-manieth of its kind; or has it fail.
pub(super) type Tamper = fn(&mut Answer<'_>, usize) -> Option<Status>;

/// A service and what is done to its answers.
pub(super) struct Tampered<S> {
    inner: S,
    tamper: Tamper,
    counts: Mutex<BTreeMap<&'static str, usize>>,
    schema_asked: AtomicBool,
}

impl<S> Tampered<S> {
    pub(super) fn new(inner: S, tamper: Tamper) -> Self {
        Self { inner, tamper, counts: Mutex::default(), schema_asked: AtomicBool::new(false) }
    }

    /// Tells of a request that comes before the one for the schema.
    fn arrived(&self, rpc: &'static str) -> Result<(), Status> {
        if rpc == "get_provider_schema" {
            self.schema_asked.store(true, Ordering::Relaxed);
        }
        if self.schema_asked.load(Ordering::Relaxed) {
            return Ok(());
        }
        (self.tamper)(&mut Answer::Cold(rpc), self.count("Cold")).map_or(Ok(()), Err)
    }

    fn count(&self, rpc: &'static str) -> usize {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(rpc).or_default();
        *count += 1;
        *count - 1
    }
}

macro_rules! delegate {
    ($($method:ident($rpc:ident) $(=> $kind:ident $(, $asked:ident)?)?;)*) => {
        #[tonic::async_trait]
        impl<S: Provider> Provider for Tampered<S> {
            $(async fn $method(
                &self,
                request: Request<proto::$rpc::Request>,
            ) -> Result<Response<proto::$rpc::Response>, Status> {
                self.arrived(stringify!($method))?;
                #[allow(unused_mut, reason = "some requests stay as they are")]
                let mut request = request;
                $($(
                    let count = self.count(stringify!($asked));
                    let failure = (self.tamper)(&mut Answer::$asked(request.get_mut()), count);
                    if let Some(failure) = failure {
                        return Err(failure);
                    }
                )?)?
                #[allow(unused_mut, reason = "some answers stay as they are")]
                let mut answer = self.inner.$method(request).await?;
                $(
                    let count = self.count(stringify!($kind));
                    let failure = (self.tamper)(&mut Answer::$kind(answer.get_mut()), count);
                    if let Some(failure) = failure {
                        return Err(failure);
                    }
                )?
                Ok(answer)
            })*

            /// A failure that says so takes for ever.
            async fn stop_provider(
                &self,
                request: Request<proto::stop_provider::Request>,
            ) -> Result<Response<proto::stop_provider::Response>, Status> {
                let mut answer = self.inner.stop_provider(request).await?;
                let answer_to = &mut Answer::Stop(answer.get_mut());
                match (self.tamper)(answer_to, self.count("Stop")) {
                    Some(failure) if failure.code() == tonic::Code::DeadlineExceeded => {
                        std::future::pending().await
                    }
                    Some(failure) => Err(failure),
                    None => Ok(answer),
                }
            }

            async fn list_resource(
                &self,
                request: Request<proto::list_resource::Request>,
            ) -> Result<Response<BoxStream<proto::list_resource::Event>>, Status> {
                let mut events = collect(self.inner.list_resource(request).await?).await?;
                (self.tamper)(&mut Answer::List(&mut events), self.count("List"));
                Ok(stream(events))
            }

            async fn invoke_action(
                &self,
                request: Request<proto::invoke_action::Request>,
            ) -> Result<Response<BoxStream<proto::invoke_action::Event>>, Status> {
                let mut events = collect(self.inner.invoke_action(request).await?).await?;
                (self.tamper)(&mut Answer::Invoke(&mut events), self.count("Invoke"));
                Ok(stream(events))
            }
        }
    };
}

async fn collect<T>(answer: Response<BoxStream<T>>) -> Result<Vec<T>, Status> {
    answer.into_inner().try_collect().await
}

fn stream<T: Send + 'static>(events: Vec<T>) -> Response<BoxStream<T>> {
    Response::new(Box::pin(futures_util::stream::iter(events.into_iter().map(Ok))))
}

delegate! {
    get_provider_schema(get_provider_schema) => Schema;
    get_resource_identity_schemas(get_resource_identity_schemas) => Identities;
    validate_provider_config(validate_provider_config);
    configure_provider(configure_provider) => Configure;
    validate_resource_config(validate_resource_config) => Validate, AskedValidate;
    plan_resource_change(plan_resource_change) => Plan, AskedPlan;
    apply_resource_change(apply_resource_change) => Apply;
    read_resource(read_resource) => Read;
    import_resource_state(import_resource_state) => Import;
    upgrade_resource_state(upgrade_resource_state) => Upgrade, AskedUpgrade;
    validate_data_resource_config(validate_data_resource_config);
    read_data_source(read_data_source) => Data;
    get_metadata(get_metadata) => Metadata;
    validate_ephemeral_resource_config(validate_ephemeral_resource_config);
    open_ephemeral_resource(open_ephemeral_resource) => Open;
    renew_ephemeral_resource(renew_ephemeral_resource) => Renew;
    close_ephemeral_resource(close_ephemeral_resource);
    call_function(call_function) => Call;
    validate_action_config(validate_action_config);
    plan_action(plan_action) => PlanAction;
    validate_list_resource_config(validate_list_resource_config);
    generate_resource_config(generate_resource_config) => Generate;
    move_resource_state(move_resource_state) => Move;
    upgrade_resource_identity(upgrade_resource_identity) => UpgradeIdentity;
}

static SERVER_TYPE: OnceLock<Type> = OnceLock::new();

pub(super) fn remember_types(core: &Core) {
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    SERVER_TYPE.get_or_init(|| schema.ty());
}

/// Puts `value` into the object of an answer; an answer without an object stays.
pub(super) fn put(field: &mut Option<DynamicValue>, path: &Path, value: Value) {
    let ty = SERVER_TYPE.get().unwrap();
    let mut object = DynamicValue::decode_field(field.as_ref(), ty).unwrap();
    if let Some(place) = object.get_mut(path) {
        *place = value;
        *field = Some(DynamicValue::encode_value(&object, ty).unwrap());
    }
}

/// The same for a rack.
pub(super) fn put_rack(field: &mut Option<DynamicValue>, name: &str, value: Value) {
    let ty = rack_type();
    let mut object = DynamicValue::decode_field(field.as_ref(), &ty).unwrap();
    if let Some(place) = object.get_mut(&name.into()) {
        *place = value;
        *field = Some(DynamicValue::encode_value(&object, &ty).unwrap());
    }
}

/// An object with nothing in it, where there is none.
pub(super) fn appear(field: &mut Option<DynamicValue>) {
    let Some(Type::Object(attributes)) = SERVER_TYPE.get() else { panic!("no object") };
    if field.as_ref().is_none_or(|field| field.msgpack == [0xc0]) {
        let nothing = Value::object(attributes.keys().map(|name| (name.clone(), Value::Null)));
        let ty = SERVER_TYPE.get().unwrap();
        *field = Some(DynamicValue::encode_value(&nothing, ty).unwrap());
    }
}

/// An attribute that the schema does not have, in the object of an answer.
pub(super) fn overfill(field: &mut Option<DynamicValue>) {
    let ty = SERVER_TYPE.get().unwrap();
    let mut object = DynamicValue::decode_field(field.as_ref(), ty).unwrap();
    let (Value::Object(parts), Type::Object(types)) = (&mut object, ty) else { return };
    parts.insert("surprise".to_owned(), true.into());
    let types = types.iter().map(|(name, ty)| (name.clone(), ty.clone()));
    let ty = Type::object(types.chain([("surprise".into(), Type::Bool)]));
    *field = Some(DynamicValue::encode_value(&object, &ty).unwrap());
}

/// The large number of the configuration as a double holds it.
pub(super) fn round(field: &mut Option<DynamicValue>) {
    let path = Path::from("password_version");
    let ty = SERVER_TYPE.get().unwrap();
    let object = DynamicValue::decode_field(field.as_ref(), ty).unwrap();
    if object.get(&path) == Some(&LARGE.into()) {
        put(field, &path, (LARGE - 1).into());
    }
}

/// A number that no double holds.
pub(super) const LARGE: i64 = 9_007_199_254_740_993;

/// Puts `value` into the answer of an open session.
pub(super) fn put_open(
    answer: &mut proto::open_ephemeral_resource::Response,
    name: &str,
    value: Value,
) {
    let types = [
        ("user", Type::String),
        ("minutes", Type::Number),
        ("realm", Type::String),
        ("token", Type::String),
    ];
    let ty = Type::object(types);
    let mut object = DynamicValue::decode_field(answer.result.as_ref(), &ty).unwrap();
    *object.get_mut(&name.into()).unwrap() = value;
    answer.result = Some(DynamicValue::encode_value(&object, &ty).unwrap());
}

/// A result of `join`.
pub(super) fn text(value: &Value) -> Option<DynamicValue> {
    Some(DynamicValue::encode_value(value, &Type::String).unwrap())
}

/// The identity of a server.
pub(super) fn identity(id: Value) -> Option<proto::ResourceIdentityData> {
    let (value, ty) = (Value::object([("id", id)]), Type::object([("id", Type::Number)]));
    let data = DynamicValue::encode_value(&value, &ty).unwrap();
    Some(proto::ResourceIdentityData { identity_data: Some(data) })
}

/// The block of the sample resource.
pub(super) fn block(
    answer: &mut proto::get_provider_schema::Response,
) -> &mut proto::schema::Block {
    answer.resource_schemas.get_mut(SERVER).unwrap().block.as_mut().unwrap()
}

/// An attribute of that block.
pub(super) fn attribute<'a>(
    answer: &'a mut proto::get_provider_schema::Response,
    name: &str,
) -> &'a mut proto::schema::Attribute {
    let attributes = &mut block(answer).attributes;
    attributes.iter_mut().find(|attribute| attribute.name == name).unwrap()
}

/// An attribute that says no more than its name, its type and that it is optional.
pub(super) fn optional(name: &str, ty: &str) -> proto::schema::Attribute {
    proto::schema::Attribute {
        name: name.to_owned(),
        r#type: ty.as_bytes().to_vec(),
        optional: true,
        ..Default::default()
    }
}
