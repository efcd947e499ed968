//! From the rules that there are to those that are wanted, in few steps and without a gap.
//!
//! A list cannot be replaced at once: rules are created, changed, moved and deleted one by one, and
//! while that goes on packets meet lists that nobody wrote. The script keeps one promise: **at every
//! moment every packet meets the fate that the old list or the wanted list has for it.** What both let
//! in is never locked out on the way, and what both keep out never gets in.
//!
//! A list keeps that promise when each of its rules that are switched on stands below all the rules
//! that it stood below in the old list, or below all that it stands below in the wanted one. Only
//! rules count that may match the same packet with another fate. And no packet may fall through
//! whose rules of both lists are missing. [`Planner::is_safe`] tests just that; a step is taken only
//! when the list after it passes.
//!
//! Changes and moves in place come first, as far as they are safe. Then new rules are created, from the
//! last to the first, because the server puts each at position 0; where one would decide too early, it
//! is created switched off. Those are switched on from the first to the last, and what is left of the
//! old list is deleted from the last to the first: both orders are safe by themselves.

use std::collections::HashMap;

use super::FirewallRule;

/// How often changes in place are tried before they become a new rule and a deletion
const PASSES: usize = 4;

/// One step of a script; positions are those at its turn
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleEdit {
    /// Create a rule, which the server puts at position 0
    Create {
        /// The rule
        rule: FirewallRule,
    },
    /// Delete a rule
    Delete {
        /// Its position
        pos: usize,
    },
    /// Move a rule
    Move {
        /// Its position
        pos: usize,
        /// The position of the rule that it shall stand before, counted while it is still in its place
        before: usize,
    },
    /// Change a rule in its place
    Update {
        /// Its position
        pos: usize,
        /// What becomes of it
        rule: FirewallRule,
    },
}

impl RuleEdit {
    /// Do to a list what the server does to its own; a position beyond the end does nothing
    pub fn apply_to(&self, rules: &mut Vec<FirewallRule>) {
        self.apply_with(rules, FirewallRule::clone);
    }

    /// Do to a list of anything what the server does to its rules
    pub(super) fn apply_with<T>(
        &self,
        list: &mut Vec<T>,
        element: impl FnOnce(&FirewallRule) -> T,
    ) {
        match self {
            Self::Create { rule } => list.insert(0, element(rule)),
            Self::Delete { pos } if *pos < list.len() => drop(list.remove(*pos)),
            Self::Move { pos, before } if *pos < list.len() => {
                let moved = list.remove(*pos);
                let target = if before > pos { before - 1 } else { *before };
                list.insert(target.min(list.len()), moved);
            }
            Self::Update { pos, rule } if *pos < list.len() => list[*pos] = element(rule),
            Self::Delete { .. } | Self::Move { .. } | Self::Update { .. } => {}
        }
    }
}

/// The steps that turn one list of rules into another
///
/// They are few: an insertion takes one to three, a removal, a change or a move one, unless that would
/// break the promise that at every moment every packet meets the fate that one of the two lists has for
/// it. Groups, and rules whose packets cannot be compared, count as if they met all packets.
pub fn edit_script(current: &[FirewallRule], wanted: &[FirewallRule]) -> Vec<RuleEdit> {
    let mut planner = Planner::new(current, wanted);
    planner.change_in_place();
    planner.create_missing();
    planner.change_in_place();
    planner.give_up_places();
    planner.create_missing();
    planner.switch_on();
    planner.delete_leftovers();
    planner.edits
}

/// A rule of the list as it is at one moment of the script
#[derive(Clone, Copy, Debug)]
struct Item {
    /// The old rule that it still is
    old: Option<usize>,
    /// The wanted rule whose place it has
    place: Option<usize>,
    /// Whether it is that rule already, the switch apart
    done: bool,
    /// Whether it is switched on
    on: bool,
}

