//! Who may know whom.
//!
//! `provider -> tf-provider -> tf-provider-protocol` and `provider -> client/* -> onprem-http`; the lab
//! uses none of them, so that it can disagree with them. The table below is that sentence, package by
//! package, and whatever is not in it is a mistake: also a package that nobody has put there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::workspace;

/// What one package may use: always, and in its own tests besides.
struct Layer {
    package: &'static str,
    uses: &'static [&'static str],
    tests_use: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        package: "terraform-provider-onprem",
        uses: &["tf-provider", "onprem-http", "onprem-proxmox", "onprem-netbox", "onprem-redfish"],
        tests_use: &["conformance", "onprem-lab"],
    },
    Layer {
        package: "tf-provider",
        uses: &["tf-provider-derive", "tf-provider-protocol"],
        tests_use: &["conformance"],
    },
    // A macro writes the framework's names, and its tests compile them.
    Layer { package: "tf-provider-derive", uses: &[], tests_use: &["tf-provider"] },
    Layer { package: "tf-provider-protocol", uses: &[], tests_use: &[] },
    Layer { package: "onprem-http", uses: &[], tests_use: &["onprem-lab"] },
    Layer { package: "onprem-proxmox", uses: &["onprem-http"], tests_use: &["onprem-lab"] },
    Layer { package: "onprem-netbox", uses: &["onprem-http"], tests_use: &["onprem-lab"] },
    Layer { package: "onprem-redfish", uses: &["onprem-http"], tests_use: &["onprem-lab"] },
    Layer { package: "onprem-lab", uses: &[], tests_use: &[] },
    Layer {
        package: "conformance",
        uses: &["tf-provider", "tf-provider-protocol"],
        tests_use: &["terraform-provider-onprem", "onprem-lab"],
    },
    Layer {
        package: "acceptance",
        uses: &["onprem-lab", "xtask"],
        tests_use: &["onprem-lab", "xtask"],
    },
    Layer { package: "xtask", uses: &[], tests_use: &[] },
];

/// Packages of others that must not be used directly, by whom, and why not.
const FOREIGN: &[(&str, &[&str], &str)] = &[
    (
        "terraform-provider-onprem",
        &["prost", "reqwest", "rustls", "tonic"],
        "a resource speaks to the framework and the clients, never to a transport",
    ),
    ("tf-provider", &["prost", "reqwest"], "the framework's values are not protobuf messages"),
    ("onprem-proxmox", &["reqwest", "rustls"], "TLS and retries are onprem-http's business"),
    ("onprem-netbox", &["reqwest", "rustls"], "TLS and retries are onprem-http's business"),
    ("onprem-redfish", &["reqwest", "rustls"], "TLS and retries are onprem-http's business"),
];

