//! The cloud-init drive of a VM. API: `ciuser`, `cipassword`, `sshkeys`, `ipconfig0`… and a drive with
//! `STORAGE:cloudinit` of `/nodes/{node}/qemu/{vmid}/config`.

mod ip_config;

use std::collections::BTreeMap;

use onprem_proxmox::{GuestConfig, Params, Secret, StorageName, VolumeId};
use percent_encoding::percent_decode_str;
use tf_provider::api::{ApiError, FromApi};
use tf_provider::cty::Path;
use tf_provider::{Attributes, Diagnostic, Text, Value};

use super::super::format::{self, Pve};
use super::super::names::NetworkSlot;
use super::cdrom::CdromValues;
use super::disk::{DiskSlot, DiskValues, api_fields, ensure_no_disk};
use ip_config::IpConfig;

/// What cloud-init does on the first boot, on a drive that Proxmox VE makes.
#[derive(Clone, Attributes)]
pub(crate) struct CloudInit {
    /// Storage that holds the drive.
    #[attr(required)]
    storage: Text<StorageName>,
    /// Slot of the drive, `ide2` unless set.
    #[attr(creation)]
    slot: Option<Text<DiskSlot>>,
    /// Password of the user. Proxmox VE stores a hash of it, Terraform nothing.
    #[attr(write_only(version = password_version))]
    password: Option<String>,
    /// Any number; another one sends the password again.
    #[attr(optional)]
    password_version: Option<i64>,
    /// Public keys that may log in, one each.
    #[attr(setting)]
    ssh_keys: Vec<String>,
    /// Addresses of the network devices, by slot.
    #[attr(setting)]
    ip_config: BTreeMap<NetworkSlot, IpConfig>,
    #[attr(flatten)]
    options: CloudInitOptions,
}

/// Options of cloud-init that are one parameter each.
#[derive(Clone, Attributes)]
pub(crate) struct CloudInitOptions {
    /// User to make; the image's own unless set.
    #[attr(setting, api = "ciuser")]
    user: Option<String>,
    /// Upgrades the packages on the first boot.
    #[attr(setting, api = "ciupgrade", absent = true)]
    upgrade: bool,
    /// DNS servers; the node's unless set.
    #[attr(setting, api = "nameserver", absent = Vec::<String>::new())]
    dns_servers: Vec<String>,
    /// Domain to search; the node's unless set.
    #[attr(setting, api = "searchdomain")]
    dns_domain: Option<String>,
}

/// Slot of the drive when none is configured.
const SLOT: &str = "ide2";

/// API fields of [`CloudInitOptions`].
const MANAGED: [&str; 4] = ["ciuser", "ciupgrade", "nameserver", "searchdomain"];

/// What is said of the drives that hold a disc: a CD drive may want the slot of the cloud-init drive,
/// where its image is data for cloud-init itself.
pub(crate) struct Drives<'a> {
    pub(crate) cdrom: &'a Value<BTreeMap<DiskSlot, Value<CdromValues>>>,
    pub(crate) cloud_init: &'a Value<CloudInitValues>,
}

impl Drives<'_> {
    /// What is wrong with both of them in one configuration.
    pub(crate) fn conflict(&self) -> Option<Diagnostic> {
        let slot = self.shared(self.cdrom)?;
        Some(
            Diagnostic::error(format!("Slot {slot} is that of the cloud-init drive"))
                .detail("A CD drive and the drive of `cloud_init` cannot share a slot.")
                .hint(
                    "choose another slot; or leave `cloud_init` out, for an image that has all of \
                     cloud-init's data",
                )
                .at(Path::from("cdrom").key(slot.to_string())),
        )
    }

    /// What is wrong with them beside `disks` in one configuration.
    pub(crate) fn displaces(
        &self,
        disks: &Value<BTreeMap<DiskSlot, Value<DiskValues>>>,
    ) -> Option<Diagnostic> {
        let cloud_init = self.cloud_init.known().and_then(slot);
        let taken = |slot: &DiskSlot| {
            cloud_init == Some(*slot)
                || self.cdrom.known().is_some_and(|drives| drives.contains_key(slot))
        };
        let slot = disks.known()?.keys().find(|slot| taken(slot))?;
        Some(
            Diagnostic::error(format!("Slot {slot} is given away twice"))
                .detail("A disk cannot share a slot with a CD drive or the drive of `cloud_init`.")
                .hint("choose another slot for one of them")
                .at(Path::from("disks").key(slot.to_string())),
        )
    }

    /// The attribute that only the apply tells, since this configuration gives its slot to the other one
    /// and does not name it itself.
    pub(crate) fn gives_way(&self, prior: &Self) -> Option<&'static str> {
        let before = prior.cdrom.known();
        if self.cloud_init.is_null() && !prior.cloud_init.is_null() {
            let drives = self.cdrom.known()?;
            let is_new = |slot| before.is_none_or(|before| !before.contains_key(slot));
            return drives.keys().any(is_new).then_some("cloud_init");
        }
        let displaced = self.cdrom.is_null() && self.shared(prior.cdrom).is_some();
        displaced.then_some("cdrom")
    }

    /// The slot of the cloud-init drive, where `cdrom` has it too.
    fn shared(&self, cdrom: &Value<BTreeMap<DiskSlot, Value<CdromValues>>>) -> Option<DiskSlot> {
        let slot = slot(self.cloud_init.known()?)?;
        cdrom.known()?.contains_key(&slot).then_some(slot)
    }
}

