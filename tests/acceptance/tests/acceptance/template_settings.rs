//! Every attribute of a template that can change: each is set in place, alone, and goes back to the
//! server's default when it is taken out of the configuration.

use acceptance::Stage;
use serde_json::{Value, json};

use crate::hcl::{TEMPLATE, ubuntu_template};

const CONFIG: &str = "/nodes/pve1/qemu/9000/config";

/// An attribute: how it is written, and what the server has then.
type Setting = (&'static str, &'static str, Value);

/// Sets each attribute, and takes it out again: the server's configuration is then what it was.
fn set_and_reset(stage: &Stage, config: impl Fn(&str) -> String, settings: &[Setting]) {
    stage.write(config(""));
    stage.apply();
    stage.assert_settled();
    let untouched = settings_of(stage);
    for (written, parameter, expected) in settings {
        eprintln!("{written}");
        stage.changes_in_place(TEMPLATE, config(written));
        let now = settings_of(stage);
        assert!(fits(&now[*parameter], expected), "{written}: {parameter} is {}", now[*parameter]);
        assert_ne!(now, untouched, "{written} changes something");
        stage.changes_in_place(TEMPLATE, config(""));
        assert_eq!(settings_of(stage), untouched, "{written} is taken out");
    }
}

/// The guest's configuration without what changes with every write, and without properties that mean
/// no more than their absence.
fn settings_of(stage: &Stage) -> Value {
    let mut config = stage.cluster().get(CONFIG);
    let settings = config.as_object_mut().unwrap();
    settings.retain(|key, _| key != "digest" && key != "meta");
    for value in settings.values_mut() {
        if let Some(text) = value.as_str().filter(|text| text.contains(',')) {
            let parts = text.split(',').filter(|part| !MEANINGLESS.contains(part));
            *value = parts.collect::<Vec<_>>().join(",").into();
        }
    }
    config
}

const MEANINGLESS: [&str; 11] = [
    "aio=io_uring",
    "backup=1",
    "cache=none",
    "discard=ignore",
    "firewall=0",
    "fstrim_cloned_disks=0",
    "iothread=0",
    "link_down=0",
    "replicate=1",
    "ssd=0",
    "type=virtio",
];

/// A text may be a part of a property string; anything else is the whole.
fn fits(actual: &Value, expected: &Value) -> bool {
    match (actual.as_str(), expected.as_str()) {
        (Some(actual), Some(expected)) => {
            actual == expected || actual.split(',').any(|part| part == expected)
        }
        _ => actual == expected,
    }
}

#[test]
fn the_options_of_the_machine() {
    let Some(stage) = Stage::new("settings_machine") else { return };
    let settings: [Setting; 14] = [
        ("description = \"Made by\\nTerraform\"", "description", json!("Made by\nTerraform")),
        ("tags = [\"web\", \"Linux\"]", "tags", json!("linux;web")),
        ("memory = 1024", "memory", json!("1024")),
        ("balloon = 256", "balloon", json!(256)),
        ("bios = \"ovmf\"", "bios", json!("ovmf")),
        ("machine = \"q35\"", "machine", json!("q35")),
        ("os_type = \"l26\"", "ostype", json!("l26")),
        ("scsi_controller = \"virtio-scsi-pci\"", "scsihw", json!("virtio-scsi-pci")),
        ("serial0 = \"socket\"", "serial0", json!("socket")),
        ("vga = { type = \"std\" }", "vga", json!("type=std")),
        ("tablet = false", "tablet", json!(0)),
        ("on_boot = true", "onboot", json!(1)),
        ("protection = true", "protection", json!(1)),
        ("memory = 768\nballoon = 0", "balloon", json!(0)),
    ];
    set_and_reset(&stage, ubuntu_template, &settings);
    stage.changes_in_place(TEMPLATE, ubuntu_template("").replace("ubuntu22", "jammy"));
    assert_eq!(settings_of(&stage)["name"], "jammy");
}

#[test]
fn the_processors_and_the_agent() {
    let Some(stage) = Stage::new("settings_cpu") else { return };
    let settings: [Setting; 9] = [
        ("cpu = { cores = 4 }", "cores", json!(4)),
        ("cpu = { sockets = 2 }", "sockets", json!(2)),
        ("cpu = { type = \"host\" }", "cpu", json!("host")),
        ("cpu = { limit = 1.5 }", "cpulimit", json!("1.5")),
        ("cpu = { units = 512 }", "cpuunits", json!(512)),
        ("cpu = { numa = true }", "numa", json!(1)),
        ("agent = { enabled = true }", "agent", json!("enabled=1")),
        (
            "agent = { enabled = true, trim_cloned_disks = true }",
            "agent",
            json!("fstrim_cloned_disks=1"),
        ),
        ("agent = { enabled = true, type = \"isa\" }", "agent", json!("type=isa")),
    ];
    set_and_reset(&stage, ubuntu_template, &settings);
}

