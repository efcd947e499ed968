//! Functions, which need no configured provider.

use std::collections::BTreeSet;

use tf_provider::cty::{Path, Type, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::core::{Core, answered, encode};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;

/// What core knows of a function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Function {
    /// The parameters, without the variadic one.
    pub parameters: Vec<Parameter>,
    /// The parameter that takes all further arguments.
    pub variadic: Option<Parameter>,
    /// The type of the result.
    pub output: Type,
}

/// One parameter.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether null is a value of it.
    pub nullable: bool,
    /// Whether it takes unknown values.
    pub unknown: bool,
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CallError {
    /// What is wrong.
    pub text: String,
    /// The guilty argument, from 0.
    pub argument: Option<i64>,
}

impl Function {
    /// Reads a signature, and judges it.
    pub(crate) fn read(function: &proto::Function, report: &mut Report) -> Option<Self> {
        let mut names = BTreeSet::new();
        let mut parameter = |one: &proto::function::Parameter| {
            let path = Path::from(one.name.as_str());
            if one.name.is_empty() || !names.insert(one.name.clone()) {
                report.broken(Rule::FunctionSignature, &path);
            }
            let Ok(ty) = Type::from_json_bytes(&one.r#type) else {
                report.broken(Rule::FunctionSignature, &path);
                return None;
            };
            let (nullable, unknown) = (one.allow_null_value, one.allow_unknown_values);
            Some(Parameter { name: one.name.clone(), ty, nullable, unknown })
        };
        let parameters: Vec<_> = function.parameters.iter().filter_map(&mut parameter).collect();
        let variadic = function.variadic_parameter.as_ref().and_then(&mut parameter);
        let output = function.r#return.as_ref();
        let output = output.and_then(|output| Type::from_json_bytes(&output.r#type).ok());
        if output.is_none() {
            report.broken(Rule::FunctionSignature, &Path::root());
        }
        Some(Self { parameters, variadic, output: output? })
    }

    fn parameter(&self, position: usize) -> Option<&Parameter> {
        self.parameters.get(position).or(self.variadic.as_ref())
    }
}

impl Core {
    /// The functions, by name.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &Function)> {
        self.functions.iter().map(|(name, function)| (name.as_str(), function))
    }

    /// Calls a function, twice: the same arguments have the same result.
    ///
    /// # Panics
    /// When there is no such function, or an argument that core would not send.
    pub async fn call(&self, name: &str, arguments: &[Value]) -> Outcome<Result<Value, CallError>> {
        let mut report = Report::new(name);
        let first = self.calling(name, arguments, &mut report).await;
        let second = self.calling(name, arguments, &mut report).await;
        if first != second {
            report.broken(Rule::FunctionImpure, &Path::root());
        }
        report.finish(first)
    }

    async fn calling(
        &self,
        name: &str,
        arguments: &[Value],
        report: &mut Report,
    ) -> Option<Result<Value, CallError>> {
        let Some(function) = self.functions.get(name) else {
            panic!("the provider has no function {name}")
        };
        // What a function does not take never gets to it.
        let mut unknown = false;
        let mut sent = vec![];
        for (position, value) in arguments.iter().enumerate() {
            let Some(parameter) = function.parameter(position) else {
                panic!("{name} takes no argument {position}")
            };
            assert!(parameter.nullable || !value.is_null(), "{name} takes no null");
            unknown |= !parameter.unknown && !value.is_wholly_known();
            sent.push(encode(value, &parameter.ty));
        }
        if unknown {
            return Some(Ok(Value::unknown()));
        }
        report.answering("CallFunction");
        let request = proto::call_function::Request { name: name.to_owned(), arguments: sent };
        let answer = self.service.call_function(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if let Some(error) = answer.error {
            let there = 0..i64::try_from(arguments.len()).unwrap_or(i64::MAX);
            if error.function_argument.is_some_and(|argument| !there.contains(&argument)) {
                report.broken(Rule::FunctionArgument, &Path::root());
            }
            if error.text.is_empty() {
                report.broken(Rule::DiagnosticSummary, &Path::root());
            }
            return Some(Err(CallError { text: error.text, argument: error.function_argument }));
        }
        let value = report.decode(answer.result.as_ref(), &function.output)?;
        if arguments.iter().all(Value::is_wholly_known) {
            objects::assert_known(&value, Rule::UnknownAfterApply, report);
        }
        Some(Ok(value))
    }
}
