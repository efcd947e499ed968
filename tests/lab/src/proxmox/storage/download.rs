//! Downloads and uploads. API: `POST …/download-url`, `POST …/upload`, `GET …/query-url-metadata`.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Storage, Volume, has_extension, image, is_template_name, parse_file_name};
use crate::downloads::{Fetched, Unreachable};
use crate::proxmox::datacenter::copy_time;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, Shared, tasks};
use crate::web::hex;

/// Where a new file goes.
#[derive(Clone, Debug)]
struct Target {
    shared: Arc<Shared>,
    node: String,
    storage: String,
    /// `iso/x.iso`.
    name: String,
    /// Path on the node.
    path: String,
    content: String,
}

/// Checks storage, content type and file name.
fn target(call: &Call) -> Result<Target, ApiError> {
    let params = &call.params;
    let (storage, content) = (params.text("storage"), params.text("content"));
    let state = call.shared.state();
    let found: &Storage = state.storage(&call.node, storage)?;
    if found.path().is_none() {
        let text =
            format!("can't upload to storage type '{}', not a file based storage!", found.kind);
        return Err(ApiError::internal(text));
    }
    let file = clean_name(params.text("filename"));
    let fits = match content {
        "iso" => has_extension(&file, &["iso", "img"]),
        "vztmpl" => is_template_name(&file),
        _ => has_extension(&file, &["ova", "ovf", "qcow2", "raw", "vmdk"]),
    };
    if !fits {
        let text = if content == "import" {
            "invalid filename or wrong extension"
        } else {
            "wrong file extension"
        };
        return Err(ApiError::parameter("filename", text));
    }
    if !found.holds(content) {
        let text = format!("storage '{storage}' is not configured for content-type '{content}'");
        return Err(ApiError::internal(text));
    }
    let name = format!("{content}/{file}");
    Ok(Target {
        shared: Arc::clone(&call.shared),
        node: call.node.clone(),
        storage: storage.to_owned(),
        path: found.file(&name),
        name,
        content: content.to_owned(),
    })
}

/// A file name as the server keeps it.
fn clean_name(text: &str) -> String {
    let base = text.rsplit(['/', '\\']).next().unwrap_or(text);
    base.chars()
        .map(|letter| {
            let kept = letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
            if kept { letter } else { '_' }
        })
        .collect()
}

/// `POST /nodes/{node}/storage/{storage}/download-url`.
pub(crate) fn download(call: &Call) -> Answer {
    let target = target(call)?;
    let params = call.params.clone();
    let id = target.name.split_once('/').map(|(_, file)| file.to_owned()).unwrap_or_default();
    let body = move |task: Task| async move {
        let compression = params.get("compression");
        if compression.is_some() && target.content == "import" {
            return Err("decompression not supported for import".to_owned());
        }
        let unpack = match compression {
            None => None,
            Some("gz") => Some("zcat"),
            Some("zst") => Some("zstdcat"),
            Some("bz2") => Some("bzcat"),
            Some("lzo") => Some("lzopcat"),
            Some(_) => return Err("no decompression method found".to_owned()),
        };
        let url = params.text("url");
        let checksum = params.get("checksum").zip(params.get("checksum-algorithm"));
        task.log(format!("downloading {url} to {}", target.path));
        if let Some(existing) = target.existing() {
            let Some((expected, algorithm)) = checksum else {
                return Err(format!("refusing to override existing file '{}'", target.path));
            };
            let got = checksum_of(algorithm, &existing);
            let text = "calculating checksum of existing file...";
            if got != expected.to_ascii_lowercase() {
                task.log(text);
                let text =
                    format!("checksum mismatch: got '{got}' != expect '{expected}', aborting");
                return Err(text);
            }
            task.log(format!("{text}OK, got correct file already, no need to download"));
            return Ok(());
        }
        let verify = params.get("verify-certificates") != Some("0");
        let mut data = target.fetch(&task, url, verify).await?;
        if let Some((expected, algorithm)) = checksum {
            let got = checksum_of(algorithm, &data);
            if got != expected.to_ascii_lowercase() {
                task.log("calculating checksum...");
                return Err(format!("checksum mismatch: got '{got}' != expect '{expected}'"));
            }
            task.log("calculating checksum...OK, checksum verified");
        }
        if let Some(program) = unpack {
            let temporary = format!("{}.tmp_dwnl.{}", target.path, task.pid());
            let unpacked = format!("{}.tmp_dcom.{}", target.path, task.pid());
            task.log(format!("decompressing {temporary} to {unpacked}"));
            data = decompress(program, &data)
                .map_err(|_| format!("command '{program} {temporary}' failed: exit code 1"))?;
        }
        target.verify(&task, &data)?;
        target.store(data)?;
        task.log(format!("download of '{url}' to '{}' finished", target.path));
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "download", id, &call.who, body);
    Ok(Value::from(upid).into())
}

