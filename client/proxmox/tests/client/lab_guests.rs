//! Containers, firewalls and moves against the lab.

use std::time::Duration;

use onprem_lab::{Effect, Fault, Lab, LabOptions, When};
use onprem_proxmox::{
    AgentAnswer, Authentication, Client, CloneContainer, DeleteContainer, DownloadUrl, ErrorKind,
    FirewallRule, GuestInterface, GuestKind, MigrateContainer, MigrateVm, MoveVolume, NodeName,
    Params, PendingValue, RetryPolicy, RuleAction, RuleDirection, Secret, StorageName, VmId,
};

const TEMPLATE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn storage(name: &str) -> StorageName {
    StorageName::new(name).unwrap()
}

fn id(number: i64) -> VmId {
    VmId::new(number).unwrap()
}

async fn lab() -> (Lab, Client) {
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let token = Authentication::ApiToken(Secret::new(lab.api_token()));
    let pve = Client::builder(lab.proxmox_endpoints(), token)
        .http(|http| http.ca_certificate(lab.ca_pem()))
        .lost_answer_patience(Duration::from_millis(300))
        .http(|http| {
            http.retry(RetryPolicy {
                max_attempts: 4,
                min_delay: Duration::from_millis(5),
                max_delay: Duration::from_millis(50),
            })
        })
        .build()
        .unwrap();
    (lab, pve)
}

fn container() -> Params {
    let mut params = Params::new();
    params
        .set("ostemplate", format!("local:vztmpl/{TEMPLATE}"))
        .set("hostname", "web")
        .set("rootfs", "local-lvm:2")
        .set("mp0", "local-lvm:1,mp=/data")
        .set("net0", "name=eth0,bridge=vmbr0,ip=10.99.0.7/24")
        .set("password", Secret::new("correct horse"))
        .set("unprivileged", true);
    params
}

async fn fetch_template(pve: &Client) {
    let template = DownloadUrl {
        url: format!("http://images.example.com/{TEMPLATE}"),
        content: "vztmpl".to_owned(),
        filename: TEMPLATE.to_owned(),
        ..DownloadUrl::default()
    };
    pve.storage(&node("pve1"), &storage("local")).download_url(&template).await.unwrap();
}

async fn create(pve: &Client, vmid: VmId) {
    fetch_template(pve).await;
    pve.lxc(&node("pve1"), vmid).create(&container()).await.unwrap();
}

fn addresses(interfaces: &[GuestInterface]) -> Vec<String> {
    let all = interfaces.iter().flat_map(|interface| &interface.addresses);
    all.filter(|address| address.is_reachable()).map(|address| address.ip.to_string()).collect()
}

