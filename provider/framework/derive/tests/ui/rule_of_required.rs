//! Rules about attributes that are always there.

use tf_provider::Resource;

/// An image.
#[derive(Clone, Resource)]
#[resource(name = "image", import = "{id}", exactly_one_of(node, url), conflicting(url, full, text))]
struct Image {
    /// Its id.
    #[attr(computed, identity)]
    id: String,
    /// Its node.
    #[attr(required, also_requires = [text])]
    node: String,
    /// Where it comes from.
    #[attr(creation(required))]
    url: Option<String>,
    /// Whether all of it is copied.
    #[attr(optional, default = false)]
    full: bool,
    /// What it says.
    #[attr(optional)]
    text: Option<String>,
}

fn main() {}
