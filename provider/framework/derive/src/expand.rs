//! The shapes of a struct in each phase, and the code that converts between them.

use darling::{Error, FromDeriveInput, ast::Data, util::Ignored};
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, DeriveInput, Ident, Visibility};

use crate::field::{self, Class, Field, RawField};

/// A struct with named fields.
#[derive(FromDeriveInput)]
#[darling(supports(struct_named), forward_attrs(doc))]
struct RawStruct {
    ident: Ident,
    vis: Visibility,
    attrs: Vec<Attribute>,
    data: Data<Ignored, RawField>,
}

/// A struct whose fields make sense.
pub(crate) struct Struct {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) description: String,
    pub(crate) fields: Vec<Field>,
}

impl Struct {
    pub(crate) fn parse(input: &DeriveInput) -> darling::Result<Self> {
        let raw = RawStruct::from_derive_input(input)?;
        let mut errors = Error::accumulator();
        let fields = raw.data.take_struct().map(|fields| fields.fields).unwrap_or_default();
        let fields: Vec<Field> =
            fields.into_iter().filter_map(|raw| errors.handle(Field::parse(raw))).collect();
        let _ = errors.handle(field::check_names(&fields));
        errors.finish_with(Self {
            ident: raw.ident,
            vis: raw.vis,
            description: field::description(&raw.attrs),
            fields,
        })
    }

    pub(crate) fn values(&self) -> Ident {
        format_ident!("{}Values", self.ident)
    }

    pub(crate) fn plan(&self) -> Ident {
        format_ident!("{}Plan", self.ident)
    }

    pub(crate) fn changes(&self) -> Ident {
        format_ident!("{}Changes", self.ident)
    }

