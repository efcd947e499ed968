//! Attributes of VMs and containers: every one is set, changed and taken out again, and what a running
//! guest makes of it.

use acceptance::Stage;
use serde_json::{Value, json};

use crate::hcl::{file, image};

const VM: &str = "onprem_proxmox_vm.this";
const CONTAINER: &str = "onprem_proxmox_container.this";
const VM_CONFIG: &str = "/nodes/pve1/qemu/9100/config";
const CONTAINER_CONFIG: &str = "/nodes/pve1/lxc/9200/config";
const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// An attribute: how it is written, then how it is written otherwise, and the parameter that the server
/// has with what is in it then.
type Attribute = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Sets all attributes, changes all, and takes all out: the configuration is then what it was.
fn set_change_unset(
    stage: &Stage,
    address: &str,
    config: impl Fn(&str) -> String,
    server: &str,
    attributes: &[Attribute],
) {
    stage.write(config(""));
    stage.apply();
    stage.assert_settled();
    let untouched = settings(stage, server);
    let all = |second: bool| {
        let lines = attributes.iter().map(|(one, other, ..)| if second { *other } else { *one });
        lines.map(|line| format!("  {line}\n")).collect::<String>()
    };
    for second in [false, true] {
        stage.changes_in_place(address, config(&all(second)));
        let now = settings(stage, server);
        for (one, other, key, first, then) in attributes {
            let (written, expected) = if second { (other, then) } else { (one, first) };
            assert_eq!(text(&now[*key]), *expected, "{written}");
        }
    }
    stage.changes_in_place(address, config(""));
    assert_eq!(settings(stage, server), untouched, "everything is taken out");
}

/// The configuration without what changes with every write.
fn settings(stage: &Stage, path: &str) -> Value {
    let mut config = stage.cluster().get(path);
    config.as_object_mut().unwrap().retain(|key, _| key != "digest" && key != "meta");
    config
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An empty VM with a disk and these arguments; it does not run unless they say so.
fn vm(arguments: &str) -> String {
    let started = if arguments.contains("started") { "" } else { "  started = false\n" };
    let disks = if arguments.contains("disks =") { "" } else { DISKS };
    format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  vm_id = 9100\n  node = \"pve1\"\n  name = \
         \"vm\"\n{started}{disks}{arguments}\n}}\n"
    )
}

const DISKS: &str = "  disks = { scsi0 = { storage = \"local-lvm\", size = 1 } }\n";

/// A container of Alpine with these arguments.
fn container(arguments: &str) -> String {
    let image = image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        file(ALPINE).sha256
    ));
    let started = if arguments.contains("started") { "" } else { "  started = false\n" };
    let rootfs = "  rootfs = { storage = \"local-lvm\", size = 1 }\n";
    let rootfs = if arguments.contains("rootfs") { "" } else { rootfs };
    format!(
        "{image}\nresource \"onprem_proxmox_container\" \"this\" {{\n  vm_id = 9200\n  node = \
         \"pve1\"\n  hostname = \"ct\"\n  template = \
         onprem_proxmox_image.this.volume_id\n{started}{rootfs}{arguments}\n}}\n"
    )
}

/// Has the provider log in as `root@pam` with the password, as some options want.
fn as_root(stage: &Stage) {
    stage.set("PROXMOX_VE_API_TOKEN", "");
    stage.set("PROXMOX_VE_USERNAME", "root@pam");
    stage.set("PROXMOX_VE_PASSWORD", stage.lab().password());
}

/// Lets the shared storage hold containers, too.
fn share(stage: &Stage) {
    let content = json!({ "content": "images,rootdir" });
    stage.cluster().put("/storage/nfs", content);
}

fn power_requests(requests: &[String]) -> Vec<&str> {
    let posts = requests.iter().filter_map(|request| request.strip_prefix("POST "));
    posts.filter_map(|path| path.split_once("/status/").map(|(_, verb)| verb)).collect()
}

