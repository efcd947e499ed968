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
    killed.settled(&kinds::IP_ADDRESS, recorded.id()).await;

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
    next.settle(&kinds::IP_ADDRESS, taken.id());
    next.settle(&kinds::IP_ADDRESS, third.id());
    next.flush().await;
    for id in [taken.id(), third.id(), recorded.id()] {
        let object = next.objects(&kinds::IP_ADDRESS).get(id).await.unwrap();
        assert_eq!(object.text("comments").as_deref(), Some("ours"));
    }
}

/// An address that was begun and never recorded was recorded after all, or deleted, between the search
/// for it and its turn: it was taken up a second time, so that two shared it, or the creation failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_open_any_more_is_not_taken_up() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let killed = client_of(&lab).await;
    let prefix = fields(json!({"prefix": "10.0.0.0/24"}));
    let prefix = killed.objects(&kinds::PREFIX).create(prefix).await.unwrap().id();
    let place = Place::AddressOfPrefix(prefix);
    let claim = Claim::new("prod", ["an address"]);
    let mut begun = vec![];
    for _ in 0..3 {
        begun.push(killed.create(place, fields(json!({})), Some(&claim)).await.unwrap().id());
    }
    let next = client_of(&lab).await;
    let taken = next.create(place, fields(json!({})), Some(&claim)).await.unwrap().id();
    assert!(begun.contains(&taken));
    begun.retain(|id| *id != taken);
    killed.settled(&kinds::IP_ADDRESS, begun[0]).await;
    killed.objects(&kinds::IP_ADDRESS).delete(begun[1]).await.unwrap();
    let other = next.create(place, fields(json!({})), Some(&claim)).await.unwrap().id();
    assert!(!begun.contains(&other) && other != taken, "{other} of {begun:?}");
}

/// A rule of the server wrote into the comments of what was just made, and taking the mark away took that
/// away, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_goes_alone() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let client = client_of(&lab).await;
    let objects = client.objects(&kinds::PREFIX);
    let claim = Claim::new("prod", ["a prefix"]);
    for networks in [&["10.1.0.0/24"][..], &["10.2.0.0/24", "10.3.0.0/24"][..]] {
        let mut made = vec![];
        for network in networks {
            let body = fields(json!({"prefix": network, "comments": "ours"}));
            let place = Place::Collection(&kinds::PREFIX);
            let id = client.create(place, body, Some(&claim)).await.unwrap().id();
            let object = objects.get(id).await.unwrap();
            let comments = format!("checked, {}", object.text("comments").unwrap());
            objects.update(&object, fields(json!({"comments": comments}))).await.unwrap();
            client.settle(&kinds::PREFIX, id);
            made.push(id);
        }
        client.flush().await;
        for id in made {
            let comments = objects.get(id).await.unwrap().text("comments");
            assert_eq!(comments.as_deref(), Some("checked, ours"));
        }
    }
}

/// More than a page of each: a list, and what is read ahead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_pages_are_read() {
    for version in ["4.2.9", "4.7.0"] {
        let options = LabOptions::default().netbox_version(version);
        let lab = Lab::start(options).await.unwrap();
        let client = client_of(&lab).await;
        let objects = client.objects(&kinds::IP_ADDRESS);
        let mut made = vec![];
        for number in 0..300 {
            let address = format!("10.0.{}.{}/16", number / 100, number % 100 + 1);
            made.push(objects.create(fields(json!({"address": address}))).await.unwrap().id());
        }
        let found = objects.list(&Query::new().with("parent", "10.0.0.0/16")).await.unwrap();
        assert_eq!(found.iter().map(onprem_netbox::Object::id).collect::<Vec<_>>(), made);
        // Ten at a time from everywhere: soon the rest is read ahead.
        let mark = lab.requests().mark();
        for first in 0..30 {
            let reads = made.iter().skip(first).step_by(30).map(|id| {
                let (objects, id) = (objects.clone(), *id);
                tokio::spawn(async move { (objects.read(id).await.unwrap().unwrap().id(), id) })
            });
            for read in reads.collect::<Vec<_>>() {
                let (found, id) = read.await.unwrap();
                assert_eq!(found, id);
            }
        }
        let requests = lab.requests().since(mark).len();
        assert!(requests < 15, "{requests} requests");
    }
}