#[tokio::test]
async fn a_container_lives_is_changed_and_destroyed() {
    let (lab, pve) = lab().await;
    fetch_template(&pve).await;
    let before = lab.inventory();
    let ct = pve.lxc(&node("pve1"), id(200));
    ct.create(&container()).await.unwrap();
    let found = pve.locate(id(200)).await.unwrap().unwrap();
    assert_eq!(found.kind, GuestKind::Lxc);
    let digest = found.config.digest().to_owned();
    ct.update(&Params::new().with("digest", &digest).with("memory", 256)).await.unwrap();
    let stale = ct.update(&Params::new().with("digest", &digest).with("memory", 512)).await;
    assert_eq!(*stale.unwrap_err().kind(), ErrorKind::DigestMismatch);

    ct.power().start().await.unwrap();
    assert_eq!(*ct.power().start().await.unwrap_err().kind(), ErrorKind::AlreadyRunning);
    assert!(ct.status().await.unwrap().is_running());
    lab.clock().advance(Duration::from_secs(60));
    assert_eq!(addresses(&ct.interfaces().await.unwrap()), ["10.99.0.7"]);
    ct.update(&Params::new().with("features", "nesting=1")).await.unwrap();
    assert_eq!(PendingValue::waiting(&ct.pending().await.unwrap()), ["features"]);
    ct.power().reboot(Duration::from_secs(60)).await.unwrap();
    assert!(PendingValue::waiting(&ct.pending().await.unwrap()).is_empty());

    ct.resize("mp0", "2G", None).await.unwrap();
    let shrink = ct.resize("mp0", "1G", None).await.unwrap_err();
    assert!(shrink.text().contains("unable to shrink"), "{shrink}");
    ct.power().shutdown(Duration::from_secs(60), true).await.unwrap();
    assert_eq!(*ct.power().stop(false).await.unwrap_err().kind(), ErrorKind::NotRunning);
    ct.move_volume("mp0", &MoveVolume::new(storage("local"))).await.unwrap();
    let config = ct.config().await.unwrap();
    assert!(config.text("mp0").unwrap().starts_with("local:200/"), "{config:?}");
    ct.update(&Params::new().delete("mp0").clone()).await.unwrap();
    assert!(ct.config().await.unwrap().contains("unused0"));

    let clone = CloneContainer { hostname: Some("b".to_owned()), ..CloneContainer::new(id(201)) };
    ct.clone_to(&clone).await.unwrap();
    let copy = pve.lxc(&node("pve1"), id(201));
    assert_eq!(copy.config().await.unwrap().text("hostname").unwrap(), "b");
    copy.power().start().await.unwrap();
    copy.delete(&DeleteContainer { force: true, ..Default::default() }).await.unwrap();
    ct.delete(&DeleteContainer { purge: true, ..Default::default() }).await.unwrap();
    assert!(pve.locate(id(200)).await.unwrap().is_none());
    assert_eq!(lab.inventory(), before);
}

#[tokio::test]
async fn a_lost_answer_to_a_containers_creation_makes_exactly_one() {
    for when in [When::Before, When::After] {
        let (lab, pve) = lab().await;
        create(&pve, id(200)).await;
        let fault = Fault::new(Effect::Reset { when }).method("POST").path("/lxc$").count(1);
        lab.faults().arm(fault).unwrap();
        let mark = lab.requests().mark();
        pve.lxc(&node("pve1"), id(201)).create(&container()).await.unwrap();
        let requests = lab.requests().since(mark);
        let posts = requests.iter().filter(|request| request.method == "POST").count();
        assert_eq!(posts, if when == When::Before { 2 } else { 1 }, "{when:?}");
    }
}

#[tokio::test]
async fn a_container_template_is_one_when_the_call_ends() {
    let (_lab, pve) = lab().await;
    create(&pve, id(200)).await;
    let ct = pve.lxc(&node("pve1"), id(200));
    ct.convert_to_template().await.unwrap();
    assert!(ct.status().await.unwrap().template);
    let again = ct.convert_to_template().await.unwrap_err();
    assert!(again.text().contains("template to a template"), "{again}");
    ct.clone_to(&CloneContainer::new(id(201))).await.unwrap();
}

