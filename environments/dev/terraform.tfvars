# The templates of this environment. Their images are the lab's, so that `cargo xtask demo` can use the file
# as it is: replace address and checksum by those of your own mirror.
templates = {
  ubuntu22 = {
    vm_id     = 9000
    image_url = "http://images.example.com/ubuntu-22.04.qcow2"
    checksum  = "6a657c2a61fdfbb1584fee9336f5d9d7ccac9943918e771e7bd728d12bcc9eb2"
  }
}

# Where things go, unless an entry says otherwise.
# node         = "pve1"
# disk_storage = "local-lvm"
# bridge       = "vmbr0"

# Addresses of your cluster. The token comes from the environment: export TF_VAR_proxmox_api_token=…
# proxmox_endpoints      = ["https://pve1.example.com:8006", "https://pve2.example.com:8006"]
# proxmox_ca_certificate = "/etc/ssl/pve-root-ca.pem"
