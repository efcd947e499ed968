# Firmware is imported by the server's name in the provider block.
terraform import onprem_idrac_firmware.r750_01 r750-01
