//! Starting a lab, and the handle on it.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::admin;
use crate::certificates::Authority;
use crate::clock::Clock;
use crate::downloads::Downloads;
use crate::faults::Faults;
use crate::idrac::{self, Idrac};
use crate::netbox::{self, NetBox};
use crate::options::LabOptions;
use crate::proxmox::auth::Access;
use crate::proxmox::{self, Shared};
use crate::requests::Requests;
use crate::web::{Files, IMAGES_HOST};

/// Why a lab did not start.
#[derive(Debug)]
pub struct StartError(String);

impl std::fmt::Display for StartError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the lab cannot start: {}", self.0)
    }
}

impl std::error::Error for StartError {}

impl From<std::io::Error> for StartError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rcgen::Error> for StartError {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rustls::Error> for StartError {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<reqwest::Error> for StartError {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for StartError {
    fn from(error: String) -> Self {
        Self(error)
    }
}

/// The systems of a lab.
#[derive(Debug)]
pub(crate) struct Systems {
    pub(crate) proxmox: Arc<Shared>,
    pub(crate) netbox: Arc<NetBox>,
    pub(crate) idracs: Vec<Arc<Idrac>>,
}

impl Systems {
    /// Everything that they hold. Times are not in it.
    pub(crate) fn inventory(&self) -> serde_json::Value {
        let mut inventory = self.proxmox.inventory();
        inventory["netbox"] = self.netbox.inventory();
        for idrac in &self.idracs {
            inventory["servers"][idrac.name()] = idrac.inventory();
        }
        inventory
    }
}

/// A running data centre; dropping it ends it.
#[derive(Debug)]
pub struct Lab {
    shared: Arc<Shared>,
    systems: Arc<Systems>,
    servers: Vec<AbortHandle>,
    nodes: Vec<(String, SocketAddr)>,
    netbox: SocketAddr,
    idracs: Vec<(String, SocketAddr)>,
    idrac_password: String,
    admin: SocketAddr,
    web: SocketAddr,
    ca_pem: String,
    api_token: String,
    auditor_token: String,
    password: String,
}

impl Lab {
    /// Starts a data centre on free loopback ports.
    ///
    /// # Errors
    /// A wanted port is taken, a fault's path is no regular expression, or the release of NetBox is
    /// not simulated.
    pub async fn start(options: LabOptions) -> Result<Self, StartError> {
        let authority = Authority::new()?;
        let clock = Clock::new(options.clock);
        let faults = Faults::default();
        for fault in &options.faults {
            faults.arm_at(fault.clone(), clock.unix())?;
        }
        let names: BTreeSet<String> =
            options.host_names.iter().cloned().chain([IMAGES_HOST.to_owned()]).collect();
        let (web_listener, web) = listen(0).await?;
        let (web_tls_listener, web_tls) = listen(0).await?;
        let (admin_listener, admin) = listen(0).await?;
        let downloads = Downloads::new(names.clone(), web, web_tls, &authority.client()?)?;
        let mut nodes = Vec::new();
        let mut listeners = Vec::new();
        for (index, name) in options.nodes.iter().enumerate() {
            let port = options.proxmox_ports.get(index).copied().unwrap_or(0);
            let (listener, address) = listen(port).await?;
            let (tls, fingerprint) = authority.server(std::slice::from_ref(name))?;
            nodes.push((name.clone(), fingerprint));
            listeners.push((name.clone(), listener, address, TlsAcceptor::from(tls)));
        }
        let secret = uuid();
        let auditor_secret = uuid();
        let mut access = Access::new(&options.token_name, &secret, &options.password);
        proxmox::add_auditor(&mut access, &auditor_secret);
        let storages = proxmox::storages(options.plain_storage, options.local_size);
        let shared =
            Shared::new(clock, faults, Requests::default(), downloads, nodes, access, storages);
        let shared = Arc::new(shared.guest_boot(options.guest_boot));
        for (id, data) in &options.volumes {
            shared.add_file(id, data.clone())?;
        }
        let mut servers = Vec::new();
        let mut addresses = Vec::new();
        for (name, listener, address, tls) in listeners {
            addresses.push((name.clone(), address));
            let serving = proxmox::serve(Arc::clone(&shared), name, listener, address, tls);
            servers.push(tokio::spawn(serving).abort_handle());
        }
        let files = Files::new(&options.files);
        let plain = files.clone();
        let serving =
            proxmox::serve_plain(web_listener, None, move |request| plain.clone().answer(request));
        servers.push(tokio::spawn(serving).abort_handle());
        let names: Vec<String> = names.into_iter().collect();
        let (tls, _) = authority.server(&names)?;
        let serving = proxmox::serve_plain(web_tls_listener, Some(tls.into()), move |request| {
            files.clone().answer(request)
        });
        servers.push(tokio::spawn(serving).abort_handle());
        let idracs = idrac::all(
            &shared.clock,
            &shared.faults,
            &shared.requests,
            &shared.downloads,
            &options.idrac_password,
        );
        let mut idrac_addresses = Vec::new();
        for (index, idrac) in idracs.iter().enumerate() {
            let port = options.idrac_ports.get(index).copied().unwrap_or(0);
            let (listener, address) = listen(port).await?;
            let (tls, _) = authority.server(&idrac.host_names())?;
            idrac_addresses.push((idrac.name().to_owned(), address));
            let serving = idrac::serve(Arc::clone(idrac), listener, address, tls.into());
            servers.push(tokio::spawn(serving).abort_handle());
        }
        let netbox = Arc::new(NetBox::new(
            netbox::Version::parse(&options.netbox_version)?,
            shared.clock.clone(),
            shared.faults.clone(),
            shared.requests.clone(),
        ));
        let (listener, netbox_address) = listen(options.netbox_port).await?;
        let (tls, _) = authority.server(&["netbox.example.com".to_owned()])?;
        let serving = netbox::serve(Arc::clone(&netbox), listener, tls.into());
        servers.push(tokio::spawn(serving).abort_handle());
        let systems = Arc::new(Systems { proxmox: Arc::clone(&shared), netbox, idracs });
        let administered = Arc::clone(&systems);
        let serving = proxmox::serve_plain(admin_listener, None, move |request| {
            admin::answer(Arc::clone(&administered), request)
        });
        servers.push(tokio::spawn(serving).abort_handle());
        Ok(Self {
            shared,
            systems,
            servers,
            nodes: addresses,
            netbox: netbox_address,
            idracs: idrac_addresses,
            idrac_password: options.idrac_password,
            admin,
            web,
            ca_pem: authority.pem().to_owned(),
            api_token: format!("root@pam!{}={secret}", options.token_name),
            auditor_token: format!("auditor@pve!lab={auditor_secret}"),
            password: options.password,
        })
    }

