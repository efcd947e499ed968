//! `#[derive(DataSource)]`: the arguments and the answer of a data source.

use darling::{Error, FromDeriveInput};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::DeriveInput;

use crate::field;
use crate::model::{Class, Struct};
use crate::rules::RuleWords;

/// The words of `#[data_source(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(data_source))]
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
        return Err(errors.finish().err().unwrap_or_else(|| Error::custom("not a data source")));
    };
    let _ = errors.handle(words.rules.relate(&mut model));
    for field in &model.fields {
        if let Class::Creation { .. } | Class::WriteOnly { .. } = field.class {
            errors.push(
                Error::custom("a data source creates nothing and stores nothing")
                    .with_span(&field.ident),
            );
        }
    }
    errors.extend(field::lifeless(&model, "a data source"));
    errors.extend(field::undescribed(&model, "the data source's description"));
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
        impl ::tf_provider::DataSourceModel for #ident {
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
