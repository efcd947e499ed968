//! States of other providers' resources, for `moved` blocks.
//!
//! What the server knows comes from the server: the read after a move fills it, as after an import. So
//! what is taken from a state is what identifies the object, and what no server tells: what it was made
//! of, and what is the provider's own business. One file a type of another provider.

mod bpg_container;
mod bpg_download_file;
mod bpg_vm;
mod telmate_vm;

use serde_json::{Map, Value as Json};
use tf_provider::{Diagnostic, Result, Source};

pub(crate) use bpg_container::container;
pub(crate) use bpg_download_file::image;
pub(crate) use bpg_vm::{template, vm as bpg_vm};
pub(crate) use telmate_vm::vm as telmate_vm;

/// What a moved object is like, as far as it is known.
type Taken = Map<String, Json>;

/// The attributes of another provider's state. Both providers write an empty text where nothing is set,
/// and a list of one where there is one block.
struct Attributes<'a>(Option<&'a Map<String, Json>>);

impl<'a> Attributes<'a> {
    fn of(source: &'a Source) -> Self {
        Self(Some(&source.state))
    }

    fn get(&self, name: &str) -> Option<&'a Json> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// The text, where there is one.
    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// The texts of a list, where there are any.
    fn texts(&self, name: &str) -> Option<Json> {
        let texts: Vec<Json> =
            self.get(name)?.as_array()?.iter().filter(|one| one.is_string()).cloned().collect();
        (!texts.is_empty()).then(|| texts.into())
    }

    /// The first block of that name; one without attributes where there is none.
    fn block(&self, name: &str) -> Self {
        Self(self.get(name).and_then(Json::as_array).and_then(|all| all.first()?.as_object()))
    }

    /// The blocks of that name.
    fn blocks(&self, name: &str) -> Vec<Self> {
        let blocks = self.get(name).and_then(Json::as_array);
        blocks.into_iter().flatten().map(|one| Self(one.as_object())).collect()
    }

    /// The number of the guest: the attribute `name`, else the end of the id.
    fn guest(&self, name: &str) -> Result<i64> {
        let id = || self.text("id")?.rsplit('/').next()?.parse().ok();
        self.number(name).filter(|number| *number > 0).or_else(id).ok_or_else(|| {
            Diagnostic::error("The state does not tell the number of the guest")
                .hint("apply it once with the newest version of the provider that wrote it")
        })
    }
}

/// Puts what is there into `taken`.
fn put(taken: &mut Taken, name: &str, value: Option<impl Into<Json>>) {
    if let Some(value) = value {
        taken.insert(name.to_owned(), value.into());
    }
}

/// A guest with its number and its node.
fn guest(vm_id: i64, node: Option<&str>) -> Taken {
    let mut taken = Taken::new();
    put(&mut taken, "vm_id", Some(vm_id));
    put(&mut taken, "id", Some(vm_id.to_string()));
    put(&mut taken, "node", node);
    taken
}

/// Time limits in seconds, where they are not what that provider takes anyway.
fn timeouts(from: &Attributes<'_>, limits: &[(&str, &str, i64)]) -> Option<Json> {
    let mut timeouts = Map::new();
    for (ours, theirs, default) in limits {
        let seconds = from.number(theirs).filter(|seconds| seconds != default);
        put(&mut timeouts, ours, seconds.map(|seconds| format!("{seconds}s")));
    }
    (!timeouts.is_empty()).then(|| timeouts.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state of another provider's type.
    pub(super) fn source(provider: &str, type_name: &str, state: &Json) -> Source {
        let state = state.as_object().unwrap().clone();
        Source::new(format!("registry.terraform.io/{provider}"), type_name, 0, state)
    }
}
