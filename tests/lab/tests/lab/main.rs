//! Tests of the lab as its users see it.

mod facts;
mod schema_data;
