//! `#[derive(Choice)]`: an enumeration of words.

use darling::{Error, FromDeriveInput, FromVariant, ast::Data, ast::Fields, util::Ignored};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{DeriveInput, Ident, Type};

/// An enumeration of unit variants, with at most one that holds what is not in the list.
#[derive(FromDeriveInput)]
#[darling(supports(enum_unit, enum_newtype))]
struct RawChoice {
    ident: Ident,
    data: Data<RawVariant, Ignored>,
}

/// The words of `#[choice(…)]` on a variant.
#[derive(FromVariant)]
#[darling(attributes(choice))]
struct RawVariant {
    ident: Ident,
    fields: Fields<Type>,
    /// The word, where it is not the variant's name in kebab case.
    name: Option<String>,
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let raw = RawChoice::from_derive_input(input)?;
    let ident = &raw.ident;
    let variants = raw.data.take_enum().unwrap_or_default();
    let mut errors = Error::accumulator();
    let mut open = None;
    let mut words = vec![];
    for variant in variants {
        if variant.fields.is_unit() {
            let word = variant.name.unwrap_or_else(|| kebab(&variant.ident.to_string()));
            words.push((variant.ident, word));
        } else if open.is_none() {
            open = Some(variant.ident);
        } else {
            errors.push(
                Error::custom("one variant may hold the words that are not in the list")
                    .with_span(&variant.ident),
            );
        }
    }
    if open.is_none() {
        errors.push(
            Error::custom("add `Other(String)`: servers add words, and reading one must not fail")
                .with_span(ident),
        );
    }
    let Some(open) = open else { return errors.finish().map(|()| Tokens::new()) };
    errors.finish()?;
    let idents: Vec<&Ident> = words.iter().map(|(ident, _)| ident).collect();
    let texts: Vec<&String> = words.iter().map(|(_, text)| text).collect();
    Ok(quote! {
        impl #ident {
            /// The word.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#idents => #texts,)*
                    Self::#open(word) => word,
                }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<&str> for #ident {
            fn from(word: &str) -> Self {
                match word {
                    #(#texts => Self::#idents,)*
                    other => Self::#open(other.to_owned()),
                }
            }
        }

        #[automatically_derived]
        impl ::tf_provider::AttributeType for #ident {
            type Values = Self;
            type Plan = Self;

            fn kind() -> ::tf_provider::schema::Kind {
                ::tf_provider::schema::Kind::Plain(::tf_provider::cty::Type::String)
            }

            fn constraint() -> ::tf_provider::schema::Constraint {
                ::tf_provider::schema::Constraint::one_of([#(#texts),*])
            }

            fn validate(
                value: &::tf_provider::cty::Value,
                path: &::tf_provider::cty::Path,
                diagnostics: &mut ::tf_provider::Diagnostics,
            ) {
                ::tf_provider::types::check_choice(value, &[#(#texts),*], path, diagnostics);
            }

            fn to_value(&self) -> ::tf_provider::cty::Value {
                ::tf_provider::cty::Value::string(self.as_str())
            }

            fn read_values(
                value: &::tf_provider::cty::Value,
                path: &::tf_provider::cty::Path,
            ) -> ::tf_provider::Result<Self> {
                let word = value
                    .as_str()
                    .ok_or_else(|| ::tf_provider::types::mismatch("a string", path))?;
                ::core::result::Result::Ok(Self::from(word))
            }

            fn read_plan(
                planned: &::tf_provider::cty::Value,
                _config: &::tf_provider::cty::Value,
                path: &::tf_provider::cty::Path,
            ) -> ::tf_provider::Result<Self> {
                Self::read_values(planned, path)
            }
        }

        #[automatically_derived]
        impl ::tf_provider::api::ApiType for #ident {
            fn to_api(plan: &Self) -> ::tf_provider::api::Json {
                ::tf_provider::api::Json::String(plan.as_str().to_owned())
            }

            fn from_api<F: ::tf_provider::api::ApiFormat>(
                value: &::tf_provider::api::Json,
            ) -> ::core::result::Result<Self, ::tf_provider::api::ApiError> {
                let word = F::string(value)
                    .ok_or_else(|| ::tf_provider::api::ApiError::new("a string"))?;
                ::core::result::Result::Ok(Self::from(word.as_str()))
            }
        }
    })
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(character.to_lowercase());
    }
    text
}