#[tokio::test]
async fn a_guests_rules_are_replaced_whatever_gets_lost() {
    let (lab, pve) = lab().await;
    create(&pve, id(200)).await;
    let firewall = pve.lxc(&node("pve1"), id(200)).firewall();
    let accept = |port: &str| FirewallRule {
        proto: Some("tcp".to_owned()),
        dport: Some(port.to_owned()),
        comment: Some(format!("port {port}")),
        ..FirewallRule::new(RuleDirection::In, RuleAction::Accept)
    };
    let closed = FirewallRule::new(RuleDirection::In, RuleAction::Drop);
    let (ssh, web, dns) = (accept("22"), accept("80,443"), accept("53"));
    let lists: [&[&FirewallRule]; 5] =
        [&[&ssh, &closed], &[&web, &ssh, &dns, &closed], &[&dns, &web, &ssh], &[&closed], &[]];
    let rules = firewall.rules();
    for when in [When::Before, When::After] {
        let mut list = rules.list().await.unwrap();
        for wanted in lists {
            let wanted: Vec<FirewallRule> = wanted.iter().map(|rule| (*rule).clone()).collect();
            let fault = Fault::new(Effect::Reset { when }).path("/rules").count(1);
            for method in ["POST", "PUT", "DELETE"] {
                lab.faults().arm(fault.clone().method(method)).unwrap();
            }
            list = rules.replace(&list, &wanted).await.unwrap();
            assert_eq!(list.rules(), wanted, "{when:?}");
            assert_eq!(rules.list().await.unwrap(), list, "{when:?}");
            lab.faults().clear();
        }
    }
    let options = firewall.options().await.unwrap();
    let params = Params::new().with("digest", options.digest()).with("enable", true);
    firewall.set_options(&params).await.unwrap();
    let stale = firewall.set_options(&params.with("policy_in", "DROP")).await.unwrap_err();
    assert_eq!(*stale.kind(), ErrorKind::DigestMismatch);
}

