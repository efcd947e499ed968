//! What the compiler says about each mistake: one file a mistake, its message beside it.
//!
//! After a change of a message or of the compiler, `TRYBUILD=overwrite cargo test -p tf-provider-derive`
//! writes the messages anew; read the difference before it is committed.

#[test]
fn mistakes_are_told_where_they_are() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
