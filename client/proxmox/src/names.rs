//! The names that Proxmox gives its objects, checked when they are made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text that is not the name it should be
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}: {reason}")]
pub struct NameError {
    what: &'static str,
    text: String,
    reason: &'static str,
}

macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Check a text and make a name of it
            ///
            /// # Errors
            #[doc = concat!("When the text is not a ", $what, ".")]
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                match $check(&text) {
                    None => Ok(Self(text)),
                    Some(reason) => Err(NameError { what: $what, text, reason }),
                }
            }

            /// The name as text
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_name! {
    /// Name of a cluster node, such as `pve1`; upper and lower case differ
    NodeName, "node name", check_node
}

text_name! {
    /// Name of a storage, such as `local-lvm`
    StorageName, "storage name", check_storage
}

text_name! {
    /// Identifier of a volume: `storage:path`, such as `local:import/debian-13.qcow2`
    VolumeId, "volume id", check_volume
}

text_name! {
    /// Identifier of a task: `UPID:node:pid:pstart:starttime:type:id:user:`
    Upid, "task id (UPID)", check_upid
}

impl VolumeId {
    /// The volume of this path in a storage
    ///
    /// # Errors
    /// When the path is empty or holds what no volume name holds.
    pub fn of(storage: &StorageName, path: &str) -> Result<Self, NameError> {
        Self::new(format!("{storage}:{path}"))
    }

    /// The storage's name
    pub fn storage(&self) -> StorageName {
        StorageName(self.halves().0.to_owned())
    }

    /// The path inside the storage, such as `import/debian-13.qcow2`
    pub fn path(&self) -> &str {
        self.halves().1
    }

    /// The last part of the path, such as `debian-13.qcow2`
    pub fn file_name(&self) -> &str {
        self.path().rsplit('/').next().unwrap_or_default()
    }

    fn halves(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or_default()
    }
}

impl Upid {
    /// The node that runs the task
    pub fn node(&self) -> NodeName {
        NodeName(self.field(1).to_owned())
    }

    /// When the task started by the node's clock, in seconds since 1970
    pub fn start_time(&self) -> u64 {
        u64::from_str_radix(self.field(4), 16).unwrap_or_default()
    }

    /// What the task does, such as `qmclone`
    pub fn task_type(&self) -> &str {
        self.field(5)
    }

    /// What it does it to: a guest's number, a file name or nothing
    pub fn object(&self) -> &str {
        self.field(6)
    }

    /// Who started it: `user@realm` or `user@realm!token`
    pub fn user(&self) -> &str {
        self.field(7)
    }

    fn field(&self, index: usize) -> &str {
        self.0.split(':').nth(index).unwrap_or_default()
    }
}

/// Number of a guest, VM or container: 100 to 999999999, unique in the cluster
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct VmId(u32);

impl VmId {
    /// The smallest number
    pub const MIN: Self = Self(100);
    /// The largest number
    pub const MAX: Self = Self(999_999_999);

    /// Check a number
    ///
    /// # Errors
    /// When it is outside 100 to 999999999.
    pub fn new(number: i64) -> Result<Self, NameError> {
        match u32::try_from(number) {
            Ok(id) if (Self::MIN.0..=Self::MAX.0).contains(&id) => Ok(Self(id)),
            _ => Err(NameError {
                what: "guest number",
                text: number.to_string(),
                reason: "it must be between 100 and 999999999",
            }),
        }
    }

    /// The number
    pub fn number(self) -> u32 {
        self.0
    }

    /// The number after this one, if there is one
    pub fn next(self) -> Option<Self> {
        (self < Self::MAX).then(|| Self(self.0 + 1))
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VmId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i64>() {
            Ok(number) if digits => Self::new(number),
            _ => Err(NameError {
                what: "guest number",
                text: text.to_owned(),
                reason: "it must be a whole number between 100 and 999999999",
            }),
        }
    }
}

impl TryFrom<i64> for VmId {
    type Error = NameError;

    fn try_from(number: i64) -> Result<Self, NameError> {
        Self::new(number)
    }
}

impl From<VmId> for i64 {
    fn from(id: VmId) -> Self {
        Self::from(id.0)
    }
}

impl<'de> Deserialize<'de> for VmId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        Self::new(number).map_err(serde::de::Error::custom)
    }
}

