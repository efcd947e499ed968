//! The sample as it is: no Terraform complains.

use acceptance::{Diagnostic, Run};
use serde_json::Value;

use super::play::{Play, Theatre, Version};
use super::scene::{Created, SERVER, SESSION, Scene};

/// Every way to a call that a case may take, and what the sample itself has to say there.
pub(super) fn every_scene(theatre: &Theatre) {
    let created = Created::new(&mut theatre.play("created"));
    let mut scenes = vec![
        (Scene::Schema, NOTHING),
        (Scene::Validate, NOTHING),
        (Scene::Plan, NOTHING),
        (Scene::ApplyPlan, NOTHING),
        (Scene::Refresh, NOTHING),
        (Scene::Update, NOTHING),
        (Scene::Import, IMAGE),
        (Scene::GeneratePlan, NOTHING),
        (Scene::Data, NOTHING),
        (Scene::Call(r#""-", "a""#), NOTHING),
        (Scene::CallApply(r#""-", "a""#), NOTHING),
        (Scene::Open, SESSIONS),
        (Scene::OpenWriteOnly, SESSIONS),
        (Scene::Renew, SESSIONS),
        (Scene::Move, IMAGE),
        (Scene::UpgradeIdentity, NOTHING),
    ];
    if theatre.version == Version::Fifteen {
        let newer = [Scene::List, Scene::PlanAction, Scene::Invoke];
        scenes.extend(newer.map(|scene| (scene, NOTHING)));
    }
    for (number, (scene, warnings)) in scenes.into_iter().enumerate() {
        let mut play = theatre.play(&format!("{number:02}-honest"));
        let run = scene.play(&mut play, None, &created);
        expect(run, warnings);
        let world = play.world();
        assert!(world["sessions"].as_array().is_none_or(Vec::is_empty), "{scene:?}: {world}");
    }
}

/// The life of a server, from `terraform init` on.
pub(super) fn life(theatre: &mut Theatre) {
    theatre.mirror();
    let play = theatre.play("life");
    play.write("main.tf", format!("{SESSION}{}", from_session(SERVER)));
    expect(play.run(&["init", "-no-color"]), &["Incomplete lock file information for providers"]);
    quiet(play.run(&["validate", "-no-color"]));
    expect(play.run(&["plan", "-no-color", "-out=plan"]), SESSIONS);
    expect(play.run(&["apply", "-no-color", "plan"]), SESSIONS);
    settled(&play);
    expect(play.run(&["apply", "-no-color", "-auto-approve", "-refresh-only"]), SESSIONS);
    play.write("main.tf", SERVER.replace("= 64", "= 65"));
    quiet(play.run(APPLY));
    assert_eq!(play.world()["objects"]["1"]["memory"], 65);
    settled(&play);

    quiet(play.run(&["state", "rm", "sample_server.this"]));
    quiet(play.run(&["import", "-no-color", "sample_server.this", "1"]));
    play.write("main.tf", SERVER.replace("= 64", "= 65").replace("image ", "#"));
    settled(&play);
    for secret in ["pa55", "token of ops"] {
        assert!(!play.read("terraform.tfstate").contains(secret), "`{secret}` is in the state");
    }
    if theatre.version == Version::Fifteen {
        newer(&play);
    }
    quiet(play.run(&["destroy", "-no-color", "-auto-approve"]));
    assert_eq!(play.world()["objects"], Value::Object(Default::default()));
}

/// What Terraform 1.15 does with the server beside, and what 1.11 cannot.
fn newer(play: &Play<'_>) {
    quiet(play.run(&["state", "rm", "sample_server.this"]));
    let config = play.read("main.tf");
    play.write("main.tf", format!("{IDENTITY}{config}"));
    quiet(play.run(APPLY));
    settled(play);

    play.write(
        "main.tf",
        format!("{}{ACTION}", config.replace("\n}\n", TRIGGER)).replace("= 65", "= 66"),
    );
    let run = quiet(play.run(APPLY));
    assert!(run.output().contains("restart 2 of 2"), "{run}");
    settled(play);

    quiet(play.run(&["state", "rm", "sample_server.this"]));
    play.write("main.tf", "");
    play.write("all.tfquery.hcl", LIST);
    let run = play.run(&["query", "-no-color", "-generate-config-out=generated.tf"]);
    let run = expect(run, &["Servers in other halls are not listed"]);
    assert!(run.output().contains("web-1"), "{run}");
    quiet(play.run(APPLY));
    settled(play);
}

/// The password out of a session.
fn from_session(server: &str) -> String {
    server.replace("= \"pa55\"", "= ephemeral.sample_session.this.token")
}

pub(super) fn settled(play: &Play<'_>) {
    let run = play.run(&["plan", "-no-color", "-detailed-exitcode"]);
    assert_eq!(run.code(), 0, "{run}");
}

pub(super) fn quiet(run: Run) -> Run {
    expect(run, NOTHING)
}

/// The command succeeds, and warns of no more than this.
pub(super) fn expect(run: Run, warnings: &[&str]) -> Run {
    let run = run.succeeded();
    let said: Vec<String> = run.warnings().into_iter().map(Diagnostic::text).collect();
    let expected = |text: &String| warnings.iter().any(|warning| text.contains(warning));
    // That is about Terraform itself.
    let own = |text: &String| text.starts_with("Config generation is experimental");
    assert!(said.iter().all(|text| expected(text) || own(text)), "{run}");
    run
}

pub(super) const APPLY: &[&str] = &["apply", "-no-color", "-auto-approve"];

const NOTHING: &[&str] = &[];
const IMAGE: &[&str] = &["`image` is used only when sample_server is created"];
const SESSIONS: &[&str] = &["Sessions are short"];

const IDENTITY: &str = r"
import {
  to       = sample_server.this
  identity = { id = 1 }
}
";

const TRIGGER: &str = r"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.sample_restart.twice]
    }
  }
}
";

const ACTION: &str = r#"
action "sample_restart" "twice" {
  config {
    id    = 1
    times = 2
  }
}
"#;

const LIST: &str = r#"
list "sample_server" "all" {
  provider         = sample
  include_resource = true
}
"#;
