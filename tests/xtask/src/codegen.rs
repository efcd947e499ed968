//! `cargo xtask codegen`: the Rust code of the plugin protocol, out of its `.proto` files.
//!
//! The result is checked in, so that building the workspace needs neither protoc nor this.

use std::fs;
use std::path::Path;

/// Writes `provider/framework/protocol/src/generated`, or with `check` only compares it.
///
/// # Errors
/// When a `.proto` file has a mistake, a file cannot be read or written, or, with `check`, when a
/// checked-in file is stale.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let package = root.join("provider/framework/protocol");
    let fresh = root.join("target/codegen");
    generate(&package.join("proto"), &fresh)?;
    for package_name in PACKAGES {
        let file = format!("{package_name}.rs");
        let checked_in = package.join("src/generated").join(&file);
        let wanted = read(&fresh.join(&file))?;
        if fs::read_to_string(&checked_in).is_ok_and(|present| present == wanted) {
            continue;
        }
        let shown = format!("provider/framework/protocol/src/generated/{file}");
        if check {
            return Err(format!("{shown} is stale: run `cargo xtask codegen` and commit it"));
        }
        fs::write(&checked_in, wanted).map_err(|error| format!("cannot write {shown}: {error}"))?;
        println!("wrote {shown}");
    }
    Ok(())
}

fn generate(protos: &Path, into: &Path) -> Result<(), String> {
    fs::create_dir_all(into)
        .map_err(|error| format!("cannot create {}: {error}", into.display()))?;
    let files = PACKAGES.map(|package| format!("{package}.proto"));
    let descriptors = protox::compile(files, [protos]).map_err(|error| format!("{error:?}"))?;
    tonic_prost_build::configure()
        .btree_map(".")
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .generate_default_stubs(true)
        .emit_rerun_if_changed(false)
        .out_dir(into)
        .compile_fds(descriptors)
        .map_err(|error| format!("cannot generate code: {error}"))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// The protobuf packages: one `.proto` file and one generated file each.
const PACKAGES: [&str; 2] = ["tfplugin6", "plugin"];
