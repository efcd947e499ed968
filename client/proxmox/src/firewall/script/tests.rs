//! Scripts run on a list that does what the server does, watched by every packet there is.

use proptest::prelude::*;

use super::*;
use crate::{RuleAction, RuleDirection};

/// The list as the server changes it: facts measured on a real one
#[derive(Clone)]
struct ServerList(Vec<FirewallRule>);

impl ServerList {
    fn run(&mut self, edit: &RuleEdit) {
        let rules = &mut self.0;
        match edit {
            RuleEdit::Create { rule } => {
                rules.reverse();
                rules.push(rule.clone());
                rules.reverse();
            }
            RuleEdit::Delete { pos } => {
                assert!(*pos < rules.len(), "no rule at position {pos}");
                rules.remove(*pos);
            }
            RuleEdit::Update { pos, rule } => {
                assert!(*pos < rules.len(), "no rule at position {pos}");
                rules[*pos] = rule.clone();
            }
            RuleEdit::Move { pos, before } => {
                assert!(*pos < rules.len(), "no rule at position {pos}");
                assert_ne!(pos, before, "a move to its own place would be taken as a change");
                let mut moved = Vec::new();
                for (index, rule) in rules.iter().enumerate() {
                    if index == *before {
                        moved.push(rules[*pos].clone());
                    }
                    if index != *pos {
                        moved.push(rule.clone());
                    }
                }
                if *before >= rules.len() {
                    moved.push(rules[*pos].clone());
                }
                *rules = moved;
            }
        }
    }
}

/// Ports that packets have here; 5 is also called `rfe`
const PORTS: [u16; 4] = [1, 2, 3, 5];

type Packet = (RuleDirection, u16);

fn packets() -> impl Iterator<Item = Packet> {
    [RuleDirection::In, RuleDirection::Out]
        .into_iter()
        .flat_map(|direction| PORTS.map(|port| (direction.clone(), port)))
}

fn matches(rule: &FirewallRule, packet: &Packet) -> bool {
    rule.enabled
        && rule.direction == packet.0
        && rule.dport.as_ref().is_none_or(|ports| {
            ports
                .split(',')
                .any(|port| port == packet.1.to_string() || (port == "rfe" && packet.1 == 5))
        })
}

/// The fate of a packet; `None` is what the policy says
fn fate(rules: &[FirewallRule], packet: &Packet) -> Option<RuleAction> {
    rules.iter().find_map(|rule| match (&rule.direction, rule.action.as_str()) {
        (RuleDirection::Group, _) if !rule.enabled => None,
        (RuleDirection::Group, "web") => fate(&[accept("1,2"), drop_all()], packet),
        (RuleDirection::Group, _) => fate(&[deny("2"), accept("3")], packet),
        _ => matches(rule, packet).then(|| rule.action.clone()),
    })
}

fn rule(action: RuleAction, ports: &str) -> FirewallRule {
    FirewallRule {
        proto: Some("tcp".to_owned()),
        dport: Some(ports.to_owned()),
        ..FirewallRule::new(RuleDirection::In, action)
    }
}

fn accept(ports: &str) -> FirewallRule {
    rule(RuleAction::Accept, ports)
}

fn deny(ports: &str) -> FirewallRule {
    rule(RuleAction::Drop, ports)
}

fn drop_all() -> FirewallRule {
    FirewallRule::new(RuleDirection::In, RuleAction::Drop)
}

fn any_rule() -> impl Strategy<Value = FirewallRule> {
    let direction = prop_oneof![
        6 => Just(RuleDirection::In),
        2 => Just(RuleDirection::Out),
        1 => Just(RuleDirection::Group),
    ];
    let action = prop_oneof![Just(RuleAction::Accept), Just(RuleAction::Drop)];
    let group = prop_oneof![Just("web"), Just("db")];
    let ports = prop_oneof![
        2 => Just(None),
        6 => prop_oneof![
            Just("1"), Just("2"), Just("3"), Just("5"), Just("1,2"), Just("2,3"), Just("rfe"),
        ].prop_map(Some),
    ];
    let comment = prop_oneof![4 => Just(None), 1 => Just(Some("x".to_owned()))];
    (direction, action, group, ports, comment, prop::bool::weighted(0.85)).prop_map(
        |(direction, action, group, ports, comment, enabled)| {
            if direction == RuleDirection::Group {
                let rule = FirewallRule::new(direction, group.into());
                return FirewallRule { enabled, comment, ..rule };
            }
            let proto = ports.map(|_| "tcp".to_owned());
            let dport = ports.map(str::to_owned);
            let rule = FirewallRule::new(direction, action);
            FirewallRule { enabled, comment, proto, dport, ..rule }
        },
    )
}

