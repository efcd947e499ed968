//! One rule, and what can be told about it without knowing the packets.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{
    Params,
    codec::{self, CodecError},
};

/// A set of known words that the server may extend
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
            /// A word that is not known here
            Other(String),
        }

        impl $name {
            /// The server's word
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$word,)*
                    _ => Self::Other(text),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// Which packets a rule sees; `group` puts the rules of a group in its place
    RuleDirection {
        /// Those that are passed on, for a node or a virtual network
        Forward = "forward",
        /// All that the group sees, which the action names
        Group = "group",
        /// Those that come in
        In = "in",
        /// Those that go out
        Out = "out",
    }
}

open_enum! {
    /// What happens to a packet that a rule matches; the name of a group where the rule stands for one
    RuleAction {
        /// It passes
        Accept = "ACCEPT",
        /// It vanishes
        Drop = "DROP",
        /// It is refused with an answer; not for forwarded packets
        Reject = "REJECT",
    }
}

open_enum! {
    /// How loudly a match is logged
    FirewallLog {
        /// Action must be taken at once
        Alert = "alert",
        /// Critical
        Crit = "crit",
        /// Debugging
        Debug = "debug",
        /// The system is unusable
        Emerg = "emerg",
        /// Error
        Err = "err",
        /// Information
        Info = "info",
        /// Not at all
        Nolog = "nolog",
        /// Normal but significant
        Notice = "notice",
        /// Warning
        Warning = "warning",
    }
}

/// A firewall rule. API: `…/firewall/rules`
///
/// What is `None` matches everything.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
pub struct FirewallRule {
    /// Which packets it sees
    #[serde(rename = "type")]
    pub direction: RuleDirection,
    /// What happens to them
    pub action: RuleAction,
    /// Whether it is switched on
    #[serde(default, rename = "enable", deserialize_with = "switch")]
    pub enabled: bool,
    /// A named set of protocols and ports, such as `SSH`
    #[serde(default, rename = "macro")]
    pub macro_name: Option<String>,
    /// Protocol: a name or number
    #[serde(default)]
    pub proto: Option<String>,
    /// Where packets come from: addresses, a range, `+set` or an alias
    #[serde(default)]
    pub source: Option<String>,
    /// Where packets go to: addresses, a range, `+set` or an alias
    #[serde(default)]
    pub dest: Option<String>,
    /// Source ports: names, numbers and ranges such as `80,8000:8010`
    #[serde(default)]
    pub sport: Option<String>,
    /// Destination ports: names, numbers and ranges such as `80,8000:8010`
    #[serde(default)]
    pub dport: Option<String>,
    /// Type of ICMP packets, with the protocols `icmp` and `icmpv6`
    #[serde(default, rename = "icmp-type")]
    pub icmp_type: Option<String>,
    /// Network interface: `net0` for a guest, the host's own name elsewhere
    #[serde(default)]
    pub iface: Option<String>,
    /// Whether and how loudly it logs
    #[serde(default)]
    pub log: Option<FirewallLog>,
    /// Comment; the server keeps one line
    #[serde(default)]
    pub comment: Option<String>,
}

impl FirewallRule {
    /// A rule for everything of one direction, switched on
    pub fn new(direction: RuleDirection, action: RuleAction) -> Self {
        Self {
            direction,
            action,
            enabled: true,
            macro_name: None,
            proto: None,
            source: None,
            dest: None,
            sport: None,
            dport: None,
            icmp_type: None,
            iface: None,
            log: None,
            comment: None,
        }
    }

    /// The parameters of a new rule
    pub(crate) fn params(&self) -> Params {
        let mut params = Params::new();
        params
            .set("type", self.direction.as_str())
            .set("action", self.action.as_str())
            .set("enable", self.enabled);
        for (key, value) in self.optional() {
            params.set_opt(key, value);
        }
        params
    }

    /// The parameters that make this rule of another one
    pub(crate) fn params_after(&self, before: &Self) -> Params {
        let mut params = self.params();
        for ((key, now), (_, old)) in self.optional().into_iter().zip(before.optional()) {
            if now.is_none() && old.is_some() {
                params.delete(key);
            }
        }
        params
    }

    /// Whether the two match the same packets and do the same to them
    pub(crate) fn is_same_filter(&self, other: &Self) -> bool {
        let bare = |rule: &Self| Self { log: None, comment: None, enabled: true, ..rule.clone() };
        bare(self) == bare(other)
    }

    /// Whether a packet that both match meets the same fate with either; not known of groups
    pub(crate) fn has_same_fate(&self, other: &Self) -> bool {
        let group = self.direction == RuleDirection::Group;
        self.is_same_filter(other) || (!group && self.action == other.action)
    }

    /// Whether a packet may match both; false only where that is certain
    pub(crate) fn may_overlap(&self, other: &Self) -> bool {
        let known = |rule: &Self| {
            matches!(
                rule.direction,
                RuleDirection::In | RuleDirection::Out | RuleDirection::Forward
            )
        };
        if known(self) && known(other) && self.direction != other.direction {
            return false;
        }
        // A group and a macro bring protocols and ports of their own.
        if !known(self) || !known(other) || self.macro_name.is_some() || other.macro_name.is_some()
        {
            return true;
        }
        let (Some(proto), Some(other_proto)) = (&self.proto, &other.proto) else { return true };
        let plain = ["icmp", "sctp", "tcp", "udp"];
        if proto != other_proto {
            return !(plain.contains(&proto.as_str()) && plain.contains(&other_proto.as_str()));
        }
        !apart(&self.dport, &other.dport) && !apart(&self.sport, &other.sport)
    }

