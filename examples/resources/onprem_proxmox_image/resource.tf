resource "onprem_proxmox_image" "debian13" {
  node      = "pve1"
  storage   = "local"
  content   = "import"
  file_name = "debian-13.qcow2"
  url       = "https://images.example.com/debian-13.qcow2"
  checksum  = "69613d3028304b1554ce9d63c6811baae407b8c6392c58fcc69cf65310458b2f"
}

# An ISO image that is published compressed.
resource "onprem_proxmox_image" "installer" {
  node                    = "pve1"
  storage                 = "local"
  content                 = "iso"
  file_name               = "installer.iso"
  url                     = "https://images.example.com/installer.iso.zst"
  decompression_algorithm = "zst"
}
