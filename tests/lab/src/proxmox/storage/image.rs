//! What a disk image says of itself: the virtual size in its header.

/// Virtual size of an image of that format.
///
/// # Errors
/// The image is not of that format.
pub(crate) fn virtual_size(format: &str, data: &[u8]) -> Result<u64, String> {
    let number = |at: usize| {
        data.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes)
    };
    match format {
        "qcow2" => {
            if data.get(..4) != Some(b"QFI\xfb") {
                return Err("Image is not in qcow2 format".to_owned());
            }
            number(24).ok_or_else(|| "Image is not in qcow2 format".to_owned())
        }
        "vmdk" => {
            if data.get(..4) != Some(b"KDMV") {
                return Err("invalid VMDK image descriptor".to_owned());
            }
            let sectors = number(12).map(u64::swap_bytes);
            sectors
                .map(|sectors| sectors * 512)
                .ok_or_else(|| "invalid VMDK image descriptor".to_owned())
        }
        _ => Ok((data.len() as u64).next_multiple_of(512)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        let images = crate::web::images();
        let ubuntu = images.iter().find(|image| image.name == "ubuntu-22.04.qcow2").unwrap();
        assert_eq!(virtual_size("qcow2", &ubuntu.data), Ok(2 << 30));
        assert!(virtual_size("qcow2", b"hello").is_err());
        assert_eq!(virtual_size("raw", b"hello"), Ok(512));
    }
}
