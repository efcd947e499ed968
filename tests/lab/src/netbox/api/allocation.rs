//! The endpoints that give out the next free address, prefix or VLAN.

use serde_json::{Map, Value, json};

use super::super::allocate;
use super::super::decode::class;
use super::super::list;
use super::super::reply::Reply;
use super::super::rules::{self, Errors};
use super::super::store::Object;
use super::super::types::{self, Form, Type};
use super::{Answer, Api, positional};

impl Api<'_> {
    pub(super) fn addresses(&mut self, path: &str, id: &str) -> Answer {
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

    pub(super) fn prefixes(&mut self, id: &str) -> Answer {
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

    pub(super) fn vlans(&mut self, id: &str) -> Answer {
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
            .map(|(index, _)| (index, rules::error("name", "This field is required.")))
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
}

const INSUFFICIENT: &str = "Insufficient resources are available to satisfy the request";
