//! A rule on a field that names the field itself.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Scope {
    /// Type of the scope.
    #[attr(setting, conflicts_with = [scope_type])]
    scope_type: String,
}

fn main() {}
