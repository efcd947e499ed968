//! What errors of Proxmox mean to the person at the terminal, and what to do about them.

use std::error::Error as StdError;

use onprem_proxmox::{Error, ErrorKind, TlsProblem, Unreachable};
use tf_provider::cty::Path;
use tf_provider::{Diagnostic, Situation};

/// Explains an error of the Proxmox client; nothing when it is another's.
pub(crate) fn explain(
    error: &(dyn StdError + 'static),
    situation: &Situation,
) -> Option<Diagnostic> {
    let error = error.downcast_ref::<Error>()?;
    let attempt = &situation.attempt;
    let base = |summary: String| {
        let diagnostic = Diagnostic::error(summary).detail(error.to_string());
        match error.task() {
            Some(task) if !task.log.is_empty() => {
                let log = without_query(&task.log.join("\n  "), situation);
                diagnostic.detail(format!("The end of the task's log:\n  {log}"))
            }
            _ => diagnostic,
        }
    };
    let could_not = || base(format!("Could not {attempt}"));
    let diagnostic = match error.kind() {
        ErrorKind::Unauthorized => base("Proxmox VE refused the credentials".to_owned())
            .detail(format!("They were used to {attempt}."))
            .hint(
                "check provider \"onprem\" -> proxmox.api_token (or PROXMOX_VE_API_TOKEN): its form is \
                 `user@realm!name=secret`, and neither token nor user may be expired or disabled",
            ),
        _ if for_root_alone(error.text()) => could_not().hint(
            "that is for `root@pam` itself, logged in with its password: set proxmox.username and \
             proxmox.password in provider \"onprem\" instead of an API token, or leave the attribute out",
        ),
        ErrorKind::Forbidden { permission } => {
            let what = match permission.as_str() {
                "" => "the privilege for it".to_owned(),
                permission => format!("`{permission}`"),
            };
            could_not().hint(format!(
                "give the user and the token of provider \"onprem\" -> proxmox.api_token {what}, under \
                 Datacenter -> Permissions; a token with privilege separation needs it itself"
            ))
        }
        ErrorKind::Tls(failure) => {
            let diagnostic = base("Proxmox VE's certificate is not trusted".to_owned())
                .detail(format!("The connection was needed to {attempt}."));
            match &failure.problem {
                TlsProblem::NameMismatch => diagnostic.hint(
                    "use a name in provider \"onprem\" -> proxmox.endpoints that the certificate has, or \
                     pin the certificate with proxmox.fingerprints",
                ),
                TlsProblem::Expired => diagnostic.hint(
                    "renew the node's certificate (`pvecm updatecerts` on the node), or pin it with \
                     proxmox.fingerprints in provider \"onprem\"",
                ),
                _ => diagnostic.hint(
                    "set provider \"onprem\" -> proxmox.ca_certificate to the cluster's authority \
                     (/etc/pve/pve-root-ca.pem on a node), or pin the certificate with \
                     proxmox.fingerprints",
                ),
            }
        }
        ErrorKind::Unreachable(Unreachable::Other(_)) => could_not().hint(
            "a node of the cluster cannot be reached from the one that was asked: is it online?",
        ),
        ErrorKind::Unreachable(_) => base("Proxmox VE cannot be reached".to_owned())
            .detail(format!("The connection was needed to {attempt}."))
            .hint(
                "check provider \"onprem\" -> proxmox.endpoints (or PROXMOX_VE_ENDPOINT), and that port \
                 8006 is open from here; several endpoints fail over",
            ),
        ErrorKind::NoSuchNode => {
            let hint = "the web interface lists the nodes under Datacenter; case matters";
            at(could_not().hint(hint), situation, "node")
        }
        ErrorKind::NoSuchStorage => {
            let hint = "Datacenter -> Storage in the web interface lists the storages, and the nodes that \
                 each is limited to";
            at_storage(could_not().hint(hint), situation, error.text())
        }
        ErrorKind::StorageFull => {
            let diagnostic = could_not()
                .hint("free space on the storage, or use another one; nothing half-made was left behind");
            at_storage(diagnostic, situation, error.text())
        }
        ErrorKind::AlreadyExists => {
            let diagnostic = could_not()
                .detail("What is there was not made by this resource, so it is left alone.");
            already_exists(diagnostic, situation)
        }
        ErrorKind::DigestMismatch => could_not()
            .detail("Somebody else changed the configuration since it was read.")
            .hint("plan again, and look at what the other change was"),
        ErrorKind::Locked { lock } => could_not().hint(format!(
            "the guest carries the lock `{lock}`: wait for what set it, or remove it on the node with \
             `qm unlock`"
        )),
        ErrorKind::LockTimeout | ErrorKind::WorkerNotStarted => could_not()
            .hint("the server stayed busy for the whole time limit: apply again, or raise `timeouts`"),
        ErrorKind::Timeout => could_not().hint("raise the limit in `timeouts`, or look at the tasks of the node"),
        ErrorKind::BadParameters(errors) => {
            let mut diagnostic = could_not().hint("the server's words above name the parameter");
            for parameter in errors.keys() {
                let path = situation.attribute_named(parameter).or_else(|| device(situation, parameter));
                if let Some(path) = path {
                    diagnostic = diagnostic.at(path);
                }
            }
            diagnostic
        }
        ErrorKind::Configuration => base("The configuration of Proxmox VE cannot be used".to_owned())
            .hint("check the `proxmox` part of provider \"onprem\""),
        _ => task(could_not(), situation, error),
    };
    Some(diagnostic)
}

/// The log of a task, in which a download tells its URL: a signed one has its key in the query.
fn without_query(log: &str, situation: &Situation) -> String {
    let url = situation.text("url").unwrap_or_default();
    match url.split_once('?') {
        Some((_, query)) if !query.is_empty() => log.replace(query, "…"),
        _ => log.to_owned(),
    }
}

/// Whether the server refused what no token may do, not even one of root's.
fn for_root_alone(text: &str) -> bool {
    ["only root can ", "is only allowed for root@pam"].iter().any(|part| text.contains(part))
}

/// The attribute that holds the device behind a parameter such as `net0` or `scsi0`.
fn device(situation: &Situation, parameter: &str) -> Option<Path> {
    let maps = ["network", "disks", "cdrom", "mount_points"];
    maps.into_iter().find_map(|name| {
        let slots = situation.values.get(name)?.as_map()?;
        slots.contains_key(parameter).then(|| Path::from(name).key(parameter))
    })
}

/// Failed tasks that have no kind of their own: the exit text says what happened.
fn task(diagnostic: Diagnostic, situation: &Situation, error: &Error) -> Diagnostic {
    let Some(task) = error.task() else { return diagnostic };
    if task.exit.starts_with("checksum mismatch") {
        let diagnostic = diagnostic.hint(
            "the file behind the URL is not the one that the checksum was made of: take the checksum \
             from the publisher again, or pin a URL that does not change",
        );
        return at(diagnostic, situation, "checksum");
    }
    if task.exit.starts_with("download failed") {
        let why = match task.exit.rsplit(' ').next() {
            Some("4") => "the node cannot reach the host of the URL (network failure)",
            Some("5") => "the node does not trust the certificate of the URL",
            Some("8") => "the web server answered with an error, such as 404 Not Found",
            _ => "the node could not fetch the URL",
        };
        let diagnostic = diagnostic.hint(format!("{why}: open the URL from the node itself"));
        return at(diagnostic, situation, "url");
    }
    if task.exit.contains("failed to stat") {
        let diagnostic =
            diagnostic.hint("the file to import from is not there: was the image deleted?");
        return at(diagnostic, situation, "image");
    }
    if task.exit.contains("still in use by linked clone") {
        return diagnostic.hint("destroy the guests that are linked clones of it first");
    }
    diagnostic
}

fn at(diagnostic: Diagnostic, situation: &Situation, attribute: &str) -> Diagnostic {
    match situation.attribute_named(attribute) {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}

/// The attribute whose storage the server's words quote, else the first one called `storage`.
fn at_storage(diagnostic: Diagnostic, situation: &Situation, words: &str) -> Diagnostic {
    let quoted = words.split('\'').skip(1).step_by(2);
    let path = quoted.into_iter().find_map(|name| situation.attribute("storage", name));
    match path.or_else(|| situation.attribute_named("storage")) {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}

fn already_exists(diagnostic: Diagnostic, situation: &Situation) -> Diagnostic {
    let part = |name| situation.text(name).unwrap_or_else(|| format!("<{name}>"));
    let has = |name| situation.text(name).is_some();
    let (id, attribute) = match () {
        () if has("vm_id") => (part("vm_id"), "vm_id"),
        () if has("content") => {
            let volume = format!("{}:{}/{}", part("storage"), part("content"), part("file_name"));
            (format!("{}/{volume}", part("node")), "file_name")
        }
        () if has("scope") => (format!("{}:{}", part("scope"), part("name")), "name"),
        () => (part("name"), "name"),
    };
    let diagnostic = diagnostic.hint(format!(
        "to manage what is there: terraform import {}.NAME '{id}'; else choose another `{attribute}`",
        situation.type_name
    ));
    match situation.attribute_named(attribute) {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}
