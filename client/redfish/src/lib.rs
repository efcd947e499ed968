//! A client for the Redfish API of Dell's iDRAC: firmware, jobs, power.
//!
//! ```no_run
//! use onprem_redfish::{Client, JobEnd, Secret, SimpleUpdate, Stop};
//!
//! # async fn example() -> Result<(), onprem_redfish::Error> {
//! let password = Secret::new(std::env::var("PASSWORD").unwrap_or_default());
//! let idrac = Client::builder("https://10.0.0.21", "root", password).build()?;
//! for firmware in idrac.firmware_inventory().await?.iter().filter(|one| one.is_installed()) {
//!     println!("{} {} ({})", firmware.name, firmware.version, firmware.fqdd);
//! }
//!
//! let guard = idrac.change().await?;
//! idrac.wait_until_ready().await?;
//! let job = idrac.simple_update(&SimpleUpdate::new("http://10.0.0.9/BIOS_1.14.1.EXE")).await?;
//! match idrac.follow_job(&job, Stop::WhenStaged).await? {
//!     JobEnd::Staged(job) => println!("{} waits for the host's next restart", job.id),
//!     end => println!("{end:?}: the inventory says whether it worked"),
//! }
//! drop(guard);
//! idrac.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! - A [`Client`] is cheap to clone and speaks to one controller, in one session, which is deleted when
//!   nobody has asked for anything for a while. [`Client::until`] bounds everything that follows by a
//!   [`Deadline`].
//! - Everything is found by links and advertised actions. Whatever a controller leaves out of an answer
//!   is absent here and no error.
//! - What starts a job is sent once. When its answer is lost, the job is looked for.
//! - A controller that restarts, as for its own update, is waited for while a job is followed.
//! - [`package`] reads what an update package brings, without the whole of it.
//! - An [`Error`] says what was attempted, where, and what the controller said; its
//!   [`kind`](Error::kind) names the situation.

pub mod package;

mod call;
mod client;
mod error;
mod inventory;
mod job;
mod json;
mod lifecycle;
mod service;
mod session;
mod system;
mod update;
mod upload;

pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind, Message, message_code};
pub use inventory::{Firmware, Place};
pub use job::{Job, JobEnd, JobState, Phase, Stop};
pub use lifecycle::LifecycleStatus;
pub use session::{Busy, OpenSession};
pub use system::{HostPower, ResetType, System};
pub use update::{ApplyTime, SimpleUpdate, UpdateService};

pub use onprem_http::{
    Deadline, RequestContext, RetryPolicy, Secret, TlsFailure, TlsProblem, Unreachable,
};
