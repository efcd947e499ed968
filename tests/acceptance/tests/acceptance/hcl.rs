//! Pieces of configuration that several tests use.

use onprem_lab::{Image, images};

/// Address of the image in [`image`].
pub(crate) const IMAGE: &str = "onprem_proxmox_image.this";

/// The file of [`ubuntu_image`] on the lab's web server.
pub(crate) const UBUNTU: &str = "ubuntu-22.04.qcow2";

/// A file of the lab's web server.
pub(crate) fn file(name: &str) -> &'static Image {
    images().iter().find(|image| image.name == name).unwrap()
}

/// An image with these arguments: `key = value` lines.
pub(crate) fn image(arguments: &str) -> String {
    format!("resource \"onprem_proxmox_image\" \"this\" {{\n{}\n}}\n", arguments.trim_matches('\n'))
}

/// The lab's Ubuntu as a disk image on `pve1`, with its checksum.
pub(crate) fn ubuntu_image() -> String {
    image(&ubuntu_arguments())
}

/// The arguments of [`ubuntu_image`].
pub(crate) fn ubuntu_arguments() -> String {
    format!(
        r#"
  node     = "pve1"
  storage  = "local"
  content  = "import"
  url      = "http://images.example.com/ubuntu-22.04.qcow2"
  checksum = "{}"
"#,
        file(UBUNTU).sha256
    )
}

/// Address of the template in [`template`].
pub(crate) const TEMPLATE: &str = "onprem_proxmox_template.this";

/// [`ubuntu_image`] and a template with these arguments.
pub(crate) fn template(arguments: &str) -> String {
    format!(
        "{}\nresource \"onprem_proxmox_template\" \"this\" {{\n{}\n}}\n",
        ubuntu_image(),
        arguments.trim_matches('\n')
    )
}

/// Template 9000 of Ubuntu on `pve1`, as small as templates are, with further arguments.
pub(crate) fn ubuntu_template(more: &str) -> String {
    template(&format!("{UBUNTU_TEMPLATE}{more}"))
}

/// The arguments of [`ubuntu_template`].
pub(crate) const UBUNTU_TEMPLATE: &str = r#"
  vm_id = 9000
  node  = "pve1"
  name  = "ubuntu22"
  image = onprem_proxmox_image.this.volume_id
  disks = { scsi0 = { storage = "local-lvm", size = 4 } }
"#;
