//! Names, and what is kept by them.

use std::borrow::Borrow;
use std::fmt;
use std::iter::Map;
use std::ops::{Deref, Index};
use std::slice;
use std::vec;

use smol_str::SmolStr;

/// A name of an attribute, or a key of a map. Nearly all are short, and a short one costs no
/// allocation, however many objects have it.
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(SmolStr);

impl Name {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&String> for Name {
    fn from(name: &String) -> Self {
        Self(name.into())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into()
    }
}

impl From<&Name> for String {
    fn from(name: &Name) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Attributes by name, or elements by key, in the order of their names.
///
/// It has the interface of a `BTreeMap`. In memory it is a sorted list, since most objects are small
/// and there may be hundreds of thousands of them. Collecting in any order is cheap, as is
/// [`Named::insert`] at the end; inserting anywhere else moves what comes after.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Named<T>(Vec<(Name, T)>);

impl<T> Named<T> {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts `value` at `name`, and returns what was there.
    pub fn insert(&mut self, name: impl Into<Name>, value: T) -> Option<T> {
        let name = name.into();
        if self.0.last().is_none_or(|(last, _)| *last < name) {
            self.0.push((name, value));
            return None;
        }
        match self.position(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// What is at `name`, after `value` has been put there if nothing was.
    pub fn get_or_insert(&mut self, name: impl Into<Name>, value: T) -> &mut T {
        let name = name.into();
        let at = self.position(&name).unwrap_or_else(|at| {
            self.0.insert(at, (name, value));
            at
        });
        &mut self.0[at].1
    }

    /// Takes out what is at `name`.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.position(name).ok().map(|at| self.0.remove(at).1)
    }

    /// What is at `name`, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let at = self.position(name).ok()?;
        Some(&mut self.0[at].1)
    }

    /// Everything to be changed, with its name.
    pub fn iter_mut(
        &mut self,
    ) -> impl DoubleEndedIterator<Item = (&Name, &mut T)> + ExactSizeIterator {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Everything to be changed, without its name.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> + ExactSizeIterator {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// What is at `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.get_key_value(name).map(|(_, value)| value)
    }

    /// What is at `name`, and the name as it is kept.
    #[must_use]
    pub fn get_key_value(&self, name: &str) -> Option<(&Name, &T)> {
        let (name, value) = &self.0[self.position(name).ok()?];
        Some((name, value))
    }

    /// Whether there is anything at `name`.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything, with its name.
    pub fn iter(&self) -> Iter<'_, T> {
        self.into_iter()
    }

    /// The names.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Name> + ExactSizeIterator {
        self.0.iter().map(|(name, _)| name)
    }

    /// Everything, without its name.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    /// Everything, without its name.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// What is in the order of its names already, each of them once.
    pub(crate) fn sorted(entries: Vec<(Name, T)>) -> Self {
        debug_assert!(is_sorted(&entries), "the names are out of order");
        Self(entries)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }

    /// Restores the order; of several values at a name the last one stays.
    fn settle(&mut self) {
        if is_sorted(&self.0) {
            return;
        }
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.0.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
    }
}

fn is_sorted<T>(entries: &[(Name, T)]) -> bool {
    entries.is_sorted_by(|(one, _), (other, _)| one < other)
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Named<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T> Index<&str> for Named<T> {
    type Output = T;

    /// # Panics
    /// When there is nothing at `name`.
    fn index(&self, name: &str) -> &T {
        self.get(name).unwrap_or_else(|| panic!("nothing is called {name:?}"))
    }
}

impl<K: Into<Name>, T> FromIterator<(K, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        let mut named =
            Self(entries.into_iter().map(|(name, value)| (name.into(), value)).collect());
        named.settle();
        named
    }
}

impl<K: Into<Name>, T> Extend<(K, T)> for Named<T> {
    fn extend<I: IntoIterator<Item = (K, T)>>(&mut self, entries: I) {
        self.0.extend(entries.into_iter().map(|(name, value)| (name.into(), value)));
        self.settle();
    }
}

impl<K: Into<Name>, T, const N: usize> From<[(K, T); N]> for Named<T> {
    fn from(entries: [(K, T); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// An iterator over everything in a [`Named`], with its name.
pub type Iter<'a, T> = Map<slice::Iter<'a, (Name, T)>, fn(&'a (Name, T)) -> (&'a Name, &'a T)>;

impl<'a, T> IntoIterator for &'a Named<T> {
    type Item = (&'a Name, &'a T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl<'a, T> IntoIterator for &'a mut Named<T> {
    type Item = (&'a Name, &'a mut T);
    type IntoIter =
        Map<slice::IterMut<'a, (Name, T)>, fn(&'a mut (Name, T)) -> (&'a Name, &'a mut T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }
}

impl<T> IntoIterator for Named<T> {
    type Item = (Name, T);
    type IntoIter = vec::IntoIter<(Name, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_is_a_map_in_the_order_of_names() {
        let pairs = [("b", 1), ("a", 2), ("c", 3), ("b", 4), ("é", 5), ("a", 6), ("", 7)];
        let model = BTreeMap::from(pairs);
        let mut inserted = Named::new();
        for (name, value) in pairs {
            inserted.insert(name, value);
        }
        let mut extended = Named::from([("z", 0), ("b", 9)]);
        extended.remove("z");
        extended.extend(pairs);
        for named in [Named::from(pairs), inserted, extended] {
            let entries: Vec<_> =
                named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            assert_eq!(entries, model.clone().into_iter().collect::<Vec<_>>());
            assert!(model.iter().all(|(name, value)| named.get(name) == Some(value)));
            assert_eq!((named.get("d"), named.len()), (None, model.len()));
        }
    }

    #[test]
    fn values_can_be_replaced_and_taken_out() {
        let mut named = Named::from([("a", 1), ("b", 2)]);
        assert_eq!(named.insert("a", 3), Some(1));
        assert_eq!(named.remove("b"), Some(2));
        assert_eq!(named.remove("b"), None);
        *named.get_mut("a").unwrap() += 1;
        assert_eq!(format!("{named:?}"), r#"{"a": 4}"#);
    }
}
