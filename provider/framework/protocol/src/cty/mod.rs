//! The values that Terraform and a provider exchange, with their types and wire forms.
//!
//! A [`Value`] is nearly self-describing; a [`Type`] is needed to decode one, because neither msgpack
//! nor JSON tells a list from a set or an object from a map. [`Path`] addresses a part of a value in
//! diagnostics, and [`Refinement`] is what is known of an unknown value.

mod error;
mod json;
mod msgpack;
mod named;
mod number;
mod path;
mod refinement;
mod types;
mod value;

pub use error::{DecodeError, EncodeError};
pub use named::{Iter, Name, Named};
pub use number::{Number, ParseNumberError};
pub use path::{Path, Step};
pub use refinement::{Bound, Refinement};
pub use types::{ParseTypeError, Type};
pub use value::Value;

/// How deep values and types may nest: far beyond any schema, well within a thread's stack.
pub(crate) const MAX_DEPTH: usize = 100;
