//! What errors of an iDRAC mean to the person at the terminal, and what to do about them.

use std::error::Error as StdError;

use onprem_redfish::{Error, ErrorKind, TlsProblem};
use tf_provider::{Diagnostic, Situation};

/// Explains an error of the Redfish client; nothing when it is another's.
pub(crate) fn explain(
    error: &(dyn StdError + 'static),
    situation: &Situation,
) -> Option<Diagnostic> {
    let error = error.downcast_ref::<Error>()?;
    let attempt = &situation.attempt;
    let base = |summary: &str| Diagnostic::error(summary).detail(error.to_string());
    let needed =
        |summary: &str| base(summary).detail(format!("The connection was needed to {attempt}."));
    let could_not = || base(&format!("Could not {attempt}"));
    Some(match error.kind() {
        ErrorKind::Unauthorized => base("The iDRAC refused the credentials")
            .detail(format!("They were used to {attempt}."))
            .hint(
                "check provider \"onprem\" -> idrac.username and idrac.password (or IDRAC_USERNAME and \
                 IDRAC_PASSWORD), and those of the server in idrac.servers; after several failures an \
                 iDRAC refuses everybody from here for some minutes",
            ),
        ErrorKind::Forbidden => could_not().hint(
            "give the user of provider \"onprem\" -> idrac.username the privileges Login and System \
             Control on the iDRAC",
        ),
        ErrorKind::Lockdown => could_not().hint(
            "system lockdown is enabled on this server: disable it in the iDRAC, update, and enable it \
             again",
        ),
        ErrorKind::Tls(failure) => {
            let diagnostic = needed("The iDRAC's certificate is not trusted");
            match &failure.problem {
                TlsProblem::NameMismatch => diagnostic.hint(
                    "use a name as the server's endpoint in provider \"onprem\" -> idrac.servers that \
                     the certificate has, or pin the certificate with idrac.fingerprints",
                ),
                TlsProblem::Expired => diagnostic.hint(
                    "renew the iDRAC's certificate, or pin it with idrac.fingerprints in provider \
                     \"onprem\"",
                ),
                TlsProblem::SelfSigned | TlsProblem::UnknownIssuer => diagnostic.hint(
                    "an iDRAC signs its own certificate unless it was given another: pin it with \
                     idrac.fingerprints in provider \"onprem\", or set idrac.ca_certificate to who \
                     signed it",
                ),
                _ => diagnostic.hint(
                    "iDRAC7 and 8 may offer only TLS 1.1 or keys of less than 2048 bits, which are not \
                     accepted: allow TLS 1.2 on the iDRAC and give it a larger key",
                ),
            }
        }
        ErrorKind::Unreachable(_) => needed("The iDRAC cannot be reached").hint(
            "check the server's endpoint in provider \"onprem\" -> idrac.servers; an iDRAC that \
             restarts is away for some minutes",
        ),
        ErrorKind::NotReady => could_not()
            .hint("the iDRAC is still starting: apply again in some minutes, or raise `timeouts`"),
        ErrorKind::Busy | ErrorKind::JobExists => could_not().hint(
            "another job keeps the server: data \"onprem_idrac_jobs\" lists them; wait for it, or take \
             it out of the queue",
        ),
        ErrorKind::AmbiguousJob => could_not().hint(
            "look at these jobs in the iDRAC, or wait for their end, and apply again: what runs by then is \
             waited for; action \"onprem_idrac_job_cancel\" takes out one that nobody wants",
        ),
        ErrorKind::JobQueueFull => could_not()
            .hint("take old jobs out of the iDRAC's queue: data \"onprem_idrac_jobs\" lists them"),
        ErrorKind::Timeout => {
            could_not().hint("raise the limit in `timeouts`, or look at the iDRAC's jobs")
        }
        ErrorKind::Configuration => base("The configuration of the iDRAC cannot be used")
            .hint("check the `idrac` part of provider \"onprem\""),
        ErrorKind::JobFailed => could_not().hint(job_hint(error)),
        ErrorKind::Lost => could_not().hint(
            "the connection broke: apply again; a job that was begun is followed, not begun twice",
        ),
        ErrorKind::NotFound | ErrorKind::Unsupported => could_not().hint(
            "the firmware of this iDRAC may be too old for it: update the iDRAC itself first",
        ),
        ErrorKind::Decode => could_not().hint(
            "is the server's endpoint in provider \"onprem\" -> idrac.servers that of an iDRAC, and \
             not of something before it?",
        ),
        _ => could_not().hint(
            "the iDRAC's Lifecycle log and data \"onprem_idrac_jobs\" tell more; if the iDRAC is in \
             trouble, restart it (the host goes on) and apply again",
        ),
    })
}

/// What to do about a failed job, by its message.
fn job_hint(error: &Error) -> &'static str {
    let code = error.job().map(|job| onprem_redfish::message_code(&job.message_id));
    match code.unwrap_or_default() {
        "RED005" | "RED006" | "RED051" | "RED068" | "RED132" | "RED137" | "RED140" => {
            "the iDRAC itself fetches the image: can it resolve and reach the web server, and is the \
             file there?"
        }
        "RED136" => {
            "the iDRAC does not trust the web server's certificate: serve the image by http"
        }
        "RED050" | "RED062" => "the web server asks the iDRAC for credentials",
        "RED007" | "RED008" => {
            "the image is damaged, or no update package for Windows (.EXE) or iDRAC image (.d9, .d10)"
        }
        "RED013" | "RED017" | "RED097" | "RED098" => "the image is for another component or model",
        "RED014" => {
            "a job for the same device is in the queue: data \"onprem_idrac_jobs\" lists it"
        }
        "RED149" => "a CPLD is updated alone: apply the others first, and restart the host",
        "PR30" => "the job is stuck for good: take it out of the queue and apply again",
        _ => "the iDRAC's Lifecycle log tells more",
    }
}
