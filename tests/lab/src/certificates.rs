//! The lab's own certificate authority and the certificates of its servers.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::StartError;

/// One certificate authority a lab.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: rustls::pki_types::CertificateDer<'static>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, StartError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "onprem-lab CA");
        let certificate = params.self_signed(&key)?;
        let pem = certificate.pem();
        Ok(Self { der: certificate.der().clone(), pem, issuer: Issuer::new(params, key) })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Certificate for the given names, always for loopback too, and the SHA-256 of it.
    pub(crate) fn server(
        &self,
        names: &[String],
    ) -> Result<(Arc<ServerConfig>, String), StartError> {
        let key = KeyPair::generate()?;
        let mut all = names.to_vec();
        all.push("localhost".to_owned());
        let mut params = CertificateParams::new(all)?;
        params.subject_alt_names.push(SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
        if let Some(name) = names.first() {
            params.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        let certificate = params.signed_by(&key, &self.issuer)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate.der());
        let fingerprint: Vec<String> =
            digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((Arc::new(config), fingerprint.join(":")))
    }

    /// What a node trusts when it downloads.
    pub(crate) fn client(&self) -> Result<ClientConfig, StartError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        Ok(ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth())
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
