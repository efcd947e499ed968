//! `#[attr(block)]`: attributes that are written as a block, without the equals sign.

use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, Type};

use crate::model::{Block, Class, Field, Form, Struct, unwrap};
use crate::words::RawField;

impl Block {
    /// The `schema::Block` of the attribute.
    pub(crate) fn schema(self) -> Tokens {
        let Self { form, min_items, max_items } = self;
        let group = form == Form::Group;
        quote!(::tf_provider::schema::Block {
            group: #group,
            min_items: #min_items,
            max_items: #max_items,
        })
    }
}

/// Reads the word `block` of a field whose class is `class`; `inner` is its type without `Option`.
pub(crate) fn parse(
    raw: &RawField,
    inner: &Type,
    is_option: bool,
    class: &Class,
    fail: &mut dyn FnMut(&str),
) -> Option<Block> {
    let words = raw.block.as_ref()?;
    if !matches!(class, Class::Block | Class::Computed { .. }) {
        fail(
            "the configuration decides about a block by having it: `block` stands alone, or with \
             `computed`",
        );
    }
    for (there, word) in [
        (raw.sensitive.is_present(), "sensitive"),
        (raw.identity.is_present(), "identity"),
        (raw.range.is_some(), "range"),
    ] {
        if there {
            fail(&format!("`{word}` is for the attributes in a block, not for the block"));
        }
    }
    if let Some("bool" | "i64" | "f64" | "String" | "Text" | "Dynamic") =
        name(&element(inner)).as_deref()
    {
        fail("a block has attributes: its type is a struct that derives `Attributes`");
        return None;
    }
    let form = match name(inner).as_deref() {
        Some("BTreeSet") => {
            fail("blocks in no order are an `ObjectSet`, since they are not sorted either");
            return None;
        }
        Some("Vec" | "ObjectSet") => Form::Repeated,
        Some("BTreeMap") => Form::Labelled,
        _ if words.group => Form::Group,
        _ if is_option => Form::Optional,
        _ => Form::Required,
    };
    let repeats = matches!(form, Form::Repeated | Form::Labelled);
    if repeats && is_option {
        fail("no blocks are an empty collection, never null: take the `Option` away");
    }
    if repeats && words.group {
        fail("a `group` is one object: its type is a struct");
    }
    if words.group && is_option {
        fail("a `group` is always there: take the `Option` away");
    }
    let limited = words.min_items.is_some() || words.max_items.is_some();
    let computed = matches!(class, Class::Computed { .. });
    if limited && computed {
        fail("nobody configures a computed block, so `min_items` and `max_items` limit nothing");
    }
    if computed && matches!(form, Form::Required | Form::Group) {
        fail("not every Terraform takes computed blocks: make it an `Option`, or a collection");
    }
    if limited && !computed && form == Form::Labelled {
        fail(
            "blocks with labels are not counted: `min_items` and `max_items` are for lists and sets",
        );
    }
    if limited && matches!(form, Form::Optional | Form::Required | Form::Group) {
        fail(
            "the type says how often this block is there: `T` is once, `Option<T>` once or not at \
             all, `Vec<T>` any number of times",
        );
    }
    let (min_items, max_items) = match form {
        Form::Required => (1, 1),
        Form::Repeated => (words.min_items.unwrap_or(0), words.max_items.unwrap_or(0)),
        Form::Optional | Form::Group | Form::Labelled => (0, 0),
    };
    if words.max_items.is_some_and(|most| most == 0 || most < min_items) {
        fail("`max_items` is less than what must be there");
    }
    Some(Block { form, min_items, max_items })
}

