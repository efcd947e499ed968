//! The gRPC services of a plugin process: the provider, and the three that end the process, carry
//! its output and open further connections.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;

use futures_util::{FutureExt, StreamExt};
use http::{Request as HttpRequest, Response as HttpResponse};
use hyper::body::Incoming;
use hyper::service::Service;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::{BoxStream, Service as TowerService};
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::proto::plugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use crate::proto::plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use crate::proto::plugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use crate::proto::plugin::{ConnInfo, Empty, StdioData};
use crate::proto::provider_server::{Provider, ProviderServer};

/// All services, by the first part of the request's path.
pub(super) struct Services<P> {
    provider: ProviderServer<P>,
    controller: GrpcControllerServer<Process>,
    stdio: GrpcStdioServer<Process>,
    broker: GrpcBrokerServer<Process>,
}

impl<P: Provider> Services<P> {
    pub(super) fn new(provider: P, stop: &CancellationToken) -> Self {
        let process = || Process { stop: stop.clone() };
        Self {
            provider: ProviderServer::new(provider)
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            controller: GrpcControllerServer::new(process()),
            stdio: GrpcStdioServer::new(process()),
            broker: GrpcBrokerServer::new(process()),
        }
    }
}

impl<P> Clone for Services<P> {
    fn clone(&self) -> Self {
        Self {
            provider: self.provider.clone(),
            controller: self.controller.clone(),
            stdio: self.stdio.clone(),
            broker: self.broker.clone(),
        }
    }
}

impl<P: Provider> Service<HttpRequest<Incoming>> for Services<P> {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: HttpRequest<Incoming>) -> Self::Future {
        let name = request.uri().path().split('/').nth(1).unwrap_or_default();
        match name {
            "tfplugin6.Provider" => self.provider.clone().call(request),
            "plugin.GRPCController" => self.controller.clone().call(request),
            "plugin.GRPCStdio" => self.stdio.clone().call(request),
            "plugin.GRPCBroker" => self.broker.clone().call(request),
            _ => {
                let status = Status::unimplemented("this provider has no such gRPC service");
                ready(Ok(status.into_http())).boxed()
            }
        }
    }
}

/// The services that are about the process.
struct Process {
    stop: CancellationToken,
}

impl Process {
    /// A stream that says nothing and ends with the process.
    fn silence<T: Send + 'static>(&self) -> BoxStream<T> {
        let stopped = self.stop.clone().cancelled_owned().into_stream();
        Box::pin(stopped.filter_map(|()| ready(None)))
    }
}

#[async_trait]
impl GrpcController for Process {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        // What is under way on a connection is finished first, so the answer still goes out.
        self.stop.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[async_trait]
impl GrpcStdio for Process {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(self.silence()))
    }
}

#[async_trait]
impl GrpcBroker for Process {
    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(self.silence()))
    }
}

/// As large as Terraform's own limit for a state.
const MAX_MESSAGE: usize = 256 << 20;
