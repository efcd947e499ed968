//! The addresses of a running guest: a VM's from its guest agent, a container's from its node.
//!
//! Nobody may ever tell them, and the guest is finished all the same. So waiting for them in vain is no
//! error, which would have Terraform make the guest anew: the apply warns and keeps the guest, and every
//! refresh asks once more.

use std::time::Duration;

use humantime::format_duration;
use onprem_proxmox::{
    AgentAnswer, Error, ErrorKind, GuestInterface, GuestKind, GuestLocation, VmId,
};
use tf_provider::{Context, Diagnostic, ResourceModel, Value};
use tokio::time::{Instant, sleep, sleep_until};

use super::Proxmox;

/// The addresses of a guest that an apply has finished, once there are any where it shall `wait` for them.
/// Waiting ends with the time of the operation and when Terraform asks to stop, and the answer is empty
/// then; a warning says why.
pub(crate) async fn finished<R: ResourceModel>(
    cx: &Context<R>,
    pve: &Proxmox,
    found: &GuestLocation,
    vm_id: VmId,
    wait: bool,
) -> Vec<String> {
    if !wait {
        return ask(pve, found, vm_id).await.0;
    }
    // Held to the operation's end, which is no timeout and no stop then: the guest is not tainted.
    let _finished = cx.critical();
    let began = Instant::now();
    let mut heard = Heard::Nothing;
    let waiting = async {
        loop {
            let (addresses, answer) = ask(pve, found, vm_id).await;
            if !addresses.is_empty() {
                return addresses;
            }
            if !matches!(answer, Heard::Nothing) {
                heard = answer;
            }
            if heard.is_final() {
                return addresses;
            }
            sleep(PAUSE).await;
        }
    };
    let (addresses, stopped) = tokio::select! {
        addresses = waiting => (addresses, false),
        () = sleep_until(cx.deadline()) => (vec![], false),
        () = cx.stop().cancelled() => (vec![], true),
    };
    if addresses.is_empty() {
        let verb = cx.operation().verb();
        let waited = Waited { vm_id, verb, time: began.elapsed(), stopped };
        cx.warn(waited.in_vain(&heard));
    }
    addresses
}

/// What a refresh shows of a running guest whose state has `known`: the same, and where an apply has waited
/// for addresses in vain, those that there are now.
pub(crate) async fn refreshed(
    pve: &Proxmox,
    found: &GuestLocation,
    vm_id: VmId,
    known: Vec<String>,
    wait: Option<&Value<bool>>,
) -> Vec<String> {
    let wait = wait.and_then(Value::known) == Some(&true);
    if wait && known.is_empty() { ask(pve, found, vm_id).await.0 } else { known }
}

/// Time between two questions.
const PAUSE: Duration = Duration::from_secs(2);

/// What came of the last question.
#[derive(Debug)]
enum Heard {
    /// No question was answered.
    Nothing,
    /// The VM has no agent.
    Disabled,
    /// Nothing in the guest takes questions.
    NoAgent,
    /// The agent takes a question and does not answer.
    Silence,
    /// The guest does not run.
    Stopped,
    /// Interfaces without an address of use: each with its name and what it has.
    Interfaces(Vec<String>),
    /// The server's refusal, which stays.
    Refused(String),
    /// Another failure.
    Failed(String),
}

impl Heard {
    /// Whether the next answer will be the same.
    fn is_final(&self) -> bool {
        matches!(self, Self::Disabled | Self::Refused(_))
    }

    fn of(answer: AgentAnswer<Vec<GuestInterface>>) -> (Vec<String>, Self) {
        let heard = match answer {
            AgentAnswer::Answered(interfaces) => {
                let all = interfaces.iter().flat_map(|interface| &interface.addresses);
                let reachable = all.filter(|address| address.is_reachable());
                let addresses: Vec<_> = reachable.map(|address| address.ip.to_string()).collect();
                if !addresses.is_empty() {
                    return (addresses, Self::Nothing);
                }
                Self::Interfaces(interfaces.iter().map(shown).collect())
            }
            AgentAnswer::Disabled => Self::Disabled,
            AgentAnswer::NotRunning => Self::NoAgent,
            AgentAnswer::Stopped => Self::Stopped,
            _ => Self::Silence,
        };
        (vec![], heard)
    }
}

/// Asks once, which takes a few seconds at most where a guest agent is asked.
async fn ask(pve: &Proxmox, found: &GuestLocation, vm_id: VmId) -> (Vec<String>, Heard) {
    let answer = match found.kind {
        GuestKind::Lxc => pve.lxc(&found.node, vm_id).interfaces().await.map(AgentAnswer::Answered),
        _ => pve.qemu(&found.node, vm_id).agent().interfaces().await,
    };
    match answer {
        Ok(answer) => Heard::of(answer),
        Err(error) => {
            tracing::warn!(%error, %vm_id, "nobody tells the guest's addresses");
            (vec![], refusal(&error))
        }
    }
}

