//! Lives with configurations that nobody thought of.

use tf_provider::cty::Value;

use super::sample::{SERVER, list, object, server, start};

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    /// One of `0..sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick(&mut self, values: &[Value]) -> Value {
        values[self.roll(values.len())].clone()
    }

    fn disk(&mut self) -> Value {
        let cache = self.pick(&[Value::Null, "none".into(), "writeback".into()]);
        object([("size", self.pick(&[8.into(), 16.into()])), ("cache", cache)])
    }

    fn rule(&mut self) -> Value {
        let remark = self.pick(&[Value::Null, "a".into(), "".into()]);
        object([("port", self.pick(&[22.into(), 80.into()])), ("remark", remark)])
    }

    fn configuration(&mut self) -> Value {
        let null = || Value::Null;
        let map = |entries: Vec<(&'static str, Value)>| Value::map(entries);
        let disks = match self.roll(5) {
            0 => null(),
            1 => map(vec![]),
            2 => map(vec![("scsi0", self.disk())]),
            3 => map(vec![("scsi1", self.disk())]),
            _ => map(vec![("scsi0", self.disk()), ("scsi1", self.disk())]),
        };
        let rules = match self.roll(4) {
            0 => null(),
            1 => Value::List(vec![]),
            2 => Value::List(vec![self.rule()]),
            _ => Value::List(vec![self.rule(), self.rule()]),
        };
        let aliases = match self.roll(4) {
            0 => null(),
            1 => map(vec![("mail", "mx".into())]),
            2 => map(vec![("mail", "MX".into()), ("web", "www".into())]),
            _ => map(vec![]),
        };
        let sockets = self.pick(&[null(), 1.into(), 2.into()]);
        let model = self.pick(&[null(), "host".into()]);
        let cpu = object([("sockets", sockets), ("model", model)]);
        let port = self.pick(&[null(), 4.into(), 5.into()]);
        let secret = self.pick(&[null(), "s3cret".into()]);
        let enabled = self.pick(&[true.into(), false.into()]);
        let agent = object([("enabled", enabled), ("port", port), ("secret", secret)]);
        server([
            ("name", self.pick(&["web".into(), "WEB".into(), "db".into()])),
            ("zone", self.pick(&["north".into(), "north".into(), "north".into(), "south".into()])),
            ("memory", self.pick(&[null(), 512.into(), 64.into()])),
            ("status", self.pick(&[null(), "active".into(), "gone".into()])),
            ("comment", self.pick(&[null(), "".into(), "x".into()])),
            ("owner", self.pick(&[null(), "ops".into(), "dev".into()])),
            ("token", self.pick(&[null(), "t".into()])),
            ("tags", self.pick(&[null(), list([]), list(["a"]), list(["b", "a"])])),
            ("dns", self.pick(&[null(), list([]), list(["a"]), list(["b", "a"])])),
            ("aliases", aliases),
            ("disks", disks),
            ("rules", rules),
            ("cpu", self.pick(&[null(), cpu])),
            ("agent", self.pick(&[null(), agent])),
            ("firmware", self.pick(&[null(), null(), null(), "bios".into(), "uefi".into()])),
            ("start_on_boot", self.pick(&[null(), true.into(), false.into()])),
            ("image", self.pick(&["debian".into(), "fedora".into()])),
            ("keys", self.pick(&[null(), list(["k"])])),
            ("attempts", self.pick(&[null(), 3.into(), 4.into()])),
            ("note", self.pick(&[null(), "n".into()])),
            ("password", self.pick(&[null(), "p".into()])),
            ("password_version", self.pick(&[null(), 1.into(), 2.into()])),
        ])
    }
}

#[tokio::test]
async fn a_life_with_any_configurations_keeps_the_rules() {
    for seed in 0..40 {
        let (core, world) = start().await;
        let mut dice = Dice(seed);
        let configs: Vec<Value> = (0..5).map(|_| dice.configuration()).collect();
        let outcome = core.lifecycle(SERVER, &configs).await;
        assert!(outcome.is_sound(), "seed {seed}\n{}\n{:#?}", outcome.complaints(), configs.last());
        core.destroy(&outcome.value.unwrap()).await.expect_nothing();
        assert!(world.is_empty());
    }
}

/// Every known value of the configuration may be unknown while it is planned.
#[tokio::test]
async fn what_is_planned_unknown_may_become_anything_that_was_configured() {
    for seed in 0..40 {
        let (core, _) = start().await;
        let mut dice = Dice(seed);
        let mut state = None;
        for _ in 0..4 {
            let config = dice.configuration();
            let veiled = veil(&config, &mut dice);
            let plan = core.plan(SERVER, state.as_ref(), &veiled).await;
            assert!(plan.is_sound(), "seed {seed}\n{}\n{veiled:#?}", plan.complaints());
            let outcome = core.apply_with(&plan.value.unwrap(), &config).await;
            assert!(outcome.is_sound(), "seed {seed}\n{}\n{config:#?}", outcome.complaints());
            state = outcome.value;
        }
    }
}

/// The value with some parts unknown.
fn veil(value: &Value, dice: &mut Dice) -> Value {
    let mut part = |value: &Value| match dice.roll(5) {
        0 => Value::unknown(),
        _ => veil(value, dice),
    };
    match value {
        Value::Object(parts) => {
            Value::Object(parts.iter().map(|(name, value)| (name.clone(), part(value))).collect())
        }
        Value::Map(parts) => {
            Value::Map(parts.iter().map(|(key, value)| (key.clone(), part(value))).collect())
        }
        Value::List(parts) => Value::List(parts.iter().map(part).collect()),
        other => other.clone(),
    }
}
