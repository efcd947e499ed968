//! Derive macros of tf-provider.