    fn optional(&self) -> [(&'static str, Option<&str>); 10] {
        [
            ("macro", self.macro_name.as_deref()),
            ("proto", self.proto.as_deref()),
            ("source", self.source.as_deref()),
            ("dest", self.dest.as_deref()),
            ("sport", self.sport.as_deref()),
            ("dport", self.dport.as_deref()),
            ("icmp-type", self.icmp_type.as_deref()),
            ("iface", self.iface.as_deref()),
            ("log", self.log.as_ref().map(FirewallLog::as_str)),
            ("comment", self.comment.as_deref()),
        ]
    }
}

/// A rule in its list. API: `GET …/firewall/rules`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "BTreeMap<String, Value>")]
#[non_exhaustive]
pub struct RuleEntry {
    /// Its position, from 0
    pub pos: u32,
    /// The rule
    pub rule: FirewallRule,
    /// What is wrong with it by property, such as an alias that does not exist
    pub errors: BTreeMap<String, String>,
    /// Digest of the list
    pub digest: String,
}

impl TryFrom<BTreeMap<String, Value>> for RuleEntry {
    type Error = CodecError;

    fn try_from(row: BTreeMap<String, Value>) -> Result<Self, CodecError> {
        #[derive(Deserialize)]
        struct Place {
            #[serde(default)]
            pos: u32,
            #[serde(default)]
            errors: BTreeMap<String, String>,
            #[serde(default)]
            digest: String,
        }
        let row = Value::Object(row.into_iter().collect());
        let Place { pos, errors, digest } = codec::from_value(&row)?;
        Ok(Self { pos, rule: codec::from_value(&row)?, errors, digest })
    }
}

/// Whether two lists of ports certainly have none in common
fn apart(one: &Option<String>, other: &Option<String>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let (Some(one), Some(other)) = (ports(one), ports(other)) else { return false };
    let meet = |a: &RangeInclusive<u16>, b: &RangeInclusive<u16>| {
        a.start() <= b.end() && b.start() <= a.end()
    };
    !one.iter().any(|a| other.iter().any(|b| meet(a, b)))
}

/// A list of ports, `None` when a port has a name
fn ports(text: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let range = |part: &str| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
    };
    text.split(',').map(range).collect()
}

/// Any number above 0 switches a rule on
fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(u32::deserialize(deserializer)? > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tcp(dport: &str) -> FirewallRule {
        FirewallRule {
            proto: Some("tcp".to_owned()),
            dport: Some(dport.to_owned()),
            ..FirewallRule::new(RuleDirection::In, RuleAction::Accept)
        }
    }

    #[test]
    fn a_row_is_read_with_its_place_and_with_words_of_tomorrow() {
        let row = json!({
            "pos": "3", "digest": "abc", "type": "sideways", "action": "web", "enable": 2,
            "ipversion": 4, "log": "whisper", "errors": { "source": "no such alias 'al9'" },
        });
        let entry: RuleEntry = codec::from_value(&row).unwrap();
        assert_eq!((entry.pos, entry.digest.as_str()), (3, "abc"));
        assert_eq!(entry.errors["source"], "no such alias 'al9'");
        assert!(entry.rule.enabled);
        assert_eq!(entry.rule.direction, RuleDirection::Other("sideways".to_owned()));
        assert_eq!(entry.rule.log.unwrap().as_str(), "whisper");
    }

    #[test]
    fn a_change_deletes_what_the_rule_no_longer_has() {
        let before = FirewallRule { comment: Some("x".to_owned()), ..tcp("22") };
        let mut after = tcp("22");
        after.proto = None;
        after.dport = None;
        after.enabled = false;
        let params = after.params_after(&before).encode();
        assert_eq!(params, "type=in&action=ACCEPT&enable=0&delete=proto%2Cdport%2Ccomment");
    }

    #[test]
    fn only_what_is_certain_keeps_rules_apart() {
        assert!(!tcp("22").may_overlap(&tcp("80,8000:8010")));
        assert!(tcp("8005").may_overlap(&tcp("80,8000:8010")));
        assert!(tcp("22").may_overlap(&tcp("ssh")));
        let udp = FirewallRule { proto: Some("udp".to_owned()), ..tcp("22") };
        assert!(!tcp("22").may_overlap(&udp));
        let other = FirewallRule { proto: Some("6".to_owned()), ..tcp("22") };
        assert!(tcp("22").may_overlap(&other));
        let out = FirewallRule { direction: RuleDirection::Out, ..tcp("22") };
        assert!(!tcp("22").may_overlap(&out));
        let group = FirewallRule::new(RuleDirection::Group, "web".into());
        assert!(group.may_overlap(&out) && !group.has_same_fate(&out));
        let with_macro = FirewallRule { macro_name: Some("SSH".to_owned()), ..udp };
        assert!(with_macro.may_overlap(&tcp("22")));
    }
}
