//! A connection as Terraform makes it: HTTP/2 over mutual TLS or in the clear.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use tf_provider_protocol::proto::get_provider_schema;
use tf_provider_protocol::proto::plugin::grpc_controller_client::GrpcControllerClient;
use tf_provider_protocol::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use tf_provider_protocol::proto::provider_client::ProviderClient;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tonic::body::Body;
use tonic::codegen::Service;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A client's certificate and a key, which a test may choose not to belong together.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    key: Arc<PrivateKeyDer<'static>>,
}

impl Credentials {
    /// Of the kind that Terraform makes: self-signed on P-521, and an authority.
    pub(crate) fn like_terraform() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, "localhost");
        parameters.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        parameters.serial_number = Some(7.into());
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: Arc::new(PrivateKeyDer::Pkcs8(key.serialize_der().into())),
        }
    }

    /// This certificate, which is no secret, in the hands of somebody without its key.
    pub(crate) fn without_key(&self) -> Self {
        Self { key: Self::like_terraform().key, ..self.clone() }
    }
}

impl ResolvesClientCert for Credentials {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let key = aws_lc_rs::sign::any_supported_type(&self.key).unwrap();
        Some(Arc::new(CertifiedKey::new(vec![self.certificate.clone()], key)))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Versions of TLS to try.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tls {
    V12,
    V13,
}

/// Trusts the certificate of the handshake line and no other, as Terraform does.
pub(crate) fn connector(
    server: &CertificateDer<'static>,
    credentials: Option<Credentials>,
    version: Tls,
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(server.clone()).unwrap();
    let versions = match version {
        Tls::V12 => [&TLS12],
        Tls::V13 => [&TLS13],
    };
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_protocol_versions(&versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match credentials {
        Some(credentials) => config.with_client_cert_resolver(Arc::new(credentials)),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config).into()
}

/// Speaks TLS and HTTP/2.
pub(crate) async fn secured(
    stream: Box<dyn Stream>,
    connector: &TlsConnector,
) -> Result<Channel, String> {
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, stream).await.map_err(|error| format!("TLS: {error}"))?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    plain(Box::new(stream)).await
}

/// Speaks HTTP/2 alone.
pub(crate) async fn plain(stream: Box<dyn Stream>) -> Result<Channel, String> {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|error| format!("HTTP/2: {error}"))?;
    tokio::spawn(connection);
    Ok(Channel(sender))
}

/// An HTTP/2 connection.
#[derive(Clone, Debug)]
pub(crate) struct Channel(SendRequest<Body>);

impl Channel {
    pub(crate) fn provider(&self) -> ProviderClient<Self> {
        ProviderClient::with_origin(self.clone(), ORIGIN.parse().unwrap())
            .max_decoding_message_size(256 << 20)
    }

    pub(crate) fn controller(&self) -> GrpcControllerClient<Self> {
        GrpcControllerClient::with_origin(self.clone(), ORIGIN.parse().unwrap())
    }

    pub(crate) fn stdio(&self) -> GrpcStdioClient<Self> {
        GrpcStdioClient::with_origin(self.clone(), ORIGIN.parse().unwrap())
    }

    /// The names of the resource types, which proves that requests are answered.
    pub(crate) async fn resource_types(&self) -> Result<Vec<String>, String> {
        let response = self
            .provider()
            .get_provider_schema(get_provider_schema::Request::default())
            .await
            .map_err(|status| status.to_string())?;
        Ok(response.into_inner().resource_schemas.into_keys().collect())
    }

    /// The gRPC status of an empty request to any path.
    pub(crate) async fn status_of(&self, path: &str) -> String {
        let body = http_body_util::Empty::new().map_err(|never| match never {});
        let request = http::Request::post(format!("{ORIGIN}{path}"))
            .header("content-type", "application/grpc")
            .body(Body::new(body))
            .unwrap();
        let response = self.0.clone().send_request(request).await.unwrap();
        response.headers()["grpc-status"].to_str().unwrap().to_owned()
    }
}

impl Service<http::Request<Body>> for Channel {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

const ORIGIN: &str = "http://localhost";
