//! What a Terraform makes of a broken provider.

use std::fmt;

use acceptance::Run;

use super::play::Play;

/// What a Terraform makes of an answer that breaks a rule.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    /// The command fails, with an error that says this.
    Refuses(&'static str),
    /// The command ends as with an honest provider and says no more. Why it is a rule though:
    Accepts(&'static str),
    /// The command ends as with an honest provider and shows this. Why it is a rule though:
    Shows(&'static str, &'static str),
    /// Terraform itself panics with this.
    Crashes(&'static str),
    /// The command ends as with an honest provider and does not make the call. Why it is a rule though:
    NeverAsks(&'static str),
    /// This version cannot do that, and says this.
    Lacks(&'static str),
}

impl Verdict {
    /// What is otherwise in a play that is over, beside the same with an honest provider.
    pub(super) fn judge(self, play: &Play<'_>, run: &Run, honest: &Run) -> Result<(), String> {
        let tampered = match (self, play.tampered()) {
            (Self::NeverAsks(_) | Self::Lacks(_), true) => Err("the call was made"),
            (Self::NeverAsks(_) | Self::Lacks(_), false) | (_, true) => Ok(()),
            (_, false) => Err("no answer was tampered with"),
        };
        tampered?;
        let code = match self {
            Self::Refuses(_) | Self::Lacks(_) => 1,
            Self::Crashes(_) => 11,
            Self::Accepts(_) | Self::NeverAsks(_) | Self::Shows(..) => honest.code(),
        };
        if run.code() != code {
            return Err(format!("it did not end with {code}"));
        }
        let (found, text) = match self {
            Self::Refuses(text) => (messages(run).any(|one| one.contains(text)), text),
            Self::Shows(text, _) => {
                (messages(run).any(|one| one.contains(text)) && !said(honest, text), text)
            }
            Self::Crashes(text) | Self::Lacks(text) => (said(run, text), text),
            Self::Accepts(_) | Self::NeverAsks(_) => {
                let usual: Vec<_> = messages(honest).collect();
                (messages(run).all(|one| usual.contains(&one)), "no more than usual")
            }
        };
        if found { Ok(()) } else { Err(format!("it does not say `{text}`")) }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuses(text) => write!(f, "is refused: {text}"),
            Self::Accepts(why) => write!(f, "is accepted: {why}"),
            Self::Shows(text, why) => write!(f, "is accepted: {why}: {text}"),
            Self::Crashes(text) => write!(f, "crashes: {text}"),
            Self::NeverAsks(why) => write!(f, "is not met: {why}"),
            Self::Lacks(text) => write!(f, "cannot be met: {text}"),
        }
    }
}

/// Every error and warning.
fn messages(run: &Run) -> impl Iterator<Item = String> {
    run.errors().into_iter().chain(run.warnings()).map(acceptance::Diagnostic::text)
}

fn said(run: &Run, text: &str) -> bool {
    run.output().contains(text)
}
