//! The least provider: one resource type without attributes that holds nothing.
//!
//! The tests start it as Terraform would. By hand: `cargo run --example minimal -- -debug`.

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

use tf_provider_protocol::cty::{Type, Value};
use tf_provider_protocol::log;
use tf_provider_protocol::proto::provider_server::Provider;
use tf_provider_protocol::proto::{
    DynamicValue, Schema, ServerCapabilities, apply_resource_change, configure_provider,
    get_provider_schema, plan_resource_change, read_resource, schema, stop_provider,
    upgrade_resource_state, validate_provider_config, validate_resource_config,
};
use tf_provider_protocol::serve::{ServeOptions, serve, serve_debug};
use tonic::{Request, Response, Status, async_trait};

#[tokio::main]
async fn main() -> ExitCode {
    log::init("minimal");
    let options = ServeOptions::new("registry.terraform.io/onprem/minimal");
    let served = if env::args().nth(1).is_some_and(|argument| argument == "-debug") {
        serve_debug(Minimal, options, shut_down).await
    } else {
        serve(Minimal, options, shut_down).await
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Says that it ran, and hangs or panics where a test wants it to.
async fn shut_down() {
    eprintln!("shutting down");
    assert!(env::var_os("MINIMAL_PANIC").is_none(), "as the test wants it");
    if env::var_os("MINIMAL_HANG").is_some() {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}

struct Minimal;

#[async_trait]
impl Provider for Minimal {
    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> Result<Response<get_provider_schema::Response>, Status> {
        let empty = Schema { version: 0, block: Some(schema::Block::default()) };
        Ok(Response::new(get_provider_schema::Response {
            provider: Some(empty.clone()),
            resource_schemas: BTreeMap::from([("minimal_nothing".to_owned(), empty)]),
            server_capabilities: Some(ServerCapabilities {
                get_provider_schema_optional: true,
                ..ServerCapabilities::default()
            }),
            ..get_provider_schema::Response::default()
        }))
    }

    async fn validate_provider_config(
        &self,
        _: Request<validate_provider_config::Request>,
    ) -> Result<Response<validate_provider_config::Response>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn configure_provider(
        &self,
        _: Request<configure_provider::Request>,
    ) -> Result<Response<configure_provider::Response>, Status> {
        tracing::info!("configured");
        Ok(Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Result<Response<validate_resource_config::Response>, Status> {
        let config = request.into_inner().config;
        DynamicValue::decode_field(config.as_ref(), &nothing())
            .map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(Default::default()))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Result<Response<upgrade_resource_state::Response>, Status> {
        let json = request.into_inner().raw_state.unwrap_or_default().json;
        let upgraded = Value::from_json_lenient(&json, &nothing())
            .map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(upgrade_resource_state::Response {
            upgraded_state: Some(encoded(&upgraded)?),
            ..upgrade_resource_state::Response::default()
        }))
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Result<Response<read_resource::Response>, Status> {
        Ok(Response::new(read_resource::Response {
            new_state: request.into_inner().current_state,
            ..read_resource::Response::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Result<Response<plan_resource_change::Response>, Status> {
        Ok(Response::new(plan_resource_change::Response {
            planned_state: request.into_inner().proposed_new_state,
            ..plan_resource_change::Response::default()
        }))
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Result<Response<apply_resource_change::Response>, Status> {
        Ok(Response::new(apply_resource_change::Response {
            new_state: request.into_inner().planned_state,
            ..apply_resource_change::Response::default()
        }))
    }

    async fn stop_provider(
        &self,
        _: Request<stop_provider::Request>,
    ) -> Result<Response<stop_provider::Response>, Status> {
        Ok(Response::new(Default::default()))
    }
}

fn nothing() -> Type {
    Type::object::<&str>([])
}

fn encoded(value: &Value) -> Result<DynamicValue, Status> {
    DynamicValue::encode_value(value, &nothing())
        .map_err(|error| Status::internal(error.to_string()))
}
