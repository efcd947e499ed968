//! Pushing an image to the controller, and taking it away again when nothing comes of it.

use std::{collections::BTreeSet, path::Path, time::Duration};

use onprem_http::{HeaderName, HeaderValue, Method, Resend};
use serde_json::json;

use super::{ApplyTime, SimpleUpdate, start::Expected};
use crate::{
    Client, Error, ErrorKind,
    call::{Answer, Call},
    json, upload,
};

/// Time for an upload: images are large, and controllers slow
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(1800);

impl Client {
    /// Push an image from a file here, by the best door that there is; the id of its job
    ///
    /// `device_names` are those of [`SimpleUpdate::device_names`]. An image that came into the inventory
    /// and whose update was refused, or given up, is deleted from there again; one that was there before
    /// stays.
    ///
    /// # Errors
    /// A file that cannot be read, a controller that takes no images, and as
    /// [`simple_update`](Self::simple_update).
    pub async fn push_update(
        &self,
        file: &Path,
        time: ApplyTime,
        device_names: &[String],
    ) -> Result<String, Error> {
        let service = self.update_service().await?;
        if let Some(door) = &service.multipart_push {
            let time = service.apply_time(time)?;
            let mut parameters = json!({ "Targets": [], "Oem": {} });
            if let Some(time) = time {
                parameters["@Redfish.OperationApplyTime"] = time.into();
            }
            let body = upload::multipart(file, Some(&parameters)).await?;
            let call = Call::new(Method::POST, door).body(body).timeout(UPLOAD_TIMEOUT);
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            return self.start_job(&call, &Expected::image(name, device_names)).await;
        }
        let Some(door) = &service.http_push else {
            let text = "the controller takes no images over HTTP: iDRAC8 does from 2.60, iDRAC9 from \
                        3.18; let it fetch the image from a web server";
            return Err(Error::new(ErrorKind::Unsupported, text));
        };
        let mut pushed = self.push_image(door, file).await?;
        let update = SimpleUpdate::new(pushed.uri.clone()).apply_time(time);
        let outcome = self.simple_update(&update.device_names(device_names)).await;
        match &outcome {
            Err(error) if error.made_no_job() => pushed.discard().await,
            // A job uses it, or may.
            Ok(_) | Err(_) => pushed.keep(),
        }
        outcome
    }

    /// Push an image into the inventory
    async fn push_image(&self, door: &str, file: &Path) -> Result<Pushed, Error> {
        let body = upload::multipart(file, None).await?;
        let jobs = self.jobs().await?.into_iter().map(|job| job.id).collect();
        let collection = self.send(&Call::new(Method::GET, door)).await?;
        let before = json::members(&collection.body);
        let mut call = Call::new(Method::POST, door).body(body).timeout(UPLOAD_TIMEOUT);
        if let Some(etag) = etag_of(&collection) {
            call = call.header(IF_MATCH, etag);
        }
        // An image that is there twice does no harm: the second takes the place of the first.
        let answer = self.send(&call.resend(Resend::Always)).await?;
        let uri = answer.location().ok_or_else(|| {
            let text = "the answer to the upload does not say where the image is";
            Error::new(ErrorKind::Decode, text)
        })?;
        let ours = !before.contains(&uri);
        Ok(Pushed { client: self.clone(), door: door.to_owned(), uri, jobs, ours })
    }
}

const IF_MATCH: HeaderName = HeaderName::from_static("if-match");

/// The collection's ETag, which changes of it want: in quotes or bare as it came
fn etag_of(collection: &Answer) -> Option<HeaderValue> {
    collection.headers.get("etag").cloned().or_else(|| {
        let etag = json::text(&collection.body, "/@odata.etag")?;
        HeaderValue::from_str(&etag).ok()
    })
}

/// An image in the inventory that waits for its update; dropped, it is deleted unless a job may use it
struct Pushed {
    client: Client,
    door: String,
    uri: String,
    /// The jobs that there were before it came.
    jobs: BTreeSet<String>,
    /// Whether it is there for us, and not since before.
    ours: bool,
}

impl Pushed {
    /// Leave it where it is
    fn keep(&mut self) {
        self.ours = false;
    }

    /// Delete it, if it came with us; a controller that does not allow that keeps it
    async fn discard(&mut self) {
        if !std::mem::take(&mut self.ours) {
            return;
        }
        let Self { client, door, uri, .. } = self;
        match delete(&client.brisk(), door, uri).await {
            Ok(()) => tracing::info!(uri, "deleted the image whose update was not started"),
            Err(error) => tracing::warn!(%error, uri, "the image stays in the inventory"),
        }
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        if !std::mem::take(&mut self.ours) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (client, jobs) = (self.client.brisk(), std::mem::take(&mut self.jobs));
        let (door, uri) = (std::mem::take(&mut self.door), std::mem::take(&mut self.uri));
        runtime.spawn(async move {
            // The start may have been on its way.
            let fresh = match client.jobs().await {
                Ok(now) => {
                    now.iter().any(|job| job.is_firmware_update() && !jobs.contains(&job.id))
                }
                Err(_) => true,
            };
            if !fresh && let Err(error) = delete(&client, &door, &uri).await {
                tracing::warn!(%error, uri, "the image stays in the inventory");
            }
        });
    }
}

async fn delete(client: &Client, door: &str, uri: &str) -> Result<(), Error> {
    let collection = client.send(&Call::new(Method::GET, door)).await?;
    let mut call = Call::new(Method::DELETE, uri);
    if let Some(etag) = etag_of(&collection) {
        call = call.header(IF_MATCH, etag);
    }
    match client.send(&call).await {
        Err(error) if error.is_not_found() => Ok(()),
        outcome => outcome.map(drop),
    }
}
