//! `cargo xtask docs`: the registry's pages, out of the provider's own schema and examples/.
//!
//! The doc comments of the provider's structs are the descriptions; nobody writes a page by hand except
//! the guides. The layout is the registry's: docs/index.md, and a folder for each kind of thing.

mod function;
mod model;
mod page;
mod rules;
mod type_name;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::layers::files;
use crate::workspace;
use model::Annotated;
use page::{Examples, Kind};

/// Write the pages, or with `check` only compare them; how many there are.
///
/// # Errors
/// When the provider does not print its schema, something has no example, or, with `check`, a page is
/// stale, missing or left over.
pub fn run(provider: &Path, check: bool) -> Result<usize> {
    let output = Command::new(provider)
        .args(["schema", "--annotated"])
        .output()
        .with_context(|| format!("`{}` could not be started", provider.display()))?;
    ensure!(
        output.status.success(),
        "the provider did not print its schema: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let schema: Annotated = serde_json::from_slice(&output.stdout)
        .context("the provider's annotated schema is not as expected")?;
    let root = workspace::root();
    let pages = pages(&schema, &root.join("examples"))?;
    let problems = compare(&root.join("docs"), &pages)?;
    if check {
        ensure!(problems.is_empty(), "{}\nrun `cargo xtask docs`", problems.join("\n"));
    } else {
        write(&root.join("docs"), &pages)?;
        problems.iter().for_each(|problem| println!("{problem}"));
    }
    Ok(pages.len())
}

/// The text of each page, by its path under docs/.
fn pages(schema: &Annotated, examples: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut pages = BTreeMap::new();
    let example = Examples::read(examples, Kind::Provider, "")?;
    pages.insert(
        PathBuf::from("index.md"),
        page::render(Kind::Provider, &schema.name, &schema.provider, &example),
    );
    let kinds = [
        (Kind::Resource, &schema.resources),
        (Kind::DataSource, &schema.data_sources),
        (Kind::EphemeralResource, &schema.ephemeral_resources),
        (Kind::ListResource, &schema.list_resources),
        (Kind::Action, &schema.actions),
    ];
    for (kind, list) in kinds {
        for (name, documented) in list {
            let example = Examples::read(examples, kind, name)?;
            // A page is named without the provider's prefix.
            let short = name.strip_prefix(&format!("{}_", schema.name)).unwrap_or(name);
            let path = Path::new(kind.folder()).join(format!("{short}.md"));
            pages.insert(path, page::render(kind, name, documented, &example));
        }
    }
    for (name, described) in &schema.functions {
        let example = Examples::read(examples, Kind::Function, name)?;
        let path = Path::new(Kind::Function.folder()).join(format!("{name}.md"));
        pages.insert(path, function::render(name, described, &example));
    }
    Ok(pages)
}

/// Pages that are missing, stale or left over.
fn compare(docs: &Path, pages: &BTreeMap<PathBuf, String>) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (path, text) in pages {
        match fs::read_to_string(docs.join(path)) {
            Ok(present) if present == *text => {}
            Ok(_) => problems.push(format!("docs/{} is stale", path.display())),
            Err(_) => problems.push(format!("docs/{} is missing", path.display())),
        }
    }
    for path in left_over(docs, pages)? {
        problems.push(format!("docs/{} is of nothing that the provider has", path.display()));
    }
    Ok(problems)
}

fn write(docs: &Path, pages: &BTreeMap<PathBuf, String>) -> Result<()> {
    for path in left_over(docs, pages)? {
        fs::remove_file(docs.join(path))?;
    }
    for (path, text) in pages {
        let path = docs.join(path);
        let Some(folder) = path.parent() else { bail!("`{}` has no folder", path.display()) };
        fs::create_dir_all(folder)?;
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Pages under the generated folders that nothing generates any more. Guides are not ours.
fn left_over(docs: &Path, pages: &BTreeMap<PathBuf, String>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for kind in Kind::GENERATED {
        let folder = docs.join(kind.folder());
        if !folder.is_dir() {
            continue;
        }
        for file in files(&folder, &["md"])? {
            let path = file.strip_prefix(docs)?.to_path_buf();
            if !pages.contains_key(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = workspace::target().join("xtask").join("unit").join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn stale_missing_and_left_over_pages_are_named() {
        let docs = scratch("docs-compare");
        let pages = BTreeMap::from([
            (PathBuf::from("index.md"), "new".to_owned()),
            (PathBuf::from("resources/a.md"), "a".to_owned()),
        ]);
        fs::write(docs.join("index.md"), "old").unwrap();
        fs::create_dir_all(docs.join("resources")).unwrap();
        fs::create_dir_all(docs.join("guides")).unwrap();
        fs::write(docs.join("resources/gone.md"), "").unwrap();
        fs::write(docs.join("guides/mine.md"), "").unwrap();

        let problems = compare(&docs, &pages).unwrap();
        assert_eq!(problems.len(), 3, "{problems:?}");
        for part in ["index.md is stale", "a.md is missing", "gone.md is of nothing"] {
            assert!(problems.iter().any(|problem| problem.contains(part)), "{problems:?}");
        }

        write(&docs, &pages).unwrap();
        assert_eq!(compare(&docs, &pages).unwrap(), [""; 0]);
        assert!(docs.join("guides/mine.md").is_file());
    }
}
