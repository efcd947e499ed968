//! The RPCs: each answers within its message, whatever happens inside.
//!
//! A gRPC error would read as a broken plugin, so a failure travels as a diagnostic, a panic too.

use tf_provider_protocol::proto;
use tf_provider_protocol::proto::provider_server::Provider as Rpc;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use super::call::Call;
use super::dump::Values;
use super::stream::caught;
use super::{Server, encode_all};
use crate::{Provider, Result};

type Answer<T> = std::result::Result<Response<T>, Status>;

/// A response that can carry the news that there is none.
trait Failure: Sized {
    fn failure(diagnostics: Vec<proto::Diagnostic>) -> Self;
}

macro_rules! failures {
    ($($rpc:ident),* $(,)?) => {
        $(impl Failure for proto::$rpc::Response {
            fn failure(diagnostics: Vec<proto::Diagnostic>) -> Self {
                let mut response = Self::default();
                response.diagnostics.extend(diagnostics);
                response
            }
        })*
    };
}

failures!(
    apply_resource_change,
    close_ephemeral_resource,
    configure_provider,
    generate_resource_config,
    get_functions,
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    import_resource_state,
    move_resource_state,
    open_ephemeral_resource,
    plan_action,
    plan_resource_change,
    read_data_source,
    read_resource,
    renew_ephemeral_resource,
    upgrade_resource_identity,
    upgrade_resource_state,
    validate_action_config,
    validate_data_resource_config,
    validate_ephemeral_resource_config,
    validate_list_resource_config,
    validate_provider_config,
    validate_resource_config,
);

/// Runs the body of a call.
async fn answer<T: Failure + Values>(
    call: Call<'_>,
    body: impl Future<Output = Result<T>>,
) -> Answer<T> {
    let span = call.span.clone();
    let answered = async {
        tracing::trace!("asked");
        let response = caught(call.rpc, body).await.unwrap_or_else(|error| {
            let error = error.into();
            T::failure(encode_all(&error, call.attributes))
        });
        call.note("Response", &response);
        tracing::trace!("answered");
        response
    };
    Ok(Response::new(answered.instrument(span).await))
}

#[tonic::async_trait]
impl<P: Provider> Rpc for Server<P> {
    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        answer(self.about("GetMetadata"), async { Ok(self.metadata()) }).await
    }

    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        answer(self.about("GetProviderSchema"), async { Ok(self.schemas()) }).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        answer(self.about("GetResourceIdentitySchemas"), async { Ok(self.identity_schemas()) })
            .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Answer<proto::validate_provider_config::Response> {
        let request = request.into_inner();
        answer(self.of_provider("ValidateProviderConfig").asked(&request), async {
            self.validate_provider(&request)
        })
        .await
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Answer<proto::configure_provider::Response> {
        let request = request.into_inner();
        answer(self.of_provider("ConfigureProvider").asked(&request), async {
            self.configure(&request)
        })
        .await
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Answer<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        let call = self.of_resource("ValidateResourceConfig", &request.type_name).asked(&request);
        answer(call, async { self.validate_resource(&request) }).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let call = self.of_resource("UpgradeResourceState", &request.type_name);
        answer(call, async { self.upgrade_state(request) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Answer<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let call = self.of_resource("UpgradeResourceIdentity", &request.type_name);
        answer(call, async { self.upgrade_identity(request) }).await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        let request = request.into_inner();
        let call = self.of_resource("ReadResource", &request.type_name).asked(&request);
        answer(call, self.read(request)).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let call = self.of_resource("PlanResourceChange", &request.type_name).asked(&request);
        answer(call, self.plan(request)).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let call = self.of_resource("ApplyResourceChange", &request.type_name).asked(&request);
        answer(call, self.apply(request)).await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answer<proto::import_resource_state::Response> {
        let request = request.into_inner();
        let call = self.of_resource("ImportResourceState", &request.type_name).asked(&request);
        answer(call, async { self.import(request) }).await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Answer<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let call =
            self.of_data_source("ValidateDataResourceConfig", &request.type_name).asked(&request);
        answer(call, async { self.validate_data_source(&request) }).await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Answer<proto::read_data_source::Response> {
        let request = request.into_inner();
        let call = self.of_data_source("ReadDataSource", &request.type_name).asked(&request);
        answer(call, self.read_data_source(request)).await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Answer<proto::move_resource_state::Response> {
        let request = request.into_inner();
        let call = self.of_resource("MoveResourceState", &request.target_type_name);
        answer(call, async { self.move_state(request) }).await
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> Answer<proto::generate_resource_config::Response> {
        let request = request.into_inner();
        let call = self.of_resource("GenerateResourceConfig", &request.type_name).asked(&request);
        answer(call, async { self.generate_config(&request) }).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Answer<proto::validate_ephemeral_resource_config::Response> {
        let request = request.into_inner();
        let call = self.of_ephemeral("ValidateEphemeralResourceConfig", &request.type_name);
        answer(call, async { self.validate_ephemeral(&request) }).await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Answer<proto::open_ephemeral_resource::Response> {
        let request = request.into_inner();
        let call = self.of_ephemeral("OpenEphemeralResource", &request.type_name);
        answer(call, self.open(request)).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Answer<proto::renew_ephemeral_resource::Response> {
        let request = request.into_inner();
        let call = self.of_ephemeral("RenewEphemeralResource", &request.type_name);
        answer(call, self.renew(request)).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Answer<proto::close_ephemeral_resource::Response> {
        let request = request.into_inner();
        let call = self.of_ephemeral("CloseEphemeralResource", &request.type_name);
        answer(call, self.close(request)).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Answer<proto::validate_list_resource_config::Response> {
        let request = request.into_inner();
        let call = self.of_list("ValidateListResourceConfig", &request.type_name).asked(&request);
        answer(call, async { self.validate_list(&request) }).await
    }

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Answer<BoxStream<proto::list_resource::Event>> {
        Ok(Response::new(self.list(request.into_inner())))
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> Answer<proto::validate_action_config::Response> {
        let request = request.into_inner();
        let call = self.of_action("ValidateActionConfig", &request.type_name).asked(&request);
        answer(call, async { self.validate_action(&request) }).await
    }

    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> Answer<proto::plan_action::Response> {
        let request = request.into_inner();
        let call = self.of_action("PlanAction", &request.action_type).asked(&request);
        answer(call, Self::plan_action(self, request)).await
    }

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> Answer<BoxStream<proto::invoke_action::Event>> {
        Ok(Response::new(self.invoke(request.into_inner())))
    }

    async fn get_functions(
        &self,
        _: Request<proto::get_functions::Request>,
    ) -> Answer<proto::get_functions::Response> {
        answer(self.about("GetFunctions"), async { Ok(self.functions()) }).await
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Answer<proto::call_function::Response> {
        let request = request.into_inner();
        let called = self.about("CallFunction").span.in_scope(|| self.call(&request));
        Ok(Response::new(called))
    }

    async fn stop_provider(
        &self,
        _: Request<proto::stop_provider::Request>,
    ) -> Answer<proto::stop_provider::Response> {
        self.about("StopProvider").span.in_scope(|| tracing::debug!("asked to stop"));
        self.stop();
        Ok(Response::new(proto::stop_provider::Response::default()))
    }
}
