//! `#[derive(Attributes)]`: the struct is also a type that an attribute may have.

use darling::{Error, FromDeriveInput};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::DeriveInput;

use crate::model::{Class, Field, Struct};
use crate::rules::RuleWords;

/// The words of `#[attributes(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(attributes))]
struct Words {
    #[darling(flatten)]
    rules: RuleWords,
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let mut errors = Error::accumulator();
    let words = errors.handle(Words::from_derive_input(input));
    let model = errors.handle(Struct::parse(input));
    let (Some(words), Some(mut model)) = (words, model) else {
        return Err(errors.finish().err().unwrap_or_else(|| Error::custom("not attributes")));
    };
    let _ = errors.handle(words.rules.relate(&mut model));
    errors.finish()?;
    let attributes = model.attributes();
    let Struct { ident, .. } = &model;
    let (values, plan) = (model.values(), model.plan());
    let wanted = "an object";
    let api_type = model.mapped().then(|| {
        let default_key = model.fields.iter().find_map(Field::api_name).unwrap_or_default();
        quote! {
            #[automatically_derived]
            impl ::tf_provider::api::ApiType for #ident {
                fn to_api(plan: &#plan) -> ::tf_provider::api::Json {
                    ::tf_provider::api::Json::Object(plan.to_api())
                }

                fn from_api<F: ::tf_provider::api::ApiFormat>(
                    value: &::tf_provider::api::Json,
                ) -> ::core::result::Result<Self, ::tf_provider::api::ApiError> {
                    let fields = F::object(value, #default_key)
                        .ok_or_else(|| ::tf_provider::api::ApiError::new(#wanted))?;
                    <Self as ::tf_provider::api::FromApi>::from_api::<F>(&fields)
                }
            }
        }
    });
    let in_set = |field: &Field| {
        matches!(field.class, Class::Required | Class::Optional { default: None } | Class::Block)
    };
    let set_element = model.fields.iter().all(in_set).then(|| {
        quote! {
            #[automatically_derived]
            impl ::tf_provider::types::SetElement for #ident {}
        }
    });
    Ok(quote! {
        #attributes

        #[automatically_derived]
        impl ::tf_provider::AttributeType for #ident {
            type Values = #values;
            type Plan = #plan;

            const SHAPE: ::tf_provider::schema::Shape =
                <Self as ::tf_provider::Attributes>::SHAPE;

            fn kind() -> ::tf_provider::schema::Kind {
                ::tf_provider::schema::Kind::Nested(
                    ::tf_provider::schema::Nesting::Single,
                    <Self as ::tf_provider::Attributes>::attributes(),
                )
            }

            fn canonical(value: &::tf_provider::cty::Value) -> ::tf_provider::cty::Value {
                static ATTRIBUTES: ::std::sync::OnceLock<
                    ::std::vec::Vec<::tf_provider::schema::Attribute>,
                > = ::std::sync::OnceLock::new();
                let attributes =
                    ATTRIBUTES.get_or_init(<Self as ::tf_provider::Attributes>::attributes);
                ::tf_provider::types::canonical_object(attributes, value)
            }

            fn to_value(&self) -> ::tf_provider::cty::Value {
                let mut object = ::tf_provider::schema::Object::new();
                ::tf_provider::Attributes::write(self, &mut object);
                ::tf_provider::cty::Value::Object(object)
            }

            fn read_values(
                value: &::tf_provider::cty::Value,
                path: &::tf_provider::cty::Path,
            ) -> ::tf_provider::Result<#values> {
                let object = value
                    .as_object()
                    .ok_or_else(|| ::tf_provider::types::mismatch(#wanted, path))?;
                <Self as ::tf_provider::Attributes>::values(object, path)
            }

            fn read_plan(
                planned: &::tf_provider::cty::Value,
                config: &::tf_provider::cty::Value,
                path: &::tf_provider::cty::Path,
            ) -> ::tf_provider::Result<#plan> {
                let empty = ::tf_provider::schema::Object::new();
                let planned = planned
                    .as_object()
                    .ok_or_else(|| ::tf_provider::types::mismatch(#wanted, path))?;
                let config = config.as_object().unwrap_or(&empty);
                <Self as ::tf_provider::Attributes>::plan(planned, config, path)
            }
        }

        #api_type
        #set_element
    })
}