/// Two lists with much in common, as they are in practice, or little
fn two_lists() -> impl Strategy<Value = (Vec<FirewallRule>, Vec<FirewallRule>)> {
    let lists = || prop::collection::vec(any_rule(), 0..8);
    let related = lists().prop_flat_map(move |old| {
        let keep = prop::collection::vec(prop::bool::weighted(0.8), old.len());
        (Just(old.clone()), Just(old).prop_shuffle(), keep, lists(), any::<bool>()).prop_map(
            |(old, shuffled, keep, mut more, shuffle)| {
                more.truncate(3);
                let base = if shuffle { shuffled } else { old.clone() };
                let mut new: Vec<FirewallRule> = Vec::new();
                for (rule, keep) in base.into_iter().zip(keep) {
                    new.extend(if keep { Some(rule) } else { more.pop() });
                }
                new.extend(more);
                (old, new)
            },
        )
    });
    prop_oneof![3 => related, 1 => (lists(), lists())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_server_ends_with_what_is_wanted_and_no_packet_meets_a_third_fate(
        (old, new) in two_lists()
    ) {
        let script = edit_script(&old, &new);
        let mut server = ServerList(old.clone());
        let mut ours = old.clone();
        for (step, edit) in script.iter().enumerate() {
            server.run(edit);
            edit.apply_to(&mut ours);
            prop_assert_eq!(&server.0, &ours, "{:?}", edit);
            for packet in packets() {
                let now = fate(&server.0, &packet);
                let (before, after) = (fate(&old, &packet), fate(&new, &packet));
                prop_assert!(
                    now == before || now == after,
                    "step {} of {:#?}: {:?} meets {:?}, not {:?} or {:?}",
                    step, script, packet, now, before, after
                );
            }
        }
        prop_assert_eq!(&server.0, &new, "{:#?}", script);
        // Never more than every wanted rule created, placed and switched on, every old one deleted.
        prop_assert!(script.len() <= 3 * new.len() + old.len());
        prop_assert_eq!(script.is_empty(), old == new);
    }
}

#[test]
fn the_servers_list_moves_as_measured() {
    let rules = || ServerList(vec![accept("1"), accept("2"), accept("3")]);
    for (before, order) in [(0, "1 2 3"), (1, "1 2 3"), (2, "2 1 3"), (99, "2 3 1")] {
        let mut list = rules();
        if before > 0 {
            list.run(&RuleEdit::Move { pos: 0, before });
        }
        let ports: Vec<&str> = list.0.iter().filter_map(|rule| rule.dport.as_deref()).collect();
        assert_eq!(ports.join(" "), order, "{before}");
    }
}

#[test]
fn everyday_changes_take_few_steps() {
    let list = vec![accept("1"), accept("2"), drop_all()];
    let after = |change: &dyn Fn(&mut Vec<FirewallRule>)| {
        let mut wanted = list.clone();
        change(&mut wanted);
        edit_script(&list, &wanted)
    };
    assert_eq!(after(&|_| {}), []);
    assert_eq!(after(&|rules| drop(rules.remove(1))), [RuleEdit::Delete { pos: 1 }]);
    let edited = accept("2,3");
    let change = RuleEdit::Update { pos: 1, rule: edited.clone() };
    assert_eq!(after(&|rules| rules[1] = edited.clone()), [change]);
    let create = RuleEdit::Create { rule: accept("3") };
    assert_eq!(after(&|rules| rules.insert(0, accept("3"))), std::slice::from_ref(&create));
    let place = RuleEdit::Move { pos: 0, before: 3 };
    assert_eq!(after(&|rules| rules.insert(2, accept("3"))), [create, place]);
    assert_eq!(after(&|rules| rules.swap(0, 1)).len(), 1);
    assert_eq!(after(&|rules| rules.rotate_left(1)).len(), 1);
    assert_eq!(after(&Vec::clear).len(), 3);
    // Everything new: nothing needs to be moved, and what drops must wait until the others are there.
    let fresh = edit_script(&[], &list);
    let off = FirewallRule { enabled: false, ..drop_all() };
    assert_eq!(
        fresh,
        [
            RuleEdit::Create { rule: off },
            RuleEdit::Create { rule: accept("2") },
            RuleEdit::Create { rule: accept("1") },
            RuleEdit::Update { pos: 2, rule: drop_all() },
        ]
    );
}

#[test]
fn a_way_in_is_opened_before_the_old_one_is_closed() {
    let from = |source: &str, ports: &str| FirewallRule {
        source: Some(source.to_owned()),
        ..accept(ports)
    };
    // One network is let in by the second rule before and by the first rule after.
    let old = [from("10.2.0.0/16", "2,3"), from("10.1.0.0/16", "2")];
    let new = [from("10.1.0.0/16", "2,3"), from("10.3.0.0/16", "2")];
    let mut list = old.to_vec();
    for edit in edit_script(&old, &new) {
        edit.apply_to(&mut list);
        let is_open = list.iter().any(|rule| rule.enabled && rule.source == old[1].source);
        assert!(is_open, "{edit:?}");
    }
}

#[test]
fn a_long_list_is_turned_around_in_good_time() {
    let port = |number: u32| accept(&number.to_string());
    let old: Vec<FirewallRule> = (1..=300).map(port).collect();
    let mut new: Vec<FirewallRule> = (151..=450).map(port).collect();
    new.reverse();
    let mut list = old.clone();
    for edit in edit_script(&old, &new) {
        edit.apply_to(&mut list);
    }
    assert_eq!(list, new);
}
