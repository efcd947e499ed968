//! The `main` of a provider: serve Terraform, or answer a person who ran the binary by hand.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tf_provider_protocol::{log, serve};

use crate::Provider;
use crate::engine::run::quiet_panics;
use crate::server::{Server, json};

/// What a person may ask of the binary.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct Arguments {
    /// Serve until Ctrl-C and print the TF_REATTACH_PROVIDERS that makes Terraform use this process.
    #[arg(long)]
    debug: bool,
    /// Print the version.
    #[arg(long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the schemas as `terraform providers schema -json` does.
    Schema {
        /// Add what the documentation needs: classes, ranges, import formats, time limits.
        #[arg(long)]
        annotated: bool,
    },
}

/// Runs the provider `P`: the whole `main` of its binary.
pub fn run<P: Provider>() -> ExitCode {
    if serve::is_plugin_launch() {
        return block_on(P::NAME, async {
            let server = Server::<P>::new();
            let hook = server.clone();
            let options = serve::ServeOptions::new(P::ADDRESS);
            serve::serve(server, options, || async move { hook.shutdown().await }).await
        });
    }
    let arguments = Arguments::try_parse().unwrap_or_else(|error| error.exit());
    match arguments {
        Arguments { debug: true, .. } => block_on(P::NAME, async {
            let server = Server::<P>::new();
            let hook = server.clone();
            let options = serve::ServeOptions::new(P::ADDRESS);
            serve::serve_debug(server, options, || async move { hook.shutdown().await }).await
        }),
        Arguments { version: true, .. } => say(&format!("{} {}", P::ADDRESS, P::VERSION)),
        Arguments { command: Some(Command::Schema { annotated }), .. } => {
            let server = Server::<P>::new();
            let schema = if annotated { json::annotated(&server) } else { json::schema(&server) };
            say(&schema.to_string())
        }
        Arguments { .. } => say(&introduction::<P>()),
    }
}

fn introduction<P: Provider>() -> String {
    let (name, address, version) = (P::NAME, P::ADDRESS, P::VERSION);
    format!(
        "This is version {version} of the Terraform provider {address}.\n\
         Terraform and OpenTofu start it themselves. To use it, write:\n\n\
         terraform {{\n  required_providers {{\n    {name} = {{ source = \"{source}\" }}\n  }}\n}}\n\n\
         and run `terraform init`. By hand it knows:\n\n\
         \x20 --version   print the version\n\
         \x20 --debug     serve under a debugger\n\
         \x20 schema      print the schemas as JSON\n\
         \x20 --help      say more",
        source = address.strip_prefix("registry.terraform.io/").unwrap_or(address),
    )
}

/// Prints for a person; a closed pipe is no failure.
fn say(text: &str) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

fn block_on(name: &str, serving: impl Future<Output = Result<(), serve::ServeError>>) -> ExitCode {
    log::init(name);
    quiet_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}")),
    };
    let outcome = runtime.block_on(serving);
    // Terraform kills what lingers: whatever still runs is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(text: &str) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}
