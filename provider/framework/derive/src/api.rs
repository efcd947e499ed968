//! The code that converts between a struct and the fields of an API object.

use proc_macro2::TokenStream as Tokens;
use quote::quote;

use crate::block;
use crate::model::{Class, Field, Struct};

impl Struct {
    /// `FromApi`, when every attribute that a read fills has an API field.
    pub(crate) fn api_reader(&self) -> Option<Tokens> {
        if !self.mapped() {
            return None;
        }
        let Self { ident, fields, .. } = self;
        let reads = fields.iter().map(|field| {
            let Field { ident, inner, .. } = field;
            let value = match &field.class {
                Class::Flatten => {
                    quote!(<#inner as ::tf_provider::api::FromApi>::from_api::<F>(fields)?)
                }
                Class::Creation { .. } | Class::WriteOnly { .. } => {
                    quote!(::core::option::Option::None)
                }
                Class::Optional { default: Some(default) } => {
                    quote!(::core::convert::Into::into(#default))
                }
                Class::Optional { default: None } => quote!(::core::option::Option::None),
                // No server knows anything in it: the framework carries it.
                Class::Block if field.api.is_none() => {
                    quote!(::core::default::Default::default())
                }
                _ if field.inline() => {
                    let read =
                        quote!(<#inner as ::tf_provider::api::FromApi>::from_api::<F>(fields)?);
                    if field.is_option { quote!(::core::option::Option::Some(#read)) } else { read }
                }
                class => {
                    let name = field.api_name().unwrap_or_default();
                    let found = quote!(::tf_provider::api::field::<F, #inner>(fields, #name)?);
                    match class {
                        Class::Setting { absent: Some(absent), .. } => {
                            let absent = quote!(|| ::core::convert::Into::into(#absent));
                            match field.is_option {
                                true => quote!(::core::option::Option::Some(
                                    #found.unwrap_or_else(#absent)
                                )),
                                false => quote!(#found.unwrap_or_else(#absent)),
                            }
                        }
                        _ if field.is_option => found,
                        _ if field.block.is_some_and(|block| !block.needed()) => {
                            block::from_api(field, &found).unwrap_or(found)
                        }
                        _ => quote!(
                            ::tf_provider::api::required_field::<F, #inner>(fields, #name)?
                        ),
                    }
                }
            };
            quote!(#ident: #value)
        });
        Some(quote! {
            #[automatically_derived]
            #[allow(clippy::useless_conversion)]
            impl ::tf_provider::api::FromApi for #ident {
                fn from_api<F: ::tf_provider::api::ApiFormat>(
                    fields: &::tf_provider::api::ApiFields,
                ) -> ::core::result::Result<Self, ::tf_provider::api::ApiError> {
                    ::core::result::Result::Ok(Self { #(#reads,)* })
                }
            }
        })
    }

    pub(crate) fn mapped(&self) -> bool {
        let mut any = false;
        let all = self.fields.iter().all(|field| match field.class {
            Class::Flatten => {
                any = true;
                true
            }
            Class::Creation { .. } | Class::WriteOnly { .. } | Class::Optional { .. } => true,
            Class::Block if field.api.is_none() => !field.always_planned() || field.repeats(),
            Class::Block => {
                any = true;
                true
            }
            Class::Required | Class::Setting { .. } | Class::Computed { .. } => {
                any |= field.api.is_some();
                field.api.is_some()
            }
        });
        all && any
    }
}

pub(crate) fn plan_to_api(field: &Field) -> Tokens {
    let Field { ident, inner, .. } = field;
    if let Class::Flatten = field.class {
        return quote!(<#inner as ::tf_provider::Attributes>::plan_to_api(&plan.#ident, fields););
    }
    if field.inline() {
        let write = quote!(<#inner as ::tf_provider::Attributes>::plan_to_api(value, fields););
        return match field.always_planned() {
            true => quote!({ let value = &plan.#ident; #write }),
            false => quote!(if let ::core::option::Option::Some(value) = &plan.#ident { #write }),
        };
    }
    let Some(api) = field.api_name() else { return Tokens::new() };
    let write = quote! {
        fields.insert(#api.to_owned(), <#inner as ::tf_provider::api::ApiType>::to_api(value));
    };
    match field.always_planned() {
        true => quote!({ let value = &plan.#ident; #write }),
        false => quote!(if let ::core::option::Option::Some(value) = &plan.#ident { #write }),
    }
}

pub(crate) fn changes_to_api(field: &Field) -> Tokens {
    let Field { ident, inner, .. } = field;
    if field.inline() || matches!(field.class, Class::Flatten) {
        return quote! {
            <#inner as ::tf_provider::Attributes>::changes_to_api(&changes.#ident, fields);
        };
    }
    let Some(api) = field.api_name() else { return Tokens::new() };
    quote! {
        match &changes.#ident {
            ::tf_provider::Change::Unchanged => {}
            ::tf_provider::Change::Reset => {
                fields.insert(#api.to_owned(), ::core::option::Option::None);
            }
            ::tf_provider::Change::Set(value) => {
                let value = <#inner as ::tf_provider::api::ApiType>::to_api(value);
                fields.insert(#api.to_owned(), ::core::option::Option::Some(value));
            }
        }
    }
}
