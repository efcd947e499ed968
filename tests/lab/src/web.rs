//! The lab's own web server: small disk images that are the same, byte for byte, at every start, so
//! that a checksum can stand in a committed configuration.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

/// Host name that the lab's nodes resolve to this web server.
pub(crate) const IMAGES_HOST: &str = "images.example.com";

const CLUSTER: usize = 65536;

/// An image that the web server offers.
#[derive(Clone, Debug)]
pub struct Image {
    /// Name after the slash of the URL.
    pub name: String,
    /// Contents.
    pub data: Bytes,
    /// SHA-256 of the contents, in hexadecimal.
    pub sha256: String,
}

/// The images that every lab serves, by name.
#[must_use]
pub fn images() -> &'static [Image] {
    static ALL: OnceLock<Vec<Image>> = OnceLock::new();
    ALL.get_or_init(|| {
        let packages =
            crate::idrac::packages().into_iter().map(|(name, data)| image(&name, data)).collect();
        let folder = |mut image: Image| {
            image.name.insert_str(0, "firmware/");
            image
        };
        let packages = with_sums(packages).into_iter().map(folder);
        disk_images().iter().cloned().chain(packages).collect()
    })
}

fn disk_images() -> &'static [Image] {
    static IMAGES: OnceLock<Vec<Image>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        const GIB: u64 = 1 << 30;
        let ubuntu = qcow2("ubuntu-22.04", 2 * GIB);
        with_sums(vec![
            image("alpine-3.22-default_20250617_amd64.tar.zst", zstd(&container_template())),
            image("alpine-3.22.iso", iso("ALPINE_LAB")),
            image("debian-13.qcow2", qcow2("debian-13", 3 * GIB)),
            image("debian-13.raw", raw("debian-13")),
            image("ubuntu-22.04.img", ubuntu.clone()),
            image("ubuntu-22.04.img.gz", gzip(&ubuntu)),
            image("ubuntu-22.04.iso.gz", gzip(&iso("UBUNTU_LAB"))),
            image("ubuntu-22.04.iso.zst", zstd(&iso("UBUNTU_LAB"))),
            image("ubuntu-22.04.qcow2", ubuntu.clone()),
            image("ubuntu-22.04.qcow2.gz", gzip(&ubuntu)),
            image("ubuntu-24.04.qcow2", qcow2("ubuntu-24.04", 7 * GIB / 2)),
        ])
    })
}

/// Adds the list of the checksums of some images.
fn with_sums(mut images: Vec<Image>) -> Vec<Image> {
    let sums: Vec<String> =
        images.iter().map(|image| format!("{}  {}\n", image.sha256, image.name)).collect();
    images.push(image("SHA256SUMS", sums.concat().into_bytes()));
    images
}

fn image(name: &str, data: Vec<u8>) -> Image {
    let sha256 = hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &data).as_ref());
    Image { name: name.to_owned(), data: data.into(), sha256 }
}

/// Hexadecimal form of some bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An empty qcow2 (version 3) of that virtual size; the label makes its checksum its own.
fn qcow2(label: &str, virtual_size: u64) -> Vec<u8> {
    const LABEL_EXTENSION: u32 = 0x6c61_6273;
    let entries = virtual_size.div_ceil(512 << 20);
    let l1_offset = 3 * CLUSTER;
    let mut header = Vec::new();
    header.extend(b"QFI\xfb");
    header.extend(3_u32.to_be_bytes());
    header.extend([0; 12]);
    header.extend(16_u32.to_be_bytes());
    header.extend(virtual_size.to_be_bytes());
    header.extend(0_u32.to_be_bytes());
    header.extend((entries as u32).to_be_bytes());
    header.extend((l1_offset as u64).to_be_bytes());
    header.extend((CLUSTER as u64).to_be_bytes());
    header.extend(1_u32.to_be_bytes());
    header.extend([0; 36]);
    header.extend(4_u32.to_be_bytes());
    header.extend(104_u32.to_be_bytes());
    header.extend(LABEL_EXTENSION.to_be_bytes());
    header.extend((label.len() as u32).to_be_bytes());
    header.extend(label.as_bytes());
    header.resize(header.len().next_multiple_of(8) + 8, 0);
    let mut file = vec![0; l1_offset + entries as usize * 8];
    file[..header.len()].copy_from_slice(&header);
    // The refcount table names one block, which counts the four clusters in use.
    file[CLUSTER..CLUSTER + 8].copy_from_slice(&(2 * CLUSTER as u64).to_be_bytes());
    for cluster in 0..4 {
        file[2 * CLUSTER + 2 * cluster + 1] = 1;
    }
    file
}

