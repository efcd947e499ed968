//! Whole lives against the lab: what a user of the client does, and what goes wrong meanwhile.

use std::{net::TcpListener, time::Duration};

use onprem_lab::{Effect, Fault, Lab, LabOptions, When, images};
use onprem_proxmox::{
    Authentication, Client, ClientBuilder, CloneVm, Deadline, DeleteVm, DownloadUrl, ErrorKind,
    NetworkDevice, NodeName, Params, RetryPolicy, Secret, StorageName, TlsProblem, VmId, VolumeId,
};

const IMAGE: &str = "debian-13.qcow2";

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn local() -> StorageName {
    StorageName::new("local").unwrap()
}

fn id(number: i64) -> VmId {
    VmId::new(number).unwrap()
}

async fn lab() -> Lab {
    Lab::start(LabOptions::new()).await.unwrap()
}

fn token(lab: &Lab) -> Authentication {
    Authentication::ApiToken(Secret::new(lab.api_token()))
}

fn builder(endpoints: Vec<String>, authentication: Authentication) -> ClientBuilder {
    Client::builder(endpoints, authentication)
        .lost_answer_patience(Duration::from_millis(300))
        .http(|http| {
            http.retry(RetryPolicy {
                max_attempts: 4,
                min_delay: Duration::from_millis(5),
                max_delay: Duration::from_millis(50),
            })
        })
}

fn client(lab: &Lab) -> Client {
    builder(lab.proxmox_endpoints(), token(lab))
        .http(|http| http.ca_certificate(lab.ca_pem()))
        .build()
        .unwrap()
}

/// An address where nothing listens
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port())
}

fn download(filename: &str) -> DownloadUrl {
    let image = images().iter().find(|image| image.name == IMAGE).unwrap();
    DownloadUrl {
        url: format!("https://images.example.com/{IMAGE}"),
        content: "import".to_owned(),
        filename: filename.to_owned(),
        checksum: Some(image.sha256.clone()),
        checksum_algorithm: Some("sha256".to_owned()),
        verify_certificates: Some(false),
        ..DownloadUrl::default()
    }
}

