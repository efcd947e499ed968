//! Whom a client trusts, and why it did not trust a server.

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, OnceLock},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, OtherError,
    RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use sha2::{Digest, Sha256};

use crate::Error;

/// Why TLS with a server failed
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFailure {
    /// What was wrong
    pub problem: TlsProblem,
    /// SHA-256 fingerprint of the certificate that the server showed, as `AB:CD:…`
    pub fingerprint: Option<String>,
    /// The TLS library's own words
    pub detail: String,
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.problem)?;
        if self.problem == TlsProblem::Other {
            write!(f, ": {}", self.detail)?;
        }
        if let Some(fingerprint) = &self.fingerprint {
            write!(f, " (its SHA-256 fingerprint is {fingerprint})")?;
        }
        Ok(())
    }
}

impl StdError for TlsFailure {}

/// What was wrong with a server's TLS
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The certificate's time is over, or has not come
    #[error("the server's certificate has expired or is not valid yet")]
    Expired,
    /// None of the pinned fingerprints is the certificate's
    #[error("the server's certificate matches none of the given fingerprints")]
    FingerprintMismatch,
    /// The certificate names other hosts
    #[error("the server's certificate is for another host name")]
    NameMismatch,
    /// The other side does not speak TLS
    #[error("the server does not speak TLS on this port")]
    NotTls,
    /// The certificate is signed by itself and nobody vouches for it
    #[error("the server's certificate is self-signed")]
    SelfSigned,
    /// Nobody who is trusted signed the certificate
    #[error("the server's certificate was issued by an unknown authority")]
    UnknownIssuer,
    /// Something else; the detail says what
    #[error("TLS failed")]
    Other,
}

/// The settings of trust, before they are checked
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustSettings {
    /// PEM texts, or paths of files that hold them
    pub(crate) authorities: Vec<String>,
    pub(crate) fingerprints: Vec<String>,
    pub(crate) insecure: bool,
}