/// Check the whole workspace; how many rules held.
///
/// # Errors
/// Every rule that is broken, a line each.
pub fn check() -> Result<usize> {
    let output = workspace::cargo()
        .args(["metadata", "--format-version", "1"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo metadata could not be started")?;
    ensure!(output.status.success(), "cargo metadata failed");
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let root = workspace::root();

    let mut findings = metadata.forbidden_arrows();
    findings.extend(metadata.forbidden_foreigners());
    findings.extend(metadata.forbidden_features());
    for path in rust_files(&root.join("provider/framework/src"))? {
        let text = fs::read_to_string(&path)?;
        let place = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        findings.extend(transport_in_public_items(&place, &text));
    }
    for path in files(&root.join("client"), &["rs", "toml", "md"])? {
        let text = fs::read_to_string(&path)?;
        let place = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        findings.extend(terraform_words(&place, &text));
    }
    ensure!(findings.is_empty(), "{}", findings.join("\n"));
    // The arrows, the packages of others, the feature, the public items, the words.
    Ok(5)
}

/// What of `cargo metadata` matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// None for an ordinary one, else `dev` or `build`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
}

impl Metadata {
    fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    fn forbidden_arrows(&self) -> Vec<String> {
        let layers = LAYERS.iter().map(|layer| (layer.package, layer)).collect::<BTreeMap<_, _>>();
        let ours = self.members().map(|package| package.name.as_str()).collect::<BTreeSet<_>>();
        let mut findings = Vec::new();
        for package in self.members() {
            let name = &package.name;
            let Some(layer) = layers.get(name.as_str()) else {
                findings.push(format!(
                    "the package {name} has no layer: say in tests/xtask/src/layers.rs what it may use"
                ));
                continue;
            };
            for used in &package.dependencies {
                let other = used.name.as_str();
                let in_tests = used.kind.as_deref() == Some("dev");
                // In its tests a package may use itself, with other features.
                let allowed = layer.uses.contains(&other)
                    || (in_tests && (layer.tests_use.contains(&other) || other == name))
                    || !ours.contains(other);
                if !allowed {
                    let kind = used.kind.as_deref().unwrap_or("normal");
                    findings.push(format!("{name} must not use {other} ({kind} dependency)"));
                }
            }
        }
        findings
    }

    fn forbidden_foreigners(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (name, forbidden, reason) in FOREIGN {
            let package = self.members().find(|package| package.name == *name);
            for used in package.iter().flat_map(|package| &package.dependencies) {
                if used.kind.is_none() && forbidden.contains(&used.name.as_str()) {
                    findings.push(format!("{name} must not use {}: {reason}", used.name));
                }
            }
        }
        findings
    }

    /// `arbitrary_precision`, once anybody enables it, is on for all: untagged enums then stop reading
    /// `1.5`.
    fn forbidden_features(&self) -> Vec<String> {
        let named = |id: &str| self.packages.iter().find(|package| package.id == id);
        let enabled = self.resolve.nodes.iter().any(|node| {
            named(&node.id).is_some_and(|package| package.name == "serde_json")
                && node.features.iter().any(|feature| feature == "arbitrary_precision")
        });
        let finding = "serde_json's arbitrary_precision is on: find who enables it with \
                       `cargo tree -e features -i serde_json`";
        enabled.then(|| finding.to_owned()).into_iter().collect()
    }
}

/// Public items that name tonic or prost, or a type imported from them.
///
/// This reads the text, not the types: an item counts as public when it says `pub` without a
/// restriction (`unreachable_pub` sees to it that this is what it means), and its signature is what
/// comes before its body.
fn transport_in_public_items(place: &str, text: &str) -> Vec<String> {
    let is_transport = |path: &str| {
        let root = path.trim_start_matches("::").split("::").next().unwrap_or_default().trim();
        ["tonic", "prost", "prost_types"].contains(&root)
    };
    let mut names = BTreeSet::from(["tonic", "prost", "prost_types"]);
    for line in text.lines().map(str::trim) {
        let Some(path) = line.strip_prefix("use ").filter(|path| is_transport(path)) else {
            continue;
        };
        names.extend(words(path).filter(|word| word.starts_with(char::is_uppercase)));
    }
    let mut findings = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let line = line.trim();
        if !line.starts_with("pub ") {
            continue;
        }
        let mut signature = line.to_owned();
        let is_field = line.ends_with(',') && !line.contains('(');
        // An enum's variants are as public as itself: up to its closing brace.
        let ends: &[char] = if line.starts_with("pub enum") { &['}'] } else { &['{', ';'] };
        while !is_field && !signature.contains(ends) {
            let Some((_, next)) = lines.next() else { break };
            signature.push(' ');
            signature.push_str(next.trim().split("//").next().unwrap_or_default());
        }
        if let Some(name) = words(&signature).find(|word| names.contains(word)) {
            let number = index + 1;
            findings.push(format!("{place}:{number}: `{name}` in the public item `{line}`"));
        }
    }
    findings
}

/// Lines of a client that speak of Terraform: a client is for anybody.
fn terraform_words(place: &str, text: &str) -> Vec<String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.to_lowercase().contains("terraform"))
        .map(|(index, line)| format!("{place}:{}: a client says `{}`", index + 1, line.trim()))
        .collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}

fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    files(dir, &["rs"])
}