fn hardware() -> Params {
    let mut network = NetworkDevice::new("virtio");
    network.bridge = Some("vmbr0".to_owned());
    let mut params = Params::new();
    params
        .set("name", "debian-13")
        .set("memory", 2048)
        .set("cores", 2)
        .set("scsihw", "virtio-scsi-single")
        .set("scsi0", format!("local-lvm:0,import-from=local:import/{IMAGE},discard=on"))
        .set("ide2", "local-lvm:cloudinit")
        .set("boot", "order=scsi0")
        .set("serial0", "socket")
        .set("agent", true)
        .set("tags", "b;a")
        .set("description", "1 + 1 = 2; ü")
        .set_ssh_keys("sshkeys", ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@x"]);
    params.set_encoded("net0", &network).unwrap();
    params
}

async fn template(pve: &Client, vmid: VmId) {
    pve.storage(&node("pve1"), &local()).download_url(&download(IMAGE)).await.unwrap();
    let vm = pve.qemu(&node("pve1"), vmid);
    vm.create(&hardware()).await.unwrap();
    vm.convert_to_template().await.unwrap();
}

#[tokio::test]
async fn a_token_and_a_password_both_open_the_door() {
    let lab = lab().await;
    assert_eq!(client(&lab).version().await.unwrap().version.split('.').next(), Some("9"));
    let password = Authentication::Password {
        username: lab.username().to_owned(),
        password: Secret::new(lab.password()),
    };
    let endpoints = lab.proxmox_endpoints();
    let pve = builder(endpoints.clone(), password)
        .http(|http| http.ca_certificate(lab.ca_pem()))
        .build()
        .unwrap();
    pve.version().await.unwrap();
    lab.faults().arm(Fault::new(Effect::TicketsExpired)).unwrap();
    // The lab's clock has seconds; a ticket of the same second as the fault is refused as well.
    lab.clock().advance(Duration::from_secs(2));
    pve.version().await.unwrap();
    let wrong = Authentication::ApiToken(Secret::new("root@pam!lab=wrong"));
    let pve =
        builder(endpoints, wrong).http(|http| http.ca_certificate(lab.ca_pem())).build().unwrap();
    assert_eq!(*pve.version().await.unwrap_err().kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_certificate_is_trusted_by_its_authority_or_its_pin_alone() {
    let lab = lab().await;
    let error = builder(lab.proxmox_endpoints(), token(&lab)).build().unwrap();
    let error = error.version().await.unwrap_err();
    let ErrorKind::Tls(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.problem, TlsProblem::UnknownIssuer);
    let pin = failure.fingerprint.clone().unwrap();
    let endpoints = lab.proxmox_endpoints();
    let pinned = builder(endpoints[..1].to_vec(), token(&lab))
        .http(|http| http.fingerprint(&pin))
        .build()
        .unwrap();
    pinned.version().await.unwrap();
    let nodes = pinned.nodes().await.unwrap();
    let shown = nodes.iter().find(|entry| entry.node.as_str() == "pve1").unwrap();
    assert_eq!(shown.ssl_fingerprint.as_ref(), Some(&pin));
    // The pin of one node is not that of another.
    let other = builder(endpoints[1..2].to_vec(), token(&lab))
        .http(|http| http.fingerprint(&pin))
        .build()
        .unwrap();
    assert!(matches!(other.version().await.unwrap_err().kind(), ErrorKind::Tls(_)));
}

#[tokio::test]
async fn a_dead_endpoint_does_not_matter_while_another_lives() {
    let lab = lab().await;
    let mut endpoints = lab.proxmox_endpoints();
    endpoints.insert(0, dead());
    let pve = builder(endpoints, token(&lab))
        .http(|http| http.ca_certificate(lab.ca_pem()))
        .build()
        .unwrap();
    template(&pve, id(9000)).await;
    // The endpoint that served until now goes away.
    lab.faults().arm(Fault::new(Effect::NodeOffline { name: "pve1".to_owned() })).unwrap();
    pve.version().await.unwrap();
}

#[tokio::test]
async fn an_image_is_downloaded_once_and_verified() {
    let lab = lab().await;
    let pve = client(&lab);
    let storage = pve.storage(&node("pve1"), &local());
    storage.download_url(&download(IMAGE)).await.unwrap();
    let volume = VolumeId::new(format!("local:import/{IMAGE}")).unwrap();
    assert!(storage.volume(&volume).await.unwrap().unwrap().size > 0);
    // The same again is skipped by the server, because the checksum matches.
    storage.download_url(&download(IMAGE)).await.unwrap();
    let without = DownloadUrl { checksum: None, checksum_algorithm: None, ..download(IMAGE) };
    let error = storage.download_url(&without).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyExists);
    let wrong = DownloadUrl { checksum: Some("0".repeat(64)), ..download("other.qcow2") };
    let error = storage.download_url(&wrong).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TaskFailed);
    assert!(error.text().contains("checksum mismatch"), "{error}");
    assert!(!error.task().unwrap().log.is_empty());
    let missing = DownloadUrl {
        url: "https://images.example.com/none.qcow2".to_owned(),
        ..download("none.qcow2")
    };
    let error = storage.download_url(&missing).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TaskFailed);
    storage.delete_volume(&volume).await.unwrap();
    assert!(storage.volume(&volume).await.unwrap().is_none());
}

