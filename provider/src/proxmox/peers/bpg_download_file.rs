//! `proxmox_virtual_environment_download_file` of bpg/proxmox.

use tf_provider::{Diagnostic, Result, Source};

use super::{Attributes, Taken, put};

/// A file in a storage.
pub(crate) fn image(source: &Source) -> Result<Option<Taken>> {
    if !source.is("bpg/proxmox", "proxmox_virtual_environment_download_file") {
        return Ok(None);
    }
    let state = Attributes::of(source);
    let needed = |name: &str| {
        state.text(name).ok_or_else(|| {
            Diagnostic::error(format!("The state does not tell the `{name}` of the file"))
        })
    };
    let (node, storage) = (needed("node_name")?, needed("datastore_id")?);
    let (content, file) = (needed("content_type")?, needed("file_name")?);
    let volume = format!("{storage}:{content}/{file}");
    let mut taken = Taken::new();
    put(&mut taken, "id", Some(format!("{node}/{volume}")));
    put(&mut taken, "volume_id", Some(volume));
    put(&mut taken, "node", Some(node));
    put(&mut taken, "storage", Some(storage));
    put(&mut taken, "content", Some(content));
    put(&mut taken, "file_name", Some(file));
    put(&mut taken, "size", state.number("size"));
    for name in ["url", "checksum", "checksum_algorithm", "decompression_algorithm"] {
        put(&mut taken, name, state.text(name));
    }
    // `true` is what an absent one means.
    put(&mut taken, "verify_certificates", state.flag("verify").filter(|verify| !verify));
    let seconds = state.number("upload_timeout").filter(|seconds| *seconds != 600);
    let timeouts = seconds.map(|seconds| serde_json::json!({"create": format!("{seconds}s")}));
    put(&mut taken, "timeouts", timeouts);
    Ok(Some(taken))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::source;
    use super::*;

    #[test]
    fn everything_is_taken_over() {
        let state = json!({
            "id": "local:iso/a.iso", "content_type": "iso", "datastore_id": "local",
            "file_name": "a.iso", "node_name": "pve1", "size": 7, "url": "https://x.example/a.iso",
            "checksum": "abc", "checksum_algorithm": "sha256", "decompression_algorithm": null,
            "verify": true, "overwrite": true, "upload_timeout": 900,
        });
        let source = source("bpg/proxmox", "proxmox_virtual_environment_download_file", &state);
        let expected = json!({
            "id": "pve1/local:iso/a.iso", "volume_id": "local:iso/a.iso", "node": "pve1",
            "storage": "local", "content": "iso", "file_name": "a.iso", "size": 7,
            "url": "https://x.example/a.iso", "checksum": "abc", "checksum_algorithm": "sha256",
            "timeouts": {"create": "900s"},
        });
        assert_eq!(Value::from(image(&source).unwrap().unwrap()), expected);
    }
}
