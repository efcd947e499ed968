//! Checks of a configuration that its schema alone can make.

use super::rules;
use crate::cty::{Path, Value as CtyValue};
use crate::schema::{Attribute, Class, Object, Schema};
use crate::{Diagnostic, Diagnostics};

/// What the other side of the connection can do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientCapabilities {
    pub(crate) write_only_attributes: bool,
}

/// Reports every value that its attribute does not take. What is unknown is left for later.
pub(crate) fn validate(
    attributes: &[Attribute],
    config: &Object,
    client: ClientCapabilities,
    diagnostics: &mut Diagnostics,
) {
    object(attributes, config, client, &Path::default(), diagnostics);
}

/// The news that a whole type is not to be used any more.
pub(crate) fn deprecation(schema: &Schema, type_name: &str) -> Option<Diagnostic> {
    let message = schema.deprecated?;
    Some(Diagnostic::warning(format!("{type_name} is deprecated")).detail(message))
}

fn object(
    attributes: &[Attribute],
    config: &Object,
    client: ClientCapabilities,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    for attribute in attributes {
        let path = path.clone().attribute(attribute.name);
        let value = config.get(attribute.name);
        if matches!(attribute.class, Class::Computed { .. }) {
            // Core lets it pass, and then calls what comes of it a bug of the provider.
            if value.is_some_and(|value| !attribute.is_none(value)) {
                diagnostics.push(
                    Diagnostic::error(format!("`{path}` cannot be configured"))
                        .detail("It is read-only: the configuration has to leave it out.")
                        .at(path),
                );
            }
            continue;
        }
        match value {
            None | Some(CtyValue::Unknown(_)) => {}
            Some(CtyValue::Null) => {
                if attribute.required() {
                    diagnostics
                        .push(Diagnostic::error(format!("`{path}` must not be null")).at(path));
                }
            }
            Some(value) if attribute.is_none(value) => {}
            Some(value) => {
                if attribute.write_only() && !client.write_only_attributes {
                    diagnostics.push(
                        Diagnostic::error(format!("`{path}` requires Terraform 1.11"))
                            .detail("It is write-only: this version of Terraform would store it.")
                            .at(path.clone()),
                    );
                }
                if let Some(message) = attribute.deprecated {
                    diagnostics.push(
                        Diagnostic::warning(format!("`{path}` is deprecated"))
                            .detail(message)
                            .at(path.clone()),
                    );
                }
                let mut found = Diagnostics::default();
                (attribute.validate)(value, &path, &mut found);
                let hidden = if attribute.holds_secret() { texts(value) } else { vec![] };
                diagnostics.extend(
                    found
                        .into_iter()
                        .map(|one| hidden.iter().fold(one, |one, secret| one.without(secret))),
                );
                nested(attribute, value, client, &path, diagnostics);
            }
        }
    }
    rules::check(attributes, config, path, diagnostics);
}

fn nested(
    attribute: &Attribute,
    value: &CtyValue,
    client: ClientCapabilities,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let Some((_, attributes)) = attribute.kind.nested() else { return };
    match value {
        CtyValue::Object(config) => object(attributes, config, client, path, diagnostics),
        CtyValue::Map(elements) => {
            for (key, element) in elements {
                let path = path.clone().key(key);
                if let CtyValue::Object(config) = element {
                    object(attributes, config, client, &path, diagnostics);
                }
            }
        }
        CtyValue::List(elements) => {
            for (index, element) in (0..).zip(elements) {
                let path = path.clone().index(index);
                if let CtyValue::Object(config) = element {
                    object(attributes, config, client, &path, diagnostics);
                }
            }
        }
        // An element of a set has no address: the problem is reported at the set.
        CtyValue::Set(elements) => {
            for element in elements {
                if let CtyValue::Object(config) = element {
                    let mut found = Diagnostics::default();
                    object(attributes, config, client, path, &mut found);
                    let at = |diagnostic: Diagnostic| diagnostic.relocated(path.clone());
                    diagnostics.extend(found.into_iter().map(at));
                }
            }
        }
        _ => {}
    }
}

/// The texts in a value that is for nobody's eyes: what is said about it must not quote them.
fn texts(value: &CtyValue) -> Vec<&str> {
    match value {
        CtyValue::String(text) => vec![text],
        CtyValue::List(elements) | CtyValue::Set(elements) => {
            elements.iter().flat_map(texts).collect()
        }
        CtyValue::Map(elements) => elements.values().flat_map(texts).collect(),
        _ => vec![],
    }
}

/// Reports creation inputs without which nothing can be created.
pub(crate) fn creation_inputs(
    attributes: &[Attribute],
    config: &Object,
    type_name: &str,
    diagnostics: &mut Diagnostics,
) {
    for attribute in attributes {
        let missing = config.get(attribute.name).is_none_or(CtyValue::is_null);
        if missing && matches!(attribute.class, Class::Creation { required: true }) {
            let path = Path::from(attribute.name);
            diagnostics.push(
                Diagnostic::error(format!("`{path}` is needed to create {type_name}"))
                    .detail("It may be left out only for a resource that was imported.")
                    .at(path),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoting(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
        let CtyValue::String(text) = value else { return };
        let said = Diagnostic::error(format!("`{text}` is no token"));
        diagnostics.push(
            said.detail(format!("It is {text}.")).hint(format!("not {text}")).at(path.clone()),
        );
    }

    #[test]
    fn what_is_wrong_with_a_secret_is_said_without_it() {
        let mut token = Attribute::of::<String>("token", Class::Required);
        token.validate = quoting;
        let mut plain = token.clone();
        plain.name = "plain";
        token.sensitive = true;
        let config = Object::from([
            ("token".to_owned(), CtyValue::String("hunter2".into())),
            ("plain".to_owned(), CtyValue::String("name".into())),
        ]);
        let mut found = Diagnostics::default();
        validate(&[token, plain], &config, ClientCapabilities::default(), &mut found);
        let said = format!("{found:?}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(
            said.contains("`(hidden)` is no token") && said.contains("`name` is no token"),
            "{said}"
        );
    }
}
