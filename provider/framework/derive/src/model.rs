//! What a struct says, once it makes sense: its fields, blocks and rules. Nothing is parsed or written here.

use proc_macro2::Span;
use quote::format_ident;
use syn::{Attribute, Expr, GenericArgument, Ident, PathArguments, Type, Visibility};

use crate::words::{Api, Range};

/// A struct whose fields make sense.
pub(crate) struct Struct {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) description: String,
    pub(crate) fields: Vec<Field>,
    /// Rules across the fields, once [`relate`](crate::rules::RuleWords::relate) has read them.
    pub(crate) rules: Vec<Rule>,
}

impl Struct {
    pub(crate) fn values(&self) -> Ident {
        format_ident!("{}Values", self.ident)
    }

    pub(crate) fn plan(&self) -> Ident {
        format_ident!("{}Plan", self.ident)
    }

    pub(crate) fn changes(&self) -> Ident {
        format_ident!("{}Changes", self.ident)
    }
}

/// Who decides the value, and when; see `tf_provider::schema::Class`.
pub(crate) enum Class {
    Required,
    Optional { default: Option<Expr> },
    Setting { absent: Option<Expr>, keep: bool },
    Creation { required: bool },
    Computed { until: Vec<Ident> },
    WriteOnly { version: Option<Ident> },
    Block,
    Flatten,
}

/// A field that makes sense.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// The attribute's name in HCL.
    pub(crate) name: String,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) description: String,
    /// The type inside an `Option`, or the whole type.
    pub(crate) inner: Type,
    pub(crate) is_option: bool,
    pub(crate) class: Class,
    pub(crate) block: Option<Block>,
    pub(crate) replace: bool,
    pub(crate) identity: bool,
    pub(crate) sensitive: bool,
    pub(crate) api: Option<Api>,
    pub(crate) range: Option<Range>,
    pub(crate) since: Option<String>,
    pub(crate) deprecated: Option<String>,
    /// What its words say of other fields; the struct takes it over.
    pub(crate) rules: Vec<Rule>,
}

impl Field {
    /// Whether values of it must not be printed.
    pub(crate) fn secret(&self) -> bool {
        self.sensitive || matches!(self.class, Class::WriteOnly { .. })
    }

    /// Whether a configuration may set it.
    pub(crate) fn configurable(&self) -> bool {
        !matches!(self.class, Class::Computed { .. })
    }

    /// Whether an update may change it.
    pub(crate) fn changeable(&self) -> bool {
        match &self.class {
            Class::Required | Class::Setting { .. } | Class::Block => !self.replace,
            Class::WriteOnly { version } => version.is_some(),
            Class::Flatten => true,
            Class::Optional { .. } | Class::Creation { .. } | Class::Computed { .. } => false,
        }
    }

    /// Whether the plan always has a value for it.
    pub(crate) fn always_planned(&self) -> bool {
        matches!(self.class, Class::Required | Class::Optional { default: Some(_) })
            || (matches!(self.class, Class::Block) && !self.is_option)
    }

    /// Whether it is a block that may be there any number of times.
    pub(crate) fn repeats(&self) -> bool {
        self.block.is_some_and(Block::repeats)
    }

    /// The name of its API field, unless it lies inline or has none.
    pub(crate) fn api_name(&self) -> Option<String> {
        match &self.api {
            Some(Api::Same) => Some(self.name.clone()),
            Some(Api::Named(name)) => Some(name.clone()),
            Some(Api::Inline) | None => None,
        }
    }

    pub(crate) fn inline(&self) -> bool {
        matches!(self.api, Some(Api::Inline))
    }
}

/// How a block may be there.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) form: Form,
    pub(crate) min_items: u32,
    pub(crate) max_items: u32,
}

/// What the type of the field says.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Form {
    /// `Option<T>`: once, or not at all.
    Optional,
    /// `T`: once.
    Required,
    /// `T` with `group`: always, whether it is configured or not.
    Group,
    /// `Vec<T>` or `ObjectSet<T>`.
    Repeated,
    /// `BTreeMap<K, T>`.
    Labelled,
}

impl Block {
    /// Whether there may be any number of it.
    pub(crate) fn repeats(self) -> bool {
        matches!(self.form, Form::Repeated | Form::Labelled)
    }

    /// Whether an answer without it is a mistake.
    pub(crate) fn needed(self) -> bool {
        self.form == Form::Required
    }
}

/// How attributes hang together; the names are those of `tf_provider::schema::Relation`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Relation {
    AlsoRequires,
    AtLeastOneOf,
    Conflicting,
    ConflictsWith,
    ExactlyOneOf,
    RequiredTogether,
}

impl Relation {
    /// Whether it is said on a field, whose name comes first then.
    pub(crate) fn of_field(self) -> bool {
        matches!(self, Self::AlsoRequires | Self::ConflictsWith)
    }
}

/// One rule of a struct.
pub(crate) struct Rule {
    pub(crate) relation: Relation,
    pub(crate) names: Vec<Ident>,
    /// Where its word stands.
    pub(crate) word: Span,
}

/// The `T` of a type `name<T>`.
pub(crate) fn unwrap(ty: &Type, name: &str) -> Option<Type> {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && last.ident == name
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return Some(inner.clone());
    }
    None
}
