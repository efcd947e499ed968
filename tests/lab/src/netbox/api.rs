//! From a request to an answer: the routes under `/api/`, conditional and bulk writes, allocation.

use serde_json::{Map, Value, json};

use super::allocate;
use super::auth::{self, Access};
use super::decode::{Mode, class};
use super::list;
use super::render::View;
use super::reply::Reply;
use super::rules::Errors;
use super::store::{Object, Store};
use super::types::{self, Form, Type};
use super::version::Version;
use super::write::{Writer, message};

/// A request to the API.
#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) method: String,
    /// Whole path, `/api/ipam/prefixes/`.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) authorization: Option<String>,
    pub(super) if_match: Option<String>,
    pub(super) content_type: String,
    pub(super) body: bytes::Bytes,
    /// Scheme and host by which the client came.
    pub(super) base: String,
    /// Number of this request, a UUID.
    pub(super) id: String,
    /// Whether prefixes are created without a look at equal ones.
    pub(super) race: bool,
}

/// Answers a request, under the lock of the store.
pub(super) fn handle(
    store: &mut Store,
    version: &Version,
    access: &Access,
    now: &str,
    request: &ApiRequest,
) -> Reply {
    if !request.path.starts_with("/api/") {
        return match request.path.as_str() {
            "/" => Reply::empty(302).header("Location", "/login/?next=/"),
            _ => Reply::page_not_found(),
        };
    }
    if !request.path.ends_with('/') {
        return match request.method.as_str() {
            "GET" | "HEAD" => Reply::empty(301).header("Location", format!("{}/", request.path)),
            _ => Reply::page_not_found(),
        };
    }
    if let Err(text) = auth::check(access, version.minor(), request.authorization.as_deref()) {
        return Reply::detail(403, text);
    }
    let rest = request.path.trim_start_matches("/api/").trim_end_matches('/');
    let segments: Vec<&str> = rest.split('/').collect();
    let mut api = Api { store, version, now, request };
    let answer = match segments[..] {
        [""] => api.root(),
        ["status"] => api.status(),
        ["authentication-check"] if version.minor() >= 5 => api.who(),
        ["core", "object-changes"] => api.changes(None),
        ["core", "object-changes", id] => api.changes(Some(id)),
        [app, name] => match types::at(&format!("{app}/{name}")) {
            Some(kind) => api.list(kind),
            None => Err(api.unknown()),
        },
        [app, name, id] => match types::at(&format!("{app}/{name}")) {
            Some(kind) => api.one(kind, id),
            None => Err(api.unknown()),
        },
        ["ipam", "prefixes", id, "available-ips"] => api.addresses("ipam/prefixes", id),
        ["ipam", "ip-ranges", id, "available-ips"] => api.addresses("ipam/ip-ranges", id),
        ["ipam", "prefixes", id, "available-prefixes"] => api.prefixes(id),
        ["ipam", "vlan-groups", id, "available-vlans"] => api.vlans(id),
        _ => Err(api.unknown()),
    };
    answer.unwrap_or_else(|reply| reply)
}

struct Api<'a> {
    store: &'a mut Store,
    version: &'a Version,
    now: &'a str,
    request: &'a ApiRequest,
}

type Answer = Result<Reply, Reply>;

