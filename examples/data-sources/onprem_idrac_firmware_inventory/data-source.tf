data "onprem_idrac_firmware_inventory" "r750_01" {
  server = "r750-01"
}

output "installed" {
  description = "Installed versions, by device."
  value = {
    for one in data.onprem_idrac_firmware_inventory.r750_01.firmware :
    one.fqdd => one.version if one.place == "installed"
  }
}