/// What the compiler has to know of the struct, and what it refuses.
pub(crate) fn shape(model: &Struct) -> Tokens {
    let fields = model.fields.iter().map(|field| {
        let inner = &field.inner;
        let flags =
            |blocks: bool, required: bool, configured: bool, computed: bool, carried: bool| {
                quote!(.and(::tf_provider::schema::Shape {
                    blocks: #blocks,
                    required: #required,
                    configured: #configured,
                    computed: #computed,
                    carried: #carried,
                }))
            };
        let inside = quote!(<#inner as ::tf_provider::AttributeType>::SHAPE);
        match &field.class {
            Class::Flatten => quote!(.and(<#inner as ::tf_provider::Attributes>::SHAPE)),
            Class::Block => {
                let required = field.block.is_some_and(|block| block.min_items > 0);
                quote!(.and(::tf_provider::schema::Shape {
                    blocks: true,
                    required: #required,
                    configured: #inside.configured,
                    computed: false,
                    carried: #inside.carried,
                }))
            }
            Class::Required => {
                quote!(.and(::tf_provider::schema::Shape {
                    blocks: false,
                    required: true,
                    configured: #inside.configured,
                    computed: false,
                    carried: false,
                }))
            }
            Class::Optional { default: None } => {
                quote!(.and(::tf_provider::schema::Shape {
                    blocks: false,
                    required: false,
                    configured: #inside.configured,
                    computed: false,
                    carried: true,
                }))
            }
            Class::Computed { .. } => flags(field.block.is_some(), false, false, true, false),
            Class::Setting { .. } => flags(false, false, false, false, false),
            Class::Optional { .. } | Class::Creation { .. } | Class::WriteOnly { .. } => {
                flags(false, false, false, false, true)
            }
        }
    });
    quote!(::tf_provider::schema::Shape::PLAIN #(#fields)*)
}

/// What must hold of the types of the fields, checked where they are known.
pub(crate) fn assertions(model: &Struct) -> Tokens {
    let mapped = model.mapped();
    let fields = model.fields.iter().map(|field| assertions_of(field, mapped));
    quote!(#(#fields)*)
}

fn assertions_of(field: &Field, mapped: bool) -> Tokens {
    let inner = &field.inner;
    let span = inner.span();
    let assert = |what: &str| {
        let what = format_ident!("assert_{what}", span = span);
        quote_spanned! {span=>
            const _: () = ::tf_provider::schema::Shape::#what(
                <#inner as ::tf_provider::AttributeType>::SHAPE,
            );
        }
    };
    let Some(block) = field.block else {
        return match field.class {
            Class::Flatten => Tokens::new(),
            _ => assert("attribute"),
        };
    };
    let element = element(inner);
    let mut all = quote_spanned! {span=>
        const _: () = ::tf_provider::schema::assert_block::<#element>();
    };
    if let Class::Computed { .. } = field.class {
        all.extend(assert("computed_block"));
    }
    if block.form == Form::Group {
        all.extend(assert("group"));
    }
    if mapped && field.api.is_none() {
        all.extend(assert("carried"));
    }
    all
}

/// What a read makes of a block that the answer does not have; `found` is what it has.
pub(crate) fn from_api(field: &Field, found: &Tokens) -> Option<Tokens> {
    let block = field.block?;
    let inner = &field.inner;
    match block.form {
        Form::Repeated | Form::Labelled => {
            Some(quote!(::core::option::Option::unwrap_or_default(#found)))
        }
        Form::Group => Some(quote! {
            match #found {
                ::core::option::Option::Some(found) => found,
                ::core::option::Option::None => {
                    let none = ::tf_provider::api::ApiFields::new();
                    <#inner as ::tf_provider::api::FromApi>::from_api::<F>(&none)?
                }
            }
        }),
        Form::Optional | Form::Required => None,
    }
}

/// The struct of one block.
fn element(ty: &Type) -> Type {
    let alone = unwrap(ty, "Vec").or_else(|| unwrap(ty, "ObjectSet"));
    alone.or_else(|| value_of_map(ty)).unwrap_or_else(|| ty.clone())
}

/// The `T` of a `BTreeMap<K, T>`.
fn value_of_map(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "BTreeMap")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.iter().nth(1) {
        Some(GenericArgument::Type(value)) => Some(value.clone()),
        _ => None,
    }
}

/// The last name of a type's path.
fn name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|last| last.ident.to_string())
}
