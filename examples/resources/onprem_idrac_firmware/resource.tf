# The host is not restarted: what needs that is staged, and done when somebody restarts it.
resource "onprem_idrac_firmware" "r750_01" {
  server = "r750-01"

  components = {
    BIOS = {
      version = "1.14.1"
      image   = "http://10.0.0.9/firmware/BIOS_R750_WN64_1.14.1.EXE"
    }
    iDRAC = {
      version = "7.10.50.00"
      image   = "http://10.0.0.9/firmware/iDRAC-with-Lifecycle-Controller_R750_WN64_7.10.50.00.EXE"
    }
  }
}

# The apply restarts the host where an update waits for that.
resource "onprem_idrac_firmware" "r770_01" {
  server = "r770-01"
  reboot = "if_needed"

  components = {
    network = {
      component = "108255"
      version   = "23.21.2"
      image     = "http://10.0.0.9/firmware/Network-BCM_R770_WN64_23.21.2.EXE"
    }
    raid = {
      component = "RAID.Slot.2-1"
      version   = "8.14.0.0.18-31"
      image     = "${path.module}/firmware/SAS-RAID_R770_WN64_8.14.0.0.18-31.EXE"
    }
  }

  timeouts = {
    update = "3h"
  }
}
