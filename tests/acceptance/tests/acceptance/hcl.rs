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
