//! Whole updates against the lab: every door of both generations, and what goes wrong meanwhile.

use std::time::Duration;

use onprem_lab::{Effect, Fault, Lab, LabOptions, When, images};
use onprem_redfish::{
    ApplyTime, Client, ErrorKind, Firmware, JobEnd, Place, ResetType, RetryPolicy, SimpleUpdate,
    Stop,
};

const DIAGNOSTICS: &str = "25806";

async fn lab() -> Lab {
    Lab::start(LabOptions::new()).await.unwrap()
}

fn client(lab: &Lab, server: &str) -> Client {
    let (_, endpoint) = lab.idracs().into_iter().find(|(name, _)| name == server).unwrap();
    Client::builder(endpoint, lab.idrac_username(), lab.idrac_password())
        .http(|http| http.ca_certificate(lab.ca_pem()))
        .polling(Duration::from_millis(5), Duration::from_millis(50))
        .lost_answer_patience(Duration::from_millis(500))
        .missing_job_patience(Duration::from_secs(2))
        .http(|http| {
            http.retry(RetryPolicy {
                max_attempts: 3,
                min_delay: Duration::from_millis(5),
                max_delay: Duration::from_millis(50),
            })
        })
        .build()
        .unwrap()
}

fn url(file: &str) -> String {
    format!("http://images.example.com/firmware/{file}")
}

async fn installed(client: &Client, word: &str) -> Firmware {
    let inventory = client.firmware_inventory().await.unwrap();
    inventory.into_iter().find(|one| one.is_installed() && one.is_called(word)).unwrap()
}

fn boots(lab: &Lab, server: &str) -> u64 {
    lab.inventory()["servers"][server]["boots"].as_u64().unwrap()
}

