//! What comes of an operation: a value, what the provider said, and which rules it broke.

use std::fmt;

use tf_provider::cty::{Path, Step, Type, Value};
use tf_provider_protocol::proto;

use crate::rule::{Rule, Violation};
use crate::wire;

/// How serious a message is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol knows exactly these two")]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation went on.
    Warning,
}

/// What the provider says to the person at the terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// How serious it is.
    pub severity: Severity,
    /// The one line.
    pub summary: String,
    /// The paragraphs under it.
    pub detail: String,
    /// The attribute that it is about.
    pub path: Option<Path>,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.severity, self.summary)?;
        if let Some(path) = &self.path {
            write!(f, " (at {path})")?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, "\n{}", self.detail) }
    }
}

/// What came of an operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The value; nothing when the operation failed, or when it ended with nothing.
    pub value: Option<T>,
    /// What the provider said, in its order.
    pub messages: Vec<Message>,
    /// The rules that its answers broke.
    pub violations: Vec<Violation>,
}

impl<T> Outcome<T> {
    /// The errors among the messages.
    pub fn errors(&self) -> Vec<&Message> {
        self.messages.iter().filter(|message| message.severity == Severity::Error).collect()
    }

    /// The warnings among the messages.
    pub fn warnings(&self) -> Vec<&Message> {
        self.messages.iter().filter(|message| message.severity == Severity::Warning).collect()
    }

    /// Whether there is neither an error nor a broken rule.
    pub fn is_sound(&self) -> bool {
        self.errors().is_empty() && self.violations.is_empty()
    }

    /// The value of an operation that went well.
    ///
    /// # Panics
    /// With everything that went wrong, when something did or there is no value.
    #[track_caller]
    pub fn expect_value(self) -> T {
        assert!(self.is_sound(), "{}", self.complaints());
        self.value.expect("the operation ended without a value")
    }

    /// An operation that went well and left nothing, such as a destroy.
    ///
    /// # Panics
    /// With everything that went wrong, when something did or there is a value.
    #[track_caller]
    pub fn expect_nothing(self) {
        assert!(self.is_sound(), "{}", self.complaints());
        assert!(self.value.is_none(), "there is something left");
    }

    /// The one error of an operation that broke no rule.
    ///
    /// # Panics
    /// When there is not exactly one error, or a broken rule.
    #[track_caller]
    pub fn expect_error(&self) -> &Message {
        assert!(self.violations.is_empty(), "{}", self.complaints());
        match self.errors().as_slice() {
            [error] => error,
            errors => panic!("{} errors\n{}", errors.len(), self.complaints()),
        }
    }

    /// Every message and every violation, a line each.
    pub fn complaints(&self) -> String {
        let messages = self.messages.iter().map(ToString::to_string);
        let violations = self.violations.iter().map(ToString::to_string);
        messages.chain(violations).collect::<Vec<_>>().join("\n")
    }
}

/// Gathers while an operation runs.
#[derive(Debug)]
pub(crate) struct Report {
    subject: String,
    rpc: &'static str,
    messages: Vec<Message>,
    violations: Vec<Violation>,
}

impl Report {
    pub(crate) fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), rpc: "", messages: vec![], violations: vec![] }
    }

    pub(crate) fn finish<T>(self, value: Option<T>) -> Outcome<T> {
        Outcome { value, messages: self.messages, violations: self.violations }
    }

    /// Takes over what came of a part of the operation.
    pub(crate) fn absorb<T>(&mut self, part: Outcome<T>) -> Option<T> {
        self.messages.extend(part.messages);
        self.violations.extend(part.violations);
        part.value
    }

    /// From here on everything is about the answer to `rpc`.
    pub(crate) fn answering(&mut self, rpc: &'static str) {
        self.rpc = rpc;
    }

    pub(crate) fn broken(&mut self, rule: Rule, path: &Path) {
        let violation =
            Violation { rule, rpc: self.rpc, subject: self.subject.clone(), path: path.clone() };
        // A plan is asked for twice and would say everything twice.
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    pub(crate) fn about(&mut self, subject: &str) {
        subject.clone_into(&mut self.subject);
    }

    pub(crate) fn sound(&self) -> bool {
        let failed = self.messages.iter().any(|message| message.severity == Severity::Error);
        !failed && self.violations.is_empty()
    }

    /// Reads the messages of an answer; whether one of them is an error.
    pub(crate) fn messages(&mut self, diagnostics: &[proto::Diagnostic], ty: &Type) -> bool {
        let mut failed = false;
        for diagnostic in diagnostics {
            let severity = match diagnostic.severity() {
                proto::diagnostic::Severity::Error => Severity::Error,
                proto::diagnostic::Severity::Warning => Severity::Warning,
                proto::diagnostic::Severity::Invalid => {
                    self.broken(Rule::DiagnosticSeverity, &Path::root());
                    Severity::Error
                }
            };
            failed |= severity == Severity::Error;
            if diagnostic.summary.is_empty() {
                self.broken(Rule::DiagnosticSummary, &Path::root());
            }
            let path = diagnostic.attribute.as_ref().map(Path::from);
            if let Some(path) = &path
                && !leads_somewhere(path, ty)
            {
                self.broken(Rule::DiagnosticPath, path);
            }
            let proto::Diagnostic { summary, detail, .. } = diagnostic.clone();
            self.messages.push(Message { severity, summary, detail, path });
        }
        failed
    }

    /// Decodes a value of an answer; null when it is missing, as for core.
    pub(crate) fn decode(
        &mut self,
        field: Option<&proto::DynamicValue>,
        ty: &Type,
    ) -> Option<Value> {
        if field.is_some_and(|field| field.msgpack.is_empty() && !field.json.is_empty()) {
            self.broken(Rule::Encoding, &Path::root());
        }
        if field.is_some_and(|field| wire::has_empty_refinement(&field.msgpack)) {
            self.broken(Rule::EmptyRefinement, &Path::root());
        }
        match proto::DynamicValue::decode_field(field, ty) {
            Ok(value) => match value.conforms(ty) {
                Ok(()) => Some(value),
                Err((path, _)) => {
                    self.broken(Rule::TypeConformity, &path);
                    None
                }
            },
            Err(_) => {
                self.broken(Rule::TypeConformity, &Path::root());
                None
            }
        }
    }
}

/// Whether a path leads to a place in values of a type. No element of a set has an address.
fn leads_somewhere(path: &Path, ty: &Type) -> bool {
    let end = path.steps().iter().try_fold(ty, |ty, step| match (ty, step) {
        (Type::Object(attributes), Step::Attribute(name)) => attributes.get(name),
        (Type::Map(element), Step::Key(_)) | (Type::List(element), Step::Index(_)) => {
            Some(&**element)
        }
        (Type::Tuple(types), Step::Index(index)) => types.get(usize::try_from(*index).ok()?),
        (Type::Dynamic, _) => Some(ty),
        _ => None,
    });
    end.is_some()
}