#[test]
fn options_of_a_vm() {
    let Some(stage) = Stage::new("attributes_vm") else { return };
    let attributes: [Attribute; 23] = [
        ("shares = 500", "shares = 0", "shares", "500", "0"),
        ("allow_ksm = false", "allow_ksm = false", "allow-ksm", "0", "0"),
        (
            "cpu = { type = \"host\", flags = [\"+aes\"], vcpus = 1, cores = 2, numa = true }",
            "cpu = { type = \"x86-64-v2-AES\", flags = [\"-pcid\", \"+aes\"], cores = 2, numa = true }",
            "cpu",
            "host,flags=+aes",
            "x86-64-v2-AES,flags=+aes;-pcid",
        ),
        (
            "numa_nodes = { numa0 = { cpus = \"0-1\", memory = 512 } }",
            "numa_nodes = { numa0 = { cpus = \"0\", memory = 512, host_nodes = \"0\", policy = \"bind\" } }",
            "numa0",
            "cpus=0-1,memory=512",
            "cpus=0,hostnodes=0,memory=512,policy=bind",
        ),
        ("hotplug = [\"network\", \"cpu\"]", "hotplug = []", "hotplug", "cpu;network", "0"),
        ("serial1 = \"socket\"", "serial1 = \"socket\"", "serial1", "socket", "socket"),
        ("serial3 = \"socket\"", "serial2 = \"socket\"", "serial2", "null", "socket"),
        (
            "vga = { type = \"virtio\", memory = 64 }",
            "vga = { type = \"qxl\", clipboard = \"vnc\" }",
            "vga",
            "memory=64,type=virtio",
            "clipboard=vnc,type=qxl",
        ),
        (
            "audio = { device = \"intel-hda\" }",
            "audio = { device = \"AC97\", driver = \"none\" }",
            "audio0",
            "device=intel-hda",
            "device=AC97,driver=none",
        ),
        (
            "rng = { source = \"/dev/urandom\" }",
            "rng = { source = \"/dev/urandom\", max_bytes = 2048, period = 500 }",
            "rng0",
            "source=/dev/urandom",
            "max_bytes=2048,period=500,source=/dev/urandom",
        ),
        (
            "watchdog = { action = \"reset\" }",
            "watchdog = { action = \"pause\", model = \"ib700\" }",
            "watchdog",
            "action=reset",
            "action=pause,model=ib700",
        ),
        (
            "hostpci = { hostpci0 = { mapping = \"gpu\" }, hostpci1 = { mapping = \"nic\" } }",
            "hostpci = { hostpci0 = { mapping = \"gpu\", rombar = false, primary_gpu = true } }",
            "hostpci0",
            "mapping=gpu",
            "mapping=gpu,rombar=0,x-vga=1",
        ),
        (
            "usb = { usb0 = { mapping = \"key\" }, usb1 = { host = \"spice\" } }",
            "usb = { usb1 = { host = \"spice\", usb3 = true } }",
            "usb1",
            "host=spice",
            "host=spice,usb3=1",
        ),
        (
            "virtiofs = { virtiofs0 = { mapping = \"share\" } }",
            "virtiofs = { virtiofs0 = { mapping = \"share\", cache = \"never\", expose_acl = true } }",
            "virtiofs0",
            "dirid=share",
            "cache=never,dirid=share,expose-acl=1",
        ),
        ("kvm = false", "kvm = false", "kvm", "0", "0"),
        ("acpi = false", "acpi = false", "acpi", "0", "0"),
        ("localtime = true", "localtime = false", "localtime", "1", "0"),
        ("keyboard = \"de\"", "keyboard = \"fr\"", "keyboard", "de", "fr"),
        (
            "state_storage = \"local-lvm\"",
            "state_storage = \"nfs\"",
            "vmstatestorage",
            "local-lvm",
            "nfs",
        ),
        (
            "startup = { order = 1, up_delay = 30 }",
            "startup = { order = 2, down_delay = 60 }",
            "startup",
            "order=1,up=30",
            "down=60,order=2",
        ),
        ("on_boot = true", "on_boot = true", "onboot", "1", "1"),
        ("tablet = false", "tablet = false", "tablet", "0", "0"),
        ("balloon = 256", "balloon = 0", "balloon", "256", "0"),
    ];
    set_change_unset(&stage, VM, vm, VM_CONFIG, &attributes);

    let smbios = |inner: &str| vm(&format!("  smbios = {{ {inner} }}\n"));
    let before = settings(&stage, VM_CONFIG)["smbios1"].clone();
    stage.changes_in_place(VM, smbios("serial = \"a,b=c\", family = \"Ünits\""));
    let set = text(&settings(&stage, VM_CONFIG)["smbios1"]);
    assert!(set.contains("base64=1") && set.contains("serial=YSxiPWM="), "{set}");
    assert!(set.starts_with(before.as_str().unwrap()), "the UUID stays: {set}");
    stage.changes_in_place(VM, smbios("serial = \"d\""));
    stage.changes_in_place(VM, vm(""));
    assert_eq!(settings(&stage, VM_CONFIG)["smbios1"], before);
}