/// Reads the cloud-init drive and what it holds; nothing when there is no drive.
pub(crate) fn read(config: &GuestConfig) -> Result<Option<CloudInit>, ApiError> {
    let Some((_, volume)) = drive(config) else { return Ok(None) };
    let keys = config.text("sshkeys").unwrap_or_default();
    let keys = percent_decode_str(&keys).decode_utf8_lossy().into_owned();
    let mut ip_config = BTreeMap::new();
    for key in config.slots("ipconfig") {
        let slot = key.replace("ipconfig", "net").parse().map_err(ApiError::new)?;
        ip_config.insert(slot, IpConfig::read(&config.text(key).unwrap_or_default()));
    }
    Ok(Some(CloudInit {
        storage: volume.storage().into(),
        slot: None,
        password: None,
        password_version: None,
        ssh_keys: keys.lines().filter(|key| !key.is_empty()).map(str::to_owned).collect(),
        ip_config,
        options: CloudInitOptions::from_api::<Pve>(&api_fields(config))?,
    }))
}

/// Whether the password has to be sent again: its version says so.
pub(crate) fn password_changed(
    prior: Option<&CloudInitValues>,
    plan: Option<&CloudInitPlan>,
) -> bool {
    let before = prior.and_then(|prior| prior.password_version.known());
    before != plan.and_then(|plan| plan.password_version.as_ref())
}

/// The slot that a configuration has the drive in, as far as it is known.
fn slot(values: &CloudInitValues) -> Option<DiskSlot> {
    match &values.slot {
        Value::Known(slot) => Some(**slot),
        Value::Null => SLOT.parse().ok(),
        Value::Unknown => None,
    }
}

/// The key and the volume of the cloud-init drive.
fn drive(config: &GuestConfig) -> Option<(String, VolumeId)> {
    config.values().keys().filter(|key| key.parse::<DiskSlot>().is_ok()).find_map(|key| {
        let text = config.text(key)?;
        let volume = text.split(',').next().filter(|volume| volume.contains("cloudinit"))?;
        Some((key.clone(), volume.parse().ok()?))
    })
}

