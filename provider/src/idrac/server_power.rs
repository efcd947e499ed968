//! The power of a server. API: `…/Actions/ComputerSystem.Reset`.

use onprem_redfish::{ErrorKind, HostPower, Phase, ResetType};
use tf_provider::{Action, ActionContext, Choice, Diagnostic, Diagnostics, Result, Value};

use super::{Host, Idrac};

/// Switches the host of an iDRAC on or off, or restarts it.
///
/// It does what is asked for and never more: where the operating system ignores a graceful operation, the
/// action fails when its `timeout` is over, and forces nothing. A host that is already as wanted is left
/// alone. While firmware is being written nothing but `on` is done. A restart also does what waits for one,
/// such as staged updates. The action waits for the power, not for the operating system.
#[derive(Clone, Action)]
#[action(name = "idrac_server_power", group = "Dell iDRAC", timeout = "15m")]
pub(crate) struct ServerPower {
    /// Name of the server in the provider block.
    #[attr(required)]
    server: String,
    /// What to do. The `graceful` ones ask the operating system; the others act at once, and what it has not
    /// written to disk is lost.
    #[attr(required)]
    operation: Operation,
}

/// What is done to a server.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Operation {
    On,
    #[choice(name = "graceful_shutdown")]
    GracefulShutdown,
    #[choice(name = "graceful_restart")]
    GracefulRestart,
    #[choice(name = "force_off")]
    ForceOff,
    #[choice(name = "force_restart")]
    ForceRestart,
    #[choice(name = "power_cycle")]
    PowerCycle,
    Other(String),
}

/// How the host is in the end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wanted {
    On,
    Off,
    Restarted,
}

impl Operation {
    /// What is sent for it, and what shall come of that; nothing for a word of somebody else's.
    fn means(&self) -> Option<(ResetType, Wanted)> {
        Some(match self {
            Self::On => (ResetType::On, Wanted::On),
            Self::GracefulShutdown => (ResetType::GracefulShutdown, Wanted::Off),
            Self::GracefulRestart => (ResetType::GracefulRestart, Wanted::Restarted),
            Self::ForceOff => (ResetType::ForceOff, Wanted::Off),
            Self::ForceRestart => (ResetType::ForceRestart, Wanted::Restarted),
            Self::PowerCycle => (ResetType::PowerCycle, Wanted::Restarted),
            Self::Other(_) => return None,
        })
    }
}

impl Action for ServerPower {
    type Client = Idrac;

    async fn plan(
        config: &ServerPowerValues,
        idrac: Option<&Idrac>,
        _: &mut Diagnostics,
    ) -> Result<()> {
        if let (Some(idrac), Value::Known(server)) = (idrac, &config.server) {
            idrac.host(server)?;
        }
        Ok(())
    }

    async fn invoke(
        cx: &mut ActionContext,
        idrac: &Idrac,
        arguments: ServerPowerPlan,
    ) -> Result<()> {
        let ServerPowerPlan { server, operation } = arguments;
        let Some((reset, wanted)) = operation.means() else {
            let summary = format!("`{}` is no operation", operation.as_str());
            return Err(Diagnostic::error(summary).at("operation"));
        };
        let host = idrac.host(&server)?;
        let host = host.ending(cx.deadline(), cx.time_limit(), "the action's `timeout`");
        let _busy = host.busy();
        let _guard = host.change().await?;
        let before = host.power().await?;
        cx.progress(format!("{server} is {}", word(&before)));
        match wanted {
            Wanted::On if before.is_on() => return Ok(()),
            Wanted::Off if before.is_off() => return Ok(()),
            Wanted::Restarted if before.is_off() => {
                return Err(Diagnostic::error(format!("{server} is off"))
                    .detail("Only what is on can be restarted.")
                    .hint("use the operation `on`")
                    .at("operation"));
            }
            _ => {}
        }
        if reset != ResetType::On {
            look_at_jobs(cx, &host).await?;
        }
        // One that is on its way needs nobody to send it there; a shutdown that hangs can be forced.
        let under_way = matches!(
            (reset, before.state.as_str()),
            (ResetType::On, "PoweringOn") | (ResetType::GracefulShutdown, "PoweringOff")
        );
        if !under_way {
            send(cx, &host, reset).await?;
        }
        if wanted == Wanted::Restarted && before.last_reset_time.is_none() {
            cx.progress(format!(
                "the iDRAC of {server} does not tell when it restarts: not waiting"
            ));
            return Ok(());
        }
        follow(cx, &host, &operation, wanted, &before).await
    }
}

