//! What can go wrong between bytes and values. No message ever quotes a value: it may be a secret.

use std::borrow::Cow;

use super::{Named, Path};

/// Bytes that are no value of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}, found {found}", at(.path))]
pub struct DecodeError {
    /// Where in the value; empty for the value as a whole. Set elements have no address of their own.
    pub path: Path,
    /// What the type asked for.
    pub expected: Cow<'static, str>,
    /// What kind of thing was there instead, never its content.
    pub found: Cow<'static, str>,
}

impl DecodeError {
    pub(crate) fn new(
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { path: Path::default(), expected: expected.into(), found: found.into() }
    }
}

/// A value that cannot be written as the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", at(.path))]
pub struct EncodeError {
    /// Where in the value; empty for the value as a whole.
    pub path: Path,
    /// What does not fit, without quoting the value.
    pub reason: Cow<'static, str>,
}

impl EncodeError {
    pub(crate) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { path: Path::default(), reason: reason.into() }
    }

    pub(crate) fn mismatch(expected: &str, found: &str) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }
}

/// Puts steps in front of the path of an error while it travels outwards, so that the way in costs
/// nothing when all goes well.
pub(crate) trait Within: Sized {
    fn path_mut(&mut self) -> &mut Path;

    fn within(mut self, outer: Path) -> Self {
        let inner = std::mem::replace(self.path_mut(), outer);
        self.path_mut().0.extend(inner.0);
        self
    }

    /// Cuts the path here: what is inside a set cannot be addressed.
    fn cut(mut self) -> Self {
        self.path_mut().0.clear();
        self
    }
}

impl Within for DecodeError {
    fn path_mut(&mut self) -> &mut Path {
        &mut self.path
    }
}

impl Within for EncodeError {
    fn path_mut(&mut self) -> &mut Path {
        &mut self.path
    }
}

/// Checks that the attributes are those of the type; both are in the order of their names.
pub(crate) fn same_names<V, T>(attributes: &Named<V>, types: &Named<T>) -> Result<(), EncodeError> {
    if attributes.keys().eq(types.keys()) {
        return Ok(());
    }
    let reason = match attributes.keys().find(|name| !types.contains_key(name)) {
        Some(name) => format!("attribute {name:?} is not expected"),
        None => {
            let missing = types.keys().find(|name| !attributes.contains_key(name));
            format!("attribute {:?} is missing", missing.map_or("", |name| name.as_str()))
        }
    };
    Err(EncodeError::new(reason))
}

fn at(path: &Path) -> String {
    if path.0.is_empty() { String::new() } else { format!("{path}: ") }
}
