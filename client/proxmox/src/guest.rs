//! What VMs and containers have in common.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use onprem_http::{AfterLoss, Delays, Method, Resend};

use crate::{Client, Error, ErrorKind, Params, VmId, call::Call, limits::Busy};

/// Time for one synchronous change, which may copy an image or wait for the guest
const CHANGE_TIMEOUT: Duration = Duration::from_secs(600);

/// Change the configuration of a guest, repeating lock timeouts until the client's deadline
///
/// After a lost answer it is sent again where that does no harm: with a digest, which lets it through
/// once, and without volumes, of which it could make a second one.
pub(crate) async fn update_config(
    client: &Client,
    path: &str,
    vmid: VmId,
    params: &Params,
) -> Result<(), Error> {
    if params.keys().all(|key| key == "digest") {
        return Ok(());
    }
    let guarded = params.contains("digest");
    let harmless = guarded || !params.keys().any(is_volume);
    let lost = AtomicBool::new(false);
    let outcome = send(client, Method::PUT, path, vmid, params, |_| {
        lost.store(true, Ordering::Relaxed);
        if harmless { AfterLoss::Resend } else { AfterLoss::Stop }
    });
    match outcome.await {
        // The configuration is another one now because the lost request was carried out.
        Err(error)
            if guarded
                && lost.load(Ordering::Relaxed)
                && *error.kind() == ErrorKind::DigestMismatch =>
        {
            tracing::info!("the change whose answer was lost had been made");
            Ok(())
        }
        outcome => outcome,
    }
}

/// Whether a key of a guest's configuration holds a volume, which a change may make
fn is_volume(key: &str) -> bool {
    let device = key.trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(
        device,
        "ide" | "sata" | "scsi" | "virtio" | "efidisk" | "tpmstate" | "rootfs" | "mp" | "unused"
    )
}

/// Send a synchronous change of a guest, repeating lock timeouts until the client's deadline
pub(crate) async fn change(
    client: &Client,
    method: Method,
    path: &str,
    vmid: VmId,
    params: &Params,
    resend: Resend,
) -> Result<(), Error> {
    let after_loss = match resend {
        Resend::Always => AfterLoss::Resend,
        Resend::IfNotExecuted => AfterLoss::Stop,
    };
    send(client, method, path, vmid, params, |_| after_loss).await
}

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    vmid: VmId,
    params: &Params,
    after_loss: impl Fn(&onprem_http::Error) -> AfterLoss,
) -> Result<(), Error> {
    let deadline = client.deadline();
    let client = client.until(&deadline);
    let _turns = client.inner.turns.take(vec![Busy::Guest(vmid)], &deadline).await?;
    let mut pauses = Delays::new(Duration::from_millis(500), Duration::from_secs(10), 2.0);
    loop {
        let call = Call::new(method.clone(), path, params)
            .resend(Resend::IfNotExecuted)
            .timeout(Some(CHANGE_TIMEOUT));
        let check = |error| std::future::ready(after_loss(&error));
        match client.send_checked(&call, check).await {
            Ok(_) => return Ok(()),
            Err(error) if *error.kind() == ErrorKind::LockTimeout => {
                tracing::info!(%error, "the guest is busy: trying again");
                if !deadline.sleep(pauses.next_pause()).await {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
}
