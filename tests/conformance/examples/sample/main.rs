//! The sample provider of the tests as a plugin, for a real Terraform to judge: honest, or broken in one of the
//! ways that the harness has to name. `sample schema` prints its schemas.
//!
//! - `SAMPLE_BREAKS`: the case, out of those that this prints when run by hand; or `probes`, whose places and
//!   verdicts `sample probes` prints; none for an honest provider.
//! - `SAMPLE_FOLDER`: where it counts its answers and writes down, in `tampered`, which it changed.
//!
//! The provider block's `endpoint` is the file that its servers are kept in.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test that runs this")]

use std::env;
use std::process::ExitCode;

use tf_provider::Provider;
use tf_provider_protocol::{log, serve};
use tokio::runtime::Runtime;

mod broken;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/conformance/sample/mod.rs"]
mod sample;

use sample::Sample;

fn main() -> ExitCode {
    let runtime = Runtime::new().unwrap();
    if !serve::is_plugin_launch() {
        match env::args().nth(1).as_deref() {
            Some("probes") => println!("{}", runtime.block_on(broken::probes::judged())),
            Some("schema") => println!("{}", tf_provider::testing::schema::<Sample>()),
            _ => broken::names().iter().for_each(|name| println!("{name}")),
        }
        return ExitCode::SUCCESS;
    }
    log::init(Sample::NAME);
    let served = runtime.block_on(broken::served());
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
