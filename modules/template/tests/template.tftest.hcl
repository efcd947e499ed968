# The provider is mocked: these tests need no Proxmox VE.
mock_provider "onprem" {
  mock_resource "onprem_proxmox_image" {
    defaults = {
      volume_id = "local:import/ubuntu22-01234567.qcow2"
    }
  }

  mock_resource "onprem_proxmox_template" {
    defaults = {
      template_id = "9000"
    }
  }
}

variables {
  name      = "ubuntu22"
  node      = "pve1"
  vm_id     = 9000
  image_url = "https://images.example.com/ubuntu-22.04.qcow2"
  checksum  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
}

run "outputs" {
  assert {
    condition     = output.vm_id == 9000
    error_message = "vm_id is not the one that was asked for"
  }

  assert {
    condition     = output.template_id == "9000"
    error_message = "template_id is not the template's"
  }

  assert {
    condition     = output.image_id == "local:import/ubuntu22-01234567.qcow2"
    error_message = "image_id is not the image's volume id"
  }

  assert {
    condition     = onprem_proxmox_template.this.image == output.image_id
    error_message = "the template is not built from the image"
  }
}

run "a_new_checksum_is_a_new_image" {
  command = plan

  variables {
    checksum = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  }

  assert {
    condition     = onprem_proxmox_image.this.file_name == "ubuntu22-fedcba98.qcow2"
    error_message = "the file name does not carry the checksum"
  }
}

run "a_template_is_protected_on_request_alone" {
  command = plan

  assert {
    condition     = onprem_proxmox_template.this.protection == false
    error_message = "the template is protected unasked"
  }
}

run "protection_reaches_the_template" {
  command = plan

  variables {
    protection = true
  }

  assert {
    condition     = onprem_proxmox_template.this.protection == true
    error_message = "the template is not protected"
  }
}

run "clones_have_a_drive_for_their_data" {
  command = plan

  assert {
    condition     = onprem_proxmox_template.this.cloud_init.storage == "local-lvm"
    error_message = "there is no drive of Proxmox VE"
  }

  assert {
    condition     = length(onprem_proxmox_cloud_init.this) == 0
    error_message = "there is an image that nobody asked for"
  }
}

run "vendor_data_come_in_its_place" {
  variables {
    name        = "ubuntu22-agent"
    vendor_data = "#cloud-config\npackages: [qemu-guest-agent]\n"
  }

  override_resource {
    target = onprem_proxmox_cloud_init.this
    values = { volume_id = "local:iso/ubuntu22-agent-cloud-init.iso" }
  }

  assert {
    condition     = onprem_proxmox_cloud_init.this[0].file_name == "ubuntu22-agent-cloud-init.iso"
    error_message = "the image is not named after the template"
  }

  assert {
    condition     = onprem_proxmox_template.this.cdrom["ide2"].volume == "local:iso/ubuntu22-agent-cloud-init.iso"
    error_message = "the template has not the image"
  }
}

run "vendor_data_of_no_kind_are_refused" {
  command = plan

  variables {
    vendor_data = "packages: [nginx]"
  }

  expect_failures = [var.vendor_data]
}

run "a_checksum_of_another_algorithm_is_refused" {
  command = plan

  variables {
    checksum_algorithm = "sha512"
  }

  expect_failures = [var.checksum]
}

run "a_file_is_no_image_url" {
  command = plan

  variables {
    image_url = "/var/lib/vz/template/ubuntu.qcow2"
  }

  expect_failures = [var.image_url]
}

run "a_reserved_vm_id_is_refused" {
  command = plan

  variables {
    vm_id = 99
  }

  expect_failures = [var.vm_id]
}

run "a_name_with_an_underscore_is_refused" {
  command = plan

  variables {
    name = "ubuntu_22"
  }

  expect_failures = [var.name]
}
