//! A Terraform working folder with the sample provider in it, honest or broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use acceptance::{Run, skip};
use serde_json::{Value, json};
use xtask::terraform::{Mirror, Terraform};
use xtask::workspace;

/// The sample as a plugin, built once in this process.
pub(super) fn sample() -> &'static Path {
    static SAMPLE: OnceLock<PathBuf> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let build = ["build", "--quiet", "--package", "conformance", "--example", "sample"];
        let output = workspace::cargo().args(build).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the sample does not build:\n{text}");
        let built = workspace::target().join("debug").join("examples");
        built.join(format!("sample{}", std::env::consts::EXE_SUFFIX))
    })
}

/// The Terraforms that are known here: what each says is written down beside each case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    Eleven,
    Fifteen,
}

/// A Terraform, and what it finds the sample by.
pub(super) struct Theatre {
    pub(super) version: Version,
    terraform: Terraform,
    folder: PathBuf,
    rc: PathBuf,
}

impl Theatre {
    /// In target/acceptance/NAME, which is emptied; none, and a line on stderr, without such a Terraform.
    pub(super) fn open(name: &str, found: Result<Terraform, String>) -> Option<Self> {
        let found = found.and_then(|terraform| match terraform.version() {
            (1, 11, _) => Ok((Version::Eleven, terraform)),
            (1, 15, _) => Ok((Version::Fifteen, terraform)),
            _ => Err(format!("nobody knows what {} says", terraform.description())),
        });
        let (version, terraform) = found.inspect_err(|reason| skip(name, reason)).ok()?;
        let folder = workspace::target().join("acceptance").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        let mut overrides = String::new();
        // What is moved into the sample comes from another provider, which answers no more than its schema.
        for (source, file) in [("sample/sample", "sample"), ("other/cloud", "cloud")] {
            let place = folder.join("plugins").join(file);
            fs::create_dir_all(&place).unwrap();
            let suffix = std::env::consts::EXE_SUFFIX;
            fs::copy(sample(), place.join(format!("terraform-provider-{file}{suffix}"))).unwrap();
            overrides += &format!("    \"{source}\" = {}\n", json!(place.display().to_string()));
        }
        let configuration = format!(
            "disable_checkpoint = true\n\nprovider_installation {{\n  dev_overrides {{\n{overrides}  \
             }}\n}}\n"
        );
        let rc = folder.join("terraform.rc");
        fs::write(&rc, configuration).unwrap();
        Some(Self { version, terraform, folder, rc })
    }

    /// From now on the sample is installed as users install a provider: `terraform init` finds it.
    pub(super) fn mirror(&mut self) {
        let mirror = Mirror::install_as("sample/sample", sample(), &self.folder).unwrap();
        self.rc = mirror.cli_config().to_owned();
    }

    /// Leave a file for people.
    pub(super) fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }

    /// An empty working folder under that name.
    pub(super) fn play(&self, name: &str) -> Play<'_> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        let play = Play { theatre: self, folder, breaks: None };
        play.write("versions.tf", VERSIONS);
        play.write("provider.tf", PROVIDER);
        play
    }
}

/// One working folder.
pub(super) struct Play<'a> {
    theatre: &'a Theatre,
    folder: PathBuf,
    breaks: Option<String>,
}

impl Play<'_> {
    pub(super) fn write(&self, file: &str, text: impl AsRef<str>) {
        fs::write(self.folder.join(file), text.as_ref()).unwrap();
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    /// The objects of the sample's system, by number.
    pub(super) fn world(&self) -> Value {
        serde_json::from_str(&self.read("world.json")).unwrap_or_default()
    }

    /// From now on the provider breaks a rule, as the case of that name does.
    pub(super) fn breaks(&mut self, case: &str) {
        self.breaks = Some(case.to_owned());
    }

    /// Whether an answer came that was not the sample's own.
    pub(super) fn tampered(&self) -> bool {
        self.folder.join("tampered").exists()
    }

    /// A Terraform command.
    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.theatre.terraform.command(&self.folder, &self.theatre.rc);
        command.args(arguments).env("SAMPLE_FOLDER", &self.folder);
        if let Some(case) = &self.breaks {
            command.env("SAMPLE_BREAKS", case);
        }
        Run::command(command, &self.folder.join(arguments[0]))
    }
}

const VERSIONS: &str = r#"terraform {
  required_providers {
    sample = {
      source = "sample/sample"
    }
  }
}
"#;

const PROVIDER: &str = r#"provider "sample" {
  endpoint = "world.json"
}
"#;
