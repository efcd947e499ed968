//! What a provider tells the person at the terminal.
//!
//! A [`Diagnostic`] has a one-line summary, a detail that says what to do next, and the attribute it
//! is about. Any error converts into one with `?`; the cause is kept, so that the provider can explain
//! its systems' errors in one place (see [`Provider::explain`](crate::Provider::explain)).

use std::error::Error as StdError;
use std::fmt;

use crate::cty::Path;

/// The result of everything that a provider author writes.
pub type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// How serious a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol knows exactly these two")]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation went on.
    Warning,
}

/// One message for the person at the terminal.
pub struct Diagnostic {
    severity: Severity,
    summary: String,
    detail: String,
    hints: Vec<String>,
    path: Option<Path>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Diagnostic {
    /// An error with a one-line `summary`.
    pub fn error(summary: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary.into())
    }

    /// A warning with a one-line `summary`.
    pub fn warning(summary: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary.into())
    }

    fn new(severity: Severity, summary: String) -> Self {
        Self { severity, summary, detail: String::new(), hints: vec![], path: None, cause: None }
    }

    /// Adds a paragraph: what was attempted, what the server said.
    #[must_use]
    pub fn detail(mut self, text: impl AsRef<str>) -> Self {
        if !self.detail.is_empty() {
            self.detail.push_str("\n\n");
        }
        self.detail.push_str(text.as_ref().trim_end());
        self
    }

    /// Adds a line that says what to do next; it follows the detail as `hint: …`.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Names the attribute that this is about, unless one is named already.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        self.path.get_or_insert_with(|| path.into());
        self
    }

    /// The same as a warning.
    pub(crate) fn warned(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same without a text that is for nobody's eyes.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        let texts = [&mut self.summary, &mut self.detail].into_iter().chain(&mut self.hints);
        for text in texts.filter(|_| !secret.is_empty()) {
            *text = text.replace(secret, "(hidden)");
        }
        self
    }

    /// The same at another place.
    pub(crate) fn relocated(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }

    /// Puts `summary` in front; an earlier summary becomes the first paragraph of the detail.
    #[must_use]
    pub fn context(mut self, summary: impl Into<String>) -> Self {
        let earlier = std::mem::replace(&mut self.summary, summary.into());
        if !earlier.is_empty() {
            self.detail = if self.detail.is_empty() {
                earlier
            } else {
                format!("{earlier}\n\n{}", self.detail)
            };
        }
        self
    }

    /// Whether this is an error or a warning.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The one line that says what happened; empty for a bare cause.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The paragraphs under the summary, hints last.
    pub fn full_detail(&self) -> String {
        let mut text = self.detail.clone();
        for hint in &self.hints {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str("hint: ");
            text.push_str(hint);
        }
        text
    }

    /// The attribute that this is about.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_ref()
    }

    /// The error that `?` turned into this diagnostic and that nobody explained yet.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    /// Replaces the cause by its explanation, keeping what was said on the way up.
    pub(crate) fn explained(mut self, explanation: Self) -> Self {
        self.cause = None;
        if self.summary.is_empty() {
            self.summary = explanation.summary;
        } else {
            self = self.detail(explanation.summary);
        }
        if !explanation.detail.is_empty() {
            self = self.detail(explanation.detail);
        }
        self.hints.extend(explanation.hints);
        self.path = self.path.or(explanation.path);
        self
    }

    /// Makes a sentence of a cause that the provider does not explain.
    pub(crate) fn settled(self, attempt: &str) -> Self {
        match &self.cause {
            Some(cause) => {
                let text = chain(cause.as_ref());
                let explanation = Self::error(format!("Could not {attempt}")).detail(text);
                self.explained(explanation)
            }
            None if self.summary.is_empty() => self.context(format!("Could not {attempt}")),
            None => self,
        }
    }
}

/// An error and its sources, joined by colons; a source that its parent already quotes is left out.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let sentence = inner.to_string();
        if !text.contains(&sentence) {
            text.push_str(": ");
            text.push_str(&sentence);
        }
        source = inner.source();
    }
    text
}

/// Any error travels up with `?`. (A `Diagnostic` is no `std::error::Error` itself, or this could not be.)
impl<E: StdError + Send + Sync + 'static> From<E> for Diagnostic {
    fn from(cause: E) -> Self {
        Self { cause: Some(Box::new(cause)), ..Self::new(Severity::Error, String::new()) }
    }
}

impl fmt::Debug for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.severity, self)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        if let Some(cause) = &self.cause {
            write!(f, " {}", chain(cause.as_ref()))?;
        }
        if let Some(path) = &self.path {
            write!(f, " (at {path})")?;
        }
        let detail = self.full_detail();
        if detail.is_empty() { Ok(()) } else { write!(f, "\n{detail}") }
    }
}

/// Says what was attempted where an error passes.
pub trait Attempt<T> {
    /// Puts `summary` in front of the error, for example `Could not read the task log`.
    ///
    /// # Errors
    /// The error that was there, as a diagnostic.
    fn context(self, summary: impl Into<String>) -> Result<T>;

    /// Names the attribute that the error is about.
    ///
    /// # Errors
    /// The error that was there, as a diagnostic.
    fn at(self, path: impl Into<Path>) -> Result<T>;
}

impl<T, E: Into<Diagnostic>> Attempt<T> for std::result::Result<T, E> {
    fn context(self, summary: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.into().context(summary))
    }

    fn at(self, path: impl Into<Path>) -> Result<T> {
        self.map_err(|error| error.into().at(path))
    }
}

/// The messages that one operation gathered.
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order they came.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_goes_in_front_and_keeps_what_was_said() {
        let diagnostic = Diagnostic::error("disk full").detail("12 bytes left").context("No image");
        assert_eq!(diagnostic.summary(), "No image");
        assert_eq!(diagnostic.full_detail(), "disk full\n\n12 bytes left");
    }

    #[test]
    fn an_unexplained_cause_becomes_a_sentence() {
        let cause: Diagnostic = std::io::Error::other("pipe gone").into();
        let diagnostic = cause.settled("create onprem_x");
        assert_eq!(diagnostic.summary(), "Could not create onprem_x");
        assert_eq!(diagnostic.full_detail(), "pipe gone");
    }

    #[test]
    fn hints_come_last() {
        let diagnostic = Diagnostic::error("no").hint("try yes").detail("because");
        assert_eq!(diagnostic.full_detail(), "because\n\nhint: try yes");
    }
}
