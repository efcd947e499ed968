//! What the calls send.

use onprem_proxmox::{
    DeleteVm, DownloadUrl, ErrorKind, NodeName, Params, StorageName, Upload, UploadSource, VmId,
    VolumeId,
};
use serde_json::json;

use crate::server::{Reply, Server};

const UPID: &str = "UPID:pve1:000000C0:000B1A90:6B012F7D:qmcreate:100:root@pam!test:";

fn node() -> NodeName {
    NodeName::new("pve1").unwrap()
}

fn local() -> StorageName {
    StorageName::new("local").unwrap()
}

/// A server whose every task ends well at once
async fn obliging() -> Server {
    Server::start(|request| match request.line.as_str() {
        line if line.ends_with("/status") && line.starts_with("GET") => {
            Reply::Data(json!({ "status": "stopped", "exitstatus": "OK" }))
        }
        line if line.contains("/config") && line.starts_with("PUT") => Reply::Data(json!(null)),
        _ => Reply::Data(json!(UPID)),
    })
    .await
}

#[tokio::test]
async fn values_arrive_as_they_are() {
    let server = obliging().await;
    let vm = server.client().qemu(&node(), VmId::new(100).unwrap());
    let mut params = Params::new();
    params.set("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0").set("tags", "a;b");
    params.set("description", "1 + 1 = 2; ü\n").set_ssh_keys("sshkeys", ["ssh-ed25519 A+/ me@x"]);
    vm.create(&params).await.unwrap();
    let sent = &server.seen()[0];
    assert_eq!(sent.line, "POST /nodes/pve1/qemu");
    assert_eq!(sent.params["net0"], "virtio=BC:24:11:00:00:01,bridge=vmbr0");
    assert_eq!(sent.params["tags"], "a;b");
    assert_eq!(sent.params["description"], "1 + 1 = 2; ü\n");
    assert_eq!(sent.params["sshkeys"], "ssh-ed25519%20A%2B%2F%20me%40x");
    assert_eq!(sent.params["vmid"], "100");
}

#[tokio::test]
async fn a_delete_has_a_query_and_no_body() {
    let server = obliging().await;
    let vm = server.client().qemu(&node(), VmId::new(100).unwrap());
    vm.delete(&DeleteVm { purge: true, destroy_unreferenced_disks: false }).await.unwrap();
    let sent = &server.seen()[0];
    assert_eq!((sent.line.as_str(), sent.body.as_str()), ("DELETE /nodes/pve1/qemu/100", ""));
    assert_eq!(sent.params["purge"], "1");
    let volume = VolumeId::new("local:iso/a.iso").unwrap();
    server.client().storage(&node(), &local()).delete_volume(&volume).await.unwrap();
    let line = "DELETE /nodes/pve1/storage/local/content/local%3Aiso%2Fa.iso";
    assert_eq!(server.count(line), 1);
}

#[tokio::test]
async fn nothing_is_sent_when_nothing_changes() {
    let server = obliging().await;
    let vm = server.client().qemu(&node(), VmId::new(100).unwrap());
    vm.update(&Params::new().with("digest", "abc")).await.unwrap();
    assert!(server.seen().is_empty());
    vm.update(&Params::new().with("digest", "abc").with("cores", 2)).await.unwrap();
    assert_eq!(server.count("PUT /nodes/pve1/qemu/100/config"), 1);
}

#[tokio::test]
async fn a_download_names_what_is_set() {
    let server = obliging().await;
    let download = DownloadUrl {
        url: "https://example.test/a=b;c?d&e".to_owned(),
        content: "iso".to_owned(),
        filename: "a.iso".to_owned(),
        checksum: Some("00".to_owned()),
        checksum_algorithm: Some("sha256".to_owned()),
        verify_certificates: Some(false),
        ..DownloadUrl::default()
    };
    server.client().storage(&node(), &local()).download_url(&download).await.unwrap();
    let sent = &server.seen()[0].params;
    assert_eq!(sent["url"], download.url);
    assert_eq!(
        (sent["verify-certificates"].as_str(), sent["checksum-algorithm"].as_str()),
        ("0", "sha256")
    );
    assert!(!sent.contains_key("compression"));
}

#[tokio::test]
async fn an_upload_has_its_parts_in_the_servers_order_and_a_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    std::fs::write(&path, "content of the file").unwrap();
    for source in
        [UploadSource::File(path.clone()), UploadSource::Bytes("content of the file".into())]
    {
        let server = obliging().await;
        let upload = Upload {
            content: "iso".to_owned(),
            filename: "a.iso".to_owned(),
            source,
            checksum: Some(("sha256".to_owned(), "00".to_owned())),
        };
        let storage = server.client().storage(&node(), &local());
        storage.upload(&upload).await.unwrap().await.unwrap();
        let sent = &server.seen()[0];
        assert!(!sent.head.to_lowercase().contains("transfer-encoding"), "{}", sent.head);
        let parts: Vec<&str> = sent.body.split("Content-Disposition: form-data; ").collect();
        assert_eq!(parts.len(), 5);
        for (part, start) in parts[1..].iter().zip([
            "name=\"content\"\r\n\r\niso\r\n",
            "name=\"checksum-algorithm\"\r\n\r\nsha256\r\n",
            "name=\"checksum\"\r\n\r\n00\r\n",
            "name=\"filename\"; filename=\"a.iso\"\r\nContent-Type: application/octet-stream\r\n\r\n\
             content of the file\r\n--",
        ]) {
            assert!(part.starts_with(start), "{part:?}");
        }
        assert!(sent.body.ends_with("--\r\n"));
    }
    let missing = Upload {
        content: "iso".to_owned(),
        filename: "a.iso".to_owned(),
        source: UploadSource::File(folder.path().join("missing")),
        checksum: None,
    };
    let storage = obliging().await.client().storage(&node(), &local());
    let error = storage.upload(&missing).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Configuration);
    assert!(error.text().contains("missing"), "{error}");
}

#[tokio::test]
async fn only_a_listing_without_it_means_that_a_volume_is_gone() {
    let mut replies = [
        Reply::Data(json!([{ "volid": "local:iso/b.iso", "size": "512" }])),
        Reply::Data(json!([{ "volid": "local:iso/a.iso", "size": 512 }])),
        Reply::error(500, "storage 'local' does not exist"),
    ]
    .into_iter();
    let server = Server::start(move |_| replies.next().unwrap()).await;
    let storage = server.client().storage(&node(), &local());
    let volume = VolumeId::new("local:iso/a.iso").unwrap();
    assert!(storage.volume(&volume).await.unwrap().is_none());
    assert_eq!(storage.volume(&volume).await.unwrap().unwrap().size, 512);
    let error = storage.volume(&volume).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoSuchStorage);
}

#[tokio::test]
async fn an_answer_that_is_no_proxmox_says_so() {
    for (reply, words) in [
        (Reply::Body(json!({ "hello": 1 })), "is this a Proxmox VE API?"),
        (Reply::Data(json!({ "version": [] })), "data.version"),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        let error = server.client().version().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().starts_with("GET /version on http://127.0.0.1"), "{error}");
    }
}
