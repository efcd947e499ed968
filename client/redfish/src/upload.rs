//! Bodies of uploads, streamed from a file with a length that is known beforehand.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use onprem_http::{Body, ByteStream};
use serde_json::Value;
use tokio::io::AsyncReadExt;

use crate::{Error, ErrorKind};

/// A multipart body: with parameters their part first, then the file
///
/// The names of the parts are the door's: `UpdateParameters` and `UpdateFile`, or `file` alone.
pub(crate) async fn multipart(file: &Path, parameters: Option<&Value>) -> Result<Body, Error> {
    let unreadable = |error: io::Error| {
        let text = format!("the image {} cannot be read: {error}", file.display());
        Error::new(ErrorKind::Configuration, text)
    };
    let size = tokio::fs::metadata(file).await.map_err(unreadable)?.len();
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("image");
    // A quote or a line break would end the header.
    let name: String = name.chars().filter(|c| !matches!(c, '"' | '\r' | '\n' | '\\')).collect();
    let boundary = format!("----onprem-{:016x}", RandomState::new().hash_one(&name));
    let mut head = String::new();
    if let Some(parameters) = parameters {
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\n\
             Content-Type: application/json\r\n\r\n{parameters}\r\n"
        ));
    }
    let part = if parameters.is_some() { "UpdateFile" } else { "file" };
    head.push_str(&format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    ));
    let (head, tail) = (Bytes::from(head), Bytes::from(format!("\r\n--{boundary}--\r\n")));
    let length = head.len() as u64 + size + tail.len() as u64;
    let path = file.to_owned();
    let open = move || -> ByteStream {
        let first = stream::iter([Ok(head.clone())]);
        let last = stream::iter([Ok(tail.clone())]);
        // Exactly the size that was announced, even if the file grows meanwhile.
        Box::pin(first.chain(read_file(path.clone(), size)).chain(last))
    };
    let content_type = format!("multipart/form-data; boundary={boundary}");
    Ok(Body::Stream { content_type, length, open: Arc::new(open) })
}

fn read_file(path: PathBuf, size: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let open = async move { Ok::<_, io::Error>(tokio::fs::File::open(path).await?.take(size)) };
    stream::once(open).flat_map(|opened| match opened {
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