#[test]
fn disks_and_network_devices_of_a_vm() {
    let Some(stage) = Stage::new("attributes_devices") else { return };
    let config = |disk: &str, device: &str| {
        vm(&format!(
            "  scsi_controller = \"virtio-scsi-single\"\n  disks = {{ scsi0 = {{ storage = \
             \"local-lvm\", size = 1, {disk} }} }}\n  network = {{ net0 = {{ bridge = \"vmbr0\", \
             mac_address = \"BC:24:11:00:00:01\", {device} }} }}\n"
        ))
    };
    stage.write(config("", ""));
    stage.apply();
    let untouched = settings(&stage, VM_CONFIG);
    let both = [
        (
            "speed = { read = 10.5, iops_write = 100 }, queues = 4, read_only = true",
            "iops_wr=100,mbps_rd=10.5,queues=4,ro=1",
            "trunks = [\"2\", \"10-12\"]",
            "trunks=2;10-12",
        ),
        (
            "speed = { write_burst = 20, read = 5, iops_read_burst = 9 }, queues = 2",
            "iops_rd_max=9,mbps_rd=5,mbps_wr_max=20,queues=2",
            "trunks = [\"3\"]",
            "trunks=3",
        ),
    ];
    for (disk, disk_has, device, device_has) in both {
        stage.changes_in_place(VM, config(disk, device));
        let now = settings(&stage, VM_CONFIG);
        let parts: Vec<String> = text(&now["scsi0"]).split(',').map(str::to_owned).collect();
        for part in disk_has.split(',') {
            assert!(parts.iter().any(|found| found == part), "{part} in {parts:?}");
        }
        assert!(text(&now["net0"]).contains(device_has), "{}", now["net0"]);
    }
    stage.changes_in_place(VM, config("", ""));
    assert_eq!(settings(&stage, VM_CONFIG), untouched);
}

#[test]
fn what_is_for_root_alone() {
    let Some(stage) = Stage::new("attributes_root") else { return };
    stage.write(vm("  kvm_arguments = \"-d unimp\"\n"));
    stage
        .apply_fails()
        .error()
        .says("only root can set 'args'")
        .hints("username")
        .hints("password");
    stage.write("");
    stage.apply();
    as_root(&stage);
    let attributes: [Attribute; 7] = [
        ("hugepages = \"2\"", "hugepages = \"any\"", "hugepages", "2", "any"),
        ("keep_hugepages = true", "keep_hugepages = true", "keephugepages", "1", "1"),
        ("cpu = { affinity = \"0\" }", "cpu = { affinity = \"0,2-3\" }", "affinity", "0", "0,2-3"),
        ("architecture = \"aarch64\"", "architecture = \"x86_64\"", "arch", "aarch64", "x86_64"),
        ("kvm_arguments = \"-d unimp\"", "kvm_arguments = \"-S\"", "args", "-d unimp", "-S"),
        (
            "usb = { usb0 = { host = \"1234:5678\" } }",
            "usb = { usb0 = { host = \"1-2\" } }",
            "usb0",
            "host=1234:5678",
            "host=1-2",
        ),
        (
            "hostpci = { hostpci0 = { host = \"0000:01:00.0\" } }",
            "hostpci = { hostpci0 = { host = \"0000:01:00.0\", pcie = true } }\n  machine = \"q35\"",
            "hostpci0",
            "host=0000:01:00.0",
            "host=0000:01:00.0,pcie=1",
        ),
    ];
    set_change_unset(&stage, VM, vm, VM_CONFIG, &attributes);
    // The lab asks whether there is such a volume, and not what is in it.
    let script = json!({
        "content": "vztmpl", "filename": ALPINE, "url": format!("http://images.example.com/{ALPINE}"),
    });
    stage.cluster().post("/nodes/pve1/storage/local/download-url", script);
    stage.changes_in_place(VM, vm(&format!("  hook_script = \"local:vztmpl/{ALPINE}\"\n")));
    assert!(text(&settings(&stage, VM_CONFIG)["hookscript"]).ends_with(ALPINE));
    stage.changes_in_place(VM, vm(""));
    assert!(settings(&stage, VM_CONFIG)["hookscript"].is_null());
}

