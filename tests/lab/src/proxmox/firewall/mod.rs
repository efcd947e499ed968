//! Firewall of the cluster, of nodes and of guests. API: `/cluster/firewall`,
//! `/nodes/{node}/firewall`, `/nodes/{node}/qemu/{vmid}/firewall`, `/nodes/{node}/lxc/{vmid}/firewall`.
//!
//! The lab keeps what the server keeps in its files and filters no traffic.

mod aliases;
mod formats;
mod groups;
mod ipset;
mod options;
mod rules;
mod verify;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::Call;
use super::datacenter::Datacenter;
use super::error::{Answer, ApiError, Reply};

pub(crate) use formats::check_format;

/// Every firewall file of the cluster.
#[derive(Debug, Default)]
pub(crate) struct Firewall {
    cluster: File,
    nodes: BTreeMap<String, File>,
    guests: BTreeMap<u32, File>,
}

/// One firewall file.
#[derive(Clone, Debug, Default)]
struct File {
    options: BTreeMap<String, String>,
    rules: Vec<Rule>,
    /// By the name in lower case: names do not differ in case alone.
    aliases: BTreeMap<String, Alias>,
    sets: BTreeMap<String, Set>,
    groups: BTreeMap<String, Group>,
}

/// One rule: its properties by name.
type Rule = BTreeMap<String, String>;

/// A name for an address.
#[derive(Clone, Debug)]
struct Alias {
    name: String,
    cidr: String,
    comment: Option<String>,
}

/// A set of addresses.
#[derive(Clone, Debug, Default)]
struct Set {
    comment: Option<String>,
    entries: BTreeMap<String, Entry>,
}

/// One address of a set.
#[derive(Clone, Debug, Default)]
struct Entry {
    nomatch: bool,
    comment: Option<String>,
}

/// A security group.
#[derive(Clone, Debug, Default)]
struct Group {
    comment: Option<String>,
    rules: Vec<Rule>,
}

/// Whose firewall a call is about.
#[derive(Clone, Debug)]
enum Scope {
    Cluster,
    Node(String),
    /// A guest, with the server's word for its kind; the guest itself need not exist.
    Guest(u32, &'static str),
}

impl Firewall {
    /// Drops a guest's file, as destroying the guest does.
    pub(crate) fn forget(&mut self, vmid: u32) {
        self.guests.remove(&vmid);
    }

    /// Gives a clone the file of its source.
    pub(crate) fn copy(&mut self, source: u32, clone: u32) {
        if let Some(file) = self.guests.get(&source).cloned() {
            self.guests.insert(clone, file);
        }
    }

    /// Everything in it, in an order that does not depend on time.
    pub(crate) fn inventory(&self) -> Value {
        let guests: BTreeMap<String, Value> = self
            .guests
            .iter()
            .filter(|(_, file)| !file.is_empty())
            .map(|(vmid, file)| (vmid.to_string(), file.inventory()))
            .collect();
        let nodes: BTreeMap<&String, Value> = self
            .nodes
            .iter()
            .filter(|(_, file)| !file.is_empty())
            .map(|(name, file)| (name, file.inventory()))
            .collect();
        json!({ "cluster": self.cluster.inventory(), "nodes": nodes, "guests": guests })
    }

    fn file(&self, scope: &Scope) -> Option<&File> {
        match scope {
            Scope::Cluster => Some(&self.cluster),
            Scope::Node(node) => self.nodes.get(node),
            Scope::Guest(vmid, _) => self.guests.get(vmid),
        }
    }

    fn file_mut(&mut self, scope: &Scope) -> &mut File {
        match scope {
            Scope::Cluster => &mut self.cluster,
            Scope::Node(node) => self.nodes.entry(node.clone()).or_default(),
            Scope::Guest(vmid, _) => self.guests.entry(*vmid).or_default(),
        }
    }
}

impl File {
    fn is_empty(&self) -> bool {
        self.options.is_empty()
            && self.rules.is_empty()
            && self.aliases.is_empty()
            && self.sets.is_empty()
            && self.groups.is_empty()
    }

