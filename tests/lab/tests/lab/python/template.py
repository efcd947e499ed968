"""Makes, reads and deletes a template through proxmoxer."""

import os
import urllib.parse

from proxmoxer import ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

endpoint = urllib.parse.urlparse(os.environ["LAB_ENDPOINT"])
common = {"port": endpoint.port, "verify_ssl": os.environ["LAB_CA"]}
user, rest = os.environ["LAB_TOKEN"].split("!")
name, secret = rest.split("=")
by_token = ProxmoxAPI(endpoint.hostname, user=user, token_name=name, token_value=secret, **common)
by_password = ProxmoxAPI(
    endpoint.hostname, user=os.environ["LAB_USER"], password=os.environ["LAB_PASSWORD"], **common
)


def done(upid):
    status = Tasks.blocking_status(by_token, upid, timeout=30, polling_interval=0.02)
    assert status["exitstatus"] == "OK", (status, by_token.nodes("pve1").tasks(upid).log.get())


assert by_token.version.get()["release"] == "9.2"
assert sorted(node["node"] for node in by_password.nodes.get()) == ["pve1", "pve2", "pve3"]
node = by_token.nodes("pve1")
done(
    node.storage("local")("download-url").post(
        content="import",
        filename="ubuntu.qcow2",
        url="http://images.example.com/ubuntu-22.04.qcow2",
        **{
            "checksum": "6a657c2a61fdfbb1584fee9336f5d9d7ccac9943918e771e7bd728d12bcc9eb2",
            "checksum-algorithm": "sha256",
        },
    )
)
assert [row["volid"] for row in node.storage("local").content.get(content="import")] == [
    "local:import/ubuntu.qcow2"
]
done(
    node.qemu.post(
        vmid=9000,
        name="ubuntu",
        memory=2048,
        cores=2,
        scsihw="virtio-scsi-single",
        scsi0="local-lvm:0,import-from=local:import/ubuntu.qcow2",
        ide2="local-lvm:cloudinit",
        net0="virtio,bridge=vmbr0",
        tags="b;a",
    )
)
vm = node.qemu(9000)
config = vm.config.get()
assert config["scsi0"] == "local-lvm:vm-9000-disk-0,size=2G", config
assert config["tags"] == "a;b", config
vm.config.put(description="made by proxmoxer", digest=config["digest"])
try:
    vm.config.put(description="late", digest=config["digest"])
    raise SystemExit("a stale digest was taken")
except ResourceException as error:
    assert error.status_code == 500, error
done(vm.template.post())
config = by_password.nodes("pve1").qemu(9000).config.get()
assert config["template"] == 1 and config["scsi0"].startswith("local-lvm:base-9000-disk-0"), config
done(by_password.nodes("pve1").qemu(9000).delete())
done(node.storage("local").content("local:import/ubuntu.qcow2").delete())
try:
    vm.config.get()
    raise SystemExit("the template is still there")
except ResourceException as error:
    assert "does not exist" in str(error), error
