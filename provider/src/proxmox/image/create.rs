//! Downloads an image, or waits for a download whose apply was killed.

use std::time::{Duration, SystemTime};

use onprem_proxmox::{DownloadUrl as Download, ErrorKind, TaskFilter, Upid, VolumeId};
use tf_provider::{Attempt, Context, Diagnostic, Result};

use super::{ChecksumAlgorithm, Image, ImageIdentity, ImagePlan, SIZE, find};
use crate::proxmox::Proxmox;

/// How long after a download that nobody waited for its file is still taken for ours.
const RESUME_WITHIN: Duration = Duration::from_secs(2 * 60 * 60);

pub(super) async fn create(cx: &Context<Image>, pve: &Proxmox, plan: &ImagePlan) -> Result<Image> {
    let download = download(plan)?;
    let path = format!("{}/{}", plan.content, download.filename);
    let volume = VolumeId::of(&plan.storage, &path).at("file_name")?;
    let identity = ImageIdentity { volume_id: volume.into(), node: plan.node.clone() };
    let storage = pve.storage(&plan.node, &plan.storage);

    let there = storage.volume(&identity.volume_id).await?;
    let resumed = resume(cx, pve, &identity, &download).await?;
    if there.is_some() && !resumed {
        return Err(occupied(&identity));
    }
    // The server keeps a finished file with the right checksum and takes anything else for a
    // stranger's, so what was resumed is verified once more by asking for it again.
    let mut section = Some(cx.critical());
    let mut begun = false;
    let finished = storage
        .download_url(&download)
        .on_start(|_| {
            cx.created(&identity);
            begun = true;
            section = None;
        })
        .await;
    drop(section);
    if let Err(error) = finished {
        // A download that failed leaves no file, and one that was refused leaves a stranger's: neither is
        // for the state to keep. One that nobody waits for any longer goes on.
        let strangers = matches!(error.kind(), ErrorKind::AlreadyExists);
        let ended = error.task().is_some() || !begun;
        let absent = || async { matches!(storage.volume(&identity.volume_id).await, Ok(None)) };
        if strangers || (ended && absent().await) {
            cx.abandoned();
        }
        return Err(error.into());
    }
    cx.created(&identity);
    let image = find(pve, &identity).await?.ok_or_else(|| {
        Diagnostic::error(format!("{} is not there after its download", identity.volume_id))
            .detail("The task ended well, and the storage does not list the file.")
            .hint("is something cleaning up the storage?")
    })?;
    cx.remember(SIZE, &image.size)?;
    Ok(image)
}

/// What to ask the node for.
fn download(plan: &ImagePlan) -> Result<Download> {
    let url = plan
        .url
        .as_ref()
        .ok_or_else(|| Diagnostic::error("`url` is needed to create an image").at("url"))?;
    let filename = match &plan.file_name {
        Some(name) => name.clone(),
        None => url.file_name().unwrap_or_default().to_owned(),
    };
    let algorithm = plan.checksum_algorithm.clone();
    let algorithm = algorithm.or_else(|| ChecksumAlgorithm::of(plan.checksum.as_deref()?));
    Ok(Download {
        url: url.to_string(),
        content: plan.content.to_string(),
        filename,
        checksum: plan.checksum.clone(),
        checksum_algorithm: algorithm.map(|algorithm| algorithm.to_string()),
        compression: plan.decompression_algorithm.as_ref().map(ToString::to_string),
        verify_certificates: plan.verify_certificates,
    })
}

/// Whether a download of this very file, by this very user, was begun a short while ago and its end
/// was never recorded: then it is waited for and the file is ours. Only a checksum proves that.
async fn resume(
    cx: &Context<Image>,
    pve: &Proxmox,
    identity: &ImageIdentity,
    download: &Download,
) -> Result<bool> {
    if pve.owner.is_none() || download.checksum.is_none() {
        return Ok(false);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let filter = TaskFilter {
        task_type: Some("download".to_owned()),
        since: Some(now.saturating_sub(RESUME_WITHIN).as_secs()),
        ..TaskFilter::default()
    };
    let tasks = pve.node(&identity.node).tasks(&filter).await?;
    let ours = |upid: &Upid| upid.object() == download.filename && upid.user() == pve.user();
    for task in tasks.into_iter().filter(|task| ours(&task.upid)) {
        let begins = format!("downloading {} to ", download.url);
        let log = pve.task_log(&task.upid, 0, 5).await?;
        if !log.lines.iter().any(|line| line.starts_with(&begins)) {
            continue;
        }
        if task.endtime.is_some() && task.status.as_deref() != Some("OK") {
            continue;
        }
        tracing::info!(upid = %task.upid, "resuming a download that was begun before");
        cx.created(identity);
        if pve.wait(&task.upid, pve.deadline()).await.is_ok() {
            return Ok(true);
        }
        cx.abandoned();
    }
    Ok(false)
}

fn occupied(identity: &ImageIdentity) -> Diagnostic {
    let ImageIdentity { volume_id, node } = identity;
    Diagnostic::error(format!("{volume_id} is there already"))
        .detail(format!(
            "The storage on node {node} holds a file of this name that was not made by this resource, so \
             it is left alone."
        ))
        .hint(format!(
            "to manage it: terraform import onprem_proxmox_image.NAME '{node}/{volume_id}'; else choose \
             another `file_name`"
        ))
        .at("file_name")
}
