//! The client against the lab's NetBox, in the shapes of several versions.

use onprem_lab::{Lab, LabOptions};
use onprem_netbox::{Claim, Client, Kind, Place, Query, kinds, unmarked};
use serde_json::{Value, json};

async fn client_of(lab: &Lab) -> Client {
    let builder = Client::builder(&lab.netbox_url(), lab.netbox_token());
    builder.http(|http| http.ca_certificate(lab.ca_pem())).build().unwrap()
}

fn fields(value: Value) -> onprem_netbox::Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_where_the_table_says() {
    for version in ["4.2.9", "4.7.0"] {
        let options = LabOptions::default().netbox_version(version);
        let lab = Lab::start(options).await.unwrap();
        let client = client_of(&lab).await;
        for kind in Kind::all() {
            let found = client.objects(kind).list(&Query::new()).await;
            assert!(found.is_ok(), "{} of {version}: {found:?}", kind.noun);
        }
    }
}

/// Somebody begins to make an address and is killed; whoever makes the same under the same claim gets
/// that one, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_recorded_is_taken_up_once() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let killed = client_of(&lab).await;
    let prefix = fields(json!({"prefix": "10.0.0.0/24"}));
    let prefix = killed.objects(&kinds::PREFIX).create(prefix).await.unwrap().id();
    let place = Place::AddressOfPrefix(prefix);
    let claim = Claim::new("prod", ["an address"]);
    let body = || fields(json!({"comments": "ours"}));
    let begun = killed.create(place, body(), Some(&claim)).await.unwrap();
    let recorded = killed.create(place, body(), Some(&claim)).await.unwrap();
    assert_ne!(begun.id(), recorded.id(), "what this client makes itself is not taken up");
    killed.settled(&kinds::IP_ADDRESS, recorded.id(), "ours").await;

    let next = client_of(&lab).await;
    let other = Claim::new("dev", ["an address"]);
    let stranger = next.create(place, body(), Some(&other)).await.unwrap();
    assert!(![begun.id(), recorded.id()].contains(&stranger.id()), "another owner's is left alone");
    let taken = next.create(place, body(), Some(&claim)).await.unwrap();
    assert_eq!(taken.id(), begun.id());
    assert_eq!(taken.text("comments").as_deref(), Some("ours"));
    let third = next.create(place, body(), Some(&claim)).await.unwrap();
    assert!(![begun.id(), recorded.id(), stranger.id()].contains(&third.id()));

    // Until it is recorded the object itself says so.
    let object = next.objects(&kinds::IP_ADDRESS).get(taken.id()).await.unwrap();
    assert!(unmarked(&object.text("comments").unwrap()).1, "{object:?}");
    next.settle(&kinds::IP_ADDRESS, taken.id(), "ours");
    next.settle(&kinds::IP_ADDRESS, third.id(), "ours");
    next.flush().await;
    for id in [taken.id(), third.id(), recorded.id()] {
        let object = next.objects(&kinds::IP_ADDRESS).get(id).await.unwrap();
        assert_eq!(object.text("comments").as_deref(), Some("ours"));
    }
}
