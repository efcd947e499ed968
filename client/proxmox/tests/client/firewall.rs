//! Firewalls: what the calls send, and lists that are replaced while the network or others interfere.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use onprem_proxmox::{
    ErrorKind, FirewallRule, IpSetEntry, NodeName, Params, RuleAction, RuleDirection, RuleList,
    VmId,
};
use serde_json::{Value, json};

use crate::server::{Received, Reply, Server};

const RULES: &str = "/nodes/pve1/qemu/100/firewall/rules";

fn accept(port: &str) -> FirewallRule {
    FirewallRule {
        proto: Some("tcp".to_owned()),
        dport: Some(port.to_owned()),
        ..FirewallRule::new(RuleDirection::In, RuleAction::Accept)
    }
}

fn drop_all() -> FirewallRule {
    FirewallRule::new(RuleDirection::In, RuleAction::Drop)
}

/// The rules of one guest as a server keeps them
#[derive(Default)]
struct Rules {
    rows: Vec<BTreeMap<String, String>>,
    version: u32,
    /// Numbers of changes whose answers are lost, before or after they are carried out
    lose_before: Vec<u32>,
    lose_after: Vec<u32>,
    /// Number of the change after which somebody else adds a rule
    meddle: Option<u32>,
}

impl Rules {
    fn answer(&mut self, request: &Received) -> Reply {
        let (method, path) = request.line.split_once(' ').unwrap();
        let pos: Option<usize> =
            path.strip_prefix(RULES).unwrap().strip_prefix('/').map(|pos| pos.parse().unwrap());
        if method == "GET" {
            return Reply::Data(self.listed());
        }
        let digest = request.params.get("digest");
        if digest.is_some_and(|digest| *digest != self.digest()) {
            let text = "detected modified configuration - file changed by other user? Try again.";
            return Reply::error(500, text);
        }
        self.version += 1;
        if let Some(index) = self.lose_before.iter().position(|change| *change == self.version) {
            self.lose_before.remove(index);
            self.version -= 1;
            return Reply::Lose;
        }
        let mut params = request.params.clone();
        params.remove("digest");
        match (method, pos) {
            ("POST", None) => self.rows.insert(0, params),
            ("DELETE", Some(pos)) => drop(self.rows.remove(pos)),
            ("PUT", Some(pos)) => match params.remove("moveto") {
                Some(before) => {
                    let before: usize = before.parse().unwrap();
                    let row = self.rows[pos].clone();
                    self.rows.insert(before.min(self.rows.len()), row);
                    self.rows.remove(if before <= pos { pos + 1 } else { pos });
                }
                None => {
                    for key in params.remove("delete").unwrap_or_default().split(',') {
                        self.rows[pos].remove(key);
                    }
                    self.rows[pos].extend(params);
                }
            },
            _ => panic!("{request:?}"),
        }
        if self.meddle == Some(self.version) {
            self.rows.push(BTreeMap::from([
                ("type".to_owned(), "in".to_owned()),
                ("action".to_owned(), "REJECT".to_owned()),
            ]));
        }
        if let Some(index) = self.lose_after.iter().position(|change| *change == self.version) {
            self.lose_after.remove(index);
            return Reply::Lose;
        }
        Reply::Data(json!(null))
    }

    fn digest(&self) -> String {
        format!("{:?}", self.rows)
    }

    fn listed(&self) -> Value {
        let row = |(pos, row): (usize, &BTreeMap<String, String>)| {
            let mut row = json!(row);
            row["pos"] = pos.into();
            row["digest"] = self.digest().into();
            row
        };
        self.rows.iter().enumerate().map(row).collect()
    }
}

async fn guest(rules: Rules) -> (Server, Arc<Mutex<Rules>>) {
    let rules = Arc::new(Mutex::new(rules));
    let shared = rules.clone();
    let server = Server::start(move |request| shared.lock().unwrap().answer(request)).await;
    (server, rules)
}

fn firewall(server: &Server) -> onprem_proxmox::Firewall {
    let (node, vmid) = (NodeName::new("pve1").unwrap(), VmId::new(100).unwrap());
    server.client().qemu(&node, vmid).firewall()
}