    /// One URL a node, in the order of the nodes.
    #[must_use]
    pub fn proxmox_endpoints(&self) -> Vec<String> {
        self.nodes.iter().map(|(_, address)| format!("https://{address}")).collect()
    }

    /// URL of NetBox.
    #[must_use]
    pub fn netbox_url(&self) -> String {
        format!("https://{}", self.netbox)
    }

    /// Token of NetBox's administrator, version 1: 40 hexadecimal digits.
    #[must_use]
    pub fn netbox_token(&self) -> &str {
        &self.systems.netbox.access.v1
    }

    /// The same as a token of version 2, `nbt_<12>.<40>`; releases before 4.5 do not know it.
    #[must_use]
    pub fn netbox_token_v2(&self) -> &str {
        &self.systems.netbox.access.v2
    }

    /// Name and URL of each server's iDRAC: `r750-01` has an iDRAC9, `r770-01` an iDRAC10.
    #[must_use]
    pub fn idracs(&self) -> Vec<(String, String)> {
        let url = |address: &SocketAddr| format!("https://{address}");
        self.idracs.iter().map(|(name, address)| (name.clone(), url(address))).collect()
    }

    /// User of every iDRAC.
    #[must_use]
    pub fn idrac_username(&self) -> &str {
        idrac::USERNAME
    }

    /// Password of [`Lab::idrac_username`].
    #[must_use]
    pub fn idrac_password(&self) -> &str {
        &self.idrac_password
    }

    /// Restarts the host of a server, as somebody beside it does; `false` where there is no such server.
    pub fn reset_host(&self, server: &str) -> bool {
        let found = self.systems.idracs.iter().find(|idrac| idrac.name() == server);
        found.inspect(|idrac| idrac.reset_host()).is_some()
    }

    /// Restarts the iDRAC of a server; `false` where there is no such server.
    pub fn restart_idrac(&self, server: &str) -> bool {
        let found = self.systems.idracs.iter().find(|idrac| idrac.name() == server);
        found.inspect(|idrac| idrac.restart()).is_some()
    }

    /// Certificate of the authority that signed every server's certificate, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// API token of `root@pam` without privilege separation, `USER@REALM!NAME=UUID`.
    #[must_use]
    pub fn api_token(&self) -> &str {
        &self.api_token
    }

    /// API token that may look at guests, storages and nodes, and change nothing.
    #[must_use]
    pub fn auditor_token(&self) -> &str {
        &self.auditor_token
    }

    /// User that logs in with [`Lab::password`].
    #[must_use]
    pub fn username(&self) -> &str {
        "root@pam"
    }

    /// Password of [`Lab::username`].
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// URL of the lab's web server; the nodes know it as `http://images.example.com` too.
    #[must_use]
    pub fn web_url(&self) -> String {
        format!("http://{}", self.web)
    }

    /// URL of the admin API.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Everything that the cluster, NetBox and the servers hold, and every reboot of a server's host; equal when nothing was left behind. Times are not in it.
    #[must_use]
    pub fn inventory(&self) -> serde_json::Value {
        self.systems.inventory()
    }

    /// Takes the lock out of a guest's configuration, as `qm unlock` and `pct unlock` do on a node.
    pub fn unlock(&self, vmid: u32) {
        self.shared.unlock(vmid);
    }

    /// Log of the requests to all nodes, to NetBox and to the iDRACs.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.shared.requests
    }

    /// Faults of this lab.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Clock of this lab.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
        self.shared.stop();
        for idrac in &self.systems.idracs {
            idrac.stop();
        }
    }
}

async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| StartError(format!("port {port}: {error}")))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = crate::web::hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
