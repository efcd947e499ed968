//! How the lab's nodes reach the web: over real HTTP(S), but loopback alone. A few host names lead
//! to the lab's own web server; every other name or address fails like an unreachable one.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::StartError;

/// Fetches what a node is asked to download.
#[derive(Clone, Debug)]
pub(crate) struct Downloads {
    names: BTreeSet<String>,
    http: Client,
    https: Client,
    https_unverified: Client,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) length: Option<u64>,
    /// Name that the server suggests.
    pub(crate) file_name: Option<String>,
    pub(crate) body: Bytes,
}

/// Why there was no answer.
#[derive(Debug)]
pub(crate) enum Unreachable {
    Certificate(String),
    Connect { address: String, reason: String },
    Interrupted(String),
    Resolve(String),
}

impl Downloads {
    pub(crate) fn new(
        names: BTreeSet<String>,
        web: SocketAddr,
        web_tls: SocketAddr,
        trust: &rustls::ClientConfig,
    ) -> Result<Self, StartError> {
        let build = |address: SocketAddr, unverified: bool| {
            let mut client = Client::builder()
                .tls_backend_preconfigured(trust.clone())
                .no_proxy()
                .pool_max_idle_per_host(0)
                .redirect(loopback_only(names.clone()));
            if unverified {
                client = Client::builder()
                    .tls_backend_preconfigured(unverified_config(trust))
                    .no_proxy()
                    .pool_max_idle_per_host(0)
                    .redirect(loopback_only(names.clone()));
            }
            for name in &names {
                client = client.resolve(name, address);
            }
            client.build()
        };
        let http = build(web, false)?;
        let https = build(web_tls, false)?;
        let https_unverified = build(web_tls, true)?;
        Ok(Self { http, https, https_unverified, names })
    }

    /// Requests a URL; `head` asks for the metadata alone.
    pub(crate) async fn fetch(
        &self,
        url: &str,
        head: bool,
        verify: bool,
    ) -> Result<Fetched, Unreachable> {
        let parsed = Url::parse(url).map_err(|error| Unreachable::Resolve(error.to_string()))?;
        let host = parsed.host_str().unwrap_or_default().to_owned();
        let port = parsed.port_or_known_default().unwrap_or(80);
        if !is_near(&self.names, &host) {
            return Err(if host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
                let reason = "Network is unreachable".to_owned();
                Unreachable::Connect { address: format!("{host}:{port}"), reason }
            } else {
                Unreachable::Resolve(host)
            });
        }
        let client = match (parsed.scheme(), verify) {
            ("https", true) => &self.https,
            ("https", false) => &self.https_unverified,
            _ => &self.http,
        };
        let request = if head { client.head(parsed) } else { client.get(parsed) };
        let failed = |error: reqwest::Error| explain(&error, &host, port);
        let response = request.send().await.map_err(failed)?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let file_name = header("content-disposition").and_then(|value| {
            let name = value.split("filename=").nth(1)?;
            Some(name.split(';').next()?.trim_matches([' ', '"']).to_owned())
        });
        let reason = response
            .extensions()
            .get::<hyper::ext::ReasonPhrase>()
            .and_then(|reason| std::str::from_utf8(reason.as_bytes()).ok())
            .or_else(|| response.status().canonical_reason())
            .unwrap_or_default()
            .to_owned();
        let mut fetched = Fetched {
            status: response.status().as_u16(),
            reason,
            mime_type: header("content-type"),
            length: header("content-length").and_then(|text| text.parse().ok()),
            file_name,
            body: Bytes::new(),
        };
        if !head {
            fetched.body = response.bytes().await.map_err(failed)?;
        }
        Ok(fetched)
    }
}

fn is_near(names: &BTreeSet<String>, host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    names.contains(host)
        || host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn loopback_only(names: BTreeSet<String>) -> Policy {
    Policy::custom(move |attempt| {
        if attempt.previous().len() > 5 {
            return attempt.error("too many redirects");
        }
        let near = attempt.url().host_str().is_some_and(|host| is_near(&names, host));
        if near { attempt.follow() } else { attempt.error("redirected out of the lab") }
    })
}

fn explain(error: &reqwest::Error, host: &str, port: u16) -> Unreachable {
    let mut texts = Vec::new();
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    let all = texts.join(": ");
    if all.contains("certificate") {
        Unreachable::Certificate(host.to_owned())
    } else if error.is_connect() {
        let address = format!("{host}:{port}");
        Unreachable::Connect { address, reason: "Connection refused".to_owned() }
    } else {
        Unreachable::Interrupted(texts.pop().unwrap_or_default())
    }
}

/// A client that takes every certificate, for `verify-certificates=0`.
fn unverified_config(trust: &rustls::ClientConfig) -> rustls::ClientConfig {
    let mut config = trust.clone();
    config.dangerous().set_certificate_verifier(std::sync::Arc::new(TakeAll(
        std::sync::Arc::clone(trust.crypto_provider()),
    )));
    config
}

#[derive(Debug)]
struct TakeAll(std::sync::Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for TakeAll {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