    /// Everything that `Attributes` and the API mapping need.
    pub(crate) fn attributes(&self) -> Tokens {
        let (arguments, api) = (self.arguments(), self.api_reader());
        quote! { #arguments #api }
    }

    /// The same for what is configured and never read from an API.
    pub(crate) fn arguments(&self) -> Tokens {
        let shapes = self.shapes();
        let implementation = self.implementation();
        let sets = self.fields.iter().filter_map(|field| {
            let element = field::unwrap(&field.inner, "ObjectSet")?;
            let span = field.ident.span();
            Some(quote_spanned! {span=>
                const _: () = ::tf_provider::types::assert_set_element::<#element>();
            })
        });
        quote! { #shapes #implementation #(#sets)* }
    }

    fn shapes(&self) -> Tokens {
        let Self { ident, vis, fields, .. } = self;
        let (values, plan, changes) = (self.values(), self.plan(), self.changes());
        let values_doc = format!("[`{ident}`] where its values may be null or unknown.");
        let plan_doc = format!("[`{ident}`] as it shall become.");
        let changes_doc = format!("What an update changes of a [`{ident}`].");

        let values_fields = fields.iter().map(|field| {
            let Field { ident, vis, docs, inner, .. } = field;
            match field.class {
                Class::Flatten => {
                    quote!(#(#docs)* #vis #ident: <#inner as ::tf_provider::Attributes>::Values)
                }
                _ => quote! {
                    #(#docs)*
                    #vis #ident: ::tf_provider::Value<<#inner as ::tf_provider::AttributeType>::Values>
                },
            }
        });
        let plan_fields = fields.iter().filter(|field| field.configurable()).map(|field| {
            let Field { ident, vis, docs, inner, .. } = field;
            let plan = quote!(<#inner as ::tf_provider::AttributeType>::Plan);
            match field.class {
                Class::Flatten => {
                    quote!(#(#docs)* #vis #ident: <#inner as ::tf_provider::Attributes>::Plan)
                }
                _ if field.always_planned() => quote!(#(#docs)* #vis #ident: #plan),
                _ => quote!(#(#docs)* #vis #ident: ::core::option::Option<#plan>),
            }
        });
        let changes_fields = fields.iter().filter(|field| field.changeable()).map(|field| {
            let Field { ident, vis, docs, inner, .. } = field;
            match field.class {
                _ if field.inline() || matches!(field.class, Class::Flatten) => {
                    quote!(#(#docs)* #vis #ident: <#inner as ::tf_provider::Attributes>::Changes)
                }
                _ => quote! {
                    #(#docs)*
                    #vis #ident: ::tf_provider::Change<<#inner as ::tf_provider::AttributeType>::Plan>
                },
            }
        });
        let everything: Vec<&Field> = fields.iter().collect();
        let planned: Vec<&Field> = fields.iter().filter(|field| field.configurable()).collect();
        let changed: Vec<&Field> = fields.iter().filter(|field| field.changeable()).collect();
        let debugs = [
            debug(ident, &everything),
            debug(&values, &everything),
            debug(&plan, &planned),
            debug(&changes, &changed),
        ];
        quote! {
            #[doc = #values_doc]
            #[derive(Clone)]
            #vis struct #values { #(#values_fields,)* }

            #[doc = #plan_doc]
            #[derive(Clone)]
            #vis struct #plan { #(#plan_fields,)* }

            #[doc = #changes_doc]
            #[derive(Clone)]
            #vis struct #changes { #(#changes_fields,)* }

            #(#debugs)*

            #[allow(dead_code)]
            impl #plan {
                /// The attributes that have an API field, by its name.
                #vis fn to_api(&self) -> ::tf_provider::api::ApiFields {
                    let mut fields = ::tf_provider::api::ApiFields::new();
                    <#ident as ::tf_provider::Attributes>::plan_to_api(self, &mut fields);
                    fields
                }
            }

            #[allow(dead_code)]
            impl #changes {
                /// The changed attributes that have an API field, by its name.
                #vis fn to_api(&self) -> ::tf_provider::api::ApiChanges {
                    let mut fields = ::tf_provider::api::ApiChanges::new();
                    <#ident as ::tf_provider::Attributes>::changes_to_api(self, &mut fields);
                    fields
                }
            }
        }
    }

    fn implementation(&self) -> Tokens {
        let Self { ident, fields, .. } = self;
        let (values, plan, changes) = (self.values(), self.plan(), self.changes());
        let attributes = fields.iter().map(|field| match field.class {
            Class::Flatten => {
                let inner = &field.inner;
                quote!(attributes.extend(<#inner as ::tf_provider::Attributes>::attributes());)
            }
            _ => {
                let attribute = field.schema();
                quote!(attributes.push(#attribute);)
            }
        });
        let write = fields.iter().map(write);
        let read_values = fields.iter().map(|field| {
            let Field { ident, inner, name, .. } = field;
            match field.class {
                Class::Flatten => {
                    quote!(#ident: <#inner as ::tf_provider::Attributes>::values(object, path)?)
                }
                _ => {
                    quote!(#ident: ::tf_provider::types::values_of::<#inner>(object, #name, path)?)
                }
            }
        });
        let read_plan = fields.iter().filter(|field| field.configurable()).map(read_plan);
        let read_changes = fields.iter().filter(|field| field.changeable()).map(read_changes);
        let plan_to_api = fields.iter().filter(|field| field.configurable()).map(plan_to_api);
        let changes_to_api = fields.iter().filter(|field| field.changeable()).map(changes_to_api);
        quote! {
            #[automatically_derived]
            #[allow(unused_variables, clippy::useless_conversion)]
            impl ::tf_provider::Attributes for #ident {
                type Values = #values;
                type Plan = #plan;
                type Changes = #changes;

                fn attributes() -> ::std::vec::Vec<::tf_provider::schema::Attribute> {
                    let mut attributes = ::std::vec::Vec::new();
                    #(#attributes)*
                    attributes
                }

                fn write(&self, object: &mut ::tf_provider::schema::Object) {
                    #(#write)*
                }

                fn values(
                    object: &::tf_provider::schema::Object,
                    path: &::tf_provider::cty::Path,
                ) -> ::tf_provider::Result<Self::Values> {
                    ::core::result::Result::Ok(#values { #(#read_values,)* })
                }

                fn plan(
                    planned: &::tf_provider::schema::Object,
                    config: &::tf_provider::schema::Object,
                    path: &::tf_provider::cty::Path,
                ) -> ::tf_provider::Result<Self::Plan> {
                    ::core::result::Result::Ok(#plan { #(#read_plan,)* })
                }

                fn changes(
                    prior: &::tf_provider::schema::Object,
                    planned: &::tf_provider::schema::Object,
                    config: &::tf_provider::schema::Object,
                    path: &::tf_provider::cty::Path,
                ) -> ::tf_provider::Result<Self::Changes> {
                    ::core::result::Result::Ok(#changes { #(#read_changes,)* })
                }

                fn plan_to_api(plan: &Self::Plan, fields: &mut ::tf_provider::api::ApiFields) {
                    #(#plan_to_api)*
                }

                fn changes_to_api(
                    changes: &Self::Changes,
                    fields: &mut ::tf_provider::api::ApiChanges,
                ) {
                    #(#changes_to_api)*
                }
            }
        }
    }

    /// `FromApi`, when every attribute that a read fills has an API field.
    fn api_reader(&self) -> Option<Tokens> {
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

    fn mapped(&self) -> bool {
        let mut any = false;
        let all = self.fields.iter().all(|field| match field.class {
            Class::Flatten => {
                any = true;
                true
            }
            Class::Creation { .. } | Class::WriteOnly { .. } | Class::Optional { .. } => true,
            Class::Required | Class::Setting { .. } | Class::Computed { .. } => {
                any |= field.api.is_some();
                field.api.is_some()
            }
        });
        all && any
    }
}

/// `#[derive(Attributes)]`: the struct is also a type that an attribute may have.
pub(crate) fn derive(input: &DeriveInput) -> darling::Result<Tokens> {
    let model = Struct::parse(input)?;
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
    let in_set =
        |field: &Field| matches!(field.class, Class::Required | Class::Optional { default: None });
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

            fn kind() -> ::tf_provider::schema::Kind {
                ::tf_provider::schema::Kind::Nested(
                    ::tf_provider::schema::Nesting::Single,
                    <Self as ::tf_provider::Attributes>::attributes(),
                )
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

fn debug(ident: &Ident, fields: &[&Field]) -> Tokens {
    let text = ident.to_string();
    let shown = fields.iter().map(|field| {
        let (ident, name) = (&field.ident, &field.name);
        match field.secret() {
            true => quote!(.field(#name, &::core::format_args!("(sensitive)"))),
            false => quote!(.field(#name, &self.#ident)),
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text) #(#shown)* .finish()
            }
        }
    }
}

fn write(field: &Field) -> Tokens {
    let Field { ident, name, .. } = field;
    match &field.class {
        Class::Flatten => quote!(::tf_provider::Attributes::write(&self.#ident, object);),
        // Whatever a read put there goes nowhere.
        Class::WriteOnly { .. } => quote! {
            let _ = &self.#ident;
            object.insert(#name.to_owned(), ::tf_provider::cty::Value::Null);
        },
        _ if field.is_option => quote! {
            object.insert(
                #name.to_owned(),
                self.#ident.as_ref().map_or(
                    ::tf_provider::cty::Value::Null,
                    ::tf_provider::AttributeType::to_value,
                ),
            );
        },
        _ => quote! {
            object.insert(#name.to_owned(), ::tf_provider::AttributeType::to_value(&self.#ident));
        },
    }
}

fn read_plan(field: &Field) -> Tokens {
    let Field { ident, inner, name, .. } = field;
    let read = match &field.class {
        Class::Flatten => {
            quote!(<#inner as ::tf_provider::Attributes>::plan(planned, config, path)?)
        }
        // The plan never holds it: the configuration does, at plan and at apply.
        Class::WriteOnly { .. } => {
            quote!(::tf_provider::types::plan_of::<#inner>(config, config, #name, path)?)
        }
        _ if field.always_planned() => {
            quote!(::tf_provider::types::required_of::<#inner>(planned, config, #name, path)?)
        }
        _ => quote!(::tf_provider::types::plan_of::<#inner>(planned, config, #name, path)?),
    };
    quote!(#ident: #read)
}

fn read_changes(field: &Field) -> Tokens {
    let Field { ident, inner, name, .. } = field;
    let read = match &field.class {
        Class::Flatten => {
            quote!(<#inner as ::tf_provider::Attributes>::changes(prior, planned, config, path)?)
        }
        Class::WriteOnly { version } => {
            let version = version.as_ref().map(ToString::to_string).unwrap_or_default();
            quote! {
                ::tf_provider::model::write_only_change_of::<#inner>(
                    prior, planned, config, (#name, #version), path,
                )?
            }
        }
        _ if field.inline() => quote! {
            <#inner as ::tf_provider::Attributes>::changes(
                ::tf_provider::model::nested_object(prior, #name),
                ::tf_provider::model::nested_object(planned, #name),
                ::tf_provider::model::nested_object(config, #name),
                &path.clone().attribute(#name),
            )?
        },
        _ => quote! {
            ::tf_provider::model::change_of::<#inner>(prior, planned, config, #name, path)?
        },
    };
    quote!(#ident: #read)
}

fn plan_to_api(field: &Field) -> Tokens {
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

fn changes_to_api(field: &Field) -> Tokens {
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
