//! The shapes of a struct in each phase, and the code that converts between them.

use darling::{Error, FromDeriveInput, ast::Data, util::Ignored};
use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::{Attribute, DeriveInput, Ident, Visibility};

use crate::api::{changes_to_api, plan_to_api};
use crate::block;
use crate::field;
use crate::model::{Class, Field, Rule, Struct, unwrap};
use crate::rules::{assert_member, member};
use crate::synonyms::translated;
use crate::words::RawField;

/// A struct with named fields.
#[derive(FromDeriveInput)]
#[darling(supports(struct_named), forward_attrs(doc))]
struct RawStruct {
    ident: Ident,
    vis: Visibility,
    attrs: Vec<Attribute>,
    data: Data<Ignored, RawField>,
}

impl Struct {
    pub(crate) fn parse(input: &DeriveInput) -> darling::Result<Self> {
        let raw = RawStruct::from_derive_input(input).map_err(translated)?;
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
            rules: vec![],
        })
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
            let element = unwrap(&field.inner, "ObjectSet")?;
            let span = field.ident.span();
            Some(quote_spanned! {span=>
                const _: () = ::tf_provider::types::assert_set_element::<#element>();
            })
        });
        let (names, assertions) = (self.names_of_groups(), block::assertions(self));
        quote! { #shapes #implementation #(#sets)* #names #assertions }
    }

    /// Checks of the names that only a flattened group can have.
    fn names_of_groups(&self) -> Tokens {
        let Self { ident, fields, rules, .. } = self;
        let named = field::foreign(fields).map(|name| assert_member(ident, name, false));
        let related = rules.iter().flat_map(|rule| rule.foreign(fields));
        let related = related.map(|name| assert_member(ident, name, true));
        quote!(#(#named)* #(#related)*)
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
        let members = fields.iter().map(member);
        let rules = self.rules.iter().map(Rule::attach);
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
        let shape = block::shape(self);
        quote! {
            #[automatically_derived]
            #[allow(unused_variables, clippy::useless_conversion)]
            impl ::tf_provider::Attributes for #ident {
                type Values = #values;
                type Plan = #plan;
                type Changes = #changes;

                const MEMBERS: &'static [::tf_provider::schema::Member] = &[#(#members),*];
                const SHAPE: ::tf_provider::schema::Shape = #shape;

                fn attributes() -> ::std::vec::Vec<::tf_provider::schema::Attribute> {
                    let mut attributes = ::std::vec::Vec::new();
                    #(#attributes)*
                    #(#rules)*
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
            object.insert(#name, ::tf_provider::cty::Value::Null);
        },
        _ if field.is_option => quote! {
            object.insert(
                #name,
                self.#ident.as_ref().map_or(
                    ::tf_provider::cty::Value::Null,
                    ::tf_provider::AttributeType::to_value,
                ),
            );
        },
        _ => quote! {
            object.insert(#name, ::tf_provider::AttributeType::to_value(&self.#ident));
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
