"""Logs in, reads the inventory, updates a BIOS and follows its task, resets; all through sushy."""

import io
import os
import time
import urllib.request
import xml.etree.ElementTree
import zipfile

import sushy

root = sushy.Sushy(
    os.environ["LAB_ENDPOINT"],
    username=os.environ["LAB_USER"],
    password=os.environ["LAB_PASSWORD"],
    verify=os.environ["LAB_CA"],
)
system = root.get_system("/redfish/v1/Systems/System.Embedded.1")
assert [found.identity for found in root.get_system_collection().get_members()] == [system.identity]
assert system.model == os.environ["LAB_MODEL"], system.model
assert system.power_state == sushy.PowerState.ON, system.power_state
manager = root.get_manager("/redfish/v1/Managers/iDRAC.Embedded.1")
service = root.get_update_service()


def versions():
    # The ids change with the versions, and sushy refreshes the old ones: so ask anew.
    members = root.get_update_service().firmware_inventory.get_members()
    return {member.identity: member.version for member in members}


before = versions()
assert f"Installed-25227-{manager.firmware_version}__iDRAC.Embedded.1-1" in before, before

wanted = os.environ["LAB_VERSION"]
package = f"http://images.example.com/firmware/{os.environ['LAB_PACKAGE']}"
near = f"{os.environ['LAB_WEB']}/firmware/{os.environ['LAB_PACKAGE']}"
archive = zipfile.ZipFile(io.BytesIO(urllib.request.urlopen(near).read()))
assert archive.testzip() is None and archive.namelist() == ["package.xml", "payload/159.bin"]
component = xml.etree.ElementTree.fromstring(archive.read("package.xml"))
assert component.get("vendorVersion") == wanted, component.attrib
assert component.find("SupportedDevices/Device").get("componentID") == "159"
monitor = service.simple_update(package, transfer_protocol=sushy.UPDATE_PROTOCOL_HTTP)


def task():
    for _ in range(2000):
        try:
            return monitor.get_task()
        except sushy.exceptions.ResourceNotFoundError:
            time.sleep(0.005)
    raise SystemExit("the task never came")


def until(state):
    for _ in range(2000):
        found = task()
        if found.task_state == state:
            return found
        time.sleep(0.005)
    raise SystemExit(f"the task is {found.task_state}, not {state}: {found.messages}")


staged = until(sushy.TASK_STATE_PENDING)
while staged.messages[0].message_id.split(".")[-1] != "JCP001":
    staged = task()
    time.sleep(0.005)
assert versions() == before
system.reset_system(sushy.RESET_TYPE_GRACEFUL_RESTART)
done = until(sushy.TASK_STATE_COMPLETED)
assert done.percent_complete == 100, done.percent_complete
assert done.messages[0].message_id.split(".")[-1] == "PR19", done.messages
after = versions()
assert f"Installed-159-{wanted}__BIOS.Setup.1-1" in after, after
system.refresh()
assert system.bios_version == wanted, system.bios_version
try:
    service.simple_update("http://images.example.com/x.EXE", transfer_protocol="SMB")
    raise SystemExit("an unknown protocol was taken")
except sushy.exceptions.InvalidParameterValueError:
    pass
try:
    root.get_system("/redfish/v1/Systems/nobody")
    raise SystemExit("there is a system that is not")
except sushy.exceptions.ResourceNotFoundError as error:
    assert "SYS403" in str(error.body), error.body
root._auth.close()