/// Says what a restart sets going, and refuses to cut off what is being written.
async fn look_at_jobs(cx: &ActionContext, host: &Host) -> Result<()> {
    let jobs = host.jobs().await?;
    let updates = jobs.iter().filter(|job| job.is_firmware_update() && job.is_open());
    for job in updates {
        let named = format!("{} ({})", job.id, job.name);
        match job.phase() {
            Phase::Running => {
                return Err(Diagnostic::error(format!(
                    "Firmware of {} is being written",
                    host.name
                ))
                .detail(format!("{named} {}. The power is left alone.", job.ending()))
                .hint("wait until it ends: data \"onprem_idrac_jobs\" tells"));
            }
            _ => cx.progress(format!("{named} waits for a restart of {}", host.name)),
        }
    }
    Ok(())
}

async fn send(cx: &ActionContext, host: &Host, reset: ResetType) -> Result<()> {
    match host.reset(reset).await {
        Ok(()) => cx.progress(format!("{}: sent {reset:?}", host.name)),
        // Sending it again could restart a host twice.
        Err(error) if error.maybe_executed() => cx.progress(format!(
            "{}: sent {reset:?}; the answer was lost, so the power will tell",
            host.name
        )),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Waits until the host is as wanted.
async fn follow(
    cx: &ActionContext,
    host: &Host,
    operation: &Operation,
    wanted: Wanted,
    before: &HostPower,
) -> Result<()> {
    let mut told = before.state.clone();
    let outcome = host
        .follow_power(|power| {
            if power.state != told {
                cx.progress(format!("{} is {}", host.name, word(power)));
                told.clone_from(&power.state);
            }
            match wanted {
                Wanted::On => power.is_on(),
                Wanted::Off => power.is_off(),
                Wanted::Restarted => {
                    power.is_on() && power.last_reset_time != before.last_reset_time
                }
            }
        })
        .await;
    match outcome {
        Ok(_) => {
            if wanted == Wanted::Restarted {
                cx.progress(format!("{} has restarted", host.name));
            }
            Ok(())
        }
        Err(error) if *error.kind() == ErrorKind::Timeout => {
            let did = match wanted {
                Wanted::On => "come on",
                Wanted::Off => "shut down",
                Wanted::Restarted => "restart",
            };
            let forced = match operation {
                Operation::GracefulShutdown => {
                    "the operating system may ignore the request: look at its console, raise `timeout`, \
                     or use `force_off`"
                }
                Operation::GracefulRestart => {
                    "the operating system may ignore the request: look at its console, raise `timeout`, \
                     or use `force_restart`"
                }
                _ => "look at the host's console and the iDRAC's Lifecycle log, or raise `timeout`",
            };
            Err(Diagnostic::error(format!("{} does not {did}", host.name))
                .detail(format!(
                    "`{}` was sent once, and nothing was forced. {error}.",
                    operation.as_str()
                ))
                .hint(forced))
        }
        Err(error) => Err(error.into()),
    }
}

/// How a host is, for a sentence.
fn word(power: &HostPower) -> &str {
    match power.state.as_str() {
        "" => "in a state that the iDRAC does not tell",
        "On" => "on",
        "Off" => "off",
        "PoweringOn" => "coming on",
        "PoweringOff" => "going off",
        other => other,
    }
}
