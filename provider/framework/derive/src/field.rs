//! One field of a struct: what its `#[attr(…)]` says, checked against its type.

use darling::Error;
use proc_macro2::{Span, TokenStream as Tokens};
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Type};

use crate::block;
use crate::model::{Class, Field, Struct, unwrap};
use crate::rules;
use crate::words::{Range, RawField};

impl Field {
    pub(crate) fn parse(mut raw: RawField) -> darling::Result<Self> {
        let mut errors = Error::accumulator();
        let Some(ident) = raw.ident.take() else {
            return Err(Error::custom("expected a struct with named fields"));
        };
        let span = ident.span();
        let mut fail = |message: &str| errors.push(Error::custom(message).with_span(&span));
        let (inner, is_option) = unwrap_option(&raw.ty);

        let mut classes = vec![];
        if raw.required.is_present() {
            classes.push(Class::Required);
        }
        if raw.optional.is_present() {
            classes.push(Class::Optional {
                default: raw.default.as_ref().map(|given| given.0.clone()),
            });
        }
        if raw.setting.is_present() {
            let keep = raw.keep.is_present();
            classes.push(Class::Setting {
                absent: raw.absent.as_ref().map(|given| given.0.clone()),
                keep,
            });
        }
        if let Some(creation) = raw.creation.take() {
            classes.push(Class::Creation { required: creation.required });
        }
        if let Some(computed) = raw.computed.take() {
            classes.push(Class::Computed { until: computed.until });
        }
        if let Some(write_only) = raw.write_only.take() {
            classes.push(Class::WriteOnly { version: write_only.version });
        }
        if raw.flatten.is_present() {
            classes.push(Class::Flatten);
        }
        if raw.block.is_some() && classes.is_empty() {
            classes.push(Class::Block);
        }
        if classes.len() != 1 {
            fail(
                "say who decides this attribute, in one word: `required`, `optional`, `setting`, \
                 `creation`, `computed` or `write_only` (or `block`, or `flatten` for a group)",
            );
        }
        let class = classes.pop().unwrap_or(Class::Required);
        let block = block::parse(&raw, &inner, is_option, &class, &mut fail);

        let must_be_option = match &class {
            Class::Optional { default: None } => {
                Some("an `optional` attribute without a `default` may be null: make it an `Option`")
            }
            Class::Creation { .. } => Some(
                "no read fills a `creation` attribute: make it an `Option` and leave it `None`",
            ),
            Class::WriteOnly { .. } => {
                Some("a `write_only` attribute is never stored: make it an `Option`")
            }
            Class::Required
            | Class::Optional { default: Some(_) }
            | Class::Setting { .. }
            | Class::Computed { .. }
            | Class::Block
            | Class::Flatten => None,
        };
        if let Some(message) = must_be_option
            && !is_option
        {
            fail(message);
        }
        if is_option && matches!(class, Class::Required | Class::Flatten) {
            fail("this is always there: take the `Option` away");
        }
        if is_option && matches!(&class, Class::Optional { default: Some(_) }) {
            fail("an attribute with a `default` is always there: take the `Option` away");
        }
        if raw.default.is_some() && !raw.optional.is_present() {
            fail(
                "`default` is for `optional` attributes, which no server knows; a `setting` has the \
                 server's default, and `absent` says what its absence there means",
            );
        }
        if !raw.setting.is_present() && (raw.absent.is_some() || raw.keep.is_present()) {
            fail("`absent` and `keep` are for `setting` attributes");
        }
        if raw.replace.is_present() && matches!(class, Class::Creation { .. }) {
            fail("a `creation` attribute never replaces: an import could not fill it");
        }
        if raw.replace.is_present() && matches!(class, Class::Computed { .. }) {
            fail("a `computed` attribute cannot `replace`: no configuration changes it");
        }
        let api_out_of_place =
            matches!(class, Class::Flatten) || (raw.optional.is_present() && raw.api.is_some());
        if api_out_of_place && raw.api.is_some() {
            fail("`api` does not go with this class: no API field holds it");
        }
        let description = description(&raw.attrs);
        if description.is_empty() && !matches!(class, Class::Flatten) {
            fail("write a doc comment: it is the attribute's description");
        }
        let name = ident.to_string();
        let rules = rules::of_field(&ident, raw.also_requires, raw.conflicts_with);
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.trim_start_matches("r#").chars().all(allowed) {
            fail("a name has lower-case letters, digits and underscores: Terraform takes no other");
        }
        errors.finish_with(Self {
            vis: raw.vis,
            name: name.strip_prefix("r#").unwrap_or(&name).to_owned(),
            ident,
            docs: raw.attrs.into_iter().filter(|attr| attr.path().is_ident("doc")).collect(),
            description,
            inner,
            is_option,
            class,
            block,
            replace: raw.replace.is_present(),
            identity: raw.identity.is_present(),
            sensitive: raw.sensitive.is_present(),
            api: raw.api,
            range: raw.range,
            since: raw.since,
            deprecated: raw.deprecated,
            rules,
        })
    }

