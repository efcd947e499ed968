//! What Terraform says through the environment, and the line that answers it.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use super::ServeError;
use super::listener::Listen;

/// Whether Terraform started this process as a plugin, as opposed to a person at a shell.
#[must_use]
pub fn is_plugin_launch() -> bool {
    env::var_os(COOKIE_NAME).is_some_and(|value| value == COOKIE)
}

/// How this process was started.
pub(super) struct Launch {
    /// The only certificate that may connect; without one, Terraform wants no TLS.
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    /// Major versions that Terraform offers; very old ones do not say.
    protocols: Option<Vec<u32>>,
    ports: (u16, u16),
    socket_directory: PathBuf,
    socket_group: Option<String>,
    tcp: bool,
    multiplexing_asked: bool,
}

impl Launch {
    pub(super) fn from_environment() -> Result<Self, ServeError> {
        if !is_plugin_launch() {
            return Err(ServeError::NotStartedByTerraform);
        }
        let pem = env::var_os("PLUGIN_CLIENT_CERT").unwrap_or_default();
        let client_certificate = client_certificate(pem.as_encoded_bytes())?;
        Ok(Self { client_certificate, ..Self::from_variables(|name| env::var_os(name)) })
    }

    /// Without TLS, whatever the environment says.
    pub(super) fn for_debugging() -> Self {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let present = |name| variable(name).filter(|value| !value.is_empty());
        let text = |name| present(name).and_then(|value| value.into_string().ok());
        let port = |name, default| text(name).and_then(|port| port.parse().ok()).unwrap_or(default);
        Self {
            client_certificate: None,
            protocols: text("PLUGIN_PROTOCOL_VERSIONS").map(|versions| {
                versions.split(',').filter_map(|version| version.trim().parse().ok()).collect()
            }),
            ports: (port("PLUGIN_MIN_PORT", 10_000), port("PLUGIN_MAX_PORT", 25_000)),
            socket_directory: present("PLUGIN_UNIX_SOCKET_DIR")
                .map_or_else(env::temp_dir, PathBuf::from),
            socket_group: text("PLUGIN_UNIX_SOCKET_GROUP"),
            tcp: text("TF_PROVIDER_LISTEN").is_some_and(|kind| kind == "tcp"),
            multiplexing_asked: present("PLUGIN_MULTIPLEX_GRPC").is_some(),
        }
    }

    pub(super) fn listen(&self, tcp: bool) -> Listen {
        if tcp || self.tcp || cfg!(not(unix)) {
            Listen::Loopback { first: self.ports.0, last: self.ports.1 }
        } else {
            Listen::Unix {
                directory: self.socket_directory.clone(),
                group: self.socket_group.clone(),
            }
        }
    }

    /// Whether Terraform speaks the protocol. When it does not, the handshake is answered all the
    /// same, because its message then names both versions.
    pub(super) fn offers_protocol(&self) -> bool {
        self.protocols.as_ref().is_none_or(|versions| versions.contains(&PROTOCOL))
    }

    /// Tells Terraform where to connect.
    pub(super) fn announce(
        &self,
        network: &str,
        address: &str,
        certificate: Option<&CertificateDer<'_>>,
    ) -> Result<(), ServeError> {
        print(&self.line(network, address, certificate))
    }

    fn line(
        &self,
        network: &str,
        address: &str,
        certificate: Option<&CertificateDer<'_>>,
    ) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        // Nothing here opens further connections, so there is nothing to multiplex.
        let multiplexing = if self.multiplexing_asked { "|false" } else { "" };
        format!("{CORE}|{PROTOCOL}|{network}|{address}|grpc|{certificate}{multiplexing}")
    }
}

fn client_certificate(pem: &[u8]) -> Result<Option<CertificateDer<'static>>, ServeError> {
    if pem.is_empty() {
        return Ok(None);
    }
    CertificateDer::from_pem_slice(pem)
        .map(Some)
        .map_err(|_| ServeError::MalformedClientCertificate)
}

/// Tells the person at the shell how to make Terraform use this process.
pub(super) fn announce_reattach(
    provider: &str,
    network: &str,
    address: &str,
) -> Result<(), ServeError> {
    let reattach = json!({
        provider: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL,
            "Pid": std::process::id(),
            // Terraform then neither starts nor ends this process.
            "Test": true,
            "Addr": { "Network": network, "String": address },
        }
    });
    print(&format!(
        "Provider started. Set this in the environment of Terraform; Ctrl-C here ends it.\n\n\
         TF_REATTACH_PROVIDERS='{reattach}'\n"
    ))
}

fn print(line: &str) -> Result<(), ServeError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(ServeError::Announce)
}

const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// Version of the handshake itself.
const CORE: u32 = 1;
/// Major version of the provider protocol.
const PROTOCOL: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(variables: &[(&str, &str)]) -> Launch {
        Launch::from_variables(|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted)?;
            Some(found.1.into())
        })
    }

    #[test]
    fn versions_are_a_set() {
        for (versions, offered) in [("5,6", true), ("6,5", true), ("5", false), ("16,60", false)] {
            let launch = launch(&[("PLUGIN_PROTOCOL_VERSIONS", versions)]);
            assert_eq!(launch.offers_protocol(), offered, "{versions}");
        }
        assert!(launch(&[]).offers_protocol());
    }

    #[test]
    fn the_line_has_a_seventh_field_only_when_asked() {
        let certificate = CertificateDer::from(vec![0xff; 4]);
        let line = launch(&[]).line("unix", "/tmp/s", Some(&certificate));
        assert_eq!(line, "1|6|unix|/tmp/s|grpc|/////w");
        let asked = launch(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(
            asked.line("tcp", "127.0.0.1:10000", None),
            "1|6|tcp|127.0.0.1:10000|grpc||false"
        );
    }

    #[test]
    fn a_malformed_certificate_is_refused_and_an_empty_one_is_none() {
        assert!(client_certificate(b"").unwrap().is_none());
        let malformed = client_certificate(b"certificate");
        assert!(matches!(malformed, Err(ServeError::MalformedClientCertificate)));
    }
}
