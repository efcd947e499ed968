# The network and the numbers of this environment: template 9000 is 9060 here, VM 9100 is 9160, container 9200 is
# 9260.
vlan_id      = 60
gateway      = "10.60.0.1"
vm_id_offset = 60

# Their images are the lab's, so that `cargo xtask demo` can use the file as it is: replace address and
# checksum by those of your own mirror.
templates = {
  ubuntu22 = {
    vm_id     = 9000
    image_url = "http://images.example.com/ubuntu-22.04.qcow2"
    checksum  = "6a657c2a61fdfbb1584fee9336f5d9d7ccac9943918e771e7bd728d12bcc9eb2"
    disk_size = 4
  }
  debian13 = {
    vm_id     = 9001
    image_url = "http://images.example.com/debian-13.qcow2"
    checksum  = "69613d3028304b1554ce9d63c6811baae407b8c6392c58fcc69cf65310458b2f"
    disk_size = 4
  }
}

container_templates = {
  alpine = {
    url      = "http://images.example.com/alpine-3.22-default_20250617_amd64.tar.zst"
    checksum = "2f9da26137a6d909d2cbed43cdff23231454d68566aa88755ad322ff2e803e87"
  }
}

# What every VM does at its first boot, whatever its image is.
vendor_data = <<-EOT
  #cloud-config
  packages: [qemu-guest-agent]
  runcmd: [[systemctl, start, qemu-guest-agent]]
EOT

# Full clones: what runs here must not depend on a template.
vm_configs = [
  {
    name          = "db-01"
    template      = "debian13"
    full_clone    = true
    vm_id         = 9102
    cores         = 4
    memory        = 8192
    disk_size     = 8
    data_disks    = { scsi1 = { storage = "local-lvm", size = 32 } }
    ip_address    = "10.60.0.21/24"
    startup_order = 1
    firewall = {
      rules = [
        { proto = "tcp", dport = "5432", source = "10.60.0.0/24", comment = "Web servers" },
        { macro = "SSH", source = "10.0.0.0/24", comment = "Administrators" },
      ]
    }
  },
  {
    name          = "web-01"
    template      = "ubuntu22"
    full_clone    = true
    vm_id         = 9100
    cores         = 4
    memory        = 2048
    ip_address    = "10.60.0.11/24"
    startup_order = 2
  },
  {
    name          = "web-02"
    template      = "ubuntu22"
    full_clone    = true
    vm_id         = 9101
    cores         = 4
    memory        = 2048
    ip_address    = "10.60.0.12/24"
    startup_order = 2
  },
]

lxc_configs = [
  {
    hostname      = "dns-01"
    template      = "alpine"
    vm_id         = 9200
    memory        = 256
    swap          = 0
    ip_address    = "10.60.0.53/24"
    startup_order = 1
    firewall      = { rules = [{ macro = "DNS", source = "10.60.0.0/24" }] }
  },
  {
    hostname      = "files-01"
    template      = "alpine"
    vm_id         = 9201
    cores         = 2
    memory        = 1024
    mount_points  = { mp0 = { path = "/srv", storage = "local-lvm", size = 16, backup = true } }
    ip_address    = "10.60.0.31/24"
    startup_order = 2
  },
]

# Addresses of your cluster. The token comes from the environment: export TF_VAR_proxmox_api_token=…
# proxmox_endpoints      = ["https://pve1.example.com:8006", "https://pve2.example.com:8006"]
# proxmox_ca_certificate = "/etc/ssl/pve-root-ca.pem"