#[tokio::test]
async fn a_list_is_replaced_step_by_step_and_not_at_all_when_it_is_right() {
    let (server, _) = guest(Rules::default()).await;
    let rules = firewall(&server).rules();
    let first = [accept("22"), drop_all()];
    let list = rules.replace(&rules.list().await.unwrap(), &first).await.unwrap();
    assert_eq!(list.rules(), first);
    let comment = Some("ü".to_owned());
    let second =
        [accept("80"), FirewallRule { comment, ..accept("22") }, accept("443"), drop_all()];
    let list = rules.replace(&list, &second).await.unwrap();
    assert_eq!(list.rules(), second);
    assert_eq!(rules.list().await.unwrap(), list);
    let count = server.seen().len();
    let same = rules.replace(&list, &second).await.unwrap();
    assert_eq!((same, server.seen().len()), (list.clone(), count));
    let third = [drop_all()];
    let list = rules.replace(&list, &third).await.unwrap();
    assert_eq!(list.rules(), third);
    let empty = rules.replace(&list, &[]).await.unwrap();
    assert_eq!((empty.rules(), empty.digest()), (Vec::new(), ""));
}

#[tokio::test]
async fn lost_answers_lead_to_no_second_rule() {
    let wanted = [accept("22"), accept("80"), drop_all()];
    for change in 1..=4 {
        let lossy = Rules { lose_after: vec![change], ..Rules::default() };
        let (server, rules) = guest(lossy).await;
        let list = firewall(&server).rules();
        let done = list.replace(&list.list().await.unwrap(), &wanted).await.unwrap();
        assert_eq!(done.rules(), wanted, "change {change}");
        assert_eq!(rules.lock().unwrap().version, 4, "change {change}");
    }
    // What did not arrive is sent again, and not for ever.
    for (change, times) in [(1, 1), (2, 2), (4, 2)] {
        let lossy = Rules { lose_before: vec![change; times], ..Rules::default() };
        let (server, _) = guest(lossy).await;
        let list = firewall(&server).rules();
        let done = list.replace(&list.list().await.unwrap(), &wanted).await.unwrap();
        assert_eq!(done.rules(), wanted, "change {change}");
    }
    let (server, _) = guest(Rules { lose_before: vec![2; 9], ..Rules::default() }).await;
    let list = firewall(&server).rules();
    let error = list.replace(&list.list().await.unwrap(), &wanted).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Lost);
}

#[tokio::test]
async fn somebody_elses_change_ends_the_work() {
    let wanted = [accept("22"), accept("80"), drop_all()];
    let (server, rules) = guest(Rules { meddle: Some(2), ..Rules::default() }).await;
    let list = firewall(&server).rules();
    let before = list.list().await.unwrap();
    let error = list.replace(&before, &wanted).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::DigestMismatch);
    // Known to be stale from the start: nothing is touched.
    let version = rules.lock().unwrap().version;
    let error = list.replace(&before, &wanted).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::DigestMismatch);
    assert_eq!(rules.lock().unwrap().version, version);
}

#[tokio::test]
async fn a_missing_alias_of_a_rule_is_no_missing_rule_and_tried_once() {
    let errors = json!({ "data": null, "errors": { "source": "no such alias 'lan'" } });
    let refusal = Reply::Error(400, "Parameter verification failed.".to_owned(), errors);
    let server = Server::start(move |request| match request.line.starts_with("GET") {
        true => Reply::Data(json!([])),
        false => refusal.clone(),
    })
    .await;
    let rules = firewall(&server).rules();
    let error = rules.replace(&RuleList::default(), &[accept("22")]).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BadParameters(_)), "{error:?}");
    assert_eq!(server.count(&format!("POST {RULES}")), 1);
}

