//! `#[derive(Action)]`: the arguments of an action.

use darling::{Error, FromDeriveInput};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::DeriveInput;

use crate::field::{self, seconds};
use crate::model::{Class, Struct};
use crate::rules::RuleWords;

/// The words of `#[action(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(action))]
struct Words {
    name: String,
    group: Option<String>,
    deprecated: Option<String>,
    timeout: Option<String>,
    #[darling(flatten)]
    rules: RuleWords,
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let mut errors = Error::accumulator();
    let words = errors.handle(Words::from_derive_input(input));
    let model = errors.handle(Struct::parse(input));
    let (Some(words), Some(mut model)) = (words, model) else {
        return Err(errors.finish().err().unwrap_or_else(|| Error::custom("not an action")));
    };
    let _ = errors.handle(words.rules.relate(&mut model));
    for field in &model.fields {
        let version = matches!(field.class, Class::WriteOnly { version: Some(_) });
        if version
            || matches!(
                field.class,
                Class::Setting { .. } | Class::Creation { .. } | Class::Computed { .. }
            )
        {
            errors.push(
                Error::custom(
                    "an action has no state: its arguments are `required`, `optional` or \
                     `write_only`",
                )
                .with_span(&field.ident),
            );
        }
    }
    errors.extend(field::lifeless(&model, "an action"));
    errors.extend(field::undescribed(&model, "the action's description"));
    let timeout = words.timeout.as_deref().map(|text| (text, seconds(text)));
    if let Some((text, None)) = timeout {
        let message = format!("`{text}` is no duration: write `30s`, `5m` or `1h`");
        errors.push(Error::custom(message).with_span(&model.ident));
    }
    errors.finish()?;
    let attributes = model.arguments();
    let ident = &model.ident;
    let Words { name, group, deprecated, .. } = words;
    let group = group.unwrap_or_default();
    let deprecated = field::option(deprecated.as_ref());
    let description = &model.description;
    let limit = timeout.and_then(|(_, seconds)| seconds).unwrap_or(30 * 60);
    let attribute = timeout.map(|_| quote!(attributes.push(::tf_provider::timeout());));
    Ok(quote! {
        #attributes

        #[automatically_derived]
        impl ::tf_provider::ActionModel for #ident {
            const NAME: &'static str = #name;
            const GROUP: &'static str = #group;
            const TIMEOUT: ::core::time::Duration = ::core::time::Duration::from_secs(#limit);

            #[allow(unused_mut)]
            fn schema() -> ::tf_provider::schema::Schema {
                let mut attributes = <Self as ::tf_provider::Attributes>::attributes();
                #attribute
                let mut schema = ::tf_provider::schema::Schema::new(#description, attributes);
                schema.deprecated = #deprecated;
                schema
            }
        }
    })
}
