//! Functions: what an author implements beside the derive.

use std::fmt;

use crate::cty::{Path, Type, Value as CtyValue};
use crate::{AttributeType, Diagnostic, Diagnostics, FunctionModel, Result, Value};

/// A function that configurations call as `provider::onprem::name(…)`. It is pure: the same arguments
/// have the same result for ever, and no provider is configured when it is called.
pub trait Function: FunctionModel {
    /// What it returns: an attribute type, or a [`Value`] of one where the result may be unknown or null.
    type Output: Output;

    /// Computes the result.
    ///
    /// # Errors
    /// What is wrong with the arguments; name the guilty one with [`FunctionError::argument`].
    fn call(arguments: Self::Arguments) -> Result<Self::Output, FunctionError>;
}

/// One parameter of a function.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive writes it as a literal")]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is, in Markdown: the doc comment of the field.
    pub description: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether null is a value of it.
    pub nullable: bool,
    /// Whether the function copes with an unknown value.
    pub unknown: bool,
}

impl Parameter {
    /// A parameter that takes what `T` takes.
    pub fn of<T: AttributeType>(name: &'static str, description: &'static str) -> Self {
        Self { name, description, ty: T::kind().ty(), nullable: false, unknown: false }
    }
}

/// What a function returns.
pub trait Output {
    /// Its type in Terraform.
    fn ty() -> Type;

    /// The value as Terraform takes it.
    fn into_value(self) -> CtyValue;
}

impl<T: AttributeType> Output for T {
    fn ty() -> Type {
        T::kind().ty()
    }

    fn into_value(self) -> CtyValue {
        self.to_value()
    }
}

impl<T: AttributeType> Output for Value<T> {
    fn ty() -> Type {
        T::kind().ty()
    }

    fn into_value(self) -> CtyValue {
        match self {
            Self::Null => CtyValue::Null,
            Self::Unknown => CtyValue::unknown(),
            Self::Known(value) => value.to_value(),
        }
    }
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionError {
    text: String,
    argument: Option<Argument>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Argument {
    Named(&'static str),
    At(i64),
}

impl FunctionError {
    /// An error of the function as a whole.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: None }
    }

    /// Says that the argument of that name is guilty.
    #[must_use]
    pub fn argument(mut self, name: &'static str) -> Self {
        self.argument = Some(Argument::Named(name));
        self
    }

    /// Says that the argument at that position, from 0, is guilty: one of several that a variadic
    /// parameter took.
    #[must_use]
    pub fn argument_at(mut self, position: i64) -> Self {
        self.argument = Some(Argument::At(position));
        self
    }

    /// What is wrong.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The position of the guilty argument, from 0.
    pub(crate) fn position(&self, parameters: &[Parameter]) -> Option<i64> {
        match self.argument.as_ref()? {
            Argument::At(position) => Some(*position),
            Argument::Named(name) => {
                let position = parameters.iter().position(|parameter| parameter.name == *name);
                debug_assert!(position.is_some(), "there is no parameter `{name}`");
                position.and_then(|position| i64::try_from(position).ok())
            }
        }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Diagnostic> for FunctionError {
    fn from(diagnostic: Diagnostic) -> Self {
        let diagnostic = diagnostic.settled("call the function");
        let detail = diagnostic.full_detail();
        match detail.is_empty() {
            true => Self::new(diagnostic.summary()),
            false => Self::new(format!("{}: {detail}", diagnostic.summary())),
        }
    }
}

/// The arguments of a call, one after another; the derive takes them.
#[derive(Debug)]
pub struct Arguments {
    values: std::vec::IntoIter<CtyValue>,
    position: i64,
}

impl Arguments {
    pub(crate) fn new(values: Vec<CtyValue>) -> Self {
        Self { values: values.into_iter(), position: -1 }
    }

    /// The next argument, which has a value.
    ///
    /// # Errors
    /// What the type does not take.
    pub fn next<T: AttributeType>(&mut self, name: &str) -> Result<T::Plan, FunctionError> {
        self.nullable::<T>(name)?.ok_or_else(|| self.error(format!("`{name}` must not be null")))
    }

    /// The next argument, which may be null.
    ///
    /// # Errors
    /// What the type does not take.
    pub fn nullable<T: AttributeType>(
        &mut self,
        name: &str,
    ) -> Result<Option<T::Plan>, FunctionError> {
        let value = self.take();
        if value.is_null() || value.is_unknown() {
            return Ok(None);
        }
        self.read(name, &value, T::read_plan(&value, &value, &name.into()), T::validate).map(Some)
    }

    /// The next argument, which may be null or unknown.
    ///
    /// # Errors
    /// What the type does not take.
    pub fn open<T: AttributeType>(
        &mut self,
        name: &str,
    ) -> Result<Value<T::Values>, FunctionError> {
        let value = self.take();
        if value.is_null() {
            return Ok(Value::Null);
        }
        if value.is_unknown() {
            return Ok(Value::Unknown);
        }
        self.read(name, &value, T::read_values(&value, &name.into()), T::validate).map(Value::Known)
    }

    /// All arguments that are left.
    ///
    /// # Errors
    /// What the type does not take.
    pub fn rest<T: AttributeType>(&mut self, name: &str) -> Result<Vec<T::Plan>, FunctionError> {
        (0..self.values.len()).map(|_| self.next::<T>(name)).collect()
    }

    fn take(&mut self) -> CtyValue {
        self.position += 1;
        self.values.next().unwrap_or(CtyValue::Null)
    }

    fn read<T>(
        &self,
        name: &str,
        value: &CtyValue,
        read: Result<T>,
        validate: fn(&CtyValue, &Path, &mut Diagnostics),
    ) -> Result<T, FunctionError> {
        let mut diagnostics = Diagnostics::default();
        validate(value, &name.into(), &mut diagnostics);
        match diagnostics.into_iter().next() {
            Some(error) => Err(self.error(FunctionError::from(error).text)),
            None => read.map_err(|error| self.error(FunctionError::from(error).text)),
        }
    }

    fn error(&self, text: String) -> FunctionError {
        FunctionError::new(text).argument_at(self.position)
    }
}
