//! Derive macros of tf-provider. Their documentation stands on the re-exports of that crate.

mod choice;
mod data_source;
mod expand;
mod field;
mod resource;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::DeriveInput;

/// A resource: the struct is its schema, its model, its documentation and its import formats.
#[proc_macro_derive(Resource, attributes(resource, attr))]
pub fn resource(input: TokenStream) -> TokenStream {
    run(input, resource::derive)
}

/// A data source: its arguments and what it answers.
#[proc_macro_derive(DataSource, attributes(data_source, attr))]
pub fn data_source(input: TokenStream) -> TokenStream {
    run(input, data_source::derive)
}

/// Nested attributes, or a group of attributes that several structs flatten into themselves.
#[proc_macro_derive(Attributes, attributes(attr))]
pub fn attributes(input: TokenStream) -> TokenStream {
    run(input, expand::derive)
}

/// One of a list of words; the server may know more of them.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(input: TokenStream) -> TokenStream {
    run(input, choice::derive)
}

fn run(input: TokenStream, derive: fn(&DeriveInput) -> darling::Result<Tokens>) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    derive(&input).unwrap_or_else(darling::Error::write_errors).into()
}
