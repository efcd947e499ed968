import {
  to = onprem_idrac_firmware.r750_01
  id = "r750-01"
}