#[tokio::test]
async fn a_template_is_created_cloned_changed_and_destroyed() {
    let lab = lab().await;
    let pve = client(&lab);
    let before = lab.inventory();
    template(&pve, id(9000)).await;
    let found = pve.locate(id(9000)).await.unwrap().unwrap();
    let config = found.config;
    assert_eq!(config.get::<bool>("template").unwrap(), Some(true));
    assert_eq!(config.get::<Vec<String>>("tags").unwrap().unwrap(), ["a", "b"]);
    assert_eq!(config.text("description").unwrap(), "1 + 1 = 2; ü");
    let network: NetworkDevice = config.get("net0").unwrap().unwrap();
    assert_eq!((network.model.as_str(), network.bridge.as_deref()), ("virtio", Some("vmbr0")));
    assert!(network.mac.is_some());

    let source = pve.qemu(&node("pve1"), id(9000));
    source.clone_to(&CloneVm::new(id(101))).await.unwrap();
    let vm = pve.qemu(&node("pve1"), id(101));
    let digest = vm.config().await.unwrap().digest().to_owned();
    let change = Params::new().with("digest", &digest).with("cores", 4);
    vm.update(&change).await.unwrap();
    let error = vm.update(&change.clone().with("cores", 8)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::DigestMismatch);
    vm.resize("scsi0", "10G", None).await.unwrap();
    assert_eq!(vm.config().await.unwrap().get::<u32>("cores").unwrap(), Some(4));
    assert!(!vm.status().await.unwrap().is_running());

    let error = source.delete(&DeleteVm::default()).await.unwrap_err();
    assert!(error.text().contains("linked"), "{error}");
    vm.delete(&DeleteVm::default()).await.unwrap();
    source.delete(&DeleteVm::default()).await.unwrap();
    assert!(pve.locate(id(9000)).await.unwrap().is_none());
    let volume = VolumeId::new(format!("local:import/{IMAGE}")).unwrap();
    pve.storage(&node("pve1"), &local()).delete_volume(&volume).await.unwrap();
    assert_eq!(lab.inventory(), before);
}

#[tokio::test]
async fn situations_are_named() {
    let lab = lab().await;
    let pve = client(&lab);
    template(&pve, id(9000)).await;
    let params = Params::new().with("memory", 512);
    let taken = pve.qemu(&node("pve1"), id(9000)).create(&params).await.unwrap_err();
    assert_eq!(*taken.kind(), ErrorKind::AlreadyExists, "{taken}");
    let nowhere = pve.qemu(&node("nonode"), id(101)).create(&params).await.unwrap_err();
    assert_eq!(*nowhere.kind(), ErrorKind::NoSuchNode, "{nowhere}");
    let unknown = params.clone().with("scsi0", "nostore:1");
    let unknown = pve.qemu(&node("pve1"), id(101)).create(&unknown).await.unwrap_err();
    assert_eq!(*unknown.kind(), ErrorKind::NoSuchStorage, "{unknown}");
    let refused = params.clone().with("nope", 1);
    let refused = pve.qemu(&node("pve1"), id(101)).create(&refused).await.unwrap_err();
    let ErrorKind::BadParameters(errors) = refused.kind() else { panic!("{refused:?}") };
    assert!(errors.contains_key("nope"), "{refused}");
    let absent = pve.qemu(&node("pve1"), id(102)).config().await.unwrap_err();
    assert!(absent.is_not_found(), "{absent}");
    let full = Effect::StorageFull { storage: "local".to_owned() };
    lab.faults().arm(Fault::new(full)).unwrap();
    let full = pve.storage(&node("pve2"), &local()).download_url(&download(IMAGE)).await;
    let full = full.unwrap_err();
    assert_eq!(*full.kind(), ErrorKind::StorageFull, "{full}");
    let auditor = Authentication::ApiToken(Secret::new(lab.auditor_token()));
    let auditor =
        builder(lab.proxmox_endpoints(), auditor).http(|http| http.ca_certificate(lab.ca_pem()));
    let vm = auditor.build().unwrap().qemu(&node("pve1"), id(9000));
    let denied = vm.update(&Params::new().with("cores", 2)).await.unwrap_err();
    let ErrorKind::Forbidden { permission } = denied.kind() else { panic!("{denied:?}") };
    assert!(permission.contains("/vms/9000"), "{denied}");
}

