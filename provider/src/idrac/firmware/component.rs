//! What the configuration means in the inventory, and what an update of it takes.

use std::cmp::Ordering;

use onprem_redfish::package::Manifest;
use onprem_redfish::{Firmware, Job, Place};
use tf_provider::{Diagnostic, Result, Value};

use super::image::Image;

/// A component of a server: one device, or several of a kind.
#[derive(Clone, Debug)]
pub(super) struct Found {
    devices: Vec<Firmware>,
}

/// What an update of a component takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) from: String,
    pub(super) to: String,
    /// Absent while the image is known only at apply.
    pub(super) source: Option<Source>,
}

/// Where the firmware comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Image(Image),
    /// The version before, which the iDRAC keeps under this path.
    Previous(Box<Firmware>),
}

impl Found {
    /// Finds what `word` means.
    pub(super) fn find(inventory: &[Firmware], word: &str) -> Option<Self> {
        let installed = inventory.iter().filter(|one| one.is_installed() && one.is_called(word));
        let devices: Vec<Firmware> = installed.cloned().collect();
        (!devices.is_empty()).then_some(Self { devices })
    }

    pub(super) fn devices(&self) -> impl Iterator<Item = &Firmware> {
        self.devices.iter()
    }

    /// What runs: `wanted` when all devices have it, else the first other version.
    pub(super) fn version<'a>(&'a self, wanted: &'a str) -> &'a str {
        let mut versions = self.devices.iter().map(|device| device.version.as_str());
        versions.find(|version| *version != wanted).unwrap_or(wanted)
    }

    pub(super) fn is_at(&self, wanted: &str) -> bool {
        self.version(wanted) == wanted
    }

    pub(super) fn needs_reboot(&self) -> bool {
        self.devices.iter().any(Firmware::needs_reboot)
    }

    pub(super) fn is_controller(&self) -> bool {
        self.devices.iter().any(Firmware::is_controller)
    }

    pub(super) fn is_cpld(&self) -> bool {
        self.devices.iter().any(Firmware::is_cpld)
    }

    /// Whether its update must not meet a CPLD's: it waits for the same restart, or is done after it.
    pub(super) fn waits_with_others(&self) -> bool {
        !self.is_cpld() && (self.needs_reboot() || self.is_controller())
    }

    /// A name for people.
    pub(super) fn name(&self) -> &str {
        self.devices.first().map_or("", |device| short(&device.name))
    }

    /// Whether a job says that it is for this component.
    pub(super) fn is_named_by(&self, job: &Job) -> bool {
        self.devices
            .iter()
            .any(|device| job.mentions(&device.fqdd) || job.mentions(short(&device.name)))
    }

    /// Whether a package is for this component.
    fn takes(&self, manifest: &Manifest) -> bool {
        self.devices.iter().any(|device| manifest.fits(device))
    }

    /// What it takes to come to `wanted`; nothing when it is there already.
    ///
    /// # Errors
    /// That there is no way, or none that is allowed.
    pub(super) fn step(
        &self,
        inventory: &[Firmware],
        wanted: &str,
        image: Value<Image>,
        allow_downgrade: bool,
    ) -> Result<Option<Step>> {
        if self.is_at(wanted) {
            return Ok(None);
        }
        let (name, from) = (self.name(), self.version(wanted));
        if self.devices.iter().all(|device| !device.updateable) {
            return Err(Diagnostic::error(format!("{name} cannot be updated through the iDRAC"))
                .detail(format!("It has version {from}.")));
        }
        if !allow_downgrade && compare(wanted, from) == Some(Ordering::Less) {
            return Err(Diagnostic::error(format!("{name} would go back to an older version"))
                .detail(format!("It has {from}, and {wanted} is older."))
                .hint("if that is meant, set `allow_downgrade = true`"));
        }
        let mut kept = inventory.iter().filter(|one| {
            one.place == Place::Previous
                && one.version == wanted
                && self.devices.iter().any(|device| device.fqdd == one.fqdd)
        });
        let source = match (image, kept.next()) {
            (Value::Known(image), _) => Some(Source::Image(image)),
            (Value::Unknown, _) => None,
            (Value::Null, Some(previous)) => Some(Source::Previous(Box::new(previous.clone()))),
            (Value::Null, None) => {
                return Err(Diagnostic::error(format!("There is no image of {name} {wanted}"))
                    .detail(format!(
                        "It has {from}, and the iDRAC keeps no {wanted} to go back to."
                    ))
                    .hint("set `image` to the update package"));
            }
        };
        Ok(Some(Step { from: from.to_owned(), to: wanted.to_owned(), source }))
    }

    /// Says that a package does not bring what is wanted, where it says what it brings.
    pub(super) fn check(&self, manifest: &Manifest, wanted: &str) -> Result<()> {
        let name = self.name();
        if !self.takes(manifest) {
            let ids: Vec<&str> =
                manifest.devices.iter().map(|device| device.component_id.as_str()).collect();
            return Err(Diagnostic::error(format!("The image is not for {name}"))
                .detail(format!("It is for the components {}.", ids.join(", "))));
        }
        if manifest.version != wanted {
            return Err(Diagnostic::error(format!("The image does not bring {name} {wanted}"))
                .detail(format!("It brings version {}.", manifest.version))
                .hint("correct `version`, or use another image"));
        }
        Ok(())
    }
}

impl Step {
    /// The step in words: `BIOS: 1.13.2 -> 1.14.1, at the next restart of the host`.
    pub(super) fn describe(&self, found: &Found) -> String {
        let when = match (found.needs_reboot(), found.is_controller()) {
            (_, true) => "at once; the iDRAC restarts, the host does not",
            (true, _) => "at the next restart of the host",
            _ => "at once",
        };
        format!("{}: {} -> {}, {when}", found.name(), self.from, self.to)
    }
}

/// Orders versions that consist of numbers; others are in no order.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    let numbers = |version: &str| {
        version.split(['.', '-']).map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>()
    };
    Some(numbers(a)?.cmp(&numbers(b)?))
}

/// A name without the address that some devices have behind it.
fn short(name: &str) -> &str {
    name.split(" - ").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_in_order() {
        assert_eq!(compare("1.13.2", "1.2.10"), Some(Ordering::Greater));
        assert_eq!(compare("52.21.0-4606", "52.26.0-5179"), Some(Ordering::Less));
        assert_eq!(compare("00.1D.9C", "00.1B.53"), None);
        assert_eq!(compare("4301A74", "4301A70"), None);
    }
}
