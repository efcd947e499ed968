//! What a world is made of, in memory or in a file that the next process finds it in.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use tf_provider::api::ApiFields;

use super::world::Fault;

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Inner {
    pub(super) next: i64,
    pub(super) objects: BTreeMap<i64, ApiFields>,
    #[serde(skip)]
    pub(super) requests: Vec<String>,
    #[serde(skip)]
    pub(super) fault: Option<Fault>,
    pub(super) sessions: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    inner: Mutex<Inner>,
    file: Option<PathBuf>,
}

impl Kept {
    /// In a file, which need not be there yet. No other process writes it while this one runs.
    pub(super) fn at(file: PathBuf) -> Self {
        let text = fs::read(&file).ok();
        let inner = text.map(|text| serde_json::from_slice(&text).unwrap()).unwrap_or_default();
        Self { inner: Mutex::new(inner), file: Some(file) }
    }

    pub(super) fn lock(&self) -> Open<'_> {
        let inner = self.inner.lock().unwrap();
        Open { inner, file: self.file.as_deref(), changed: false }
    }
}

/// A world that somebody looks at.
pub(super) struct Open<'a> {
    inner: MutexGuard<'a, Inner>,
    file: Option<&'a Path>,
    changed: bool,
}

impl Deref for Open<'_> {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl DerefMut for Open<'_> {
    fn deref_mut(&mut self) -> &mut Inner {
        self.changed = true;
        &mut self.inner
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.file.filter(|_| self.changed) {
            fs::write(file, serde_json::to_vec(&*self.inner).unwrap()).unwrap();
        }
    }
}
