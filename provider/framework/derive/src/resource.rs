//! `#[derive(Resource)]`: the attributes, and what identifies, imports and times the resource.

use darling::{Error, FromDeriveInput, FromMeta};
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::DeriveInput;

use crate::field::{self, call_site, seconds};
use crate::model::{Class, Field, Struct};
use crate::rules::RuleWords;

/// The words of `#[resource(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(resource))]
struct Words {
    name: String,
    group: Option<String>,
    deprecated: Option<String>,
    version: Option<i64>,
    identity_version: Option<i64>,
    #[darling(multiple)]
    import: Vec<String>,
    timeouts: Option<TimeoutWords>,
    #[darling(flatten)]
    rules: RuleWords,
}

/// `timeouts` or `timeouts(create = "30m", …)`.
#[derive(Default)]
struct TimeoutWords {
    create: Option<String>,
    read: Option<String>,
    update: Option<String>,
    delete: Option<String>,
}

impl FromMeta for TimeoutWords {
    fn from_word() -> darling::Result<Self> {
        Ok(Self::default())
    }

    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        #[derive(FromMeta)]
        struct Listed {
            create: Option<String>,
            read: Option<String>,
            update: Option<String>,
            delete: Option<String>,
        }
        let Listed { create, read, update, delete } = Listed::from_list(items)?;
        Ok(Self { create, read, update, delete })
    }
}

pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let mut errors = Error::accumulator();
    let words = errors.handle(Words::from_derive_input(input));
    let model = errors.handle(Struct::parse(input));
    let (Some(words), Some(mut model)) = (words, model) else {
        return Err(errors.finish().err().unwrap_or_else(|| Error::custom("not a resource")));
    };
    let _ = errors.handle(words.rules.relate(&mut model));
    let identity: Vec<&Field> = model.fields.iter().filter(|field| field.identity).collect();
    if identity.is_empty() {
        errors.push(
            Error::custom("mark with `identity` what tells one object from all others")
                .with_span(&model.ident),
        );
    }
    if words.import.is_empty() {
        errors.push(
            Error::custom("say what an import id looks like: `import = \"{id}\"`")
                .with_span(&model.ident),
        );
    }
    for format in &words.import {
        for name in placeholders(format) {
            if !model.fields.iter().any(|field| field.name == name) {
                let names: Vec<&str> = model.fields.iter().map(|f| f.name.as_str()).collect();
                errors.push(Error::unknown_field_with_alts(&name, &names).with_span(&model.ident));
            }
        }
    }
    for field in &identity {
        if field.is_option || matches!(field.class, Class::Flatten) {
            errors.push(
                Error::custom("what identifies the object is always there: take the `Option` away")
                    .with_span(&field.ident),
            );
        }
    }
    errors.extend(field::undescribed(&model, "the resource's description"));
    let timeouts = match &words.timeouts {
        None => quote!(::core::option::Option::None),
        Some(words) => {
            let mut duration = |text: &Option<String>, default: u64| match text {
                None => default,
                Some(text) => seconds(text).unwrap_or_else(|| {
                    let message = format!("`{text}` is no duration: write `30s`, `5m` or `1h`");
                    errors.push(Error::custom(message).with_span(&model.ident));
                    default
                }),
            };
            let create = duration(&words.create, 30 * 60);
            let read = duration(&words.read, 5 * 60);
            let update = duration(&words.update, 30 * 60);
            let delete = duration(&words.delete, 10 * 60);
            quote! {
                ::core::option::Option::Some(::tf_provider::Timeouts {
                    create: ::core::time::Duration::from_secs(#create),
                    read: ::core::time::Duration::from_secs(#read),
                    update: ::core::time::Duration::from_secs(#update),
                    delete: ::core::time::Duration::from_secs(#delete),
                })
            }
        }
    };
    errors.finish()?;

    let attributes = model.attributes();
    let identity_struct = identity_struct(&model, &identity);
    let ident = &model.ident;
    let identity_ident = format_ident!("{}Identity", ident);
    let Words { name, group, deprecated, version, identity_version, import, .. } = words;
    let group = group.unwrap_or_default();
    let deprecated = field::option(deprecated.as_ref());
    let version = version.unwrap_or_default();
    let identity_version = identity_version.unwrap_or_default();
    let description = &model.description;
    Ok(quote! {
        #attributes
        #identity_struct

        #[automatically_derived]
        impl ::tf_provider::ResourceModel for #ident {
            type Identity = #identity_ident;
            const NAME: &'static str = #name;
            const GROUP: &'static str = #group;
            const IMPORT: &'static [&'static str] = &[#(#import),*];
            const IDENTITY_VERSION: i64 = #identity_version;
            const TIMEOUTS: ::core::option::Option<::tf_provider::Timeouts> = #timeouts;

            fn schema() -> ::tf_provider::schema::Schema {
                let mut attributes = <Self as ::tf_provider::Attributes>::attributes();
                attributes.extend(<Self as ::tf_provider::ResourceModel>::TIMEOUTS.map(
                    |timeouts| timeouts.attribute(),
                ));
                let mut schema = ::tf_provider::schema::Schema::new(#description, attributes);
                schema.version = #version;
                schema.deprecated = #deprecated;
                schema
            }
        }
    })
}

fn identity_struct(model: &Struct, identity: &[&Field]) -> Tokens {
    let Struct { ident, vis, .. } = model;
    let name = format_ident!("{}Identity", ident);
    let doc = format!("What identifies a [`{ident}`].");
    let fields = identity.iter().map(|field| {
        let Field { ident, inner, docs, .. } = field;
        quote!(#(#docs)* #vis #ident: #inner)
    });
    let schema = identity.iter().map(|field| {
        let Field { inner, name, description, .. } = field;
        quote!((#name, <#inner as ::tf_provider::AttributeType>::kind().ty(), #description))
    });
    let write = identity.iter().map(|field| {
        let Field { ident, name, .. } = field;
        quote!((#name, ::tf_provider::AttributeType::to_value(&self.#ident)))
    });
    let read = identity.iter().map(|field| {
        let Field { ident, inner, name, .. } = field;
        quote! {
            #ident: ::tf_provider::types::required_of::<#inner>(object, object, #name, &path)?
        }
    });
    let format = identity
        .iter()
        .map(|field| format!("{} = {{}}", field.name))
        .collect::<Vec<_>>()
        .join(", ");
    let parts = identity.iter().map(|field| &field.ident);
    let taken = identity.iter().map(|field| &field.ident);
    let taken_again = identity.iter().map(|field| &field.ident);
    let state = call_site("state");
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, Eq, PartialEq)]
        #vis struct #name { #(#fields,)* }

        #[automatically_derived]
        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, #format, #(self.#parts),*)
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<&#ident> for #name {
            fn from(#state: &#ident) -> Self {
                Self { #(#taken: #state.#taken_again.clone(),)* }
            }
        }

        #[automatically_derived]
        impl ::tf_provider::IdentityModel for #name {
            fn attributes() -> ::std::vec::Vec<(
                &'static str,
                ::tf_provider::cty::Type,
                &'static str,
            )> {
                ::std::vec![#(#schema),*]
            }

            fn to_object(&self) -> ::tf_provider::schema::Object {
                ::tf_provider::schema::Object::from([#(#write),*])
            }

            fn from_object(object: &::tf_provider::schema::Object) -> ::tf_provider::Result<Self> {
                let path = ::tf_provider::cty::Path::default();
                ::core::result::Result::Ok(Self { #(#read,)* })
            }
        }
    }
}

/// The names in braces of an import format.
fn placeholders(format: &str) -> Vec<String> {
    let parts = format.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}
