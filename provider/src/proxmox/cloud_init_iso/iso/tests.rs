//! The image, read by another library than the one that writes it.

use std::collections::BTreeMap;

use iso9660_simple::{ISO9660, Read};

use super::*;

fn texts() -> Texts {
    Texts {
        user_data: Some("#cloud-config\nhostname: web-01\n".to_owned()),
        // More than one sector.
        vendor_data: Some("# 1234567\n".repeat(1000)),
        ..Texts::default()
    }
}

struct Disc(Vec<u8>);

impl Read for Disc {
    fn read(&mut self, position: usize, buffer: &mut [u8]) -> Option<()> {
        buffer.copy_from_slice(self.0.get(position..position + buffer.len())?);
        Some(())
    }
}

/// The label of an image, and its files.
fn contents(image: &[u8]) -> (String, BTreeMap<String, String>) {
    let mut disc = ISO9660::from_device(Disc(image.to_vec())).unwrap();
    let label = disc
        .descriptors()
        .find_map(|found| Some(found.try_as_pvd()?.label))
        .map(|label| String::from_utf8(label.to_vec()).unwrap())
        .unwrap();
    let entries: Vec<_> = (&disc.read_root()).filter(|entry| entry.is_file()).collect();
    let mut files = BTreeMap::new();
    for entry in entries {
        let mut buffer = vec![0; entry.file_size() as usize];
        disc.read_file(&entry, 0, &mut buffer).unwrap();
        files.insert(entry.name.clone(), String::from_utf8(buffer).unwrap());
    }
    (label.trim_end().to_owned(), files)
}

/// The image without the descriptor of Joliet, so that Rock Ridge is all that is left.
fn without_joliet(mut image: Vec<u8>) -> Vec<u8> {
    for sector in DESCRIPTORS.. {
        match image[sector * SECTOR] {
            2 => image[sector * SECTOR] = 3,
            255 => return image,
            _ => {}
        }
    }
    image
}

#[test]
fn cloud_init_finds_what_was_written() {
    let texts = texts();
    let image = texts.image().unwrap();
    assert_eq!(image.len() % SECTOR, 0);
    let meta_data = format!("instance-id: onprem-{}\n", &texts.hash()[..12]);
    let wanted = BTreeMap::from([
        ("user-data".to_owned(), texts.user_data.clone().unwrap()),
        ("meta-data".to_owned(), meta_data),
        ("vendor-data".to_owned(), texts.vendor_data.unwrap()),
    ]);
    assert_eq!(contents(&image), (LABEL.to_owned(), wanted.clone()), "by Joliet");
    let image = without_joliet(image);
    assert_eq!(contents(&image), (LABEL.to_owned(), wanted), "by Rock Ridge");
}

#[test]
fn all_four_texts_are_taken_as_they_are() {
    let texts = Texts {
        user_data: Some(String::new()),
        meta_data: Some("instance-id: ü\n".to_owned()),
        network_config: Some("version: 2\n".to_owned()),
        vendor_data: Some("x".to_owned()),
    };
    let (_, files) = contents(&texts.image().unwrap());
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let wanted = [
        ("meta-data", "instance-id: ü\n"),
        ("network-config", "version: 2\n"),
        ("user-data", ""),
        ("vendor-data", "x"),
    ];
    assert_eq!(files, wanted);
}

#[test]
fn no_date_is_left_in_the_image() {
    let image = texts().image().unwrap();
    // Whatever the library stamps: this century's years, as text and as the number since 1900.
    let descriptor = &image[DESCRIPTORS * SECTOR..][..SECTOR];
    assert_eq!(&descriptor[VOLUME_DATES][..17], b"0000000000000000\0");
    assert_eq!(descriptor[ROOT..][RECORD_DATE], EPOCH);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(texts().image().unwrap() == image, "the same texts make the same bytes");
}

#[test]
fn the_hash_tells_texts_apart() {
    let some = |text: &str| Some(text.to_owned());
    let all = [
        Texts::default(),
        Texts { user_data: some(""), ..Texts::default() },
        Texts { user_data: some("a"), ..Texts::default() },
        Texts { vendor_data: some("a"), ..Texts::default() },
        Texts { user_data: some("a"), vendor_data: some(""), ..Texts::default() },
        Texts { user_data: some("avendor-data 0\n"), ..Texts::default() },
    ];
    let hashes: std::collections::BTreeSet<String> = all.iter().map(Texts::hash).collect();
    assert_eq!(hashes.len(), all.len());
}