/// The files under a folder that end in one of `extensions`, in order.
pub(crate) fn files(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(dir).with_context(|| format!("`{}` cannot be read", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extensions)?);
        } else if path.extension().is_some_and(|end| extensions.iter().any(|one| end == *one)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Names of dependencies, each with its kind.
    type Uses<'a> = &'a [(&'a str, Option<&'a str>)];

    fn metadata(packages: &[(&str, Uses<'_>)]) -> Metadata {
        let list = packages
            .iter()
            .map(|(name, dependencies)| {
                let dependencies = dependencies
                    .iter()
                    .map(|(name, kind)| json!({"name": name, "kind": kind}))
                    .collect::<Vec<_>>();
                json!({"id": name, "name": name, "dependencies": dependencies})
            })
            .collect::<Vec<Value>>();
        let members = packages.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let value = json!({
            "packages": list, "workspace_members": members, "resolve": {"nodes": []},
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_workspace_keeps_its_layers() {
        if let Err(error) = check() {
            panic!("{error:#}");
        }
    }

    #[test]
    fn the_arrows_of_the_architecture_are_allowed() {
        let metadata = metadata(&[
            ("terraform-provider-onprem", &[("tf-provider", None), ("onprem-proxmox", None)]),
            ("tf-provider", &[("tf-provider-protocol", None), ("serde", None)]),
            ("tf-provider-protocol", &[("tonic", None)]),
            ("onprem-proxmox", &[("onprem-http", None), ("onprem-lab", Some("dev"))]),
            ("onprem-http", &[("reqwest", None)]),
            ("onprem-lab", &[]),
        ]);
        assert_eq!(metadata.forbidden_arrows(), [""; 0]);
        assert_eq!(metadata.forbidden_foreigners(), [""; 0]);
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_found() {
        for (from, to, kind) in [
            ("onprem-lab", "onprem-proxmox", None),
            ("onprem-lab", "onprem-proxmox", Some("dev")),
            ("onprem-http", "onprem-proxmox", None),
            ("onprem-proxmox", "tf-provider", None),
            ("onprem-proxmox", "onprem-lab", None),
            ("tf-provider-protocol", "tf-provider", None),
            ("tf-provider", "onprem-http", None),
            ("terraform-provider-onprem", "tf-provider-protocol", None),
        ] {
            let metadata = metadata(&[(from, &[(to, kind)]), (to, &[])]);
            let findings = metadata.forbidden_arrows();
            assert_eq!(findings.len(), 1, "{from} -> {to}");
            assert!(findings[0].contains(from) && findings[0].contains(to), "{findings:?}");
        }
    }

    #[test]
    fn a_package_without_a_layer_is_found() {
        let findings = metadata(&[("onprem-surprise", &[])]).forbidden_arrows();
        assert!(findings[0].contains("onprem-surprise has no layer"), "{findings:?}");
    }

    #[test]
    fn a_transport_in_the_provider_is_found() {
        let metadata = metadata(&[("terraform-provider-onprem", &[("tonic", None)])]);
        assert!(metadata.forbidden_foreigners()[0].contains("must not use tonic"));
    }

    #[test]
    fn exact_numbers_for_everybody_are_found() {
        let mut metadata = metadata(&[("serde_json", &[])]);
        let features = vec!["std".to_owned(), "arbitrary_precision".to_owned()];
        metadata.resolve.nodes.push(Node { id: "serde_json".to_owned(), features });
        assert_eq!(metadata.forbidden_features().len(), 1);
        metadata.resolve.nodes[0].features.truncate(1);
        assert_eq!(metadata.forbidden_features(), [""; 0]);
    }

    #[test]
    fn transport_types_in_public_items_are_found() {
        for text in [
            "pub use tonic::Status;",
            "pub fn serve() -> Result<(), tonic::Status> {",
            "pub fn serve(\n    message: prost::bytes::Bytes,\n) {",
            "use tonic::{Request, Response};\npub(crate) fn a() {}\npub fn b() -> Response<u8> {",
            "pub struct S {\n    pub status: tonic::Status,\n}",
            "pub enum E {\n    One(tonic::Status),\n}",
        ] {
            assert_eq!(transport_in_public_items("x.rs", text).len(), 1, "{text}");
        }
        for text in [
            "use tonic::Status;\nfn inner() -> Status {",
            "pub(crate) fn inner() -> tonic::Status {",
            "pub fn outer() -> u8 { tonic_like() }",
            "/// Not tonic's.\npub struct Status;",
            "pub fn outer() {\n    let status: tonic::Status = inner();\n}",
        ] {
            assert_eq!(transport_in_public_items("x.rs", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_client_that_speaks_of_terraform_is_found() {
        assert_eq!(terraform_words("x.rs", "//! For Terraform.\n").len(), 1);
        assert_eq!(terraform_words("x.rs", "//! For anybody.\n"), [""; 0]);
    }
}