    fn inventory(&self) -> Value {
        let aliases: BTreeMap<&String, &String> =
            self.aliases.values().map(|alias| (&alias.name, &alias.cidr)).collect();
        let sets: BTreeMap<&String, Vec<&String>> =
            self.sets.iter().map(|(name, set)| (name, set.entries.keys().collect())).collect();
        let groups: BTreeMap<&String, &Vec<Rule>> =
            self.groups.iter().map(|(name, group)| (name, &group.rules)).collect();
        json!({
            "options": self.options,
            "rules": self.rules,
            "aliases": aliases,
            "ipsets": sets,
            "groups": groups,
        })
    }
}

/// Answers a call to a firewall; `None` where the lab has no answer.
pub(super) fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    let (scope, rest) = if let Some(rest) = template.strip_prefix("/cluster/firewall") {
        (Scope::Cluster, rest)
    } else if let Some(rest) = template.strip_prefix("/nodes/{node}/firewall") {
        (Scope::Node(call.node.clone()), rest)
    } else if let Some(rest) = template.strip_prefix("/nodes/{node}/qemu/{vmid}/firewall") {
        (Scope::Guest(call.params.vmid(), "vm"), rest)
    } else if let Some(rest) = template.strip_prefix("/nodes/{node}/lxc/{vmid}/firewall") {
        (Scope::Guest(call.params.vmid(), "ct"), rest)
    } else {
        return None;
    };
    let scope = &scope;
    Some(match (method, rest) {
        ("GET", "") => Ok(index(scope)),
        ("GET", "/rules") => rules::list(call, scope),
        ("POST", "/rules") => rules::create(call, scope),
        ("GET", "/rules/{pos}") => rules::get(call, scope),
        ("PUT", "/rules/{pos}") => rules::update(call, scope),
        ("DELETE", "/rules/{pos}") => rules::delete(call, scope),
        ("GET", "/options") => options::get(call, scope, template),
        ("PUT", "/options") => options::update(call, scope, template),
        ("GET", "/aliases") => aliases::list(call, scope),
        ("POST", "/aliases") => aliases::create(call, scope),
        ("GET", "/aliases/{name}") => aliases::get(call, scope),
        ("PUT", "/aliases/{name}") => aliases::update(call, scope),
        ("DELETE", "/aliases/{name}") => aliases::delete(call, scope),
        ("GET", "/ipset") => ipset::list(call, scope),
        ("POST", "/ipset") => ipset::create(call, scope),
        ("GET", "/ipset/{name}") => ipset::entries(call, scope),
        ("POST", "/ipset/{name}") => ipset::add(call, scope),
        ("DELETE", "/ipset/{name}") => ipset::delete(call, scope),
        ("GET", "/ipset/{name}/{cidr}") => ipset::get(call, scope),
        ("PUT", "/ipset/{name}/{cidr}") => ipset::update(call, scope),
        ("DELETE", "/ipset/{name}/{cidr}") => ipset::remove(call, scope),
        ("GET", "/groups") => groups::list(call),
        ("POST", "/groups") => groups::create(call),
        ("GET", "/groups/{group}") => rules::list(call, scope),
        ("POST", "/groups/{group}") => rules::create(call, scope),
        ("DELETE", "/groups/{group}") => groups::delete(call),
        ("GET", "/groups/{group}/{pos}") => rules::get(call, scope),
        ("PUT", "/groups/{group}/{pos}") => rules::update(call, scope),
        ("DELETE", "/groups/{group}/{pos}") => rules::delete(call, scope),
        ("GET", "/refs") => Ok(aliases::references(call, scope)),
        ("GET", "/macros") => Ok(verify::macros()),
        ("GET", "/log") => {
            Ok(json!([{ "n": 1, "t": "unable to open file - No such file or directory" }]).into())
        }
        _ => return None,
    })
}

fn index(scope: &Scope) -> Reply {
    let names: &[&str] = match scope {
        Scope::Cluster => &["aliases", "rules", "options", "groups", "ipset", "macros", "refs"],
        Scope::Node(_) => &["rules", "options", "log"],
        Scope::Guest(..) => &["rules", "aliases", "ipset", "refs", "options"],
    };
    let rows: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    Value::from(rows).into()
}

/// SHA-1 over lines; of nothing, the well-known one of nothing.
fn digest(lines: impl IntoIterator<Item = String>) -> String {
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    crate::web::hex(aws_lc_rs::digest::digest(algorithm, text.as_bytes()).as_ref())
}

/// Refuses a change of what somebody else changed meanwhile.
fn check_digest(call: &Call, now: &str) -> Result<(), ApiError> {
    match call.params.get("digest") {
        Some(digest) if !digest.is_empty() && digest != now => Err(ApiError::internal(
            "detected modified configuration - file changed by other user? Try again.",
        )),
        Some(_) | None => Ok(()),
    }
}

/// A comment as it comes back: the first line, where there is one.
fn comment(call: &Call) -> Option<String> {
    first_line(call.params.get("comment")?)
}

fn first_line(text: &str) -> Option<String> {
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// IP version of an address, a network or a range.
fn ip_version(text: &str) -> Option<u8> {
    let first = text.split(['/', '-', ',']).next()?;
    match first.parse::<IpAddr>().ok()? {
        IpAddr::V4(_) => Some(4),
        IpAddr::V6(_) => Some(6),
    }
}

/// Splits `dc/name` and `guest/name`.
fn scoped(text: &str) -> (Option<&str>, &str) {
    for scope in ["dc", "guest", "sdn"] {
        if let Some(name) = text.strip_prefix(scope).and_then(|rest| rest.strip_prefix('/')) {
            return (Some(scope), name);
        }
    }
    (None, text)
}

/// The alias that a name means: the guest's own before the cluster's.
fn find_alias<'a>(state: &'a Datacenter, scope: &Scope, text: &str) -> Option<&'a Alias> {
    let (wanted, name) = scoped(text);
    let name = name.to_ascii_lowercase();
    let own = match scope {
        Scope::Guest(..) => state.firewall.file(scope).and_then(|file| file.aliases.get(&name)),
        Scope::Cluster | Scope::Node(_) => None,
    };
    let of_cluster = state.firewall.cluster.aliases.get(&name);
    match wanted {
        Some("guest") => own,
        Some(_) => of_cluster,
        None => own.or(of_cluster),
    }
}
