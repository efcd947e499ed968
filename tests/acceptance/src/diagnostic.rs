//! What Terraform tells the person at the terminal, read back from its output.

use regex_lite::Regex;
use serde_json::Value;

/// How serious a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "Terraform knows exactly these two")]
pub enum Severity {
    /// The command failed.
    Error,
    /// The command went on.
    Warning,
}

/// One error or warning as Terraform shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The first line.
    pub summary: String,
    /// Everything under it.
    pub detail: String,
    /// Line of the configuration that Terraform shows beside it; empty when it shows none.
    pub code: String,
}

impl Diagnostic {
    /// Summary and detail on one line.
    #[must_use]
    pub fn text(&self) -> String {
        flat(&format!("{}\n{}", self.summary, self.detail))
    }

    /// Check that summary or detail match a regular expression, whose spaces match any white space.
    ///
    /// # Panics
    /// When they do not.
    pub fn says(&self, pattern: &str) -> &Self {
        let found = Regex::new(pattern).expect("a regular expression").is_match(&self.text());
        assert!(found, "`{pattern}` is not in {self:#?}");
        self
    }

    /// Check that a line `hint: …` matches a regular expression.
    ///
    /// # Panics
    /// When there is no such hint.
    pub fn hints(&self, pattern: &str) -> &Self {
        let pattern = Regex::new(pattern).expect("a regular expression");
        let found = self.hint_texts().any(|hint| pattern.is_match(&hint));
        assert!(found, "no hint matches `{pattern}` in {self:#?}");
        self
    }

    /// Check that Terraform points at the line of `attribute` in the configuration.
    ///
    /// # Panics
    /// When it points elsewhere, or nowhere.
    pub fn at(&self, attribute: &str) -> &Self {
        let name = self.code.trim_start().split([' ', '=']).next().unwrap_or_default();
        assert_eq!(name, attribute, "the line that is shown, in {self:#?}");
        self
    }

    fn hint_texts(&self) -> impl Iterator<Item = String> {
        let paragraphs = self.detail.split("\n\n");
        paragraphs.filter_map(|text| text.trim_start().strip_prefix("hint: ").map(flat))
    }

    /// Read a diagnostic of the machine-readable output (`-json`).
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let severity = match value["severity"].as_str()? {
            "error" => Severity::Error,
            _ => Severity::Warning,
        };
        Some(Self {
            severity,
            summary: text(&value["summary"]),
            detail: text(&value["detail"]),
            code: text(&value["snippet"]["code"]),
        })
    }

    /// Read what Terraform writes for people without colours: `Error: …` up to the next one.
    pub(crate) fn from_text(text: &str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let location = Regex::new("^ *([0-9]+):(.*)$").expect("a regular expression");
        for line in text.lines() {
            if let Some(summary) = line.strip_prefix("Error: ") {
                found.push(Self::new(Severity::Error, summary));
            } else if let Some(summary) = line.strip_prefix("Warning: ") {
                found.push(Self::new(Severity::Warning, summary));
            } else if let Some(current) = found.last_mut() {
                match location.captures(line) {
                    Some(captures) if current.code.is_empty() => {
                        captures[2].clone_into(&mut current.code);
                    }
                    _ => current.detail = format!("{}\n{line}", current.detail),
                }
            }
        }
        found
    }

    fn new(severity: Severity, summary: &str) -> Self {
        let (detail, code) = (String::new(), String::new());
        Self { severity, summary: summary.to_owned(), detail, code }
    }
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_read_is_read_back() {
        let text = "\
onprem_x.this: Importing...

Error: It is there already

  with onprem_x.this,
  on main.tf line 3, in resource \"onprem_x\" \"this\":
   3:   vm_id = 100

Somebody else
made it.

hint: take
another one

Warning: And this
";
        let found = Diagnostic::from_text(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].severity, Severity::Error);
        found[0].says("^It is there already").says("else made it").hints("^take another one$");
        found[0].at("vm_id");
        assert_eq!(found[1].severity, Severity::Warning);
    }
}
