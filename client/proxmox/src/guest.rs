//! What VMs and containers have in common.

use std::time::Duration;

use onprem_http::{Delays, Method, Resend};

use crate::{Client, Error, ErrorKind, Params, VmId, client::Call, limits::Busy};

/// Time for one synchronous change, which may copy an image or wait for the guest
const CHANGE_TIMEOUT: Duration = Duration::from_secs(600);

/// Change the configuration of a guest, repeating lock timeouts until the client's deadline
pub(crate) async fn update_config(
    client: &Client,
    path: &str,
    vmid: VmId,
    params: &Params,
) -> Result<(), Error> {
    if params.keys().all(|key| key == "digest") {
        return Ok(());
    }
    // Without a digest a second allocation of the same disk would go unnoticed.
    let resend = if params.contains("digest") { Resend::Always } else { Resend::IfNotExecuted };
    change(client, Method::PUT, path, vmid, params, resend).await
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
    let deadline = client.deadline();
    let client = client.until(&deadline);
    let _turns = client.inner.turns.take(vec![Busy::Guest(vmid)], &deadline).await?;
    let mut pauses = Delays::new(Duration::from_millis(500), Duration::from_secs(10), 2.0);
    loop {
        let call =
            Call::new(method.clone(), path, params).resend(resend).timeout(Some(CHANGE_TIMEOUT));
        match client.send(&call).await {
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
