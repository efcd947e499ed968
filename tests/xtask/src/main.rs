//! `cargo xtask`: the project's commands.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use xtask::demo::{self, Environment};
use xtask::workspace::Binaries;
use xtask::{bench, check, docs, netbox};

/// The project's commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring an environment up and down again with the real Terraform against the lab
    Demo {
        /// Which of environments/ to bring up
        #[arg(long, value_enum, default_value = "prod")]
        env: Environment,
        /// Wait before the destroy, with everything up, for you to look around
        #[arg(long)]
        keep: bool,
        /// How many times faster than ours the lab's clock runs
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        clock: u32,
    },
    /// Check everything that must hold before a change is merged, and count it
    Test {
        /// Leave out what needs Terraform, and rustdoc
        #[arg(long)]
        quick: bool,
    },
    /// Write docs/ out of the provider's schema and examples/
    Docs {
        /// Write nothing, and fail when a page is stale
        #[arg(long)]
        check: bool,
    },
    /// Measure what things cost on this machine; builds releases first
    Bench {
        /// What to measure
        #[arg(value_enum)]
        subject: Subject,
    },
    /// Run a real NetBox from PyPI on PostgreSQL and Redis, on loopback
    Netbox {
        #[command(subcommand)]
        action: NetboxAction,
    },
    /// Write the code of the plugin protocol out of its .proto files
    Codegen {
        /// Write nothing, and fail when a file is stale
        #[arg(long)]
        check: bool,
    },
}

/// What can be measured.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Subject {
    /// Start, large sets, large states, memory and size
    Framework,
}

#[derive(Clone, Subcommand)]
enum NetboxAction {
    /// Start it, or find it running, and print the variables that point clients at it
    Up(NetboxOptions),
    /// Stop it; its data stay
    Down,
    /// Start it anew, without data
    Reset(NetboxOptions),
}

#[derive(Args, Clone)]
struct NetboxOptions {
    /// Release to install from PyPI, 4.7.0 or newer
    #[arg(long, default_value = netbox::VERSION)]
    version: String,
    /// Port to serve on; a free one by default
    #[arg(long)]
    port: Option<u16>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Demo { env, keep, clock } => {
            demo::run(demo::Options { environment: *env, keep: *keep, clock: *clock })
        }
        Command::Test { quick } => check::run(*quick),
        Command::Docs { check } => {
            let check = *check;
            let binaries = Binaries::build()?;
            let pages = docs::run(&binaries.provider, check)?;
            println!("docs/: {pages} pages");
            Ok(())
        }
        Command::Bench { subject: Subject::Framework } => bench::framework(),
        Command::Codegen { check } => xtask::codegen(*check),
        Command::Netbox { action } => {
            let options = match action {
                NetboxAction::Down => return netbox::down(),
                NetboxAction::Reset(options) => {
                    netbox::clear()?;
                    options
                }
                NetboxAction::Up(options) => options,
            };
            print!("{}", netbox::up(&options.version, options.port)?.exports());
            Ok(())
        }
    }
}
