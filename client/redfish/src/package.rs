//! What an update package brings.
//!
//! Dell's packages for Windows (`.EXE`) are ZIP archives behind a program, and one of their files,
//! `package.xml`, says the version and the components. The archive's table of contents is at its end, so
//! that a few hundred kilobytes of a package of any size tell it. Other images (`.d9`, `.d10`) tell
//! nothing.

mod manifest;
mod remote;

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

pub use manifest::{Manifest, PciId, SupportedDevice};
pub use remote::fetch;

/// The largest `package.xml` that is read; real ones have some hundred kilobytes
const MANIFEST_LIMIT: u64 = 8 * 1024 * 1024;

/// Read what a package in a file brings; nothing when it is no such package
///
/// # Errors
/// A file that cannot be read.
pub fn read(path: &Path) -> io::Result<Option<Manifest>> {
    manifest_of(File::open(path)?)
}

/// Find and read the manifest in an archive; nothing when it is none, or has none
fn manifest_of(archive: impl Read + Seek) -> io::Result<Option<Manifest>> {
    let mut archive = match zip::ZipArchive::new(archive) {
        Ok(archive) => archive,
        Err(zip::result::ZipError::Io(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let named = |name: &str| name.rsplit(['/', '\\']).next() == Some("package.xml");
    let name =
        archive.file_names().flatten().find(|name| named(name)).map(|name| name.into_owned());
    let Some(name) = name else { return Ok(None) };
    let file = match archive.by_name(&name) {
        Ok(file) => file,
        Err(zip::result::ZipError::Io(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let mut bytes = vec![];
    file.take(MANIFEST_LIMIT).read_to_end(&mut bytes)?;
    Ok(Manifest::parse(&bytes))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    /// A program with an archive behind it, as Dell's packages are
    pub(super) fn package(manifest: &str) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(vec![]));
        let options = zip::write::SimpleFileOptions::default();
        for (name, bytes) in
            [("payload/BIOS.bin", vec![7; 300_000]), ("package.xml", manifest.as_bytes().to_vec())]
        {
            archive.start_file(name, options).unwrap();
            archive.write_all(&bytes).unwrap();
        }
        let mut bytes = b"MZ this program cannot be run in DOS mode".repeat(8192);
        bytes.extend(archive.finish().unwrap().into_inner());
        bytes
    }

    #[test]
    fn the_manifest_is_found_behind_the_program() {
        let bytes = package(r#"<SoftwareComponent vendorVersion="1.14.1"/>"#);
        let manifest = manifest_of(Cursor::new(bytes)).unwrap().unwrap();
        assert_eq!(manifest.version, "1.14.1");
    }

    #[test]
    fn what_is_no_package_brings_nothing_and_is_no_error() {
        for bytes in [vec![], b"MZ".to_vec(), vec![0; 100_000]] {
            assert_eq!(manifest_of(Cursor::new(bytes)).unwrap(), None);
        }
    }
}
