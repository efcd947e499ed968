//! Where disks are plugged in.

use std::fmt;
use std::str::FromStr;

/// Where a disk is plugged in: `scsi0` to `scsi30`, `virtio0` to `virtio15`, `sata0` to `sata5`, `ide0`
/// to `ide3`. The order is this one, too.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct DiskSlot(usize, u8);

const BUSES: [(&str, u8); 4] = [("scsi", 30), ("virtio", 15), ("sata", 5), ("ide", 3)];

impl FromStr for DiskSlot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let slot = BUSES.iter().enumerate().find_map(|(bus, (name, last))| {
            let number: u8 = text.strip_prefix(name)?.parse().ok()?;
            (number <= *last && text == format!("{name}{number}")).then_some(Self(bus, number))
        });
        slot.ok_or_else(|| {
            format!(
                "`{text}` is no disk slot: they are `scsi0` to `scsi30`, `virtio0` to `virtio15`, \
                 `sata0` to `sata5` and `ide0` to `ide3`."
            )
        })
    }
}

impl DiskSlot {
    /// Whether a disk may come and go there while the guest runs.
    pub(crate) fn is_hot(self) -> bool {
        matches!(BUSES[self.0].0, "scsi" | "virtio")
    }
}

impl fmt::Display for DiskSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", BUSES[self.0].0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_sort_by_bus_and_number() {
        let mut slots: Vec<DiskSlot> =
            ["ide2", "scsi10", "virtio0", "scsi2"].map(|slot| slot.parse().unwrap()).into();
        slots.sort();
        let texts: Vec<String> = slots.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["scsi2", "scsi10", "virtio0", "ide2"]);
        assert!("scsi31".parse::<DiskSlot>().is_err());
        assert!("scsi01".parse::<DiskSlot>().is_err());
    }
}