/// Sets in `params` what makes the cloud-init of `config` that of `plan`. The password is sent when
/// `password` says so, since nobody can tell whether the server has it already.
pub(crate) fn change(
    plan: &CloudInitPlan,
    password: bool,
    config: &GuestConfig,
    params: &mut Params,
) -> tf_provider::Result<()> {
    let slot = plan.slot.as_ref().map_or_else(|| SLOT.to_owned(), ToString::to_string);
    let wanted = format!("{}:cloudinit", plan.storage);
    match drive(config) {
        Some((_, volume)) if volume.storage() == *plan.storage => {}
        // A drive holds nothing that is not made anew: where it lies elsewhere it is replaced.
        Some((key, _)) => {
            params.set(&key, wanted);
        }
        None => {
            ensure_no_disk(&slot, config, Path::from("cloud_init").attribute("slot"))?;
            params.set(&slot, wanted);
        }
    }
    let current = api_fields(config);
    let planned = plan.options.to_api();
    if let Some(fields) = format::brought_to::<CloudInitOptions>(&current, &planned, &MANAGED)? {
        for key in MANAGED {
            let wanted = fields.get(key).map(format::text).filter(|text| !text.is_empty());
            match wanted {
                // The server's own separator between servers is a blank.
                Some(text) => params.set(key, text.replace(';', " ")),
                None if current.contains_key(key) => params.delete(key),
                None => continue,
            };
        }
    }
    match &plan.ssh_keys {
        Some(keys) if !keys.is_empty() => {
            params.set_ssh_keys("sshkeys", keys.iter().map(String::as_str));
        }
        _ if config.contains("sshkeys") => {
            params.delete("sshkeys");
        }
        _ => {}
    }
    let addresses = plan.ip_config.iter().flatten();
    let addresses: BTreeMap<String, String> = addresses
        .map(|(slot, config)| {
            (slot.to_string().replace("net", "ipconfig"), config.property_string())
        })
        .collect();
    for (key, text) in &addresses {
        params.set(key, text.as_str());
    }
    for key in config.slots("ipconfig") {
        if !addresses.contains_key(key) {
            params.delete(key);
        }
    }
    match &plan.password {
        Some(text) if password => {
            params.set("cipassword", Secret::new(text.clone()));
        }
        None if password && config.contains("cipassword") => {
            params.delete("cipassword");
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drives(slots: &[&str]) -> Value<BTreeMap<DiskSlot, Value<CdromValues>>> {
        let drive = || Value::Known(CdromValues { volume: Value::Null });
        Value::Known(slots.iter().map(|slot| (slot.parse().unwrap(), drive())).collect())
    }

    fn cloud_init(slot: Option<&str>) -> Value<CloudInitValues> {
        let slot = slot.map_or(Value::Null, |slot| Value::Known(slot.parse().unwrap()));
        let options = CloudInitOptionsValues {
            user: Value::Null,
            upgrade: Value::Null,
            dns_servers: Value::Null,
            dns_domain: Value::Null,
        };
        Value::Known(CloudInitValues {
            storage: Value::Unknown,
            slot,
            password: Value::Null,
            password_version: Value::Null,
            ssh_keys: Value::Null,
            ip_config: Value::Null,
            options,
        })
    }

    #[test]
    fn one_slot_takes_one_drive() {
        let conflict = |slots: &[&str], slot| {
            Drives { cdrom: &drives(slots), cloud_init: &cloud_init(slot) }.conflict().is_some()
        };
        assert!(conflict(&["ide2"], None));
        assert!(conflict(&["ide3", "sata0"], Some("sata0")));
        assert!(!conflict(&["ide3"], None));
        assert!(!conflict(&["ide2"], Some("sata0")));
        assert!(
            Drives { cdrom: &drives(&["ide2"]), cloud_init: &Value::Null }.conflict().is_none()
        );
    }

    /// A CD drive or the drive of cloud-init pushed a disk out of the slot that was given to both.
    #[test]
    fn no_drive_takes_the_slot_of_a_disk() {
        let config = GuestConfig::from(BTreeMap::from([(
            "ide2".to_owned(),
            "local-lvm:vm-100-disk-0,size=8G".into(),
        )]));
        let plan = CloudInitPlan {
            storage: "local".parse().unwrap(),
            slot: None,
            password: None,
            password_version: None,
            ssh_keys: None,
            ip_config: None,
            options: CloudInitOptionsPlan {
                user: None,
                upgrade: None,
                dns_servers: None,
                dns_domain: None,
            },
        };
        let error = change(&plan, false, &config, &mut Params::new()).unwrap_err();
        assert_eq!(error.summary(), "Slot ide2 holds a disk");
        let drives = [("ide2".parse().unwrap(), super::super::cdrom::CdromPlan { volume: None })];
        let drives = BTreeMap::from(drives);
        let error = super::super::cdrom::change(&drives, &config, &mut Params::new()).unwrap_err();
        assert_eq!(error.summary(), "Slot ide2 holds a disk");
    }

    #[test]
    fn who_is_not_configured_gives_way() {
        let (none, ide2, ide3) = (drives(&[]), drives(&["ide2"]), drives(&["ide3"]));
        let (configured, absent) = (cloud_init(None), Value::Null);
        let gives_way = |cdrom, cloud_init, before, prior| {
            let prior = Drives { cdrom: before, cloud_init: prior };
            Drives { cdrom, cloud_init }.gives_way(&prior)
        };
        assert_eq!(gives_way(&ide2, &absent, &none, &configured), Some("cloud_init"));
        assert_eq!(gives_way(&ide2, &absent, &ide2, &configured), None, "it was beside it before");
        assert_eq!(gives_way(&ide2, &absent, &ide2, &absent), None);
        assert_eq!(gives_way(&Value::Null, &configured, &ide2, &absent), Some("cdrom"));
        assert_eq!(gives_way(&Value::Null, &configured, &ide3, &absent), None);
        assert_eq!(gives_way(&none, &configured, &ide2, &absent), None, "it is taken out itself");
    }
}
