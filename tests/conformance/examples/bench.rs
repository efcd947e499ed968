//! What the framework costs. `cargo xtask bench framework` builds it and runs it.
//!
//! `bench PROVIDER` prints a table: how long the provider takes to start, to plan and apply a set of many
//! objects and to read and write a large state, and what memory it takes. Nothing here fails for being slow.

use std::env;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::task::{Context as Poller, Poll};
use std::time::{Duration, Instant};

use conformance::Core;
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tf_provider::cty::{Type, Value};
use tf_provider::{Attributes, Context, ObjectSet, Provider, Registry, Resource, Result, Update};
use tf_provider_protocol::proto;
use tf_provider_protocol::proto::provider_client::ProviderClient;
use tonic::body::Body;
use tonic::codegen::Service;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let provider = env::args().nth(1).ok_or("say where the provider is: bench PROVIDER")?;
    let mut table = vec![];
    let times = starts(&provider, 50).await?;
    table.push(row("start to handshake", median(times.iter().map(|one| one.0)), "10 ms"));
    table.push(row("start to GetProviderSchema", median(times.iter().map(|one| one.1)), "15 ms"));
    table.push(row("GetProviderSchema alone", median(times.iter().map(|one| one.2)), "5 ms"));
    let mut before = None;
    for count in [1_250, 2_500, 5_000, 10_000_i64] {
        let took = set(count).await;
        let goal = match before {
            None => "grows n log n".to_owned(),
            Some(before) => format!("{:.1} times the last", took.as_secs_f64() / before),
        };
        before = Some(took.as_secs_f64());
        table.push(row(&format!("plan and apply of a set of {count}"), took, &goal));
    }
    let State { bytes, decode, encode, json_bytes, json } = state();
    let megabytes = |bytes: usize| format!("{:.1} MB", bytes as f64 / 1e6);
    table.push(row(&format!("decode {} of state", megabytes(bytes)), decode, ""));
    table.push(row("encode the same", encode, "together 100 ms"));
    table.push(row(&format!("decode {} of stored state (JSON)", megabytes(json_bytes)), json, ""));
    let (idle, busy) = memory(&provider, 200).await?;
    let what = "peak memory, idle after GetProviderSchema";
    table.push((what.to_owned(), mebibytes(idle), "12 MB".to_owned()));
    table.push((String::from("peak memory, 200 plans at once"), mebibytes(busy), String::new()));
    let size = std::fs::metadata(&provider)?.len();
    table.push((
        "size of the binary, stripped".to_owned(),
        mebibytes(size / 1024),
        "15 MB".to_owned(),
    ));
    println!("| {} | measured | goal |\n|---|---|---|", machine());
    for (what, measured, goal) in table {
        println!("| {what} | {measured} | {goal} |");
    }
    Ok(())
}

fn row(what: &str, took: Duration, goal: &str) -> (String, String, String) {
    (what.to_owned(), format!("{:.1} ms", took.as_secs_f64() * 1e3), goal.to_owned())
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1} MiB", kibibytes as f64 / 1024.0)
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// Processors and name of this machine.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let name = read("/proc/sys/kernel/hostname").trim().to_owned();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("", |model| model.trim_start_matches([' ', '\t', ':']));
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}: {count} × {model}")
}

/// A provider as a process.
struct Plugin {
    child: Child,
    channel: Option<Channel>,
}

impl Plugin {
    async fn start(provider: &str) -> Result<Self, Failure> {
        let (child, line) = launch(provider, "")?;
        let mut plugin = Self { child, channel: None };
        let address = line.split('|').nth(3).ok_or("no handshake")?;
        plugin.channel = Some(Channel::open(Path::new(address)).await?);
        Ok(plugin)
    }

    /// Until the line that says where the provider listens, with a certificate made for this process as
    /// Terraform has it done.
    fn handshake(provider: &str) -> Result<Duration, Failure> {
        let started = Instant::now();
        let (child, line) = launch(provider, CERTIFICATE)?;
        let took = started.elapsed();
        drop(Self { child, channel: None });
        line.split('|').nth(5).filter(|own| !own.trim().is_empty()).ok_or("no certificate")?;
        Ok(took)
    }

    fn client(&self) -> Result<ProviderClient<Channel>, Failure> {
        let channel = self.channel.clone().ok_or("no connection")?;
        let origin = http::Uri::from_static("http://localhost");
        Ok(ProviderClient::with_origin(channel, origin).max_decoding_message_size(256 << 20))
    }