#[test]
fn options_of_a_container() {
    let Some(stage) = Stage::new("attributes_container") else { return };
    as_root(&stage);
    let attributes: [Attribute; 13] = [
        (
            "timezone = \"host\"",
            "timezone = \"Europe/Vienna\"",
            "timezone",
            "host",
            "Europe/Vienna",
        ),
        ("console = false", "console = false", "console", "0", "0"),
        ("console_mode = \"shell\"", "console_mode = \"console\"", "cmode", "shell", "console"),
        ("tty = 0", "tty = 4", "tty", "0", "4"),
        ("entrypoint = \"/bin/a\"", "entrypoint = \"/bin/b\"", "entrypoint", "/bin/a", "/bin/b"),
        ("cores = 1", "cores = 2", "cores", "1", "2"),
        ("cpu_limit = 0.5", "cpu_limit = 2", "cpulimit", "0.5", "2"),
        ("cpu_units = 50", "cpu_units = 200", "cpuunits", "50", "200"),
        (
            "dns_servers = [\"10.0.0.2\"]",
            "dns_servers = [\"10.0.0.3\"]",
            "nameserver",
            "10.0.0.2",
            "10.0.0.3",
        ),
        (
            "dns_domain = \"a.example\"",
            "dns_domain = \"b.example\"",
            "searchdomain",
            "a.example",
            "b.example",
        ),
        (
            "features = { nesting = true, keyctl = true, fuse = true }",
            "features = { mknod = true, mount = [\"nfs\", \"cifs\"], force_rw_sys = true }",
            "features",
            "fuse=1,keyctl=1,nesting=1",
            "force_rw_sys=1,mknod=1,mount=cifs;nfs",
        ),
        (
            "devices = { dev0 = { path = \"/dev/fuse\" }, dev1 = { path = \"/dev/kvm\" } }",
            "devices = { dev0 = { path = \"/dev/fuse\", mode = \"0660\", gid = 44, deny_write = true } }",
            "dev0",
            "path=/dev/fuse",
            "deny-write=1,gid=44,mode=0660,path=/dev/fuse",
        ),
        ("startup = { order = 1 }", "startup = { up_delay = 5 }", "startup", "order=1", "up=5"),
    ];
    set_change_unset(&stage, CONTAINER, container, CONTAINER_CONFIG, &attributes);

    let script = "  hook_script = onprem_proxmox_image.this.volume_id\n";
    stage.changes_in_place(CONTAINER, container(script));
    stage.changes_in_place(CONTAINER, container(""));
    assert!(settings(&stage, CONTAINER_CONFIG)["hookscript"].is_null());
}

