//! Nodes and the version. API: `/nodes`, `/version`.

use serde_json::{Value, json};

use super::Call;
use super::error::Reply;

/// Memory of every node, in bytes.
pub(super) const NODE_MEMORY: u64 = 64 << 30;
/// CPUs of every node.
pub(super) const NODE_CPUS: u64 = 16;

/// `GET /version`.
pub(super) fn version() -> Reply {
    json!({ "version": "9.2.11", "release": "9.2", "repoid": "14a22df35955d97d" }).into()
}

/// `GET /nodes`.
pub(super) fn list(call: &Call) -> Reply {
    let state = call.shared.state();
    let uptime = call.shared.clock.passed().as_secs() + 3600;
    let rows: Vec<Value> = state
        .nodes
        .iter()
        .map(|node| {
            let mut row = json!({
                "type": "node",
                "node": node.name,
                "id": format!("node/{}", node.name),
                "ssl_fingerprint": node.fingerprint,
            });
            if call.shared.faults.offline(&node.name) {
                row["status"] = "offline".into();
                return row;
            }
            row["status"] = "online".into();
            if state.access.allowed(&call.who, &format!("/nodes/{}", node.name), "Sys.Audit") {
                row["cpu"] = 0.02.into();
                row["disk"] = (10_u64 << 30).into();
                row["level"] = "".into();
                row["maxcpu"] = NODE_CPUS.into();
                row["maxdisk"] = (100_u64 << 30).into();
                row["maxmem"] = NODE_MEMORY.into();
                row["mem"] = (4_u64 << 30).into();
                row["uptime"] = uptime.into();
            }
            row
        })
        .collect();
    Value::from(rows).into()
}

/// `GET /nodes/{node}/status`.
pub(super) fn status(call: &Call) -> Reply {
    let uptime = call.shared.clock.passed().as_secs() + 3600;
    let used = 4_u64 << 30;
    let root = 100_u64 << 30;
    json!({
        "boot-info": { "mode": "legacy-bios" },
        "cpu": 0.02,
        "cpuinfo": {
            "cores": NODE_CPUS / 2,
            "cpus": NODE_CPUS,
            "flags": "fpu vme de pse tsc msr",
            "hvm": "1",
            "mhz": "3000.000",
            "model": "Lab CPU",
            "sockets": 1,
            "user_hz": 100,
        },
        "current-kernel": {
            "machine": "x86_64",
            "release": "6.17.2-1-pve",
            "sysname": "Linux",
            "version": "#1 SMP PREEMPT_DYNAMIC PMX 6.17.2-1",
        },
        "idle": 0,
        "ksm": { "shared": 0 },
        "kversion": "Linux 6.17.2-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.2-1",
        "loadavg": ["0.10", "0.10", "0.10"],
        "memory": {
            "available": NODE_MEMORY - used,
            "free": NODE_MEMORY - used,
            "total": NODE_MEMORY,
            "used": used,
        },
        "pveversion": "pve-manager/9.2.11/14a22df35955d97d",
        "rootfs": { "avail": root / 2, "free": root / 2, "total": root, "used": root / 2 },
        "swap": { "free": 8_u64 << 30, "total": 8_u64 << 30, "used": 0 },
        "uptime": uptime,
        "wait": 0,
    })
    .into()
}