struct Planner<'a> {
    old: &'a [FirewallRule],
    new: &'a [FirewallRule],
    /// For each old rule those before it that may decide otherwise
    old_above: Vec<Vec<usize>>,
    new_above: Vec<Vec<usize>>,
    /// For each old rule whether it may match a packet of each wanted one
    overlaps: Vec<Vec<bool>>,
    list: Vec<Item>,
    /// Wanted rules that are old ones in another place
    moves: HashMap<usize, usize>,
    edits: Vec<RuleEdit>,
}

impl<'a> Planner<'a> {
    fn new(old: &'a [FirewallRule], new: &'a [FirewallRule]) -> Self {
        let kept = longest_common(old, new);
        let mut place: Vec<Option<usize>> = vec![None; old.len()];
        let mut source: Vec<Option<usize>> = vec![None; new.len()];
        for &(i, j) in &kept {
            (place[i], source[j]) = (Some(j), Some(i));
        }
        let mut elsewhere: HashMap<&FirewallRule, Vec<usize>> = HashMap::new();
        for i in (0..old.len()).rev().filter(|&i| place[i].is_none()) {
            elsewhere.entry(&old[i]).or_default().push(i);
        }
        let mut moves = HashMap::new();
        for j in (0..new.len()).filter(|&j| source[j].is_none()) {
            if let Some(i) = elsewhere.get_mut(&new[j]).and_then(Vec::pop) {
                moves.insert(j, i);
            }
        }
        let moved = |i: &usize| moves.values().any(|known| known == i);
        let end = (old.len(), new.len());
        let mut start = (0, 0);
        for (i, j) in kept.iter().copied().chain([end]) {
            let gone: Vec<usize> = (start.0..i).filter(|i| !moved(i)).collect();
            let come: Vec<usize> = (start.1..j).filter(|j| !moves.contains_key(j)).collect();
            for (i, j) in pairs(old, new, &gone, &come) {
                place[i] = Some(j);
            }
            start = (i + 1, j + 1);
        }
        let item = |(i, place): (usize, &Option<usize>)| Item {
            old: Some(i),
            place: *place,
            done: place.is_some_and(|j| source[j] == Some(i)),
            on: old[i].enabled,
        };
        Self {
            old,
            new,
            old_above: deciding_above(old),
            new_above: deciding_above(new),
            overlaps: old
                .iter()
                .map(|old| new.iter().map(|new| old.may_overlap(new)).collect())
                .collect(),
            list: place.iter().enumerate().map(item).collect(),
            moves,
            edits: Vec::new(),
        }
    }

    /// Change and move rules in place, as far as that is safe by itself
    fn change_in_place(&mut self) {
        for _ in 0..PASSES {
            let mut progress = false;
            // From the last to the first, as what is switched off has to go.
            for pos in (0..self.list.len()).rev() {
                progress |= self.try_update(pos);
            }
            let mut waiting: Vec<(usize, usize)> =
                self.moves.iter().map(|(j, i)| (*j, *i)).collect();
            waiting.sort_unstable();
            for (j, i) in waiting {
                progress |= self.try_move(j, i);
            }
            if !progress {
                break;
            }
        }
    }

    fn try_update(&mut self, pos: usize) -> bool {
        let Item { old: Some(i), place: Some(j), done: false, .. } = self.list[pos] else {
            return false;
        };
        let same = self.old[i].is_same_filter(&self.new[j]);
        let mut next = self.list.clone();
        next[pos] =
            Item { old: same.then_some(i), place: Some(j), done: true, on: self.new[j].enabled };
        self.take(next, [RuleEdit::Update { pos, rule: self.new[j].clone() }])
    }

