//! `#[derive(ListResource)]`: the arguments of a listing.

use darling::{Error, FromDeriveInput};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::DeriveInput;

use crate::field;
use crate::model::{Class, Struct};
use crate::rules::RuleWords;

/// The words of `#[list_resource(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(list_resource))]
struct Words {
    #[darling(flatten)]
    rules: RuleWords,
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let mut errors = Error::accumulator();
    let words = errors.handle(Words::from_derive_input(input));
    let model = errors.handle(Struct::parse(input));
    let (Some(words), Some(mut model)) = (words, model) else {
        return Err(errors.finish().err().unwrap_or_else(|| Error::custom("not a listing")));
    };
    let _ = errors.handle(words.rules.relate(&mut model));
    for field in &model.fields {
        if !matches!(
            field.class,
            Class::Required | Class::Optional { .. } | Class::Block | Class::Flatten
        ) {
            errors.push(
                Error::custom(
                    "these are the arguments of a listing alone: `required` or `optional`",
                )
                .with_span(&field.ident),
            );
        }
    }
    errors.extend(field::lifeless(&model, "a listing"));
    errors.extend(field::undescribed(&model, "the list resource's description"));
    errors.finish()?;
    let attributes = model.arguments();
    let ident = &model.ident;
    let description = &model.description;
    Ok(quote! {
        #attributes

        #[automatically_derived]
        impl ::tf_provider::ListResourceModel for #ident {
            fn schema() -> ::tf_provider::schema::Schema {
                ::tf_provider::schema::Schema::new(
                    #description,
                    <Self as ::tf_provider::Attributes>::attributes(),
                )
            }
        }
    })
}
