//! One rule: its attributes, what is wrong with it, and how the client writes it.

use onprem_proxmox::{FirewallRule, RuleAction, RuleDirection};
use tf_provider::cty::Path;
use tf_provider::{Attributes, Choice, Diagnostic, Diagnostics, PlanContext, Resource, Value};

use super::options::LogLevel;

/// A rule. What it does not say matches everything.
#[derive(Clone, Attributes)]
pub(crate) struct Rule {
    /// Which packets it sees: incoming or outgoing ones; or it stands for the rules of a group.
    #[attr(required)]
    r#type: Direction,
    /// `ACCEPT`, `DROP` or `REJECT`; for the type `group` the name of the group.
    #[attr(required)]
    action: String,
    /// A named set of protocols and ports, for example `SSH`.
    #[attr(setting)]
    pub(super) r#macro: Option<String>,
    /// Where packets come from: an address, network or range, several separated by commas, an alias or
    /// `+set`.
    #[attr(setting)]
    source: Option<String>,
    /// Where packets go to, in the same forms as `source`.
    #[attr(setting)]
    dest: Option<String>,
    /// Protocol, for example `tcp`.
    #[attr(setting)]
    proto: Option<String>,
    /// Source ports: numbers, names and ranges like `8000:8010`, separated by commas.
    #[attr(setting, also_requires = [proto])]
    sport: Option<String>,
    /// Destination ports, in the same forms as `sport`.
    #[attr(setting, also_requires = [proto])]
    dport: Option<String>,
    /// ICMP type, for example `echo-request`. Needs the `proto` `icmp` or `icmpv6`.
    #[attr(setting)]
    icmp_type: Option<String>,
    /// Network device of the guest, for example `net0`.
    #[attr(setting)]
    iface: Option<String>,
    /// How a match is logged; not at all unless set.
    #[attr(setting)]
    log: Option<LogLevel>,
    /// Comment, one line.
    #[attr(setting)]
    comment: Option<String>,
    /// Whether it is switched on. It is unless this is `false`.
    #[attr(setting)]
    enabled: bool,
}

/// Which packets a rule sees.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Direction {
    In,
    Out,
    Group,
    Other(String),
}

impl Rule {
    /// The rule as the server has it. `known` is the rule of the plan or the state in its place: the
    /// server spells macros its own way.
    pub(super) fn read(rule: FirewallRule, known: Option<&str>) -> Self {
        let spelt = |name: String| match known {
            Some(known) if known.eq_ignore_ascii_case(&name) => known.to_owned(),
            _ => name,
        };
        Self {
            r#type: Direction::from(rule.direction.as_str()),
            action: rule.action.as_str().to_owned(),
            r#macro: rule.macro_name.map(spelt),
            source: rule.source,
            dest: rule.dest,
            proto: rule.proto,
            sport: rule.sport,
            dport: rule.dport,
            icmp_type: rule.icmp_type,
            iface: rule.iface,
            log: rule.log.map(|log| LogLevel::from(log.as_str())),
            comment: rule.comment,
            enabled: rule.enabled,
        }
    }

    /// The rule of a configuration that is known; what it leaves out is none.
    fn configured(rule: &RuleValues) -> Option<Self> {
        let optional = |value: &Value<String>| match value {
            Value::Unknown => None,
            Value::Null => Some(None),
            Value::Known(text) => Some(Some(text.clone())),
        };
        Some(Self {
            r#type: rule.r#type.known()?.clone(),
            action: rule.action.known()?.clone(),
            r#macro: optional(&rule.r#macro)?,
            source: optional(&rule.source)?,
            dest: optional(&rule.dest)?,
            proto: optional(&rule.proto)?,
            sport: optional(&rule.sport)?,
            dport: optional(&rule.dport)?,
            icmp_type: optional(&rule.icmp_type)?,
            iface: optional(&rule.iface)?,
            log: match &rule.log {
                Value::Unknown => return None,
                log => log.known().cloned(),
            },
            comment: optional(&rule.comment)?,
            enabled: match rule.enabled {
                Value::Unknown => return None,
                Value::Null => true,
                Value::Known(enabled) => enabled,
            },
        })
    }
}

impl RulePlan {
    /// The rule as the client writes it.
    pub(super) fn wanted(&self) -> FirewallRule {
        let direction = RuleDirection::from(self.r#type.as_str());
        FirewallRule {
            enabled: self.enabled.unwrap_or(true),
            macro_name: self.r#macro.clone(),
            proto: self.proto.clone(),
            source: self.source.clone(),
            dest: self.dest.clone(),
            sport: self.sport.clone(),
            dport: self.dport.clone(),
            icmp_type: self.icmp_type.clone(),
            iface: self.iface.clone(),
            log: self.log.as_ref().map(|log| log.as_str().into()),
            comment: self.comment.clone(),
            ..FirewallRule::new(direction, RuleAction::from(self.action.as_str()))
        }
    }
}

impl RuleValues {
    /// Plans that what the configuration leaves out is not there: a rule is written as a whole.
    pub(super) fn plan<R: Resource>(&self, path: &Path, cx: &mut PlanContext<R>) {
        if let Some(rule) = Rule::configured(self) {
            cx.foresee(path.clone(), &rule);
        }
    }

