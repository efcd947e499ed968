//! The state of staging and prod in S3, as their `backend.tf` has it, on moto's server: where it lands,
//! who is refused while it is locked, and the way from `dynamodb_table` to `use_lockfile`.

mod moto;

use std::fs;

use acceptance::{Options, Run, Stage};
use onprem_lab::{Effect, Fault, When};
use serde_json::{Value, json};
use xtask::terraform::Terraform;

use self::moto::{BUCKET, Moto, TABLE};
use crate::modules::{checkout, copy};

const STATE: &str = "onprem/staging.tfstate";
const LOCK: &str = "onprem/staging.tfstate.tflock";

#[test]
fn a_state_lands_in_the_bucket() {
    let Some(moto) = Moto::start("a_state_lands_in_the_bucket") else { return };
    let Some(stage) = environment(&moto, "remote_state", "staging") else { return };
    let before = stage.lab().inventory();
    stage.apply();
    stage.assert_settled();
    assert_eq!(moto.keys(), [STATE], "the lock has gone");
    assert_eq!(moto.encryption(STATE), "AES256");
    let state = moto.object(STATE);
    assert_eq!(state["outputs"]["vms"]["value"]["web-01"]["ip_address"], "10.30.0.11");
    assert!(!state.to_string().contains(stage.lab().api_token()), "the token is no state");
    assert!(!stage.folder().join("terraform.tfstate").exists(), "it is nowhere else");
    stage.destroy();
    assert_eq!(moto.object(STATE)["resources"], json!([]));
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_second_writer_is_refused() {
    let Some(moto) = Moto::start("a_second_writer_is_refused") else { return };
    let Some(stage) = environment(&moto, "remote_state_lock", "staging") else { return };
    let (first, held) = stage.apply_until(stall("/clone$"));
    let (number, _) = held.expect("VMs are cloned");
    assert_eq!(moto.keys(), [LOCK], "the lock is there before the state");
    let lock = moto.object(LOCK);
    assert_refused(&stage.apply_fails(), &lock);
    assert_refused(&stage.plan_fails(), &lock);
    assert_eq!(moto.object(LOCK), lock, "who is refused does not touch the lock");
    stage.lab().faults().release(number);
    let _ = first.finish().succeeded();
    assert_eq!(moto.keys(), [STATE]);
    stage.assert_settled();
}

/// Terraform is killed in the middle of a change: its lock stays until somebody takes it away.
#[test]
fn a_lock_that_is_left_behind_is_taken_away() {
    let Some(moto) = Moto::start("a_lock_that_is_left_behind_is_taken_away") else { return };
    let Some(stage) = environment(&moto, "remote_state_unlock", "staging") else { return };
    let before = stage.lab().inventory();
    stage.apply();
    enlarge(&stage);
    let (killed, held) = stage.apply_until(stall("/config$").method("PUT"));
    let (number, _) = held.expect("a VM is changed");
    drop(killed);
    stage.lab().faults().abort(number);
    let lock = moto.object(LOCK);
    assert_refused(&stage.apply_fails(), &lock);

    assert!(!unlock(&stage, "00000000-0000-0000-0000-000000000000"), "that is another lock");
    assert!(moto.keys().contains(&LOCK.to_owned()));
    assert!(unlock(&stage, lock["ID"].as_str().unwrap()));
    assert_eq!(moto.keys(), [STATE]);
    stage.apply();
    stage.assert_settled();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn environments_do_not_see_each_other() {
    let Some(moto) = Moto::start("environments_do_not_see_each_other") else { return };
    let Some(staging) = environment(&moto, "remote_state_two", "staging") else { return };
    let Some(prod) = environment(&moto, "remote_state_two", "prod") else { return };
    staging.apply();
    // Another one's lock is no concern of prod's.
    moto.put(LOCK, &json!({ "ID": "11111111-1111-1111-1111-111111111111", "Who": "a colleague" }));
    let plan = prod.plan();
    let changes = plan.json()["resource_changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["change"]["actions"] == json!(["create"])));
    prod.apply();
    prod.assert_settled();
    assert_eq!(moto.keys(), ["onprem/prod.tfstate", STATE, LOCK]);
    assert!(unlock(&staging, "11111111-1111-1111-1111-111111111111"));

    let kept = moto.object(STATE);
    prod.set("TF_VAR_protect_templates", "false");
    prod.apply();
    prod.destroy();
    assert_eq!(moto.object("onprem/prod.tfstate")["resources"], json!([]));
    assert_eq!(moto.object(STATE), kept);
    staging.assert_settled();
}

/// First both locks, so that colleagues who still have the old configuration are kept out; once nobody
/// has it, the file alone.
#[test]
fn from_a_table_of_locks_to_a_file() {
    let Some(moto) = Moto::start("from_a_table_of_locks_to_a_file") else { return };
    let Some(stage) = environment(&moto, "remote_state_table/mine", "staging") else { return };
    let Some(old) = environment(&moto, "remote_state_table/old", "staging") else { return };
    let Some(new) = environment(&moto, "remote_state_table/new", "staging") else { return };
    let (file, table) = ("use_lockfile = true", format!("dynamodb_table = \"{TABLE}\""));
    let item = format!("{BUCKET}/{STATE}");
    let digest = format!("{item}-md5");

    for stage in [&stage, &old] {
        backend(stage, file, &table);
    }
    stage.apply();
    assert_eq!((moto.keys(), moto.items()), (vec![STATE.to_owned()], vec![digest.clone()]));
    let lineage = moto.object(STATE)["lineage"].clone();

    backend(&stage, &table, &format!("{file}\n    {table}"));
    stage.assert_settled();
    enlarge(&stage);
    let (running, held) = stage.apply_until(stall("/config$").method("PUT"));
    let (number, _) = held.expect("a VM is changed");
    assert_eq!(moto.keys(), [STATE, LOCK]);
    assert_eq!(moto.items(), [item.clone(), digest.clone()]);
    for (colleague, guard) in [(&old, "DynamoDB: PutItem"), (&new, "S3: PutObject")] {
        colleague.apply_fails().error().says("Error acquiring the state lock").says(guard);
    }
    stage.lab().faults().release(number);
    let _ = running.finish().succeeded();
    assert_eq!((moto.keys(), moto.items()), (vec![STATE.to_owned()], vec![digest]));

    backend(&stage, &format!("{file}\n    {table}"), file);
    stage.assert_settled();
    shrink(&stage);
    let (running, held) = stage.apply_until(stall("/config$").method("PUT"));
    let (number, _) = held.expect("a VM is changed");
    assert_eq!(moto.keys(), [STATE, LOCK]);
    assert!(!moto.items().contains(&item), "the table has no lock any more");
    stage.lab().faults().release(number);
    let _ = running.finish().succeeded();
    stage.assert_settled();
    assert_eq!(moto.object(STATE)["lineage"], lineage, "it is the same state");
}

/// A working copy of an environment and of the modules, initialised, with its state on moto.
fn environment(moto: &Moto, place: &str, name: &str) -> Option<Stage> {
    let folder = format!("{place}/environments/{name}");
    let stage = Stage::with(&folder, Options::new().mirror())?;
    stage.provider("");
    copy(&checkout().join("environments").join(name), stage.folder());
    let above = stage.folder().ancestors().nth(2).unwrap();
    copy(&checkout().join("modules"), &above.join("modules"));
    let lab = stage.lab();
    let mut addresses = json!({
        "proxmox_endpoints": lab.proxmox_endpoints(),
        "proxmox_ca_certificate": lab.ca_pem(),
    });
    if name == "prod" {
        addresses["netbox_url"] = lab.netbox_url().into();
        addresses["netbox_ca_certificate"] = lab.ca_pem().into();
        addresses["idrac_username"] = lab.idrac_username().into();
        addresses["idrac_ca_certificate"] = lab.ca_pem().into();
        for (server, endpoint) in lab.idracs() {
            addresses["idrac_servers"][server] = json!({ "endpoint": endpoint });
        }
        stage.set("TF_VAR_netbox_token", lab.netbox_token());
        stage.set("TF_VAR_idrac_password", lab.idrac_password());
    }
    let write = |name: &str, text: &str| fs::write(stage.folder().join(name), text).unwrap();
    write("lab.auto.tfvars.json", &addresses.to_string());
    let url = moto.url();
    write(
        "backend.hcl",
        &format!(
            "bucket = \"{BUCKET}\"\nregion = \"us-east-1\"\nendpoints = {{ s3 = \"{url}\", dynamodb = \
             \"{url}\" }}\nuse_path_style = true\nskip_credentials_validation = \
             true\nskip_requesting_account_id = true\n"
        ),
    );
    stage.set("TF_VAR_proxmox_api_token", stage.lab().api_token());
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        stage.set(name, "test");
    }
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        stage.set(name, stage.folder().join("none").display().to_string());
    }
    stage.set("AWS_EC2_METADATA_DISABLED", "true");
    stage.set("TF_CLI_ARGS_init", "-reconfigure -backend-config=backend.hcl");
    stage.init();
    Some(stage)
}

/// Writes a line of the backend anew and initialises it.
fn backend(stage: &Stage, from: &str, to: &str) {
    edit(stage, "backend.tf", from, to);
    stage.init();
}

/// More memory for one VM.
fn enlarge(stage: &Stage) {
    edit(stage, "terraform.tfvars", "memory     = 4096", "memory     = 8192");
}

/// What [`enlarge`] did, taken back.
fn shrink(stage: &Stage) {
    edit(stage, "terraform.tfvars", "memory     = 8192", "memory     = 4096");
}

fn edit(stage: &Stage, name: &str, from: &str, to: &str) {
    let path = stage.folder().join(name);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "`{from}` is not in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// `terraform force-unlock`; whether it did.
fn unlock(stage: &Stage, id: &str) -> bool {
    let cli_config = stage.folder().join("terraform.rc");
    let output = Terraform::find()
        .unwrap()
        .command(stage.folder(), &cli_config)
        .args(["force-unlock", "-no-color", "-force", id])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .output()
        .unwrap();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    output.status.success()
}

/// The error names the lock, so that it can be taken away, and who holds it.
fn assert_refused(run: &Run, lock: &Value) {
    let text = |name: &str| lock[name].as_str().unwrap().to_owned();
    run.error().says("Error acquiring the state lock").says(&text("ID"));
    assert!(run.error().detail.contains(&text("Who")), "{run}");
    assert!(run.error().detail.contains(&text("Path")), "{run}");
}

/// Holds a request that writes until it is released.
fn stall(path: &str) -> Fault {
    Fault::new(Effect::Stall { when: When::Before }).path(path)
}
