//! The server: objects in memory, with habits of their own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value as Json, json};
use tf_provider::api::{ApiChanges, ApiFields};
use tokio_util::sync::CancellationToken;

use super::kept::{Kept, Open};

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    BeforeCreate,
    AfterCreate,
    PanicAfterCreate,
    HangAfterCreate,
    Abandoned,
    Read,
    Update,
    Delete,
}

/// One server.
#[derive(Debug)]
pub(crate) struct World {
    name: String,
    kept: Kept,
    /// Cancelled when a create hangs.
    pub(crate) hanging: CancellationToken,
}

static WORLDS: Mutex<BTreeMap<String, Arc<World>>> = Mutex::new(BTreeMap::new());
static COUNT: AtomicUsize = AtomicUsize::new(0);

impl World {
    /// A world of its own for one test.
    pub(crate) fn create() -> Arc<Self> {
        let name = format!("world{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let world = Self::new(&name, Kept::default());
        WORLDS.lock().unwrap().insert(name, Arc::clone(&world));
        world
    }

    /// The world that a test made; a name that none did is that of a file.
    pub(crate) fn named(name: &str) -> Arc<Self> {
        let mut worlds = WORLDS.lock().unwrap();
        let found = worlds.entry(name.to_owned());
        Arc::clone(found.or_insert_with(|| Self::new(name, Kept::at(name.into()))))
    }

    fn new(name: &str, kept: Kept) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), kept, hanging: CancellationToken::new() })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn lock(&self) -> Open<'_> {
        self.kept.lock()
    }

    /// Lets the next operation of a kind go wrong.
    pub(crate) fn fail(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }

    /// Whether this goes wrong now.
    pub(crate) fn fails(&self, fault: Fault) -> bool {
        let mut inner = self.lock();
        let fails = inner.fault == Some(fault);
        if fails {
            inner.fault = None;
        }
        fails
    }

    /// Every write that was asked for since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().requests)
    }

    /// The only object there is.
    pub(crate) fn only(&self) -> ApiFields {
        let inner = self.lock();
        assert_eq!(inner.objects.len(), 1, "{:?}", inner.objects);
        inner.objects.values().next().unwrap().clone()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().objects.is_empty()
    }

    /// Changes an object behind Terraform's back.
    pub(crate) fn meddle(&self, field: &str, value: impl Into<Json>) {
        let value = value.into();
        for object in self.lock().objects.values_mut() {
            object.insert(field.to_owned(), value.clone());
        }
    }

    pub(crate) fn vanish(&self) {
        self.lock().objects.clear();
    }

    pub(crate) fn names(&self, zone: &str) -> Vec<String> {
        let inner = self.lock();
        let there = inner.objects.values().filter(|object| object["zone"] == zone);
        there.map(|object| object["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Numbers and names of those in a zone.
    pub(crate) fn numbered(&self, zone: Option<&str>) -> Vec<(i64, String)> {
        let inner = self.lock();
        let there = inner.objects.iter();
        let there = there.filter(|(_, object)| zone.is_none_or(|zone| object["zone"] == zone));
        there.map(|(id, object)| (*id, object["name"].as_str().unwrap().to_owned())).collect()
    }

    /// Notes a request.
    pub(crate) fn note(&self, request: &str) {
        self.lock().requests.push(request.to_owned());
    }

    pub(crate) fn log_in(&self, user: &str) {
        self.lock().sessions.push(user.to_owned());
    }

    pub(crate) fn logged_in(&self, user: &str) -> bool {
        self.lock().sessions.iter().any(|one| one == user)
    }

    pub(crate) fn log_out(&self, user: &str) {
        self.lock().sessions.retain(|one| one != user);
    }

    pub(crate) fn post(&self, mut fields: ApiFields) -> i64 {
        let mut inner = self.lock();
        inner.requests.push(format!("POST {}", Json::Object(fields.clone())));
        inner.next += 1;
        let id = inner.next;
        fields.insert("id".into(), id.into());
        fields.insert("address".into(), "10.0.0.1".into());
        settle(&mut fields);
        inner.objects.insert(id, fields);
        id
    }

    /// Numbers and names of what has machines.
    pub(crate) fn clusters(&self) -> Vec<(i64, String)> {
        let inner = self.lock();
        let there = inner.objects.iter().filter(|(_, object)| object.contains_key("member"));
        there.map(|(id, object)| (*id, object["name"].as_str().unwrap().to_owned())).collect()
    }

    /// The machines of what has that name.
    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        let found = self.find(|object| object["name"] == name);
        let found = found.and_then(|object| object.get("nodes")?.as_object().cloned());
        found.into_iter().flatten().map(|(name, _)| name).collect()
    }

    /// A place that nobody has had yet.
    pub(crate) fn free_slot(&self) -> i64 {
        7 + self.lock().next
    }

    pub(crate) fn get(&self, id: i64) -> Option<ApiFields> {
        self.lock().objects.get(&id).cloned()
    }

    pub(crate) fn find(&self, matches: impl Fn(&ApiFields) -> bool) -> Option<ApiFields> {
        self.lock().objects.values().find(|object| matches(object)).cloned()
    }

    pub(crate) fn patch(&self, id: i64, changes: &ApiChanges) {
        let mut inner = self.lock();
        let sent: Map<_, _> = changes
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone().unwrap_or(Json::Null)))
            .collect();
        inner.requests.push(format!("PATCH {}", Json::Object(sent)));
        let object = inner.objects.get_mut(&id).unwrap();
        for (name, value) in changes {
            match value {
                Some(value) => object.insert(name.to_string(), value.clone()),
                None => object.remove(&**name),
            };
        }
        if changes.contains_key("memory") {
            object.insert("address".into(), "10.0.0.2".into());
        }
        settle(object);
    }

    pub(crate) fn delete(&self, id: i64) {
        let mut inner = self.lock();
        inner.requests.push(format!("DELETE {id}"));
        inner.objects.remove(&id);
    }
}

