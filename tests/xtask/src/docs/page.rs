//! One page of the registry: front matter, description, example, schema, import.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::model::{Attribute, Class, Documented};
use super::rules;
use super::type_name::{anchor, plain_type_name, type_name};

/// What a page is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Action,
    DataSource,
    EphemeralResource,
    Function,
    ListResource,
    Provider,
    Resource,
}

impl Kind {
    /// Those with a folder of generated pages.
    pub(super) const GENERATED: [Self; 6] = [
        Self::Action,
        Self::DataSource,
        Self::EphemeralResource,
        Self::Function,
        Self::ListResource,
        Self::Resource,
    ];

    /// The folder of its pages under docs/ and of its examples under examples/.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Action => "actions",
            Self::DataSource => "data-sources",
            Self::EphemeralResource => "ephemeral-resources",
            Self::Function => "functions",
            Self::ListResource => "list-resources",
            Self::Provider => "provider",
            Self::Resource => "resources",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Action => "Action",
            Self::DataSource => "Data Source",
            Self::EphemeralResource => "Ephemeral Resource",
            Self::Function => "function",
            Self::ListResource => "List Resource",
            Self::Provider => "Provider",
            Self::Resource => "Resource",
        }
    }

    /// A paragraph about the Terraform that it takes, where that is newer than what the provider takes.
    fn since(self) -> &'static str {
        match self {
            Self::Action => "-> Actions need Terraform 1.14 or newer.\n\n",
            Self::ListResource => {
                "-> `terraform query` needs Terraform 1.14 or newer. These are the arguments of the \
                 block `config`.\n\n"
            }
            _ => "",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Action => "action.tf",
            Self::DataSource => "data-source.tf",
            Self::EphemeralResource => "ephemeral-resource.tf",
            Self::Function => "function.tf",
            Self::ListResource => "list-resource.tfquery.hcl",
            Self::Provider => "provider.tf",
            Self::Resource => "resource.tf",
        }
    }
}

/// What examples/ has for a page.
#[derive(Debug, Default)]
pub(super) struct Examples {
    pub(super) usage: String,
    pub(super) by_identity: Option<String>,
    pub(super) by_id: Option<String>,
    pub(super) shell: Option<String>,
}

impl Examples {
    /// Read them. Everything has a main example; imports are there where a resource can be imported.
    pub(super) fn read(examples: &Path, kind: Kind, name: &str) -> Result<Self> {
        let folder = examples.join(kind.folder()).join(name);
        let path = folder.join(kind.example());
        let usage = fs::read_to_string(&path)
            .with_context(|| format!("there is no example `{}`", path.display()))?;
        let optional = |file: &str| fs::read_to_string(folder.join(file)).ok();
        Ok(Self {
            usage,
            by_identity: optional("import-by-identity.tf"),
            by_id: optional("import-by-string-id.tf"),
            shell: optional("import.sh"),
        })
    }
}

/// The page in the registry's Markdown.
pub(super) fn render(
    kind: Kind,
    name: &str,
    documented: &Documented,
    examples: &Examples,
) -> String {
    let mut page = front_matter(kind, name, documented);
    let heading = match kind {
        Kind::Provider => format!("{name} Provider"),
        _ => format!("{name} ({})", kind.title()),
    };
    let _ = write!(page, "# {heading}\n\n{}\n\n", documented.description.trim());
    if let Some(reason) = &documented.deprecation_message {
        let _ = write!(page, "~> **Deprecated:** {reason}\n\n");
    }
    page.push_str(kind.since());
    let _ = write!(page, "## Example Usage\n\n{}", fence("terraform", &examples.usage));
    page.push_str("\n## Schema\n");
    let headings = ["### Required", "### Optional", "### Read-Only"];
    schema(&mut page, &documented.attributes, headings, &[]);
    if let Some(limit) = &documented.timeout {
        let _ = write!(page, "\nIt may take {limit}, unless `timeout` says otherwise.\n");
    }
    if let Some(limits) = &documented.timeouts {
        page.push_str("\n## Timeouts\n\nThe time limits, unless `timeouts` says otherwise:\n\n");
        for (operation, limit) in limits {
            let _ = writeln!(page, "- `{operation}`: {limit}");
        }
    }
    if kind == Kind::Resource {
        import(&mut page, documented, examples);
    }
    page
}

fn front_matter(kind: Kind, name: &str, documented: &Documented) -> String {
    let title = match kind {
        Kind::Provider => format!("Provider: {name}"),
        _ => format!("{name} {} - onprem", kind.title()),
    };
    matter(&title, &documented.group, &documented.description)
}

/// What a page opens with; `description` is all of it, of which the first paragraph is taken.
pub(super) fn matter(title: &str, group: &str, description: &str) -> String {
    let first = description.trim().split("\n\n").next().unwrap_or_default();
    let first = first.replace('`', "").lines().map(str::trim).collect::<Vec<_>>().join(" ");
    format!(
        "---\n# Generated by `cargo xtask docs` from the doc comments and examples: edit those.\n\
         page_title: \"{title}\"\nsubcategory: \"{group}\"\ndescription: |-\n  {first}\n---\n\n"
    )
}

