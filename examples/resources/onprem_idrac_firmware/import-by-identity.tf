import {
  to = onprem_idrac_firmware.r750_01
  identity = {
    server = "r750-01"
  }
}