/// What the server does to what it is given: defaults, lower case, and nothing kept that is empty.
fn settle(object: &mut ApiFields) {
    object.entry("memory").or_insert(json!(512));
    object.entry("sockets").or_insert(json!(1));
    object.remove("password");
    if object.get("comment") == Some(&json!("")) {
        object.remove("comment");
    }
    lower_case(&mut object["name"]);
    if let Some(aliases) = object.get_mut("aliases").and_then(Json::as_object_mut) {
        aliases.values_mut().for_each(lower_case);
    }
    for peer in object.get_mut("peers").and_then(Json::as_array_mut).into_iter().flatten() {
        lower_case(&mut peer["name"]);
    }
    if let Some(agent) = object.get_mut("agent").and_then(Json::as_object_mut) {
        agent.remove("secret");
        agent.entry("port").or_insert(json!(4));
    }
    settle_exports(object);
    settle_cluster(object);
    for disk in object.get_mut("disks").and_then(Json::as_object_mut).into_iter().flatten() {
        let disk = disk.1.as_object_mut().unwrap();
        disk.entry("cache").or_insert(json!("none"));
        disk.entry("volume").or_insert(json!("vol-1"));
    }
}

/// What is inside the exports of a volume.
fn settle_exports(object: &mut ApiFields) {
    let mode = object.get("mode").cloned().unwrap_or_default();
    object.insert("revision".into(), i64::from(mode == json!("ro")).into());
    for (_, export) in object.get_mut("exports").and_then(Json::as_object_mut).into_iter().flatten()
    {
        let export = export.as_object_mut().unwrap();
        export.remove("key");
        lower_case(&mut export["client"]);
        export.insert("handle".into(), export["client"].clone());
    }
}

/// What is inside a cluster.
fn settle_cluster(object: &mut ApiFields) {
    for rule in object.get_mut("inbound").and_then(Json::as_array_mut).into_iter().flatten() {
        let rule = rule.as_object_mut().unwrap();
        rule.remove("key");
        lower_case(&mut rule["host"]);
        rule.insert("handle".into(), rule["host"].clone());
    }
    for peer in object.get_mut("friends").and_then(Json::as_array_mut).into_iter().flatten() {
        for way in peer.get_mut("way").and_then(Json::as_array_mut).into_iter().flatten() {
            lower_case(&mut way["through"]);
        }
    }
    let Some(nodes) = object.get("nodes").and_then(Json::as_object) else { return };
    let member = nodes.keys().map(|name| json!({"name": name, "address": "10.0.0.9"}));
    let member = member.collect();
    object.insert("member".into(), member);
}

fn lower_case(text: &mut Json) {
    *text = text.as_str().unwrap().to_lowercase().into();
}
