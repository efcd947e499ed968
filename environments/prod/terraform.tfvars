# The network and the numbers of this environment: template 9000 is 9060 here, VM 9100 is 9160, container 9200 is
# 9260.
vlan_id      = 60
gateway      = "10.60.0.1"
vm_id_offset = 60

# What NetBox knows of that network. It gives out neither the gateway, nor the addresses that guests below have of
# their own, nor those that DHCP gives.
tags    = { prod = { color = "2f6a31", description = "Made by Terraform, environment prod" } }
tenants = { operations = {} }
vlans   = { prod = { vid = 60, tenant = "operations" } }

prefixes = {
  "10.60.0.0/24" = { vlan = "prod", tenant = "operations", gateway = "10.60.0.1", description = "Servers" }
}

ip_ranges = {
  dhcp = { start_address = "10.60.0.200/24", end_address = "10.60.0.250/24", mark_populated = true }
}

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

# Full clones: what runs here must not depend on a template. Where clients have to know an address beforehand it is
# written here; NetBox gives the others.
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

    # What cloud-init does at its first boot.
    vendor_data = <<-EOT
      #cloud-config
      packages: [qemu-guest-agent]
      runcmd: [[systemctl, start, qemu-guest-agent]]
    EOT

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
    address_from  = { prefix = "10.60.0.0/24" }
    startup_order = 2
  },
  {
    name          = "web-02"
    template      = "ubuntu22"
    full_clone    = true
    vm_id         = 9101
    cores         = 4
    memory        = 2048
    address_from  = { prefix = "10.60.0.0/24" }
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
    address_from  = { prefix = "10.60.0.0/24" }
    startup_order = 2
  },
]

# The packages are the lab's, too: put those of Dell on a web server that your iDRACs reach.
firmware_url = "http://images.example.com/firmware"

firmware_baselines = {
  r750 = {
    BIOS        = { version = "1.14.1", image = "BIOS_R750_WN64_1.14.1.EXE" }
    diagnostics = { component = "25806", version = "4301A79", image = "Diagnostics_R750_WN64_4301A79.EXE" }
  }
  r770 = {
    diagnostics = { component = "25806", version = "4302A14", image = "Diagnostics_R770_WN64_4302A14.EXE" }
  }
}

server_configs = [
  { name = "r750-01", baseline = "r750" },
  { name = "r770-01", baseline = "r770" },
]

# Where things go, unless an entry says otherwise. Guests that have been moved to one of allowed_nodes stay there,
# and nobody can log in without a key.
# node          = "pve1"
# allowed_nodes = ["pve2", "pve3"]
# disk_storage  = "local-lvm"
# bridge        = "vmbr0"
# ssh_keys      = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… ops"]

# Addresses of yours. Tokens and passwords come from the environment: export TF_VAR_proxmox_api_token=…, and
# TF_VAR_netbox_token and TF_VAR_idrac_password.
# proxmox_endpoints      = ["https://pve1.example.com:8006", "https://pve2.example.com:8006"]
# proxmox_ca_certificate = "/etc/ssl/pve-root-ca.pem"
# netbox_url             = "https://netbox.example.com"
# idrac_username         = "terraform"
# idrac_fingerprints     = ["5F:E1:…"] # of certificates that no CA has signed
# idrac_servers = {
#   r750-01 = { endpoint = "https://10.0.0.21" }
#   r770-01 = { endpoint = "https://10.0.0.22" }
# }
