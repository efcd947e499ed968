//! One storage as one node sees it: its content, downloads, uploads.
//!
//! API: `/nodes/{node}/storage/{storage}`

use std::{
    hash::{BuildHasher, RandomState},
    io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use onprem_http::{Body, ByteStream, Method, Resend};
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use crate::{
    Client, Error, ErrorKind, NodeName, Params, StorageName, TaskCall, VmId, VolumeId,
    limits::Busy, params::encode_segment,
};

/// Time for sending one upload, unless the client's deadline is nearer
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(6 * 3600);

/// One storage as one node sees it. API: `/nodes/{node}/storage/{storage}`
#[derive(Clone, Debug)]
pub struct Storage {
    client: Client,
    node: NodeName,
    name: StorageName,
}

impl Storage {
    pub(crate) fn new(client: Client, node: NodeName, name: StorageName) -> Self {
        Self { client, node, name }
    }

    /// Name of the storage
    pub fn name(&self) -> &StorageName {
        &self.name
    }

    /// State and room. API: `GET /nodes/{node}/storage/{storage}/status`
    ///
    /// # Errors
    /// No such storage, no such node, and any failure of the request.
    pub async fn status(&self) -> Result<StorageStatus, Error> {
        self.client.get(&self.path("/status"), &Params::new()).await
    }

    /// The volumes, all or those of one content type. API: `GET …/content`
    ///
    /// # Errors
    /// No such storage, no such node, and any failure of the request.
    pub async fn content(&self, content: Option<&str>) -> Result<Vec<Volume>, Error> {
        let mut params = Params::new();
        params.set_opt("content", content);
        self.client.get(&self.path("/content"), &params).await
    }

    /// One volume, or `None` when the storage answers and does not list it. API: `GET …/content`
    ///
    /// # Errors
    /// As [`content`](Self::content); an error is never absence.
    pub async fn volume(&self, volume: &VolumeId) -> Result<Option<Volume>, Error> {
        let all = self.content(None).await?;
        Ok(all.into_iter().find(|entry| entry.volid == *volume))
    }

    /// Size, format and path of a volume. API: `GET …/content/{volume}`
    ///
    /// # Errors
    /// Any failure of the request; a missing volume has no error of its own.
    pub async fn volume_info(&self, volume: &VolumeId) -> Result<VolumeInfo, Error> {
        self.client.get(&self.volume_path(volume), &Params::new()).await
    }

    /// Let the node download a file into the storage. API: `POST …/download-url`
    ///
    /// The node verifies the checksum. A file of that name whose checksum matches is kept.
    ///
    /// # Errors
    /// Already exists for a file of that name without a matching checksum; a failed task for a wrong
    /// checksum or a URL that cannot be fetched.
    pub fn download_url(&self, download: &DownloadUrl) -> TaskCall {
        let mut params = Params::new();
        params
            .set("url", &download.url)
            .set("content", &download.content)
            .set("filename", &download.filename)
            .set_opt("checksum", download.checksum.as_ref())
            .set_opt("checksum-algorithm", download.checksum_algorithm.as_ref())
            .set_opt("compression", download.compression.as_ref())
            .set_opt("verify-certificates", download.verify_certificates);
        let path = self.path("/download-url");
        self.call(Method::POST, path, params, &["download"], &download.filename)
    }

    /// Send a file into the storage. API: `POST …/upload`
    ///
    /// An ISO image of that name is overwritten by the server without a question.
    ///
    /// # Errors
    /// When the file cannot be read, and a failed task for a wrong checksum.
    pub async fn upload(&self, upload: &Upload) -> Result<TaskCall, Error> {
        let body = upload.body().await?;
        let call = self.call(Method::POST, self.path("/upload"), Params::new(), &["imgcopy"], "");
        Ok(call.body(body, UPLOAD_TIMEOUT))
    }

    /// Delete a volume. API: `DELETE …/content/{volume}`
    ///
    /// A volume that is gone already is no error for the server, so that a lost answer does no harm.
    ///
    /// # Errors
    /// Any failure of the request or the task.
    pub fn delete_volume(&self, volume: &VolumeId) -> TaskCall {
        let path = self.volume_path(volume);
        self.call(Method::DELETE, path, Params::new(), &["imgdel"], "").resend(Resend::Always)
    }

    fn call(
        &self,
        method: Method,
        path: String,
        params: Params,
        types: &'static [&'static str],
        object: &str,
    ) -> TaskCall {
        let busy = Busy::Storage(self.node.clone(), self.name.clone());
        TaskCall::new(self.client.clone(), method, path, params, &self.node, types, object)
            .busy([busy])
    }

    fn path(&self, leaf: &str) -> String {
        format!("/nodes/{}/storage/{}{leaf}", self.node, self.name)
    }

    fn volume_path(&self, volume: &VolumeId) -> String {
        format!("{}/{}", self.path("/content"), encode_segment(volume.as_str()))
    }
}

/// What a node shall download. API: `POST /nodes/{node}/storage/{storage}/download-url`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownloadUrl {
    /// Where to fetch it: `http://` or `https://`
    pub url: String,
    /// What it is: `iso`, `vztmpl` or `import`
    pub content: String,
    /// Name in the storage; its extension must fit the content
    pub filename: String,
    /// Expected checksum, in hexadecimal
    pub checksum: Option<String>,
    /// Its algorithm: `md5`, `sha1`, `sha224`, `sha256`, `sha384` or `sha512`
    pub checksum_algorithm: Option<String>,
    /// Decompress it after the download: `gz`, `lzo`, `zst` or `bz2`; not for `import`
    pub compression: Option<String>,
    /// Whether the node verifies the certificate of the URL; it does by default
    pub verify_certificates: Option<bool>,
}

