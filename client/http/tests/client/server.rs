//! A server that answers one connection after the other from a script.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// What the server does with a request
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Send this text: status line, headers, body
    Answer(&'static str),
    /// Close the connection without a word
    Drop,
    /// Never answer
    Hang,
}

pub(crate) const OK: Step = Step::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

pub(crate) struct Server {
    pub(crate) port: u16,
    /// Heads and bodies of the requests that came.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serve the script; its last step is repeated for ever
    pub(crate) async fn start(script: &[Step], identity: Option<&Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let acceptor = identity.map(Identity::acceptor);
        let (script, seen) = (script.to_vec(), requests.clone());
        tokio::spawn(async move {
            let mut index = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let step = script[index.min(script.len() - 1)];
                let answered = match &acceptor {
                    None => serve(stream, step, &seen).await,
                    Some(acceptor) => match acceptor.accept(stream).await {
                        Ok(stream) => serve(stream, step, &seen).await,
                        Err(_) => false,
                    },
                };
                index += usize::from(answered);
            }
        });
        Self { port, requests }
    }

    pub(crate) fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn https(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    step: Step,
    seen: &Mutex<Vec<String>>,
) -> bool {
    let mut received = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => received.extend_from_slice(&chunk[..count]),
            _ => return false,
        }
        // A client that speaks TLS here gets the answer of a server that does not understand it.
        if received[0] == 0x16 {
            break;
        }
        let text = String::from_utf8_lossy(&received);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
        });
        if body.len() >= length.unwrap_or_default() {
            break;
        }
    }
    seen.lock().unwrap().push(String::from_utf8_lossy(&received).into_owned());
    match step {
        Step::Answer(text) => {
            let text = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Step::Drop => {}
        Step::Hang => std::future::pending().await,
    }
    true
}

/// A certificate with its key, and who issued it
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) issuer_pem: String,
}

impl Identity {
    pub(crate) fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let pem = certificate.pem();
        let (certificate, key) = (certificate.der().clone(), key.serialize_der());
        Self { certificate, key, issuer_pem: pem.clone(), pem }
    }

    pub(crate) fn issued(name: &str, expired: bool) -> Self {
        let issuer_key = KeyPair::generate().unwrap();
        let mut issuer = CertificateParams::new(Vec::new()).unwrap();
        issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        issuer.distinguished_name.push(rcgen::DnType::CommonName, "a test authority");
        let issuer_pem = issuer.self_signed(&issuer_key).unwrap().pem();
        let issuer = Issuer::new(issuer, issuer_key);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "a test server");
        if expired {
            params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let pem = certificate.pem();
        Self { certificate: certificate.der().clone(), key: key.serialize_der(), issuer_pem, pem }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
