//! Guests that have no address in time.

use std::time::Duration;

use acceptance::{Options, Run, Stage};
use onprem_lab::LabOptions;
use serde_json::{Value, json};

use crate::hcl::file;
use crate::idrac::eventually;

const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";
const VM: &str = "onprem_proxmox_vm.this";
const CONTAINER: &str = "onprem_proxmox_container.this";

/// A VM and a container that wait for an address, as long as `timeouts` say.
fn config(agent: &str, timeouts: &str, more: &str) -> String {
    let timeouts = format!("  timeouts = {timeouts}\n");
    format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  vm_id = 9100\n  node = \"pve1\"\n  name = \
         \"vm\"\n  network = {{ net0 = {{ bridge = \"vmbr0\" }} }}\n  wait_for_ip = true\n{agent}\
         {timeouts}{more}}}\nresource \"onprem_proxmox_container\" \"this\" {{\n  vm_id = 9200\n  node = \
         \"pve1\"\n  hostname = \"ct\"\n  template = \"local:vztmpl/{ALPINE}\"\n  rootfs = {{ storage = \
         \"local-lvm\", size = 1 }}\n  network = {{ net0 = {{ name = \"eth0\", bridge = \"vmbr0\", \
         ipv4_address = \"dhcp\" }} }}\n  wait_for_ip = true\n{timeouts}{more}}}\n"
    )
}

const AGENT: &str = "  agent = { enabled = true }\n";

fn stage(name: &str) -> Option<Stage> {
    let volume = format!("local:vztmpl/{ALPINE}");
    let mut lab = LabOptions::new().volume(volume, file(ALPINE).data.clone());
    // No agent answers before the clock is advanced so far.
    lab.guest_boot = LONG;
    Stage::with(name, Options::new().lab(lab))
}

const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

/// The warning about a guest that has no address.
fn warning(run: &Run, vm_id: u32) -> String {
    let summary = format!("No address of guest {vm_id} is known yet");
    let all = run.warnings();
    let found = all.iter().find(|one| one.summary == summary);
    found.unwrap_or_else(|| panic!("no warning about {vm_id}: {run}")).detail.clone()
}

fn addresses(stage: &Stage, address: &str) -> Value {
    assert!(!stage.state().tainted(address), "{address} is tainted");
    stage.state().attributes(address)["ip_addresses"].clone()
}

/// The guests were tainted when their agents were late, and the next apply destroyed them and made others.
#[test]
fn a_guest_without_an_address_in_time_is_kept() {
    let Some(stage) = stage("addresses_late") else { return };
    let limits = "{ create = \"15s\", update = \"8s\" }";
    stage.write(config(AGENT, limits, ""));
    let run = stage.apply();
    let text = warning(&run, 9100);
    for part in ["create timeout", "not running", "qemu-guest-agent", "timeouts.create"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(warning(&run, 9200).contains("lo ("), "{run}");
    for address in [VM, CONTAINER] {
        assert_eq!(addresses(&stage, address), json!([]));
    }
    stage.assert_settled();

    // An update waits and ends in the same way: the start has the addresses open again.
    let before = stage.lab().inventory();
    stage.write(config(AGENT, limits, "  started = false\n"));
    stage.apply();
    stage.write(config(AGENT, limits, "  started = true\n"));
    let run = stage.apply();
    assert_eq!(run.changed(), (0, 2, 0), "{run}");
    assert!(warning(&run, 9100).contains("update timeout"), "{run}");
    warning(&run, 9200);

    stage.lab().clock().advance(LONG);
    stage.refresh();
    assert_eq!(addresses(&stage, VM), json!(["10.99.0.120"]));
    assert_eq!(addresses(&stage, CONTAINER), json!(["10.99.0.20"]));
    stage.assert_settled();
    let uuid = |inventory: &Value| inventory.to_string().matches("uuid=").count();
    assert_eq!(uuid(&stage.lab().inventory()), uuid(&before));
}

/// The same where nothing would ever tell an address: nobody waits for it.
#[test]
fn a_vm_without_an_agent_is_kept_at_once() {
    let Some(stage) = stage("addresses_no_agent") else { return };
    let config = config("", "{}", "");
    stage.write(config.split("resource \"onprem_proxmox_container\"").next().unwrap());
    let text = warning(&stage.apply(), 9100);
    assert!(text.contains("`agent` is not enabled") && !text.contains("timeouts."), "{text}");
    assert_eq!(addresses(&stage, VM), json!([]));
    stage.assert_settled();
}

/// Ctrl-C while it waited for an address tainted the finished guest, too.
#[test]
fn a_guest_is_kept_when_the_wait_for_its_address_is_stopped() {
    let Some(stage) = stage("addresses_stopped") else { return };
    stage.write(config(AGENT, "{}", ""));
    let mark = stage.lab().requests().mark();
    let running = stage.start_apply();
    let asked = |path: &str| {
        let requests = stage.lab().requests().since(mark);
        // The second question: the first one may come before the wait.
        requests.iter().filter(|one| one.path.ends_with(path)).count() > 1
    };
    eventually("both guests wait", || {
        asked("/agent/network-get-interfaces") && asked("/lxc/9200/interfaces")
    });
    running.interrupt();
    let run = running.finish();
    assert!(warning(&run, 9100).contains("asked to stop"), "{run}");
    assert!(warning(&run, 9200).contains("asked to stop"), "{run}");
    for address in [VM, CONTAINER] {
        assert_eq!(addresses(&stage, address), json!([]));
    }
    stage.assert_settled();
}
