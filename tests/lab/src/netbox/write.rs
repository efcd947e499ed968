//! Creating, changing and deleting, with the change log and what follows for other objects.

use serde_json::{Value, json};

use super::custom_fields;
use super::decode::{self, Mode};
use super::render::snapshot;
use super::rules::{ASSIGNED, Errors};
use super::store::{Change, Object, Store};
use super::types::{self, Kind, OnDelete, Type};

/// One request's changes to a store.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) store: &'a mut Store,
    pub(super) now: &'a str,
    pub(super) request: &'a str,
    /// Whether prefixes are stored without a look at equal ones, as two requests at once do.
    pub(super) race: bool,
}

impl Writer<'_> {
    pub(super) fn create(&mut self, kind: &'static Type, body: &Value) -> Result<u64, Errors> {
        let unchecked = self.race && kind.model == "ipam.prefix";
        let mut object = decode::decode(self.store, kind, body, None, Mode::Create, unchecked)?;
        object.id = self.store.next(kind);
        self.now.clone_into(&mut object.created);
        self.now.clone_into(&mut object.updated);
        let id = object.id;
        let mac = self.take_mac(kind, &mut object);
        self.store.put(kind, object);
        if let Some(mac) = mac.filter(Value::is_string) {
            self.set_mac(kind, id, &mac);
        }
        self.log("create", kind, id, None, message(body));
        self.follow(kind, id);
        if kind.model == "extras.customfield"
            && let Some(definition) = self.store.find(kind, id).cloned()
        {
            custom_fields::populate(self.store, &definition);
        }
        Ok(id)
    }

    /// Creates several objects.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub(super) fn create_all(
        &mut self,
        kind: &'static Type,
        bodies: &[Value],
    ) -> Result<Vec<u64>, Vec<(usize, Errors)>> {
        let mut ids = Vec::new();
        let mut errors = Vec::new();
        for (index, body) in bodies.iter().enumerate() {
            match self.create(kind, body) {
                Ok(id) => ids.push(id),
                Err(refused) => errors.push((index, refused)),
            }
        }
        if errors.is_empty() { Ok(ids) } else { Err(errors) }
    }

    pub(super) fn update(
        &mut self,
        kind: &'static Type,
        old: &Object,
        body: &Value,
        mode: Mode,
    ) -> Result<(), Errors> {
        let mut object = decode::decode(self.store, kind, body, Some(old), mode, false)?;
        self.now.clone_into(&mut object.updated);
        let id = object.id;
        let before = snapshot(self.store, kind, old);
        let mac = self.take_mac(kind, &mut object);
        self.store.put(kind, object);
        let given = body.get("mac_address").is_some() && self.store.minor >= 7;
        if let Some(mac) = mac.filter(|_| given) {
            self.set_mac(kind, id, &mac);
        }
        self.log("update", kind, id, Some(before), message(body));
        self.follow(kind, id);
        Ok(())
    }

    /// Deletes an object and what hangs on it.
    ///
    /// # Errors
    /// The objects that forbid it, as `display (id)`.
    pub(super) fn delete(
        &mut self,
        kind: &'static Type,
        id: u64,
        message: &str,
    ) -> Result<(), Vec<String>> {
        let mut doomed = vec![(kind, id)];
        let mut protected = Vec::new();
        let mut loose = Vec::new();
        let mut at = 0;
        while let Some((kind, id)) = doomed.get(at).copied() {
            at += 1;
            for referrer in self.store.referrers(kind, id) {
                let on_delete = match referrer.field.kind {
                    Kind::Foreign { on_delete, .. } | Kind::ObjectId { on_delete, .. } => on_delete,
                    _ => OnDelete::SetNull,
                };
                let known = doomed
                    .iter()
                    .any(|(kind, id)| kind.model == referrer.kind.model && *id == referrer.id);
                match on_delete {
                    _ if known => {}
                    OnDelete::Cascade => doomed.push((referrer.kind, referrer.id)),
                    OnDelete::Protect => protected.push(referrer),
                    OnDelete::SetNull => loose.push((referrer, id)),
                }
            }
        }
        protected.retain(|referrer| {
            !doomed.iter().any(|(kind, id)| kind.model == referrer.kind.model && *id == referrer.id)
        });
        if !protected.is_empty() {
            let mut shown: Vec<String> = Vec::new();
            for referrer in protected {
                let Some(object) = self.store.find(referrer.kind, referrer.id) else { continue };
                let text =
                    format!("{} ({})", (referrer.kind.display)(self.store, object), object.id);
                if !shown.contains(&text) {
                    shown.push(text);
                }
            }
            return Err(shown);
        }
        for (referrer, id) in loose {
            let stays = !doomed
                .iter()
                .any(|(kind, id)| kind.model == referrer.kind.model && *id == referrer.id);
            if stays {
                self.let_go(referrer, id);
            }
        }
        for (kind, id) in doomed.into_iter().rev() {
            let Some(object) = self.store.find(kind, id).cloned() else { continue };
            let before = snapshot(self.store, kind, &object);
            self.log("delete", kind, id, Some(before), message);
            self.store.take(kind, id);
            self.gone(&object);
        }
        Ok(())
    }

    /// An interface stores no MAC address of its own, only which one is its primary.
    fn take_mac(&self, kind: &'static Type, object: &mut Object) -> Option<Value> {
        kind.field("primary_mac_address", self.store.minor)?;
        object.values.remove("mac_address")
    }

    /// Takes a reference out of an object that stays.
    fn let_go(&mut self, referrer: super::store::Referrer, id: u64) {
        let Some(object) = self.store.find(referrer.kind, referrer.id) else { return };
        let before = snapshot(self.store, referrer.kind, object);
        let mut object = (**object).clone();
        match referrer.field.kind {
            Kind::Many { .. } | Kind::Tags => {
                let rest: Vec<u64> =
                    object.ids(referrer.field.name).filter(|one| *one != id).collect();
                object.values.insert(referrer.field.name, json!(rest));
            }
            Kind::ObjectId { object_type, .. } => {
                object.values.insert(object_type, Value::Null);
                object.values.insert(referrer.field.name, Value::Null);
            }
            _ => {
                // This is a change of its own, with its line in the log.
                object.values.insert(referrer.field.name, Value::Null);
                self.now.clone_into(&mut object.updated);
                let id = object.id;
                self.store.put(referrer.kind, object);
                self.log("update", referrer.kind, id, Some(before), "");
                return;
            }
        }
        self.store.put(referrer.kind, object);
    }

    /// Sets the MAC address of an interface by its text, as 4.7 lets clients do.
    fn set_mac(&mut self, kind: &'static Type, id: u64, mac: &Value) {
        let Some(macs) = types::of("dcim.macaddress") else { return };
        let primary = mac.as_str().map(|text| {
            let attached = self.store.attached(macs.model, ASSIGNED, (kind.model, id));
            let mut same = attached.filter(|object| object.text("mac_address") == text);
            same.next().map(|object| object.id)
        });
        let primary = match (primary, mac) {
            (None, _) => Value::Null,
            (Some(Some(id)), _) => id.into(),
            (Some(None), mac) => {
                let body = json!({
                    "mac_address": mac,
                    "assigned_object_type": kind.model,
                    "assigned_object_id": id,
                });
                self.create(macs, &body).map_or(Value::Null, Value::from)
            }
        };
        if let Some(interface) = self.store.find(kind, id) {
            let mut interface = (**interface).clone();
            interface.values.insert("primary_mac_address", primary);
            self.store.put(kind, interface);
        }
    }

    /// What a stored object changes in others.
    fn follow(&mut self, kind: &'static Type, id: u64) {
        let Some(object) = self.store.find(kind, id).cloned() else { return };
        if kind.model == "virtualization.virtualdisk" {
            self.sum_disks(&object);
        }
    }

    fn gone(&mut self, object: &Object) {
        if object.values.contains_key("size") && object.values.contains_key("virtual_machine") {
            self.sum_disks(object);
        }
    }

    /// The disk of a machine is the sum of its virtual disks.
    fn sum_disks(&mut self, disk: &Object) {
        let machines = types::of("virtualization.virtualmachine");
        let (Some(machines), Some(id)) = (machines, disk.number("virtual_machine")) else { return };
        let disks = self.store.of_model("virtualization.virtualdisk");
        let sizes: Vec<u64> = disks
            .filter(|disk| disk.number("virtual_machine") == Some(id))
            .filter_map(|disk| disk.number("size"))
            .collect();
        if let Some(machine) = self.store.find(machines, id) {
            let mut machine = (**machine).clone();
            let sum = if sizes.is_empty() { Value::Null } else { sizes.iter().sum::<u64>().into() };
            machine.values.insert("disk", sum);
            self.store.put(machines, machine);
        }
    }

    fn log(
        &mut self,
        action: &'static str,
        kind: &'static Type,
        id: u64,
        before: Option<Value>,
        message: &str,
    ) {
        let Some(object) = self.store.find(kind, id).cloned() else { return };
        let after = match action {
            "delete" => json!({}),
            _ => snapshot(self.store, kind, &object),
        };
        let message = if self.store.minor >= 4 { message } else { "" };
        self.store.log(Change {
            id: 0,
            time: self.now.to_owned(),
            request: self.request.to_owned(),
            action,
            kind,
            object: id,
            shown: (kind.display)(self.store, &object),
            message: message.to_owned(),
            before: before.unwrap_or_else(|| json!({})),
            after,
        });
    }
}

/// The message for the change log that a body carries.
pub(super) fn message(body: &Value) -> &str {
    body["changelog_message"].as_str().unwrap_or_default()
}
