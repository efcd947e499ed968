//! `onprem-lab`: a stand-in data centre to run modules and pipelines against.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use onprem_lab::{Fault, Lab, LabOptions, StartError, images};
use serde_json::json;

/// A stand-in data centre on loopback: a Proxmox VE cluster and iDRACs that answer like real ones
#[derive(Debug, Parser)]
#[command(name = "onprem-lab", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the images and firmware packages of the lab's web server with their sizes and checksums.
    ///
    /// They are the same, byte for byte, at every start, so a checksum can stand in a committed
    /// configuration. The nodes download them from http://images.example.com/NAME.
    Images,
    /// Serve the data centre until SIGINT or SIGTERM.
    ///
    /// Prints the environment variables for a client first:
    ///
    ///   onprem-lab serve > lab.env &      # then, once its last line (# clock) is there:
    ///   . ./lab.env
    ///
    /// The cluster has three nodes (pve1, pve2, pve3), each with its own HTTPS port and
    /// certificate, and the storages local, local-lvm and nfs. Beside it are an empty NetBox and two
    /// servers, r750-01 with an iDRAC9 and r770-01 with an iDRAC10. Everything is kept in memory.
    #[command(verbatim_doc_comment)]
    Serve {
        /// How much faster than real time the lab runs: tasks, locks and tickets follow its clock
        #[arg(long, default_value_t = 60.0, value_name = "FACTOR")]
        clock: f64,
        /// Print shell commands, or one line of JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Env)]
        format: Format,
        /// Fault to arm from the start, `KIND,key=value,…` or JSON; may be repeated.
        ///
        /// Kinds: latency (delay=5s), status (status=503, message=…), reset (when=before|after),
        /// stall (when=before|after), race, lock-timeout, task-failure (task=download, exit=TEXT),
        /// node-offline (name=pve2), storage-full (storage=local), tickets-expired; of iDRACs
        /// download-failure (message_id=RED006), job-failure (component=FQDD, state=Failed,
        /// message_id=PR21), job-stuck (state=Scheduled, message_id=PR30), idrac-restart
        /// (state=Running), lc-not-ready, session-limit, job-queue-full,
        /// lockdown. For each:
        /// method=POST, system=proxmox, path=REGEX (Proxmox: after /api2/json, NetBox: after /api),
        /// node=pve1 or node=r750-01, probability=0.5, skip=N, count=N. More at run time through
        /// the admin API: GET and POST /faults.
        #[arg(long, value_name = "SPEC", verbatim_doc_comment)]
        fault: Vec<Fault>,
        /// Lab time after which a started guest has addresses and its agent answers
        #[arg(long, default_value = "15s", value_name = "DURATION", value_parser = humantime::parse_duration)]
        guest_boot: Duration,
        /// Port for the next iDRAC (free ones by default); may be repeated
        #[arg(long, value_name = "PORT")]
        idrac_port: Vec<u16>,
        /// Port of NetBox (a free one by default)
        #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "PORT")]
        netbox_port: u16,
        /// Release whose shapes NetBox has, from 4.2 on
        #[arg(long, default_value = "4.6.8", value_name = "VERSION")]
        netbox_version: String,
        /// Port for the next node (free ones by default); may be repeated
        #[arg(long, value_name = "PORT")]
        proxmox_port: Vec<u16>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Lines for a POSIX shell
    Env,
    /// One line of JSON
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Images => {
            for image in images() {
                println!("{:>10}  {}  {}", image.data.len(), image.sha256, image.name);
            }
            ExitCode::SUCCESS
        }
        Command::Serve {
            clock,
            format,
            fault,
            guest_boot,
            idrac_port,
            netbox_port,
            netbox_version,
            proxmox_port,
        } => {
            let options = LabOptions {
                clock,
                faults: fault,
                guest_boot,
                idrac_ports: idrac_port,
                netbox_port,
                netbox_version,
                proxmox_ports: proxmox_port,
                ..LabOptions::default()
            };
            match serve(options, format).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            }
        }
    }
}

async fn serve(options: LabOptions, format: Format) -> Result<(), StartError> {
    // Before anything is printed: whoever reads the lines may stop the lab at once.
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let clock = options.clock;
    let lab = Lab::start(options).await?;
    let endpoints = lab.proxmox_endpoints().join(",");
    let images = "http://images.example.com";
    let mut idrac = format!(
        "export IDRAC_USERNAME={}\nexport IDRAC_PASSWORD={}\nexport IDRAC_CA_CERTIFICATE={}\n",
        quote(lab.idrac_username()),
        quote(lab.idrac_password()),
        quote(lab.ca_pem()),
    );
    let netbox = format!(
        "export NETBOX_URL={}\nexport NETBOX_TOKEN={}\nexport NETBOX_CA_CERTIFICATE={}\n",
        quote(&lab.netbox_url()),
        quote(lab.netbox_token()),
        quote(lab.ca_pem()),
    );
    for (name, endpoint) in lab.idracs() {
        idrac.push_str(&format!("# idrac {name} {endpoint}\n"));
    }
    let idracs: BTreeMap<String, String> = lab.idracs().into_iter().collect();
    let text = match format {
        Format::Env => format!(
            "export PROXMOX_VE_ENDPOINT={}\nexport PROXMOX_VE_API_TOKEN={}\nexport PROXMOX_VE_CA_CERTIFICATE={}\n{netbox}{idrac}# admin {}\n# images {images}, from here {}\n# clock x{clock}\n",
            quote(&endpoints),
            quote(lab.api_token()),
            quote(lab.ca_pem()),
            lab.admin_url(),
            lab.web_url(),
        ),
        Format::Json => {
            let object = json!({
                "environment": {
                    "IDRAC_USERNAME": lab.idrac_username(),
                    "IDRAC_PASSWORD": lab.idrac_password(),
                    "IDRAC_CA_CERTIFICATE": lab.ca_pem(),
                    "NETBOX_URL": lab.netbox_url(),
                    "NETBOX_TOKEN": lab.netbox_token(),
                    "NETBOX_CA_CERTIFICATE": lab.ca_pem(),
                    "PROXMOX_VE_ENDPOINT": endpoints,
                    "PROXMOX_VE_API_TOKEN": lab.api_token(),
                    "PROXMOX_VE_CA_CERTIFICATE": lab.ca_pem(),
                },
                "idracs": idracs,
                "admin": lab.admin_url(),
                "images": images,
                "web": lab.web_url(),
                "clock": clock,
            });
            format!("{object}\n")
        }
    };
    use std::io::Write;
    let mut output = std::io::stdout();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Quotes for a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
