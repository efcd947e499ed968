//! From a request to its endpoint: login, routing, privileges, the node, the schema.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::auth::{self, Identity};
use super::error::{Answer, ApiError};
use super::params::{Param, Params};
use super::schema::{self, Schema};
use super::{Call, Shared, cluster, firewall, lxc, migrate, nodes, pools, qemu, storage, tasks};

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) path: String,
    pub(crate) query: Params,
    pub(crate) body: Result<(Params, Option<Bytes>), ApiError>,
    pub(crate) lock_timeout: bool,
}

/// Answers one request that entered at `entry`.
pub(crate) async fn handle(shared: &Arc<Shared>, entry: &str, incoming: Incoming) -> Answer {
    let Incoming { method, headers, path, mut query, body, lock_timeout } = incoming;
    if !matches!(method, Method::GET | Method::POST | Method::PUT | Method::DELETE) {
        let text = format!("method '{method}' not available");
        return Err(ApiError { bare: true, ..ApiError::new(501, text) });
    }
    let anonymous = matches!(
        (method.as_str(), path.as_str()),
        ("GET", "/access/domains" | "/access/ticket") | ("POST", "/access/ticket")
    );
    let who = if anonymous {
        Identity { user: String::new(), token: None }
    } else {
        auth::authenticate(shared, &method, &headers)?
    };
    let (body, file) = body?;
    if path == "/" && method == Method::GET {
        return Ok(names(&["version", "cluster", "nodes", "storage", "access", "pools"]));
    }
    let found = Schema::get()
        .find(method.as_str(), &path)
        .ok_or_else(|| ApiError::not_implemented(method.as_str(), &path))?;
    // The web interface sends this to get past caches.
    query.0.remove("_dc");
    let mut params = body;
    params.0.extend(query.0);
    for (name, value) in found.variables {
        match params.0.get(&name) {
            Some(Param::Text(given)) if *given != value => {
                let text = "duplicate parameter (already defined in URI) with conflicting values!";
                return Err(ApiError::parameter(name, text));
            }
            Some(_) | None => params.set(name, value),
        }
    }
    if !anonymous {
        let state = shared.state();
        let rules = found.method.permissions.as_ref();
        // Everybody gets the options' list of tags; the handler keeps back the rest.
        let checked = if found.template == "/cluster/options" && method == Method::GET {
            Ok(())
        } else {
            auth::check_permissions(&state.access, &who, rules, &params)
        };
        if let Err(error) = checked {
            let refused_upload = file.is_some();
            return Err(if refused_upload {
                ApiError { bare: true, delay: std::time::Duration::from_secs(3), ..error }
            } else {
                error
            });
        }
    }
    let node = match params.get("node").filter(|_| found.template.starts_with("/nodes/{node}/")) {
        Some("localhost") | None => entry.to_owned(),
        Some(name) => {
            reach(shared, entry, name)?;
            name.to_owned()
        }
    };
    schema::check(found.method, &mut params).map_err(ApiError::parameters)?;
    let call = Call { shared: Arc::clone(shared), who, node, params, file, lock_timeout };
    route(&call, method.as_str(), found.template, &path).await
}

/// Refuses a node that is not there.
fn reach(shared: &Shared, entry: &str, name: &str) -> Result<(), ApiError> {
    if !shared.state().has_node(name) {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let reason = if plain {
            "Temporary failure in name resolution"
        } else {
            "Name or service not known"
        };
        let text = format!(
            "hostname lookup '{name}' failed - failed to get address info for: {name}: {reason}"
        );
        return Err(ApiError::internal(text));
    }
    if name != entry && shared.faults.offline(name) {
        return Err(ApiError { bare: true, ..ApiError::new(595, "No route to host") });
    }
    Ok(())
}

async fn route(call: &Call, method: &str, template: &str, path: &str) -> Answer {
    match (method, template) {
        ("GET", "/version") => Ok(nodes::version()),
        ("GET", "/access/ticket") => Ok(Value::Null.into()),
        ("POST", "/access/ticket") => auth::ticket(call),
        ("GET", "/access/permissions") => auth::own_permissions(call),
        (_, template) if template.starts_with("/access") => {
            auth::users::route(call, method, template).unwrap_or_else(|| missing(method, path))
        }
        ("GET", "/nodes") => Ok(nodes::list(call)),
        ("GET", "/nodes/{node}/status") => Ok(nodes::status(call)),
        ("GET", "/nodes/{node}/version") => Ok(nodes::version()),
        ("GET", "/nodes/{node}/query-url-metadata") => storage::download::query_url(call).await,
        ("GET", "/nodes/{node}/tasks") => tasks::list(call),
        ("GET", "/nodes/{node}/tasks/{upid}") => tasks::index(call),
        ("DELETE", "/nodes/{node}/tasks/{upid}") => tasks::stop(call),
        ("GET", "/nodes/{node}/tasks/{upid}/log") => tasks::log(call),
        ("GET", "/nodes/{node}/tasks/{upid}/status") => tasks::status(call),
        (_, template) if template.contains("/firewall") => {
            firewall::route(call, method, template).unwrap_or_else(|| missing(method, path))
        }
        (_, template) if template.ends_with("/migrate") => {
            migrate::route(call, method, template).unwrap_or_else(|| missing(method, path))
        }
        (_, template) if template.starts_with("/nodes/{node}/lxc") => {
            match lxc::route(call, method, template).await {
                Some(answer) => answer,
                None => missing(method, path),
            }
        }
        (_, template) if template.starts_with("/cluster") => {
            cluster::route(call, method, template).unwrap_or_else(|| missing(method, path))
        }
        (_, template) if template.starts_with("/pools") => {
            pools::route(call, method, template).unwrap_or_else(|| missing(method, path))
        }
        (_, "/storage" | "/storage/{storage}") => {
            storage::configuration::route(call, method).unwrap_or_else(|| missing(method, path))
        }
        (_, template) if template.starts_with("/nodes/{node}/storage") => {
            storage_route(call, method, template).unwrap_or_else(|| missing(method, path))
        }
        (_, template) if template.starts_with("/nodes/{node}/qemu") => {
            match qemu::route(call, method, template).await {
                Some(answer) => answer,
                None => missing(method, path),
            }
        }
        _ => missing(method, path),
    }
}

fn storage_route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    let rest = template.strip_prefix("/nodes/{node}/storage")?;
    Some(match (method, rest) {
        ("GET", "") => storage::status::list(call),
        ("GET", "/{storage}") => storage::status::index(),
        ("GET", "/{storage}/status") => storage::status::status(call),
        ("GET", "/{storage}/content") => storage::content::list(call),
        ("POST", "/{storage}/content") => storage::content::allocate(call),
        ("GET", "/{storage}/content/{volume}") => storage::content::get(call),
        ("PUT", "/{storage}/content/{volume}") => storage::content::update(call),
        ("DELETE", "/{storage}/content/{volume}") => storage::content::delete(call),
        ("POST", "/{storage}/download-url") => storage::download::download(call),
        ("POST", "/{storage}/upload") => storage::download::upload(call),
        _ => return None,
    })
}

/// An endpoint of Proxmox that the lab does not play.
fn missing(method: &str, path: &str) -> Answer {
    Err(ApiError::new(501, format!("the lab does not simulate {method} {path}")))
}

/// An index of sub-paths.
pub(crate) fn names(names: &[&str]) -> super::error::Reply {
    let rows: Vec<Value> = names.iter().map(|name| json!({ "subdir": name })).collect();
    Value::from(rows).into()
}
