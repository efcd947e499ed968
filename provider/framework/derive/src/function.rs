//! `#[derive(Function)]`: the parameters of a function.

use darling::util::{Flag, Ignored};
use darling::{Error, FromDeriveInput, FromField, ast::Data};
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Attribute, DeriveInput, Ident, Type, Visibility};

use crate::field::{description, option};
use crate::model::unwrap;

/// A struct with a field a parameter, and the words of `#[function(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(function), supports(struct_named), forward_attrs(doc))]
struct RawFunction {
    ident: Ident,
    vis: Visibility,
    attrs: Vec<Attribute>,
    data: Data<Ignored, RawParameter>,
    name: String,
    group: Option<String>,
    deprecated: Option<String>,
}

/// The words of `#[parameter(…)]` on a field.
#[derive(FromField)]
#[darling(attributes(parameter), forward_attrs(doc))]
struct RawParameter {
    ident: Option<Ident>,
    ty: Type,
    vis: Visibility,
    attrs: Vec<Attribute>,
    variadic: Flag,
}

/// How a parameter takes its arguments.
enum Takes {
    Value,
    Null,
    Unknown,
    Rest,
}

struct Parameter {
    ident: Ident,
    vis: Visibility,
    docs: Vec<Attribute>,
    name: String,
    description: String,
    inner: Type,
    takes: Takes,
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let raw = RawFunction::from_derive_input(input)?;
    let mut errors = Error::accumulator();
    let fields = raw.data.take_struct().map(|fields| fields.fields).unwrap_or_default();
    let last = fields.len().saturating_sub(1);
    let fields = fields.into_iter().enumerate();
    let parameters: Vec<Parameter> = fields
        .filter_map(|(position, raw)| errors.handle(parameter(raw, position == last)))
        .collect();
    let text = description(&raw.attrs);
    if text.is_empty() {
        errors.push(
            Error::custom("write a doc comment: it is the function's description")
                .with_span(&raw.ident),
        );
    }
    errors.finish()?;

    let (ident, vis, name) = (&raw.ident, &raw.vis, &raw.name);
    let group = raw.group.unwrap_or_default();
    let deprecated = option(raw.deprecated.as_ref());
    let arguments = format_ident!("{}Arguments", ident);
    let arguments_doc = format!("The arguments of a call of [`{ident}`].");
    let fields = parameters.iter().map(|parameter| {
        let Parameter { ident, vis, docs, inner, takes, .. } = parameter;
        let plan = quote!(<#inner as ::tf_provider::AttributeType>::Plan);
        let ty = match takes {
            Takes::Value => plan,
            Takes::Null => quote!(::core::option::Option<#plan>),
            Takes::Unknown => {
                quote!(::tf_provider::Value<<#inner as ::tf_provider::AttributeType>::Values>)
            }
            Takes::Rest => quote!(::std::vec::Vec<#plan>),
        };
        quote!(#(#docs)* #vis #ident: #ty)
    });
    let reads = parameters.iter().map(|parameter| {
        let Parameter { ident, name, inner, takes, .. } = parameter;
        let method = match takes {
            Takes::Value => quote!(next),
            Takes::Null => quote!(nullable),
            Takes::Unknown => quote!(open),
            Takes::Rest => quote!(rest),
        };
        quote!(#ident: arguments.#method::<#inner>(#name)?)
    });
    let schema = |parameter: &Parameter| {
        let Parameter { name, description, inner, takes, .. } = parameter;
        let nullable = matches!(takes, Takes::Null | Takes::Unknown);
        let unknown = matches!(takes, Takes::Unknown);
        quote! {
            ::tf_provider::function::Parameter {
                nullable: #nullable,
                unknown: #unknown,
                ..::tf_provider::function::Parameter::of::<#inner>(#name, #description)
            }
        }
    };
    let (rest, fixed): (Vec<_>, Vec<_>) =
        parameters.iter().partition(|parameter| matches!(parameter.takes, Takes::Rest));
    let fixed = fixed.into_iter().map(schema);
    let variadic = match rest.first() {
        None => quote!(::core::option::Option::None),
        Some(rest) => {
            let rest = schema(rest);
            quote!(::core::option::Option::Some(#rest))
        }
    };
    // The struct is the definition alone: nobody makes one.
    let named = parameters.iter().map(|parameter| &parameter.ident);
    Ok(quote! {
        #[doc = #arguments_doc]
        #[derive(Clone, Debug)]
        #vis struct #arguments { #(#fields,)* }

        #[automatically_derived]
        #[allow(unused_variables)]
        impl ::tf_provider::FunctionModel for #ident {
            const NAME: &'static str = #name;
            const GROUP: &'static str = #group;
            const DESCRIPTION: &'static str = #text;
            const DEPRECATED: ::core::option::Option<&'static str> = #deprecated;
            type Arguments = #arguments;

            fn parameters() -> ::std::vec::Vec<::tf_provider::function::Parameter> {
                let _ = |definition: Self| { #(let _ = definition.#named;)* };
                ::std::vec![#(#fixed),*]
            }

            fn variadic() -> ::core::option::Option<::tf_provider::function::Parameter> {
                #variadic
            }

            fn read(
                arguments: &mut ::tf_provider::function::Arguments,
            ) -> ::core::result::Result<#arguments, ::tf_provider::FunctionError> {
                ::core::result::Result::Ok(#arguments { #(#reads,)* })
            }
        }
    })
}

fn parameter(raw: RawParameter, last: bool) -> darling::Result<Parameter> {
    let mut errors = Error::accumulator();
    let Some(ident) = raw.ident else {
        return Err(Error::custom("expected a struct with named fields"));
    };
    let span = ident.span();
    let mut fail = |message: &str| errors.push(Error::custom(message).with_span(&span));
    let (inner, takes) = if raw.variadic.is_present() {
        if !last {
            fail("only the last parameter can be `variadic`: it takes all arguments that are left");
        }
        match unwrap(&raw.ty, "Vec") {
            Some(inner) => (inner, Takes::Rest),
            None => {
                fail("a `variadic` parameter takes any number of arguments: make it a `Vec`");
                (raw.ty, Takes::Rest)
            }
        }
    } else if let Some(inner) = unwrap(&raw.ty, "Option") {
        (inner, Takes::Null)
    } else if let Some(inner) = unwrap(&raw.ty, "Value") {
        (inner, Takes::Unknown)
    } else {
        (raw.ty, Takes::Value)
    };
    let description = description(&raw.attrs);
    if description.is_empty() {
        fail("write a doc comment: it is the parameter's description");
    }
    let name = ident.to_string();
    errors.finish_with(Parameter {
        name: name.strip_prefix("r#").unwrap_or(&name).to_owned(),
        ident,
        vis: raw.vis,
        docs: raw.attrs.into_iter().filter(|attr| attr.path().is_ident("doc")).collect(),
        description,
        inner,
        takes,
    })
}
