//! `#[derive(EphemeralResource)]`: the arguments and the values of an ephemeral resource.

use darling::{Error, FromDeriveInput};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::DeriveInput;

use crate::field;
use crate::model::{Class, Struct};
use crate::rules::RuleWords;

/// The words of `#[ephemeral_resource(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(ephemeral_resource))]
struct Words {
    name: String,
    group: Option<String>,
    deprecated: Option<String>,
    #[darling(flatten)]
    rules: RuleWords,
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let mut errors = Error::accumulator();
    let words = errors.handle(Words::from_derive_input(input));
    let model = errors.handle(Struct::parse(input));
    let (Some(words), Some(mut model)) = (words, model) else {
        let error = || Error::custom("not an ephemeral resource");
        return Err(errors.finish().err().unwrap_or_else(error));
    };
    let _ = errors.handle(words.rules.relate(&mut model));
    for field in &model.fields {
        if let Class::Creation { .. } | Class::WriteOnly { .. } = field.class {
            errors.push(
                Error::custom("nothing of an ephemeral resource is stored: make it `optional`")
                    .with_span(&field.ident),
            );
        }
    }
    errors.extend(field::lifeless(&model, "an ephemeral resource"));
    errors.extend(field::undescribed(&model, "the ephemeral resource's description"));
    errors.finish()?;
    let attributes = model.attributes();
    let ident = &model.ident;
    let Words { name, group, deprecated, .. } = words;
    let group = group.unwrap_or_default();
    let deprecated = field::option(deprecated.as_ref());
    let description = &model.description;
    Ok(quote! {
        #attributes

        #[automatically_derived]
        impl ::tf_provider::EphemeralResourceModel for #ident {
            const NAME: &'static str = #name;
            const GROUP: &'static str = #group;

            fn schema() -> ::tf_provider::schema::Schema {
                let mut schema = ::tf_provider::schema::Schema::new(
                    #description,
                    <Self as ::tf_provider::Attributes>::attributes(),
                );
                schema.deprecated = #deprecated;
                schema
            }
        }
    })
}
