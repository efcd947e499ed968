//! The `timeouts` attribute: how long each operation may take.

use std::time::Duration;

use crate::cty::{Path, Type, Value as CtyValue};
use crate::schema::{Attribute, Class, Constraint, Kind, Nesting, Object};
use crate::{Diagnostic, Diagnostics, Timeouts};

/// The attribute's name.
pub(crate) const NAME: &str = "timeouts";

/// What a resource does; each has a time limit of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "Terraform knows exactly these")]
pub enum Operation {
    /// Makes the object.
    Create,
    /// Looks at the object.
    Read,
    /// Changes the object in place.
    Update,
    /// Destroys the object.
    Delete,
}

impl Operation {
    /// The verb, in lower case.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Timeouts {
    /// The limit of `operation`: the one in `object`, a configuration, plan or state, else the default.
    pub(crate) fn of(&self, operation: Operation, object: &Object) -> Duration {
        let default = match operation {
            Operation::Create => self.create,
            Operation::Read => self.read,
            Operation::Update => self.update,
            Operation::Delete => self.delete,
        };
        let configured = object
            .get(NAME)
            .and_then(CtyValue::as_object)
            .and_then(|timeouts| timeouts.get(operation.verb()))
            .and_then(CtyValue::as_str)
            .and_then(|text| parse(text).ok());
        configured.unwrap_or(default)
    }

    /// The attribute; the derive adds it to a resource's schema.
    pub fn attribute(&self) -> Attribute {
        let one = |name, description| {
            let mut attribute = Attribute::of::<String>(name, Class::Optional { default: None });
            attribute.description = description;
            attribute.constraint = Constraint::form("a duration such as `30s`, `5m` or `1h30m`");
            attribute.validate = check;
            attribute
        };
        let nested = vec![
            one("create", CREATE),
            one("read", READ),
            one("update", UPDATE),
            one("delete", DELETE),
        ];
        let mut attribute = Attribute::of::<String>(NAME, Class::Optional { default: None });
        attribute.description = DESCRIPTION;
        attribute.kind = Kind::Nested(Nesting::Single, nested);
        attribute.validate = |_, _, _| {};
        debug_assert!(matches!(attribute.kind.ty(), Type::Object(_)));
        attribute
    }
}

/// The name of an action's attribute.
const OF_ACTION: &str = "timeout";

/// The time limit of an action: the one in `config`, else the default.
pub(crate) fn of_action(default: Duration, config: &Object) -> Duration {
    let configured = config.get(OF_ACTION).and_then(CtyValue::as_str);
    configured.and_then(|text| parse(text).ok()).unwrap_or(default)
}

/// The attribute `timeout` of an action; the derive adds it to the schema.
pub fn timeout() -> Attribute {
    let mut attribute = Attribute::of::<String>(OF_ACTION, Class::Optional { default: None });
    attribute.description = "How long it may take before it fails.";
    attribute.constraint = Constraint::form("a duration such as `30s`, `5m` or `1h30m`");
    attribute.validate = check;
    attribute
}

const DESCRIPTION: &str = "How long each operation may take before it fails. \
    What was reached by then is kept in the state.";
const CREATE: &str = "Limit of a create.";
const READ: &str = "Limit of a read.";
const UPDATE: &str = "Limit of an update.";
const DELETE: &str = "Limit of a delete.";

fn check(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
    if let Some(text) = value.as_str()
        && let Err(error) = parse(text)
    {
        diagnostics.push(
            Diagnostic::error(format!("`{text}` is not a duration"))
                .detail(error)
                .hint("write a number and a unit, such as `30s`, `5m` or `1h30m`")
                .at(path.clone()),
        );
    }
}

fn parse(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("It must be longer than nothing.".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_terraform_users_write() {
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert!(parse("0s").is_err());
        assert!(parse("soon").is_err());
    }
}