    fn try_move(&mut self, j: usize, i: usize) -> bool {
        let Some(pos) = self.list.iter().position(|item| item.old == Some(i)) else { return false };
        let mut rest = self.list.clone();
        let item = Item { place: Some(j), done: true, ..rest.remove(pos) };
        for target in places(&rest, j) {
            let mut next = rest.clone();
            next.insert(target, item);
            let before = if target > pos { target + 1 } else { target };
            let edit = (target != pos).then_some(RuleEdit::Move { pos, before });
            if self.take(next, edit) {
                self.moves.remove(&j);
                return true;
            }
        }
        false
    }

    /// Create the wanted rules that have neither a place nor an old rule on its way
    fn create_missing(&mut self) {
        for j in (0..self.new.len()).rev() {
            let has_place = self.list.iter().any(|item| item.place == Some(j));
            if !has_place && !self.moves.contains_key(&j) {
                self.create(j);
            }
        }
    }

    fn create(&mut self, j: usize) {
        let targets = places(&self.list, j);
        for (target, on) in
            targets.map(|target| (target, true)).into_iter().chain([(targets[0], false)])
        {
            let on = on && self.new[j].enabled;
            let item = Item { old: None, place: Some(j), done: true, on };
            let mut first = self.list.clone();
            first.insert(0, item);
            let mut next = self.list.clone();
            next.insert(target, item);
            let rule = FirewallRule { enabled: on, ..self.new[j].clone() };
            let step = (target > 0).then_some(RuleEdit::Move { pos: 0, before: target + 1 });
            // A rule that is switched off changes nothing, wherever it stands.
            let safe = !on || (self.is_safe(&first) && self.is_safe(&next));
            if safe {
                self.list = next;
                self.edits.push(RuleEdit::Create { rule });
                self.edits.extend(step);
                return;
            }
        }
    }

    /// Make new rules and deletions of the changes and moves that cannot be done in place
    fn give_up_places(&mut self) {
        self.moves.clear();
        for item in self.list.iter_mut().filter(|item| !item.done) {
            item.place = None;
        }
    }

    fn switch_on(&mut self) {
        for pos in 0..self.list.len() {
            let Item { place: Some(j), on: false, .. } = self.list[pos] else { continue };
            if self.new[j].enabled {
                self.list[pos].on = true;
                self.edits.push(RuleEdit::Update { pos, rule: self.new[j].clone() });
            }
        }
    }

    fn delete_leftovers(&mut self) {
        for pos in (0..self.list.len()).rev() {
            if self.list[pos].place.is_none() {
                self.list.remove(pos);
                self.edits.push(RuleEdit::Delete { pos });
            }
        }
    }

    /// Take a step, if the list after it is safe
    fn take(&mut self, next: Vec<Item>, edits: impl IntoIterator<Item = RuleEdit>) -> bool {
        let safe = self.is_safe(&next);
        if safe {
            self.list = next;
            self.edits.extend(edits);
        }
        safe
    }

    /// Whether every packet meets the fate that the old or the wanted list has for it
    fn is_safe(&self, list: &[Item]) -> bool {
        let mut old_at: Vec<Option<usize>> = vec![None; self.old.len()];
        let mut new_at: Vec<Option<usize>> = vec![None; self.new.len()];
        let new_of = |item: &Item| item.place.filter(|_| item.done);
        for (pos, item) in list.iter().enumerate().filter(|(_, item)| item.on) {
            if let Some(i) = item.old {
                old_at[i] = Some(pos);
            }
            if let Some(j) = new_of(item) {
                new_at[j] = Some(pos);
            }
        }
        let below = |pos: usize, above: &[usize], at: &[Option<usize>]| {
            above.iter().all(|&rule| at[rule].is_some_and(|other| other < pos))
        };
        let decides_rightly = |(pos, item): (usize, &Item)| {
            let old = item.old.filter(|&i| self.old[i].enabled);
            let new = new_of(item).filter(|&j| self.new[j].enabled);
            old.is_some_and(|i| below(pos, &self.old_above[i], &old_at))
                || new.is_some_and(|j| below(pos, &self.new_above[j], &new_at))
        };
        if !list.iter().enumerate().filter(|(_, item)| item.on).all(decides_rightly) {
            return false;
        }
        // A packet that no rule meets any more and no rule meets yet would fall through.
        let absent = |rules: &[FirewallRule], at: &[Option<usize>]| -> Vec<usize> {
            (0..rules.len()).filter(|&rule| rules[rule].enabled && at[rule].is_none()).collect()
        };
        let coming = absent(self.new, &new_at);
        absent(self.old, &old_at).into_iter().all(|i| coming.iter().all(|&j| !self.overlaps[i][j]))
    }
}