    /// Whether it stands for the rules of a group.
    pub(super) fn is_group(&self) -> bool {
        self.r#type.known() == Some(&Direction::Group)
    }

    /// Reports what the server would refuse, or keep otherwise than it is written.
    pub(super) fn validate(&self, path: &Path, diagnostics: &mut Diagnostics) {
        let at = |name: &str| path.clone().attribute(name);
        let mut report = |name: &str, summary: &str, hint: &str| {
            diagnostics.push(Diagnostic::error(summary).hint(hint).at(at(name)));
        };
        for (name, value) in self.texts() {
            if value.known().is_some_and(String::is_empty) {
                report(
                    name,
                    "An empty text stands for nothing",
                    "leave it out, or set it to `null`",
                );
            }
        }
        let comment = self.comment.known().map_or("", String::as_str);
        if comment.contains('\n') || comment != comment.trim() {
            let summary = "The server keeps one line of a comment, without blanks around it";
            report("comment", summary, "use `trimspace` or `replace`");
        }
        match self.r#type.known() {
            Some(Direction::Group) => {
                let named = ["comment", "iface"];
                let others = self.texts().into_iter().filter(|(name, _)| !named.contains(name));
                let others = others.map(|(name, value)| (name, value.is_null()));
                for (name, null) in others.chain([("log", self.log.is_null())]) {
                    if !null {
                        let summary = format!("A rule that stands for a group takes no `{name}`");
                        report(name, &summary, "the rules of the group have their own");
                    }
                }
                return;
            }
            Some(Direction::In | Direction::Out) => {}
            _ => return,
        }
        let action = self.action.known().map(String::as_str);
        if let Some(action) = action.filter(|action| !ACTIONS.contains(action)) {
            let summary = format!("`{action}` is no action");
            report(
                "action",
                &summary,
                "it is `ACCEPT`, `DROP` or `REJECT`; a group needs the type `group`",
            );
        }
        let proto = self.proto.known().map(String::as_str);
        for (name, value) in [("sport", &self.sport), ("dport", &self.dport)] {
            if value.is_null() {
                continue;
            }
            if let Some(proto) = proto.filter(|proto| PORTLESS.contains(proto)) {
                let summary = format!("The protocol `{proto}` has no ports");
                report(name, &summary, "leave the ports out, or take `tcp` or `udp`");
            }
            let parts = value.known().map_or("", String::as_str).split(',');
            if let Some(wrong) = parts.filter_map(wrong_ports).next() {
                report(name, &wrong, "ports are numbers to 65535, and ranges go from low to high");
            }
        }
        let icmp = proto.is_some_and(|proto| ICMP.contains(&proto));
        if !self.icmp_type.is_null() && !self.proto.is_unknown() && !icmp {
            let summary = "`icmp_type` needs the protocol `icmp` or `icmpv6`";
            report("icmp_type", summary, "set `proto`");
        }
    }

    /// The texts that a configuration may leave out.
    fn texts(&self) -> [(&'static str, &Value<String>); 9] {
        [
            ("macro", &self.r#macro),
            ("source", &self.source),
            ("dest", &self.dest),
            ("proto", &self.proto),
            ("sport", &self.sport),
            ("dport", &self.dport),
            ("icmp_type", &self.icmp_type),
            ("iface", &self.iface),
            ("comment", &self.comment),
        ]
    }
}

/// What is wrong with a port or a range of ports, as far as it is written in numbers.
fn wrong_ports(part: &str) -> Option<String> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (low, high) = part.split_once(':').unwrap_or((part, part));
    let (low, high) = (number(low)?, number(high)?);
    if low > 65535 || high > 65535 {
        return Some(format!("`{part}` is no port"));
    }
    (low > high).then(|| format!("The range `{part}` goes backwards: did you mean `{high}:{low}`?"))
}

/// Actions of a rule that stands for itself.
const ACTIONS: [&str; 3] = ["ACCEPT", "DROP", "REJECT"];

/// Protocols that surely have no ports.
const PORTLESS: [&str; 6] = ["ah", "esp", "gre", "igmp", "ospf", "vrrp"];

/// Names of the protocol that has types.
const ICMP: [&str; 3] = ["icmp", "icmpv6", "ipv6-icmp"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_can_be_wrong_ports() {
        for right in ["22", "http", "1024:65535", "http:https", "80:80", ""] {
            assert_eq!(wrong_ports(right), None);
        }
        assert!(wrong_ports("80:70").unwrap().contains("`70:80`"));
        assert!(wrong_ports("65536").unwrap().contains("no port"));
        assert!(wrong_ports("1:70000").unwrap().contains("no port"));
    }
}
