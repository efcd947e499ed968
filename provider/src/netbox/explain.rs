//! What errors of NetBox mean to the person at the terminal, and what to do about them.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use onprem_netbox::{Error, ErrorKind};
use tf_provider::cty::Path;
use tf_provider::{Diagnostic, Situation};

/// Explains an error of the NetBox client; nothing when it is another's.
pub(crate) fn explain(
    error: &(dyn StdError + 'static),
    situation: &Situation,
) -> Option<Diagnostic> {
    let error = error.downcast_ref::<Error>()?;
    let attempt = &situation.attempt;
    let base = |summary: &str| Diagnostic::error(summary).detail(error.to_string());
    let could_not = || base(&format!("Could not {attempt}"));
    let needed = |diagnostic: Diagnostic| {
        diagnostic.detail(format!("The connection was needed to {attempt}."))
    };
    Some(match error.kind() {
        ErrorKind::Forbidden if error.text().to_lowercase().contains("token")
            || error.text().contains("credentials") =>
        {
            base("NetBox refused the token").detail(format!("It was used to {attempt}.")).hint(
                "check provider \"onprem\" -> netbox.token (or NETBOX_TOKEN): a token of version 1 has 40 \
                 hexadecimal digits, one of version 2 begins with `nbt_`; it may be expired, limited to \
                 other addresses, or for reading only",
            )
        }
        ErrorKind::Forbidden => could_not().hint(
            "give the user of provider \"onprem\" -> netbox.token the permission for it, under Admin -> \
             Permissions; a token may be for reading only",
        ),
        ErrorKind::Tls(_) => needed(base("NetBox's certificate is not trusted")).hint(
            "give its authority as netbox.ca_certificate in provider \"onprem\", or pin the certificate with \
             netbox.fingerprints",
        ),
        ErrorKind::Unreachable(_) => needed(base("NetBox cannot be reached"))
            .hint("check provider \"onprem\" -> netbox.url (or NETBOX_URL)"),
        ErrorKind::Redirect => needed(base("NetBox answered with a redirect")).hint(
            "set provider \"onprem\" -> netbox.url to where it leads, with the path if there is one: \
             redirects are not followed",
        ),
        ErrorKind::Decode => could_not().hint(
            "check provider \"onprem\" -> netbox.url: is it the URL of a NetBox, with the path where it has \
             one?",
        ),
        ErrorKind::Configuration => base("The configuration of NetBox cannot be used")
            .detail(format!("It was needed to {attempt}."))
            .hint("check the `netbox` part of provider \"onprem\""),
        ErrorKind::Exhausted => {
            let names = ["prefix_id", "ip_range_id", "parent_prefix_id"];
            let path = names.into_iter().find_map(|name| situation.attribute_named(name));
            at(could_not().hint("nothing of that size is free: free some, or take a larger one"), path)
        }
        ErrorKind::NotFound => {
            let names = ["prefix_id", "ip_range_id", "parent_prefix_id"];
            let path = names.into_iter().find_map(|name| situation.attribute_named(name));
            at(could_not(), path).hint(
                "it has gone, or the token of provider \"onprem\" -> netbox.token may not see it",
            )
        }
        ErrorKind::Unsupported => could_not()
            .hint("leave that argument out, or upgrade NetBox; what its version can is in its API's schema"),
        ErrorKind::Other { status: Some(404) } => could_not().hint(
            "check provider \"onprem\" -> netbox.url: the server knows no such path. A NetBox below a path \
             takes that, too",
        ),
        ErrorKind::Other { status: Some(500..) } => could_not().hint(
            "this is a failure of NetBox or of a proxy before it: its log names the request by the \
             X-Request-ID",
        ),
        ErrorKind::Duplicate(fields) => {
            let path = field_path(fields, situation);
            let name = ["address", "prefix", "start_address", "name"];
            let name = name.into_iter().find_map(|name| situation.text(name));
            let id = name.unwrap_or_else(|| "NUMBER".to_owned());
            at(could_not(), path)
                .detail("What is there was not made by this resource, so it is left alone.")
                .hint(format!(
                    "to manage what is there: terraform import {}.NAME '{id}'",
                    situation.type_name
                ))
        }
        ErrorKind::Invalid(fields) => {
            let missing = fields.values().any(|text| text.contains("Related object"));
            let diagnostic = at(could_not(), field_path(fields, situation));
            match missing {
                true if fields.keys().any(|field| field.contains("tags")) => diagnostic.hint(
                    "each tag must exist: make it with `onprem_netbox_tag`, and refer to its `name`",
                ),
                true => diagnostic.hint("what it refers to does not exist, or the token may not see it"),
                false => diagnostic,
            }
        }
        ErrorKind::Dropped { field } => {
            let one = BTreeMap::from([(field.clone(), String::new())]);
            at(could_not(), field_path(&one, situation)).hint(
                "this version of NetBox has no such field: leave the attribute out, or upgrade NetBox",
            )
        }
        ErrorKind::Dependents => could_not().hint(
            "what the server lists needs it: destroy that first, or refer to this resource from it, so \
             that Terraform knows the order",
        ),
        ErrorKind::Conflict => could_not()
            .detail("Somebody else keeps changing it.")
            .hint("plan again, and look at what the other changes are"),
        ErrorKind::Timeout | ErrorKind::Lost if error.maybe_executed() => could_not()
            .detail("NetBox may have carried it out all the same.")
            .hint(
                "apply again: what an `owner` made is found in the change log of NetBox 4.4 and later; \
                 otherwise look there for what was made",
            ),
        ErrorKind::Timeout => could_not().hint("raise the limit in `timeouts`, or netbox.timeout in the \
             provider block"),
        _ => could_not(),
    })
}

/// The attribute behind the first field that has one.
fn field_path(fields: &BTreeMap<String, String>, situation: &Situation) -> Option<Path> {
    fields.keys().find_map(|field| {
        let name = field.split('.').next().unwrap_or_default();
        let name = if name.ends_with("_tags") { "tags" } else { name };
        let named = |name: &str| situation.attribute_named(name);
        named(&format!("{name}_id")).or_else(|| named(name))
    })
}

fn at(diagnostic: Diagnostic, path: Option<Path>) -> Diagnostic {
    match path {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}
