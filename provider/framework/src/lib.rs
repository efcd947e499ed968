//! A framework to write Terraform providers in Rust.
//!
//! A resource is one struct and four functions. The struct is the schema, the model, the validators, the
//! import format and the documentation page; `#[derive(Resource)]` makes all of them from it, and the
//! framework plans, converts, checks and serves. Where things are:
//!
//! - [`Resource`], [`DataSource`], [`EphemeralResource`], [`ListResource`], [`Action`], [`Function`] and
//!   [`Provider`]: what an author implements;
//! - [`Value`], [`Change`], [`Text`] and [`AttributeType`]: values in each phase, and the types they have;
//! - [`Diagnostic`]: what the person at the terminal reads;
//! - [`api`]: the plain mapping between attributes and API fields;
//! - [`schema`]: what the derive writes, and what the wire form, the JSON and the documentation are made of;
//! - [`run`]: the `main` of a provider.

#![cfg_attr(
    not(feature = "serve"),
    allow(
        dead_code,
        unused_imports,
        reason = "the engine runs only when there is something to serve"
    )
)]

mod action;
pub mod api;
mod data_source;
mod diagnostic;
mod engine;
mod ephemeral;
mod erased;
pub mod function;
mod list;
pub mod model;
mod moved;
mod plan_context;
mod private;
mod progress;
mod provider;
mod resource;
pub mod schema;
mod timeouts;
pub mod types;
mod value;

#[cfg(feature = "serve")]
mod cli;
#[cfg(feature = "serve")]
mod server;
#[cfg(feature = "serve")]
#[doc(hidden)]
pub mod testing;

pub use action::{Action, ActionContext};
#[cfg(feature = "serve")]
pub use cli::run;
pub use data_source::DataSource;
pub use diagnostic::{Attempt, Diagnostic, Diagnostics, Result, Severity, chain};
pub use ephemeral::{EphemeralContext, EphemeralResource};
pub use function::{Function, FunctionError};
pub use list::{ListContext, ListResource};
pub use model::{
    ActionModel, Attributes, DataSourceModel, EphemeralResourceModel, FunctionModel, IdentityModel,
    ListResourceModel, ResourceModel, Timeouts,
};
pub use moved::Source;
pub use plan_context::PlanContext;
pub use private::Private;
pub use progress::Critical;
pub use provider::{FromClients, Provider, Registry, Situation};
pub use resource::{Context, Resource, Update};
#[doc = include_str!("docs/action.md")]
pub use tf_provider_derive::Action;
#[doc = include_str!("docs/attributes.md")]
pub use tf_provider_derive::Attributes;
#[doc = include_str!("docs/choice.md")]
pub use tf_provider_derive::Choice;
#[doc = include_str!("docs/data_source.md")]
pub use tf_provider_derive::DataSource;
#[doc = include_str!("docs/ephemeral_resource.md")]
pub use tf_provider_derive::EphemeralResource;
#[doc = include_str!("docs/function.md")]
pub use tf_provider_derive::Function;
#[doc = include_str!("docs/list_resource.md")]
pub use tf_provider_derive::ListResource;
#[doc = include_str!("docs/resource.md")]
pub use tf_provider_derive::Resource;
pub use tf_provider_protocol::cty;
pub use timeouts::{Operation, timeout};
pub use types::{AttributeType, Dynamic, ObjectSet, Text};
pub use value::{Change, Value};
