//! The guest agent of a VM, asked once and briefly.
//!
//! The agent runs inside the guest: it may be switched off, not installed, not started yet, or hang.
//! None of that is an error here. Whoever wants to wait for it asks again.
//!
//! API: `/nodes/{node}/qemu/{vmid}/agent`

use std::time::Duration;

use onprem_http::{Deadline, Method, Resend};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Client, Error, ErrorKind, GuestInterface, Params, Qemu,
    call::{Answer, Call},
};

/// Time for one question, waiting for a free connection included
const PATIENCE: Duration = Duration::from_secs(3);

/// The guest agent of a VM. API: `/nodes/{node}/qemu/{vmid}/agent`
#[derive(Clone, Debug)]
pub struct Agent {
    client: Client,
    path: String,
    patience: Duration,
}

impl Agent {
    pub(crate) fn new(vm: &Qemu) -> Self {
        Self { client: vm.client.clone(), path: vm.path("/agent"), patience: PATIENCE }
    }

    /// Wait so long for an answer; 3 s by default
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether the agent is there. API: `POST …/agent/ping`
    ///
    /// # Errors
    /// Not found, forbidden, and whatever else is no matter of the agent.
    pub async fn ping(&self) -> Result<AgentAnswer<()>, Error> {
        let answer = self.ask(Method::POST, "/ping").await?;
        Ok(answer.map(|_| ()))
    }

    /// The guest's network interfaces. API: `GET …/agent/network-get-interfaces`
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub async fn interfaces(&self) -> Result<AgentAnswer<Vec<GuestInterface>>, Error> {
        self.read("/network-get-interfaces").await
    }

    async fn read<T: DeserializeOwned>(&self, leaf: &str) -> Result<AgentAnswer<T>, Error> {
        #[derive(Deserialize)]
        #[serde(bound = "T: DeserializeOwned")]
        struct Wrapped<T> {
            result: T,
        }
        let answer = self.ask(Method::GET, leaf).await?;
        let decoded = answer.map(|answer| answer.decode::<Wrapped<T>>());
        decoded.transpose().map(|answer| answer.map(|wrapped| wrapped.result))
    }

    async fn ask(&self, method: Method, leaf: &str) -> Result<AgentAnswer<Answer>, Error> {
        let deadline = Deadline::after(self.patience, "the patience with the guest agent");
        let (path, params) = (format!("{}{leaf}", self.path), Params::new());
        let call = Call::new(method, &path, &params)
            .resend(Resend::IfNotExecuted)
            .timeout(Some(self.patience));
        let client = self.client.until(&deadline);
        let outcome = deadline.run(client.send(&call)).await;
        match outcome {
            None => Ok(AgentAnswer::NotAnswering),
            Some(Ok(answer)) => Ok(AgentAnswer::Answered(answer)),
            Some(Err(error)) => match *error.kind() {
                ErrorKind::NotRunning => Ok(AgentAnswer::Stopped),
                ErrorKind::Timeout | ErrorKind::Lost => Ok(AgentAnswer::NotAnswering),
                _ if error.text().contains("No QEMU guest agent configured") => {
                    Ok(AgentAnswer::Disabled)
                }
                _ if error.text().contains("QEMU guest agent is not running") => {
                    Ok(AgentAnswer::NotRunning)
                }
                // A command that the agent took and did not answer, in the words of the VM's monitor.
                _ if error.text().contains("qmp command 'guest-") => Ok(AgentAnswer::NotAnswering),
                _ if error.is_transient() => Ok(AgentAnswer::NotAnswering),
                _ => Err(error),
            },
        }
    }
}

/// What came of a question to the guest agent
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgentAnswer<T> {
    /// It answered
    Answered(T),
    /// The VM's configuration has no agent
    Disabled,
    /// Something took the question and no answer came in time
    NotAnswering,
    /// Nothing in the guest takes questions: it is starting, or has no agent
    NotRunning,
    /// The VM does not run
    Stopped,
}

impl<T> AgentAnswer<T> {
    /// The answer, if there is one
    pub fn answered(self) -> Option<T> {
        match self {
            Self::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    fn map<U>(self, answered: impl FnOnce(T) -> U) -> AgentAnswer<U> {
        match self {
            Self::Answered(answer) => AgentAnswer::Answered(answered(answer)),
            Self::Disabled => AgentAnswer::Disabled,
            Self::NotAnswering => AgentAnswer::NotAnswering,
            Self::NotRunning => AgentAnswer::NotRunning,
            Self::Stopped => AgentAnswer::Stopped,
        }
    }
}

impl<T> AgentAnswer<Result<T, Error>> {
    fn transpose(self) -> Result<AgentAnswer<T>, Error> {
        match self {
            Self::Answered(answer) => answer.map(AgentAnswer::Answered),
            Self::Disabled => Ok(AgentAnswer::Disabled),
            Self::NotAnswering => Ok(AgentAnswer::NotAnswering),
            Self::NotRunning => Ok(AgentAnswer::NotRunning),
            Self::Stopped => Ok(AgentAnswer::Stopped),
        }
    }
}
