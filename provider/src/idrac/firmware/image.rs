//! Where an update package is, and what it says that it brings.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use onprem_redfish::package::{self, Manifest};
use tf_provider::Diagnostic;

/// How long a look into a package may take: a plan waits for nothing that is slow.
const LOOK_LIMIT: Duration = Duration::from_secs(30);

/// An update package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Image {
    /// A file here.
    File(PathBuf),
    /// Something that the iDRAC fetches.
    Url(String),
}

impl FromStr for Image {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text.trim() {
                "" => Err(Diagnostic::error("`image` is empty")),
                path => Ok(Self::File(path.into())),
            };
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Ok(Self::File(rest.into())),
            "http" | "https" | "nfs" | "cifs" | "tftp" => {
                let host = rest.split('/').next().unwrap_or_default();
                if host.contains('@') {
                    // The text is not repeated: it holds a password.
                    return Err(Diagnostic::error("An image's URL must not hold credentials")
                        .detail("It is stored in the state.")
                        .hint("serve the image without a password, or upload it from a file"));
                }
                Ok(Self::Url(text.to_owned()))
            }
            other => Err(Diagnostic::error(format!("An iDRAC fetches nothing by `{other}`"))
                .hint("use http, https, nfs, cifs, tftp, or the path of a file here")),
        }
    }
}

impl Image {
    /// What it brings; nothing where it does not say, or cannot be read from here.
    pub(super) async fn manifest(&self) -> Option<Manifest> {
        let found = match self {
            Self::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || package::read(&path)).await;
                read.map_err(|error| error.to_string())
                    .and_then(|read| read.map_err(|error| error.to_string()))
            }
            Self::Url(url) => match tokio::time::timeout(LOOK_LIMIT, package::fetch(url)).await {
                Ok(found) => found.map_err(|error| error.to_string()),
                Err(_) => Err(format!("{url} does not answer in time")),
            },
        };
        found.unwrap_or_else(|error| {
            tracing::info!(error, "the image cannot be looked into from here");
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_fetched_and_paths_are_uploaded() {
        let url = "http://10.0.0.9/BIOS.EXE";
        assert_eq!(url.parse::<Image>().unwrap(), Image::Url(url.to_owned()));
        for path in ["./BIOS.EXE", "/srv/BIOS.EXE", "file:///srv/BIOS.EXE"] {
            assert!(matches!(path.parse::<Image>().unwrap(), Image::File(_)), "{path}");
        }
        for bad in ["", "ssh://h/x.EXE"] {
            assert!(bad.parse::<Image>().is_err(), "{bad}");
        }
        let error = "http://me:hunter2@h/x.EXE".parse::<Image>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
