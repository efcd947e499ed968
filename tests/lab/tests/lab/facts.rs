//! Finds the recorded facts beside the workspace; without them a test says so and ends.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Text of a packed file of facts; `None`, with a visible line, where the facts are not at hand.
pub(crate) fn open(name: &str) -> Option<String> {
    Some(String::from_utf8(open_bytes(name)?).unwrap())
}

/// The same for what is no text.
pub(crate) fn open_bytes(name: &str) -> Option<Vec<u8>> {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if file.exists() {
        let mut data = Vec::new();
        let packed = std::fs::File::open(file).unwrap();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut data).unwrap();
        return Some(data);
    }
    skip(&format!("{name} is not beside the workspace"));
    None
}

/// Says that a test is skipped; in CI that is a failure.
pub(crate) fn skip(reason: &str) {
    assert!(
        std::env::var("CI").is_ok_and(|value| value.is_empty()) || std::env::var("CI").is_err(),
        "skipped in CI: {reason}"
    );
    eprintln!("SKIPPED: {reason}");
}

/// Unpacks a text.
pub(crate) fn read_gz(file: &Path) -> String {
    let mut text = String::new();
    let packed = std::fs::File::open(file).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
}