impl Target {
    fn existing(&self) -> Option<Bytes> {
        let state = self.shared.state();
        let volume = state.volume(&self.node, &format!("{}:{}", self.storage, self.name))?;
        Some(volume.data.clone().unwrap_or_default())
    }

    /// Fetches with the log and the exit texts of the wget that the server runs.
    async fn fetch(&self, task: &Task, url: &str, verify: bool) -> Result<Bytes, String> {
        let time = time_text(self.shared.clock.unix());
        task.log(format!("--{time}--  {url}"));
        let fetched = match self.shared.downloads.fetch(url, false, verify).await {
            Ok(fetched) => fetched,
            Err(Unreachable::Resolve(host)) => {
                task.log(format!(
                    "Resolving {host} ({host})... failed: Temporary failure in name resolution."
                ));
                task.sleep(Duration::from_secs(2)).await?;
                let text = format!("wget: unable to resolve host address '{host}'");
                return Err(format!("download failed: {text}"));
            }
            Err(Unreachable::Connect { address, reason }) => {
                return Err(format!(
                    "download failed: Connecting to {address}... failed: {reason}."
                ));
            }
            Err(Unreachable::Certificate(host)) => {
                return Err(format!(
                    "download failed: ERROR: cannot verify {host}'s certificate, issued by an unknown authority"
                ));
            }
            Err(Unreachable::Interrupted(text)) => {
                return Err(format!("download failed: Read error ({text}) in headers."));
            }
        };
        let place = url.split('/').nth(2).unwrap_or_default();
        task.log(format!("Connecting to {place}... connected."));
        if !(200..300).contains(&fetched.status) {
            let (status, reason) = (fetched.status, &fetched.reason);
            task.log(format!("HTTP request sent, awaiting response... {status} {reason}"));
            task.log(format!("{time} ERROR {status}: {reason}."));
            return Err("download failed: exit code 8".to_owned());
        }
        task.log("HTTP request sent, awaiting response... 200 OK");
        let size = fetched.body.len();
        let mime = fetched.mime_type.as_deref().unwrap_or("application/octet-stream");
        task.log(format!("Length: {size} [{mime}]"));
        let temporary = format!("{}.tmp_dwnl.{}", self.path, task.pid());
        task.log(format!("Saving to: '{temporary}'"));
        task.sleep(copy_time(size as u64 * 100)).await?;
        self.room_for(size as u64, &temporary)?;
        task.log(format!("     0K {:40}100%  200M=0s", ""));
        let end = time_text(self.shared.clock.unix());
        task.log(format!("{end} (200 MB/s) - '{temporary}' saved [{size}/{size}]"));
        Ok(fetched.body)
    }

    fn room_for(&self, size: u64, file: &str) -> Result<(), String> {
        let state = self.shared.state();
        let total = state.storages.get(&self.storage).map_or(0, |storage| storage.total);
        if state.used(&self.node, &self.storage) + size > total
            || self.shared.faults.storage_full(&self.storage)
        {
            return Err(format!(
                "download failed: Cannot write to '{file}' (No space left on device)."
            ));
        }
        Ok(())
    }

    /// Looks into an image for import, as the server does before it keeps it.
    fn verify(&self, task: &Task, data: &[u8]) -> Result<(), String> {
        let format = self.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if self.content != "import" || !matches!(format, "qcow2" | "vmdk") {
            return Ok(());
        }
        let Err(error) = image::virtual_size(format, data) else { return Ok(()) };
        let temporary = format!("{}.tmp_dwnl.{}", self.path, task.pid());
        task.log(format!(
            "command '/usr/bin/qemu-img info '--output=json' {temporary} -f {format}' failed: exit code 1"
        ));
        Err(format!("failed to verify file: qemu-img: Could not open '{temporary}': {error}"))
    }

    fn store(&self, data: Bytes) -> Result<(), String> {
        let (_, _, format) = parse_file_name(&self.name)?;
        let size = data.len() as u64;
        let volume = Volume {
            content: self.content.clone(),
            format,
            size,
            used: size,
            ctime: self.shared.clock.unix(),
            data: Some(data),
            ..Volume::default()
        };
        let mut state = self.shared.state();
        state.volumes_on_mut(&self.node, &self.storage).insert(self.name.clone(), volume);
        Ok(())
    }
}