fn refusal(error: &Error) -> Heard {
    match error.kind() {
        ErrorKind::NotRunning => Heard::Stopped,
        ErrorKind::Timeout | ErrorKind::Lost => Heard::Nothing,
        _ if error.is_transient() => Heard::Nothing,
        ErrorKind::Forbidden { .. } => Heard::Refused(error.to_string()),
        _ => Heard::Failed(error.to_string()),
    }
}

/// An interface and what addresses it has.
fn shown(interface: &GuestInterface) -> String {
    let addresses: Vec<_> = interface.addresses.iter().map(|one| one.ip.to_string()).collect();
    let addresses = if addresses.is_empty() { "none".to_owned() } else { addresses.join(", ") };
    format!("{} ({addresses})", interface.name)
}

/// A wait that nothing came of.
struct Waited {
    vm_id: VmId,
    /// What the apply does: `create` or `update`.
    verb: &'static str,
    time: Duration,
    stopped: bool,
}

impl Waited {
    fn in_vain(&self, heard: &Heard) -> Diagnostic {
        let Self { vm_id, verb, time, stopped } = self;
        let time = format_duration(Duration::from_secs(time.as_secs()));
        let until = match (stopped, heard) {
            (true, _) => "until Terraform was asked to stop".to_owned(),
            (false, Heard::Disabled | Heard::Refused(_)) => "and no longer is of use".to_owned(),
            (false, _) => format!("until the {verb} timeout was over"),
        };
        let warning = Diagnostic::warning(format!("No address of guest {vm_id} is known yet"))
            .detail(format!(
                "`wait_for_ip` waited {time} for an address that others can reach, {until}. {}",
                heard.sentence()
            ))
            .detail(
                "Everything else is done and the guest is kept as it is. `ip_addresses` is empty, and a \
                 refresh fills it as soon as there are any.",
            );
        let longer = format!("raise `timeouts.{verb}` where the guest takes longer to come up");
        let warning = match heard {
            Heard::Disabled => warning.hint(
                "set `agent = { enabled = true }`, and run qemu-guest-agent in the guest; a running VM \
                 gets the agent's device at its next start",
            ),
            Heard::NoAgent | Heard::Silence => warning
                .hint("install qemu-guest-agent in the guest or in its image, and have it started")
                .hint(longer),
            Heard::Interfaces(_) => warning
                .hint("look at the guest's network: its bridge and VLAN, its address or its DHCP server")
                .hint(longer),
            Heard::Stopped => warning.hint("look at the guest's console for why it stopped"),
            Heard::Refused(_) => warning,
            Heard::Failed(_) | Heard::Nothing => warning.hint(longer),
        };
        warning
            .hint("`terraform apply -refresh-only` looks for addresses again and changes nothing")
            .at("wait_for_ip")
    }
}

impl Heard {
    fn sentence(&self) -> String {
        match self {
            Self::Nothing => "No question for them was answered.".to_owned(),
            Self::Disabled => {
                "The guest agent would tell them, and `agent` is not enabled for the VM.".to_owned()
            }
            Self::NoAgent => {
                "The guest agent would tell them, and it is not running: the guest has \
                              none, or has not started it yet."
                    .to_owned()
            }
            Self::Silence => "The guest agent would tell them, and does not answer.".to_owned(),
            Self::Stopped => "The guest does not run any more.".to_owned(),
            Self::Interfaces(interfaces) if interfaces.is_empty() => {
                "The guest has no network interface.".to_owned()
            }
            Self::Interfaces(interfaces) => {
                format!("The guest has none of that sort: {}.", interfaces.join("; "))
            }
            Self::Refused(error) | Self::Failed(error) => {
                format!("The server does not tell them: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_in_vain_says_what_was_heard_and_what_to_do() {
        let vm_id = VmId::new(9100).unwrap();
        let said = |heard: Heard, stopped: bool| {
            let time = Duration::from_millis(90_400);
            let warning = Waited { vm_id, verb: "update", time, stopped }.in_vain(&heard);
            assert_eq!(warning.path().map(ToString::to_string).as_deref(), Some("wait_for_ip"));
            assert_eq!(warning.summary(), "No address of guest 9100 is known yet");
            warning.full_detail()
        };
        let text = said(Heard::NoAgent, false);
        for part in ["1m 30s", "the update timeout", "not running", "qemu-guest-agent"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("`timeouts.update`") && text.contains("-refresh-only"), "{text}");
        assert!(said(Heard::Disabled, false).contains("agent = { enabled = true }"));
        assert!(!said(Heard::Disabled, false).contains("timeouts.update"));
        assert!(said(Heard::Silence, true).contains("asked to stop"));
        let link_local = Heard::Interfaces(vec!["eth0 (fe80::1)".into()]);
        assert!(said(link_local, false).contains("eth0 (fe80::1)"));
        assert!(said(Heard::Refused("403 no".into()), false).contains("403 no"));
    }
}