/// Where the wanted rule may stand: right below those before it, and right above those after it
fn places(list: &[Item], j: usize) -> [usize; 2] {
    let below = list.iter().rposition(|item| item.place.is_some_and(|place| place < j));
    let above = list.iter().position(|item| item.place.is_some_and(|place| place > j));
    [below.map_or(0, |pos| pos + 1), above.unwrap_or(list.len())]
}

/// For each rule those before it that may meet the same packet with another fate
fn deciding_above(rules: &[FirewallRule]) -> Vec<Vec<usize>> {
    let above = |(index, rule): (usize, &FirewallRule)| {
        let decides = |&other: &usize| {
            let other = &rules[other];
            other.enabled && other.may_overlap(rule) && !other.has_same_fate(rule)
        };
        (0..index).filter(decides).collect()
    };
    rules.iter().enumerate().map(above).collect()
}

/// The longest sequence of rules that both lists have in the same order
fn longest_common(old: &[FirewallRule], new: &[FirewallRule]) -> Vec<(usize, usize)> {
    let weight = |i: usize, j: usize| usize::from(old[i] == new[j]);
    let (rows, columns): (Vec<usize>, Vec<usize>) =
        ((0..old.len()).collect(), (0..new.len()).collect());
    heaviest(&rows, &columns, weight)
}

/// Rules of one gap that become each other in place, the most similar first
fn pairs(
    old: &[FirewallRule],
    new: &[FirewallRule],
    gone: &[usize],
    come: &[usize],
) -> Vec<(usize, usize)> {
    let weight = |i: usize, j: usize| {
        let (old, new) = (&old[i], &new[j]);
        if old.direction != new.direction {
            return 0;
        }
        let same = [
            old.action == new.action,
            old.macro_name == new.macro_name,
            old.proto == new.proto && old.dport == new.dport,
            old.source == new.source && old.dest == new.dest,
            old.comment == new.comment,
        ];
        let filter = if old.is_same_filter(new) { 10 } else { 0 };
        1 + filter + same.into_iter().filter(|same| *same).count()
    };
    heaviest(gone, come, weight)
}

/// The pairs, without crossing, whose weights sum up to the most; a weight of 0 is no pair
fn heaviest(
    rows: &[usize],
    columns: &[usize],
    weight: impl Fn(usize, usize) -> usize,
) -> Vec<(usize, usize)> {
    // best[r][c] is what the rows from r and the columns from c reach.
    let mut best = vec![vec![0; columns.len() + 1]; rows.len() + 1];
    for (r, &row) in rows.iter().enumerate().rev() {
        for (c, &column) in columns.iter().enumerate().rev() {
            let pair = match weight(row, column) {
                0 => 0,
                weight => weight + best[r + 1][c + 1],
            };
            best[r][c] = pair.max(best[r + 1][c]).max(best[r][c + 1]);
        }
    }
    let (mut r, mut c, mut found) = (0, 0, Vec::new());
    while r < rows.len() && c < columns.len() {
        let weight = weight(rows[r], columns[c]);
        if weight > 0 && best[r][c] == weight + best[r + 1][c + 1] {
            found.push((rows[r], columns[c]));
            (r, c) = (r + 1, c + 1);
        } else if best[r][c] == best[r + 1][c] {
            r += 1;
        } else {
            c += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests;
