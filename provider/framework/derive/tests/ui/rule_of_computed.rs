//! A rule about an attribute that no configuration sets.

use tf_provider::EphemeralResource;

/// A ticket.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "ticket", required_together(username, ticket))]
struct Ticket {
    /// Its user.
    #[attr(setting)]
    username: String,
    /// What it is.
    #[attr(computed, sensitive)]
    ticket: String,
}

fn main() {}