#[test]
fn the_options_of_a_disk() {
    let Some(stage) = Stage::new("settings_disk") else { return };
    let config = |more: &str| {
        let controller = "  scsi_controller = \"virtio-scsi-single\"";
        ubuntu_template(controller).replace("size = 4", &format!("size = 4, {more}"))
    };
    let settings: [Setting; 8] = [
        ("aio = \"threads\"", "scsi0", json!("aio=threads")),
        ("backup = false", "scsi0", json!("backup=0")),
        ("cache = \"writeback\"", "scsi0", json!("cache=writeback")),
        ("discard = \"on\"", "scsi0", json!("discard=on")),
        ("iothread = true", "scsi0", json!("iothread=1")),
        ("replicate = false", "scsi0", json!("replicate=0")),
        ("serial = \"DISK-0\"", "scsi0", json!("serial=DISK-0")),
        ("ssd = true", "scsi0", json!("ssd=1")),
    ];
    set_and_reset(&stage, config, &settings);
}

#[test]
fn disks_come_grow_move_and_go() {
    let Some(stage) = Stage::new("settings_disks") else { return };
    let config = |disks: &str| {
        ubuntu_template("").replace("scsi0 = { storage = \"local-lvm\", size = 4 }", disks)
    };
    stage.write(ubuntu_template(""));
    stage.apply();
    let disk = |slot: &str| settings_of(&stage)[slot].as_str().unwrap_or_default().to_owned();

    stage.changes_in_place(TEMPLATE, config("scsi0 = { storage = \"local-lvm\", size = 6 }"));
    assert!(disk("scsi0").contains("size=6G"), "{}", disk("scsi0"));
    let half = "scsi0 = { storage = \"local-lvm\", size = 6.5 }";
    stage.changes_in_place(TEMPLATE, config(half));
    stage.changes_in_place(TEMPLATE, config("scsi0 = { storage = \"nfs\", size = 6.5 }"));
    assert!(disk("scsi0").starts_with("nfs:"), "{}", disk("scsi0"));
    stage.changes_in_place(TEMPLATE, config(half));

    let two = format!("{half}, scsi1 = {{ storage = \"local-lvm\", size = 1 }}");
    stage.changes_in_place(TEMPLATE, config(&two));
    assert!(disk("scsi1").contains("size=1G"), "{}", disk("scsi1"));

    stage.write(config(half));
    let plan = stage.plan();
    plan.does(&[(TEMPLATE, "update")]);
    plan.run().warning().says("scsi1 will be detached").says("kept").at("disks");
    let run = stage.changes_in_place(TEMPLATE, config(half));
    assert_eq!(disk("scsi1"), "", "{run}");
    assert!(disk("unused0").starts_with("local-lvm:"), "its data is kept");
}

#[test]
fn the_options_of_a_network_device() {
    let Some(stage) = Stage::new("settings_network") else { return };
    let config = |more: &str| {
        let device = format!("net0 = {{ bridge = \"vmbr0\", {more} }}");
        ubuntu_template(&format!("  network = {{ {device} }}"))
    };
    let settings: [Setting; 6] = [
        ("vlan_id = 20", "net0", json!("tag=20")),
        ("firewall = true", "net0", json!("firewall=1")),
        ("disconnected = true", "net0", json!("link_down=1")),
        ("mtu = 1400", "net0", json!("mtu=1400")),
        ("queues = 4", "net0", json!("queues=4")),
        ("rate_limit = 12.5", "net0", json!("rate=12.5")),
    ];
    set_and_reset(&stage, config, &settings);
    let address = || {
        let device = settings_of(&stage)["net0"].as_str().unwrap().to_owned();
        device.split(['=', ',']).nth(1).unwrap().to_owned()
    };
    let made = address();
    stage.changes_in_place(TEMPLATE, config("model = \"e1000\""));
    assert_eq!(address(), made, "the address stays");
    stage.changes_in_place(TEMPLATE, config("mac_address = \"bc:24:11:aa:bb:cc\""));
    assert_eq!(address(), "BC:24:11:AA:BB:CC");
    stage.changes_in_place(TEMPLATE, config("").replace("vmbr0", "vmbr1"));
}