/// `POST /nodes/{node}/storage/{storage}/upload`, after the parts have been taken apart.
pub(crate) fn upload(call: &Call) -> Answer {
    let target = target(call)?;
    let params = call.params.clone();
    let data = call.file.clone().unwrap_or_default();
    let body = move |task: Task| async move {
        let temporary = params.text("tmpfilename").to_owned();
        task.log(format!("starting file import from: {temporary}"));
        if let Some((expected, algorithm)) =
            params.get("checksum").zip(params.get("checksum-algorithm"))
        {
            let got = checksum_of(algorithm, &data);
            if got != expected.to_ascii_lowercase() {
                task.log("calculating checksum...");
                return Err(format!("checksum mismatch: got '{got}' != expect '{expected}'"));
            }
            task.log("calculating checksum...OK, checksum verified");
        }
        let format = target.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if target.content == "import"
            && matches!(format, "qcow2" | "vmdk")
            && let Err(error) = image::virtual_size(format, &data)
        {
            return Err(format!(
                "failed to verify file: qemu-img: Could not open '{temporary}': {error}"
            ));
        }
        task.log(format!("target node: {}", target.node));
        task.log(format!("target file: {}", target.path));
        task.log(format!("file size is: {}", data.len()));
        task.log(format!("command: cp -- {temporary} {}", target.path));
        task.sleep(copy_time(data.len() as u64)).await?;
        target.room_for(data.len() as u64, &target.path).map_err(|_| {
            format!("import failed: cp: error writing '{}': No space left on device", target.path)
        })?;
        target.store(data)?;
        task.log("finished file import successfully");
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "imgcopy", "", &call.who, body);
    Ok(Value::from(upid).into())
}

/// `GET /nodes/{node}/query-url-metadata`.
pub(crate) async fn query_url(call: &Call) -> Answer {
    let url = call.params.text("url");
    let verify = call.params.get("verify-certificates") != Some("0");
    let invalid = |text: String| ApiError::internal(format!("invalid server response: '{text}'"));
    let fetched: Fetched =
        call.shared.downloads.fetch(url, true, verify).await.map_err(|error| match error {
            Unreachable::Resolve(host) => invalid(format!(
                "500 Can't connect to {host}:80 (Temporary failure in name resolution)"
            )),
            Unreachable::Connect { address, reason } => {
                invalid(format!("500 Can't connect to {address} ({reason})"))
            }
            Unreachable::Certificate(host) => {
                invalid(format!("500 Can't connect to {host}:443 (certificate verify failed)"))
            }
            Unreachable::Interrupted(text) => invalid(format!("500 {text}")),
        })?;
    if fetched.status != 200 {
        return Err(invalid(format!("{} {}", fetched.status, fetched.reason)));
    }
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let file = fetched
        .file_name
        .or_else(|| path.rsplit('/').next().map(str::to_owned))
        .filter(|file| !file.is_empty());
    Ok(json!({ "filename": file, "size": fetched.length, "mimetype": fetched.mime_type }).into())
}

fn decompress(program: &str, data: &Bytes) -> Result<Bytes, std::io::Error> {
    let mut plain = Vec::new();
    match program {
        "zcat" => flate2::read::MultiGzDecoder::new(&data[..]).read_to_end(&mut plain)?,
        "bzcat" => bzip2::read::MultiBzDecoder::new(&data[..]).read_to_end(&mut plain)?,
        "zstdcat" => ruzstd::decoding::StreamingDecoder::new(&data[..])
            .map_err(std::io::Error::other)?
            .read_to_end(&mut plain)?,
        _ => return Err(std::io::Error::other("not a program of the lab")),
    };
    Ok(plain.into())
}

/// Checksum in hexadecimal.
fn checksum_of(algorithm: &str, data: &[u8]) -> String {
    let algorithm = match algorithm {
        "md5" => {
            use md5::Digest;
            return hex(&md5::Md5::digest(data));
        }
        "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => &digest::SHA224,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        _ => &digest::SHA256,
    };
    hex(digest::digest(algorithm, data).as_ref())
}

/// A time as wget writes it.
fn time_text(unix: u64) -> String {
    let time = std::time::UNIX_EPOCH + Duration::from_secs(unix);
    humantime::format_rfc3339_seconds(time).to_string().replace('T', " ").replace('Z', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        assert_eq!(clean_name("../x.iso"), "x.iso");
        assert_eq!(clean_name("a b.iso"), "a_b.iso");
        assert_eq!(clean_name("ünï.iso"), "_n_.iso");
    }

    #[test]
    fn checksums_of_every_algorithm() {
        assert_eq!(checksum_of("md5", b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(checksum_of("sha1", b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        for (algorithm, length) in [("sha224", 56), ("sha256", 64), ("sha384", 96), ("sha512", 128)]
        {
            assert_eq!(checksum_of(algorithm, b"").len(), length);
        }
    }
}
