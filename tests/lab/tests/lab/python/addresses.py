"""Drives the lab's NetBox with pynetbox: tags, prefixes, allocation, pages, machines, deletion."""

import os

import pynetbox
import requests


def connect(token):
    api = pynetbox.api(os.environ["LAB_URL"], token=token)
    api.http_session = requests.Session()
    # The environment may name another authority.
    api.http_session.trust_env = False
    api.http_session.verify = os.environ["LAB_CA"]
    return api


assert connect(os.environ["LAB_TOKEN_V2"]).status()["netbox-version"] == os.environ["LAB_VERSION"]
api = connect(os.environ["LAB_TOKEN"])
assert os.environ["LAB_VERSION"].startswith(api.version), api.version

tag = api.extras.tags.create(name="Terraform", slug="terraform")
tenant = api.tenancy.tenants.create(name="Lab", slug="lab")
field = api.extras.custom_fields.create(
    name="rack_unit", type="integer", object_types=["ipam.ipaddress"]
)
prefix = api.ipam.prefixes.create(
    prefix="10.20.0.0/24", tenant={"slug": "lab"}, tags=[{"name": "Terraform"}]
)
assert str(prefix) == "10.20.0.0/24" and prefix.status.value == "active"
assert prefix.tenant.name == "Lab" and [str(one) for one in prefix.tags] == ["Terraform"]
try:
    api.ipam.prefixes.create(prefix="10.20.0.0/24")
    raise SystemExit("a duplicate was taken")
except pynetbox.RequestError as error:
    assert "Duplicate prefix found in global table: 10.20.0.0/24" in str(error)

address = prefix.available_ips.create({"dns_name": "A.example.com", "custom_fields": {"rack_unit": 7}})
assert address.address == "10.20.0.1/24" and address.dns_name == "a.example.com"
assert address.custom_fields["rack_unit"] == 7
more = prefix.available_ips.create([{} for _ in range(120)])
assert len(more) == 120 and more[-1].address == "10.20.0.121/24"
assert prefix.available_ips.list()[0].address == "10.20.0.122/24"
child = api.ipam.prefixes.create(prefix="10.30.0.0/16").available_prefixes.create({"prefix_length": 24})
assert child.prefix == "10.30.0.0/24"

# Three pages of fifty.
found = list(api.ipam.ip_addresses.filter(parent="10.20.0.0/24"))
assert len({one.id for one in found}) == 121
assert api.ipam.ip_addresses.count(parent="10.20.0.0/24") == 121
assert api.ipam.ip_addresses.get(dns_name="a.example.com").id == address.id
assert api.ipam.ip_addresses.get(99999) is None

assert address.update({"description": "changed", "status": "reserved"})
assert api.ipam.ip_addresses.get(address.id).status.value == "reserved"
address.dns_name = ""
assert address.save() and api.ipam.ip_addresses.get(address.id).dns_name == ""

kind = api.virtualization.cluster_types.create(name="pve", slug="pve")
cluster = api.virtualization.clusters.create(name="dc1", type=kind.id)
machine = api.virtualization.virtual_machines.create(name="vm1", cluster=cluster.id)
port = api.virtualization.interfaces.create(name="net0", virtual_machine=machine.id)
assert address.update(
    {"assigned_object_type": "virtualization.vminterface", "assigned_object_id": port.id}
)
assert machine.update({"primary_ip4": address.id})
assert api.virtualization.virtual_machines.get(machine.id).primary_ip4.address == "10.20.0.1/24"
changes = list(api.core.object_changes.filter(changed_object_id=machine.id, action="update"))
assert changes[0].changed_object_type == "virtualization.virtualmachine"

try:
    tenant.delete()
    raise SystemExit("a tenant went that has a prefix")
except pynetbox.RequestError as error:
    assert "Unable to delete object" in str(error)
for one in [machine, cluster, kind, *api.ipam.prefixes.all()]:
    assert one.delete()
assert api.ipam.ip_addresses.delete([one.id for one in api.ipam.ip_addresses.all()])
for one in [tenant, tag, field]:
    assert one.delete()