    /// The expression that makes its `schema::Attribute`.
    pub(crate) fn schema(&self) -> Tokens {
        let Self { inner, name, description, replace, identity, is_option, .. } = self;
        let secret = self.secret();
        let class = self.schema_class();
        let since = option(self.since.as_ref());
        let deprecated = option(self.deprecated.as_ref());
        let block = self.block.map(|block| {
            let block = block.schema();
            quote!(attribute.block = ::core::option::Option::Some(#block);)
        });
        let range = self.range.as_ref().map(|Range(least, most)| {
            quote! {
                attribute.constraint = attribute.constraint.within(#least, #most);
                attribute.validate = |value, path, diagnostics| {
                    <#inner as ::tf_provider::AttributeType>::validate(value, path, diagnostics);
                    ::tf_provider::schema::check_range(value, (#least, #most), path, diagnostics);
                };
            }
        });
        quote! {{
            let mut attribute = ::tf_provider::schema::Attribute::of::<#inner>(#name, #class);
            attribute.description = #description;
            attribute.replace = #replace;
            attribute.nullable = #is_option;
            attribute.identity = #identity;
            attribute.sensitive = #secret;
            attribute.since = #since;
            attribute.deprecated = #deprecated;
            #block
            #range
            attribute
        }}
    }

    fn schema_class(&self) -> Tokens {
        let inner = &self.inner;
        let value = |expr: &Option<Expr>| match expr {
            None => quote!(::core::option::Option::None),
            Some(expr) => quote! {{
                let value: #inner = ::core::convert::Into::into(#expr);
                ::core::option::Option::Some(::tf_provider::AttributeType::to_value(&value))
            }},
        };
        match &self.class {
            Class::Required => quote!(::tf_provider::schema::Class::Required),
            Class::Optional { default } => {
                let default = value(default);
                quote!(::tf_provider::schema::Class::Optional { default: #default })
            }
            Class::Setting { absent, keep } => {
                let absent = value(absent);
                quote!(::tf_provider::schema::Class::Setting { absent: #absent, keep: #keep })
            }
            Class::Creation { required } => {
                quote!(::tf_provider::schema::Class::Creation { required: #required })
            }
            Class::Computed { until } => {
                let until = until.iter().map(ToString::to_string);
                quote!(::tf_provider::schema::Class::Computed { until: &[#(#until),*] })
            }
            Class::WriteOnly { version } => {
                let version = option(version.as_ref().map(ToString::to_string).as_ref());
                quote!(::tf_provider::schema::Class::WriteOnly { version: #version })
            }
            Class::Block => quote!(::tf_provider::schema::Class::Block),
            Class::Flatten => unreachable!("a group is no attribute"),
        }
    }
}

pub(crate) fn option(text: Option<&String>) -> Tokens {
    match text {
        None => quote!(::core::option::Option::None),
        Some(text) => quote!(::core::option::Option::Some(#text)),
    }
}

fn unwrap_option(ty: &Type) -> (Type, bool) {
    match unwrap(ty, "Option") {
        Some(inner) => (inner, true),
        None => (ty.clone(), false),
    }
}

/// Seconds of `30s`, `5m` or `1h`.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        _ => None,
    }
}

/// Reports words that only make sense for what lives on: `what` is a noun with its article.
pub(crate) fn lifeless(model: &Struct, what: &str) -> Vec<Error> {
    let fields = model.fields.iter().filter(|field| field.replace || field.identity);
    let error = |field: &Field| {
        Error::custom(format!("{what} has no life to replace or identify")).with_span(&field.ident)
    };
    fields.map(error).collect()
}

/// Reports a struct without a doc comment, which is `what`.
pub(crate) fn undescribed(model: &Struct, what: &str) -> Option<Error> {
    let message = format!("write a doc comment: it is {what}");
    model.description.is_empty().then(|| Error::custom(message).with_span(&model.ident))
}

/// The doc comment as Markdown.
pub(crate) fn description(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let text = text.value();
                Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
            }
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Reports names in `until` and `version` that no field has.
pub(crate) fn check_names(fields: &[Field]) -> darling::Result<()> {
    let mut errors = Error::accumulator();
    // A group's attributes are not known here: a constant looks for those.
    if fields.iter().any(|field| matches!(field.class, Class::Flatten)) {
        return errors.finish();
    }
    let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    for ident in foreign(fields) {
        errors.push(Error::unknown_field_with_alts(&ident.to_string(), &known).with_span(ident));
    }
    errors.finish()
}

/// The names in `until` and `version` that none of the fields has.
pub(crate) fn foreign(fields: &[Field]) -> impl Iterator<Item = &Ident> {
    let named = fields.iter().flat_map(|field| match &field.class {
        Class::Computed { until } => until.as_slice(),
        Class::WriteOnly { version } => version.as_slice(),
        _ => &[],
    });
    named.filter(|ident| !fields.iter().any(|field| *ident == field.name.as_str()))
}

pub(crate) fn call_site(text: &str) -> Ident {
    Ident::new(text, Span::call_site())
}