impl TrustSettings {
    /// Check the settings and make the TLS configuration of a client
    pub(crate) fn client_config(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pins = self.fingerprints.iter().map(|text| parse_fingerprint(text));
        let pins = pins.collect::<Result<Vec<_>, _>>()?;
        let mut authorities = Vec::new();
        for text in &self.authorities {
            authorities.extend(read_certificates(text)?);
        }
        let chain = if self.insecure {
            Chain::Anything
        } else if !authorities.is_empty() {
            let mut roots = RootCertStore::empty();
            for certificate in &authorities {
                roots.add(certificate.clone()).map_err(|error| {
                    Error::configuration(format!("a CA certificate cannot be used: {error}"))
                })?;
            }
            let verifier =
                WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
                    .build()
                    .map_err(|error| {
                        Error::configuration(format!("the CA certificates cannot be used: {error}"))
                    })?;
            Chain::Authorities { verifier, exact: authorities }
        } else if !pins.is_empty() {
            Chain::Nothing
        } else {
            Chain::System(OnceLock::new())
        };
        let verifier = Arc::new(ServerVerifier { chain, pins, provider: provider.clone() });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::configuration(format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(config)
    }
}

/// Find out whether a failed connection failed because of TLS
pub(crate) fn find_failure(error: &(dyn StdError + 'static)) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<RustlsError>() {
            return Some(describe(found));
        }
        // io::Error::source() skips the error that it wraps.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

fn describe(error: &RustlsError) -> TlsFailure {
    if let RustlsError::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error
        && let Some(failure) = inner.downcast_ref::<TlsFailure>()
    {
        return failure.clone();
    }
    let problem = match error {
        RustlsError::InvalidMessage(_) => TlsProblem::NotTls,
        RustlsError::InvalidCertificate(reason) => problem_of(reason),
        _ => TlsProblem::Other,
    };
    TlsFailure { problem, fingerprint: None, detail: error.to_string() }
}

fn problem_of(reason: &CertificateError) -> TlsProblem {
    match reason {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => TlsProblem::Expired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsProblem::NameMismatch
        }
        CertificateError::UnknownIssuer => TlsProblem::UnknownIssuer,
        _ => TlsProblem::Other,
    }
}

#[derive(Debug)]
struct ServerVerifier {
    chain: Chain,
    pins: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

/// What is asked of a certificate that no pin names
#[derive(Debug)]
enum Chain {
    /// Everything passes: the user said so
    Anything,
    /// Signed by one of these, or exactly one of these
    Authorities { verifier: Arc<WebPkiServerVerifier>, exact: Vec<CertificateDer<'static>> },
    /// Nothing passes: the pins decide alone
    Nothing,
    /// Trusted by the operating system, whose roots are read at the first handshake
    System(OnceLock<Result<Verifier, RustlsError>>),
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        let digest: [u8; 32] = Sha256::digest(leaf).into();
        if self.pins.contains(&digest) {
            return Ok(ServerCertVerified::assertion());
        }
        let outcome = match &self.chain {
            Chain::Anything => return Ok(ServerCertVerified::assertion()),
            Chain::Authorities { exact, .. } if exact.iter().any(|trusted| trusted == leaf) => {
                return Ok(ServerCertVerified::assertion());
            }
            Chain::Authorities { verifier, .. } => {
                verifier.verify_server_cert(leaf, intermediates, name, ocsp, now)
            }
            Chain::Nothing => {
                return Err(rejection(
                    TlsProblem::FingerprintMismatch,
                    &digest,
                    "no pinned fingerprint matches",
                ));
            }
            Chain::System(verifier) => {
                match verifier.get_or_init(|| Verifier::new(self.provider.clone())) {
                    Ok(verifier) => {
                        verifier.verify_server_cert(leaf, intermediates, name, ocsp, now)
                    }
                    Err(error) => Err(error.clone()),
                }
            }
        };
        outcome.map_err(|error| {
            let mut problem = match &error {
                RustlsError::InvalidCertificate(reason) => problem_of(reason),
                _ => TlsProblem::Other,
            };
            // A certificate without a trusted issuer is worth naming when it signed itself.
            if matches!(problem, TlsProblem::Other | TlsProblem::UnknownIssuer)
                && signs_itself(leaf)
            {
                problem = TlsProblem::SelfSigned;
            }
            rejection(problem, &digest, &error.to_string())
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn signs_itself(leaf: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(leaf).is_ok_and(|leaf| leaf.issuer() == leaf.subject())
}

fn rejection(problem: TlsProblem, digest: &[u8; 32], detail: &str) -> RustlsError {
    let failure = TlsFailure {
        problem,
        fingerprint: Some(format_fingerprint(digest)),
        detail: detail.to_owned(),
    };
    RustlsError::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
}

/// PEM text, or the path of a file with PEM text
fn read_certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let (pem, origin) = if text.contains("-----BEGIN") {
        (text.as_bytes().to_vec(), "the CA certificate".to_owned())
    } else {
        let origin = format!("the CA certificate file {text:?}");
        let pem = std::fs::read(text.trim())
            .map_err(|error| Error::configuration(format!("{origin} cannot be read: {error}")))?;
        (pem, origin)
    };
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates
        .map_err(|error| Error::configuration(format!("{origin} is not valid PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(Error::configuration(format!("{origin} holds no certificate")));
    }
    Ok(certificates)
}

fn parse_fingerprint(text: &str) -> Result<[u8; 32], Error> {
    let bad = || {
        Error::configuration(format!(
            "{text:?} is not a SHA-256 fingerprint: 64 hexadecimal digits are expected, with or \
             without colons"
        ))
    };
    let trimmed = text.trim();
    let hex = match trimmed.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("sha256:") => &trimmed[7..],
        _ => trimmed,
    };
    let mut digits = Vec::with_capacity(64);
    for character in hex.chars().filter(|character| !matches!(character, ':' | ' ')) {
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digits.push(digit.ok_or_else(bad)?);
    }
    let mut digest = [0; 32];
    if digits.len() != 64 {
        return Err(bad());
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(digest)
}

fn format_fingerprint(digest: &[u8; 32]) -> String {
    let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_in_every_usual_form() {
        let digest: [u8; 32] = std::array::from_fn(|index| index as u8 * 7);
        let colons = format_fingerprint(&digest);
        let plain = colons.replace(':', "").to_lowercase();
        for text in
            [colons.clone(), plain.clone(), format!("sha256:{plain}"), format!(" {colons} ")]
        {
            assert_eq!(parse_fingerprint(&text).unwrap(), digest, "{text}");
        }
        for text in ["", "AB", "zz", "sha256:", "AB:CD:…", &plain[1..], &format!("{plain}00")] {
            let error = parse_fingerprint(text).unwrap_err();
            assert!(error.to_string().contains("SHA-256 fingerprint"), "{error}");
        }
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_an_error_when_building() {
        for (text, words) in [
            ("/nonexistent/ca.pem", "cannot be read"),
            ("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "PEM"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no certificate"),
        ] {
            let settings =
                TrustSettings { authorities: vec![text.to_owned()], ..TrustSettings::default() };
            let error = settings.client_config().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
