//! A finished Terraform command.

use std::fmt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Severity};
use crate::process::Running;

/// What a Terraform command did and said.
pub struct Run {
    command: String,
    code: i32,
    output: String,
    messages: Vec<Value>,
    diagnostics: Vec<Diagnostic>,
}

impl Run {
    /// Run a command whose output goes to files that begin with `output`, outside a
    /// [`Stage`](crate::Stage).
    ///
    /// # Panics
    /// When it cannot be started, or its output cannot be read.
    #[must_use]
    pub fn command(command: Command, output: &Path) -> Self {
        Running::start(command, output).finish()
    }

    pub(crate) fn new(command: String, code: i32, stdout: &str, stderr: &str) -> Self {
        let parse = |line: &str| serde_json::from_str::<Value>(line).ok();
        let messages: Vec<Value> =
            stdout.lines().filter(|line| line.starts_with('{')).filter_map(parse).collect();
        let mut diagnostics: Vec<Diagnostic> =
            messages.iter().filter_map(|m| Diagnostic::from_json(&m["diagnostic"])).collect();
        diagnostics.extend(Diagnostic::from_text(stdout));
        diagnostics.extend(Diagnostic::from_text(stderr));
        // The stage's own doing.
        diagnostics.retain(|one| !one.summary.starts_with("Provider development overrides"));
        Self { command, code, output: format!("{stdout}{stderr}"), messages, diagnostics }
    }

    /// Check that the command succeeded.
    ///
    /// # Panics
    /// When it failed.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self}");
        self
    }

    /// Check that the command failed.
    ///
    /// # Panics
    /// When it succeeded.
    #[must_use]
    pub fn failed(self) -> Self {
        assert_eq!(self.code, 1, "this was to fail: {self}");
        self
    }

    /// Exit code of the command; -1 when a signal ended it.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.code
    }

    /// Everything that Terraform wrote.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.output
    }

    /// The only error.
    ///
    /// # Panics
    /// When there is none, or several.
    #[must_use]
    pub fn error(&self) -> &Diagnostic {
        let errors = self.errors();
        assert_eq!(errors.len(), 1, "one error was expected: {self}");
        errors[0]
    }

    /// All errors.
    #[must_use]
    pub fn errors(&self) -> Vec<&Diagnostic> {
        self.of(Severity::Error)
    }

    /// All warnings.
    #[must_use]
    pub fn warnings(&self) -> Vec<&Diagnostic> {
        self.of(Severity::Warning)
    }

    /// The only warning, however often it was given: plan and apply may both give it.
    ///
    /// # Panics
    /// When there is none, or another one.
    #[must_use]
    pub fn warning(&self) -> &Diagnostic {
        let warnings = self.warnings();
        let first = warnings.first().unwrap_or_else(|| panic!("no warning in {self}"));
        for other in &warnings {
            assert_eq!(first.summary, other.summary, "one warning was expected: {self}");
        }
        first
    }

    /// Resources that were created, changed and destroyed, as Terraform counts them.
    ///
    /// # Panics
    /// When the command does not say.
    #[must_use]
    pub fn changed(&self) -> (u64, u64, u64) {
        let last = self.messages.iter().rfind(|message| message["type"] == "change_summary");
        let changes = &last.unwrap_or_else(|| panic!("no summary in {self}"))["changes"];
        let count = |name: &str| changes[name].as_u64().unwrap_or_default();
        (count("add"), count("change"), count("remove"))
    }

    /// What was planned: addresses and actions, such as `update`.
    #[must_use]
    pub fn planned(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let changes = self.messages("planned_change").map(|message| &message["change"]);
        changes.map(|one| (text(&one["resource"]["addr"]), text(&one["action"]))).collect()
    }

    /// Lines of the machine-readable output of one type.
    pub(crate) fn messages<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.messages.iter().filter(move |message| message["type"] == kind)
    }

    fn of(&self, severity: Severity) -> Vec<&Diagnostic> {
        self.diagnostics.iter().filter(|one| one.severity == severity).collect()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "`{}` ended with {}:", self.command, self.code)?;
        for line in self.output.lines() {
            let message = serde_json::from_str::<Value>(line).ok();
            match message.as_ref().and_then(|message| message["@message"].as_str()) {
                Some(text) => writeln!(f, "  {text}")?,
                None => writeln!(f, "  {line}")?,
            }
        }
        for one in &self.diagnostics {
            writeln!(f, "{one:#?}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