#[tokio::test]
async fn options_are_set_deleted_and_guarded() {
    let server = Server::start(|request| match request.line.as_str() {
        line if line.starts_with("GET") => {
            Reply::Data(json!({ "digest": "abc", "enable": 1, "policy_in": "DROP", "ndp": 0 }))
        }
        _ => Reply::Data(json!(null)),
    })
    .await;
    let firewall = firewall(&server);
    let options = firewall.options().await.unwrap();
    assert_eq!(options.get::<bool>("enable").unwrap(), Some(true));
    assert_eq!(options.get::<RuleAction>("policy_in").unwrap(), Some(RuleAction::Drop));
    assert_eq!(options.get::<bool>("dhcp").unwrap(), None);
    firewall.set_options(&Params::new().with("digest", options.digest())).await.unwrap();
    assert_eq!(server.seen().len(), 1);
    let mut params = Params::new().with("digest", options.digest()).with("enable", false);
    params.delete("policy_in");
    firewall.set_options(&params).await.unwrap();
    let sent = &server.seen()[1];
    assert_eq!(sent.line, "PUT /nodes/pve1/qemu/100/firewall/options");
    assert_eq!((&*sent.params["enable"], &*sent.params["delete"]), ("0", "policy_in"));
}

#[tokio::test]
async fn every_scope_has_its_path() {
    let server = Server::start(|_| Reply::Data(json!([]))).await;
    let (client, node) = (server.client(), NodeName::new("pve1").unwrap());
    client.cluster().firewall().rules().list().await.unwrap();
    client.node(&node).firewall().rules().list().await.unwrap();
    client.lxc(&node, VmId::new(101).unwrap()).firewall().rules().list().await.unwrap();
    client.cluster().firewall_groups().rules("web").list().await.unwrap();
    let lines: Vec<String> = server.seen().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /cluster/firewall/rules",
            "GET /nodes/pve1/firewall/rules",
            "GET /nodes/pve1/lxc/101/firewall/rules",
            "GET /cluster/firewall/groups/web",
        ]
    );
}

#[tokio::test]
async fn sets_aliases_and_groups_speak_as_the_server_wants_it() {
    let server = Server::start(|_| Reply::Data(json!(null))).await;
    let firewall = server.client().cluster().firewall();
    let set = firewall.ipset("adm");
    set.create(Some("c")).await.unwrap();
    set.set_comment("d", None).await.unwrap();
    let entry = IpSetEntry { cidr: "10.1.0.0/16".to_owned(), nomatch: true, ..Default::default() };
    set.add(&entry).await.unwrap();
    set.update(&entry, Some("abc")).await.unwrap();
    set.remove(&entry.cidr, None).await.unwrap();
    set.delete(true).await.unwrap();
    firewall.create_alias("lan", "10.0.0.0/8", None).await.unwrap();
    firewall.update_alias("lan", "10.0.0.0/9", Some("x"), None).await.unwrap();
    firewall.delete_alias("lan", None).await.unwrap();
    let groups = server.client().cluster().firewall_groups();
    groups.create("web", None).await.unwrap();
    groups.set_comment("web", "w", None).await.unwrap();
    groups.delete("web").await.unwrap();
    let lines: Vec<String> = server
        .seen()
        .into_iter()
        .map(|request| {
            let params: Vec<String> =
                request.params.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("{} {}", request.line, params.join(" ")).trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        lines,
        [
            "POST /cluster/firewall/ipset comment=c name=adm",
            "POST /cluster/firewall/ipset comment=d name=adm rename=adm",
            "POST /cluster/firewall/ipset/adm cidr=10.1.0.0/16 nomatch=1",
            "PUT /cluster/firewall/ipset/adm/10.1.0.0%2F16 digest=abc nomatch=1",
            "DELETE /cluster/firewall/ipset/adm/10.1.0.0%2F16",
            "DELETE /cluster/firewall/ipset/adm force=1",
            "POST /cluster/firewall/aliases cidr=10.0.0.0/8 name=lan",
            "PUT /cluster/firewall/aliases/lan cidr=10.0.0.0/9 comment=x",
            "DELETE /cluster/firewall/aliases/lan",
            "POST /cluster/firewall/groups group=web",
            "POST /cluster/firewall/groups comment=w group=web rename=web",
            "DELETE /cluster/firewall/groups/web",
        ]
    );
}