#[tokio::test]
async fn sets_aliases_and_groups_live_in_the_cluster() {
    let (_lab, pve) = lab().await;
    let firewall = pve.cluster().firewall();
    firewall.create_alias("lan", "10.0.0.0/8", None).await.unwrap();
    let again = firewall.create_alias("LAN", "10.0.0.0/8", None).await.unwrap_err();
    assert_eq!(*again.kind(), ErrorKind::AlreadyExists);
    assert_eq!(firewall.alias("lan").await.unwrap().cidr, "10.0.0.0/8");
    firewall.delete_alias("lan", None).await.unwrap();
    assert!(firewall.alias("lan").await.unwrap_err().is_not_found());

    let set = firewall.ipset("adm");
    assert!(set.entries().await.unwrap_err().is_not_found());
    set.create(None).await.unwrap();
    let entry = onprem_proxmox::IpSetEntry { cidr: "10.0.0.5/24".to_owned(), ..Default::default() };
    set.add(&entry).await.unwrap();
    assert_eq!(set.entries().await.unwrap()[0].cidr, "10.0.0.0/24");
    assert!(set.delete(false).await.is_err());
    set.delete(true).await.unwrap();

    let groups = pve.cluster().firewall_groups();
    groups.create("web", Some("w")).await.unwrap();
    let rules = groups.rules("web");
    let rule = FirewallRule::new(RuleDirection::In, RuleAction::Accept);
    let list = rules.replace(&rules.list().await.unwrap(), &[rule]).await.unwrap();
    assert!(groups.delete("web").await.is_err());
    rules.replace(&list, &[]).await.unwrap();
    groups.delete("web").await.unwrap();
    assert!(rules.list().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn guests_are_on_their_new_nodes_when_the_call_ends() {
    let (lab, pve) = lab().await;
    create(&pve, id(200)).await;
    let vm = pve.qemu(&node("pve1"), id(100));
    let mut params = Params::new();
    params.set("scsi0", "local-lvm:1").set("agent", true);
    params.set("net0", "virtio,bridge=vmbr0").set("ipconfig0", "ip=10.99.0.9/24");
    vm.create(&params).await.unwrap();
    assert_eq!(vm.agent().interfaces().await.unwrap(), AgentAnswer::Stopped);
    vm.power().start().await.unwrap();
    lab.clock().advance(Duration::from_secs(60));
    let interfaces = vm.agent().interfaces().await.unwrap().answered().unwrap();
    assert_eq!(addresses(&interfaces), ["10.99.0.9"]);

    let mut to = MigrateVm::new(node("pve2"));
    assert!(vm.migrate(&to).await.unwrap_err().text().contains("--online"));
    to.online = true;
    to.with_local_disks = true;
    vm.migrate(&to).await.unwrap();
    assert!(vm.config().await.unwrap_err().is_not_found());
    assert!(pve.qemu(&node("pve2"), id(100)).status().await.unwrap().is_running());

    let ct = pve.lxc(&node("pve1"), id(200));
    ct.power().start().await.unwrap();
    let to = MigrateContainer { restart: true, ..MigrateContainer::new(node("pve3")) };
    ct.migrate(&to).await.unwrap();
    assert!(pve.lxc(&node("pve3"), id(200)).status().await.unwrap().is_running());
}

#[tokio::test]
async fn a_pool_holds_guests() {
    let (_lab, pve) = lab().await;
    create(&pve, id(200)).await;
    let pool = pve.pool("staging");
    assert!(pool.get().await.unwrap_err().is_not_found());
    pool.create(Some("c")).await.unwrap();
    assert_eq!(*pool.create(None).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    pool.add_guest(id(200), false).await.unwrap();
    pool.add_guest(id(200), false).await.unwrap();
    assert_eq!(pool.get().await.unwrap().guests().collect::<Vec<_>>(), [id(200)]);
    assert!(pool.delete().await.is_err());
    pool.remove_guest(id(200)).await.unwrap();
    pool.remove_guest(id(200)).await.unwrap();
    pool.delete().await.unwrap();
    assert!(pve.pools().await.unwrap().iter().all(|pool| pool.poolid != "staging"));
}

/// A node that does not take a request, an answer that a proxy swallows, a connection that breaks: the
/// change is made once, and that is no error.
#[tokio::test]
async fn a_change_is_made_whatever_becomes_of_its_answer() {
    let (lab, pve) = lab().await;
    let vm = pve.qemu(&node("pve1"), id(100));
    vm.create(&Params::new()).await.unwrap();
    let status = |status| Effect::Status { status, message: None };
    let effects = [
        status(595),
        status(503),
        Effect::Reset { when: When::Before },
        Effect::Reset { when: When::After },
    ];
    for (number, effect) in effects.into_iter().enumerate() {
        let fault = Fault::new(effect.clone()).method("PUT").path("/config$").count(1);
        for guarded in [true, false] {
            lab.faults().arm(fault.clone()).unwrap();
            let description = format!("{number} {guarded}");
            let mut params = Params::new().with("description", description.as_str());
            if guarded {
                params.set("digest", vm.config().await.unwrap().digest());
            }
            vm.update(&params).await.unwrap_or_else(|error| panic!("{effect:?}: {error}"));
            assert_eq!(vm.config().await.unwrap().text("description"), Some(description));
        }
    }

    // Without a digest nobody can tell whether there is a second disk.
    let fault = Fault::new(Effect::Reset { when: When::After }).method("PUT").count(1);
    lab.faults().arm(fault).unwrap();
    let disk = Params::new().with("scsi0", "local-lvm:1");
    let error = vm.update(&disk).await.unwrap_err();
    assert!(error.maybe_executed(), "{error:?}");
    assert!(vm.config().await.unwrap().contains("scsi0"));

    // A digest of somebody else's change is refused as ever.
    let stale = vm.config().await.unwrap();
    vm.update(&Params::new().with("description", "theirs")).await.unwrap();
    let ours = Params::new().with("description", "ours").with("digest", stale.digest());
    assert_eq!(*vm.update(&ours).await.unwrap_err().kind(), ErrorKind::DigestMismatch);
}

/// An agent that cannot be reached because the node cannot is as silent as any other.
#[tokio::test]
async fn an_agent_behind_a_silent_proxy_is_no_error() {
    let (lab, pve) = lab().await;
    let vm = pve.qemu(&node("pve1"), id(100));
    vm.create(&Params::new().with("agent", "1").with("start", true)).await.unwrap();
    let effect = Effect::Status { status: 503, message: None };
    lab.faults().arm(Fault::new(effect).path("/agent/")).unwrap();
    assert_eq!(vm.agent().interfaces().await.unwrap(), AgentAnswer::NotAnswering);
}
