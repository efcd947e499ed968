//! The same rule twice, in another order.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
#[attributes(required_together(scope_type, scope_id), required_together(scope_id, scope_type))]
struct Scope {
    /// Type of the scope.
    #[attr(setting)]
    scope_type: String,
    /// Number of the scope.
    #[attr(setting)]
    scope_id: i64,
}

fn main() {}
