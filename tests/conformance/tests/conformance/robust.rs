//! What must not bring a provider down: nonsense on the wire, a panic, and everything at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt};
use tf_provider::cty::{Type, Value};
use tf_provider_protocol::proto::provider_server::Provider;
use tf_provider_protocol::proto::{self, Diagnostic, DynamicValue, RawState};
use tonic::{Request, Status};

use super::sample::{Fault, SERVER, Sample, World, object, provider_block, server, start};

/// Bytes that are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// Bytes that once were a good message: flipped, cut off, or claiming more than there is.
    fn damaged(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        match self.below(4) {
            0 => bytes = self.bytes(64),
            1 => bytes.truncate(self.below(good.len().max(1))),
            2 => bytes.extend(self.bytes(16)),
            _ => {}
        }
        for _ in 0..self.below(4) {
            if !bytes.is_empty() {
                let at = self.below(bytes.len());
                // An array, map, text or extension of four billion.
                let claims = [0xdd, 0xdf, 0xdb, 0xc9, 0xff];
                bytes[at] = match self.below(2) {
                    0 => claims[self.below(claims.len())],
                    _ => self.next().to_le_bytes()[0],
                };
            }
        }
        bytes
    }

    fn value(&mut self, good: &[u8]) -> Option<DynamicValue> {
        Some(match self.below(8) {
            0 => return None,
            1 => {
                DynamicValue { msgpack: vec![], json: self.damaged(br#"{"name":"a","disks":[1]}"#) }
            }
            _ => DynamicValue { msgpack: self.damaged(good), json: vec![] },
        })
    }

    fn raw(&mut self, good: &[u8]) -> Option<RawState> {
        let json = self.damaged(good);
        Some(RawState { json, flatmap: BTreeMap::new() })
    }

    fn name(&mut self, good: &str) -> String {
        match self.below(16) {
            0 => String::from_utf8_lossy(&self.bytes(32)).into_owned(),
            _ => good.to_owned(),
        }
    }
}

/// Fails where an answer is none, or is the news of a panic.
fn answered<T>(rpc: &str, answer: Result<tonic::Response<T>, Status>) -> T {
    match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => panic!("{rpc} was answered with {status}"),
    }
}

fn sane(rpc: &str, diagnostics: &[Diagnostic]) {
    for one in diagnostics {
        assert!(!one.summary.contains("panicked"), "{rpc}: {}", one.summary);
    }
}

