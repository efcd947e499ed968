//! From a request to an answer: the routes under `/api/`, conditional and bulk writes, allocation.

mod allocation;
mod bulk;

use serde_json::{Map, Value, json};

use super::auth::{self, Access};
use super::decode::Mode;
use super::list;
use super::render::View;
use super::reply::Reply;
use super::rules::Errors;
use super::store::{Object, Store};
use super::types::{self, Type};
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

const NO_CHANGE: &str = "No ObjectChange matches the given query.";
