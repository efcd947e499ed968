//! The words of `#[attr(…)]`, as they stand there.

use darling::util::Flag;
use darling::{Error, FromField, FromMeta};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, Lit, Type};

/// The words of `#[attr(…)]`.
#[derive(FromField)]
#[darling(attributes(attr), forward_attrs(doc))]
pub(crate) struct RawField {
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    pub(crate) vis: syn::Visibility,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) required: Flag,
    pub(crate) optional: Flag,
    pub(crate) setting: Flag,
    pub(crate) creation: Option<Creation>,
    pub(crate) computed: Option<Computed>,
    pub(crate) write_only: Option<WriteOnly>,
    pub(crate) block: Option<BlockWords>,
    pub(crate) flatten: Flag,
    pub(crate) replace: Flag,
    pub(crate) identity: Flag,
    pub(crate) sensitive: Flag,
    pub(crate) keep: Flag,
    pub(crate) absent: Option<Given>,
    pub(crate) default: Option<Given>,
    pub(crate) api: Option<Api>,
    pub(crate) range: Option<Range>,
    pub(crate) since: Option<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) also_requires: Option<Others>,
    pub(crate) conflicts_with: Option<Others>,
}

/// An expression as it stands; darling would read a string literal as code.
pub(crate) struct Given(pub(crate) Expr);

impl FromMeta for Given {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        Ok(Self(expr.clone()))
    }
}

/// `creation` or `creation(required)`.
pub(crate) struct Creation {
    pub(crate) required: bool,
}

impl FromMeta for Creation {
    fn from_word() -> darling::Result<Self> {
        Ok(Self { required: false })
    }

    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        #[derive(FromMeta)]
        struct Words {
            required: Flag,
        }
        Words::from_list(items).map(|words| Self { required: words.required.is_present() })
    }
}

/// `computed` or `computed(until = [a, b])`.
pub(crate) struct Computed {
    pub(crate) until: Vec<Ident>,
}

impl FromMeta for Computed {
    fn from_word() -> darling::Result<Self> {
        Ok(Self { until: vec![] })
    }

    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        #[derive(FromMeta)]
        struct Words {
            until: Expr,
        }
        let words = Words::from_list(items)?;
        Ok(Self { until: names(&words.until)? })
    }
}

/// `write_only` or `write_only(version = password_version)`.
pub(crate) struct WriteOnly {
    pub(crate) version: Option<Ident>,
}

impl FromMeta for WriteOnly {
    fn from_word() -> darling::Result<Self> {
        Ok(Self { version: None })
    }

    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        #[derive(FromMeta)]
        struct Words {
            version: Expr,
        }
        let words = Words::from_list(items)?;
        name(&words.version).map(|version| Self { version: Some(version) })
    }
}

/// `api`, `api = "onboot"` or `api(inline)`.
#[derive(Clone)]
pub(crate) enum Api {
    /// The field of the attribute's own name.
    Same,
    /// The field of that name.
    Named(String),
    /// The nested attributes are fields beside those of the parent.
    Inline,
}

impl FromMeta for Api {
    fn from_word() -> darling::Result<Self> {
        Ok(Self::Same)
    }

    fn from_string(value: &str) -> darling::Result<Self> {
        Ok(Self::Named(value.to_owned()))
    }

    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        #[derive(FromMeta)]
        struct Words {
            #[expect(dead_code, reason = "its presence is all it says")]
            inline: Flag,
        }
        Words::from_list(items).map(|_| Self::Inline)
    }
}

/// `range(1, 128)`.
pub(crate) struct Range(pub(crate) i64, pub(crate) i64);

impl FromMeta for Range {
    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        let number = |item: &darling::ast::NestedMeta| match item {
            darling::ast::NestedMeta::Lit(Lit::Int(number)) => {
                number.base10_parse().map_err(Error::from)
            }
            other => Err(Error::custom("expected a whole number").with_span(other)),
        };
        match items {
            [least, most] => Ok(Self(number(least)?, number(most)?)),
            _ => Err(Error::custom("expected `range(least, most)`")),
        }
    }
}

/// `block`, `block(min_items = 1, max_items = 4)` or `block(group)`.
pub(crate) struct BlockWords {
    pub(crate) group: bool,
    pub(crate) min_items: Option<u32>,
    pub(crate) max_items: Option<u32>,
}

impl FromMeta for BlockWords {
    fn from_word() -> darling::Result<Self> {
        Ok(Self { group: false, min_items: None, max_items: None })
    }

    fn from_list(items: &[darling::ast::NestedMeta]) -> darling::Result<Self> {
        #[derive(FromMeta)]
        struct Words {
            group: Flag,
            min_items: Option<u32>,
            max_items: Option<u32>,
        }
        let Words { group, min_items, max_items } = Words::from_list(items)?;
        Ok(Self { group: group.is_present(), min_items, max_items })
    }
}

/// `[a, b]` after a word on a field.
pub(crate) struct Others(pub(crate) Vec<Ident>, pub(crate) Span);

impl FromMeta for Others {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        Ok(Self(names(expr)?, expr.span()))
    }
}

fn name(expr: &Expr) -> darling::Result<Ident> {
    match expr {
        Expr::Path(path) => path
            .path
            .get_ident()
            .cloned()
            .ok_or_else(|| Error::custom("expected the name of a field").with_span(expr)),
        _ => Err(Error::custom("expected the name of a field").with_span(expr)),
    }
}

pub(crate) fn names(expr: &Expr) -> darling::Result<Vec<Ident>> {
    match expr {
        Expr::Array(array) => array.elems.iter().map(name).collect(),
        _ => Err(Error::custom("expected `[names, of, fields]`").with_span(expr)),
    }
}