impl Api<'_> {
    fn view(&self) -> View<'_> {
        View { store: self.store, base: &self.request.base }
    }

    fn unknown(&self) -> Reply {
        let ApiRequest { method, path, .. } = self.request;
        Reply::detail(501, format!("the lab does not simulate {method} {path}"))
    }

    fn not_allowed(&self) -> Reply {
        Reply::detail(405, format!("Method \"{}\" not allowed.", self.request.method))
    }

    /// The parts of the API.
    fn root(&self) -> Answer {
        const PARTS: &[&str] = &[
            "circuits",
            "core",
            "dcim",
            "extras",
            "ipam",
            "plugins",
            "status",
            "tenancy",
            "users",
            "virtualization",
            "vpn",
            "wireless",
        ];
        if self.request.method != "GET" {
            return Err(self.not_allowed());
        }
        let url = |part: &&str| format!("{}/api/{part}/", self.request.base);
        let parts = PARTS.iter().map(|part| ((*part).to_owned(), url(part).into()));
        Ok(Reply::json(200, parts.collect::<Map<_, _>>().into()))
    }

    fn status(&self) -> Answer {
        if self.request.method != "GET" {
            return Err(self.not_allowed());
        }
        let mut status = json!({
            "django-version": "5.2.8",
            "hostname": "onprem-lab",
            "installed_apps": {},
            "netbox-version": self.version.text(),
            "plugins": {},
            "python-version": "3.12.1",
            "rq-workers-running": 1,
        });
        if self.version.minor() >= 3 {
            status["netbox-full-version"] = self.version.text().into();
        }
        Ok(Reply::json(200, status))
    }

    fn who(&self) -> Answer {
        if self.request.method != "GET" {
            return Err(self.not_allowed());
        }
        let (base, id, user) = (&self.request.base, super::USER_ID, super::USER);
        Ok(Reply::json(
            200,
            json!({
                "id": id,
                "url": format!("{base}/api/users/users/{id}/"),
                "display_url": format!("{base}/users/users/{id}/"),
                "display": user,
                "username": user,
                "first_name": "",
                "last_name": "",
                "email": "",
                "is_active": true,
                "date_joined": "2026-01-01T00:00:00Z",
                "last_login": null,
                "groups": [],
                "permissions": [],
            }),
        ))
    }

    fn changes(&self, id: Option<&str>) -> Answer {
        if self.request.method != "GET" {
            return Err(self.not_allowed());
        }
        let Some(id) = id else {
            return list::changes(&self.view(), &self.request.query, &self.request.path);
        };
        let mut found = self.store.changes().iter();
        let found = found.find(|change| change.id.to_string() == id);
        let found = found.ok_or_else(|| Reply::detail(404, NO_CHANGE))?;
        let selection = list::selection(&self.request.query, self.version.minor());
        Ok(Reply::json(200, self.view().change(found, &selection)))
    }

    fn list(&mut self, kind: &'static Type) -> Answer {
        match self.request.method.as_str() {
            "GET" | "HEAD" => {
                list::objects(&self.view(), kind, &self.request.query, &self.request.path)
            }
            "POST" => match self.body()? {
                Value::Array(bodies) => self.create_many(kind, &bodies),
                body => self.create(kind, &body),
            },
            "PUT" => self.update_many(kind, Mode::Put),
            "PATCH" => self.update_many(kind, Mode::Patch),
            "DELETE" => self.delete_many(kind),
            "OPTIONS" => Ok(Reply::json(200, json!({ "name": kind.name }))),
            _ => Err(self.not_allowed()),
        }
    }

    fn one(&mut self, kind: &'static Type, id: &str) -> Answer {
        let method = self.request.method.clone();
        if method == "POST" {
            return Err(self.not_allowed());
        }
        let object = self.find(kind, id)?;
        if method != "GET" && method != "HEAD" {
            self.precondition(&object)?;
        }
        match method.as_str() {
            "GET" | "HEAD" => Ok(self.shown(kind, &object, 200)),
            "PUT" | "PATCH" => {
                let body = self.body()?;
                let mode = if method == "PUT" { Mode::Put } else { Mode::Patch };
                self.transaction(|writer| writer.update(kind, &object, &body, mode))
                    .map_err(Reply::bad)?;
                let object = self.find(kind, id)?;
                Ok(self.shown(kind, &object, 200))
            }
            "DELETE" => {
                let body = self.body()?;
                self.transaction(|writer| writer.delete(kind, object.id, message(&body)))
                    .map_err(|dependents| protected(&dependents))?;
                Ok(Reply::empty(204))
            }
            _ => Err(self.not_allowed()),
        }
    }

    fn find(&self, kind: &'static Type, id: &str) -> Result<Object, Reply> {
        let object = id.parse().ok().and_then(|id| self.store.find(kind, id));
        let text = || format!("No {} matches the given query.", kind.class);
        object.map(|object| (**object).clone()).ok_or_else(|| Reply::detail(404, text()))
    }

    /// One object with its ETag, from 4.6 on.
    fn shown(&self, kind: &'static Type, object: &Object, status: u16) -> Reply {
        let selection = list::selection(&self.request.query, self.version.minor());
        let reply = Reply::json(status, self.view().select(kind, object, &selection));
        self.tagged(reply, object)
    }

    fn tagged(&self, reply: Reply, object: &Object) -> Reply {
        match self.version.minor() {
            6.. => reply.header("ETag", etag(object)),
            _ => reply,
        }
    }

    fn precondition(&self, object: &Object) -> Result<(), Reply> {
        let Some(wanted) = &self.request.if_match else { return Ok(()) };
        let own = etag(object);
        let mut wanted = wanted.split(',').map(str::trim);
        if self.version.minor() < 6 || wanted.any(|wanted| wanted == "*" || wanted == own) {
            return Ok(());
        }
        Err(self.tagged(Reply::detail(412, "Precondition failed."), object))
    }

    fn create(&mut self, kind: &'static Type, body: &Value) -> Answer {
        let id = self.transaction(|writer| writer.create(kind, body)).map_err(Reply::bad)?;
        let object = self.find(kind, &id.to_string())?;
        let url = format!("{}/api/{}/{id}/", self.request.base, kind.path);
        Ok(self.shown(kind, &object, 201).header("Location", url))
    }

    fn create_many(&mut self, kind: &'static Type, bodies: &[Value]) -> Answer {
        let ids = self
            .transaction(|writer| writer.create_all(kind, bodies))
            .map_err(|errors| self.refused_list(&errors, bodies.len()))?;
        Ok(Reply::json(201, self.show_all(kind, &ids)))
    }

    /// The answer to a list of which some entries cannot be created.
    fn refused_list(&self, errors: &[(usize, Errors)], total: usize) -> Reply {
        if self.version.minor() < 7 {
            return Reply::json(400, positional(errors, total));
        }
        let entries: Vec<Value> = errors
            .iter()
            .map(|(index, errors)| json!({ "index": index, "errors": errors }))
            .collect();
        let text = format!("{} of {total} objects could not be created.", errors.len());
        Reply::json(400, json!({ "detail": text, "errors": entries }))
    }

    fn update_many(&mut self, kind: &'static Type, mode: Mode) -> Answer {
        let bodies = self.entries(kind)?;
        let minor = self.version.minor();
        let result = self.transaction(|writer| {
            let mut errors = Vec::new();
            for (object, body) in &bodies {
                if let Err(refused) = writer.update(kind, object, body, mode) {
                    errors.push((object.id, refused));
                }
            }
            if errors.is_empty() { Ok(()) } else { Err(errors) }
        });
        if let Err(errors) = result {
            if minor < 7 {
                let first = errors.into_iter().next().map(|(_, errors)| errors);
                return Err(Reply::bad(first.unwrap_or_default()));
            }
            let text =
                format!("{} of {} objects could not be updated.", errors.len(), bodies.len());
            let entries = errors.into_iter();
            let entries: Vec<Value> =
                entries.map(|(id, errors)| json!({ "id": id, "errors": errors })).collect();
            return Err(Reply::json(400, json!({ "detail": text, "errors": entries })));
        }
        let mut ids: Vec<u64> = bodies.iter().map(|(object, _)| object.id).collect();
        list::sort(self.store, kind, &mut ids);
        Ok(Reply::json(200, self.show_all(kind, &ids)))
    }

    fn delete_many(&mut self, kind: &'static Type) -> Answer {
        let bodies = self.entries(kind)?;
        let minor = self.version.minor();
        let result = self.transaction(|writer| {
            let mut errors = Vec::new();
            for (object, body) in &bodies {
                if let Err(dependents) = writer.delete(kind, object.id, message(body)) {
                    errors.push((object.id, dependents));
                }
            }
            if errors.is_empty() { Ok(()) } else { Err(errors) }
        });
        let Err(errors) = result else { return Ok(Reply::empty(204)) };
        if minor < 7 {
            let first = errors.into_iter().next().map(|(_, dependents)| dependents);
            return Err(protected(&first.unwrap_or_default()));
        }
        let text = format!("{} of {} objects could not be deleted.", errors.len(), bodies.len());
        let entries: Vec<Value> = errors
            .into_iter()
            .map(|(id, dependents)| {
                let text = format!(
                    "Unable to delete: {} dependent object(s) prevent deletion.",
                    dependents.len()
                );
                json!({ "id": id, "errors": { "__all__": [text] } })
            })
            .collect();
        Err(Reply::json(409, json!({ "detail": text, "errors": entries })))
    }

    /// The entries of a bulk change with the objects that they name.
    fn entries(&self, kind: &'static Type) -> Result<Vec<(Object, Value)>, Reply> {
        let body = self.body()?;
        let Value::Array(bodies) = body else {
            let empty = body == json!({}) || body.is_null() || body == "";
            return Err(Reply::detail(
                400,
                match empty {
                    true => "Expected a list of objects, but no data was submitted.".to_owned(),
                    false => format!("Expected a list of objects, but got {}.", class(&body)),
                },
            ));
        };
        let mut invalid = Vec::new();
        let mut missing = Vec::new();
        let mut found = Vec::new();
        for (index, body) in bodies.iter().enumerate() {
            match body["id"].as_u64() {
                None => invalid.push(json!({
                    "index": index,
                    "errors": { "id": ["This field is required."] },
                })),
                Some(id) => match self.store.find(kind, id) {
                    Some(object) => found.push(((**object).clone(), body.clone())),
                    None => missing.push(json!({
                        "id": id,
                        "errors": { "id": [format!("Object with ID {id} does not exist")] },
                    })),
                },
            }
        }
        let refuse = |entries: Vec<Value>, what: &str| {
            let text = format!("{} of {} objects {what}.", entries.len(), bodies.len());
            Err(Reply::json(400, json!({ "detail": text, "errors": entries })))
        };
        if !invalid.is_empty() {
            return refuse(invalid, "failed validation");
        }
        // Before 4.7 numbers that nobody has are passed over.
        if !missing.is_empty() && self.version.minor() >= 7 {
            return refuse(missing, "could not be found");
        }
        Ok(found)
    }

    fn addresses(&mut self, path: &str, id: &str) -> Answer {
        let parents = types::at(path).ok_or_else(|| self.unknown())?;
        let kind = types::at("ipam/ip-addresses").ok_or_else(|| self.unknown())?;
        let parent = self.find(parents, id)?;
        let length = parent.net("prefix").or_else(|| parent.net("start_address"));
        let length = length.map_or(0, |net| net.length);
        if self.request.method == "GET" {
            let vrf = self.vrf_of(&parent);
            let free =
                allocate::addresses(self.store, &parent).take(list::limit(&self.request.query));
            let free: Vec<Value> = free
                .map(
                    |net| json!({ "family": net.family(), "address": net.to_string(), "vrf": vrf }),
                )
                .collect();
            return Ok(Reply::json(200, free.into()));
        }
        let wanted = self.wanted()?;
        let by_length = self.version.minor() >= 5;
        self.check_each(&wanted, |body| {
            let given = &body["prefix_length"];
            if given.is_null() || !by_length {
                return Ok(());
            }
            let Some(given) = given.as_u64() else { return Err("this field must be int type".to_owned()) };
            if given < u64::from(length) {
                return Err(format!(
                    "Prefix length must be greater than or equal to the parent mask length ({length})"
                ));
            }
            let bits = parent.net("prefix").or_else(|| parent.net("start_address"));
            match bits.map_or(0, |net| u64::from(net.bits())) {
                // The server names IPv6 for either family.
                bits if given > bits => Err(format!("Invalid prefix length ({given}) for IPv6")),
                _ => Ok(()),
            }
        })?;
        let free: Vec<_> = allocate::addresses(self.store, &parent).take(wanted.len()).collect();
        if free.len() < wanted.len() {
            return Err(Reply::detail(409, INSUFFICIENT));
        }
        let bodies = wanted.into_iter().zip(free).map(|(mut body, net)| {
            let given = body.remove("prefix_length").filter(|_| by_length);
            let given = given.as_ref().and_then(Value::as_u64);
            let length = given.unwrap_or_else(|| u64::from(length));
            body.insert("address".to_owned(), format!("{}/{length}", net.host()).into());
            body.insert("vrf".to_owned(), parent.get("vrf").clone());
            body
        });
        let bodies: Vec<Value> = bodies.map(Value::Object).collect();
        self.allocate(kind, &bodies)
    }

    fn prefixes(&mut self, id: &str) -> Answer {
        let kind = types::at("ipam/prefixes").ok_or_else(|| self.unknown())?;
        let parent = self.find(kind, id)?;
        let mut free = allocate::prefixes(self.store, &parent);
        if self.request.method == "GET" {
            let vrf = self.vrf_of(&parent);
            let free = free.iter().map(
                |net| json!({ "family": net.family(), "prefix": net.to_string(), "vrf": vrf }),
            );
            return Ok(Reply::json(200, free.collect()));
        }
        let wanted = self.wanted()?;
        let whole = parent.net("prefix").ok_or_else(|| self.unknown())?;
        self.check_each(&wanted, |body| {
            let given = &body["prefix_length"];
            if given.is_null() {
                return Err("this field can not be missing".to_owned());
            }
            match given.as_i64() {
                None => Err("this field must be int type".to_owned()),
                Some(given) if given > i64::from(whole.bits()) => {
                    Err(format!("Invalid prefix length ({given}) for IPv{}", whole.family()))
                }
                Some(_) => Ok(()),
            }
        })?;
        let mut bodies = Vec::new();
        for mut body in wanted {
            let length =
                body["prefix_length"].as_u64().and_then(|length| u8::try_from(length).ok());
            let net = length.and_then(|length| allocate::take(&mut free, length));
            let net = net.ok_or_else(|| Reply::detail(409, INSUFFICIENT))?;
            body.insert("prefix".to_owned(), net.to_string().into());
            body.insert("vrf".to_owned(), parent.get("vrf").clone());
            bodies.push(Value::Object(body));
        }
        self.allocate(kind, &bodies)
    }

    fn vlans(&mut self, id: &str) -> Answer {
        let groups = types::at("ipam/vlan-groups").ok_or_else(|| self.unknown())?;
        let kind = types::at("ipam/vlans").ok_or_else(|| self.unknown())?;
        let group = self.find(groups, id)?;
        let free = allocate::free_vids(self.store, &group);
        if self.request.method == "GET" {
            let shown = self.view().show(groups, &group, Form::Brief);
            let free = free.into_iter().take(list::limit(&self.request.query));
            return Ok(Reply::json(
                200,
                free.map(|vid| json!({ "vid": vid, "group": shown })).collect(),
            ));
        }
        let wanted = self.wanted()?;
        let nameless: Vec<(usize, Errors)> = wanted
            .iter()
            .enumerate()
            .filter(|(_, body)| !body.contains_key("name"))
            .map(|(index, _)| (index, super::rules::error("name", "This field is required.")))
            .collect();
        if !nameless.is_empty() {
            return Err(Reply::json(400, positional(&nameless, wanted.len())));
        }
        if free.len() < wanted.len() {
            return Err(Reply::detail(409, INSUFFICIENT));
        }
        let bodies = wanted.into_iter().zip(free).map(|(mut body, vid)| {
            body.insert("vid".to_owned(), vid.into());
            body.insert("group".to_owned(), group.id.into());
            Value::Object(body)
        });
        let bodies: Vec<Value> = bodies.collect();
        self.allocate(kind, &bodies)
    }

    /// Bodies of an allocation: one object or a list.
    fn wanted(&self) -> Result<Vec<Map<String, Value>>, Reply> {
        if self.request.method != "POST" {
            return Err(self.not_allowed());
        }
        let bodies = match self.body()? {
            Value::Array(bodies) => bodies,
            body => vec![body],
        };
        let mut wanted = Vec::new();
        for body in bodies {
            match body {
                Value::Object(body) => wanted.push(body),
                other => {
                    let text =
                        format!("Invalid data. Expected a dictionary, but got {}.", class(&other));
                    let key =
                        if self.version.minor() >= 7 { "__all__" } else { "non_field_errors" };
                    return Err(Reply::json(400, json!([{ key: [text] }])));
                }
            }
        }
        Ok(wanted)
    }

    fn check_each(
        &self,
        wanted: &[Map<String, Value>],
        check: impl Fn(&Value) -> Result<(), String>,
    ) -> Result<(), Reply> {
        let errors: Vec<Value> = wanted
            .iter()
            .map(|body| match check(&Value::Object(body.clone())) {
                Ok(()) => json!({}),
                Err(text) => json!({ "prefix_length": text }),
            })
            .collect();
        match errors.iter().all(|errors| errors == &json!({})) {
            true => Ok(()),
            false => Err(Reply::json(400, errors.into())),
        }
    }

    /// Creates what was allocated, all or none. These answers have no ETag.
    fn allocate(&mut self, kind: &'static Type, bodies: &[Value]) -> Answer {
        let was_list = self.body()?.is_array();
        let total = bodies.len();
        let result = self.transaction(|writer| writer.create_all(kind, bodies));
        let ids = result.map_err(|errors| match was_list {
            true => Reply::json(400, positional(&errors, total)),
            false => Reply::bad(errors.into_iter().next().map(|(_, it)| it).unwrap_or_default()),
        })?;
        let mut shown = self.show_all(kind, &ids);
        for object in shown.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            // Nobody has counted yet what refers to them.
            object.retain(|name, _| !kind.counts(name));
        }
        Ok(Reply::json(201, if was_list { shown } else { shown[0].clone() }))
    }

    fn vrf_of(&self, parent: &Object) -> Value {
        let vrf = parent.number("vrf");
        vrf.map_or(Value::Null, |id| self.view().reference("ipam.vrf", id, Form::Brief))
    }

    fn show_all(&self, kind: &'static Type, ids: &[u64]) -> Value {
        let selection = list::selection(&self.request.query, self.version.minor());
        let found = ids.iter().filter_map(|id| self.store.find(kind, *id));
        found.map(|object| self.view().select(kind, object, &selection)).collect()
    }

    /// Works on a copy, which counts when all goes well.
    fn transaction<T, E>(
        &mut self,
        work: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut draft = self.store.clone();
        let mut writer = Writer {
            store: &mut draft,
            now: self.now,
            request: &self.request.id,
            race: self.request.race,
        };
        let result = work(&mut writer)?;
        *self.store = draft;
        Ok(result)
    }

    fn body(&self) -> Result<Value, Reply> {
        let body = &self.request.body;
        if body.is_empty() {
            return Ok(json!({}));
        }
        let kind = self.request.content_type.split(';').next().unwrap_or_default().trim();
        if kind != "application/json" {
            let text = format!("Unsupported media type \"{kind}\" in request.");
            return Err(Reply::detail(415, text));
        }
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let text = format!("JSON parse error - Expecting value: line {line} column {column}");
            Reply::detail(400, text)
        })
    }
}

/// Weak ETag of an object: when it was changed last.
fn etag(object: &Object) -> String {
    format!("W/\"{}+00:00\"", object.updated.trim_end_matches('Z'))
}

fn protected(dependents: &[String]) -> Reply {
    let text = format!(
        "Unable to delete object. {} dependent objects were found: {}",
        dependents.len(),
        dependents.join(", ")
    );
    Reply::detail(409, text)
}

/// Errors of a list in the places of their entries.
fn positional(errors: &[(usize, Errors)], total: usize) -> Value {
    let entry = |index: usize| {
        let found = errors.iter().find(|(at, _)| *at == index);
        found.map_or_else(Errors::new, |(_, errors)| errors.clone())
    };
    (0..total).map(|index| Value::Object(entry(index))).collect()
}

const INSUFFICIENT: &str = "Insufficient resources are available to satisfy the request";
const NO_CHANGE: &str = "No ObjectChange matches the given query.";
