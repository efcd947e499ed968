//! The ISO image that cloud-init's NoCloud data source reads: four files, and the label `cidata`.
//!
//! Linux sees the names in lower case through Rock Ridge, Windows through Joliet. The same texts make
//! the same bytes: the dates that the library stamps are taken out again.

use std::io::Cursor;

use hadris_iso::joliet::JolietLevel;
use hadris_iso::read::PathSeparator;
use hadris_iso::rrip::RripOptions;
use hadris_iso::write::options::{BaseIsoLevel, CreationFeatures, IsoFormatOptions};
use hadris_iso::write::{InputEntry, InputMetadata, InputTree, IsoImageWriter};
use sha2::{Digest, Sha256};
use tf_provider::{Diagnostic, Result};

/// What cloud-init gets to read.
#[derive(Clone, Default)]
pub(super) struct Texts {
    pub(super) user_data: Option<String>,
    pub(super) meta_data: Option<String>,
    pub(super) network_config: Option<String>,
    pub(super) vendor_data: Option<String>,
}

impl Texts {
    /// SHA-256 of the texts, in hexadecimal. A text that is empty is another than none.
    pub(super) fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in self.named() {
            if let Some(text) = text {
                // With its length before it no text can pass for the end of another.
                hash.update(format!("{name} {}\n", text.len()));
                hash.update(text);
            }
        }
        hex::encode(hash.finalize())
    }

    /// The image.
    ///
    /// # Errors
    /// Texts that no image can hold.
    pub(super) fn image(&self) -> Result<Vec<u8>> {
        let mut files = vec![];
        for (name, text) in self.named() {
            let text = match (name, text) {
                (_, Some(text)) => text.clone(),
                // NoCloud takes a medium for its own only with both of these on it.
                ("user-data", None) => String::new(),
                ("meta-data", None) => format!("instance-id: onprem-{}\n", &self.hash()[..12]),
                _ => continue,
            };
            // Readable by root alone, since there are passwords in it.
            let metadata = InputMetadata { mode: Some(0o400), ..InputMetadata::default() };
            files.push(InputEntry::file(name, text).with_metadata(metadata));
        }
        let options = IsoFormatOptions {
            volume_name: LABEL.to_owned(),
            system_id: None,
            volume_set_id: None,
            publisher_id: None,
            preparer_id: None,
            application_id: None,
            sector_size: SECTOR,
            features: CreationFeatures {
                filenames: BaseIsoLevel::Level2 { supports_lowercase: false, supports_rrip: true },
                joliet: Some(JolietLevel::Level3),
                rock_ridge: Some(RripOptions {
                    preserve_timestamps: false,
                    ..RripOptions::default()
                }),
                ..CreationFeatures::default()
            },
            path_separator: PathSeparator::ForwardSlash,
            strict_charset: false,
        };
        let tree = InputTree::new(PathSeparator::ForwardSlash, files);
        let image = IsoImageWriter::create(Cursor::new(vec![]), tree, options);
        let mut image = image
            .map_err(|error| {
                Diagnostic::error("The ISO image could not be made").detail(error.to_string())
            })?
            .into_inner();
        image.resize(image.len().next_multiple_of(SECTOR), 0);
        take_dates_out(&mut image);
        Ok(image)
    }

    fn named(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("user-data", &self.user_data),
            ("meta-data", &self.meta_data),
            ("network-config", &self.network_config),
            ("vendor-data", &self.vendor_data),
        ]
    }
}

/// The label by which cloud-init finds the medium.
const LABEL: &str = "cidata";

/// Size of a sector in bytes.
const SECTOR: usize = 2048;

/// Sector of the first volume descriptor.
const DESCRIPTORS: usize = 16;

/// Dates of a volume descriptor, 17 bytes each: made, changed, expires, takes effect.
const VOLUME_DATES: std::ops::Range<usize> = 813..813 + 4 * 17;

/// The root's record in a volume descriptor.
const ROOT: usize = 156;

/// The date in a record of a directory.
const RECORD_DATE: std::ops::Range<usize> = 18..25;

/// Replaces each date by one that is valid and means nothing.
fn take_dates_out(image: &mut [u8]) {
    for sector in DESCRIPTORS.. {
        let at = sector * SECTOR;
        let Some(descriptor) = image.get_mut(at..at + SECTOR) else { return };
        // Only the primary and the Joliet descriptor have dates; 255 ends the list.
        match descriptor[0] {
            1 | 2 => {}
            255 => return,
            _ => continue,
        }
        for date in descriptor[VOLUME_DATES].chunks_mut(17) {
            // Sixteen zeros and no time zone: not specified.
            date[..16].fill(b'0');
            date[16] = 0;
        }
        let record = &mut descriptor[ROOT..ROOT + 34];
        record[RECORD_DATE].copy_from_slice(&EPOCH);
        let [start, length] = [2, 10].map(|at| little_endian(&record[at..at + 4]));
        let start = start.saturating_mul(SECTOR);
        if let Some(directory) = image.get_mut(start..start.saturating_add(length)) {
            take_record_dates_out(directory);
        }
    }
}

/// Replaces the date of each record of a directory.
fn take_record_dates_out(directory: &mut [u8]) {
    // No record crosses the end of a sector.
    for sector in directory.chunks_mut(SECTOR) {
        let mut at = 0;
        while let Some(length) = sector.get(at).map(|length| usize::from(*length)) {
            match sector.get_mut(at..at + length) {
                Some(record) if length >= 34 => record[RECORD_DATE].copy_from_slice(&EPOCH),
                _ => break,
            }
            at += length;
        }
    }
}

/// The start of 1970, as a record of a directory writes it.
const EPOCH: [u8; 7] = [70, 1, 1, 0, 0, 0, 0];

fn little_endian(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests;