    /// Most memory that it has had, in KiB.
    fn peak(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_default()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the provider as Terraform does and reads its line. Without a certificate there is no TLS.
fn launch(provider: &str, certificate: &str) -> Result<(Child, String), Failure> {
    let mut child = Command::new(provider)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "6")
        .env("PLUGIN_CLIENT_CERT", certificate)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    Ok((child, line))
}

/// A certificate like Terraform's, on P-521; nobody has its key.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIICBTCCAWagAwIBAgIUBI7aRc7fphpJX6/tbzvvdX0Kg4owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTI2MTEyMTE4MDc1NFoXDTI2MTEyMjE4
MDc1NFowFDESMBAGA1UEAwwJbG9jYWxob3N0MIGbMBAGByqGSM49AgEGBSuBBAAj
A4GGAAQBvPG8Ab5FDeDYUeU9mVGcjCvBp33NmE7ydq73vaDegVXHvk8d0ZR6Ekq2
1AzV+RUNJ52djgnvLhijVZmz6MsZKmYAcM+oPalGcuPvkQBQTHILfns7hoFRALN1
HpVEC0k06rcL+kDrhUCdyCCP+PKdII/HBQ//D12qEKI3epNKJrRRPG2jUzBRMB0G
A1UdDgQWBBS1rreMb2YZlXzkxbd0WN9q4ufn0jAfBgNVHSMEGDAWgBS1rreMb2YZ
lXzkxbd0WN9q4ufn0jAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA4GMADCB
iAJCAecY30AtRjXSNjDDY0DOiMc75LZ1UbuBZq9NizqR9Q+XNblgzpmU2BAHoi9z
fpD7J6HASmYQ/BJjLUw/GCrCdPlsAkIBrr8ujPcNEYzd3k9yG4PqHT39oEfoVkW9
sbyJ7HnCt3y6ICDomLiAGaQe5db3ccCD+rR7ABj61rImo9eh6YoRtHE=
-----END CERTIFICATE-----\n";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// To the handshake, to the schemas, and the time of the schemas alone.
async fn starts(
    provider: &str,
    count: usize,
) -> Result<Vec<(Duration, Duration, Duration)>, Failure> {
    let mut times = vec![];
    for _ in 0..count {
        let handshake = Plugin::handshake(provider)?;
        let started = Instant::now();
        let plugin = Plugin::start(provider).await?;
        let asked = Instant::now();
        let request = proto::get_provider_schema::Request::default();
        plugin.client()?.get_provider_schema(request).await?;
        times.push((handshake, started.elapsed(), asked.elapsed()));
    }
    Ok(times)
}

/// Memory after a start and the schemas, and after many plans at once.
async fn memory(provider: &str, count: usize) -> Result<(u64, u64), Failure> {
    let plugin = Plugin::start(provider).await?;
    let request = proto::get_provider_schema::Request::default();
    let schemas = plugin.client()?.get_provider_schema(request).await?.into_inner();
    let idle = plugin.peak();
    let name = "onprem_proxmox_vm";
    let schema = schemas.resource_schemas.get(name).and_then(|schema| schema.block.clone());
    let attributes = schema.ok_or("the provider has no VMs")?.attributes;
    let mut types = vec![];
    for attribute in &attributes {
        // Every nested attribute is left out, so its type is of no matter.
        let ty = Type::from_json_bytes(&attribute.r#type).unwrap_or(Type::Bool);
        types.push((attribute.name.clone(), ty));
    }
    let config = Value::object(attributes.iter().map(|attribute| {
        let value = if attribute.required { "pve1".into() } else { Value::Null };
        (attribute.name.clone(), value)
    }));
    let config = proto::DynamicValue::encode_value(&config, &Type::object(types))?;
    let client = plugin.client()?;
    let plans = (0..count).map(|_| {
        let (mut client, config) = (client.clone(), config.clone());
        tokio::spawn(async move {
            let request = proto::plan_resource_change::Request {
                type_name: name.to_owned(),
                config: Some(config),
                ..Default::default()
            };
            client.plan_resource_change(request).await.map(drop)
        })
    });
    for plan in plans.collect::<Vec<_>>() {
        plan.await??;
    }
    Ok((idle, plugin.peak()))
}

/// A connection to a provider.
#[derive(Clone, Debug)]
struct Channel(SendRequest<Body>);

impl Channel {
    async fn open(socket: &Path) -> Result<Self, Failure> {
        let stream = TokioIo::new(tokio::net::UnixStream::connect(socket).await?);
        let (sender, connection) = handshake(TokioExecutor::new(), stream).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }
}

impl Service<http::Request<Body>> for Channel {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, poller: &mut Poller<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(poller)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// A resource with a set of objects, and nothing behind it.
struct Bench;

/// Its provider block.
#[derive(Clone, Attributes)]
struct Config {
    /// Nothing.
    #[attr(optional)]
    nothing: Option<String>,
}

/// Nobody is asked.
#[derive(Clone)]
struct Nobody;

impl tf_provider::FromClients<()> for Nobody {
    fn from_clients(_clients: &()) -> Result<Self> {
        Ok(Self)
    }
}

impl Provider for Bench {
    type Config = Config;
    type Clients = ();

    const NAME: &'static str = "bench";
    const ADDRESS: &'static str = "registry.terraform.io/bench/bench";
    const VERSION: &'static str = "0.0.0";
    const DESCRIPTION: &'static str = "A set.";

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Members>();
    }

    fn configure(_config: ConfigValues) -> Result<()> {
        Ok(())
    }
}

/// Members of something.
#[derive(Clone, Resource)]
#[resource(name = "members", import = "{id}")]
struct Members {
    /// A number.
    #[attr(required, identity)]
    id: i64,
    /// The members.
    #[attr(setting)]
    members: ObjectSet<Member>,
}

/// One member.
#[derive(Clone, Attributes)]
struct Member {
    /// Its name.
    #[attr(required)]
    name: String,
    /// Its port.
    #[attr(required)]
    port: i64,
    /// A word about it.
    #[attr(optional)]
    remark: Option<String>,
}

impl Members {
    fn of(plan: MembersPlan) -> Self {
        let members = plan.members.unwrap_or_default().into_iter();
        let members =
            members.map(|MemberPlan { name, port, remark }| Member { name, port, remark });
        Self { id: plan.id, members: members.collect() }
    }
}

impl Resource for Members {
    type Client = Nobody;

    async fn create(_: &mut Context<Self>, _: &Nobody, plan: MembersPlan) -> Result<Self> {
        Ok(Self::of(plan))
    }

    async fn read(_: &mut Context<Self>, _: &Nobody, _: MembersIdentity) -> Result<Option<Self>> {
        Ok(None)
    }

    async fn update(
        _: &mut Context<Self>,
        _: &Nobody,
        _: MembersIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        Ok(Self::of(update.plan))
    }

    async fn delete(_: &mut Context<Self>, _: &Nobody, _: MembersIdentity) -> Result<()> {
        Ok(())
    }
}

fn members(count: i64) -> Value {
    let member = |number: i64| {
        // In an order that is none.
        let number = number * 7919 % count;
        Value::object([
            ("name", Value::string(format!("member-{number:06}"))),
            ("port", (1024 + number).into()),
            ("remark", Value::Null),
        ])
    };
    Value::List((0..count).map(member).collect())
}

/// The time of a plan and an apply, core's own checks and the second plan of the apply with them.
async fn set(count: i64) -> Duration {
    let core = Core::new::<Bench>().await.expect_value();
    core.configure(&Value::object::<&str>([])).await.expect_value();
    let config = Value::object([("id", 1.into()), ("members", members(count))]);
    let started = Instant::now();
    let plan = core.plan("bench_members", None, &config).await.expect_value();
    core.apply(&plan).await.expect_value();
    started.elapsed()
}

/// Sizes of a state, and how long it takes to read and to write it.
struct State {
    bytes: usize,
    decode: Duration,
    encode: Duration,
    json_bytes: usize,
    json: Duration,
}

/// The same state as Terraform sends it and as it stores it; medians of five.
fn state() -> State {
    let member = [("name", Type::String), ("port", Type::Number), ("remark", Type::String)];
    let ty = Type::list(Type::object(member));
    let value = members(270_000);
    let bytes = value.to_msgpack(&ty).expect("it is of the type");
    let stored = value.to_json(&ty).expect("it is wholly known");
    drop(value);
    let (mut decode, mut encode, mut json) = (vec![], vec![], vec![]);
    for _ in 0..5 {
        let started = Instant::now();
        let again = Value::from_msgpack(&bytes, &ty).expect("it was written so");
        decode.push(started.elapsed());
        let started = Instant::now();
        assert_eq!(again.to_msgpack(&ty).expect("it is of the type").len(), bytes.len());
        encode.push(started.elapsed());
        drop(again);
        let started = Instant::now();
        let again = Value::from_json_lenient(stored.as_bytes(), &ty).expect("it was written so");
        json.push(started.elapsed());
        drop(again);
    }
    State {
        bytes: bytes.len(),
        decode: median(decode.into_iter()),
        encode: median(encode.into_iter()),
        json_bytes: stored.len(),
        json: median(json.into_iter()),
    }
}