/// The attributes in three sections, then a section for each that has attributes of its own.
fn schema(page: &mut String, attributes: &[Attribute], headings: [&str; 3], path: &[&str]) {
    let section = |attribute: &Attribute| match (attribute.required, attribute.optional) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    for (index, heading) in headings.iter().enumerate() {
        let mut here = attributes.iter().filter(|one| section(one) == index).peekable();
        if here.peek().is_none() {
            continue;
        }
        let _ = write!(page, "\n{heading}\n\n");
        for attribute in here {
            let _ = writeln!(page, "- {}", line(attribute, path));
        }
    }
    for attribute in attributes {
        let Some(nested) = &attribute.nested_type else { continue };
        let path = [path, &[attribute.name.as_str()]].concat();
        let _ = write!(
            page,
            "\n<a id=\"{}\"></a>\n### Nested Schema for `{}`\n",
            anchor(attribute, &path),
            path.join(".")
        );
        let headings = ["Required:", "Optional:", "Read-Only:"];
        schema(page, &nested.attributes, headings, &path);
    }
}

fn line(attribute: &Attribute, path: &[&str]) -> String {
    let mut kind = type_name(attribute);
    for (holds, word) in [(attribute.sensitive, "Sensitive"), (attribute.write_only, "Write-only")]
    {
        if holds {
            let _ = write!(kind, ", {word}");
        }
    }
    if attribute.deprecation_message.is_some() {
        kind.push_str(", Deprecated");
    }
    let mut text = format!("`{}` ({kind})", attribute.name);
    let mut say = |sentence: &str| {
        if !sentence.is_empty() {
            let _ = write!(text, " {sentence}");
        }
    };
    // A list item is one line: paragraphs of the doc comment become sentences of it.
    say(&attribute.description.split_whitespace().collect::<Vec<_>>().join(" "));
    if let Some(form) = &attribute.form {
        say(&format!("Must be {form}."));
    }
    if !attribute.allowed.is_empty() {
        let values = attribute.allowed.iter().map(|value| format!("`{value}`"));
        say(&format!("One of {}.", values.collect::<Vec<_>>().join(", ")));
    }
    if let Some((least, most)) = attribute.range {
        say(&format!("From {least} to {most}."));
    }
    if let Some(default) = &attribute.default {
        say(&format!("Default `{}`.", plain_value(default)));
    }
    if let Some(default) = &attribute.server_default {
        say(&format!("The server's default is `{}`.", plain_value(default)));
    }
    if attribute.keep {
        say("Taking it out of the configuration leaves it as it is.");
    }
    for sentence in rules::sentences(&attribute.name, &attribute.rules) {
        say(&sentence);
    }
    if let Some(since) = &attribute.since {
        say(&format!("Needs version {since} or newer."));
    }
    if attribute.class == Class::Creation {
        if attribute.required_to_create {
            say("Needed to create it.");
        }
        // One that replaces says so below.
        if !attribute.replace {
            say("Used at creation alone: a later change sends nothing.");
        }
    }
    if attribute.replace {
        say("A change replaces it.");
    }
    if attribute.write_only {
        say("Never stored in plan or state.");
    }
    if let Some(version) = &attribute.version_attribute {
        say(&format!("Sent again when `{version}` changes."));
    }
    if let Some(reason) = &attribute.deprecation_message {
        say(&format!("**Deprecated:** {reason}"));
    }
    if attribute.nested_type.is_some() {
        let path = [path, &[attribute.name.as_str()]].concat();
        say(&format!("(see [below for nested schema](#{}))", anchor(attribute, &path)));
    }
    text
}

fn plain_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn import(page: &mut String, documented: &Documented, examples: &Examples) {
    let Examples { by_identity, by_id, shell, .. } = examples;
    if by_identity.is_none() && by_id.is_none() && shell.is_none() {
        return;
    }
    page.push_str("\n## Import\n");
    if !documented.import.is_empty() {
        let forms = documented.import.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>();
        let _ = write!(page, "\nThe id of an import is {}.\n", forms.join(" or "));
    }
    if let Some(example) = by_identity {
        let _ = write!(
            page,
            "\nFrom Terraform 1.12 on, by identity in an `import` block:\n\n{}",
            fence("terraform", example)
        );
        page.push_str("\n### Identity Schema\n");
        for (heading, required) in [("Required", true), ("Optional", false)] {
            let of_kind = documented.identity.iter();
            let mut of_kind =
                of_kind.filter(|(_, one)| one.required_for_import == required).peekable();
            if of_kind.peek().is_some() {
                let _ = write!(page, "\n#### {heading}\n\n");
            }
            for (name, one) in of_kind {
                let ty = plain_type_name(&one.ty);
                let text = format!("- `{name}` ({ty}) {}", one.description.trim());
                let _ = writeln!(page, "{}", text.trim_end());
            }
        }
    }
    if let Some(example) = by_id {
        let _ = write!(
            page,
            "\nFrom Terraform 1.5 on, by `id` in an `import` block:\n\n{}",
            fence("terraform", example)
        );
    }
    if let Some(example) = shell {
        let _ = write!(page, "\nBy the `terraform import` command:\n\n{}", fence("shell", example));
    }
}

