//! Functions: what there is, and calling them. No provider is configured then.

use std::panic::AssertUnwindSafe;

use tf_provider_protocol::proto;

use super::{Server, convert, decode, encode};
use crate::cty::Value as CtyValue;
use crate::{FunctionError, Provider};

impl<P: Provider> Server<P> {
    pub(super) fn functions(&self) -> proto::get_functions::Response {
        let functions = self.registry().functions.iter();
        let functions = functions
            .map(|(name, function)| (name.clone(), convert::function(function.description())));
        proto::get_functions::Response { functions: functions.collect(), diagnostics: vec![] }
    }

    pub(super) fn call(
        &self,
        request: &proto::call_function::Request,
    ) -> proto::call_function::Response {
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| self.calling(request)));
        let called = called.unwrap_or_else(|_| {
            let text = format!("Bug in the provider: {} panicked", request.name);
            Err((FunctionError::new(text), None))
        });
        match called {
            Ok(result) => proto::call_function::Response { result: Some(result), error: None },
            Err((error, function_argument)) => {
                let text = error.text().to_owned();
                let error = proto::FunctionError { text, function_argument };
                proto::call_function::Response { result: None, error: Some(error) }
            }
        }
    }

    fn calling(
        &self,
        request: &proto::call_function::Request,
    ) -> Result<proto::DynamicValue, (FunctionError, Option<i64>)> {
        let whole = |text: String| (FunctionError::new(text), None);
        let functions = &self.registry().functions;
        let function = functions
            .get(&request.name)
            .ok_or_else(|| whole(format!("This provider has no function {}", request.name)))?;
        let description = function.description();
        let least = description.parameters.len();
        if request.arguments.len() < least {
            return Err(whole(format!("{} takes {least} arguments", request.name)));
        }
        let mut arguments = vec![];
        let mut unknown = false;
        for (position, argument) in request.arguments.iter().enumerate() {
            let at = i64::try_from(position).ok();
            let Some(parameter) = description.parameter(position) else {
                let text = format!("{} takes {least} arguments", request.name);
                return Err((FunctionError::new(text), at));
            };
            let value = decode(Some(argument), &parameter.ty, "argument");
            let value = value.map_err(|error| (FunctionError::from(error), at))?;
            if value.is_null() && !parameter.nullable {
                let text = format!("`{}` must not be null", parameter.name);
                return Err((FunctionError::new(text), at));
            }
            unknown |= !value.is_wholly_known() && !parameter.unknown;
            arguments.push(value);
        }
        // Whatever depends on what is not known is not known, either.
        let result = match unknown {
            true => CtyValue::unknown(),
            false => function.call(arguments).map_err(|error| {
                let position = error.position(&description.parameters);
                (error, position)
            })?,
        };
        encode(&result, &description.output).map_err(|error| (error.into(), None))
    }
}