#[test]
fn volumes_and_network_devices_of_a_container() {
    let Some(stage) = Stage::new("attributes_volumes") else { return };
    let config = |volume: &str, device: &str| {
        container(&format!(
            "  rootfs = {{ storage = \"local-lvm\", size = 1, {volume} }}\n  mount_points = {{ mp0 = {{ path \
             = \"/srv\", storage = \"local-lvm\", size = 1, {volume} }} }}\n  network = {{ net0 = {{ name = \
             \"eth0\", bridge = \"vmbr0\", {device} }} }}\n"
        ))
    };
    stage.write(config("", ""));
    stage.apply();
    let untouched = settings(&stage, CONTAINER_CONFIG);
    for (volume, has, device, device_has) in [
        (
            "acl = true, mount_options = [\"noatime\"]",
            "acl=1,mountoptions=noatime",
            "trunks = [2, 3], host_managed = true",
            "trunks=2;3",
        ),
        (
            "acl = false, mount_options = [\"noatime\", \"nodev\"], shared = true, quota = true",
            "acl=0,mountoptions=noatime;nodev",
            "trunks = [4]",
            "trunks=4",
        ),
    ] {
        stage.changes_in_place(CONTAINER, config(volume, device));
        let now = settings(&stage, CONTAINER_CONFIG);
        for slot in ["rootfs", "mp0"] {
            assert!(text(&now[slot]).contains(has), "{}", now[slot]);
        }
        assert!(text(&now["net0"]).contains(device_has), "{}", now["net0"]);
    }
    stage.changes_in_place(CONTAINER, config("", ""));
    assert_eq!(settings(&stage, CONTAINER_CONFIG), untouched);
}

#[test]
fn the_boot_order_stays_what_it_is_set_to() {
    let Some(stage) = Stage::new("attributes_boot") else { return };
    let boot = || text(&settings(&stage, VM_CONFIG)["boot"]);
    let network = "  network = { net0 = { bridge = \"vmbr0\" } }\n";
    stage.write(vm(&format!("{network}  boot_order = [\"net0\", \"scsi0\"]\n")));
    stage.apply();
    stage.assert_settled();
    assert_eq!(boot(), "order=net0;scsi0");
    // The server appends a drive that comes.
    let drive = "  cdrom = { ide2 = {} }\n";
    stage.changes_in_place(
        VM,
        vm(&format!("{network}{drive}  boot_order = [\"scsi0\", \"net0\"]\n")),
    );
    assert_eq!(boot(), "order=scsi0;net0");
    stage.changes_in_place(VM, vm(&format!("{network}{drive}  boot_order = [\"ide2\"]\n")));
    assert_eq!(boot(), "order=ide2");
    stage.write(vm(&format!("{network}{drive}")));
    stage.assert_settled();
    // Nobody says what it is to be: it is what the server makes of it.
    stage.changes_in_place(VM, vm(&format!("{network}  cdrom = {{}}\n")));
    stage.changes_in_place(VM, vm(&format!("{network}  cdrom = {{ ide3 = {{}} }}\n")));
    stage.write(vm("  boot_order = [\"serial0\"]\n"));
    stage.plan_fails().error().says("no slot to start from");
}

#[test]
fn a_disk_is_erased_only_where_the_state_allows_it() {
    let Some(stage) = Stage::new("attributes_data_loss") else { return };
    let two = "  disks = { scsi0 = { storage = \"local-lvm\", size = 1 }, scsi1 = { storage = \
               \"local-lvm\", size = 1 } }\n";
    let allow = "  allow_data_loss = true\n";
    let volumes = || {
        let rows = stage.cluster().get("/nodes/pve1/storage/local-lvm/content?vmid=9100");
        rows.as_array().unwrap().len()
    };
    for running in ["  started = true\n", "  started = false\n"] {
        stage.write(vm(&format!("{two}{running}")));
        stage.apply();
        assert_eq!(volumes(), 2);
        // The permission comes with the change: too late.
        stage.write(vm(&format!("{DISKS}{allow}{running}")));
        stage
            .plan()
            .run()
            .warning()
            .says("scsi1 will be detached")
            .hints("once it has been applied");
        stage.apply();
        stage.assert_settled();
        assert_eq!(volumes(), 2, "kept");
        assert_eq!(
            text(&settings(&stage, VM_CONFIG)["unused0"]).split(':').next(),
            Some("local-lvm")
        );

        stage.changes_in_place(VM, vm(&format!("{two}{allow}{running}")));
        assert_eq!(volumes(), 3);
        stage.write(vm(&format!("{DISKS}{allow}{running}")));
        stage.plan().run().warning().says("scsi1 will be erased").at("disks");
        stage.apply();
        stage.assert_settled();
        assert_eq!(volumes(), 2, "erased, and what was detached before is kept");
        stage.destroy();
        assert_eq!(volumes(), 0);
    }
}

