//! Reading a package on a web server: only the parts that are needed, by range.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use onprem_http::{HeaderMap, HeaderName, HeaderValue, HttpClient, Method, Request, RetryPolicy};

use super::{Manifest, manifest_of};
use crate::Error;

/// How much is fetched at once
const BLOCK: u64 = 256 * 1024;

/// How often something is fetched before the package counts as unreadable
const FETCHES: usize = 48;

/// What is fetched whole from a server that knows no ranges
const WHOLE_LIMIT: u64 = 32 * 1024 * 1024;

/// Read what the package at a URL brings; nothing when it is no such package, or cannot be read in parts
///
/// `http` and `https` only; the certificate is verified against the system's authorities.
///
/// # Errors
/// Any failure of a request. The controller may see another network: a package that cannot be read from
/// here is not necessarily one that it cannot read.
pub async fn fetch(url: &str) -> Result<Option<Manifest>, Error> {
    let Some((origin, path)) = split(url) else { return Ok(None) };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let http = HttpClient::builder([origin])
        .timeout(Duration::from_secs(20))
        .connect_timeout(Duration::from_secs(3))
        .retry(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() })
        .build()?;
    let request = |method: Method| Request::new(method, path).query(query);
    let head = http.send(&request(Method::HEAD)).await?;
    let Some(length) = number(&head.headers, "content-length") else { return Ok(None) };
    let ranges = head.headers.get("accept-ranges").is_some_and(|value| value == "bytes");
    if !ranges && length > WHOLE_LIMIT {
        return Ok(None);
    }
    let sparse = Sparse::new(length);
    for _ in 0..FETCHES {
        match manifest_of(sparse.clone()) {
            Ok(manifest) => return Ok(manifest),
            Err(error) => {
                let Some(wanted) = sparse.wanted() else {
                    tracing::debug!(%error, url, "the package cannot be read");
                    return Ok(None);
                };
                let block = (wanted / BLOCK) * BLOCK;
                let last = (block + BLOCK).min(length) - 1;
                let mut part = request(Method::GET);
                if ranges && let Ok(range) = HeaderValue::from_str(&format!("bytes={block}-{last}"))
                {
                    part = part.header(HeaderName::from_static("range"), range);
                }
                let answer = http.send(&part).await?;
                match answer.status.as_u16() {
                    206 => sparse.fill(block, answer.body),
                    _ => sparse.fill(0, answer.body),
                }
            }
        }
    }
    Ok(None)
}

/// Scheme and host, and the path behind them
fn split(url: &str) -> Option<(&str, &str)> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let slash = url[scheme.len()..].find('/')? + scheme.len();
    Some(url.split_at(slash))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// A file of which only parts are here; clones share them and read for themselves
#[derive(Clone, Debug)]
struct Sparse {
    length: u64,
    position: u64,
    parts: Arc<Mutex<Parts>>,
}

#[derive(Debug, Default)]
struct Parts {
    blocks: BTreeMap<u64, Bytes>,
    /// Where a read found nothing.
    wanted: Option<u64>,
}

impl Sparse {
    fn new(length: u64) -> Self {
        Self { length, position: 0, parts: Arc::default() }
    }

    /// Where the last read found nothing
    fn wanted(&self) -> Option<u64> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).wanted.take()
    }

    fn fill(&self, at: u64, bytes: Bytes) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).blocks.insert(at, bytes);
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = parts.blocks.range(..=self.position).next_back();
        let here = before.and_then(|(start, bytes)| {
            let skip = usize::try_from(self.position - start).ok()?;
            (skip < bytes.len()).then(|| bytes.slice(skip..))
        });
        let Some(here) = here else {
            parts.wanted = Some(self.position);
            return Err(io::Error::other("this part is not here yet"));
        };
        let count = here.len().min(buffer.len());
        buffer[..count].copy_from_slice(&here[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the start"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_large_package_is_enough() {
        let manifest = r#"<SoftwareComponent vendorVersion="1.14.1"/>"#;
        let bytes = super::super::tests::package(manifest);
        let sparse = Sparse::new(bytes.len() as u64);
        let mut fetched = 0;
        let manifest = loop {
            match manifest_of(sparse.clone()) {
                Ok(manifest) => break manifest,
                Err(_) => {
                    let start = usize::try_from(sparse.wanted().unwrap() / 4096 * 4096).unwrap();
                    let end = (start + 4096).min(bytes.len());
                    sparse.fill(start as u64, Bytes::copy_from_slice(&bytes[start..end]));
                    fetched += 1;
                }
            }
            assert!(fetched < 8, "{fetched} parts of {} bytes", bytes.len());
        };
        assert_eq!(manifest.unwrap().version, "1.14.1");
    }

    #[test]
    fn only_web_servers_are_asked() {
        assert_eq!(split("http://h:80/a/b.EXE"), Some(("http://h:80", "/a/b.EXE")));
        assert_eq!(split("nfs://h/a.EXE"), None);
        assert_eq!(split("http://h"), None);
    }
}