/// Every RPC with a body, many times, with bodies that are broken in every way.
#[tokio::test]
async fn nonsense_on_the_wire_is_answered_with_messages() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([("memory", 64.into())])]).await.expect_value();
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    let good = state.value.to_msgpack(&schema.ty()).unwrap();
    let private = state.private.clone();
    let service = tf_provider::testing::service::<Sample>();
    let request = proto::configure_provider::Request {
        config: Some(provider_block(world.name().into())),
        ..Default::default()
    };
    answered("ConfigureProvider", service.configure_provider(Request::new(request)).await);

    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    macro_rules! call {
        ($method:ident, $rpc:ident { $($field:ident: $value:expr),* $(,)? }) => {{
            #[allow(clippy::needless_update, reason = "some messages have no other field")]
            let request = proto::$rpc::Request { $($field: $value,)* ..Default::default() };
            let answer = service.$method(Request::new(request)).await;
            let answer = answered(stringify!($method), answer);
            sane(stringify!($method), &answer.diagnostics);
        }};
    }
    let identity = |value| Some(proto::ResourceIdentityData { identity_data: value });
    for _ in 0..200 {
        let n = &mut noise;
        let session = "sample_session";
        call!(validate_provider_config, validate_provider_config { config: n.value(&good) });
        call!(
            validate_resource_config,
            validate_resource_config { type_name: n.name(SERVER), config: n.value(&good) }
        );
        call!(
            validate_data_resource_config,
            validate_data_resource_config {
                type_name: n.name("sample_inventory"),
                config: n.value(&good),
            }
        );
        call!(
            upgrade_resource_state,
            upgrade_resource_state {
                type_name: n.name(SERVER),
                version: n.below(5) as i64 - 1,
                raw_state: n.raw(br#"{"host":"a","ram":1,"id":1,"disks":{"a":{}}}"#),
            }
        );
        call!(
            upgrade_resource_identity,
            upgrade_resource_identity {
                type_name: n.name(SERVER),
                version: n.below(3) as i64,
                raw_identity: n.raw(br#"{"server":1}"#),
            }
        );
        call!(
            read_resource,
            read_resource {
                type_name: n.name(SERVER),
                current_state: n.value(&good),
                private: n.damaged(&private),
                current_identity: identity(n.value(&good)),
            }
        );
        call!(
            plan_resource_change,
            plan_resource_change {
                type_name: n.name(SERVER),
                prior_state: n.value(&good),
                config: n.value(&good),
                proposed_new_state: n.value(&good),
                prior_private: n.damaged(&private),
            }
        );
        call!(
            import_resource_state,
            import_resource_state {
                type_name: n.name(SERVER),
                id: String::from_utf8_lossy(&n.bytes(20)).into_owned(),
                identity: identity(n.value(&good)),
            }
        );
        call!(
            move_resource_state,
            move_resource_state {
                source_provider_address: n.name("registry.terraform.io/other/cloud"),
                source_type_name: n.name("cloud_machine"),
                target_type_name: n.name(SERVER),
                source_state: n.raw(br#"{"number":1}"#),
            }
        );
        call!(
            generate_resource_config,
            generate_resource_config { type_name: n.name(SERVER), state: n.value(&good) }
        );
        call!(
            read_data_source,
            read_data_source { type_name: n.name("sample_inventory"), config: n.value(&good) }
        );
        call!(
            open_ephemeral_resource,
            open_ephemeral_resource { type_name: n.name(session), config: n.value(&good) }
        );
        call!(
            renew_ephemeral_resource,
            renew_ephemeral_resource {
                type_name: n.name(session),
                private: Some(n.damaged(br#"{"user":"a"}"#)),
            }
        );
        call!(
            close_ephemeral_resource,
            close_ephemeral_resource {
                type_name: n.name(session),
                private: Some(n.damaged(br#"{"user":"a"}"#)),
            }
        );
        call!(
            plan_action,
            plan_action { action_type: n.name("sample_restart"), config: n.value(&good) }
        );
        let request = proto::call_function::Request {
            name: n.name("join"),
            arguments: (0..n.below(6)).filter_map(|_| n.value(b"\xa1a")).collect(),
        };
        let called = answered("CallFunction", service.call_function(Request::new(request)).await);
        assert!(called.error.is_some() || called.result.is_some());
        let request = proto::list_resource::Request {
            type_name: n.name(SERVER),
            config: n.value(&good),
            include_resource_object: true,
            limit: n.below(4) as i64 - 1,
        };
        let listed = answered("ListResource", service.list_resource(Request::new(request)).await);
        for event in listed.try_collect::<Vec<_>>().await.unwrap() {
            sane("ListResource", &event.diagnostic);
        }
        let request = proto::invoke_action::Request {
            action_type: n.name("sample_restart"),
            config: n.value(&good),
            ..Default::default()
        };
        let invoked = answered("InvokeAction", service.invoke_action(Request::new(request)).await);
        assert!(invoked.count().await > 0);
    }
}

/// Nobody builds on what Terraform calls an experiment.
#[tokio::test]
async fn stores_of_states_are_not_there() {
    let service = tf_provider::testing::service::<Sample>();
    let codes = [
        service.validate_state_store_config(Request::new(Default::default())).await.map(drop),
        service.configure_state_store(Request::new(Default::default())).await.map(drop),
        service.read_state_bytes(Request::new(Default::default())).await.map(drop),
        service.lock_state(Request::new(Default::default())).await.map(drop),
        service.unlock_state(Request::new(Default::default())).await.map(drop),
        service.get_states(Request::new(Default::default())).await.map(drop),
        service.delete_state(Request::new(Default::default())).await.map(drop),
    ];
    for code in codes {
        assert_eq!(code.unwrap_err().code(), tonic::Code::Unimplemented);
    }
}

/// A panic ends one operation. The others, which run at the same time, never notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_ends_one_operation_alone() {
    let (core, world) = start().await;
    world.fail(Fault::PanicAfterCreate);
    let lives = (0..20).map(|_| async {
        let plan = core.plan(SERVER, None, &server([])).await.expect_value();
        let outcome = core.apply(&plan).await;
        (outcome.errors().len(), outcome.value.is_some())
    });
    let ends = join_all(lives).await;
    let mut failed = 0;
    for (errors, there) in ends {
        assert!(there, "the server has each of them");
        failed += errors;
    }
    assert_eq!(failed, 1);
}

/// Two hundred lives at once, each with its own object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_operations_run_at_once() {
    let (core, world) = start().await;
    let lives = (0..200).map(|number: i64| {
        let core = core.clone();
        tokio::spawn(async move {
            let config = server([("memory", (64 + number).into())]);
            let plan = core.plan(SERVER, None, &config).await.expect_value();
            let state = core.apply(&plan).await.expect_value();
            let state = core.refresh(&state).await.expect_value();
            (state.get("id").clone(), state.get("memory").clone(), number)
        })
    });
    let mut seen = BTreeMap::new();
    for life in join_all(lives).await {
        let (id, memory, number) = life.unwrap();
        assert_eq!(memory, (64 + number).into());
        assert!(seen.insert(id, number).is_none(), "two of them are one");
    }
    assert_eq!(world.names("north").len(), 200);
}

/// A stop reaches everything that is under way, not only the operation that was first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_reaches_everything_that_is_under_way() {
    let (core, world) = start().await;
    let hang = object([("id", 1.into()), ("fault", "hang".into())]);
    let invoked: Vec<_> = (0..20)
        .map(|_| {
            let (core, hang) = (core.clone(), hang.clone());
            tokio::spawn(async move { core.invoke("sample_restart", &hang).await })
        })
        .collect();
    world.hanging.cancelled().await;
    // One that has not begun is stopped, too.
    core.stop().await;
    for outcome in join_all(invoked).await {
        let outcome = outcome.unwrap();
        assert!(outcome.expect_error().summary.starts_with("Stopped"), "{}", outcome.complaints());
    }
    let world = World::create();
    assert!(world.is_empty());
}

/// A listing whose reader goes away does not go on for nobody.
#[tokio::test]
async fn a_listing_ends_when_nobody_reads_it() {
    let (core, world) = start().await;
    for _ in 0..50 {
        let plan = core.plan(SERVER, None, &server([])).await.expect_value();
        core.apply(&plan).await.expect_value();
    }
    let service = tf_provider::testing::service::<Sample>();
    let request = proto::configure_provider::Request {
        config: Some(provider_block(world.name().into())),
        ..Default::default()
    };
    service.configure_provider(Request::new(request)).await.unwrap();
    world.requests();
    let ty = Type::object([("zone", Type::String), ("from", Type::Number)]);
    let config = object([("zone", Value::Null), ("from", Value::Null)]);
    let request = proto::list_resource::Request {
        type_name: SERVER.to_owned(),
        config: Some(DynamicValue::encode_value(&config, &ty).unwrap()),
        include_resource_object: false,
        limit: 0,
    };
    let mut events = service.list_resource(Request::new(request)).await.unwrap().into_inner();
    events.next().await.unwrap().unwrap();
    drop(events);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let looked = world.requests().len();
    assert!(looked < 50, "{looked} were looked for");
}