fn check_node(text: &str) -> Option<&'static str> {
    let ends = text.starts_with('-') || text.ends_with('-');
    let inner = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let good = (1..=63).contains(&text.len()) && inner && !ends;
    (!good).then_some("it must be 1 to 63 letters, digits and inner hyphens")
}

fn check_storage(text: &str) -> Option<&'static str> {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let last = text.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let inner = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let good = (2..=100).contains(&text.len()) && first && last && inner;
    (!good).then_some(
        "it must be at least two letters, digits, `-`, `_` or `.`, beginning with a letter and \
         ending with a letter or digit",
    )
}

fn check_volume(text: &str) -> Option<&'static str> {
    let Some((storage, path)) = text.split_once(':') else {
        return Some("it must look like storage:path");
    };
    if check_storage(storage).is_some() {
        return Some("the part before the colon must be a storage name");
    }
    if path.is_empty() {
        return Some("there is no path after the colon");
    }
    if path.chars().any(|character| character == ',' || character.is_control() || character == ' ')
    {
        return Some("the path holds a comma, a blank or a control character");
    }
    if path.split('/').any(|part| part == ".." || part == ".") {
        return Some("the path holds `.` or `..`");
    }
    None
}

fn check_upid(text: &str) -> Option<&'static str> {
    let fields: Vec<&str> = text.split(':').collect();
    let hexadecimal = |field: &str| {
        (8..=16).contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let good = fields.len() == 9
        && fields[0] == "UPID"
        && fields[8].is_empty()
        && check_node(fields[1]).is_none()
        && fields[2..5].iter().all(|field| hexadecimal(field))
        && !fields[5].is_empty()
        && !fields[7].is_empty()
        && !text.chars().any(|character| character.is_whitespace() || character == '/');
    (!good).then_some("it must look like UPID:node:pid:pstart:starttime:type:id:user:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_or_refused_with_a_sentence() {
        for good in ["pve1", "PVE-2", "a"] {
            assert!(NodeName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a.b", "a b", "a/b", &"x".repeat(64)] {
            assert!(NodeName::new(bad).is_err(), "{bad}");
        }
        for good in ["local", "local-lvm", "nfs_1", "a.b"] {
            assert!(StorageName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "1ab", "ab-", "a/b", "a:b"] {
            assert!(StorageName::new(bad).is_err(), "{bad}");
        }
        let error = NodeName::new("a b").unwrap_err().to_string();
        assert_eq!(
            error,
            "\"a b\" is not a node name: it must be 1 to 63 letters, digits and inner hyphens"
        );
    }

    #[test]
    fn a_volume_id_knows_its_parts() {
        let volume =
            VolumeId::new("local:150/base-150-disk-0.qcow2/160/vm-160-disk-0.qcow2").unwrap();
        assert_eq!(volume.storage().as_str(), "local");
        assert_eq!(volume.file_name(), "vm-160-disk-0.qcow2");
        for bad in ["local", ":x", "local:", "local:a,b", "local:iso/../x", "local:a b"] {
            assert!(VolumeId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_upid_knows_its_parts() {
        let text = "UPID:pve1:0000104E:000B6786:6B013042:qmclone:150:root@pam!tf:";
        let upid: Upid = text.parse().unwrap();
        assert_eq!(upid.node().as_str(), "pve1");
        assert_eq!(upid.start_time(), 0x6B01_3042);
        assert_eq!((upid.task_type(), upid.object()), ("qmclone", "150"));
        assert_eq!(upid.user(), "root@pam!tf");
        let nothing = "UPID:pve1:000000AC:000B1A5E:6B012F7C:imgcopy::root@pam!tf:";
        assert_eq!(nothing.parse::<Upid>().unwrap().object(), "");
        for bad in ["", "UPID:pve1", "UPID:pve1:1:2:3:x:y:z:", &text[1..], &format!("{text}x")] {
            assert!(bad.parse::<Upid>().is_err(), "{bad}");
        }
    }

    #[test]
    fn guest_numbers_have_bounds() {
        assert_eq!("100".parse::<VmId>().unwrap(), VmId::MIN);
        for bad in ["99", "1000000000", "-1", "+100", "1e3", "", " 100"] {
            assert!(bad.parse::<VmId>().is_err(), "{bad}");
        }
        assert_eq!(VmId::MAX.next(), None);
    }
}
