//! The tree of a real R750 (iDRAC9 6.00.30.00) is read without an error wherever the client looks.

use std::{collections::BTreeMap, io::Read, path::Path, sync::Arc};

use flate2::read::GzDecoder;
use onprem_redfish::{JobState, Place};
use serde_json::{Value, json};

use crate::server::{LOGIN, Reply, Server};

/// The recorded resources by path, or `None` with a visible line when they are not here
fn tree() -> Option<BTreeMap<String, Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/apis/idrac-r750-6.00.30.tar.gz"))
        .find(|path| path.is_file());
    let Some(path) = path else {
        let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty());
        assert!(!ci, "the recorded tree of an R750 is missing");
        eprintln!("SKIPPED: the recorded tree of an R750 is not beside the workspace");
        return None;
    };
    let mut bytes = vec![];
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let files = files(&bytes).into_iter().filter_map(|(name, bytes)| {
        let folder = name.trim_start_matches("./").strip_suffix("/index.json")?;
        Some((format!("/{folder}"), serde_json::from_slice(bytes).ok()?))
    });
    Some(files.collect())
}

/// The files of a tar archive, which is blocks of 512 bytes: a head with the name and the size in octal
/// digits, then the content
fn files(tar: &[u8]) -> Vec<(String, &[u8])> {
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').trim().to_owned();
    let (mut files, mut at, mut long) = (vec![], 0, None);
    while let Some(head) = tar.get(at..at + 512).filter(|head| head[0] != 0) {
        let size = text(&head[124..136]);
        let size = usize::from_str_radix(size.trim_end_matches('\0'), 8).unwrap();
        let content = &tar[at + 512..at + 512 + size];
        let short = match text(&head[345..500]).as_str() {
            "" => text(&head[..100]),
            prefix if &head[257..262] == b"ustar" && head[262] == 0 => {
                format!("{prefix}/{}", text(&head[..100]))
            }
            _ => text(&head[..100]),
        };
        match head[156] {
            // A long name of GNU tar, or of pax, stands in front of its file.
            b'L' => long = Some(text(content)),
            b'x' => {
                let records = text(content);
                let path = records.lines().find_map(|line| line.split_once(" path="));
                long = path.map(|(_, path)| path.to_owned());
            }
            b'0' | 0 => files.push((long.take().unwrap_or(short), content)),
            _ => long = None,
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

/// The answers of the real server, expanded where the request says so
async fn serve(tree: &Arc<BTreeMap<String, Value>>) -> Server {
    let tree = Arc::clone(tree);
    Server::start(move |request| {
        let (method, path) = request.line.split_once(' ').unwrap();
        if request.line == LOGIN || request.line.starts_with("DELETE ") {
            return None;
        }
        if method == "POST" {
            let ready = path.ends_with("DellLCService.GetRemoteServicesAPIStatus");
            assert!(ready, "nothing else is posted: {path}");
            return Some(Reply::Json(json!({ "Status": "Ready" })));
        }
        let path = path.trim_end_matches('/');
        let Some(mut found) = tree.get(path).cloned() else { return Some(Reply::not_found()) };
        if request.query.contains("expand")
            && let Some(Value::Array(members)) = found.get_mut("Members")
        {
            for member in members {
                let path = member["@odata.id"].as_str().unwrap().to_owned();
                *member = tree.get(&path).unwrap_or_else(|| panic!("{path}")).clone();
            }
        }
        Some(Reply::Json(found))
    })
    .await
}

#[tokio::test]
async fn every_place_that_the_client_touches_is_read() {
    let Some(tree) = tree() else { return };
    assert!(tree.len() > 2000, "only {} resources were recorded", tree.len());
    let server = serve(&Arc::new(tree)).await;
    let client = server.client();

    let firmware = client.firmware_inventory().await.unwrap();
    assert_eq!(firmware.len(), 29);
    let only = |place: Place| firmware.iter().filter(move |one| one.place == place);
    assert_eq!(only(Place::Installed).count(), 21);
    let previous: Vec<&str> = only(Place::Previous).map(|one| one.version.as_str()).collect();
    assert_eq!(previous, ["1.2.4", "4.40.29.00"]);
    assert!(firmware.iter().all(|one| !one.version.is_empty() && !one.fqdd.is_empty()));
    for (word, version, reboot) in [
        ("BIOS", "1.8.2", true),
        ("159", "1.8.2", true),
        ("iDRAC.Embedded.1-1", "6.00.30.00", false),
        ("Lifecycle Controller", "6.00.30.00", false),
        ("27763", "1.0.5", true),
        ("25806", "4301A56", false),
        ("18981", "21.03.10", false),
        ("NIC.Slot.5-1", "24.40.10.00", true),
        ("PSU.Slot.2", "00.2A.2B", true),
    ] {
        let found: Vec<_> = only(Place::Installed).filter(|one| one.is_called(word)).collect();
        assert_eq!(found.len(), 1, "{word}");
        assert_eq!(
            (found[0].version.as_str(), found[0].needs_reboot()),
            (version, reboot),
            "{word}"
        );
    }

    let service = client.update_service().await.unwrap();
    assert!(service.can_wait_for_reset() && service.can_push());
    assert_eq!(service.transfer_protocols.len(), 5);

    let jobs = client.jobs().await.unwrap();
    assert_eq!(jobs.len(), 1);
    let job = client.job("JID_102241909559").await.unwrap().unwrap();
    assert_eq!((&job, &job.state), (&jobs[0], &JobState::Completed));
    assert!(!job.is_firmware_update() && job.end_time.is_some());
    assert_eq!(client.job("JID_1").await.unwrap(), None);

    let system = client.system().await.unwrap();
    assert_eq!(system.model.as_deref(), Some("PowerEdge R750"));
    assert_eq!(system.service_tag.as_deref(), Some("F54P1G3"));
    assert_eq!(system.system_id.as_deref(), Some("090E"));
    assert_eq!(system.controller_version.as_deref(), Some("6.00.30.00"));
    assert_eq!(system.memory_gib, Some(512));

    assert!(client.lifecycle_status().await.unwrap().unwrap().is_ready());
    client.wait_until_ready().await.unwrap();
}

#[tokio::test]
async fn the_other_views_of_a_job_say_the_same() {
    let Some(mut tree) = tree() else { return };
    let id = "JID_102241909559";
    let dell = serve(&Arc::new(tree.clone())).await.client().job(id).await.unwrap().unwrap();
    tree.retain(|path, _| !path.contains("/Oem/Dell/Jobs/"));
    let other = serve(&Arc::new(tree)).await.client().job(id).await.unwrap().unwrap();
    assert_eq!((other.state, other.message), (dell.state, dell.message));
    assert_eq!(onprem_redfish::message_code(&other.message_id), dell.message_id);
}
