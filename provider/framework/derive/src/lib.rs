//! Derive macros of tf-provider. Their documentation stands on the re-exports of that crate, where its
//! examples can use them.

#![allow(missing_docs, reason = "it stands on the re-exports")]

mod action;
mod api;
mod attributes;
mod block;
mod choice;
mod data_source;
mod ephemeral_resource;
mod expand;
mod field;
mod function;
mod list_resource;
mod model;
mod resource;
mod rules;
mod synonyms;
mod words;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::DeriveInput;

#[proc_macro_derive(Resource, attributes(resource, attr))]
pub fn resource(input: TokenStream) -> TokenStream {
    run(input, resource::derive)
}

#[proc_macro_derive(DataSource, attributes(data_source, attr))]
pub fn data_source(input: TokenStream) -> TokenStream {
    run(input, data_source::derive)
}

#[proc_macro_derive(EphemeralResource, attributes(ephemeral_resource, attr))]
pub fn ephemeral_resource(input: TokenStream) -> TokenStream {
    run(input, ephemeral_resource::derive)
}

#[proc_macro_derive(ListResource, attributes(list_resource, attr))]
pub fn list_resource(input: TokenStream) -> TokenStream {
    run(input, list_resource::derive)
}

#[proc_macro_derive(Action, attributes(action, attr))]
pub fn action(input: TokenStream) -> TokenStream {
    run(input, action::derive)
}

#[proc_macro_derive(Function, attributes(function, parameter))]
pub fn function(input: TokenStream) -> TokenStream {
    run(input, function::derive)
}

#[proc_macro_derive(Attributes, attributes(attributes, attr))]
pub fn attributes(input: TokenStream) -> TokenStream {
    run(input, attributes::derive)
}

#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(input: TokenStream) -> TokenStream {
    run(input, choice::derive)
}

fn run(input: TokenStream, derive: fn(&DeriveInput) -> darling::Result<Tokens>) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    derive(&input).unwrap_or_else(darling::Error::write_errors).into()
}