/// A bus that cannot be unplugged: the disk is erased at the next start, and not kept.
#[test]
fn a_disk_that_cannot_be_unplugged_is_erased_at_the_next_start() {
    let Some(stage) = Stage::new("attributes_data_loss_late") else { return };
    let more = "  started = true\n  allow_data_loss = true\n";
    let two = "  disks = { scsi0 = { storage = \"local-lvm\", size = 1 }, sata0 = { storage = \
               \"local-lvm\", size = 1 } }\n";
    stage.write(vm(&format!("{two}{more}")));
    stage.apply();
    stage.changes_in_place(VM, vm(&format!("{DISKS}{more}")));
    assert_eq!(stage.state().attributes(VM)["pending_reboot"], true);
    stage.changes_in_place(VM, vm(&format!("{DISKS}{more}  reboot = \"if_needed\"\n")));
    let now = settings(&stage, VM_CONFIG);
    assert!(now["sata0"].is_null() && now["unused0"].is_null(), "{now}");
    let rows = stage.cluster().get("/nodes/pve1/storage/local-lvm/content?vmid=9100");
    assert_eq!(rows.as_array().unwrap().len(), 1);
}

#[test]
fn a_running_vm_takes_what_its_hotplug_says() {
    let Some(stage) = Stage::new("attributes_hotplug") else { return };
    let config = |more: &str| vm(&format!("  started = true\n{more}"));
    let pending = || stage.state().attributes(VM)["pending_reboot"].clone();
    let warm = "  hotplug = [\"cpu\", \"disk\", \"memory\", \"network\", \"usb\"]\n";
    let cpu = |vcpus: u32| format!("  cpu = {{ cores = 4, vcpus = {vcpus}, numa = true }}\n");
    stage.write(config(&format!("{warm}{}  memory = 1024\n", cpu(1))));
    stage.apply();
    // Memory, a CPU, a network device and disks: nothing waits, and nothing is restarted.
    let requests = stage.requests(|| {
        for more in [
            format!("{warm}{}  memory = 2048\n", cpu(2)),
            format!("{warm}{}  memory = 2048\n  network = {{ net0 = {{ bridge = \"vmbr0\" }} }}\n", cpu(2)),
            format!(
                "{warm}{}  memory = 2048\n  network = {{ net0 = {{ bridge = \"vmbr1\" }} }}\n  disks = {{ \
                 scsi0 = {{ storage = \"nfs\", size = 2 }}, virtio1 = {{ storage = \"nfs\", size = 1 }} }}\n",
                cpu(2)
            ),
        ] {
            stage.write(config(&more));
            assert!(stage.plan().run().warnings().is_empty(), "{more}");
            stage.changes_in_place(VM, config(&more));
            assert_eq!(pending(), false, "{more}");
        }
    });
    assert_eq!(power_requests(&requests), Vec::<&str>::new());
    assert!(
        text(&settings(&stage, VM_CONFIG)["scsi0"]).starts_with("nfs:"),
        "it moved while it ran"
    );

    stage.destroy();
    // By default memory waits, and a policy may refuse that.
    let cold = |memory: u32, reboot: &str| {
        config(&format!("  memory = {memory}\n  reboot = \"{reboot}\"\n"))
    };
    stage.write(cold(512, "if_needed"));
    stage.apply();
    stage.assert_settled();
    assert_eq!(pending(), false);
    stage.write(cold(1024, "error"));
    stage.plan_fails().error().says("may need a restart").at("reboot").hints("if_needed");
    stage.write(cold(1024, "never"));
    stage.plan().run().warning().says("may wait for a restart").says("`memory`");
    let requests = stage.requests(|| {
        stage.changes_in_place(VM, cold(1024, "never"));
    });
    assert_eq!((power_requests(&requests), pending()), (vec![], json!(true)));
    let requests = stage.requests(|| {
        stage.changes_in_place(VM, cold(1024, "if_needed"));
    });
    assert_eq!((power_requests(&requests), pending()), (vec!["reboot"], json!(false)));
}