#[test]
fn network_devices_come_and_go() {
    let Some(stage) = Stage::new("settings_devices") else { return };
    let config = |network: &str| ubuntu_template(&format!("  network = {{ {network} }}"));
    stage.write(config("net0 = { bridge = \"vmbr0\" }"));
    stage.apply();
    let one = settings_of(&stage);
    let two = "net0 = { bridge = \"vmbr0\" }, net1 = { bridge = \"vmbr1\" }";
    stage.changes_in_place(TEMPLATE, config(two));
    assert!(settings_of(&stage)["net1"].as_str().unwrap().contains("bridge=vmbr1"));
    stage.changes_in_place(TEMPLATE, config("net0 = { bridge = \"vmbr0\" }"));
    assert_eq!(settings_of(&stage), one);
    // `network` is exclusive: what others plug in is unplugged.
    stage.cluster().put(CONFIG, json!({ "net5": "virtio,bridge=vmbr0" }));
    stage.changes_in_place(TEMPLATE, config("net0 = { bridge = \"vmbr0\" }"));
    assert_eq!(settings_of(&stage), one);
    stage.changes_in_place(TEMPLATE, config(""));
    assert!(settings_of(&stage)["net0"].is_null());
}

#[test]
fn the_options_of_cloud_init() {
    let Some(stage) = Stage::new("settings_cloud_init") else { return };
    let config = |more: &str| {
        ubuntu_template(&format!(
            "  network = {{ net0 = {{ bridge = \"vmbr0\" }} }}\n  cloud_init = {{\n    \
             storage = \"local-lvm\"\n{more}\n  }}"
        ))
    };
    let settings: [Setting; 7] = [
        ("user = \"ops\"", "ciuser", json!("ops")),
        ("upgrade = false", "ciupgrade", json!(0)),
        ("dns_servers = [\"10.0.0.2\", \"10.0.0.3\"]", "nameserver", json!("10.0.0.2 10.0.0.3")),
        ("dns_domain = \"example.com\"", "searchdomain", json!("example.com")),
        (
            "ssh_keys = [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops\"]",
            "sshkeys",
            json!(
                "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo%20ops"
            ),
        ),
        (
            "ip_config = { net0 = { ipv4 = { address = \"10.0.0.5/24\", gateway = \"10.0.0.1\" } } }",
            "ipconfig0",
            json!("ip=10.0.0.5/24"),
        ),
        (
            "ip_config = { net0 = { ipv6 = { address = \"auto\" } } }",
            "ipconfig0",
            json!("ip6=auto"),
        ),
    ];
    set_and_reset(&stage, config, &settings);
    stage.changes_in_place(
        TEMPLATE,
        config("").replace("storage = \"local-lvm\"\n", "storage = \"nfs\"\n"),
    );
}

#[test]
fn a_password_is_sent_again_when_its_version_changes_and_kept_nowhere() {
    let Some(stage) = Stage::new("settings_password") else { return };
    let config = |password: &str, version: u32| {
        let block = format!(
            "  cloud_init = {{\n    storage          = \"local-lvm\"\n    password         = \
             var.password\n    password_version = {version}\n  }}"
        );
        stage.set("TF_VAR_password", password);
        let variable = "variable \"password\" {\n  ephemeral = true\n}\n";
        format!("{variable}{}", ubuntu_template(&block))
    };
    stage.trace();
    stage.write(config("first-secret", 1));
    let _ = stage.plan();
    stage.apply();
    stage.assert_settled();
    // The lab shows a password as a server does: as stars.
    assert!(settings_of(&stage)["cipassword"].is_string());
    stage.write(config("second-secret", 1));
    stage.assert_settled();
    let put = "PUT /nodes/pve1/qemu/9000/config";
    let requests = stage.requests(|| {
        stage.changes_in_place(TEMPLATE, config("second-secret", 2));
    });
    assert!(requests.iter().any(|request| request == put), "{requests:?}");
    stage.assert_no_secret(&["first-secret", "second-secret"]);
}

#[test]
fn all_settings_may_change_at_once() {
    let Some(stage) = Stage::new("settings_all") else { return };
    let small = "  memory = 512\n  cpu = { cores = 1 }\n  tags = [\"a\"]";
    let large = "  memory = 4096\n  cpu = { cores = 8, type = \"host\" }\n  tags = [\"a\", \"b\"]\n  \
                 description = \"large\"\n  agent = { enabled = true }\n  network = { net0 = { bridge = \"vmbr0\" } }\n  \
                 cloud_init = { storage = \"local-lvm\", user = \"ops\" }";
    stage.write(ubuntu_template(small));
    stage.apply();
    stage.changes_in_place(
        TEMPLATE,
        ubuntu_template(large).replace("size = 4", "size = 5, discard = \"on\""),
    );
    let settings = settings_of(&stage);
    assert_eq!(settings["memory"], "4096");
    assert_eq!(settings["ciuser"], "ops");
}
