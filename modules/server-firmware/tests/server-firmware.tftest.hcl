# The provider is mocked: these tests need no server.
mock_provider "onprem" {
  mock_resource "onprem_idrac_firmware" {
    defaults = {
      state          = "staged"
      pending_reboot = true
    }
  }
}

variables {
  image_url = "http://10.0.0.9/firmware/"

  baselines = {
    r750 = {
      BIOS  = { version = "1.14.1", image = "BIOS_R750_WN64_1.14.1.EXE" }
      iDRAC = { version = "7.10.50.00", image = "https://images.example.com/iDRAC.EXE" }
    }
  }

  server_configs = [
    { name = "r750-01", baseline = "r750" },
    { name = "r750-02", baseline = "r750", reboot = "if_needed", allow_downgrade = true },
  ]
}

run "outputs" {
  assert {
    condition     = output.state == { "r750-01" = "staged", "r750-02" = "staged" }
    error_message = "state is not what the servers say"
  }

  assert {
    condition     = output.pending_reboot == tolist(["r750-01", "r750-02"])
    error_message = "pending_reboot does not name the servers that wait"
  }

  assert {
    condition     = keys(output.installed_versions["r750-01"]) == ["BIOS", "iDRAC"]
    error_message = "installed_versions is not by component"
  }
}

run "a_baseline_is_for_all" {
  command = plan

  assert {
    condition = alltrue([
      for firmware in onprem_idrac_firmware.this :
      firmware.components["BIOS"].version == "1.14.1"
      && firmware.components["BIOS"].image == "http://10.0.0.9/firmware/BIOS_R750_WN64_1.14.1.EXE"
      && firmware.components["iDRAC"].image == "https://images.example.com/iDRAC.EXE"
    ])
    error_message = "a server does not have its baseline"
  }

  assert {
    condition     = onprem_idrac_firmware.this["r750-01"].reboot == "never" && !onprem_idrac_firmware.this["r750-01"].allow_downgrade
    error_message = "a host may be restarted, or go back, unasked"
  }

  assert {
    condition     = onprem_idrac_firmware.this["r750-02"].reboot == "if_needed" && onprem_idrac_firmware.this["r750-02"].allow_downgrade
    error_message = "a server's own settings do not count"
  }
}

run "a_server_has_components_of_its_own" {
  command = plan

  variables {
    reboot = "error"

    server_configs = [
      {
        name           = "r750-01"
        baseline       = "r750"
        update_timeout = "3h"

        components = {
          BIOS  = null
          iDRAC = { version = "7.00.60.00" }
          raid  = { component = "RAID.SL.3-1", version = "52.26.0-5179", image = "./raid.EXE" }
        }
      },
    ]
  }

  assert {
    condition = onprem_idrac_firmware.this["r750-01"].components == tomap({
      iDRAC = merge(onprem_idrac_firmware.this["r750-01"].components["iDRAC"], { version = "7.00.60.00", image = null })
      raid  = merge(onprem_idrac_firmware.this["r750-01"].components["raid"], { component = "RAID.SL.3-1", image = "./raid.EXE" })
    })
    error_message = "the server's own components do not come before the baseline's"
  }

  assert {
    condition     = onprem_idrac_firmware.this["r750-01"].reboot == "error" && onprem_idrac_firmware.this["r750-01"].timeouts.update == "3h"
    error_message = "reboot or update_timeout does not count"
  }
}

run "a_name_that_is_there_twice" {
  command = plan

  variables {
    server_configs = [
      { name = "r750-01", baseline = "r750" },
      { name = "r750-01", baseline = "r750" },
    ]
  }

  expect_failures = [var.server_configs]
}

run "a_baseline_that_is_not_there" {
  command = plan

  variables {
    server_configs = [{ name = "r750-01", baseline = "r760" }]
  }

  expect_failures = [var.server_configs]
}

run "a_server_without_components" {
  command = plan

  variables {
    server_configs = [{ name = "r750-01", baseline = "r750", components = { BIOS = null, iDRAC = null } }]
  }

  expect_failures = [var.server_configs]
}

run "a_reboot_that_is_none" {
  command = plan

  variables {
    server_configs = [{ name = "r750-01", baseline = "r750", reboot = "sometimes" }]
  }

  expect_failures = [var.server_configs]
}

run "a_timeout_that_is_none" {
  command = plan

  variables {
    server_configs = [{ name = "r750-01", baseline = "r750", update_timeout = "soon" }]
  }

  expect_failures = [var.server_configs]
}

run "an_empty_version" {
  command = plan

  variables {
    baselines = { r750 = { BIOS = { version = " " } } }
  }

  expect_failures = [var.baselines]
}

run "an_image_url_with_a_user" {
  command = plan

  variables {
    image_url = "http://me:secret@10.0.0.9/firmware"
  }

  expect_failures = [var.image_url]
}

run "a_reboot_for_all_that_is_none" {
  command = plan

  variables {
    reboot = "sometimes"
  }

  expect_failures = [var.reboot]
}