#[test]
fn a_policy_may_restart_a_guest_always() {
    let Some(stage) = Stage::new("attributes_reboot_always") else { return };
    let vm = |more: &str| vm(&format!("  started = true\n  reboot = \"always\"\n{more}"));
    let container =
        |more: &str| container(&format!("  started = true\n  reboot = \"always\"\n{more}"));
    stage.write(format!("{}{}", vm(""), container("")));
    stage.apply();
    // The server takes it at once, and the policy restarts the guest all the same.
    let network = "  network = { net0 = { bridge = \"vmbr0\" } }\n";
    let cores = "  cores = 1\n";
    stage.write(format!("{}{}", vm(network), container(cores)));
    let plan = stage.plan();
    plan.does(&[(VM, "update"), (CONTAINER, "update")]);
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert_eq!(power_requests(&requests), ["reboot", "reboot"]);
    // What the guest does not notice restarts nothing.
    stage.write(format!(
        "{}{}",
        vm(&format!("{network}  tags = [\"web\"]\n  description = \"Web\"\n  on_boot = true\n")),
        container(&format!(
            "{cores}  tags = [\"web\"]\n  description = \"Web\"\n  on_boot = true\n"
        ))
    ));
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert_eq!(power_requests(&requests), Vec::<&str>::new());
    stage.assert_settled();
}

#[test]
fn volumes_of_a_container_move_shrink_and_go() {
    let Some(stage) = Stage::new("attributes_container_volumes") else { return };
    share(&stage);
    let config = |root: &str, mounts: &str, more: &str| {
        container(&format!(
            "  started = true\n  rootfs = {{ storage = \"{root}\", size = 1 }}\n  mount_points = {{ {mounts} \
             }}\n{more}"
        ))
    };
    let mount = |storage: &str, size: u32| {
        format!("mp0 = {{ path = \"/srv\", storage = \"{storage}\", size = {size} }}")
    };
    let now = |slot: &str| text(&settings(&stage, CONTAINER_CONFIG)[slot]);
    let pending = || stage.state().attributes(CONTAINER)["pending_reboot"].clone();
    stage.write(config("local-lvm", &mount("local-lvm", 2), ""));
    stage.apply();
    stage.assert_settled();

    stage.write(config("local-lvm", &mount("local-lvm", 1), ""));
    stage.plan_fails().error().says("cannot shrink").at("mount_points");
    stage.write(config("local-lvm", &mount("nfs", 2), ""));
    stage.plan_fails().error().says("cannot move now").hints("if_needed");
    let restart = "  reboot = \"if_needed\"\n";
    let requests = stage.requests(|| {
        stage.changes_in_place(CONTAINER, config("nfs", &mount("nfs", 2), restart));
    });
    assert_eq!(power_requests(&requests), ["shutdown", "start"]);
    assert!(now("rootfs").starts_with("nfs:") && now("mp0").starts_with("nfs:"));

    // A running container keeps a mount until it is restarted.
    stage.write(config("nfs", "", ""));
    stage
        .plan()
        .run()
        .warnings()
        .iter()
        .find(|warning| warning.summary.contains("detached"))
        .unwrap();
    stage.changes_in_place(CONTAINER, config("nfs", "", ""));
    assert_eq!(pending(), true);
    stage.changes_in_place(CONTAINER, config("nfs", "", restart));
    assert_eq!(pending(), false);
    assert!(now("unused0").starts_with("nfs:"), "its data is kept");

    let erase = "  allow_data_loss = true\n  reboot = \"if_needed\"\n";
    stage.changes_in_place(CONTAINER, config("nfs", &mount("nfs", 2), erase));
    stage.changes_in_place(CONTAINER, config("nfs", "", erase));
    let rows = stage.cluster().get("/nodes/pve1/storage/nfs/content?vmid=9200");
    assert_eq!(rows.as_array().unwrap().len(), 2, "the root, and what was kept before");
    // Without a restart nothing can be erased, which is said.
    let late = "  allow_data_loss = true\n";
    stage.changes_in_place(CONTAINER, config("nfs", &mount("nfs", 2), late));
    stage.write(config("nfs", "", late));
    let run = stage.apply();
    assert!(
        run.warnings().iter().any(|warning| warning.summary.contains("was not erased")),
        "{run}"
    );
    stage.assert_settled();
    stage.destroy();
}