/// What to send into a storage. API: `POST /nodes/{node}/storage/{storage}/upload`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What it is: `iso`, `vztmpl` or `import`
    pub content: String,
    /// Name in the storage; the server replaces what it does not like in it
    pub filename: String,
    /// The bytes
    pub source: UploadSource,
    /// Algorithm and expected checksum, which the node verifies
    pub checksum: Option<(String, String)>,
}

/// Where the bytes of an upload come from
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadSource {
    /// From memory
    Bytes(Bytes),
    /// From a file, read while it is sent
    File(PathBuf),
}

impl Upload {
    /// An upload of bytes in memory, which the node does not verify
    pub fn from_bytes(
        content: impl Into<String>,
        filename: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self {
            content: content.into(),
            filename: filename.into(),
            source: UploadSource::Bytes(bytes.into()),
            checksum: None,
        }
    }

    /// The multipart body; the server insists on the order and spelling of its parts
    async fn body(&self) -> Result<Body, Error> {
        let unreadable = |path: &PathBuf, error: io::Error| {
            let text = format!("the file {} cannot be read: {error}", path.display());
            Error::new(ErrorKind::Configuration, text)
        };
        let size = match &self.source {
            UploadSource::Bytes(bytes) => bytes.len() as u64,
            UploadSource::File(path) => {
                let file = tokio::fs::metadata(path).await;
                file.map_err(|error| unreadable(path, error))?.len()
            }
        };
        if self.filename.contains(['"', '\r', '\n', '\\']) || self.filename.is_empty() {
            let text = format!("{:?} cannot be the name of an upload", self.filename);
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        // Random enough not to appear in the file by chance; the parts hold no foreign text.
        let boundary = format!("----onprem-{:016x}", RandomState::new().hash_one(&self.filename));
        let mut head = String::new();
        let mut field = |name: &str, value: &str| {
            head.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        };
        field("content", &self.content);
        if let Some((algorithm, checksum)) = &self.checksum {
            field("checksum-algorithm", algorithm);
            field("checksum", checksum);
        }
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"filename\"; \
             filename=\"{}\"\r\nContent-Type: application/octet-stream\r\n\r\n",
            self.filename
        ));
        let (head, tail) = (Bytes::from(head), Bytes::from(format!("\r\n--{boundary}--\r\n")));
        let length = head.len() as u64 + size + tail.len() as u64;
        let source = self.source.clone();
        let open = move || -> ByteStream {
            let first = stream::iter([Ok(head.clone())]);
            let last = stream::iter([Ok(tail.clone())]);
            match source.clone() {
                UploadSource::Bytes(bytes) => {
                    Box::pin(first.chain(stream::iter([Ok(bytes)])).chain(last))
                }
                // Exactly the size that was announced, even if the file grows meanwhile.
                UploadSource::File(path) => {
                    Box::pin(first.chain(read_file(path, size)).chain(last))
                }
            }
        };
        let content_type = format!("multipart/form-data; boundary={boundary}");
        Ok(Body::Stream { content_type, length, open: Arc::new(open) })
    }
}

fn read_file(path: PathBuf, size: u64) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    let open = async move { Ok::<_, io::Error>(tokio::fs::File::open(path).await?.take(size)) };
    let start = stream::once(open);
    start.flat_map(|opened| match opened {
        Err(error) => stream::once(async move { Err(error) }).boxed(),
        Ok(file) => stream::try_unfold(file, |mut file| async move {
            let mut chunk = vec![0; 256 * 1024];
            let count = file.read(&mut chunk).await?;
            chunk.truncate(count);
            Ok((count > 0).then(|| (Bytes::from(chunk), file)))
        })
        .boxed(),
    })
}

/// State of a storage. API: `GET /nodes/{node}/storage/{storage}/status`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct StorageStatus {
    /// Type, such as `dir` or `lvmthin`
    #[serde(rename = "type")]
    pub kind: String,
    /// What it may hold
    #[serde(default)]
    pub content: Vec<String>,
    /// Whether it can be used at the moment
    #[serde(default)]
    pub active: bool,
    /// Whether it is switched on
    #[serde(default)]
    pub enabled: bool,
    /// Whether nodes share it
    #[serde(default)]
    pub shared: bool,
    /// Size in bytes
    #[serde(default)]
    pub total: Option<u64>,
    /// Bytes in use
    #[serde(default)]
    pub used: Option<u64>,
    /// Bytes free
    #[serde(default)]
    pub avail: Option<u64>,
}

/// A volume in a storage. API: `GET /nodes/{node}/storage/{storage}/content`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Volume {
    /// Its id
    pub volid: VolumeId,
    /// What it is: `images`, `iso`, `vztmpl`, `import`, `backup`, `snippets` or `rootdir`
    #[serde(default)]
    pub content: Option<String>,
    /// Its format, such as `qcow2`
    #[serde(default)]
    pub format: Option<String>,
    /// Size in bytes
    pub size: u64,
    /// Creation, in seconds since 1970
    #[serde(default)]
    pub ctime: Option<u64>,
    /// The guest that it belongs to
    #[serde(default)]
    pub vmid: Option<VmId>,
    /// Notes
    #[serde(default)]
    pub notes: Option<String>,
    /// Whether it is protected from deletion
    #[serde(default)]
    pub protected: bool,
}

/// One volume in detail. API: `GET /nodes/{node}/storage/{storage}/content/{volume}`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct VolumeInfo {
    /// Its format, such as `qcow2`
    pub format: String,
    /// Size in bytes; that of a plain file is rounded up to 512
    pub size: u64,
    /// Bytes that it takes
    #[serde(default)]
    pub used: Option<u64>,
    /// Where it is on the node
    #[serde(default)]
    pub path: Option<String>,
}
