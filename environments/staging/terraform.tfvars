# The network and the numbers of this environment: template 9000 is 9030 here, VM 9100 is 9130.
vlan_id      = 30
gateway      = "10.30.0.1"
vm_id_offset = 30

# Their images are the lab's, so that `cargo xtask demo` can use the file as it is: replace address and
# checksum by those of your own mirror.
templates = {
  ubuntu22 = {
    vm_id     = 9000
    image_url = "http://images.example.com/ubuntu-22.04.qcow2"
    checksum  = "6a657c2a61fdfbb1584fee9336f5d9d7ccac9943918e771e7bd728d12bcc9eb2"
    disk_size = 4
  }
}

vm_configs = [
  { name = "web-01", template = "ubuntu22", vm_id = 9100, cores = 2, memory = 1024, ip_address = "10.30.0.11/24" },
  { name = "web-02", template = "ubuntu22", vm_id = 9101, cores = 2, memory = 1024, ip_address = "10.30.0.12/24" },
  {
    name       = "db-01"
    template   = "ubuntu22"
    vm_id      = 9102
    cores      = 4
    memory     = 4096
    disk_size  = 8
    data_disks = { scsi1 = { storage = "local-lvm", size = 16 } }
    ip_address = "10.30.0.21/24"
  },
]

# Where things go, unless an entry says otherwise. Guests that have been moved to one of allowed_nodes stay there,
# and nobody can log in without a key.
# node          = "pve1"
# allowed_nodes = ["pve2", "pve3"]
# disk_storage  = "local-lvm"
# bridge        = "vmbr0"
# ssh_keys      = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… ops"]

# Addresses of your cluster. The token comes from the environment: export TF_VAR_proxmox_api_token=…
# proxmox_endpoints      = ["https://pve1.example.com:8006", "https://pve2.example.com:8006"]
# proxmox_ca_certificate = "/etc/ssl/pve-root-ca.pem"
