//! Looking for secrets where none may be.

use std::fs;
use std::path::Path;

/// Check that no file under `folder` contains any of `secrets`.
///
/// # Panics
/// When one does: the file is named, the secret is not.
pub(crate) fn assert_absent(folder: &Path, secrets: &[String]) {
    let mut searched = 0;
    search(folder, secrets, &mut searched);
    assert!(searched > 0, "there was nothing to search in {}", folder.display());
}

fn search(folder: &Path, secrets: &[String], searched: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The provider itself is no output.
        if path.file_name().is_some_and(|name| name == "override" || name == "mirror") {
            continue;
        }
        if path.is_dir() {
            search(&path, secrets, searched);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        *searched += 1;
        for (number, secret) in secrets.iter().enumerate() {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "secret {number} is in {}", path.display());
        }
    }
}
