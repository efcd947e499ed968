//! Start, signals and end of a plugin process, and what it leaves in the file system.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tf_provider_protocol::proto::plugin::Empty;

use crate::connection::{Credentials, plain};
use crate::plugin::{Start, open, until};

#[test]
fn a_person_is_told_what_this_is() {
    let temporary = tempfile::tempdir().unwrap();
    let (status, stdout, stderr) = Start::by_hand(temporary.path()).spawn().wait();
    assert!(!status.success());
    assert_eq!(stdout, "");
    assert!(stderr.contains("this program is a Terraform provider"), "{stderr}");
}

#[test]
fn a_malformed_client_certificate_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let start = Start::as_plugin(temporary.path()).variable("PLUGIN_CLIENT_CERT", "nonsense");
    let (status, stdout, stderr) = start.spawn().wait();
    assert!(!status.success());
    assert_eq!(stdout, "");
    assert!(stderr.contains("PLUGIN_CLIENT_CERT"), "{stderr}");
}

#[tokio::test]
async fn shutdown_is_answered_and_ends_the_process() {
    let temporary = tempfile::tempdir().unwrap();
    let terraform = Credentials::like_terraform();
    let mut plugin = Start::as_plugin(temporary.path()).client(&terraform).handshake();
    let folder = plugin.folder();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(folder.parent().unwrap(), temporary.path());

    let channel = plugin.connect(&terraform).await;
    let mut output = channel.stdio().stream_stdio(()).await.unwrap().into_inner();
    channel.controller().shutdown(Empty {}).await.unwrap();
    // The stream of output says nothing and does not hold the process up.
    assert!(output.message().await.is_ok_and(|message| message.is_none()));

    let (status, stdout, stderr) = plugin.running.wait();
    assert!(status.success());
    assert_eq!(stdout, "", "only the handshake line may go there");
    assert!(stderr.contains("shutting down"), "{stderr}");
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_slow_clean_up_is_cut_off() {
    let temporary = tempfile::tempdir().unwrap();
    let start = Start::as_plugin(temporary.path()).variable("MINIMAL_HANG", "1");
    let mut plugin = start.variable("TF_LOG", "WARN").handshake();
    let channel = plugin.connect_plain().await;
    channel.controller().shutdown(Empty {}).await.unwrap();
    let (status, _, stderr) = plugin.running.wait();
    assert!(status.success());
    assert!(stderr.contains("cut off"), "{stderr}");
    assert!(!plugin.folder().exists());
}

#[tokio::test]
async fn a_panic_of_the_process_leaves_no_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let mut plugin = Start::as_plugin(temporary.path()).variable("MINIMAL_PANIC", "1").handshake();
    let channel = plugin.connect_plain().await;
    // The panic may come before the answer is out.
    let _ = channel.controller().shutdown(Empty {}).await;
    let (status, _, stderr) = plugin.running.wait();
    assert!(!status.success());
    assert!(stderr.contains("as the test wants it"), "{stderr}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn nobody_to_tell_where_it_listens_is_an_error_that_leaves_no_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (status, stderr) = Start::as_plugin(temporary.path()).told_to(writer);
    assert!(!status.success());
    assert!(stderr.contains("standard output is closed"), "{stderr}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn ctrl_c_is_left_to_terraform() {
    let temporary = tempfile::tempdir().unwrap();
    let mut plugin = Start::as_plugin(temporary.path()).handshake();
    let channel = plugin.connect_plain().await;
    for _ in 0..3 {
        plugin.running.signal(Signal::INT);
        assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
    }
    channel.controller().shutdown(Empty {}).await.unwrap();
    assert!(plugin.running.wait().0.success());
}

#[tokio::test]
async fn sigterm_and_sighup_end_it_cleanly() {
    let temporary = tempfile::tempdir().unwrap();
    for signal in [Signal::TERM, Signal::HUP] {
        let mut plugin = Start::as_plugin(temporary.path()).handshake();
        let _open = plugin.connect_plain().await;
        plugin.running.signal(signal);
        let (status, _, stderr) = plugin.running.wait();
        assert!(status.success(), "{signal:?}: {status}");
        assert!(stderr.contains("shutting down"), "{stderr}");
        assert!(!plugin.folder().exists());
    }
}

#[test]
fn it_does_not_outlive_a_terraform_that_was_killed() {
    let temporary = tempfile::tempdir().unwrap();
    let mut plugin = Start::as_plugin(temporary.path()).below_a_shell().handshake();
    let folder = plugin.folder();
    plugin.running.kill();
    until(|| !folder.exists());
}

#[tokio::test]
async fn folders_of_killed_processes_are_swept_and_no_others() {
    let temporary = tempfile::tempdir().unwrap();
    let mut killed = Start::as_plugin(temporary.path()).handshake();
    let living = Start::as_plugin(temporary.path()).handshake();
    killed.running.kill();
    assert!(killed.folder().exists(), "nothing can clean up after SIGKILL");
    // Somebody else's, and one of ours that is being made this moment.
    let foreign = ["tf-provider-notes", "tf-provider-x-1", "tf-provider-1-making", "other"];
    for name in foreign {
        fs::create_dir(temporary.path().join(name)).unwrap();
    }
    // Ours by name and abandoned, but with something inside that we never put there.
    let odd = temporary.path().join("tf-provider-2-odd");
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("lock"), "").unwrap();
    fs::write(odd.join("thesis"), "").unwrap();

    let _next = Start::as_plugin(temporary.path()).handshake();
    assert!(!killed.folder().exists());
    assert_eq!(living.connect_plain().await.resource_types().await.unwrap().len(), 1);
    for name in foreign {
        assert!(temporary.path().join(name).exists(), "{name}");
    }
    assert!(odd.join("thesis").exists());
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_avoided() {
    let temporary = tempfile::tempdir().unwrap();
    let long = temporary.path().join("d".repeat(100));
    fs::create_dir(&long).unwrap();
    let mut plugin = Start::as_plugin(&long).handshake();
    let folder = plugin.folder();
    assert_eq!(folder.parent().unwrap().to_str(), Some("/tmp"));
    let channel = plugin.connect_plain().await;
    channel.controller().shutdown(Empty {}).await.unwrap();
    plugin.running.wait();
    assert!(!folder.exists());
}

#[test]
fn the_folder_for_sockets_can_be_chosen() {
    let (temporary, chosen) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = chosen.path().to_str().unwrap();
    let start = Start::as_plugin(temporary.path()).variable("PLUGIN_UNIX_SOCKET_DIR", directory);
    assert_eq!(start.handshake().folder().parent().unwrap(), chosen.path());

    let missing = Start::as_plugin(&temporary.path().join("missing")).spawn().wait();
    assert!(!missing.0.success());
    assert!(missing.2.contains("TMPDIR"), "{}", missing.2);
}

/// A relative TMPDIR looked short and became a long path.
#[test]
fn a_relative_path_is_as_long_as_what_it_stands_for() {
    let temporary = tempfile::tempdir().unwrap();
    let long = temporary.path().join("d".repeat(100));
    fs::create_dir_all(long.join("t")).unwrap();
    let plugin = Start::as_plugin(Path::new("t")).current_folder(&long).handshake();
    assert_eq!(plugin.folder().parent().unwrap().to_str(), Some("/tmp"));
    let short = temporary.path().join("d");
    fs::create_dir_all(short.join("t")).unwrap();
    let plugin = Start::as_plugin(Path::new("t")).current_folder(&short).handshake();
    assert_eq!(plugin.folder().parent().unwrap(), short.join("t"));
}

/// With PLUGIN_UNIX_SOCKET_GROUP the plugin runs as one user and Terraform as another.
#[tokio::test]
async fn a_group_is_let_in_and_nobody_else() {
    let temporary = tempfile::tempdir().unwrap();
    // Its own group anybody may name; for others it takes root.
    let own = rustix::process::getegid().as_raw();
    let groups = match rustix::process::geteuid().is_root() {
        true => vec![("daemon".to_owned(), 1), ("4711".to_owned(), 4711)],
        false => vec![(own.to_string(), own)],
    };
    for (group, number) in groups {
        let start = Start::as_plugin(temporary.path()).variable("PLUGIN_UNIX_SOCKET_GROUP", &group);
        let plugin = start.handshake();
        for (path, mode) in [(plugin.folder(), 0o710), (PathBuf::from(&plugin.address), 0o660)] {
            let found = path.metadata().unwrap();
            assert_eq!((found.gid(), found.permissions().mode() & 0o777), (number, mode));
        }
        let lock = plugin.folder().join("lock").metadata().unwrap();
        assert_eq!(lock.permissions().mode() & 0o022, 0, "the lock is the owner's");
        let channel = plugin.connect_plain().await;
        assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
    }
    let start = Start::as_plugin(temporary.path());
    let unknown = start.variable("PLUGIN_UNIX_SOCKET_GROUP", "no-such-group").spawn().wait();
    assert!(!unknown.0.success());
    assert!(unknown.2.contains("`no-such-group` (PLUGIN_UNIX_SOCKET_GROUP)"), "{}", unknown.2);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn loopback_tcp_on_request() {
    let temporary = tempfile::tempdir().unwrap();
    let terraform = Credentials::like_terraform();
    let start = || {
        Start::as_plugin(temporary.path())
            .client(&terraform)
            .variable("TF_PROVIDER_LISTEN", "tcp")
            .variable("PLUGIN_MIN_PORT", "20000")
            .variable("PLUGIN_MAX_PORT", "25000")
    };
    let (first, second) = (start().handshake(), start().handshake());
    for plugin in [&first, &second] {
        assert_eq!(plugin.network, "tcp");
        let port: u16 = plugin.address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
        assert!((20_000..=25_000).contains(&port));
        let channel = plugin.connect(&terraform).await;
        assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
    }
    let taken = first.address.rsplit_once(':').unwrap().1;
    let full = start().variable("PLUGIN_MIN_PORT", taken).variable("PLUGIN_MAX_PORT", taken);
    let (status, _, stderr) = full.spawn().wait();
    assert!(!status.success());
    assert!(stderr.contains("no free port"), "{stderr}");
}

#[tokio::test]
async fn debug_mode_waits_to_be_attached_until_ctrl_c() {
    let temporary = tempfile::tempdir().unwrap();
    let mut running = Start::by_hand(temporary.path()).argument("-debug").spawn();
    let reattach = loop {
        let line = running.line();
        assert_ne!(line, "", "the line to set never came");
        if let Some(value) = line.strip_prefix("TF_REATTACH_PROVIDERS='") {
            break serde_json::from_str::<serde_json::Value>(
                value.trim_end().trim_end_matches('\''),
            )
            .unwrap();
        }
    };
    let provider = &reattach["registry.terraform.io/onprem/minimal"];
    assert_eq!(provider["Protocol"], "grpc");
    assert_eq!(provider["ProtocolVersion"], 6);
    assert_eq!(provider["Test"], true);
    let address = &provider["Addr"];
    // One connection after the other, as Terraform's commands come and go.
    for _ in 0..2 {
        let stream =
            open(address["Network"].as_str().unwrap(), address["String"].as_str().unwrap()).await;
        let channel = plain(stream).await.unwrap();
        assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
    }
    running.signal(Signal::INT);
    let (status, _, stderr) = running.wait();
    assert!(status.success());
    assert!(stderr.contains("shutting down"), "{stderr}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}