#[tokio::test]
async fn both_generations_fetch_and_take_images() {
    let lab = lab().await;
    for (server, fetched, pushed) in [
        ("r750-01", "Diagnostics_R750_WN64_4301A79.EXE", "Diagnostics_R750_WN64_4301A70.EXE"),
        ("r770-01", "Diagnostics_R770_WN64_4302A14.EXE", "Diagnostics_R770_WN64_4302A08.EXE"),
    ] {
        let client = client(&lab, server);
        client.wait_until_ready().await.unwrap();
        let job = client.simple_update(&SimpleUpdate::new(url(fetched))).await.unwrap();
        let end = client.follow_job(&job, Stop::AtEnd).await.unwrap();
        assert!(matches!(end, JobEnd::Done(_)), "{end:?}");
        assert!(fetched.contains(&installed(&client, DIAGNOSTICS).await.version));

        let image = images().iter().find(|one| one.name.ends_with(pushed)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(pushed);
        std::fs::write(&file, &image.data).unwrap();
        let job = client.push_update(&file, ApplyTime::OnReset, &[]).await.unwrap();
        let end = client.follow_job(&job, Stop::AtEnd).await.unwrap();
        assert!(matches!(end, JobEnd::Done(_)), "{end:?}");
        assert!(pushed.contains(&installed(&client, DIAGNOSTICS).await.version));
        assert_eq!(boots(&lab, server), 0);
        client.close().await;
        assert_eq!(lab.inventory()["servers"][server]["sessions"], 0);
    }
}

#[tokio::test]
async fn a_staged_update_happens_when_the_host_restarts_and_can_be_taken_back() {
    let lab = lab().await;
    let client = client(&lab, "r750-01");
    let update = SimpleUpdate::new(url("BIOS_R750_WN64_1.14.1.EXE"));
    let job = client.simple_update(&update).await.unwrap();
    let end = client.follow_job(&job, Stop::WhenStaged).await.unwrap();
    assert!(matches!(end, JobEnd::Staged(_)), "{end:?}");
    client.delete_job(&job).await.unwrap();
    assert_eq!(client.job(&job).await.unwrap(), None);

    let previous = client.firmware_inventory().await.unwrap().into_iter();
    let previous = previous.filter(|one| one.place == Place::Previous && one.is_called("BIOS"));
    let previous = previous.collect::<Vec<_>>().pop().unwrap();
    let job = client.roll_back(&previous, ApplyTime::OnReset).await.unwrap();
    client.follow_job(&job, Stop::WhenStaged).await.unwrap();
    assert_eq!(boots(&lab, "r750-01"), 0);
    client.restart_host().await.unwrap();
    let end = client.follow_job(&job, Stop::AtEnd).await.unwrap();
    assert!(matches!(end, JobEnd::Done(_)), "{end:?}");
    client.wait_until_ready().await.unwrap();
    assert_eq!(installed(&client, "BIOS").await.version, "1.12.1");
    assert_eq!(boots(&lab, "r750-01"), 1);
}

#[tokio::test]
async fn an_update_may_wait_for_its_start() {
    let lab = lab().await;
    let client = client(&lab, "r750-01");
    let update = SimpleUpdate::new(url("Diagnostics_R750_WN64_4301A79.EXE"))
        .apply_time(ApplyTime::OnStartUpdateRequest);
    let job = client.simple_update(&update).await.unwrap();
    while client.job(&job).await.unwrap().unwrap().state != onprem_redfish::JobState::Downloaded {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    client.start_update().await.unwrap();
    client.follow_job(&job, Stop::AtEnd).await.unwrap();
    assert_eq!(installed(&client, DIAGNOSTICS).await.version, "4301A79");
}

#[tokio::test]
async fn the_controllers_own_restart_is_survived() {
    let lab = lab().await;
    // Slow enough that the restart is met: it lasts some seconds.
    lab.clock().set_factor(100.0);
    let client = client(&lab, "r770-01");
    let job =
        client.simple_update(&SimpleUpdate::new(url("iDRAC_R770_1.20.50.50.d10"))).await.unwrap();
    client.follow_job(&job, Stop::AtEnd).await.unwrap();
    client.wait_until_ready().await.unwrap();
    assert_eq!(installed(&client, "iDRAC").await.version, "1.20.50.50");
    assert_eq!(lab.inventory()["servers"]["r770-01"]["idrac_restarts"], 1);
    assert_eq!(boots(&lab, "r770-01"), 0);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_job() {
    let lab = lab().await;
    let client = client(&lab, "r750-01");
    for when in [When::Before, When::After] {
        let fault = Fault::new(Effect::Reset { when }).path("SimpleUpdate$").count(1);
        lab.faults().arm(fault).unwrap();
        let update = SimpleUpdate::new(url("Diagnostics_R750_WN64_4301A79.EXE"));
        let job = client.simple_update(&update).await.unwrap();
        client.follow_job(&job, Stop::AtEnd).await.unwrap();
        let jobs = client.jobs().await.unwrap();
        assert_eq!(jobs.len(), 1, "{when:?}: {jobs:?}");
        client.delete_job(&job).await.unwrap();
    }
}

#[tokio::test]
async fn a_failed_job_and_a_full_queue_are_named() {
    let lab = lab().await;
    let client = client(&lab, "r750-01");
    let update = SimpleUpdate::new(url("nothing.EXE"));
    let job = client.simple_update(&update).await.unwrap();
    let error = client.follow_job(&job, Stop::AtEnd).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::JobFailed);
    assert!(error.to_string().contains("RED006"), "{error}");
    lab.faults().arm(Fault::new(Effect::JobQueueFull)).unwrap();
    let error = client.simple_update(&update).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::JobQueueFull);
}

#[tokio::test]
async fn power_that_is_so_already_is_left_alone() {
    let lab = lab().await;
    let client = client(&lab, "r750-01");
    client.reset(ResetType::On).await.unwrap();
    client.reset(ResetType::ForceOff).await.unwrap();
    client.reset(ResetType::ForceOff).await.unwrap();
    assert_eq!(client.system().await.unwrap().power_state.as_deref(), Some("Off"));
    let system = client.system().await.unwrap();
    assert_eq!(system.model.as_deref(), Some("PowerEdge R750"));
}

/// The BIOS, named as its jobs name it
fn bios() -> SimpleUpdate {
    SimpleUpdate::new(url("BIOS_R750_WN64_1.14.1.EXE")).device_names(["BIOS.Setup.1-1", "BIOS"])
}

fn start(effect: Effect) -> Fault {
    Fault::new(effect).method("POST").path("UpdateService.SimpleUpdate$").count(1)
}

/// Somebody else's job of the same moment was taken for the one whose answer was lost.
#[tokio::test]
async fn a_job_of_a_stranger_is_not_ours_when_the_answer_is_lost() {
    for ours_is_made in [true, false] {
        let lab = lab().await;
        let (client, stranger) = (client(&lab, "r750-01"), client(&lab, "r750-01"));
        client.wait_until_ready().await.unwrap();
        let held = lab.faults().arm(start(Effect::Stall { when: When::Before })).unwrap();
        if ours_is_made {
            lab.faults().arm(start(Effect::Reset { when: When::After })).unwrap();
        }
        let starting = tokio::spawn({
            let client = client.clone();
            async move { client.simple_update(&bios()).await }
        });
        lab.faults().stalled(held).await;
        let update = SimpleUpdate::new(url("Diagnostics_R750_WN64_4301A79.EXE"));
        let theirs = stranger.simple_update(&update).await.unwrap();
        match ours_is_made {
            true => lab.faults().release(held),
            false => lab.faults().abort(held),
        }
        let outcome = starting.await.unwrap();
        if ours_is_made {
            let ours = outcome.unwrap();
            assert_ne!(ours, theirs);
            assert!(client.job(&ours).await.unwrap().unwrap().mentions("BIOS"));
        } else {
            let error = outcome.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::AmbiguousJob, "{error}");
            assert!(error.to_string().contains(&theirs), "{error}");
            let jobs = client.jobs().await.unwrap();
            assert!(jobs.iter().all(|job| !job.mentions("BIOS")), "nothing is started blindly");
        }
    }
}
