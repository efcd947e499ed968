//! Rules across attributes: `exactly_one_of(a, b)` on a struct, `also_requires = [a]` on a field.
//!
//! A name is checked here where the struct itself has the field. One that only a flattened group can have
//! is checked by a constant, which the compiler evaluates once it knows the group.

use darling::ast::NestedMeta;
use darling::{Error, FromMeta};
use proc_macro2::{Span, TokenStream as Tokens};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Meta};

use crate::model::{Class, Field, Relation, Rule, Struct};
use crate::words::Others;

/// The words on a struct; those of its kind take them in with `flatten`.
#[derive(FromMeta)]
pub(crate) struct RuleWords {
    #[darling(multiple)]
    at_least_one_of: Vec<Group>,
    #[darling(multiple)]
    conflicting: Vec<Group>,
    #[darling(multiple)]
    exactly_one_of: Vec<Group>,
    #[darling(multiple)]
    required_together: Vec<Group>,
}

/// `(a, b)` after a word.
struct Group {
    word: Span,
    names: Vec<Ident>,
}

impl FromMeta for Group {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let word = item.path().to_token_stream();
        let form = || Error::custom(format!("write the fields' names: `{word}(a, b)`"));
        let Meta::List(list) = item else { return Err(form().with_span(item)) };
        let mut errors = Error::accumulator();
        let items =
            NestedMeta::parse_meta_list(list.tokens.clone()).map_err(|_| form().with_span(item))?;
        let name = |item: &NestedMeta| match item {
            NestedMeta::Meta(Meta::Path(path)) if path.get_ident().is_some() => {
                path.get_ident().cloned().ok_or_else(form)
            }
            other => Err(Error::custom("expected the name of a field").with_span(other)),
        };
        let names = items.iter().filter_map(|item| errors.handle(name(item))).collect();
        errors.finish_with(Self { word: item.path().span(), names })
    }
}

/// The rules that a field's own words make.
pub(crate) fn of_field(
    field: &Ident,
    also_requires: Option<Others>,
    conflicts_with: Option<Others>,
) -> Vec<Rule> {
    let words =
        [(Relation::AlsoRequires, also_requires), (Relation::ConflictsWith, conflicts_with)];
    let rule = |(relation, others): (_, Option<Others>)| {
        let Others(others, word) = others?;
        let names = std::iter::once(field.clone()).chain(others).collect();
        Some(Rule { relation, names, word })
    };
    words.into_iter().filter_map(rule).collect()
}

impl RuleWords {
    /// Gives a struct its rules: those of its fields, and its own.
    ///
    /// # Errors
    /// Every rule that makes no sense, at the name that spoils it.
    pub(crate) fn relate(self, model: &mut Struct) -> darling::Result<()> {
        let Self { at_least_one_of, conflicting, exactly_one_of, required_together } = self;
        let groups = [
            (Relation::AtLeastOneOf, at_least_one_of),
            (Relation::Conflicting, conflicting),
            (Relation::ExactlyOneOf, exactly_one_of),
            (Relation::RequiredTogether, required_together),
        ];
        let own = model.fields.iter_mut().flat_map(|field| std::mem::take(&mut field.rules));
        let mut rules: Vec<Rule> = own.collect();
        for (relation, groups) in groups {
            let rule = |Group { word, names }| Rule { relation, names, word };
            rules.extend(groups.into_iter().map(rule));
        }
        let mut errors = Error::accumulator();
        for (at, rule) in rules.iter().enumerate() {
            check(rule, &model.fields, &mut errors);
            if rules[..at].iter().any(|earlier| earlier.says_the_same(rule)) {
                errors.push(Error::custom("this is said already").with_span(&rule.word));
            }
        }
        model.rules = rules;
        errors.finish()
    }
}

