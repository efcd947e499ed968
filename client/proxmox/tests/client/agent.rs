//! The guest agent: what it says, and the ways in which it says nothing.

use std::time::Duration;

use onprem_proxmox::{Agent, AgentAnswer, ErrorKind, NodeName, VmId};
use serde_json::json;

use crate::server::{Reply, Server};

fn agent(server: &Server) -> Agent {
    let (node, vmid) = (NodeName::new("pve1").unwrap(), VmId::new(170).unwrap());
    server.client().qemu(&node, vmid).agent()
}

#[tokio::test]
async fn addresses_come_from_the_agent() {
    let server = Server::start(|request| match request.line.as_str() {
        "POST /nodes/pve1/qemu/170/agent/ping" => Reply::Data(json!({ "result": {} })),
        _ => Reply::Data(json!({ "result": [{
            "name": "ens18", "hardware-address": "bc:24:11:00:00:01",
            "statistics": { "rx-bytes": 1 },
            "ip-addresses": [
                { "ip-address": "10.0.0.5", "ip-address-type": "ipv4", "prefix": 24 },
                { "ip-address": "fe80::1", "ip-address-type": "ipv6", "prefix": 64 },
            ],
        }, { "name": "sit0" }] })),
    })
    .await;
    assert_eq!(agent(&server).ping().await.unwrap(), AgentAnswer::Answered(()));
    let interfaces = agent(&server).interfaces().await.unwrap().answered().unwrap();
    assert_eq!(interfaces[0].addresses[0].ip.to_string(), "10.0.0.5");
    assert_eq!((interfaces[1].mac.as_deref(), interfaces[1].addresses.len()), (None, 0));
}

#[tokio::test]
async fn a_silent_agent_is_no_error_and_each_silence_has_its_name() {
    for (text, answer) in [
        ("No QEMU guest agent configured", AgentAnswer::Disabled),
        ("QEMU guest agent is not running", AgentAnswer::NotRunning),
        ("VM 170 is not running", AgentAnswer::Stopped),
        (
            "VM 170 qmp command 'guest-network-get-interfaces' failed - got timeout",
            AgentAnswer::NotAnswering,
        ),
    ] {
        let server = Server::start(move |_| Reply::error(500, text)).await;
        assert_eq!(agent(&server).interfaces().await.unwrap(), answer, "{text}");
        assert_eq!(server.seen().len(), 1, "asked once");
    }
    let gone = "Configuration file 'nodes/pve1/qemu-server/170.conf' does not exist";
    let server = Server::start(move |_| Reply::error(500, gone)).await;
    assert_eq!(*agent(&server).interfaces().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn patience_with_an_agent_that_hangs_is_short() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(300));
        Reply::Data(json!({ "result": [] }))
    })
    .await;
    let hasty = agent(&server).patience(Duration::from_millis(20));
    assert_eq!(hasty.interfaces().await.unwrap(), AgentAnswer::NotAnswering);
    assert_eq!(server.seen().len(), 1);
}