#[test]
fn a_container_has_further_homes_and_an_address() {
    let Some(stage) = Stage::new("attributes_container_homes") else { return };
    share(&stage);
    let config = |more: &str| {
        container(&format!(
            "  started = true\n  rootfs = {{ storage = \"nfs\", size = 1 }}\n  network = {{ net0 = {{ name = \
             \"eth0\", bridge = \"vmbr0\", ipv4_address = \"dhcp\" }} }}\n  wait_for_ip = true\n{more}"
        ))
    };
    stage.write(config("  allowed_nodes = [\"pve2\"]\n"));
    stage.apply();
    stage.assert_settled();
    let addresses = stage.state().attributes(CONTAINER)["ip_addresses"].clone();
    assert_eq!(addresses, json!(["10.99.0.20"]));
    stage.cluster().post("/nodes/pve1/lxc/9200/migrate", json!({ "target": "pve2", "restart": 1 }));
    stage.plan().does(&[]);
    stage.changes_in_place(CONTAINER, config("  allowed_nodes = [\"pve2\", \"pve3\"]\n"));
    assert_eq!(stage.state().attributes(CONTAINER)["current_node"], "pve2");
    stage.changes_in_place(CONTAINER, config(""));
    assert_eq!(stage.state().attributes(CONTAINER)["current_node"], "pve1");
}

#[test]
fn guests_are_looked_up() {
    let Some(stage) = Stage::new("attributes_lookups") else { return };
    let cluster = stage.cluster();
    for (node, parameters) in [
        ("pve1", json!({ "vmid": 100, "name": "ubuntu", "tags": "linux", "template": 1 })),
        ("pve2", json!({ "vmid": 101, "name": "ubuntu", "tags": "linux", "template": 1 })),
        ("pve1", json!({ "vmid": 102, "name": "web", "tags": "linux" })),
    ] {
        cluster.post(&format!("/nodes/{node}/qemu"), parameters);
    }
    stage.write(container("  tags = [\"dns\"]\n"));
    stage.apply();
    // The cluster's list has names once its status round has come.
    stage.lab().clock().advance(std::time::Duration::from_secs(30));
    let look = |more: &str| {
        format!(
            "{}data \"onprem_proxmox_templates\" \"all\" {{}}\ndata \"onprem_proxmox_containers\" \"dns\" {{\n  \
             tag = \"dns\"\n}}\n{more}\noutput \"found\" {{\n  value = [\n    [for t in \
             data.onprem_proxmox_templates.all.templates : t.vm_id],\n    [for c in \
             data.onprem_proxmox_containers.dns.containers : c.vm_id],\n  ]\n}}\n",
            container("  tags = [\"dns\"]\n")
        )
    };
    let one = |kind: &str, arguments: &str| {
        format!(
            "data \"onprem_proxmox_{kind}\" \"one\" {{\n{arguments}\n}}\noutput \"one\" {{\n  value = \
             data.onprem_proxmox_{kind}.one.vm_id\n}}\n"
        )
    };
    for (kind, arguments, expected) in [
        ("template", "  name = \"ubuntu\"\n  node = \"pve2\"", 101),
        ("template", "  tag = \"linux\"\n  node = \"pve1\"", 100),
        ("container", "  name = \"ct\"", 9200),
        ("container", "  tag = \"dns\"", 9200),
        ("vm", "  name = \"web\"", 102),
    ] {
        stage.write(look(&one(kind, arguments)));
        stage.apply();
        let state = stage.state();
        assert_eq!(state.output("one"), expected, "{kind}: {arguments}");
        assert_eq!(*state.output("found"), json!([[100, 101], [9200]]));
    }
    stage.write(look(&one("template", "  name = \"ubuntu\"")));
    stage.plan_fails().error().says("Several templates have the name `ubuntu`").at("name");
    stage.write(look(&one("template", "  node = \"pve1\"")));
    stage.plan_fails().error().says("None of `vm_id`, `name` and `tag` is set");
    stage.write(look(&one("container", "  name = \"web\"")));
    stage.plan_fails().error().says("There is no container with the name `web`").at("name");
}