impl Rule {
    /// Adds it to the attributes.
    pub(crate) fn attach(&self) -> Tokens {
        let relation = Ident::new(&format!("{:?}", self.relation), Span::call_site());
        let names = self.names.iter().map(plain);
        quote! {
            ::tf_provider::schema::Rule::attach(
                &mut attributes,
                ::tf_provider::schema::Relation::#relation,
                &[#(#names),*],
            );
        }
    }

    /// The names that only a flattened group can have.
    pub(crate) fn foreign<'a>(&'a self, fields: &'a [Field]) -> impl Iterator<Item = &'a Ident> {
        self.names.iter().filter(|name| find(fields, name).is_none())
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let sorted = |rule: &Self| {
            let mut names: Vec<String> = rule.names.iter().map(plain).collect();
            // What is said on a field is about that field.
            names[usize::from(rule.relation.of_field())..].sort();
            names
        };
        self.relation == other.relation && sorted(self) == sorted(other)
    }
}

/// A constant that does not compile when the group's attribute of that name is none, or, with `related`,
/// none that a rule may name.
pub(crate) fn assert_member(model: &Ident, name: &Ident, related: bool) -> Tokens {
    let (text, span) = (plain(name), name.span());
    let problem = if related { "unrelated" } else { "missing" };
    let problem = Ident::new(problem, Span::call_site());
    quote_spanned! {span=>
        const _: () = {
            const PROBLEM: ::core::option::Option<::tf_provider::schema::Problem> =
                ::tf_provider::schema::Member::#problem(
                    <#model as ::tf_provider::Attributes>::MEMBERS,
                    #text,
                );
            if let ::core::option::Option::Some(problem) = &PROBLEM {
                ::core::panic!("{}", problem.text());
            }
        };
    }
}

/// What a field is to [`assert_member`].
pub(crate) fn member(field: &Field) -> Tokens {
    let Field { name, inner, .. } = field;
    match nonsense(field) {
        _ if matches!(field.class, Class::Flatten) => {
            quote!(::tf_provider::schema::Member::Group(<#inner as ::tf_provider::Attributes>::MEMBERS))
        }
        None => quote!(::tf_provider::schema::Member::Optional(#name)),
        Some(reason) => quote!(::tf_provider::schema::Member::Unrelated(#name, #reason)),
    }
}

fn check(rule: &Rule, fields: &[Field], errors: &mut darling::error::Accumulator) {
    let flattens = fields.iter().any(|field| matches!(field.class, Class::Flatten));
    let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    if rule.names.len() < 2 {
        let message = match rule.relation.of_field() {
            true => "name the other field, or several",
            false => "a single attribute has nothing to go with: name two or more",
        };
        errors.push(Error::custom(message).with_span(&rule.word));
    }
    for (at, name) in rule.names.iter().enumerate() {
        if rule.names[..at].iter().any(|earlier| plain(earlier) == plain(name)) {
            let message = match rule.relation.of_field() && rule.names[0] == *name {
                true => "this is the field itself: name another",
                false => "this is named already",
            };
            errors.push(Error::custom(message).with_span(name));
            continue;
        }
        match find(fields, name) {
            Some(field) => {
                let advice = match rule.relation.of_field() && at == 0 {
                    true => "take the rule away",
                    false => "take it out of the rule",
                };
                let reason =
                    nonsense(field).map(|reason| format!("`{}` {reason}: {advice}", field.name));
                errors.extend(reason.map(|reason| Error::custom(reason).with_span(name)));
            }
            None if flattens => {}
            None => {
                errors.push(Error::unknown_field_with_alts(&plain(name), &known).with_span(name));
            }
        }
    }
}

/// Why a rule must not name a field.
fn nonsense(field: &Field) -> Option<&'static str> {
    match &field.class {
        Class::Required => Some("is `required`, so it is always there"),
        Class::Creation { required: true } => Some("is needed to create, so it is always there"),
        Class::Optional { default: Some(_) } => Some("has a `default`, so it is always there"),
        Class::Block if field.always_planned() && !field.repeats() => {
            Some("is a block that is always there")
        }
        Class::Computed { .. } => Some("is `computed`, so no configuration sets it"),
        Class::Flatten => Some("is a group, of which the attributes can have rules"),
        _ => None,
    }
}

fn find<'a>(fields: &'a [Field], name: &Ident) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == plain(name))
}

fn plain(name: &Ident) -> String {
    name.unraw().to_string()
}