fn raw(label: &str) -> Vec<u8> {
    let mut disk = vec![0; 1 << 20];
    disk[..label.len()].copy_from_slice(label.as_bytes());
    disk
}

/// The volume descriptors of an empty ISO 9660 file system.
fn iso(label: &str) -> Vec<u8> {
    let mut file = vec![0; 18 * 2048];
    let primary = &mut file[16 * 2048..17 * 2048];
    primary[..7].copy_from_slice(b"\x01CD001\x01");
    primary[40..72].fill(b' ');
    primary[40..40 + label.len()].copy_from_slice(label.as_bytes());
    file[17 * 2048..17 * 2048 + 7].copy_from_slice(b"\xffCD001\x01");
    file
}

/// A tar with the one file by which a distribution is known.
fn container_template() -> Vec<u8> {
    let content = b"NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.0\n";
    let mut header = vec![0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, b"etc/os-release");
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = header;
    tar.extend(content);
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

/// Wraps data in gzip without compressing, so that no library version changes the bytes.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut chunks = data.chunks(0xffff).peekable();
    while let Some(chunk) = chunks.next() {
        let length = chunk.len() as u16;
        file.push(u8::from(chunks.peek().is_none()));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend(chunk);
    }
    file.extend(crc32(data).to_le_bytes());
    file.extend((data.len() as u32).to_le_bytes());
    file
}

/// Wraps data in one zstd frame of raw blocks, for the same reason.
fn zstd(data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
    file.extend((data.len() as u32).to_le_bytes());
    let mut chunks = data.chunks(1 << 17).peekable();
    while let Some(chunk) = chunks.next() {
        let block = (chunk.len() as u32) << 3 | u32::from(chunks.peek().is_none());
        file.extend(&block.to_le_bytes()[..3]);
        file.extend(chunk);
    }
    file
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}

/// Everything that one lab's web server offers: the common images and the lab's own.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<BTreeMap<String, Bytes>>);

impl Files {
    pub(crate) fn new(more: &BTreeMap<String, Bytes>) -> Self {
        let common = images().iter().map(|image| (image.name.clone(), image.data.clone()));
        let more = more.iter().map(|(name, data)| (name.clone(), data.clone()));
        Self(Arc::new(common.chain(more).collect()))
    }

    pub(crate) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let name = request.uri().path().trim_start_matches('/');
        let mut response = Response::new(Full::default());
        match self.0.get(name) {
            Some(data) => {
                let kind = http::HeaderValue::from_static(mime_type(name));
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                response.headers_mut().insert(header::CONTENT_LENGTH, data.len().into());
                if request.method() != http::Method::HEAD {
                    *response.body_mut() = Full::new(data.clone());
                }
            }
            None => {
                *response.status_mut() = StatusCode::NOT_FOUND;
                response.extensions_mut().insert(ReasonPhrase::from_static(b"File not found"));
            }
        }
        Ok(response)
    }
}

fn mime_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("iso") => "application/x-iso9660-image",
        Some("gz") => "application/gzip",
        Some("zst") => "application/zstd",
        None => "text/plain",
        Some(_) => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn find(name: &str) -> &'static Image {
        images().iter().find(|image| image.name == name).unwrap()
    }

    /// The checksums stand in users' configurations: a change of any byte breaks theirs.
    #[test]
    fn images_never_change() {
        let sums = String::from_utf8(find("SHA256SUMS").data.to_vec()).unwrap();
        assert_eq!(sums, include_str!("../data/SHA256SUMS"));
        let sums = String::from_utf8(find("firmware/SHA256SUMS").data.to_vec()).unwrap();
        assert_eq!(sums, include_str!("../data/FIRMWARE-SHA256SUMS"));
    }

    #[test]
    fn packed_images_hold_what_the_plain_ones_hold() {
        let mut plain = Vec::new();
        let packed = &find("ubuntu-22.04.qcow2.gz").data;
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
        assert!(plain == find("ubuntu-22.04.qcow2").data);
        let packed = &find("ubuntu-22.04.iso.zst").data;
        let mut plain = Vec::new();
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(&packed[..]).unwrap();
        decoder.read_to_end(&mut plain).unwrap();
        assert!(plain == iso("UBUNTU_LAB"));
    }
}