#[tokio::test]
async fn lock_timeouts_do_not_reach_the_caller() {
    let lab = lab().await;
    let pve = client(&lab);
    template(&pve, id(9000)).await;
    lab.faults().arm(Fault::new(Effect::LockTimeout).count(2)).unwrap();
    let vm = pve.qemu(&node("pve1"), id(9000));
    vm.update(&Params::new().with("tags", "c")).await.unwrap();
    assert_eq!(vm.config().await.unwrap().text("tags").unwrap(), "c");
    lab.faults().arm(Fault::new(Effect::LockTimeout).count(1)).unwrap();
    vm.delete(&DeleteVm::default()).await.unwrap();
}

#[tokio::test]
async fn many_clones_of_one_template_all_succeed() {
    let lab = lab().await;
    let pve = client(&lab);
    template(&pve, id(9000)).await;
    let source = pve.qemu(&node("pve1"), id(9000));
    let clones = (0..12).map(|_| async {
        let vmid = pve.cluster().next_id(Some(id(200)..=id(299))).await.unwrap();
        source.clone_to(&CloneVm::new(vmid)).await.map(|_| vmid)
    });
    let made = futures_util::future::join_all(clones).await;
    let made: std::collections::BTreeSet<VmId> = made.into_iter().map(Result::unwrap).collect();
    assert_eq!(made.len(), 12);
}

#[tokio::test]
async fn a_lost_answer_to_a_creation_makes_exactly_one_vm() {
    for when in [When::Before, When::After] {
        let lab = lab().await;
        let pve = client(&lab);
        pve.storage(&node("pve1"), &local()).download_url(&download(IMAGE)).await.unwrap();
        let fault = Fault::new(Effect::Reset { when }).method("POST").path("/qemu$").count(1);
        lab.faults().arm(fault).unwrap();
        let mark = lab.requests().mark();
        let vm = pve.qemu(&node("pve1"), id(9000));
        let report = vm.create(&hardware()).await.unwrap();
        assert_eq!(report.upid.unwrap().object(), "9000");
        let requests = lab.requests().since(mark);
        let posts = requests.iter().filter(|request| request.method == "POST").count();
        assert_eq!(posts, if when == When::Before { 2 } else { 1 }, "{when:?}");
        assert_eq!(vm.config().await.unwrap().text("name").unwrap(), "debian-13");
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_clone_makes_exactly_one_clone() {
    let lab = lab().await;
    let pve = client(&lab);
    template(&pve, id(9000)).await;
    let source = pve.qemu(&node("pve1"), id(9000));
    source.clone_to(&CloneVm::new(id(101))).await.unwrap();
    let fault = Fault::new(Effect::Reset { when: When::After }).method("POST").path("/clone$");
    lab.faults().arm(fault.count(1)).unwrap();
    let mark = lab.requests().mark();
    let report = source.clone_to(&CloneVm::new(id(102))).await.unwrap();
    assert_eq!(report.upid.unwrap().task_type(), "qmclone");
    let requests = lab.requests().since(mark);
    assert_eq!(requests.iter().filter(|request| request.method == "POST").count(), 1);
    assert!(pve.locate(id(102)).await.unwrap().is_some());
}

#[tokio::test]
async fn nobody_is_gone_while_a_node_is_silent() {
    let lab = lab().await;
    let pve = client(&lab);
    assert!(pve.locate(id(9000)).await.unwrap().is_none());
    lab.faults().arm(Fault::new(Effect::NodeOffline { name: "pve3".to_owned() })).unwrap();
    let deadline = Deadline::after(Duration::from_secs(2), "the read timeout");
    let error = pve.until(&deadline).locate(id(9000)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreachable(_) | ErrorKind::Timeout), "{error:?}");
}
