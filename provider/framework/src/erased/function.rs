//! Functions without their Rust type.

use std::marker::PhantomData;
use std::sync::OnceLock;

use crate::cty::{Type, Value as CtyValue};
use crate::function::{Arguments, Output, Parameter};
use crate::{Function, FunctionError};

/// What is known of a function.
#[derive(Debug)]
pub(crate) struct FunctionDescription {
    pub(crate) group: &'static str,
    pub(crate) description: &'static str,
    pub(crate) deprecated: Option<&'static str>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) variadic: Option<Parameter>,
    pub(crate) output: Type,
}

impl FunctionDescription {
    /// What it is, in a line: the first paragraph of the doc comment.
    pub(crate) fn summary(&self) -> String {
        let paragraph = self.description.split("\n\n").next().unwrap_or_default();
        paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// The parameter that takes the argument at `position`.
    pub(crate) fn parameter(&self, position: usize) -> Option<&Parameter> {
        self.parameters.get(position).or(self.variadic.as_ref())
    }
}

/// A function.
pub(crate) trait AnyFunction: Send + Sync {
    fn description(&self) -> &FunctionDescription;
    fn call(&self, arguments: Vec<CtyValue>) -> Result<CtyValue, FunctionError>;
}

/// The function `F`.
pub(crate) struct TypedFunction<F> {
    description: OnceLock<FunctionDescription>,
    model: PhantomData<fn() -> F>,
}

impl<F> TypedFunction<F> {
    pub(crate) fn new() -> Self {
        Self { description: OnceLock::new(), model: PhantomData }
    }
}

impl<F: Function> AnyFunction for TypedFunction<F> {
    fn description(&self) -> &FunctionDescription {
        self.description.get_or_init(|| FunctionDescription {
            group: F::GROUP,
            description: F::DESCRIPTION,
            deprecated: F::DEPRECATED,
            parameters: F::parameters(),
            variadic: F::variadic(),
            output: F::Output::ty(),
        })
    }

    fn call(&self, arguments: Vec<CtyValue>) -> Result<CtyValue, FunctionError> {
        let arguments = F::read(&mut Arguments::new(arguments))?;
        F::call(arguments).map(Output::into_value)
    }
}