pub(super) fn fence(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn documented(value: Value) -> Documented {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_resource_page_has_the_registrys_layout() {
        let documented = documented(json!({
            "group": "Proxmox VE",
            "description": "A file on a\n`storage`.\n\nMore of it.",
            "attributes": [
                {"name": "id", "class": "computed", "type": "string", "description": "Its id."},
                {"name": "node", "class": "required", "type": "string", "required": true,
                 "replace": true, "description": "Node that downloads.\n\nAny will do."},
                {"name": "content", "class": "required", "type": "string", "required": true,
                 "allowed": ["iso", "import"]},
                {"name": "tags", "class": "setting", "type": ["set", "string"], "optional": true},
                {"name": "disks", "class": "setting", "optional": true,
                 "nested_type": {"nesting_mode": "map", "attributes": [
                    {"name": "size", "class": "setting", "type": "number", "optional": true,
                     "range": [1, 9], "server_default": 4},
                ]}},
            ],
            "identity": {"storage": {"type": "string", "required_for_import": true}},
            "import": ["{storage}:{name}", "{node}/{storage}:{name}"],
            "timeouts": {"create": "20m"},
        }));
        let examples = Examples {
            usage: "resource {}\n".to_owned(),
            by_identity: Some("import {}".to_owned()),
            by_id: None,
            shell: Some("terraform import x y".to_owned()),
        };
        let expected = r#"---
# Generated by `cargo xtask docs` from the doc comments and examples: edit those.
page_title: "onprem_proxmox_image Resource - onprem"
subcategory: "Proxmox VE"
description: |-
  A file on a storage.
---

# onprem_proxmox_image (Resource)

A file on a
`storage`.

More of it.

## Example Usage

```terraform
resource {}
```

## Schema

### Required

- `node` (String) Node that downloads. Any will do. A change replaces it.
- `content` (String) One of `iso`, `import`.

### Optional

- `tags` (Set of String)
- `disks` (Attributes Map) (see [below for nested schema](#nestedatt--disks))

### Read-Only

- `id` (String) Its id.

<a id="nestedatt--disks"></a>
### Nested Schema for `disks`

Optional:

- `size` (Number) From 1 to 9. The server's default is `4`.

## Timeouts

The time limits, unless `timeouts` says otherwise:

- `create`: 20m

## Import

The id of an import is `{storage}:{name}` or `{node}/{storage}:{name}`.

From Terraform 1.12 on, by identity in an `import` block:

```terraform
import {}
```

### Identity Schema

#### Required

- `storage` (String)

By the `terraform import` command:

```shell
terraform import x y
```
"#;
        assert_eq!(
            render(Kind::Resource, "onprem_proxmox_image", &documented, &examples),
            expected
        );
    }

    #[test]
    fn the_words_around_a_type_say_what_it_is() {
        let attribute = |value: Value| serde_json::from_value::<Attribute>(value).unwrap();
        for (value, expected) in [
            (
                json!({"name": "a", "class": "write_only", "type": "string", "sensitive": true,
                       "write_only": true, "version_attribute": "b"}),
                "`a` (String, Sensitive, Write-only) Never stored in plan or state. \
                 Sent again when `b` changes.",
            ),
            (
                json!({"name": "a", "class": "optional", "type": "bool", "default": true,
                       "since": "9.1"}),
                "`a` (Boolean) Default `true`. Needs version 9.1 or newer.",
            ),
            (
                json!({"name": "a", "class": "creation", "type": ["list", ["map", "number"]],
                       "required_to_create": true}),
                "`a` (List of Map of Number) Needed to create it. \
                 Used at creation alone: a later change sends nothing.",
            ),
            (
                json!({"name": "a", "class": "setting", "type": ["object", {}], "keep": true,
                       "deprecation_message": "Use b.", "form": "a MAC"}),
                "`a` (Object, Deprecated) Must be a MAC. Taking it out of the configuration leaves \
                 it as it is. **Deprecated:** Use b.",
            ),
        ] {
            assert_eq!(line(&attribute(value), &[]), expected);
        }
    }

    #[test]
    fn nested_anchors_hold_the_whole_path() {
        let documented = documented(json!({
            "description": "x", "attributes": [
                {"name": "a", "class": "optional", "optional": true,
                 "nested_type": {"nesting_mode": "single", "attributes": [
                    {"name": "b", "class": "optional", "optional": true,
                     "nested_type": {"nesting_mode": "list", "attributes": []}},
                ]}},
            ],
        }));
        let page = render(Kind::Provider, "onprem", &documented, &Examples::default());
        assert!(page.contains("(#nestedatt--a--b)"), "{page}");
        assert!(
            page.contains("<a id=\"nestedatt--a--b\"></a>\n### Nested Schema for `a.b`"),
            "{page}"
        );
    }
}
